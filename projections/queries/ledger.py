"""The journal account by account: every posting with what its entry says, as a stream."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from projections.database import Connection, one_row, stream
from projections.journal_rows import BLOCK_SIZE
from projections.queries.journal import entry_id, known_until, taken_back_id


class Span(NamedTuple):
    """Which postings are meant: posted from a day until another (excluded), by a day, and
    recorded by an instant; what is None does not matter."""

    posted_from: date | None = None
    posted_until: date | None = None
    as_of: date | None = None
    known_at: datetime | None = None


class LedgerLine(NamedTuple):
    """One posting on an account; `amount` is in `currency`, `book_amount` in `book_currency`."""

    book: str
    account: str
    currency: str
    book_currency: str
    posted_on: date
    service_on: date
    position: int
    number: int
    line: int
    side: str
    amount: Decimal
    book_amount: Decimal
    rule: str
    cdr: str | None
    seller: str
    buyer: str
    clause: str
    agreement_version: str
    service_period: str
    posted_period: str
    accounting_month: str
    late_of: str | None
    recorded_at: datetime
    reverses_position: int | None
    reverses_number: int | None

    @property
    def entry(self) -> str:
        """The id of its entry."""
        return entry_id(self.position, self.number)

    @property
    def reverses(self) -> str | None:
        """The id of the entry that its entry takes back."""
        return taken_back_id(self.reverses_position, self.reverses_number)


def ledger_lines(
    connection: Connection,
    *,
    book: str | None = None,
    accounts: Sequence[str] | None = None,
    span: Span = Span(),  # noqa: B008
) -> Iterator[LedgerLine]:
    """Yield postings by book, account and currency, then by day and in the order of the log.

    The connection is inside a transaction, as `reading` opens it, until the last row was read.
    """
    return stream(
        connection,
        "ledger_lines",
        LedgerLine,
        book=book,
        accounts=None if accounts is None else list(accounts),
        until_position=known_until(connection, span.known_at),
        **span._asdict(),
    )


def journal_position(connection: Connection, known_at: datetime | None = None) -> int:
    """Return how far the journal has followed the log; 0 before its first event.

    With `known_at`, the position of the last entry that was recorded by then.
    """
    if known_at is None:
        (position,) = one_row(connection, "journal_position")
    else:
        filters = {"known_at": known_at, "block_size": BLOCK_SIZE}
        (position,) = one_row(connection, "journal_position_known_at", **filters)
    return int(position)


def book_exists(connection: Connection, book: str) -> bool:
    """True where a party's legal entity owns the book, or something is booked in it."""
    return bool(one_row(connection, "book_exists", book=book)[0])
