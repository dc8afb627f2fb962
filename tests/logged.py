"""Stored events as a log hands them on, without a database."""

from collections.abc import Iterable
from datetime import datetime

from eventsourcing.persistence import StoredEvent

from ledger.application.store import LoggedEvent


def as_logged(stored: Iterable[StoredEvent], *, recorded_at: datetime) -> list[LoggedEvent]:
    """Return events with their positions, the first one at 1."""
    return [
        LoggedEvent(
            position=position,
            originator_id=row.originator_id,
            originator_version=row.originator_version,
            topic=row.topic,
            state=row.state,
            recorded_at=recorded_at,
        )
        for position, row in enumerate(stored, 1)
    ]
