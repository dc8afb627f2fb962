"""What the topics hold that the log has not consumed yet: for closes and for people."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from typing import Any, Final, NamedTuple

from kafka import KafkaConsumer, TopicPartition  # type: ignore[import-untyped]

from consumers.intake import received_at_of
from consumers.runner.client import asking
from consumers.runner.errors import KafkaUnreachable
from ledger.values.instants import BEGINNING
from schemas import INCOMING

Consumed = Mapping[tuple[str, int], int]
"""(topic, partition) -> the offset up to which the log has consumed, excluded."""

_ASK_MS: Final = 10_000
_POLL_MS: Final = 500
_POLL_RECORDS: Final = 2_000
_READ_SECONDS: Final = 60.0
_FETCH_BYTES: Final = 16 * 1024 * 1024


class Lag(NamedTuple):
    """One topic's partition: consumed up to `consumed` of `end`, both excluded.

    `first_unconsumed_at` is the time of the first message that is not consumed, None without one.
    """

    topic: str
    partition: int
    consumed: int
    end: int
    first_unconsumed_at: datetime | None

    @property
    def messages(self) -> int:
        """How many offsets are not consumed."""
        return max(0, self.end - self.consumed)


class Unconsumed(NamedTuple):
    """A message that the log does not know yet."""

    topic: str
    partition: int
    offset: int
    received_at: datetime


def lag(options: Mapping[str, Any], topics: Sequence[str], consumed: Consumed) -> list[Lag]:
    """Return the lag of every partition of the topics. Raises: KafkaUnreachable.

    `options` are kafka-python's. What the log knows nothing of is consumed up to its beginning.
    """
    with _reader(options) as reader:
        spans = _unconsumed_spans(reader, topics, consumed)
        behind = {place: span for place, span in spans.items() if span[0] < span[1]}
        first = dict(_first_records(reader, behind))
        return [
            Lag(place.topic, place.partition, begin, end, first.get(place))
            for place, (begin, end) in sorted(spans.items())
        ]


def unconsumed_before(
    instant: datetime, options: Mapping[str, Any], topics: Sequence[str], consumed: Consumed
) -> list[Unconsumed]:
    """Return, per partition, the first message received before an instant and not consumed yet.

    Empty means that everything received before the instant is in the log. Every message that is
    not consumed is looked at: their times need not be in order. A message without a time counts
    as received at the beginning of time. Raises: KafkaUnreachable.
    """
    with _reader(options) as reader:
        spans = _unconsumed_spans(reader, topics, consumed)
        found: dict[TopicPartition, Unconsumed] = {}
        for place, offset, received_at in _records(reader, spans):
            if received_at < instant and place not in found:
                found[place] = Unconsumed(place.topic, place.partition, offset, received_at)
                reader.pause(place)
                if len(found) == len(spans):
                    break
        return sorted(found.values())


def incoming_topics(options: Mapping[str, Any], prefix: str) -> tuple[str, ...]:
    """Return the topics a consumer reads: ours, and what looks like another version of them.

    Somebody who publishes to `cdrs.v9` must find his messages among the exceptions, as
    UNKNOWN_TOPIC_VERSION, not in a topic that nobody reads. Raises: KafkaUnreachable.
    """
    names = "|".join(re.escape(topic.rpartition(".")[0]) for topic in INCOMING)
    version_of_ours = re.compile(rf"{re.escape(prefix)}({names})\.v[0-9]+")
    with _reader(options) as reader:
        existing = {topic for topic in reader.topics() if version_of_ours.fullmatch(topic)}
    ours = [prefix + topic for topic in INCOMING]
    return (*ours, *sorted(existing - set(ours)))


@contextmanager
def _reader(options: Mapping[str, Any]) -> Iterator[KafkaConsumer]:
    """Give a consumer outside of any group."""
    with asking(options):
        reader = KafkaConsumer(
            **options,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            allow_auto_create_topics=False,
            fetch_max_bytes=_FETCH_BYTES,
            max_poll_records=_POLL_RECORDS,
            bootstrap_timeout_ms=_ASK_MS,
            request_timeout_ms=_ASK_MS,
            metrics_enabled=False,
        )
        try:
            yield reader
        finally:
            reader.close()


def _unconsumed_spans(
    reader: KafkaConsumer, topics: Sequence[str], consumed: Consumed
) -> dict[TopicPartition, tuple[int, int]]:
    places = [
        TopicPartition(topic, partition)
        for topic in topics
        for partition in sorted(reader.partitions_for_topic(topic))
    ]
    ends = reader.end_offsets(places, timeout_ms=_ASK_MS)
    unknown = [place for place in places if tuple(place) not in consumed]
    first = reader.beginning_offsets(unknown, timeout_ms=_ASK_MS) if unknown else {}
    return {
        place: (consumed.get(tuple(place), first.get(place, 0)), ends[place]) for place in places
    }


def _first_records(
    reader: KafkaConsumer, spans: Mapping[TopicPartition, tuple[int, int]]
) -> Iterator[tuple[TopicPartition, datetime]]:
    seen = set()
    for place, _, received_at in _records(reader, spans):
        if place not in seen:
            seen.add(place)
            yield place, received_at
            reader.pause(place)
            if len(seen) == len(spans):
                return


def _records(
    reader: KafkaConsumer, spans: Mapping[TopicPartition, tuple[int, int]]
) -> Iterator[tuple[TopicPartition, int, datetime]]:
    """Yield place, offset and time of every record in the spans, until all ends are reached."""
    open_ends = {place: end for place, (begin, end) in spans.items() if begin < end}
    if not open_ends:
        return
    reader.assign(list(open_ends))
    for place in open_ends:
        reader.seek(place, spans[place][0])
    give_up_at = monotonic() + _READ_SECONDS
    while open_ends.keys() - reader.paused():
        for place, records in reader.poll(timeout_ms=_POLL_MS).items():
            for record in records:
                if record.offset < open_ends.get(place, 0):
                    yield place, record.offset, received_at_of(record.timestamp) or BEGINNING
        for place in list(open_ends):
            if reader.position(place, timeout_ms=_POLL_MS) >= open_ends[place]:
                del open_ends[place]
        if monotonic() > give_up_at:
            raise KafkaUnreachable("the messages that are not consumed could not all be read.")
