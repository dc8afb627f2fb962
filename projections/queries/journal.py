"""The journal as people read it: entries with their postings."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

from projections.database import Connection, rows


class PostingRow(NamedTuple):
    """One posting; `book_amount` is in the currency of the entry's book."""

    line: int
    account: str
    side: str
    amount: Decimal
    book_amount: Decimal


class EntryRow(NamedTuple):
    """One entry; `reverses` names the entry it takes back."""

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
        """How people name it: the event's position and the number within."""
        return f"{self.position}.{self.number}"

    @property
    def reverses(self) -> str | None:
        """The id of the entry that this one takes back."""
        if self.reverses_position is None:
            return None
        return f"{self.reverses_position}.{self.reverses_number}"


class _Line(NamedTuple):
    entry: tuple[Any, ...]
    posting: PostingRow


_ENTRY_COLUMNS = len(EntryRow._fields) - 1


def journal(
    connection: Connection,
    *,
    book: str | None = None,
    account: str | None = None,
    cdr: str | None = None,
    period: str | None = None,
    position: int | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
    limit: int | None = None,
) -> list[EntryRow]:
    """Return entries in the order they were recorded, at most `limit` of them, the first ones.

    With `account`, the entries that have a posting on it, all their postings included.
    """
    found = rows(
        connection,
        "journal_list",
        _line,
        book=book,
        account=account,
        cdr=cdr,
        period=period,
        position=position,
        as_of=as_of,
        known_at=known_at,
        limit=limit,
    )
    return [*_entries(found)]


def _line(*columns: Any) -> _Line:
    return _Line(columns[:_ENTRY_COLUMNS], PostingRow(*columns[_ENTRY_COLUMNS:]))


def _entries(lines: Iterable[_Line]) -> Iterable[EntryRow]:
    for entry, postings in groupby(lines, key=lambda line: line.entry):
        yield EntryRow._make([*entry, tuple(line.posting for line in postings)])
