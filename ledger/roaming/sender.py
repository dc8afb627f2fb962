"""Senders that number their messages: what is missing between the numbers, and what came after all.

As in telecom clearing, a sender counts its messages on a topic from 1 without gaps. A gap warns
that messages got lost on the way; it refuses nothing, since what is missing cannot be judged.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from eventsourcing.domain import event

from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused

PATIENCE: Final = timedelta(minutes=15)
"""How long a number may be missing after a later one was received: partitions are not in step."""


class Numbers(msgspec.Struct, frozen=True, gc=False):
    """Consecutive numbers, both ends included.

    >>> str(Numbers(17, 19)), str(Numbers(23, 23))
    ('17-19', '23')
    """

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


class Gap(msgspec.Struct, frozen=True, gc=False):
    """Missing numbers, and the instant at which the first later one was received."""

    first: int
    last: int
    since: datetime


class SenderNumbering(LedgerAggregate):
    """The numbers of a sender on a topic; key `NL*XYZ/cdrs.v1`.

    `gaps` are what was found missing and has not come, in order; nothing below `expected_from`
    is awaited.
    """

    KIND = "sender_numbering"

    gaps: tuple[Gap, ...]
    expected_from: int

    def begin(self) -> None:
        self.gaps = ()
        self.expected_from = 1

    @classmethod
    def key_of(cls, event: Any) -> str:
        return numbering_key(event.sender, event.topic)

    @property
    def sender(self) -> str:
        """The party that numbers its messages."""
        return self.key.partition("/")[0]

    @property
    def topic(self) -> str:
        """The topic's name without prefix."""
        return self.key.partition("/")[2]

    def find(self, gaps: Sequence[Gap], *, provenance: Provenance) -> None:
        """Record gaps, all behind those already known."""
        if gaps:
            self._record_gaps(
                sender=self.sender, topic=self.topic, missing=tuple(gaps), provenance=provenance
            )

    def fill(self, arrived: Sequence[int], *, provenance: Provenance) -> None:
        """Record that numbers which were missing have come; `arrived` is in order."""
        filled = tuple(runs_of(arrived))
        if filled:
            self._record_filling(
                sender=self.sender, topic=self.topic, filled=filled, provenance=provenance
            )

    def reset(
        self, *, from_number: int, is_restart: bool, reason: str, provenance: Provenance
    ) -> None:
        """Expect numbers from `from_number` on: nothing below is awaited any more.

        `is_restart`: the sender counts anew, so its numbers so far mean nothing.
        Refuses: REASON_MISSING, INVALID_DOCUMENT.
        """
        if not reason.strip():
            raise Refused(Refusal(Reason.REASON_MISSING, "reason"))
        if from_number < 1:
            raise Refused(
                Refusal(Reason.INVALID_DOCUMENT, "from_number", "1 or more", str(from_number))
            )
        self._record_reset(
            sender=self.sender,
            topic=self.topic,
            from_number=from_number,
            is_restart=is_restart,
            reason=reason,
            provenance=provenance,
        )

    @event("GapFound", topic="sender.gap_found.v1")
    def _record_gaps(
        self, sender: str, topic: str, missing: tuple[Gap, ...], provenance: Provenance
    ) -> None:
        self.gaps = (*self.gaps, *missing)

    @event("GapFilled", topic="sender.gap_filled.v1")
    def _record_filling(
        self, sender: str, topic: str, filled: tuple[Numbers, ...], provenance: Provenance
    ) -> None:
        self.gaps = tuple(left for gap in self.gaps for left in without(gap, filled))

    @event("SequenceReset", topic="sender.sequence_reset.v1")
    def _record_reset(
        self,
        sender: str,
        topic: str,
        from_number: int,
        is_restart: bool,
        reason: str,
        provenance: Provenance,
    ) -> None:
        self.expected_from = from_number
        below = (Numbers(0, from_number - 1),)
        kept = () if is_restart else self.gaps
        self.gaps = tuple(left for gap in kept for left in without(gap, below))


def numbering_key(sender: str, topic: str) -> str:
    """Return the key of a sender's numbering on a topic.

    >>> numbering_key("NL*XYZ", "cdrs.v1")
    'NL*XYZ/cdrs.v1'
    """
    return f"{sender}/{topic}"


def runs_of(numbers: Iterable[int]) -> Iterator[Numbers]:
    """Yield the runs of consecutive numbers; `numbers` is in order, without repeats.

    >>> [str(run) for run in runs_of([17, 18, 19, 23])]
    ['17-19', '23']
    """
    first = last = None
    for number in numbers:
        if first is None or last is None:
            first = last = number
        elif number == last + 1:
            last = number
        else:
            yield Numbers(first, last)
            first = last = number
    if first is not None and last is not None:
        yield Numbers(first, last)


def without(gap: Gap, filled: Iterable[Numbers]) -> Iterator[Gap]:
    """Yield what is left of a gap; `filled` is in order.

    >>> from ledger.values.instants import BEGINNING
    >>> left = without(Gap(17, 30, BEGINNING), [Numbers(1, 17), Numbers(20, 21), Numbers(30, 40)])
    >>> [(gap.first, gap.last) for gap in left]
    [(18, 19), (22, 29)]
    """
    first = gap.first
    for run in filled:
        if run.last < first or run.first > gap.last:
            continue
        if run.first > first:
            yield Gap(first, run.first - 1, gap.since)
        first = run.last + 1
    if first <= gap.last:
        yield Gap(first, gap.last, gap.since)
