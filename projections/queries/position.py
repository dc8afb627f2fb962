"""How far the read models have followed the log."""

from datetime import datetime
from typing import NamedTuple

from projections.database import Connection, one_row, rows
from projections.read_models import NAMES


class Position(NamedTuple):
    """A read model's place in the log; `waiting_since` is when the next event was recorded."""

    name: str
    position: int
    head: int
    behind: int
    waiting_since: datetime | None


def positions(connection: Connection) -> list[Position]:
    """Return the place of every read model and of the log's end."""
    return rows(connection, "position_report", Position, names=list(NAMES))


def lowest_position(connection: Connection) -> int:
    """Return the position that every read model has reached."""
    return min(position.position for position in positions(connection))


def log_head(connection: Connection) -> int:
    """Return the position of the log's last event, 0 for an empty log."""
    (head,) = one_row(connection, "log_head")
    return int(head)
