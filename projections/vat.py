"""VAT: one row per leg and decision, as the ledger decided it.

What is decided again, credited or excluded adds rows that take the earlier ones back, `net` and
`vat` negated, naming the event they reverse. An adjustment adds a row with the part that is given
back: the tax of its entries. A sum over rows is what stands.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from projections.amounts import decimal_of, negated, ten_thousandths
from projections.cdr_events import CdrAccepted, CdrAdjusted, CdrCredited, CdrExcluded, CdrRedecided
from projections.database import Connection, copy_rows, text, text_array
from projections.event_parts import Booking, Decision, Entry, Leg
from projections.pages import Recorded
from projections.period_events import PeriodTruedUp

_NET = "revenue:", "fx:markup_income"
"""What a seller posts to these is its sale before tax."""


class VatDecisions:
    """The VAT decision of every leg; amounts at scale 4 in the leg's currency."""

    NAME: ClassVar[str] = "vat"
    TABLES: ClassVar[Mapping[str, str]] = {"decision": "position, number"}

    def __init__(self) -> None:
        self._rows: list[str] = []
        self._position = self._number = 0

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, CdrAccepted):
            self._decide(recorded, event.cdr, event.decision)
        elif isinstance(event, CdrRedecided):
            self._take_back(recorded, event.cdr, event.reversal, event.reversal_booking)
            if event.decision is not None:
                self._decide(recorded, event.cdr, event.decision)
        elif isinstance(event, CdrCredited | CdrExcluded):
            if event.reversal_booking is not None:
                self._take_back(recorded, event.cdr, event.reversal, event.reversal_booking)
        elif isinstance(event, CdrAdjusted):
            decided = recorded.history().decided
            if decided is not None:
                legs = decided.decision.legs
                for entry in event.entries:
                    self._give_back(recorded, event.cdr, legs[entry.leg], entry, event.booking)
        elif isinstance(event, PeriodTruedUp):
            for index, adjustment in enumerate(event.adjustments):
                leg = adjustment.leg
                self._add(recorded, None, index, leg, (leg.net, leg.vat.vat), event.booking)

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_vat_decisions", schema, self._rows)

    def _decide(self, recorded: Recorded, cdr: str, decision: Decision) -> None:
        for leg in range(len(decision.legs)):
            sale = decision.legs[leg]
            amounts = sale.net, sale.vat.vat
            self._add(recorded, cdr, leg, sale, amounts, decision.booking)

    def _take_back(
        self, recorded: Recorded, cdr: str, reversal: Sequence[Entry], booking: Booking
    ) -> None:
        decided = recorded.history().decided
        if decided is None:
            return
        decision = decided.decision
        for leg in range(len(decision.legs)):
            sale = decision.legs[leg]
            amounts = negated(sale.net), negated(sale.vat.vat)
            self._add(recorded, cdr, leg, sale, amounts, booking, decided.position)
        # Beyond the decision's own entries stand those of its adjustments.
        beyond = len(decision.entries)
        adjusted = recorded.history().booked()[beyond : len(reversal)]
        for original, entry in zip(adjusted, reversal[beyond:], strict=True):
            self._give_back(recorded, cdr, original.leg, entry, booking, original.position)

    def _give_back(
        self,
        recorded: Recorded,
        cdr: str,
        sale: Leg,
        entry: Entry,
        booking: Booking,
        reverses_position: int | None = None,
    ) -> None:
        """Add the tax in a seller's entry: what it posts to revenue and to tax on sales."""
        if entry.rule.endswith("_sold"):
            amounts = _posted(entry, *_NET), _posted(entry, "vat:")
            self._add(recorded, cdr, entry.leg, sale, amounts, booking, reverses_position)

    def _add(
        self,
        recorded: Recorded,
        cdr: str | None,
        leg: int,
        sale: Leg,
        amounts: tuple[str, str],
        booking: Booking,
        reverses_position: int | None = None,
    ) -> None:
        if self._position != recorded.position:
            self._position, self._number = recorded.position, 0
        self._number += 1
        origin = r"\N" if reverses_position is None else str(reverses_position)
        self._rows.append(
            f"{recorded.position}\t{self._number}\t{text(cdr)}\t{leg}\t{origin}"
            f"\t{_decided(sale, *amounts)}\t{text(booking.posted_period)}"
            f"\t{booking.accounting_month}\t{recorded.recorded_at}\t{text_array(sale.visible_to)}"
        )


def _posted(entry: Entry, *accounts: str) -> str:
    """Return what an entry posts to accounts of a kind, credits less debits, at scale 4."""
    signed = (
        ten_thousandths(posting.amount) * (1 if posting.side == "credit" else -1)
        for posting in entry.postings
        if posting.account.startswith(accounts)
    )
    return str(decimal_of(sum(signed)))


def _decided(leg: Leg, net: str, tax: str) -> str:
    vat = leg.vat
    return (
        f"{leg.kind}\t{leg.seller}\t{leg.buyer}\t{vat.rule}\t{vat.place}\t{vat.category}"
        f"\t{vat.percent}\t{net}\t{tax}\t{leg.currency}\t{vat.tax_point}"
        f"\t{'t' if vat.buyer_accounts else 'f'}\t{vat.exemption}\t{text(vat.why)}"
        f"\t{text(vat.rate_source)}\t{text(vat.data_version)}"
    )
