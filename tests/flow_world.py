"""A month of two pairs under drawn terms: what they may agree, who they are, what they send.

Read `ledger_world` first. A Dutch CPO sells in euros, a Swiss one in francs, both to one German
eMSP that is onboarded late, suspended and let go on. Each agreement is corrected on the fifteenth.
A `Month` is what they agree; `CHAINS` and `MESSAGES` are what people do and partners send in it.
`flow_arrivals` lets all of it come in any order.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.application.commands import AcceptCdr, MessageCommand
from ledger.application.ledger import Ledger
from ledger.application.parties import approve_accounts, register_party
from ledger.application.party_states import activate_party, suspend_party
from ledger.pricing.tariff import Extension
from ledger.roaming.party_documents import PartyDocument
from ledger.roaming.terms import Terms
from tests.flow_terms import FLOWS, terms
from tests.golden.partied import CONTACT, DOCUMENT
from tests.ledger_cast import (
    BY_FINANCE,
    CLEARING,
    CPO,
    EMSP,
    ENTITIES,
    HOST,
    SWISS_CPO,
    Fact,
    agreement,
    entity,
    party,
    rates,
    registered,
    shared_with_host,
    swiss_rates,
)
from tests.ledger_people import FIONA
from tests.ledger_statements import cdr, credit_of, location, october, session, tariff
from tests.paying import PROVIDER, told
from tests.site_world import DOCUMENT as SITE
from tests.site_world import LOC1, LOC3, meter, site

# --- who they are, and what becomes of them -----------------------------------------------------

HOME = tuple(registered(country) for country in ("DE", "NL", "CH"))
WHOLE = replace(DOCUMENT, name="EMP GmbH", country="DE", vat_registrations=HOME)
CONTACTS = tuple(replace(CONTACT, purpose=purpose) for purpose in ("operations", "disputes"))
BUYER = PartyDocument("EMP", ("EMSP",), "emp-gmbh", contacts=CONTACTS)
LEGAL, ILLEGAL = (
    replace(SITE, groups=(), meters=(meter("E-A7", legal_class=legal_class),))
    for legal_class in ("mid_b", "not_legal")
)
PARTLY = replace(
    WHOLE,
    vat_registrations=HOME[:2],
    reseller=(replace(DOCUMENT.reseller[0], valid_from=date(2026, 10, 17)),),
)
SWISS_SITE = f"{SWISS_CPO}/loc1"


def known_rates(per_euro: str, until: date) -> Fact:
    """Return the import of the franc's publications, one of the 12th, for the days until one."""
    return rates(swiss_rates(until, (date(2026, 10, 12), per_euro)))


def activated(day: int) -> Fact:
    """Return that the eMSP is let trade from a day of October on."""
    since = october(day, 0)
    return lambda on: activate_party(on, EMSP, valid_from=since, reason="told late", by=BY_FINANCE)


def onboarding(ledger: Ledger) -> None:
    """Register the eMSP, which may not trade yet."""
    register_party(ledger, EMSP, BUYER, begins_as="onboarding", by=BY_FINANCE)


def seen(ledger: Ledger) -> None:
    """Let a second person approve the eMSP's bank account."""
    approve_accounts(ledger, "emp-gmbh", by=FIONA)


def suspended(ledger: Ledger) -> None:
    """Stop the eMSP from the 28th on, although CDRs of then may be decided."""
    since, why = october(28, 0), "told late"
    suspend_party(ledger, EMSP, valid_from=since, reason=why, is_correction=True, by=BY_FINANCE)


class Chain(NamedTuple):
    """What is done in this order; without the `basic` part nothing can be decided."""

    basic: tuple[Fact, ...] = ()
    further: tuple[Fact, ...] = ()


def later(*facts: Fact) -> Chain:
    """Return what may come last of all."""
    return Chain(further=facts)


CHAINS: tuple[Chain, ...] = (
    *(Chain((entity(key),)) for key in ENTITIES if key != "emp-gmbh"),
    *(Chain((party(key),)) for key in (CPO, SWISS_CPO, CLEARING, HOST)),
    Chain((entity("emp-gmbh", PARTLY), seen), (entity("emp-gmbh", WHOLE),)),
    Chain((onboarding, activated(5)), (suspended, activated(30))),
    later(PROVIDER),
    Chain(
        (known_rates("0.9500", date(2026, 10, 14)),), (known_rates("0.9375", date(2026, 11, 30)),)
    ),
    later(site(LOC1, replace(SITE, groups=())), site(LOC1)),
    later(site(SWISS_SITE, replace(SITE, owner=SWISS_CPO, operator=SWISS_CPO, country="CHE"))),
    later(site(LOC3, ILLEGAL), site(LOC3, LEGAL)),
    later(agreement(HOST, CPO, shared_with_host("3/20", "LOC1"))),
)


