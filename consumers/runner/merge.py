"""Records wait here and leave in order of their time, across the topics of a partition.

The broker hands out one topic's partition after the other, hundreds of messages at a time. Taken
as they come, a morning's CDRs would be decided before its sessions, every one of them held and
released again. The result would be the same; the work would double. So a message leaves when no
older one of its partition is known to be on its way, and after a while in any case.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

_RANKS: Final = ("locations.", "tariff-versions.", "sessions.", "cdrs.")


class Place(NamedTuple):
    """A topic's partition. Equal to kafka-python's TopicPartition, without importing it."""

    topic: str
    partition: int


class Record(Protocol):
    """What of a Kafka record matters here; `timestamp` in milliseconds since 1970."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


Batch = dict[Place, list[Any]]


class Merge:
    """The records of every partition that is ours, each topic's in order of offset."""

    def __init__(self) -> None:
        self._queues: dict[int, dict[Place, deque[Record]]] = {}
        self._bytes = 0
        self._turn = 0

    def open(self, places: Iterable[Place]) -> None:
        """Make room for partitions that became ours; what was there for them is forgotten."""
        for place in sorted(places, key=_rank):
            self.forget([place])
            self._queues.setdefault(place.partition, {})[place] = deque()

    def forget(self, places: Iterable[Place]) -> None:
        """Drop what waits for partitions that are no longer ours."""
        for place in places:
            queues = self._queues.get(place.partition, {})
            self._bytes -= sum(_size(record) for record in queues.pop(place, ()))
            if not queues:
                self._queues.pop(place.partition, None)

    def add(self, place: Place, records: Sequence[Record]) -> None:
        """Take in records that follow those already here."""
        self._queues[place.partition][place].extend(records)
        self._bytes += sum(map(_size, records))

    @property
    def bytes_waiting(self) -> int:
        """Bytes of all values that wait."""
        return self._bytes

    def __len__(self) -> int:
        return sum(len(queue) for _, queue in self._all())

    def take(
        self,
        *,
        most_records: int,
        most_bytes: int,
        is_awaited: Callable[[Place], bool],
    ) -> Batch:
        """Return the oldest records, per topic's partition; at least one where any may leave.

        `is_awaited` says of an empty queue that its next messages are on their way: nothing else
        of that partition leaves then. It is asked once: nothing is fetched while a batch is taken.
        Partitions take turns in being the first.
        """
        batch: Batch = {}
        partitions = sorted(self._queues)
        self._turn += 1
        for step in range(len(partitions)):
            queues = self._queues[partitions[(self._turn + step) % len(partitions)]]
            for place, record in _in_order_of_time(queues, is_awaited):
                size = _size(record)
                if batch and (most_records <= 0 or most_bytes < size):
                    queues[place].appendleft(record)
                    return batch
                batch.setdefault(place, []).append(record)
                self._bytes -= size
                most_records, most_bytes = most_records - 1, most_bytes - size
        return batch

    def _all(self) -> Iterator[tuple[Place, deque[Record]]]:
        return (item for queues in self._queues.values() for item in queues.items())


def _in_order_of_time(
    queues: Mapping[Place, deque[Record]], is_awaited: Callable[[Place], bool]
) -> Iterator[tuple[Place, Record]]:
    """Yield a partition's records, oldest first; at one instant facts before sessions and CDRs."""
    at_their_end: set[Place] = set()
    while True:
        oldest: Place | None = None
        for place, queue in queues.items():  # in order of rank
            if not queue:
                if place not in at_their_end and is_awaited(place):
                    return
                at_their_end.add(place)
            elif oldest is None or queue[0].timestamp < queues[oldest][0].timestamp:
                oldest = place
        if oldest is None:
            return
        yield oldest, queues[oldest].popleft()


def _rank(place: Place) -> tuple[int, Place]:
    rank = next((rank for rank, name in enumerate(_RANKS) if name in place.topic), len(_RANKS))
    return rank, place


def _size(record: Record) -> int:
    return len(record.value or b"")
