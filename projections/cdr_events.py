"""What the read models read of the events about CDRs: decisions, and what people do about them."""

from typing import ClassVar

import msgspec

from projections.event_base import Event
from projections.event_parts import Booking, CdrStatement, Decision, Entry, Refusal, Release


class CdrEvent(Event, kw_only=True, gc=False):
    """An event about a CDR."""

    SUBJECT: ClassVar[str] = "cdr"
    cdr: str


class CdrHeld(CdrEvent, kw_only=True, gc=False):
    """cdr.held.v1"""

    STATE: ClassVar[str] = "held"
    statement: CdrStatement
    refusals: list[Refusal]
    moved_from: str


class CdrRefused(CdrHeld, kw_only=True, gc=False):
    """cdr.refused.v1: it waits for no fact, only for another CDR or a correction."""

    STATE: ClassVar[str] = "refused"


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


class CdrReleased(CdrEvent, kw_only=True, gc=False):
    """cdr.released.v1"""

    release: Release


class CdrReleaseUndone(CdrEvent, kw_only=True, gc=False):
    """cdr.release_undone.v1"""

    release: Release
    reason: str


class CdrCorrected(CdrEvent, kw_only=True, gc=False):
    """cdr.corrected.v1"""

    statement: CdrStatement
    reason: str


class CdrExcluded(CdrEvent, kw_only=True, gc=False):
    """cdr.excluded.v1; without a booking where nothing was booked."""

    reason: str
    moved_from: str
    reversal: list[Entry]
    reversal_booking: Booking | None
    visible_to: tuple[str, ...]


class CdrReadmitted(CdrEvent, kw_only=True, gc=False):
    """cdr.readmitted.v1"""

    reason: str


class Reject(msgspec.Struct, gc=False):
    """What a structured reject says."""

    reject_id: str
    text: str
    resubmit_until: str | None


class CdrRejected(CdrEvent, kw_only=True, gc=False):
    """cdr.rejected.v1"""

    reject: Reject


class CdrResubmitted(CdrEvent, kw_only=True, gc=False):
    """cdr.resubmitted.v1"""

    statement: CdrStatement
    reject_id: str


class CdrCreditAccepted(CdrEvent, kw_only=True, gc=False):
    """cdr.credit_accepted.v1: the money is in the event of the CDR that it cancels."""

    statement: CdrStatement
    credits: str
    visible_to: tuple[str, ...]
    moved_from: str


class CdrCredited(CdrEvent, kw_only=True, gc=False):
    """cdr.credited.v1"""

    credit: str
    reason: str
    reversal: list[Entry]
    reversal_booking: Booking
    visible_to: tuple[str, ...]


class CdrAdjusted(CdrEvent, kw_only=True, gc=False):
    """cdr.adjusted.v1"""

    amount: str
    currency: str
    reason: str
    entries: list[Entry]
    booking: Booking
    visible_to: tuple[str, ...]


class Proposal(msgspec.Struct, gc=False):
    """An action that waits for a second person."""

    action: str
    reason: str
    amount: str
    currency: str


class CdrActionProposed(CdrEvent, kw_only=True, gc=False):
    """cdr.action_proposed.v1"""

    proposal: Proposal


class CdrReviewAsked(CdrEvent, kw_only=True, gc=False):
    """cdr.review_asked.v1"""

    because: str
    findings: list[Refusal]


CDR_TYPES: dict[str, type[Event]] = {
    "cdr.held.v1": CdrHeld,
    "cdr.refused.v1": CdrRefused,
    "cdr.conflict_held.v1": CdrConflictHeld,
    "cdr.accepted.v1": CdrAccepted,
    "cdr.redecided.v1": CdrRedecided,
    "cdr.released.v1": CdrReleased,
    "cdr.release_undone.v1": CdrReleaseUndone,
    "cdr.corrected.v1": CdrCorrected,
    "cdr.excluded.v1": CdrExcluded,
    "cdr.readmitted.v1": CdrReadmitted,
    "cdr.rejected.v1": CdrRejected,
    "cdr.resubmitted.v1": CdrResubmitted,
    "cdr.credit_accepted.v1": CdrCreditAccepted,
    "cdr.credited.v1": CdrCredited,
    "cdr.adjusted.v1": CdrAdjusted,
    "cdr.action_proposed.v1": CdrActionProposed,
    "cdr.review_asked.v1": CdrReviewAsked,
}
