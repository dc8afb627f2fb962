"""How sales were shared."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from projections.database import Connection, rows


class SplitRow(NamedTuple):
    """One step of a split; a reversal has a negated amount and names its event."""

    position: int
    number: int
    cdr: str
    leg: int
    place: int
    reverses_position: int | None
    payee: str
    basis: Decimal
    rate: str
    exact: str
    amount: Decimal
    is_remaining: bool
    currency: str
    posted_period: str
    recorded_at: datetime


class SplitSum(NamedTuple):
    """What a payee gets of a period's sales, reversals taken off."""

    posted_period: str
    payee: str
    currency: str
    amount: Decimal


def split_steps(
    connection: Connection,
    *,
    cdr: str | None = None,
    payee: str | None = None,
    period: str | None = None,
    limit: int | None = None,
) -> list[SplitRow]:
    """Return steps in the order they were recorded."""
    filters = {"cdr": cdr, "payee": payee, "period": period, "limit": limit}
    return rows(connection, "split_list", SplitRow, **filters)


def split_sums(connection: Connection, *, period: str | None = None) -> list[SplitSum]:
    """Return the sums per period, payee and currency."""
    return rows(connection, "split_sums", SplitSum, period=period)
