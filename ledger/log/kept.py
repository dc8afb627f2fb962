"""What the log keeps beside its events, as readers get it."""

from datetime import datetime
from typing import NamedTuple


class Assigned(NamedTuple):
    """Where a consumer continues on a topic's partition, and the epoch that is now its own."""

    topic: str
    partition: int
    next_offset: int | None
    epoch: int


class UnreadableRow(NamedTuple):
    """A message that could not be read, with its bytes as they arrived."""

    topic: str
    partition: int
    offset: int
    reason: str
    path: str
    detail: str
    sender: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    received_at: datetime


def headers_from(stored: list[list[str | None]]) -> tuple[tuple[str, bytes | None], ...]:
    """Return headers as they arrived; the table keeps their bytes as hexadecimal text."""
    return tuple(
        (name or "", bytes.fromhex(value) if value is not None else None) for name, value in stored
    )
