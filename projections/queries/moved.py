"""Which record an id of another platform means, and what a record was called there."""

from datetime import datetime
from typing import NamedTuple

from projections.database import Connection, rows


class MovedRow(NamedTuple):
    """A record's id on the platform it came from, and its key here; `plan` is a move-in's hash."""

    platform: str
    kind: str
    old_id: str
    new_key: str
    plan: str
    recorded_at: datetime


def moved_ids(connection: Connection, id: str) -> list[MovedRow]:
    """Return the records that an id means, be it the old one or ours; case makes no difference."""
    return rows(connection, "moved_ids", MovedRow, id=id)
