"""The equation: every message is exactly one of five outcomes, per topic, partition and sender.

The intake says how many messages ended how; later movements (a held CDR is accepted, a decided
one is held again, an unreadable message is read after a fix) are said by the events that cause
them; a CDR held at first was counted by the intake. The sums must equal the messages received,
and these the offsets advanced.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import ClassVar

from ledger.values.outcomes import OUTCOMES, Outcome
from projections.database import Connection, for_each
from projections.event_parts import Source
from projections.events import CdrAccepted, CdrRedecided, IntakeConsumed, IntakeReplayed
from projections.pages import Recorded

_RECEIVED = 0
_PLACE = {outcome: place for place, outcome in enumerate(OUTCOMES, 1)}


class Equation:
    """Counts of outcomes per sender, and the offsets of each partition."""

    NAME: ClassVar[str] = "equation"
    TABLES: ClassVar[Mapping[str, str]] = {
        "outcome": 'topic COLLATE "C", partition, sender COLLATE "C"',
        "partition": 'topic COLLATE "C", partition',
    }

    def __init__(self) -> None:
        self._counts: defaultdict[tuple[str, int, str], list[int]] = defaultdict(lambda: [0] * 6)
        self._spans: dict[tuple[str, int], tuple[int, int, int]] = {}

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, IntakeConsumed):
            self._count(event)
        elif isinstance(event, IntakeReplayed):
            message = Source(event.topic, event.partition, event.offset, event.sender)
            self._move(message, "unreadable", event.outcome)
        elif isinstance(event, CdrAccepted) and event.moved_from == "held":
            released = event.provenance.source if event.provenance else None
            self._move(released, "held", "accepted")
        elif isinstance(event, CdrRedecided) and event.moved_to == "held":
            held_again = recorded.reversed.message if recorded.reversed else None
            self._move(held_again, "accepted", "held")

    def write(self, connection: Connection, schema: str) -> None:
        counts = ((*key, *counted) for key, counted in sorted(self._counts.items()))
        for_each(connection, "add_to_outcomes", schema, counts)
        spans = ((*key, *span) for key, span in sorted(self._spans.items()))
        for_each(connection, "advance_partitions", schema, spans)

    def _count(self, event: IntakeConsumed) -> None:
        for sender in event.counts:
            counted = self._counts[event.topic, event.partition, sender.sender]
            for place, outcome in enumerate(OUTCOMES, 1):
                messages: int = getattr(sender, outcome)
                counted[place] += messages
                counted[_RECEIVED] += messages
        key = event.topic, event.partition
        first, _, received = self._spans.get(key, (event.from_offset, 0, 0))
        self._spans[key] = first, event.next_offset, received + event.received

    def _move(self, message: Source | None, origin: Outcome, outcome: Outcome) -> None:
        # A CDR that no message brought (typed in by a person) was never counted.
        if message is not None:
            counted = self._counts[message.topic, message.partition, message.sender]
            counted[_PLACE[origin]] -= 1
            counted[_PLACE[outcome]] += 1
