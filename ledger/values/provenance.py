"""Who or what caused an event, and when: every event carries one."""

from datetime import datetime
from typing import Literal

import msgspec

Proof = Literal["message", "asserted", "authenticated", "system"]


class Source(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The Kafka coordinates of the message that caused an event, and its headers."""

    topic: str
    partition: int
    offset: int
    sender: str
    message_id: str | None = None
    sequence: int | None = None
    sent_at: datetime | None = None
    traceparent: str | None = None

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"


class Provenance(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Actor, proof, instants and message of one event.

    `occurred_at` is when it happened in the world, `received_at` when it reached the edge (the
    Kafka record's timestamp, or the moment of the command); `recorded_at` is the event's own
    timestamp, given by the runner. A message's actor is its sender.
    """

    actor: str
    proof: Proof
    occurred_at: datetime
    received_at: datetime
    source: Source | None = None
