"""Approvals: the batches of a pair, and what approved a CDR."""

from datetime import datetime
from typing import NamedTuple

from projections.database import Connection, rows


class BatchRow(NamedTuple):
    """A batch that was approved: by its window's end, an acceptance or a review."""

    position: int
    pair: str
    approved_by: str
    cdr_count: int
    cdr_list_sha256: str
    actor: str
    recorded_at: datetime


def approval_batches(
    connection: Connection,
    *,
    pair: str | None = None,
    known_at: datetime | None = None,
    limit: int = 100,
) -> list[BatchRow]:
    """Return batches, the newest first."""
    asked = {"pair": pair, "known_at": known_at, "limit": limit}
    return rows(connection, "approval_batches", BatchRow, **asked)


def approvals_of(
    connection: Connection, cdr: str, *, known_at: datetime | None = None
) -> list[BatchRow]:
    """Return the batches that approved a CDR, in the order of the log."""
    return rows(connection, "approvals_of_cdr", BatchRow, cdr=cdr, known_at=known_at)