# --- what they send -----------------------------------------------------------------------------

TARIFFS = [
    tariff(("ENERGY", "0.50", 1)),
    tariff(("ENERGY", "0.40", 1), updated=october(18)),
    tariff(("ENERGY", "0.60", 1), of=SWISS_CPO, currency="CHF"),
    tariff(("ENERGY", "0.69", 1), ("FLAT", "0.35", 1), of=EMSP, id="R1"),
    tariff(("ENERGY", "0.79", 1), of=EMSP, id="R1", updated=october(11), tax_included="YES"),
]
INSIDE = tariff(("ENERGY", "0.55", 1)).statement
BLUE = Extension(token_group="Blue", channel="APP")


def charge(id: str, total: str, day: int, hour: int = 10, **more: Any) -> AcceptCdr:
    """Return a CDR of an hour and 10 kWh; those whose id begins with B are of the Swiss CPO."""
    swiss: dict[str, Any] = {"of": SWISS_CPO, "currency": "CHF"} if id[0] == "B" else {}
    return cdr(id, total, at=october(day, hour), uid=id, **swiss, **more)


CDRS = [
    charge("A1", "5.00", 3),  # before the eMSP trades
    charge("A2", "5.00", 8, clearwatt=BLUE),
    charge("A3", "5.50", 12, location="LOC2", tariffs=(INSIDE,)),  # by its own tariff only
    charge("A4", "4.00", 20, time_zone=None),
    charge("A5", "4.00", 22, location="LOC2"),  # credited
    charge("A6", "4.00", 29),  # while the eMSP is suspended
    charge("A7", "5.00", 16, location="LOC3"),  # its meter may be billed by, as is told late
    charge("A8", "4.00", 31, 22, clearwatt=BLUE),  # which ends in November, local time
    charge("B1", "6.00", 10),
    charge("B2", "6.00", 17, clearwatt=BLUE),
    charge("B3", "6.00", 24),  # credited
]
CREDITED = {"A5", "B3"}
PAYMENTS = [
    told(1, "AUTHORISED", "10.00", cdr_id="A2"),
    told(2, "CAPTURED", "7.00", cdr_id="A2"),
    told(3, "REFUNDED", "0.95", cdr_id="A2"),
    told(1, "CAPTURED", "6.00", id="PAY-2", of=SWISS_CPO, currency="CHF", cdr_id="B1"),
    told(2, "CHARGED_BACK", "6.00", id="PAY-2", of=SWISS_CPO, currency="CHF", cdr_id="B1"),
]
PAID = (f"{CPO}/pay-1", f"{SWISS_CPO}/pay-2")


def session_of(charged: AcceptCdr) -> MessageCommand:
    """Return the session that a CDR tells of."""
    said = charged.statement
    return session(
        said.id,
        of=f"{said.country_code}*{said.party_id}",
        at=said.start_date_time,
        uid=said.cdr_token.uid,
        location=said.cdr_location.id,
        end_date_time=said.end_date_time,
        updated=said.end_date_time,
    )


MESSAGES: list[MessageCommand] = [
    *TARIFFS,
    location("LOC1", "Europe/Amsterdam"),
    *map(session_of, CDRS),
    *CDRS,
    *(credit_of(row, f"K{row.statement.id}") for row in CDRS if row.statement.id in CREDITED),
    *PAYMENTS,
]


# --- the whole month ----------------------------------------------------------------------------


class Month(NamedTuple):
    """What each CPO and the eMSP agree: first, and as it is corrected."""

    agreed: tuple[tuple[str, Terms, Terms], ...]

    @property
    def chains(self) -> list[Chain]:
        """Everything that people do."""
        found = [*CHAINS]
        for seller, first, corrected in self.agreed:
            found.append(Chain((agreement(seller, EMSP, first),)))
            again = {"valid_from": october(15, 0), "correction": "agreed late"}
            found.append(later(agreement(seller, EMSP, corrected, **again)))
        return found


@st.composite
def months(draw: st.DrawFn, flows: Sequence[str] = FLOWS) -> Month:
    """Draw what both pairs agree, before and after the correction, of some flows."""
    flow = st.sampled_from(flows)
    return Month(
        tuple(
            (seller, draw(terms(seller, draw(flow))), draw(terms(seller, draw(flow))))
            for seller in (CPO, SWISS_CPO)
        )
    )
