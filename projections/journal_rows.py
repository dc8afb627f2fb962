"""The journal's rows: what entries and postings are copied in as, and what they add to balances."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from projections.amounts import decimal_of, ten_thousandths
from projections.database import Connection, copy_rows, for_each, text
from projections.event_parts import Booking, Entry
from projections.pages import Recorded

BLOCK_SIZE: Final = 16_384
"""How many positions of the log have balances of their own: those of any past time are the
balances of the blocks before it and the postings of a part of one."""

Place = tuple[int, int]
"""Where an entry stands: the position of its event, and its number there."""

BookDay = tuple[str, str, str, str, int, str]
"""(book, currency, posted on, accounting month, block of the log, currency of the book)"""

_NOTHING = r"\N" + "\t" + r"\N"


class Sums:
    """What a page adds to an account on a day, in 0.0001; `written` is the account as COPY reads
    it."""

    __slots__ = ("book_credit", "book_debit", "credit", "debit", "written")

    def __init__(self, account: str) -> None:
        self.written = text(account)
        self.debit = self.credit = self.book_debit = self.book_credit = 0


class Rows:
    """The rows between two closes: entries, postings, and what they add to balances."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self.postings: list[str] = []
        self.sums: defaultdict[BookDay, dict[str, Sums]] = defaultdict(dict)
        self.recorded: set[tuple[int, str]] = set()
        """The blocks that have entries, with the instants at which these were recorded."""

    def add(
        self,
        recorded: Recorded,
        number: int,
        entry: Entry,
        booking: Booking,
        leg: str,
        visible_to: str,
        tail: str,
        reverses: Place | None = None,
    ) -> None:
        """Add an entry; `leg` and `tail` are its columns from the leg and from the booking.

        Every posting of every CDR passes here: this loop is what the projection costs.
        """
        book, currency, book_currency = entry.book, entry.currency, entry.book_currency
        place = _NOTHING if reverses is None else f"{reverses[0]}\t{reverses[1]}"
        position = recorded.position
        head = f"{position}\t{number}\t"
        self.entries.append(
            f"{head}{recorded.version}\t{text(book)}\t{currency}\t{book_currency}"
            f"\t{entry.rule}\t{entry.leg}\t{leg}\t{tail}\t{place}"
            f"\t{len(entry.postings)}\t{visible_to}"
        )
        block = position // BLOCK_SIZE
        self.recorded.add((block, recorded.recorded_at))
        day = book, currency, booking.posted_on, booking.accounting_month, block, book_currency
        accounts, write = self.sums[day], self.postings.append
        for line, posting in enumerate(entry.postings, 1):
            account, side = posting.account, posting.side
            amount, book_amount = posting.amount, posting.book_amount
            sums = accounts.get(account)
            if sums is None:
                sums = accounts[account] = Sums(account)
            write(f"{head}{line}\t{sums.written}\t{side}\t{amount}\t{book_amount}")
            units = ten_thousandths(amount)
            book_units = units if book_amount == amount else ten_thousandths(book_amount)
            if side == "debit":
                sums.debit += units
                sums.book_debit += book_units
            else:
                sums.credit += units
                sums.book_credit += book_units

    def write(self, connection: Connection, schema: str) -> None:
        """Copy them in and add to the balances."""
        copy_rows(connection, "insert_journal_entries", schema, self.entries)
        copy_rows(connection, "insert_journal_postings", schema, self.postings)
        for_each(connection, "add_to_balances", schema, self.balances())
        for_each(connection, "add_to_log_blocks", schema, sorted(self.recorded))

    def balances(self) -> Iterator[tuple[object, ...]]:
        """Yield what is added to balances, always in one order: two writers cannot deadlock."""
        for (book, currency, *rest), accounts in sorted(self.sums.items()):
            for account, sums in sorted(accounts.items()):
                units = sums.debit, sums.credit, sums.book_debit, sums.book_credit
                yield book, account, currency, *rest, *map(decimal_of, units)
