"""Conversions: at which rate, of whom and by which rule, what was brought into which currency.

A row per entry in a currency that is not its book's (`book`), and per sale whose price was brought
into the currency of settlement (`settlement`). What is taken back is negative. A dispute moves what
was recorded, and a revaluation is about no entry: neither converts anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from projections.amounts import decimal_of, ten_thousandths
from projections.cdr_events import CdrAdjusted
from projections.database import Connection, copy_rows, text, text_array
from projections.event_parts import Booking, Decision, Entry, Fx, Leg
from projections.pages import Recorded
from projections.payment_events import PaymentAccepted, PaymentTakenBack
from projections.period_events import PeriodTruedUp
from projections.sales import OfSales

_MOVES_MONEY = (PaymentAccepted, PaymentTakenBack)


class Conversions(OfSales):
    """One row per conversion; amounts and rates as recorded."""

    NAME: ClassVar[str] = "exchange"
    TABLES: ClassVar[Mapping[str, str]] = {"conversion": "position, number"}

    def __init__(self) -> None:
        self._rows: list[str] = []
        self._position = 0
        self._number = 0

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_conversions", schema, self._rows)

    def _decide(self, recorded: Recorded, cdr: str, decision: Decision) -> None:
        if not any(map(_is_converted, decision.legs)):
            return  # most CDRs: all their books are in the currency of the price
        settled: set[int] = set()
        for entry in decision.entries:
            leg = decision.legs[entry.leg]
            if leg.fx:
                self._book(recorded, cdr, entry, leg.fx, decision.booking, leg.visible_to)
            if leg.converted is not None and entry.leg not in settled:
                settled.add(entry.leg)
                self._settle(recorded, cdr, entry, leg, decision.booking, sign=1)

    def _take_back(
        self, recorded: Recorded, cdr: str, reversal: Sequence[Entry], booking: Booking
    ) -> None:
        """Take back what was booked, entry by entry; and once what was settled by each sale.

        Only the entries of a decision have their sale's price converted, not what adjusted it.
        """
        settled: set[int] = set()
        before = recorded.history()
        decided, booked = before.decided, before.booked()[: len(reversal)]
        for was, entry in zip(booked, reversal, strict=True):
            self._book(recorded, cdr, entry, was.leg.fx, booking, was.leg.visible_to)
            is_decided = decided is not None and was.position == decided.position
            if was.leg.converted is not None and is_decided and entry.leg not in settled:
                settled.add(entry.leg)
                self._settle(recorded, cdr, entry, was.leg, booking, sign=-1)

    def _give_back(self, recorded: Recorded, event: CdrAdjusted, decision: Decision) -> None:
        for entry in event.entries:
            leg = decision.legs[entry.leg]
            self._book(recorded, event.cdr, entry, leg.fx, event.booking, leg.visible_to)

    def _true_up(self, recorded: Recorded, event: PeriodTruedUp) -> None:
        for row in event.adjustments:
            for entry in row.entries:
                seen = row.leg.visible_to
                self._book(recorded, None, entry, row.leg.fx, event.booking, seen)

    def _follow(self, recorded: Recorded) -> None:
        if isinstance(recorded.event, _MOVES_MONEY):
            self._pay(recorded, recorded.event)

    def _pay(self, recorded: Recorded, event: PaymentAccepted | PaymentTakenBack) -> None:
        """Convert a payment at the rate that was recorded with it; it is taken back at the same."""
        fx = event.decision.fx if isinstance(event, PaymentAccepted) else _rate_before(recorded)
        if fx is not None:
            for entry in event.entries:
                seen = event.statement.traders
                self._book(recorded, None, entry, (fx,), event.booking, seen)

    def _book(
        self,
        recorded: Recorded,
        cdr: str | None,
        entry: Entry,
        rates: Iterable[Fx],
        booking: Booking,
        visible_to: tuple[str, ...],
    ) -> None:
        if entry.currency == entry.book_currency:
            return
        used = next((row for row in rates if row.to_currency == entry.book_currency), None)
        if used is None:
            return
        debits = [row for row in entry.postings if row.side == "debit"]
        sign = -1 if entry.reverses else 1
        amount = sign * sum(ten_thousandths(row.amount) for row in debits)
        converted = sign * sum(ten_thousandths(row.book_amount) for row in debits)
        self._add(recorded, "book", cdr, entry, used, booking, (amount, converted, 0), visible_to)

    def _settle(
        self, recorded: Recorded, cdr: str, entry: Entry, leg: Leg, booking: Booking, *, sign: int
    ) -> None:
        price = leg.converted
        if price is not None:
            amounts = tuple(
                sign * ten_thousandths(row) for row in (price.priced_net, leg.net, price.markup)
            )
            seen = leg.visible_to
            self._add(recorded, "settlement", cdr, entry, price.fx, booking, amounts, seen)

    def _add(
        self,
        recorded: Recorded,
        kind: str,
        cdr: str | None,
        entry: Entry,
        fx: Fx,
        booking: Booking,
        amounts: tuple[int, ...],
        visible_to: tuple[str, ...],
    ) -> None:
        if recorded.position != self._position:
            self._position, self._number = recorded.position, 0
        self._number += 1
        per_euro = {row.currency: row.per_euro for row in fx.crossed}
        sums = "\t".join(str(decimal_of(amount)) for amount in amounts)
        self._rows.append(
            f"{recorded.position}\t{self._number}\t{kind}\t{text(entry.book)}"
            f"\t{booking.accounting_month}\t{booking.posted_on}\t{text(cdr)}"
            f"\t{fx.from_currency}\t{fx.to_currency}\t{fx.rate}\t{fx.rate_on}\t{text(fx.source)}"
            f"\t{fx.rule}\t{text(fx.published_on)}\t{text(fx.reference_rate)}\t{fx.markup_bps}"
            f"\t{text(per_euro.get(fx.from_currency))}\t{text(per_euro.get(fx.to_currency))}"
            f"\t{sums}\t{recorded.recorded_at}\t{text_array(visible_to)}"
        )


def _is_converted(leg: Leg) -> bool:
    return bool(leg.fx) or leg.converted is not None


def _rate_before(recorded: Recorded) -> Fx | None:
    """Return the rate at which a payment stood that is taken back now."""
    event = recorded.event
    if not isinstance(event, PaymentTakenBack):
        return None
    number = event.statement.sequence
    stood = (row.event for row in recorded.earlier if isinstance(row.event, PaymentAccepted))
    return next((row.decision.fx for row in stood if row.statement.sequence == number), None)
