"""The cast of the ledger's tests: parties, their entities, what they agree, and when it is."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

from ledger.application.agreements import agree
from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.application.parties import register_entity, register_party
from ledger.application.registration import import_rates
from ledger.fx.rates import PublishedRate, RateHistory
from ledger.roaming.clauses import Fee, SplitTerms, Step
from ledger.roaming.entity_documents import EntityDocument, Evidence, VatRegistration
from ledger.roaming.party_documents import PartyDocument
from ledger.roaming.terms import Terms

YEAR_BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
RECORDED_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
BY_ADMIN = By("anna", "asserted", RECORDED_AT)
BY_FINANCE = By("finn", "asserted", RECORDED_AT)

CPO, SWISS_CPO, EMSP, FRENCH_EMSP = "NL*XYZ", "CH*ALP", "DE*EMP", "FR*MOB"
CLEARING, HOST = "NL*CLR", "NL*HST"

Fact = Callable[[Ledger], None]
"""A command of a person, to be carried out on a ledger at any time."""


VAT_NUMBERS = {
    "NL": "NL000990012B01",
    "DE": "DE819900016",
    "FR": "FR53000990028",
    "CH": "CHE-999.000.019 TVA",
    "BE": "BE0428759497",
}
"""Numbers with the right form and check digits."""


def registered(country: str) -> VatRegistration:
    """Return a VAT registration since 2018, with what proves it and so the seat."""
    since = date(2018, 1, 1)
    proof = Evidence("extract", country, since)
    return VatRegistration(country, VAT_NUMBERS[country], since, evidence=proof)


ENTITIES = {
    "xyz-bv": EntityDocument("XYZ B.V.", "NL", "EUR", (registered("NL"),), date(2018, 1, 1)),
    "alp-ag": EntityDocument("Alp AG", "CH", "CHF", (registered("CH"),), date(2018, 1, 1)),
    "emp-gmbh": EntityDocument("EMP GmbH", "DE", "EUR", (registered("DE"),), date(2018, 1, 1)),
    "mob-sas": EntityDocument("Mob SAS", "FR", "EUR", (registered("FR"),), date(2018, 1, 1)),
    "clr-bv": EntityDocument("Clearing B.V.", "NL", "EUR", (registered("NL"),)),
    "hst-bv": EntityDocument("Host B.V.", "NL", "EUR", (registered("NL"),)),
}
PARTIES = {
    CPO: PartyDocument("XYZ", ("CPO",), "xyz-bv"),
    SWISS_CPO: PartyDocument("Alp", ("CPO",), "alp-ag"),
    EMSP: PartyDocument("EMP", ("EMSP",), "emp-gmbh"),
    FRENCH_EMSP: PartyDocument("Mob", ("EMSP",), "mob-sas"),
    CLEARING: PartyDocument("Clearing", ("CLEARING_HOUSE",), "clr-bv"),
    HOST: PartyDocument("Host", ("SITE_HOST",), "hst-bv"),
}
ONE_PERCENT = Fee("clearing", "seller", CLEARING, "net", rate="1/100")
ROAMING = Terms(fees=(ONE_PERCENT,))


def shared_with_host(rate: str, *locations: str) -> Terms:
    """Return the terms of a site host's share of what its locations sell."""
    shares = (Step(HOST, rate=rate), Step(CPO, remaining=True))
    return Terms(flow="share", split=SplitTerms(locations, shares))


def swiss_rates(until: date, *rates: tuple[date, str]) -> RateHistory:
    """Return publications of the Swiss franc from 2026-09-30, covering the days up to `until`."""
    published = [(date(2026, 9, 30), "0.9400"), *rates]
    return RateHistory(
        "CHF",
        "ECB",
        date(2026, 9, 30),
        until,
        tuple(PublishedRate(day, Decimal(rate)) for day, rate in published),
    )


OCTOBER_RATES = swiss_rates(date(2026, 10, 31), (date(2026, 10, 12), "0.9375"))


def entity(key: str, document: EntityDocument | None = None) -> Fact:
    """Return the registration of an entity."""
    return lambda ledger: register_entity(ledger, key, document or ENTITIES[key], by=BY_FINANCE)


def party(key: str) -> Fact:
    """Return the registration of a party."""
    return lambda ledger: register_party(ledger, key, PARTIES[key], by=BY_FINANCE)


def agreement(
    seller: str,
    buyer: str,
    terms: Terms = ROAMING,
    *,
    valid_from: datetime = YEAR_BEGINS,
    valid_until: datetime | None = None,
    correction: str = "",
) -> Fact:
    """Return an agreement's version, written by Anna and approved by Finn."""
    return lambda ledger: agree(
        ledger,
        seller=seller,
        buyer=buyer,
        terms=terms,
        valid_from=valid_from,
        valid_until=valid_until,
        author="anna",
        by=BY_FINANCE,
        correction=correction,
    )


def rates(history: RateHistory = OCTOBER_RATES) -> Fact:
    """Return an import of exchange rates, a correction where others are known."""

    def fact(ledger: Ledger) -> None:
        import_rates(ledger, history, by=BY_FINANCE, corrects=True)

    return fact


CAST: tuple[Fact, ...] = (
    *(entity(key) for key in ENTITIES),
    *(party(key) for key in PARTIES),
)
AGREEMENTS: tuple[Fact, ...] = (
    agreement(CPO, EMSP),
    agreement(CPO, FRENCH_EMSP),
    agreement(SWISS_CPO, EMSP),
    agreement(SWISS_CPO, FRENCH_EMSP),
)
