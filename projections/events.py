"""What the read models read of each event, by topic.

Its parts are in `event_parts`; events about CDRs, of control and of periods have modules of their
own.
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
    Unreadable,
)
from projections.opening_events import OPENING_TYPES
from projections.period_events import PERIOD_TYPES


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


class SiteEvent(Event, kw_only=True, gc=False):
    """site.recorded.v1, .version_proposed.v1, .remap_proposed.v1 and the others about a site."""

    SUBJECT: ClassVar[str] = "site"
    site: str


class PartyRegistered(Event, kw_only=True, gc=False):
    """party.registered.v1"""

    SUBJECT: ClassVar[str] = "party"
    party: str
    document: PartyDocument


class PartyMoved(Event, kw_only=True, gc=False):
    """party.activated.v1, .suspended.v1 and .left.v1"""

    SUBJECT: ClassVar[str] = "party"
    party: str


class PartyConflictHeld(PartyMoved, kw_only=True, gc=False):
    """party.conflict_held.v1"""

    content_sha256: str


class EntityEvent(Event, kw_only=True, gc=False):
    """entity.registered.v1, and those about its bank accounts, which only the audit shows"""

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


class AgreementMoved(Event, kw_only=True, gc=False):
    """agreement.submitted.v1, .draft_rejected.v1, .suspended.v1 and .resumed.v1"""

    SUBJECT: ClassVar[str] = "agreement"
    agreement: str


class AgreementAgreed(Event, kw_only=True, gc=False):
    """agreement.agreed.v1 to v4"""

    SUBJECT: ClassVar[str] = "agreement"
    agreement: str
    version: AgreementVersion


class ActorEvent(Event, kw_only=True, gc=False):
    """actor.registered.v1, .token_issued.v1 and .token_revoked.v1"""

    SUBJECT: ClassVar[str] = "name"
    name: str


class RatesImported(Event, kw_only=True, gc=False):
    """fx_rates.imported.v1 and .extended.v1"""

    SUBJECT: ClassVar[str] = "currency"
    currency: str


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
    **OPENING_TYPES,
    **PERIOD_TYPES,
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
    "site.recorded.v1": SiteEvent,
    "site.version_proposed.v1": SiteEvent,
    "site.remap_proposed.v1": SiteEvent,
    "site.proposal_rejected.v1": SiteEvent,
    "site.remapped.v1": SiteEvent,
    "site.took_over.v1": SiteEvent,
    "site.suspended.v1": SiteEvent,
    "party.registered.v1": PartyRegistered,
    "party.conflict_held.v1": PartyConflictHeld,
    "party.activated.v1": PartyMoved,
    "party.suspended.v1": PartyMoved,
    "party.left.v1": PartyMoved,
    "entity.registered.v1": EntityEvent,
    "entity.bank_accounts_proposed.v1": EntityEvent,
    "entity.bank_accounts_approved.v1": EntityEvent,
    "entity.bank_accounts_rejected.v1": EntityEvent,
    "agreement.agreed.v1": AgreementAgreed,
    "agreement.agreed.v2": AgreementAgreed,
    "agreement.agreed.v3": AgreementAgreed,
    "agreement.agreed.v4": AgreementAgreed,
    "agreement.submitted.v1": AgreementMoved,
    "agreement.draft_rejected.v1": AgreementMoved,
    "agreement.suspended.v1": AgreementMoved,
    "agreement.resumed.v1": AgreementMoved,
    "actor.registered.v1": ActorEvent,
    "actor.token_issued.v1": ActorEvent,
    "actor.token_revoked.v1": ActorEvent,
    "fx_rates.imported.v1": RatesImported,
    "fx_rates.extended.v1": RatesImported,
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
