"""Worlds and months for tests: the demo's documents with the messages of a few charges.

`small_world` and `small_month` are two CPOs and two eMSPs in two currencies; `month_of` plans any
world. `received` reads planned messages as a consumer does, from their encoded bytes, without a
broker; `Feed` hands them to a real ledger.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import msgspec

from console.demo.generator import generate
from console.demo.month import MonthPlan, plan_month
from console.demo.plan import Planned
from console.demo.world import World, load_world
from console.imports.back_end import messages_of
from consumers.headers import Coordinates
from consumers.intake import receive
from ledger.application.commands import Received, Slice
from ledger.application.ledger import Ledger
from ledger.values.outcomes import Outcome
from schemas import INCOMING, FileRegistry, LocationV1, TariffVersionV1, topic_name

PREFIX = "clearwatt."
TOPICS = tuple(PREFIX + name for name in INCOMING)
SELLERS = ("NL*PLD", "CH*LEM")
BUYERS = ("NL*GRT", "CH*ALP")
ENOUGH_FOR_FAULTS = 150
"""So many charges of a month leave one for every fault."""

_REGISTRY = FileRegistry()


@cache
def small_world(month: str = "2026-10") -> World:
    """Return the demo's world with the traffic of two CPOs and two eMSPs."""
    world = load_world(month).only(*SELLERS)
    traffic = {
        party: msgspec.structs.replace(row, providers=dict.fromkeys(BUYERS, 1))
        for party, row in world.traffic.items()
    }

    def sells(row: LocationV1 | TariffVersionV1) -> bool:
        return f"{row.country_code}*{row.party_id}" in SELLERS

    return replace(
        world,
        traffic=traffic,
        locations=tuple(row for row in world.locations if sells(row)),
        tariffs=tuple(row for row in world.tariffs if sells(row)),
    )


def month_of(world: World, *, sessions: int, seed: int = 1, has_faults: bool = False) -> MonthPlan:
    """Return the plan of a world's month: facts, generated charges, faults where asked for."""
    catalogue = world.catalogue
    charges = [
        messages_of(charging, catalogue)
        for charging in generate(world, sessions=sessions, seed=seed)
    ]
    return plan_month(world, charges, seed=seed, has_faults=has_faults)


@cache
def small_month(sessions: int = 6, seed: int = 1) -> MonthPlan:
    """Return a month of the small world without faults; about 3 messages a charge, and facts."""
    return month_of(small_world(), sessions=sessions, seed=seed)


def received(messages: Iterable[Planned], *, partition: int = 0) -> list[Received]:
    """Return messages as read from one partition of every topic, in the order given."""
    offsets: Counter[str] = Counter()
    read = []
    for message in messages:
        topic = topic_name(PREFIX, message.kind)
        read.append(
            receive(
                Coordinates(topic, partition, offsets[topic]),
                timestamp_ms=int(message.sent_at.timestamp()) * 1000,
                key=message.key,
                value=message.encoded(topic=topic, registry=_REGISTRY),
                headers=message.headers,
                registry=_REGISTRY,
            )
        )
        offsets[topic] += 1
    return read


class Feed:
    """Hands messages to a ledger as the owner of one partition of every topic."""

    def __init__(self, ledger: Ledger, *, partition: int = 0) -> None:
        self.ledger = ledger
        self._partition = partition
        owned = ledger.store.take_over(TOPICS, partition)
        self._epochs = {row.topic: row.epoch for row in owned}
        self._next = {row.topic: row.next_offset or 0 for row in owned}

    def take(self, batch: Sequence[Received], *, recorded_at: datetime) -> dict[Outcome, int]:
        """Record one batch, whose offsets are renumbered to follow on; return its outcomes."""
        slices = []
        for topic in TOPICS:
            begin = self._next[topic]
            own = tuple(
                msgspec.structs.replace(
                    row, source=msgspec.structs.replace(row.source, offset=begin + place)
                )
                for place, row in enumerate(row for row in batch if row.source.topic == topic)
            )
            if own:
                self._next[topic] = end = begin + len(own)
                slices.append(Slice(topic, self._partition, begin, end, self._epochs[topic], own))
        return self.ledger.take(slices, recorded_at=recorded_at)

    def settle(self, *, recorded_at: datetime) -> None:
        """Draw the consequences of every recorded fact."""
        while self.ledger.release(recorded_at=recorded_at):
            pass


def after(messages: Sequence[Planned]) -> datetime:
    """Return an instant at which all of the messages have arrived."""
    return max(message.sent_at for message in messages) + timedelta(hours=1)
