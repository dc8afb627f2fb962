"""The intake: what became of every message of a topic's partition, in the log itself.

Each message is exactly one of accepted, superseded, duplicate, held, unreadable. One event per
batch and partition counts them per sender; later movements (a held CDR is accepted, an unreadable
message is read after a fix) are said by the events that cause them.
"""

from datetime import datetime

import msgspec
from eventsourcing.domain import event

from ledger.values.aggregate import LedgerAggregate
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance


class SenderCount(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many messages of one sender ended how."""

    sender: str
    accepted: int = 0
    superseded: int = 0
    duplicate: int = 0
    held: int = 0
    unreadable: int = 0


class UnreadableMark(msgspec.Struct, frozen=True, omit_defaults=True):
    """One unreadable message: the bytes stand in an erasable table, their hash here."""

    offset: int
    sender: str
    reason: str
    sha256: str
    received_at: datetime
    path: str = ""
    detail: str = ""


class Intake(LedgerAggregate):
    """A topic's partition as it was consumed; key `cdrs.v1[3]` with the whole topic name."""

    KIND = "intake"

    def consume(
        self,
        *,
        topic: str,
        partition: int,
        from_offset: int,
        next_offset: int,
        received: int,
        epoch: int,
        counts: tuple[SenderCount, ...],
        unreadable: tuple[UnreadableMark, ...],
        provenance: Provenance,
    ) -> None:
        """Record what became of the messages from `from_offset` up to `next_offset`, excluded."""
        self._record_consumption(
            topic=topic,
            partition=partition,
            from_offset=from_offset,
            next_offset=next_offset,
            received=received,
            epoch=epoch,
            counts=counts,
            unreadable=unreadable,
            provenance=provenance,
        )

    def continue_at(self, version: int) -> None:
        """Continue after a known version without reading the partition's whole history."""
        self.version = version

    @event("Consumed", topic="intake.consumed.v1")
    def _record_consumption(
        self,
        topic: str,
        partition: int,
        from_offset: int,
        next_offset: int,
        received: int,
        epoch: int,
        counts: tuple[SenderCount, ...],
        unreadable: tuple[UnreadableMark, ...],
        provenance: Provenance,
    ) -> None:
        """Nothing to remember: the counts live in the projection."""


class Replay(LedgerAggregate):
    """One unreadable message, fed again after a fix; key `topic[partition]@offset`."""

    KIND = "replay"

    is_read: bool

    def begin(self) -> None:
        self.is_read = False

    def feed_again(
        self,
        *,
        topic: str,
        partition: int,
        offset: int,
        sender: str,
        outcome: Outcome,
        reason: str,
        provenance: Provenance,
    ) -> None:
        """Record what became of the message this time."""
        self._record_replay(
            topic=topic,
            partition=partition,
            offset=offset,
            sender=sender,
            outcome=outcome,
            reason=reason,
            provenance=provenance,
        )

    @event("Replayed", topic="intake.replayed.v1")
    def _record_replay(
        self,
        topic: str,
        partition: int,
        offset: int,
        sender: str,
        outcome: str,
        reason: str,
        provenance: Provenance,
    ) -> None:
        self.is_read = outcome != "unreadable"
