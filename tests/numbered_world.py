"""Numbered messages for the ledger's tests: a sender counts, what it counts arrives somehow."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from ledger.application.commands import MessageCommand, RawMessage, Received, Slice
from ledger.application.control_commands import StateControlTotals
from ledger.application.watch import Raised, raise_overdue
from ledger.log import open_ledger
from ledger.roaming.control_statements import ControlTotalsStatement, StatedAmount
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Source
from tests.ledger_cast import CPO
from tests.ledger_statements import october
from tests.ledger_world import SUBJECT_KEY, TOPICS, World

TOTALS = "clearwatt.control-totals.v1"
NOON = october(10, 12)
TODAY = NOON.date()
"""When messages are received unless a test says otherwise."""


def minutes(count: int) -> timedelta:
    """Return a span of time."""
    return timedelta(minutes=count)


def numbered(
    command: MessageCommand,
    number: int | None,
    *,
    at: datetime = NOON,
    value: bytes | None = None,
    sender: str = CPO,
    sent_at: datetime | None = None,
) -> Received:
    """Return a message with a sequence number; its bytes are of the command unless given."""
    topic = TOTALS if isinstance(command, StateControlTotals) else TOPICS[type(command)]
    content = msgspec.json.encode(command) if value is None else value
    source = Source(topic, 0, 0, sender, sequence=number, sent_at=sent_at)
    return Received(source, at, command, raw=RawMessage(b"NL*XYZ", content, ()))


def totals(
    messages: int, *, day: date = TODAY, updated: datetime = NOON, **more: Any
) -> StateControlTotals:
    """Return what the CPO says it sent on the CDR topic in a day; amounts in euro."""
    if (euro := more.pop("euro", None)) is not None:
        more["amounts"] = (StatedAmount("EUR", Decimal(euro)),)
    if (kwh := more.pop("kwh", None)) is not None:
        more["energy_kwh"] = Decimal(kwh)
    country, party_id = CPO.split("*")
    stated = ControlTotalsStatement(country, party_id, "cdrs.v1", day, messages, updated, **more)
    return StateControlTotals(stated)


class Line:
    """The way from senders to a ledger by one partition of every topic, and the clock."""

    def __init__(self, world: World, partition: int = 0) -> None:
        self.world, self._partition = world, partition
        self.ledger = open_ledger(world.url, subject_key=SUBJECT_KEY)
        owned = self.ledger.store.take_over([*TOPICS.values(), TOTALS], partition)
        self._epochs = {row.topic: row.epoch for row in owned}
        self._next = {row.topic: row.next_offset or 0 for row in owned}

    def take(self, *messages: Received) -> dict[Outcome, int]:
        """Hand over one batch, recorded when its last message was received."""
        slices = []
        for topic in dict.fromkeys(message.source.topic for message in messages):
            begin = self._next[topic]
            own = tuple(
                msgspec.structs.replace(
                    row,
                    source=msgspec.structs.replace(
                        row.source, partition=self._partition, offset=begin + place
                    ),
                )
                for place, row in enumerate(row for row in messages if row.source.topic == topic)
            )
            self._next[topic] = end = begin + len(own)
            epoch = self._epochs[topic]
            slices.append(Slice(topic, self._partition, begin, end, epoch, own))
        return self.ledger.take(slices, recorded_at=max(row.received_at for row in messages))

    def close(self) -> None:
        """Leave the database."""
        self.ledger.store.connection.close()

    def look(self, now: datetime, **options: Any) -> dict[str, int]:
        """Let the clock look; return what it raised."""
        raised: Raised = raise_overdue(self.ledger, now, **options)
        return {name: count for name, count in raised._asdict().items() if count}

    def told(self, *topics: str) -> list[Any]:
        """Return the events of some topics, in order."""
        return [event for event in self.world.events() if event.TOPIC in topics]
