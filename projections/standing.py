"""How each CDR stands in its periods: valid, adjusted, credited or excluded.

A CDR has a row in every period that has entries of its sale. `net` and `gross` are the sale's as it
was decided last; `booked_gross` is what the period holds of it: postings to the seller's
receivable, reversals and adjustments included. So what is credited in the period of its sale is 0
there, and what is credited later stands twice, once with its sum and once with the sum taken back.
"""

from collections.abc import Iterable

import msgspec

from projections.amounts import decimal_of, ten_thousandths
from projections.cdr_events import (
    CdrAccepted,
    CdrAdjusted,
    CdrCredited,
    CdrExcluded,
    CdrRedecided,
)
from projections.database import Connection, array_literal, copy_rows, for_each, text, text_array
from projections.event_parts import Booking, CdrStatement, Decision, Entry, location_of
from projections.history import History
from projections.pages import Recorded

Key = tuple[str, str]
"""(posted period, CDR)"""


class Row(msgspec.Struct, kw_only=True, gc=False):
    """A CDR in a period, as far as a page knows; `added` are 0.0001 of its currency.

    `goes_at_zero`: nothing of it was left when it was held again, so that it leaves the period.
    """

    standing: str
    decision: Decision
    ended_at: str
    location: str
    late_of: str | None
    position: int
    added: int = 0
    goes_at_zero: bool = False


class Standings:
    """The rows that a page adds to or changes."""

    def __init__(self) -> None:
        self._new: dict[Key, Row] = {}
        self._changed: dict[Key, Row] = {}

    def take(self, recorded: Recorded) -> None:
        """Follow an event about a CDR."""
        event = recorded.event
        if isinstance(event, CdrAccepted):
            self._decide(recorded, event.cdr, event.decision, event.statement, recorded.before)
        elif isinstance(event, CdrRedecided):
            self._decide_again(recorded, event)
        elif isinstance(event, CdrCredited):
            self._end(recorded, event, "credited")
        elif isinstance(event, CdrExcluded):
            self._end(recorded, event, "excluded")
        elif isinstance(event, CdrAdjusted):
            self._adjust(recorded, event)

    def write(self, connection: Connection, schema: str) -> None:
        """Add new rows with COPY, change those that may exist."""
        added = [
            _line(*item) for item in self._new.items() if item[1].added or not item[1].goes_at_zero
        ]
        copy_rows(connection, "insert_period_cdrs", schema, added)
        changed = [_columns(*item) for item in self._changed.items()]
        for_each(connection, "change_period_cdrs", schema, changed)
        gone = [key for key, row in self._changed.items() if row.goes_at_zero]
        for_each(connection, "remove_period_cdrs", schema, gone)

    def _decide(
        self,
        recorded: Recorded,
        cdr: str,
        decision: Decision,
        statement: CdrStatement,
        before: History | None,
    ) -> None:
        row = self._row(recorded, cdr, decision, statement, decision.booking)
        row.standing = "valid" if before is None or not _is_adjusted(before) else "adjusted"
        row.added += _booked(decision.entries, decision)

    def _decide_again(self, recorded: Recorded, event: CdrRedecided) -> None:
        before = recorded.history()
        back, booking = event.reversal, event.reversal_booking
        decision, statement = _decided(recorded, before)
        if booking.posted_period != decision.booking.posted_period:
            was = self._row(recorded, event.cdr, decision, statement, decision.booking)
            was.standing = "adjusted"
        row = self._row(recorded, event.cdr, decision, statement, booking)
        row.standing = "adjusted"
        row.added += _booked(back, decision)
        if event.decision is None:
            row.goes_at_zero = True
        else:
            self._decide(recorded, event.cdr, event.decision, statement, before)

    def _end(self, recorded: Recorded, event: CdrCredited | CdrExcluded, standing: str) -> None:
        if event.reversal_booking is None:
            return
        before = recorded.history()
        decision, statement = _decided(recorded, before)
        for booking in (decision.booking, event.reversal_booking):
            row = self._row(recorded, event.cdr, decision, statement, booking)
            row.standing = standing
        row.added += _booked(event.reversal, decision)

    def _adjust(self, recorded: Recorded, event: CdrAdjusted) -> None:
        if not _is_of_the_sale(event.entries):
            return  # what an eMSP gives its driver back is no matter of the two parties
        decision, statement = _decided(recorded, recorded.history())
        for booking in (decision.booking, event.booking):
            row = self._row(recorded, event.cdr, decision, statement, booking)
            row.standing = "adjusted"
        row.added += _booked(event.entries, decision)

    def _row(
        self,
        recorded: Recorded,
        cdr: str,
        decision: Decision,
        statement: CdrStatement,
        booking: Booking,
    ) -> Row:
        """Return a period's row of a CDR: a new one is surely new with the CDR's first event."""
        key = booking.posted_period, cdr
        row = self._new.get(key) or self._changed.get(key)
        if row is None:
            rows = self._new if recorded.version == 1 else self._changed
            row = rows[key] = Row(
                standing="valid",
                decision=decision,
                ended_at=statement.end_date_time,
                location=location_of(cdr, statement),
                late_of=booking.late_of,
                position=recorded.position,
            )
        else:
            row.decision, row.ended_at = decision, statement.end_date_time
            row.location = location_of(cdr, statement)
            row.position, row.goes_at_zero = recorded.position, False
        return row


def _decided(recorded: Recorded, before: History) -> tuple[Decision, CdrStatement]:
    if before.decided is None or before.statement is None:
        raise ValueError(f"event {recorded.position} goes on from what was never decided")
    return before.decided.decision, before.statement


def _is_adjusted(before: History) -> bool:
    return before.is_corrected or _is_of_the_sale(row.entry for row in before.adjusted)


def _is_of_the_sale(entries: Iterable[Entry]) -> bool:
    return any(entry.leg == 0 for entry in entries)


def _booked(entries: Iterable[Entry], decision: Decision) -> int:
    """Return what entries add to the seller's receivable of the sale, in 0.0001."""
    account, total = f"receivable:{decision.legs[0].buyer}", 0
    for entry in entries:
        if entry.leg == 0:
            for posting in entry.postings:
                if posting.account == account:
                    units = ten_thousandths(posting.amount)
                    total += units if posting.side == "debit" else -units
    return total


def _line(key: Key, row: Row) -> str:
    period, cdr = key
    decision, sale = row.decision, row.decision.legs[0]
    return (
        f"{text(period)}\t{text(cdr)}\t{row.standing}\t{text(decision.booking.service_period)}"
        f"\t{decision.seller}\t{decision.buyer}\t{sale.currency}\t{sale.net}\t{sale.gross}"
        f"\t{decimal_of(row.added)}\t{text(row.late_of)}\t{row.ended_at}\t{row.position}"
        f"\t{text_array(decision.visible_to)}\t{text(row.location)}"
    )


def _columns(key: Key, row: Row) -> tuple[object, ...]:
    decision, sale = row.decision, row.decision.legs[0]
    parties = decision.seller, decision.buyer
    amounts = sale.currency, sale.net, sale.gross, decimal_of(row.added)
    seen = row.late_of, row.ended_at, row.position, array_literal(decision.visible_to)
    state = row.standing, decision.booking.service_period
    return *key, *state, *parties, *amounts, *seen, row.location
