"""Aged suspense: what waits for an explanation, by its cause and for how long.

A held CDR is in no book, because nothing about it is guessed: it counts with the net its sender
states, from the day it was held. On the suspense accounts of a book the oldest amount is cleared
first, so that what is left of each posting has an age.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Final, NamedTuple

from console.reports.report import Cell, Report, Row, columns
from console.reports.running import NOTHING
from projections.database import Connection
from projections.queries.balance import balances
from projections.queries.exception import Filter, exceptions
from projections.queries.ledger import LedgerLine, Span, ledger_lines

BUCKETS: Final = ((0, 7), (8, 30), (31, 60), (61, 90), (91, None))
"""Days from the first until the last, both included; the last bucket has no end."""

HELD: Final = ("cdr", "payment")
"""Exceptions that are a record which waits: it becomes money when it is explained."""

_ACCOUNT: Final = "account"
_PREFIX: Final = "suspense"

_BUCKET_COLUMNS = tuple(
    f"days_{first}_{last}:money:{first}–{last} days"
    if last is not None
    else f"days_over_{first - 1}:money:over {first - 1} days"
    for first, last in BUCKETS
)
CAUSE_COLUMNS = columns(
    "kind", "book", "cause", "currency", "items:count", *_BUCKET_COLUMNS, "total:money",
    "oldest_on:date",
)  # fmt: skip
ITEM_COLUMNS = columns(
    "kind", "book", "cause", "item", "party", "buyer", "currency", "amount:money",
    "since:date", "days:count",
)  # fmt: skip


class Waiting(NamedTuple):
    """One thing that waits: a held record, or what is left of a posting on a suspense account.

    `amount` is debit less credit on an account; of a record, what its sender states before tax,
    None where that is not known.
    """

    kind: str
    book: str | None
    cause: str
    item: str
    party: str | None
    buyer: str | None
    currency: str | None
    amount: Decimal | None
    since: date


def waiting(
    connection: Connection, *, book: str | None, day: date, known_at: datetime | None
) -> list[Waiting]:
    """Return what waits since a day or longer, as it was known at an instant; oldest first.

    Of one book it is what stands on its accounts.
    """
    found = [] if book is not None else [*_held(connection, day, known_at)]
    kept = balances(connection, book=book, as_of=day, known_at=known_at)
    accounts = sorted({row.account for row in kept if row.account.split(":")[0] == _PREFIX})
    if accounts:
        span = Span(as_of=day, known_at=known_at)
        lines = ledger_lines(connection, book=book, accounts=accounts, span=span)
        for _, posted in groupby(lines, key=lambda line: line[:3]):
            found += left_of(posted)
    return sorted(found, key=lambda row: (row.since, row.kind, row.cause, row.item))


def left_of(posted: Iterable[LedgerLine]) -> list[Waiting]:
    """Return what is left of an account's postings, given in order: the oldest is cleared first."""
    open_: deque[Waiting] = deque()
    for line in posted:
        amount = line.amount if line.side == "debit" else -line.amount
        while amount and open_:
            first = open_[0].amount or NOTHING
            if (first > 0) == (amount > 0):
                break
            cleared = min(abs(first), abs(amount))
            sign = 1 if amount > 0 else -1
            amount -= sign * cleared
            open_[0] = open_[0]._replace(amount=first + sign * cleared)
            if not open_[0].amount:
                open_.popleft()
        if amount:
            open_.append(_of_line(line, amount))
    return list(open_)


def by_cause(found: Sequence[Waiting], day: date, said: Sequence[tuple[str, Cell]] = ()) -> Report:
    """Return sums per cause and currency, in buckets of age as of a day, and per currency."""
    groups: defaultdict[tuple[str, str, str, str], list[Waiting]] = defaultdict(list)
    of_currency: defaultdict[str, list[Waiting]] = defaultdict(list)
    for row in found:
        groups[row.kind, row.book or "", row.cause, row.currency or ""].append(row)
        of_currency[row.currency or ""].append(row)
    return Report(
        title="Suspense by cause and age",
        facts=tuple(said),
        columns=CAUSE_COLUMNS,
        rows=[(*key, *_summed(rows, day)) for key, rows in sorted(groups.items())],
        totals=[
            ("total", None, None, currency, *_summed(rows, day))
            for currency, rows in sorted(of_currency.items())
        ],
        notes=_NOTES,
    )


def item_by_item(
    found: Sequence[Waiting], day: date, said: Sequence[tuple[str, Cell]] = ()
) -> Report:
    """Return every thing that waits, with its age as of a day."""
    return Report(
        title="Suspense, item by item",
        facts=tuple(said),
        columns=ITEM_COLUMNS,
        rows=[(*row, (day - row.since).days) for row in found],
        notes=_NOTES,
    )


_NOTES: Final = (
    "A held CDR is in no book; its amount is the net that its sender states, where it is known.",
    "On an account, amounts are debit less credit, and the oldest is cleared first.",
)


def _held(connection: Connection, day: date, known_at: datetime | None) -> Iterator[Waiting]:
    for kind in HELD:
        for row in exceptions(connection, Filter(kind=kind), known_at=known_at):
            since = row.opened_at.astimezone(UTC).date()
            if since <= day:
                yield Waiting(
                    kind, None, row.reason, row.record, row.party, row.buyer, row.currency,
                    row.stated_net, since,
                )  # fmt: skip


def _of_line(line: LedgerLine, amount: Decimal) -> Waiting:
    cause = line.account.partition(":")[2]
    return Waiting(
        _ACCOUNT, line.book, cause, line.entry, line.seller or None, line.buyer or None,
        line.currency, amount, line.posted_on,
    )  # fmt: skip


def _summed(rows: Sequence[Waiting], day: date) -> Row:
    """Return how many they are, their sum per bucket and in all, and since when the first waits."""
    sums = [NOTHING] * len(BUCKETS)
    for row in rows:
        sums[_bucket((day - row.since).days)] += row.amount or NOTHING
    return (len(rows), *sums, sum(sums, NOTHING), min(row.since for row in rows))


def _bucket(days: int) -> int:
    """Return the place of the bucket of an age.

    >>> _bucket(7), _bucket(8), _bucket(90), _bucket(91)
    (0, 1, 3, 4)
    """
    return next(place for place, (_, last) in enumerate(BUCKETS) if last is None or days <= last)
