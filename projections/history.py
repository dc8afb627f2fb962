"""What stood about a CDR before an event: folded from its own earlier events.

Only few events need it: what reverses, what a person does, and what is decided anew afterwards.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from ledger.values.outcomes import Outcome
from projections.cdr_events import (
    CdrAccepted,
    CdrActionProposed,
    CdrAdjusted,
    CdrConflictHeld,
    CdrCorrected,
    CdrCreditAccepted,
    CdrCredited,
    CdrExcluded,
    CdrHeld,
    CdrReadmitted,
    CdrRedecided,
    CdrRejected,
    CdrReleased,
    CdrReleaseUndone,
    CdrResubmitted,
    CdrReviewAsked,
)
from projections.event_base import Event
from projections.event_parts import Booking, CdrStatement, Decision, Entry, Leg, Refusal, Source

_CARRIES_OUT = (CdrReleased, CdrCorrected, CdrExcluded, CdrCredited, CdrAdjusted)
"""What ends a proposal: whoever did it, it is done."""


class Earlier(NamedTuple):
    """An earlier event of the same object."""

    position: int
    topic: str
    event: Event


class Decided(NamedTuple):
    """A decision with the position of its event, and the number of its first entry there."""

    position: int
    decision: Decision
    first_entry: int


class Booked(NamedTuple):
    """An entry that stands in the books, by its place there, and the sale it was booked for.

    A decision that takes another's place may number its sales otherwise.
    """

    position: int
    number: int
    entry: Entry
    booking: Booking
    leg: Leg


class History(msgspec.Struct, gc=False):
    """A CDR before an event.

    `counted` is the outcome at which the message stands that brought its content, None before it
    is counted; `decided` is the decision that stands, or stood last; `adjusted` is what was given
    back of it since.
    """

    state: str = "new"
    statement: CdrStatement | None = None
    message: Source | None = None
    counted: Outcome | None = None
    refusals: Sequence[Refusal] = ()
    decided: Decided | None = None
    adjusted: list[Booked] = []
    is_corrected: bool = False
    is_released: bool = False
    is_rejected: bool = False
    is_proposed: bool = False
    is_in_review: bool = False

    def booked(self) -> list[Booked]:
        """Return what stands in the books, in the order in which a reversal takes it back."""
        if self.decided is None:
            return []
        position, decision, first = self.decided
        booked = [
            Booked(position, number, entry, decision.booking, decision.legs[entry.leg])
            for number, entry in enumerate(decision.entries, first)
        ]
        return booked + self.adjusted

    def take(self, position: int, event: Event) -> None:
        """Follow one event."""
        if isinstance(event, _CARRIES_OUT):
            self.is_proposed = False
        if isinstance(event, CdrHeld):
            self._state(event.statement, event.source, "held")
            self.state, self.refusals = event.STATE, event.refusals
        elif isinstance(event, CdrAccepted):
            self._state(event.statement, event.source, "accepted")
            self._decide(position, event.decision, 1)
        elif isinstance(event, CdrRedecided):
            self._decide_again(position, event)
            self.is_in_review = False
        elif isinstance(event, CdrCreditAccepted):
            self._state(event.statement, event.source, "accepted")
            self.state, self.refusals = "accepted", ()
        elif isinstance(event, CdrResubmitted):
            self._state(event.statement, event.source, None)
            self.state, self.is_rejected = "new", False
        elif isinstance(event, CdrCorrected):
            self.statement, self.is_corrected = event.statement, True
        elif isinstance(event, CdrAdjusted) and self.decided is not None:
            legs = self.decided.decision.legs
            self.adjusted += [
                Booked(position, number, entry, event.booking, legs[entry.leg])
                for number, entry in enumerate(event.entries, 1)
            ]
        elif isinstance(event, CdrReleased | CdrReleaseUndone):
            self.is_released = isinstance(event, CdrReleased)
        else:
            self._move(event)

    def _move(self, event: Event) -> None:
        if isinstance(event, CdrActionProposed):
            self.is_proposed = True
        elif isinstance(event, CdrReviewAsked):
            self.is_in_review = True
        elif isinstance(event, CdrExcluded):
            self.state, self.adjusted = "excluded", []
        elif isinstance(event, CdrCredited):
            self.state, self.adjusted = "credited", []
        elif isinstance(event, CdrReadmitted):
            self.state = "new"
        elif isinstance(event, CdrRejected):
            self.is_rejected = True

    def _state(
        self, statement: CdrStatement, message: Source | None, counted: Outcome | None
    ) -> None:
        self.statement, self.message, self.counted = statement, message, counted

    def _decide(self, position: int, decision: Decision, first_entry: int) -> None:
        self.state, self.refusals = "accepted", ()
        self.decided = Decided(position, decision, first_entry)

    def _decide_again(self, position: int, event: CdrRedecided) -> None:
        if event.decision is not None:
            self._decide(position, event.decision, 1 + len(event.reversal))
        else:
            self.state, self.counted, self.refusals = "held", "held", event.refusals
            self.adjusted = []


def history_of(earlier: Iterable[Earlier]) -> History:
    """Return what a CDR's events, in order, lead to. Conflicting content changes nothing."""
    history = History()
    for position, _, event in earlier:
        if not isinstance(event, CdrConflictHeld):
            history.take(position, event)
    return history
