"""Who did what, when, and from which message."""

from datetime import datetime
from typing import NamedTuple

from projections.database import Connection, rows


class AuditRow(NamedTuple):
    """One event of the log; `subject` is the key of the object it is about."""

    position: int
    topic: str
    kind: str
    subject: str
    version: int
    actor: str | None
    proof: str | None
    occurred_at: datetime | None
    received_at: datetime | None
    recorded_at: datetime
    source_topic: str | None
    source_partition: int | None
    source_offset: int | None
    sender: str | None
    message_id: str | None


def audit_trail(
    connection: Connection,
    *,
    subject: str | None = None,
    kind: str | None = None,
    actor: str | None = None,
    source_topic: str | None = None,
    source_partition: int | None = None,
    source_offset: int | None = None,
    known_at: datetime | None = None,
    limit: int | None = None,
) -> list[AuditRow]:
    """Return events in the log's order, by object, actor or the message that caused them."""
    return rows(
        connection,
        "audit_trail",
        AuditRow,
        subject=subject,
        kind=kind,
        actor=actor,
        source_topic=source_topic,
        source_partition=source_partition,
        source_offset=source_offset,
        known_at=known_at,
        limit=limit,
    )


def event_counts(connection: Connection) -> dict[str, int]:
    """Return how many events of each topic were recorded."""
    return dict(rows(connection, "audit_counts", lambda *row: row))
