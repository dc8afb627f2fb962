"""Stored events as the bytes of PostgreSQL's binary COPY: the fastest way in that is exact."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct

from eventsourcing.persistence import StoredEvent

from ledger.log.merkle import leaf_of

COPY_EVENTS = """
    COPY log.stored_event (position, originator_id, originator_version, topic, state,
                           recorded_at, leaf, is_shared_fact)
    FROM STDIN (FORMAT BINARY)
"""
HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"

_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ROW_HEAD = Struct(">h iq i16s ii i")
_STATE_HEAD = Struct(">i")
_ROW_TAIL = Struct(">iq i32s i?")


def copy_bytes(
    events: Sequence[StoredEvent],
    *,
    after_position: int,
    recorded_at: datetime,
    shared_facts: frozenset[object],
) -> bytes:
    """Return the rows of a batch, positions following `after_position` without a gap."""
    recorded_us = (recorded_at - _POSTGRES_EPOCH) // _MICROSECOND
    parts = [HEADER]
    for position, event in enumerate(events, after_position + 1):
        topic = event.topic.encode()
        parts.append(
            _ROW_HEAD.pack(
                8,
                8,
                position,
                16,
                event.originator_id.bytes,  # type: ignore[union-attr]
                4,
                event.originator_version,
                len(topic),
            )
        )
        parts.append(topic)
        parts.append(_STATE_HEAD.pack(len(event.state)))
        parts.append(event.state)
        leaf = leaf_of(
            position=position,
            originator_id=event.originator_id,  # type: ignore[arg-type]
            originator_version=event.originator_version,
            topic=event.topic,
            state=event.state,
            recorded_at=recorded_at,
        )
        parts.append(
            _ROW_TAIL.pack(8, recorded_us, 32, leaf, 1, event.originator_id in shared_facts)
        )
    parts.append(TRAILER)
    return b"".join(parts)
