"""What books hold in other currencies, as the journal has it: what a revaluation decides on."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.books.revaluation import Day, ForeignFigures, Pool, is_revalued, settles
from ledger.settlement.period import Checkpoint
from ledger.values.entries import Side
from ledger.values.instants import last_day
from projections.database import Connection, query, rows

_NOTHING: Final = Decimal("0.0000")


class _PoolRow(NamedTuple):
    book: str
    book_currency: str
    account: str
    currency: str


class _DayRow(NamedTuple):
    account: str
    currency: str
    day: date | None
    amount: Decimal
    book_amount: Decimal


class _PaymentRow(NamedTuple):
    account: str
    currency: str
    day: date
    rule: str
    side: Side
    reverses: bool
    amount: Decimal
    book_amount: Decimal


class _Month(NamedTuple):
    book: str
    month: str


class _Sums(NamedTuple):
    amount: Decimal = _NOTHING
    book_amount: Decimal = _NOTHING

    def with_(self, amount: Decimal, book_amount: Decimal) -> "_Sums":
        return _Sums(self.amount + amount, self.book_amount + book_amount)


_OfDays = defaultdict[date | None, _Sums]


class _Movements(NamedTuple):
    """Per day, of one account and currency: all that moved, and what payments took of it."""

    all: _OfDays
    settled: _OfDays


def foreign_figures(
    connection: Connection, month: str, *, settled_since: Mapping[str, date]
) -> list[ForeignFigures]:
    """Return every book that holds something in another currency at a month's end, by book.

    `settled_since`: from which day on a book's payments are not realised yet; always, where it is
    not named.
    """
    day = last_day(month)
    by_book: defaultdict[tuple[str, str], list[_PoolRow]] = defaultdict(list)
    for row in rows(connection, "foreign_pools", _PoolRow, month=month, last_day=day):
        if is_revalued(row.account, row.currency, day):
            by_book[row.book, row.book_currency].append(row)
    months: defaultdict[str, list[str]] = defaultdict(list)
    for known in rows(connection, "foreign_months", _Month, month=month):
        months[known.book].append(known.month)
    found = []
    for (book, currency), held in by_book.items():
        span = _Span(book, month, settled_since.get(book, date.min), day)
        pools = _pools(connection, held, span)
        found.append(ForeignFigures(book, currency, month, pools, tuple(months[book])))
    return found


def revaluation_checkpoint(connection: Connection, figures: ForeignFigures) -> Checkpoint:
    """Return the read model's position with the hash of figures read on the same connection."""
    found = connection.execute(query("positions"), {"names": ["journal"]}).fetchall()
    return Checkpoint("journal", found[0][1], figures.sha256)


class _Span(NamedTuple):
    book: str
    month: str
    since: date
    last_day: date


def _pools(connection: Connection, held: list[_PoolRow], span: _Span) -> tuple[Pool, ...]:
    moved: defaultdict[tuple[str, str], _Movements] = defaultdict(
        lambda: _Movements(defaultdict(_Sums), defaultdict(_Sums))
    )
    for row in rows(connection, "foreign_days", _DayRow, **span._asdict()):
        every = moved[row.account, row.currency].all
        every[row.day] = every[row.day].with_(row.amount, row.book_amount)
    wanted = {(row.account, row.currency) for row in held}
    for paid in rows(connection, "foreign_payments", _PaymentRow, **span._asdict()):
        key, side = (paid.account, paid.currency), paid.side
        if key not in wanted:
            continue
        if settles(rule=paid.rule, account=paid.account, side=side, reverses=paid.reverses):
            sign = 1 if side == "debit" else -1
            taken = moved[key].settled
            taken[paid.day] = taken[paid.day].with_(sign * paid.amount, sign * paid.book_amount)
    return tuple(_pool(row, moved[row.account, row.currency]) for row in held)


def _pool(row: _PoolRow, moved: _Movements) -> Pool:
    """Return a pool; what payments took is no part of what else moved on a day."""
    opening = moved.all[None]
    days = []
    for day, sums in moved.all.items():
        if day is None:
            continue
        settled = moved.settled[day]
        rest = sums.with_(-settled.amount, -settled.book_amount)
        if any(rest) or any(settled):
            days.append(Day(day, *rest, *settled))
    days.sort(key=lambda found: found.on)
    return Pool(row.account, row.currency, *opening, tuple(days))
