"""The journal: every recorded entry with its postings, and daily balances per account.

An entry is `position.number`: the event that recorded it and its place in there. The rows of a
page go in with one COPY per table; a month's hard close cuts a page, so that the database refuses
what comes after it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from projections.amounts import decimal_of, ten_thousandths
from projections.database import Connection, copy_rows, for_each, run, text, text_array
from projections.event_parts import Booking, Decision, Entry, Leg
from projections.events import CdrAccepted, CdrRedecided, MonthClosed
from projections.pages import Recorded

BookDay = tuple[str, str, str, str, str]
"""(book, currency, posted on, accounting month, currency of the book)"""


def _no_sums() -> defaultdict[str, list[int]]:
    """Per account: debit, credit, and both in the book's currency."""
    return defaultdict(lambda: [0, 0, 0, 0])


class _Rows:
    """The rows between two closes: entries, postings, and what they add to balances."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self.postings: list[str] = []
        self.sums: defaultdict[BookDay, defaultdict[str, list[int]]] = defaultdict(_no_sums)

    def balances(self) -> Iterator[tuple[object, ...]]:
        """Yield what is added to balances, always in one order: two writers cannot deadlock."""
        for (book, currency, posted_on, month, book_currency), accounts in sorted(
            self.sums.items()
        ):
            for account, sums in sorted(accounts.items()):
                key = book, account, currency, posted_on, month, book_currency
                yield *key, *map(decimal_of, sums)


class Journal:
    """Entries, postings, balances and closed months."""

    NAME: ClassVar[str] = "journal"
    TABLES: ClassVar[Mapping[str, str]] = {
        "entry": "position, number",
        "posting": "position, number, line",
        "balance": 'book COLLATE "C", account COLLATE "C", currency, posted_on, accounting_month',
        "closed_month": 'book COLLATE "C", accounting_month',
    }

    def __init__(self) -> None:
        self._steps: list[_Rows | Recorded] = []
        self._rows = self._next_rows()

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, CdrAccepted):
            decision = event.decision
            self._book(recorded, event.cdr, decision.entries, decision, 1)
        elif isinstance(event, CdrRedecided):
            self._book_back(recorded, event)
            if event.decision is not None:
                number = 1 + len(event.reversal)
                self._book(recorded, event.cdr, event.decision.entries, event.decision, number)
        elif isinstance(event, MonthClosed):
            self._steps.append(recorded)
            self._rows = self._next_rows()

    def write(self, connection: Connection, schema: str) -> None:
        for step in self._steps:
            if isinstance(step, _Rows):
                copy_rows(connection, "insert_journal_entries", schema, step.entries)
                copy_rows(connection, "insert_journal_postings", schema, step.postings)
                for_each(connection, "add_to_balances", schema, step.balances())
            elif isinstance(step.event, MonthClosed):
                _close(connection, schema, step, step.event)

    def _next_rows(self) -> _Rows:
        rows = _Rows()
        self._steps.append(rows)
        return rows

    def _book(
        self, recorded: Recorded, cdr: str, entries: Sequence[Entry], decision: Decision, first: int
    ) -> None:
        tail = _tail(recorded, decision.booking)
        visible_to = text_array(decision.visible_to)
        for number, entry in enumerate(entries, first):
            self._add(
                recorded,
                number,
                entry,
                decision.booking,
                f"{_of_leg(cdr, decision.legs[entry.leg])}\t{tail}\t\\N\t\\N"
                f"\t{len(entry.postings)}\t{visible_to}",
            )

    def _book_back(self, recorded: Recorded, event: CdrRedecided) -> None:
        """Book the reversal: each entry names the one it takes back."""
        before = recorded.reversed
        if before is None or len(before.decision.entries) != len(event.reversal):
            raise ValueError(f"event {recorded.position} does not reverse what it names")
        tail = _tail(recorded, event.reversal_booking)
        visible_to = text_array(event.visible_to)
        for index, (entry, original) in enumerate(
            zip(event.reversal, before.decision.entries, strict=True)
        ):
            if (entry.book, entry.leg, entry.rule) != (original.book, original.leg, original.rule):
                raise ValueError(f"event {recorded.position} reverses in another order")
            self._add(
                recorded,
                1 + index,
                entry,
                event.reversal_booking,
                f"{_of_leg(event.cdr, before.decision.legs[entry.leg])}\t{tail}"
                f"\t{before.position}\t{before.first_entry + index}"
                f"\t{len(entry.postings)}\t{visible_to}",
            )

    def _add(
        self, recorded: Recorded, number: int, entry: Entry, booking: Booking, rest: str
    ) -> None:
        rows = self._rows
        head = f"{recorded.position}\t{number}\t"
        book, currency, book_currency = entry.book, entry.currency, entry.book_currency
        rows.entries.append(
            f"{head}{recorded.version}\t{text(book)}\t{currency}\t{book_currency}"
            f"\t{entry.rule}\t{entry.leg}\t{rest}"
        )
        day = book, currency, booking.posted_on, booking.accounting_month, book_currency
        accounts = rows.sums[day]
        for line, posting in enumerate(entry.postings, 1):
            account, amount, book_amount = posting.account, posting.amount, posting.book_amount
            rows.postings.append(
                f"{head}{line}\t{text(account)}\t{posting.side}\t{amount}\t{book_amount}"
            )
            sums = accounts[account]
            side = 0 if posting.side == "debit" else 1
            units = ten_thousandths(amount)
            sums[side] += units
            sums[side + 2] += units if book_amount == amount else ten_thousandths(book_amount)


def _of_leg(cdr: str, leg: Leg) -> str:
    return "\t".join(
        (text(cdr), leg.seller, leg.buyer, text(leg.clause), text(leg.agreement_version))
    )


def _tail(recorded: Recorded, booking: Booking) -> str:
    return (
        f"{text(booking.service_period)}\t{text(booking.posted_period)}"
        f"\t{booking.accounting_month}\t{booking.service_on}\t{booking.posted_on}"
        f"\t{text(booking.late_of)}\t{recorded.recorded_at}"
    )


def _close(connection: Connection, schema: str, recorded: Recorded, event: MonthClosed) -> None:
    balance = event.trial_balance
    run(
        connection,
        "insert_closed_month",
        schema,
        book=event.book,
        month=event.month,
        position=recorded.position,
        closed_at=recorded.recorded_at,
        debit=balance.debit,
        credit=balance.credit,
        accounts=balance.accounts,
        sha256=balance.sha256,
    )
