"""The equation: every message is exactly one of five outcomes, per topic, partition and sender.

The intake says how many messages ended how; later movements (a held CDR is accepted, a decided
one is held again, an unreadable message is read after a fix, a CDR is replaced by the one that a
reject asked for) are said by the events that cause them; a CDR held at first was counted by the
intake. What a person excludes or credits stays the message that it was. The sums must equal the
messages received, and these the offsets advanced.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import ClassVar

from ledger.values.outcomes import OUTCOMES, Outcome
from projections.cdr_events import (
    CdrAccepted,
    CdrCreditAccepted,
    CdrHeld,
    CdrRedecided,
    CdrResubmitted,
)
from projections.database import Connection, for_each
from projections.dispute_events import DisputeEvent, DisputeRefused
from projections.event_parts import Source
from projections.events import IntakeConsumed, IntakeReplayed
from projections.pages import Recorded
from projections.payment_events import PaymentAccepted, PaymentTakenBack, stood_before

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
        elif isinstance(event, CdrAccepted | CdrCreditAccepted):
            self._decide(recorded, event.moved_from, event.source, "accepted")
        elif isinstance(event, CdrHeld):
            self._decide(recorded, event.moved_from, event.source, "held")
        elif isinstance(event, CdrRedecided) and event.moved_to == "held":
            self._move(recorded.history().message, "accepted", "held")
        elif isinstance(event, CdrResubmitted):
            before = recorded.history()
            if before.counted is not None:
                self._move(before.message, before.counted, "superseded")
        elif isinstance(event, DisputeEvent) and event.moved_from == "held":
            # What cannot be followed any more is as good as a message that came too late.
            outcome: Outcome = "superseded" if isinstance(event, DisputeRefused) else "accepted"
            self._move(event.source, "held", outcome)
        elif isinstance(event, PaymentAccepted) and event.decision.moved_from == "held":
            self._move(event.source, "held", "accepted")
        elif isinstance(event, PaymentTakenBack):
            self._move(stood_before(event, recorded.earlier).message, "accepted", "held")

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

    def _decide(
        self, recorded: Recorded, moved_from: str, message: Source | None, outcome: Outcome
    ) -> None:
        """Move a message that was counted before: the first decision is the intake's own count."""
        before = recorded.before.counted if recorded.before is not None else None
        counted: Outcome | None = "held" if moved_from in ("held", "refused") else before
        if counted is not None and counted != outcome:
            self._move(message, counted, outcome)

    def _move(self, message: Source | None, origin: Outcome, outcome: Outcome) -> None:
        # A CDR that no message brought (typed in by a person) was never counted.
        if message is not None:
            counted = self._counts[message.topic, message.partition, message.sender]
            counted[_PLACE[origin]] -= 1
            counted[_PLACE[outcome]] += 1
