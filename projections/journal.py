"""The journal: every recorded entry with its postings, and daily balances per account.

An entry is `position.number`: the event that recorded it and its place in there. The rows of a
page go in with one COPY per table (`journal_rows`); a month's hard close cuts a page, so that the
database refuses what comes after it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from projections.cdr_events import CdrAccepted, CdrAdjusted, CdrCredited, CdrExcluded, CdrRedecided
from projections.database import Connection, run, text, text_array
from projections.dispute_events import DisputedPart, DisputeOpened, DisputeReturned, ReturnedPart
from projections.event_base import Event
from projections.event_parts import DRIVER, Booking, Decision, Entry, Leg
from projections.journal_rows import Rows
from projections.month_events import MonthRevalued
from projections.opening_events import Opening, OpeningImported, OpeningReversed, booking_on
from projections.pages import Recorded
from projections.payment_events import PaymentAccepted, PaymentTakenBack, stood_before
from projections.period_events import MonthClosed, PeriodFellDue, PeriodTruedUp


class Journal:
    """Entries, postings, balances and closed months."""

    NAME: ClassVar[str] = "journal"
    TABLES: ClassVar[Mapping[str, str]] = {
        "entry": "position, number",
        "posting": "position, number, line",
        "balance": 'book COLLATE "C", account COLLATE "C", currency, posted_on, accounting_month,'
        " log_block",
        "log_block": "log_block",
        "closed_month": 'book COLLATE "C", accounting_month',
    }

    def __init__(self) -> None:
        self._steps: list[Rows | Recorded] = []
        self._rows = self._next_rows()

    def take(self, recorded: Recorded) -> None:
        book = _BOOKED_BY.get(type(recorded.event))
        if book is not None:
            book(self, recorded, recorded.event)

    def write(self, connection: Connection, schema: str) -> None:
        for step in self._steps:
            if isinstance(step, Rows):
                step.write(connection, schema)
            elif isinstance(step.event, MonthClosed):
                _close(connection, schema, step, step.event)

    def _next_rows(self) -> Rows:
        rows = Rows()
        self._steps.append(rows)
        return rows

    def _accept(self, recorded: Recorded, event: CdrAccepted) -> None:
        self._decide(recorded, event.cdr, event.decision, 1)

    def _redecide(self, recorded: Recorded, event: CdrRedecided) -> None:
        self._book_back(recorded, event.cdr, event.reversal, event.reversal_booking)
        if event.decision is not None:
            self._decide(recorded, event.cdr, event.decision, 1 + len(event.reversal))

    def _end(self, recorded: Recorded, event: CdrCredited | CdrExcluded) -> None:
        if event.reversal_booking is not None:
            self._book_back(recorded, event.cdr, event.reversal, event.reversal_booking)

    def _decide(self, recorded: Recorded, cdr: str, decision: Decision, first: int) -> None:
        booking, add = decision.booking, self._rows.add
        tail = _tail(recorded, booking)
        legs = [_of_leg(cdr, leg) for leg in decision.legs]
        for number, entry in enumerate(decision.entries, first):
            add(recorded, number, entry, booking, *legs[entry.leg], tail)

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
            self._rows.add(recorded, index, entry, booking, leg, visible_to, tail, place)

    def _adjust(self, recorded: Recorded, event: CdrAdjusted) -> None:
        decided = recorded.history().decided
        if decided is None:
            raise ValueError(f"event {recorded.position} adjusts what was never decided")
        tail = _tail(recorded, event.booking)
        for number, entry in enumerate(event.entries, 1):
            leg, visible_to = _of_leg(event.cdr, decided.decision.legs[entry.leg])
            self._rows.add(recorded, number, entry, event.booking, leg, visible_to, tail)

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
                self._rows.add(recorded, number, entry, part.booking, leg, visible_to, tail, place)

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
            self._rows.add(recorded, number, entry, booking, leg, visible_to, tail, place)

    def _true_up(self, recorded: Recorded, event: PeriodTruedUp) -> None:
        """Book what clauses owe over a period: entries of no CDR."""
        number, tail = 0, _tail(recorded, event.booking)
        for adjustment in event.adjustments:
            leg, visible_to = _of_leg(None, adjustment.leg)
            for entry in adjustment.entries:
                number += 1
                self._rows.add(recorded, number, entry, event.booking, leg, visible_to, tail)

    def _fall_due(self, recorded: Recorded, event: PeriodFellDue) -> None:
        """Book what falls due of invoice groups: entries of no CDR, each under its group's name."""
        number, tail = 0, _tail(recorded, event.booking)
        for due in event.groups:
            group, visible_to = due.group, text_array(due.visible_to)
            versions = text(", ".join(due.agreement_versions))
            leg = "\t".join((text(None), group.seller, group.buyer, text(due.name), versions))
            for entry in due.entries:
                number += 1
                self._rows.add(recorded, number, entry, event.booking, leg, visible_to, tail)

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
            self._rows.add(recorded, number, entry, booking, leg, visible_to, tail, place)

    def _revalue(self, recorded: Recorded, event: MonthRevalued) -> None:
        """Book what a month's end rates change, and its reversal: entries of no CDR."""
        earlier = [
            (row.position, row.event)
            for row in recorded.earlier
            if isinstance(row.event, MonthRevalued)
        ]
        before = earlier[-1] if earlier else None
        leg = "\t".join((text(None), "", "", text(f"revaluation {event.subject}"), ""))
        visible_to = text_array(event.visible_to)
        for number, entry, booking, place in event.placed(recorded.position, before):
            tail = _tail(recorded, booking)
            self._rows.add(recorded, number, entry, booking, leg, visible_to, tail, place)

    def _close(self, recorded: Recorded, _: MonthClosed) -> None:
        self._steps.append(recorded)
        self._rows = self._next_rows()


_BOOKED_BY: dict[type[Event], Callable[[Journal, Recorded, Any], None]] = {
    CdrAccepted: Journal._accept,
    CdrRedecided: Journal._redecide,
    CdrCredited: Journal._end,
    CdrExcluded: Journal._end,
    CdrAdjusted: Journal._adjust,
    DisputeOpened: Journal._dispute,
    DisputeReturned: Journal._dispute,
    OpeningImported: Journal._open,
    OpeningReversed: Journal._open,
    PeriodTruedUp: Journal._true_up,
    PeriodFellDue: Journal._fall_due,
    PaymentAccepted: Journal._pay,
    PaymentTakenBack: Journal._pay,
    MonthRevalued: Journal._revalue,
    MonthClosed: Journal._close,
}
"""Who books which event; all others book nothing."""


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
    """Return the columns that an entry takes from its booking.

    What is of no settlement period is of its accounting month alone.
    """
    month = booking.accounting_month
    return (
        f"{text(booking.service_period or month)}\t{text(booking.posted_period or month)}"
        f"\t{month}\t{booking.service_on}\t{booking.posted_on}"
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
