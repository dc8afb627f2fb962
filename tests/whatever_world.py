"""A world of whatever: who there is, what they agree, what is charged, what people do about it.

Three CPOs in euros, francs and crowns sell to three eMSPs in euros and pounds, one of which is of
the same legal entity as a CPO. All else is drawn by `whatever_drawn`: who resells, where everybody
is registered for VAT, what pairs agree and how it is corrected, all prices and all rates.
`whatever_month` lets it happen.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from ledger.application.commands import AcceptCdr, MessageCommand, ReceiveTariff, UpdateSession
from ledger.application.parties import register_party
from ledger.fx.rates import PublishedRate, RateHistory
from ledger.roaming.entity_documents import EntityDocument
from ledger.roaming.party_documents import PartyDocument
from ledger.roaming.terms import Terms
from ledger.values.money import round_to_scale_4
from tests.ledger_cast import (
    BY_FINANCE,
    CLEARING,
    CPO,
    EMSP,
    HOST,
    SWISS_CPO,
    VAT_NUMBERS,
    Fact,
    agreement,
    entity,
    rates,
    shared_with_host,
)
from tests.ledger_statements import cdr, october, session, tariff
from tests.paying import PROVIDER

NORTHERN_CPO, BRITISH_EMSP, OWN_EMSP = "NO*FJD", "GB*BRT", "NL*OWN"
SELLERS, BUYERS = (CPO, SWISS_CPO, NORTHERN_CPO), (EMSP, BRITISH_EMSP, OWN_EMSP)
CURRENCY_OF = {"NL": "EUR", "CH": "CHF", "NO": "NOK", "DE": "EUR", "GB": "GBP"}
ZONES = {"NL": "Europe/Amsterdam", "CH": "Europe/Zurich", "NO": "Europe/Oslo"}
NUMBERS = VAT_NUMBERS | {"NO": "NO995525828MVA", "GB": "GB980780684"}
OF_ENTITY: dict[str, tuple[str, str]] = {
    CPO: ("xyz-bv", "CPO"),
    OWN_EMSP: ("xyz-bv", "EMSP"),
    SWISS_CPO: ("alp-ag", "CPO"),
    NORTHERN_CPO: ("fjd-as", "CPO"),
    EMSP: ("emp-gmbh", "EMSP"),
    BRITISH_EMSP: ("brt-ltd", "EMSP"),
    CLEARING: ("clr-bv", "CLEARING_HOUSE"),
    HOST: ("hst-ag", "SITE_HOST"),
}
"""The legal entity and the role of each party."""
SEATS = {
    "xyz-bv": "NL", "alp-ag": "CH", "fjd-as": "NO", "emp-gmbh": "DE",
    "brt-ltd": "GB", "clr-bv": "NL", "hst-ag": "CH",
}  # fmt: skip
SINCE = date(2018, 1, 1)

Arrival = Fact | MessageCommand
"""What a person does, or a partner sends."""

ACTS: dict[str, tuple[str, ...]] = {
    "adjust": ("adjust",),
    "credit": ("credit",),
    "cancel": ("credit CDR",),
    "exclude": ("exclude",),
    "exclude and readmit": ("exclude", "readmit"),
    "release": ("release",),
    "dispute": ("dispute", "answer"),
    "dispute and uphold": ("dispute", "answer", "uphold"),
    "dispute and dismiss": ("dispute", "answer", "dismiss"),
    "dispute and withdraw": ("dispute", "withdraw"),
    "uphold": ("uphold",),
    "pay": ("capture",),
    "pay and refund": ("capture", "refund"),
    "pay and charge back": ("capture", "charge back"),
    "other rates": ("rates",),
    "other price": ("price",),
    "other terms": ("terms",),
    "other reseller": ("reseller",),
    "other owner": ("owner",),
    "take back the session": ("invalid session",),
    "send the session": ("session",),
}
"""What people and partners may do about a charge, each step by step."""


class Deal(NamedTuple):
    """What a pair agrees for the year, and as it is corrected from the fifteenth on."""

    seller: str
    buyer: str
    first: Terms
    corrected: Terms


class Charge(NamedTuple):
    """A charge of a pair: on which day of October, with how much energy.

    `is_misstated`: the CDR says another total, and is held. `is_late`: it comes after the close.
    """

    seller: str
    buyer: str
    number: int
    day: int
    kwh: Decimal
    is_misstated: bool
    is_late: bool

    @property
    def id(self) -> str:
        """The CDR's and the session's."""
        return f"C{self.number}"

    @property
    def key(self) -> str:
        """The CDR's key in the ledger."""
        return f"{self.seller}/{self.id.lower()}"

    @property
    def started_at(self) -> datetime:
        """At half past ten in the evening, so that the last day's end in November."""
        return october(self.day, 21, 30)


class Act(NamedTuple):
    """What somebody does: about which charge, up to which percentage of it."""

    kind: str
    charge: int
    percent: int


class Prices(NamedTuple):
    """A CPO's price per kWh and per charge, until the eighteenth and from then on."""

    first: tuple[Decimal, Decimal]
    second: tuple[Decimal, Decimal]

    def on(self, day: int) -> tuple[Decimal, Decimal]:
        """Return those of a day of October."""
        return self.first if day < 18 else self.second


