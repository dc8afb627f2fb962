"""Which partitions are ours, how far they are consumed, and under which epoch we may record."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from consumers.headers import Coordinates
from consumers.intake import receive
from consumers.runner.merge import Batch, Place
from ledger.application.commands import Slice
from schemas import Registry


@dataclass
class Held:
    """One topic's partition in our hands.

    `next_recorded` is the offset up to which the log has recorded, `next_fetched` the one up to
    which we hold records; both excluded.
    """

    epoch: int
    next_recorded: int
    next_fetched: int


class Ownership:
    """The partitions that are ours since the last assignment."""

    def __init__(self) -> None:
        self._held: dict[Place, Held] = {}

    def __contains__(self, place: Place) -> bool:
        return place in self._held

    def __getitem__(self, place: Place) -> Held:
        return self._held[place]

    def __iter__(self) -> Iterator[Place]:
        return iter(tuple(self._held))

    def __len__(self) -> int:
        return len(self._held)

    def add(self, place: Place, *, epoch: int, next_offset: int) -> None:
        """Begin with a partition at the offset the log is at."""
        self._held[place] = Held(epoch, next_offset, next_offset)

    def drop(self, places: Iterable[Place]) -> None:
        """Forget partitions that went to another member."""
        for place in places:
            self._held.pop(place, None)

    def new_records(self, place: Place, records: Sequence[Any]) -> Sequence[Any]:
        """Return the records that follow what is here; none for a partition that is not ours.

        After a seek a fetch may still return what was on its way: older offsets are dropped.
        """
        held = self._held.get(place)
        if held is None:
            return ()
        fresh = [record for record in records if record.offset >= held.next_fetched]
        if fresh:
            held.next_fetched = fresh[-1].offset + 1
        return fresh

    def slices(self, batch: Batch, registry: Registry) -> list[Slice]:
        """Read a batch's records: one slice per topic's partition. Raises: RegistryUnreachable."""
        slices = []
        for place, records in batch.items():
            held = self._held[place]
            messages = tuple(
                receive(
                    Coordinates(place.topic, place.partition, record.offset),
                    timestamp_ms=record.timestamp,
                    key=record.key,
                    value=record.value,
                    headers=record.headers,
                    registry=registry,
                )
                for record in records
            )
            slices.append(
                Slice(
                    topic=place.topic,
                    partition=place.partition,
                    from_offset=held.next_recorded,
                    next_offset=records[-1].offset + 1,
                    epoch=held.epoch,
                    messages=messages,
                )
            )
        return slices

    def recorded(self, slices: Iterable[Slice]) -> None:
        """Advance to where the log is now."""
        for part in slices:
            self._held[Place(part.topic, part.partition)].next_recorded = part.next_offset
