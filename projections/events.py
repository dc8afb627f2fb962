"""What the read models read of each event, by topic.

Its parts are in `event_parts`; events about CDRs and of control have modules of their own.
"""

from typing import ClassVar

import msgspec

from ledger.values.outcomes import Outcome
from projections.cdr_events import CDR_TYPES
from projections.control_events import CONTROL_TYPES
from projections.event_base import Event
from projections.event_parts import (
    PartyDocument,
    SenderCount,
    TariffVersion,
    TrialBalance,
    Unreadable,
)


class SessionEvent(Event, kw_only=True, gc=False):
    """session.updated.v1"""

    SUBJECT: ClassVar[str] = "session"
    session: str


class SessionConflictHeld(SessionEvent, kw_only=True, gc=False):
    """session.conflict_held.v1"""

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


class Sla(msgspec.Struct, gc=False):
    """The hours in which a correction is due."""

    correction_h: int


class Terms(msgspec.Struct, gc=False):
    """The part of an agreement's terms that lists show."""

    sla: Sla


class AgreementVersion(msgspec.Struct, gc=False):
    """A version of an agreement and its validity."""

    number: int
    valid_from: str
    valid_until: str | None
    terms: Terms


class AgreementAgreed(Event, kw_only=True, gc=False):
    """agreement.agreed.v1, v2 and v3"""

    SUBJECT: ClassVar[str] = "agreement"
    agreement: str
    version: AgreementVersion


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
    **CDR_TYPES,
    **CONTROL_TYPES,
    "session.updated.v1": SessionEvent,
    "session.conflict_held.v1": SessionConflictHeld,
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
    "agreement.agreed.v3": AgreementAgreed,
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