class Whatever(NamedTuple):
    """Everything that comes in: before October is closed, while it is, and until November is."""

    documents: dict[str, EntityDocument]
    prices: dict[str, Prices]
    per_euro: dict[str, tuple[Decimal, Decimal, Decimal]]
    deals: tuple[Deal, ...]
    charges: tuple[Charge, ...]
    before: tuple[Act, ...]
    meanwhile: tuple[Act, ...]
    after: tuple[Act, ...]

    def deal_of(self, charge: Charge) -> Deal:
        """Return what the pair of a charge agrees."""
        return next(row for row in self.deals if row[:2] == (charge.seller, charge.buyer))

    def price_of(self, charge: Charge) -> Decimal:
        """Return what a charge costs before tax and discounts, in the CPO's currency."""
        per_kwh, flat = self.prices[charge.seller].on(charge.day)
        return round_to_scale_4(per_kwh * charge.kwh + flat)

    @property
    def people(self) -> list[Fact]:
        """Who there is: entities, then parties."""
        return [
            *(entity(key, document) for key, document in self.documents.items()),
            *(belongs(key, owner) for key, (owner, _) in OF_ENTITY.items()),
            PROVIDER,
        ]

    @property
    def chains(self) -> list[list[Arrival]]:
        """What comes in any order, but for what has to follow in its own chain."""
        return [
            *([fact] for fact in published(self.per_euro)),
            *([agreed(deal), agreed(deal, corrected=True)] for deal in self.deals),
            [agreement(HOST, CPO, shared_with_host("3/20", "LOC1"))],
            *([row] for row in self._tariffs()),
            *([row] for charge in self.charges if not charge.is_late for row in self.told(charge)),
        ]

    def told(self, charge: Charge) -> tuple[UpdateSession, AcceptCdr]:
        """Return the session and the CDR of a charge."""
        said: dict[str, Any] = {
            "of": charge.seller,
            "by": charge.buyer,
            "at": charge.started_at,
            "kwh": str(charge.kwh),
            "uid": charge.id,
        }
        total = self.price_of(charge) + (Decimal("0.5") if charge.is_misstated else 0)
        return session(charge.id, **said), billed(charge, str(total), said)

    def _tariffs(self) -> Iterable[ReceiveTariff]:
        for seller, prices in self.prices.items():
            yield priced(seller, prices.first)
            yield priced(seller, prices.second, updated=october(18, 0))
        for buyer, currency in ((EMSP, "EUR"), (OWN_EMSP, "EUR"), (BRITISH_EMSP, "GBP")):
            yield tariff(("ENERGY", "0.6917", 1), ("FLAT", "0.3500", 1), of=buyer, id="R1",
                         currency=currency)  # fmt: skip
            yield tariff(("ENERGY", "0.79", 1), ("FLAT", "0.30", 1), of=buyer, id="R1",
                         currency=currency, updated=october(11), tax_included="YES")  # fmt: skip


def billed(charge: Charge, total: str, said: dict[str, Any]) -> AcceptCdr:
    """Return the CDR of a charge."""
    country = charge.seller[:2]
    return cdr(charge.id, total, currency=CURRENCY_OF[country], time_zone=ZONES[country], **said)


def priced(seller: str, prices: tuple[Decimal, Decimal], **more: Any) -> ReceiveTariff:
    """Return a version of a CPO's tariff."""
    per_kwh, flat = map(str, prices)
    currency = CURRENCY_OF[seller[:2]]
    return tariff(("ENERGY", per_kwh, 1), ("FLAT", flat, 1), of=seller, currency=currency, **more)


def agreed(deal: Deal, *, corrected: bool = False) -> Fact:
    """Return the agreement of a pair, or its correction."""
    if not corrected:
        return agreement(deal.seller, deal.buyer, deal.first)
    since, why = october(15, 0), "agreed late"
    return agreement(deal.seller, deal.buyer, deal.corrected, valid_from=since, correction=why)


def published(
    per_euro: dict[str, tuple[Decimal, Decimal, Decimal]], *, times: Decimal = Decimal(1)
) -> list[Fact]:
    """Return the import of all rates by both sources; another factor corrects the second one.

    A currency has a rate from September on, one from the twelfth and one from November on.
    """
    facts = []
    for currency, (first, second, third) in per_euro.items():
        for source, factor in (("ECB", Decimal(1)), ("BANK", Decimal("1.01"))):
            of_days = (
                (date(2026, 9, 1), first),
                (date(2026, 10, 12), second * times),
                (date(2026, 11, 2), third),
            )
            found = tuple(
                PublishedRate(day, (rate * factor).quantize(Decimal("0.0001")))
                for day, rate in of_days
            )
            covered = date(2026, 9, 1), date(2026, 12, 31)
            facts.append(rates(RateHistory(currency, source, *covered, found)))
    return facts


def belongs(key: str, owner: str, since: datetime | None = None) -> Fact:
    """Return that a party belongs to a legal entity, as is told late where it is since a day."""
    document = PartyDocument(key, (OF_ENTITY[key][1],), owner, entity_from=since)
    late = since is not None
    return lambda on: register_party(on, key, document, is_correction=late, by=BY_FINANCE)
