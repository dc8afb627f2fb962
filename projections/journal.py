"""The journal: every recorded entry with its postings, and daily balances per account.

An entry is `position.number`: the event that recorded it and its place in there. The rows of a
page go in with one COPY per table; a month's hard close cuts a page, so that the database refuses
what comes after it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from projections.amounts import decimal_of, ten_thousandths
from projections.cdr_events import CdrAccepted, CdrAdjusted, CdrCredited, CdrExcluded, CdrRedecided
from projections.database import Connection, copy_rows, for_each, run, text, text_array
from projections.dispute_events import DisputedPart, DisputeOpened, DisputeReturned, ReturnedPart
from projections.event_parts import DRIVER, Booking, Decision, Entry, Leg
from projections.opening_events import Opening, OpeningImported, OpeningReversed, booking_on
from projections.pages import Recorded
from projections.payment_events import PaymentAccepted, PaymentTakenBack, stood_before
from projections.period_events import MonthClosed, PeriodTruedUp

Place = tuple[int, int]
"""Where an entry stands: the position of its event, and its number there."""

BookDay = tuple[str, str, str, str, str]
"""(book, currency, posted on, accounting month, currency of the book)"""


def _no_sums() -> defaultdict[str, list[int]]:
    """Per account: debit, credit, and both in the book's currency."""
    return defaultdict(lambda: [0, 0, 0, 0])


