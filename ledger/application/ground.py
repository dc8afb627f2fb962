"""What a CDR is judged on: who trades, on which terms, where, by which session, in which launch."""

from datetime import datetime
from typing import NamedTuple

from ledger.application.circumstances import Circumstances
from ledger.application.facts import View
from ledger.application.launch_guard import Guard, guard_of
from ledger.application.matched import Matched, matched_of
from ledger.application.register import Registered, registered_at
from ledger.application.selling import Trader, trader_of
from ledger.roaming.agreement import Agreement, AgreementVersion
from ledger.roaming.location import Location
from ledger.roaming.statements import CdrStatement
from ledger.roaming.terms import Terms
from ledger.values.identifiers import pair_key
from ledger.values.instants import zone_of
from ledger.values.reasons import Reason, Refusal, Refused


class Subject(NamedTuple):
    """A CDR with its keys and what stands around it."""

    cdr: CdrStatement
    key: str
    seller: str
    buyer: str
    location_key: str
    around: Circumstances
    received_at: datetime


class Ground(NamedTuple):
    """The facts that apply to a CDR; `number` is the agreement's version, `terms` are its own."""

    seller: Trader
    buyer: Trader
    agreement: Agreement
    number: int
    terms: Terms
    matched: Matched
    location: Location | None
    time_zone: str
    registered: Registered
    guard: Guard


def ground_of(subject: Subject, view: View, depends_on: list[str]) -> Ground:
    """Return what a CDR is judged on; `depends_on` grows by what the subject does not name.

    Refuses: PARTY_UNKNOWN, ENTITY_UNKNOWN, AGREEMENT_MISSING, AGREEMENT_SUSPENDED,
    TIME_ZONE_UNKNOWN.
    """
    cdr = subject.cdr
    seller = trader_of(view, subject.seller, cdr.start_date_time)
    buyer = trader_of(view, subject.buyer, cdr.start_date_time)
    agreement, agreed = _agreement_in_force(view, subject)
    matched = matched_of(cdr, subject.around, agreed.terms, depends_on)
    location = view.find(Location, subject.location_key)
    time_zone = _time_zone(cdr, location, subject.location_key)
    registered = registered_at(view, cdr, subject.location_key, received_at=subject.received_at)
    depends_on.extend(f"shares:{key}" for key in registered.former)
    guard = guard_of(
        view,
        cdr,
        agreed.terms,
        seller=subject.seller,
        buyer=subject.buyer,
        site_groups=registered.groups,
        around=subject.around,
    )
    return Ground(
        seller,
        buyer,
        agreement,
        agreed.number,
        agreed.terms,
        matched,
        location,
        time_zone,
        registered,
        guard,
    )


def _agreement_in_force(view: View, subject: Subject) -> tuple[Agreement, AgreementVersion]:
    key = pair_key(subject.seller, subject.buyer)
    agreement = view.find(Agreement, key)
    version = agreement.version_valid_at(subject.cdr.start_date_time) if agreement else None
    if agreement is None or version is None:
        raise Refused(Refusal(Reason.AGREEMENT_MISSING, key))
    refuse_suspended(agreement, subject.cdr.start_date_time)
    return agreement, version


def refuse_suspended(agreement: Agreement, instant: datetime) -> None:
    """Refuses: AGREEMENT_SUSPENDED, for what starts while an agreement rests."""
    suspension = agreement.suspension_at(instant) if agreement.suspensions else None
    if suspension is not None:
        since = suspension.suspended_from.isoformat()
        actual = f"suspended from {since}: {suspension.reason}"
        raise Refused(Refusal(Reason.AGREEMENT_SUSPENDED, agreement.key, "in force", actual))


def _time_zone(cdr: CdrStatement, location: Location | None, location_key: str) -> str:
    """Return the charger's zone: the message's, else the location's. Refuses: TIME_ZONE_UNKNOWN."""
    if cdr.time_zone:
        return zone_of(cdr.time_zone).key
    version = location.version_valid_at(cdr.start_date_time) if location else None
    if version is None:
        raise Refused(Refusal(Reason.TIME_ZONE_UNKNOWN, location_key))
    return zone_of(version.statement.time_zone).key
