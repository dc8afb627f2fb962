"""What the read models read of control events: cases, watched sessions, senders.

Those of disputes are in `dispute_events`.
"""

from typing import ClassVar

import msgspec

from projections.dispute_events import DISPUTE_TYPES
from projections.event_base import Event
from projections.payment_events import PAYMENT_TYPES


class CaseAssigned(Event, kw_only=True, gc=False):
    """exception.assigned.v1"""

    SUBJECT: ClassVar[str] = "case"
    case: str
    to: str


class CaseCommented(Event, kw_only=True, gc=False):
    """exception.commented.v1"""

    SUBJECT: ClassVar[str] = "case"
    case: str
    text: str


class SessionStuck(Event, kw_only=True, gc=False):
    """session.stuck.v1"""

    SUBJECT: ClassVar[str] = "session"
    session: str
    since: str
    limit_h: int


class SessionUnbilled(Event, kw_only=True, gc=False):
    """session.unbilled.v1"""

    SUBJECT: ClassVar[str] = "session"
    session: str
    ended_at: str
    limit_h: int
    kwh: str


class Numbers(msgspec.Struct, gc=False):
    """Consecutive sequence numbers, both ends included."""

    first: int
    last: int


class SenderEvent(Event, kw_only=True, gc=False):
    """An event about the numbers of a sender on a topic."""

    sender: str
    topic: str

    @property
    def subject(self) -> str:
        return f"{self.sender}/{self.topic}"


class SenderGapFound(SenderEvent, kw_only=True, gc=False):
    """sender.gap_found.v1"""

    missing: list[Numbers]


class SenderGapFilled(SenderEvent, kw_only=True, gc=False):
    """sender.gap_filled.v1"""

    filled: list[Numbers]


class SenderReset(SenderEvent, kw_only=True, gc=False):
    """sender.sequence_reset.v1"""

    from_number: int
    is_restart: bool
    reason: str


class TotalsEvent(Event, kw_only=True, gc=False):
    """control_totals.stated.v1 and .matched.v1"""

    SUBJECT: ClassVar[str] = "totals"
    totals: str


class TotalsConflictHeld(TotalsEvent, kw_only=True, gc=False):
    """control_totals.conflict_held.v1"""

    content_sha256: str


class Difference(msgspec.Struct, gc=False):
    """A figure on which sender and receiver differ."""

    figure: str
    stated: str | None
    received: str | None


class TotalsDiffer(TotalsEvent, kw_only=True, gc=False):
    """control_totals.differ.v1"""

    differences: list[Difference]


class CommandResult(msgspec.Struct, gc=False):
    """What became of a remote command; a connector as far as it was named."""

    command: str
    result: str
    sent_by: str
    requested_at: str
    location_id: str | None = None
    evse_uid: str | None = None
    connector_id: str | None = None


class CommandAnswered(Event, kw_only=True, gc=False):
    """remote_command.answered.v1"""

    SUBJECT: ClassVar[str] = "remote_command"
    remote_command: str
    statement: CommandResult


class CommandConflictHeld(Event, kw_only=True, gc=False):
    """remote_command.conflict_held.v1"""

    SUBJECT: ClassVar[str] = "remote_command"
    remote_command: str
    content_sha256: str


class ExpiryEvent(Event, kw_only=True, gc=False):
    """An event about something that ends."""

    SUBJECT: ClassVar[str] = "expiry"
    expiry: str


class ExpiryAnnounced(ExpiryEvent, kw_only=True, gc=False):
    """expiry.announced.v1"""

    what: str
    ends_on: str


class ExpiryWithdrawn(ExpiryEvent, kw_only=True, gc=False):
    """expiry.withdrawn.v1"""

    because: str


class LaunchEvent(Event, kw_only=True, gc=False):
    """launch.*.v1"""

    SUBJECT: ClassVar[str] = "launch"
    launch: str


CONTROL_TYPES: dict[str, type[Event]] = {
    **DISPUTE_TYPES,
    **PAYMENT_TYPES,
    "exception.assigned.v1": CaseAssigned,
    "exception.commented.v1": CaseCommented,
    "session.stuck.v1": SessionStuck,
    "session.unbilled.v1": SessionUnbilled,
    "sender.gap_found.v1": SenderGapFound,
    "sender.gap_filled.v1": SenderGapFilled,
    "sender.sequence_reset.v1": SenderReset,
    "control_totals.stated.v1": TotalsEvent,
    "control_totals.conflict_held.v1": TotalsConflictHeld,
    "control_totals.matched.v1": TotalsEvent,
    "control_totals.differ.v1": TotalsDiffer,
    "remote_command.answered.v1": CommandAnswered,
    "remote_command.conflict_held.v1": CommandConflictHeld,
    "expiry.announced.v1": ExpiryAnnounced,
    "expiry.withdrawn.v1": ExpiryWithdrawn,
    "launch.opened.v1": LaunchEvent,
    "launch.replanned.v1": LaunchEvent,
    "launch.gate_evaluated.v1": LaunchEvent,
    "launch.tested.v1": LaunchEvent,
    "launch.signed_off.v1": LaunchEvent,
    "launch.decided.v1": LaunchEvent,
}