_NOTHING = r"\N" + "\t" + r"\N"


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
            self._decide(recorded, event.cdr, event.decision, 1)
        elif isinstance(event, CdrRedecided):
            back = event.reversal, event.reversal_booking
            self._book_back(recorded, event.cdr, *back)
            if event.decision is not None:
                self._decide(recorded, event.cdr, event.decision, 1 + len(event.reversal))
        elif isinstance(event, CdrCredited | CdrExcluded):
            if event.reversal_booking is not None:
                back = event.reversal, event.reversal_booking
                self._book_back(recorded, event.cdr, *back)
        elif isinstance(event, CdrAdjusted):
            self._adjust(recorded, event)
        elif isinstance(event, DisputeOpened | DisputeReturned):
            self._dispute(recorded, event)
        elif isinstance(event, OpeningImported | OpeningReversed):
            self._open(recorded, event)
        elif isinstance(event, PeriodTruedUp):
            self._true_up(recorded, event)
        elif isinstance(event, PaymentAccepted | PaymentTakenBack):
            self._pay(recorded, event)
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

    def _decide(self, recorded: Recorded, cdr: str, decision: Decision, first: int) -> None:
        booking = decision.booking
        tail = _tail(recorded, booking)
        for number, entry in enumerate(decision.entries, first):
            leg, visible_to = _of_leg(cdr, decision.legs[entry.leg])
            self._add(recorded, number, entry, booking, leg, tail, visible_to)

    def _book_back(
        self,
        recorded: Recorded,
        cdr: str,
        reversal: Sequence[Entry],
        booking: Booking,
    ) -> None:
        """Book a reversal: each entry names the one it takes back.

        A decision that another one replaces is taken back alone; what was given back of the CDR
        stays, and goes with a decision that ends.
        """
        before = recorded.history()
        booked = before.booked()[: len(reversal)]
        if before.decided is None or len(booked) != len(reversal):
            raise ValueError(f"event {recorded.position} does not reverse what it names")
        tail = _tail(recorded, booking)
        for index, (entry, original) in enumerate(zip(reversal, booked, strict=True), 1):
            was = original.entry
            if (entry.book, entry.leg, entry.rule) != (was.book, was.leg, was.rule):
                raise ValueError(f"event {recorded.position} reverses in another order")
            place = original.position, original.number
            leg, visible_to = _of_leg(cdr, original.leg)
            self._add(recorded, index, entry, booking, leg, tail, visible_to, place)

    def _adjust(self, recorded: Recorded, event: CdrAdjusted) -> None:
        decided = recorded.history().decided
        if decided is None:
            raise ValueError(f"event {recorded.position} adjusts what was never decided")
        tail = _tail(recorded, event.booking)
        for number, entry in enumerate(event.entries, 1):
            leg, visible_to = _of_leg(event.cdr, decided.decision.legs[entry.leg])
            self._add(recorded, number, entry, event.booking, leg, tail, visible_to)

    def _dispute(self, recorded: Recorded, event: DisputeOpened | DisputeReturned) -> None:
        """Book what leaves clearing, or comes back to it: the reversal names the opening."""
        opened = 0
        if isinstance(event, DisputeReturned):
            opened = max(
                (row.position for row in recorded.earlier if isinstance(row.event, DisputeOpened)),
                default=0,
            )
        parts: Sequence[DisputedPart | ReturnedPart] = (
            event.parts if isinstance(event, DisputeOpened) else event.returned
        )
        number, claim, visible_to = 0, event.claim, text_array(event.visible_to)
        for part in parts:
            entries = part.entries if isinstance(part, DisputedPart) else part.reversal
            sale = (text(part.cdr), claim.seller, claim.buyer)
            leg = "\t".join((*sale, text(part.clause), text(part.agreement_version)))
            tail = _tail(recorded, part.booking)
            for index, entry in enumerate(entries):
                number += 1
                place = (opened, part.first_entry + index) if opened else None
                self._add(recorded, number, entry, part.booking, leg, tail, visible_to, place)

    def _open(self, recorded: Recorded, event: OpeningImported | OpeningReversed) -> None:
        """Book what a book was opened with, or take it back, entry by entry."""
        taken_back = None
        if isinstance(event, OpeningImported):
            opening = event.opening
            entries, posted_on = opening.entries, opening.posted_on
        else:
            opening, taken_back = _imported_before(recorded)
            entries, posted_on = event.reversal, event.posted_on
        booking = booking_on(posted_on)
        clause = text(f"opening {opening.source}"), text(f"sha256:{opening.source_sha256}")
        leg, tail = "\t".join(("", "", "", *clause)), _tail(recorded, booking)
        visible_to = text_array(event.visible_to)
        for number, entry in enumerate(entries, 1):
            place = None if taken_back is None else (taken_back, number)
            self._add(recorded, number, entry, booking, leg, tail, visible_to, place)

    def _true_up(self, recorded: Recorded, event: PeriodTruedUp) -> None:
        """Book what clauses owe over a period: entries of no CDR."""
        number, tail = 0, _tail(recorded, event.booking)
        for adjustment in event.adjustments:
            leg, visible_to = _of_leg(None, adjustment.leg)
            for entry in adjustment.entries:
                number += 1
                self._add(recorded, number, entry, event.booking, leg, tail, visible_to)

    def _pay(self, recorded: Recorded, event: PaymentAccepted | PaymentTakenBack) -> None:
        """Book what a payment moves between driver and provider: an entry of no CDR."""
        stood, entries, booking = None, event.entries, event.booking
        if isinstance(event, PaymentTakenBack):
            stood = stood_before(event, recorded.earlier).position
        said = event.statement
        clause = text(f"payment {event.payment} event {said.sequence}")
        leg = "\t".join((text(None), said.collector.upper(), DRIVER, clause, ""))
        tail, visible_to = _tail(recorded, booking), text_array(said.traders)
        for number, entry in enumerate(entries, 1):
            place = None if stood is None else (stood, number)
            self._add(recorded, number, entry, booking, leg, tail, visible_to, place)

    def _add(
        self,
        recorded: Recorded,
        number: int,
        entry: Entry,
        booking: Booking,
        leg: str,
        tail: str,
        visible_to: str,
        reverses: Place | None = None,
    ) -> None:
        rows = self._rows
        place = _NOTHING if reverses is None else f"{reverses[0]}\t{reverses[1]}"
        head = f"{recorded.position}\t{number}\t"
        book, currency, book_currency = entry.book, entry.currency, entry.book_currency
        rows.entries.append(
            f"{head}{recorded.version}\t{text(book)}\t{currency}\t{book_currency}"
            f"\t{entry.rule}\t{entry.leg}\t{leg}\t{tail}\t{place}"
            f"\t{len(entry.postings)}\t{visible_to}"
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


def _of_leg(cdr: str | None, leg: Leg) -> tuple[str, str]:
    """Return the columns that an entry takes from its leg, and who may see it."""
    columns = (text(cdr), leg.seller, leg.buyer, text(leg.clause), text(leg.agreement_version))
    return "\t".join(columns), text_array(leg.visible_to)


def _imported_before(recorded: Recorded) -> tuple[Opening, int]:
    """Return the opening that stood, and the position of its import."""
    for row in reversed(recorded.earlier):
        if isinstance(row.event, OpeningImported):
            return row.event.opening, row.position
    raise ValueError(f"event {recorded.position} reverses an opening that was never imported")


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
