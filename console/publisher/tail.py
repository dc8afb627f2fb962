"""What the outgoing topic says of itself: how far the log is on it, for certain.

Each message carries `cw-position`, its event's place in the log, and `cw-published-through`: every
event up to there was confirmed by all replicas before this message was sent.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from kafka import KafkaConsumer, TopicPartition  # type: ignore[import-untyped]
from kafka.errors import KafkaError  # type: ignore[import-untyped]

from console.errors import ServiceError
from schemas.headers import MESSAGE_ID

POSITION: Final = "cw-position"
PUBLISHED_THROUGH: Final = "cw-published-through"

_OPTIONS: Final[Mapping[str, Any]] = {
    "group_id": None,
    "enable_auto_commit": False,
    "bootstrap_timeout_ms": 5_000,
    "request_timeout_ms": 10_000,
    "metrics_enabled": False,
}
_SILENCE_MS: Final = 10_000


class Delivered(NamedTuple):
    """One message of the publisher: its event's position and id, and what it says of the topic."""

    position: int
    event_id: str
    through: int


class Tail(NamedTuple):
    """Where to go on: behind `through`, passing over what is `present` beyond it."""

    through: int
    present: frozenset[int]
    last: Delivered | None


def tail_of(messages: list[Delivered]) -> Tail:
    """Return where a publisher goes on behind these messages, the last ones of each partition.

    >>> tail_of([Delivered(5, "a", 3), Delivered(9, "b", 6), Delivered(7, "c", 6)])[:2]
    (6, frozenset({9, 7}))
    """
    through = max((message.through for message in messages), default=0)
    present = frozenset(row.position for row in messages if row.position > through)
    return Tail(through, present, max(messages, default=None))


def read_tail(options: Mapping[str, Any], topic: str, *, window: int) -> Tail:
    """Read the last `window` messages of each partition of the outgoing topic.

    A page has at most `window` events, so all of an unconfirmed page is seen. Messages without
    our headers are somebody else's and passed over. Raises `ServiceError` KAFKA_UNREACHABLE.
    """
    address = ", ".join(options["bootstrap_servers"])
    try:
        consumer = KafkaConsumer(**{**_OPTIONS, **options}, consumer_timeout_ms=_SILENCE_MS)
        try:
            numbers = sorted(consumer.partitions_for_topic(topic) or ())
            places = [TopicPartition(topic, number) for number in numbers]
            return tail_of([row for place in places for row in _last(consumer, place, window)])
        finally:
            consumer.close(timeout_ms=1_000)
    except (KafkaError, OSError) as error:
        sentence = f"Kafka at {address}: {topic} cannot be read ({error})."
        raise ServiceError("KAFKA_UNREACHABLE", sentence) from error


def _last(consumer: KafkaConsumer, place: TopicPartition, window: int) -> list[Delivered]:
    """Return the publisher's messages among the last ones, looking further back if none is."""
    consumer.assign([place])
    first = consumer.beginning_offsets([place])[place]
    end = consumer.end_offsets([place])[place]
    while True:
        start = max(first, end - window)
        found = list(_ours(consumer, place, start, end))
        if found or start == first:
            return found
        window *= 10


def _ours(
    consumer: KafkaConsumer, place: TopicPartition, start: int, end: int
) -> Iterator[Delivered]:
    if start >= end:
        return
    consumer.seek(place, start)
    next_offset = start
    for record in consumer:
        next_offset = record.offset + 1
        headers = dict(record.headers)
        position, through = headers.get(POSITION, b""), headers.get(PUBLISHED_THROUGH, b"")
        if position.isdigit() and through.isdigit():
            event_id = headers.get(MESSAGE_ID, b"").decode("ascii", "replace")
            yield Delivered(int(position), event_id, int(through))
        if next_offset >= end:
            return
    # The iterator ends in silence: a partition that could not be read is no empty one.
    sentence = f"{place.topic}[{place.partition}] was read to {next_offset} of {end} only."
    raise ServiceError("KAFKA_UNREACHABLE", sentence)
