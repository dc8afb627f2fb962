"""The journal as people read it: entries with their postings."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, Final, NamedTuple, TypedDict, Unpack

from projections.database import Connection, one_row, rows, stream
from projections.journal_rows import BLOCK_SIZE


class PostingRow(NamedTuple):
    """One posting; `book_amount` is in the currency of the entry's book."""

    line: int
    account: str
    side: str
    amount: Decimal
    book_amount: Decimal


class EntryRow(NamedTuple):
    """One entry; `reverses` names the entry it takes back.

    `agreement_version` has several, joined by ", ", where an invoice group was sold under several;
    a period is an accounting month where there is no settlement period. What each rule's entries
    name stands in `ledger.books.posting_rule`.
    """

    position: int
    number: int
    book: str
    currency: str
    book_currency: str
    rule: str
    leg: int
    cdr: str | None
    seller: str
    buyer: str
    clause: str
    agreement_version: str
    service_period: str
    posted_period: str
    accounting_month: str
    service_on: date
    posted_on: date
    late_of: str | None
    recorded_at: datetime
    reverses_position: int | None
    reverses_number: int | None
    postings: tuple[PostingRow, ...]

    @property
    def id(self) -> str:
        """How people name it."""
        return entry_id(self.position, self.number)

    @property
    def reverses(self) -> str | None:
        """The id of the entry that this one takes back."""
        return taken_back_id(self.reverses_position, self.reverses_number)


def entry_id(position: int, number: int) -> str:
    """Return how people name an entry: the event's position and the number within."""
    return f"{position}.{number}"


def taken_back_id(position: int | None, number: int | None) -> str | None:
    """Return the name of the entry that another takes back, None where it takes none."""
    return None if position is None or number is None else entry_id(position, number)


class _Line(NamedTuple):
    entry: tuple[Any, ...]
    posting: PostingRow


_ENTRY_COLUMNS = len(EntryRow._fields) - 1


class Chosen(TypedDict, total=False):
    """Which entries are meant; what is not there, or None, does not matter.

    With `account`, the entries that have a posting on it, all their postings included; `party`
    sold or bought; `agreement` is an agreement's key or one version of it, such as `…#2`, which
    the entry names, alone or among others.
    """

    book: str | None
    account: str | None
    cdr: str | None
    period: str | None
    position: int | None
    rule: str | None
    party: str | None
    agreement: str | None
    posted_from: date | None
    posted_until: date | None
    as_of: date | None
    known_at: datetime | None


_ANY: Final = dict.fromkeys(Chosen.__annotations__)


def journal(
    connection: Connection, *, limit: int | None = None, **chosen: Unpack[Chosen]
) -> list[EntryRow]:
    """Return entries in the order they were recorded, at most `limit` of them, the first ones."""
    asked = _asked(connection, chosen)
    return [*_entries(rows(connection, "journal_list", _line, **asked, limit=limit))]


def each_entry(connection: Connection, **chosen: Unpack[Chosen]) -> Iterator[EntryRow]:
    """Yield entries in the order they were recorded, without holding them; in a transaction."""
    asked = _asked(connection, chosen)
    yield from _entries(stream(connection, "journal_list", _line, **asked, limit=None))


def known_until(connection: Connection, known_at: datetime | None) -> int | None:
    """Return a position of the log from which on nothing was known at an instant; None for none.

    It bounds what a query reads, block by block. Asked first, so that the plan is made for it.
    """
    if known_at is None:
        return None
    (position,) = one_row(connection, "known_until", known_at=known_at, block_size=BLOCK_SIZE)
    return int(position)


def _asked(connection: Connection, chosen: Chosen) -> dict[str, object]:
    until = known_until(connection, chosen.get("known_at"))
    return {**_ANY, **chosen, "until_position": until}


def _line(*columns: Any) -> _Line:
    return _Line(columns[:_ENTRY_COLUMNS], PostingRow(*columns[_ENTRY_COLUMNS:]))


def _entries(lines: Iterable[_Line]) -> Iterator[EntryRow]:
    for entry, postings in groupby(lines, key=lambda line: line.entry):
        yield EntryRow._make([*entry, tuple(line.posting for line in postings)])
