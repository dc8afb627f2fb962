"""What is exported: the accounts, what is brought forward, the entries, and what it comes to.

With a first day, the balances before it are brought forward by one entry a book, so that the
file is complete in itself: what it comes to are our balances.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

from projections.database import Connection
from projections.queries.balance import BalanceRow, balances
from projections.queries.journal import EntryRow, each_entry
from projections.queries.ledger import Span

_ENTRIES_TO_A_STEP: Final = 1000
_A_DAY: Final = timedelta(days=1)


@dataclass
class Books:
    """What is exported, and what was counted of it while the entries went by.

    `source` gives the entries in the order of the log. `closing` are the kept balances that they
    come to, after those of `forward`, which are of the evening before the first day. `book` is
    None where there are several. `reached` is called now and then with the position in the log.
    """

    source: Callable[[], Iterable[EntryRow]]
    book: str | None = None
    posted_from: date | None = None
    forward: tuple[BalanceRow, ...] = ()
    closing: tuple[BalanceRow, ...] = ()
    reached: Callable[[int], object] = lambda _: None
    entries: int = 0
    postings: int = 0
    last_on: date | None = None

    @property
    def forward_on(self) -> date | None:
        """The day on which balances are brought forward, the last before the first day."""
        return self.posted_from and self.posted_from - _A_DAY

    @property
    def closed_on(self) -> date:
        """The day after the last one that anything is posted on: then the balances are ours."""
        days = [day for day in (self.last_on, self.forward_on) if day is not None]
        return max(days, default=date(1970, 1, 1)) + _A_DAY

    def each(self) -> Iterator[EntryRow]:
        """Yield the entries in the order of the log, and count them."""
        for entry in self.source():
            self.entries += 1
            self.postings += len(entry.postings)
            if self.last_on is None or entry.posted_on > self.last_on:
                self.last_on = entry.posted_on
            if self.entries % _ENTRIES_TO_A_STEP == 0:
                self.reached(entry.position)
            yield entry


def books_of(connection: Connection, *, book: str | None, span: Span) -> Books:
    """Return what is exported of a book, None for all; the connection stays in one transaction."""

    def standing(before: date | None) -> tuple[BalanceRow, ...]:
        days = [day for day in (before and before - _A_DAY, span.as_of) if day is not None]
        by = min(days, default=None)
        return tuple(balances(connection, book=book, as_of=by, known_at=span.known_at))

    return Books(
        partial(
            each_entry,
            connection,
            book=book,
            posted_from=span.posted_from,
            posted_until=span.posted_until,
            as_of=span.as_of,
            known_at=span.known_at,
        ),
        book=book,
        posted_from=span.posted_from,
        forward=standing(span.posted_from) if span.posted_from is not None else (),
        closing=standing(span.posted_until),
    )
