"""What the read models read of each event, by topic; its parts are in `event_parts`."""

from typing import ClassVar

import msgspec

from ledger.values.outcomes import Outcome
from projections.event_parts import (
    Booking,
    CdrStatement,
    Decision,
    Entry,
    PartyDocument,
    Provenance,
    Refusal,
    SenderCount,
    TariffVersion,
    TrialBalance,
    Unreadable,
)


class Event(msgspec.Struct, gc=False):
    """What every event carries; `SUBJECT` names the field with the object's key."""

    SUBJECT: ClassVar[str] = ""
    provenance: Provenance | None = None

    @property
    def subject(self) -> str:
        """The object's key; empty where this version of Clearwatt does not know the event."""
        return getattr(self, self.SUBJECT) if self.SUBJECT else ""


class CdrEvent(Event, kw_only=True, gc=False):
    """An event about a CDR."""

    SUBJECT: ClassVar[str] = "cdr"
    cdr: str


class CdrHeld(CdrEvent, kw_only=True, gc=False):
    """cdr.held.v1"""

    statement: CdrStatement
    refusals: list[Refusal]
    moved_from: str


class CdrConflictHeld(CdrEvent, kw_only=True, gc=False):
    """cdr.conflict_held.v1"""

    statement: CdrStatement
    content_sha256: str


class CdrAccepted(CdrEvent, kw_only=True, gc=False):
    """cdr.accepted.v1"""

    statement: CdrStatement
    decision: Decision
    moved_from: str
    because: str


class CdrRedecided(CdrEvent, kw_only=True, gc=False):
    """cdr.redecided.v1"""

    reverses_version: int
    reversal: list[Entry]
    reversal_booking: Booking
    visible_to: tuple[str, ...]
    decision: Decision | None
    refusals: list[Refusal]
    because: str
    moved_to: str


class SessionEvent(Event, kw_only=True, gc=False):
    """An event about a session; a conflict names its content."""

    SUBJECT: ClassVar[str] = "session"
    session: str
    content_sha256: str


class TariffEvent(Event, kw_only=True, gc=False):
    """An event about a tariff."""

    SUBJECT: ClassVar[str] = "tariff"
    tariff: str


class TariffStated(TariffEvent, kw_only=True, gc=False):
    """tariff_version.received.v1, .drafted.v1 and .published.v1: they say the whole version."""

    version: TariffVersion


class TariffMoved(TariffEvent, kw_only=True, gc=False):
    """tariff_version.submitted.v1, .approved.v1, .withdrawn.v1 and .acknowledged.v1"""

    number: int
    reason: str = ""
    withdrawn_from: str | None = None


class TariffHeld(TariffEvent, kw_only=True, gc=False):
    """tariff_version.conflict_held.v1 and .unapproved_held.v1: the version has no number."""

    content_sha256: str


class LocationRecorded(Event, kw_only=True, gc=False):
    """location.recorded.v1"""

    SUBJECT: ClassVar[str] = "location"
    location: str


class LocationConflictHeld(LocationRecorded, kw_only=True, gc=False):
    """location.conflict_held.v1"""

    content_sha256: str


class PartyRegistered(Event, kw_only=True, gc=False):
    """party.registered.v1"""

    SUBJECT: ClassVar[str] = "party"
    party: str
    document: PartyDocument


class EntityRegistered(Event, kw_only=True, gc=False):
    """entity.registered.v1"""

    SUBJECT: ClassVar[str] = "entity"
    entity: str


class AgreementAgreed(Event, kw_only=True, gc=False):
    """agreement.agreed.v1 and v2"""

    SUBJECT: ClassVar[str] = "agreement"
    agreement: str


class ActorRegistered(Event, kw_only=True, gc=False):
    """actor.registered.v1"""

    SUBJECT: ClassVar[str] = "name"
    name: str


class RatesImported(Event, kw_only=True, gc=False):
    """fx_rates.imported.v1"""

    SUBJECT: ClassVar[str] = "currency"
    currency: str


class PeriodMoved(Event, kw_only=True, gc=False):
    """settlement_period.*.v1; figures and checkpoint as recorded, where there are any."""

    SUBJECT: ClassVar[str] = "period"
    period: str
    time_zone: str | None = None
    figures: msgspec.Raw = msgspec.Raw(b"null")
    checkpoint: msgspec.Raw = msgspec.Raw(b"null")
    log_root: str | None = None


class MonthClosed(Event, kw_only=True, gc=False):
    """accounting_period.hard_closed.v1"""

    book: str
    month: str
    trial_balance: TrialBalance

    @property
    def subject(self) -> str:
        return f"{self.book}/{self.month}"


class IntakeConsumed(Event, kw_only=True, gc=False):
    """intake.consumed.v1"""

    topic: str
    partition: int
    from_offset: int
    next_offset: int
    received: int
    counts: list[SenderCount]
    unreadable: list[Unreadable]

    @property
    def subject(self) -> str:
        return f"{self.topic}[{self.partition}]"


class IntakeReplayed(Event, kw_only=True, gc=False):
    """intake.replayed.v1"""

    topic: str
    partition: int
    offset: int
    sender: str
    outcome: Outcome
    reason: str

    @property
    def subject(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"


TYPES: dict[str, type[Event]] = {
    "cdr.held.v1": CdrHeld,
    "cdr.conflict_held.v1": CdrConflictHeld,
    "cdr.accepted.v1": CdrAccepted,
    "cdr.redecided.v1": CdrRedecided,
    "session.updated.v1": SessionEvent,
    "session.conflict_held.v1": SessionEvent,
    "tariff_version.received.v1": TariffStated,
    "tariff_version.acknowledged.v1": TariffMoved,
    "tariff_version.conflict_held.v1": TariffHeld,
    "tariff_version.unapproved_held.v1": TariffHeld,
    "tariff_version.drafted.v1": TariffStated,
    "tariff_version.submitted.v1": TariffMoved,
    "tariff_version.approved.v1": TariffMoved,
    "tariff_version.published.v1": TariffStated,
    "tariff_version.withdrawn.v1": TariffMoved,
    "location.recorded.v1": LocationRecorded,
    "location.conflict_held.v1": LocationConflictHeld,
    "party.registered.v1": PartyRegistered,
    "entity.registered.v1": EntityRegistered,
    "agreement.agreed.v1": AgreementAgreed,
    "agreement.agreed.v2": AgreementAgreed,
    "actor.registered.v1": ActorRegistered,
    "fx_rates.imported.v1": RatesImported,
    "settlement_period.opened.v1": PeriodMoved,
    "settlement_period.cut_off.v1": PeriodMoved,
    "settlement_period.review_begun.v1": PeriodMoved,
    "settlement_period.soft_closed.v1": PeriodMoved,
    "settlement_period.hard_closed.v1": PeriodMoved,
    "accounting_period.hard_closed.v1": MonthClosed,
    "intake.consumed.v1": IntakeConsumed,
    "intake.replayed.v1": IntakeReplayed,
}
"""The events by topic. Any other event is still audited, from the fields every event has."""

_DECODERS = {topic: msgspec.json.Decoder(kind) for topic, kind in TYPES.items()}
_OF_ANY_EVENT = msgspec.json.Decoder(Event)


def decode(topic: str, state: bytes) -> Event:
    """Read what the projections need of a recorded event.

    >>> decode("party.registered.v1", b'{"party":"NL*XYZ","document":{"entity":"xyz-bv"}}').subject
    'NL*XYZ'
    """
    return _DECODERS.get(topic, _OF_ANY_EVENT).decode(state)
