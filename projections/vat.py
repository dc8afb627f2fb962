"""VAT: what was decided of every sale, and what of it fell due.

`decision` has a row per leg and tax class, as the ledger decided it. What is decided again,
credited or excluded adds rows that take the earlier ones back, `net` and `vat` negated, naming
the event they reverse. An adjustment adds a row with the part that is given back: the tax of its
entries. A sum over rows is what stands. `due` has a row per invoice group and side: what the
seller and what the buyer declares, as it was rounded; see `vat_due`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import ClassVar, NamedTuple

from projections.amounts import decimal_of, negated, ten_thousandths
from projections.cdr_events import CdrAccepted, CdrAdjusted, CdrCredited, CdrExcluded, CdrRedecided
from projections.database import Connection, copy_rows, text, text_array
from projections.event_parts import Booking, Decision, Entry, Leg, Vat
from projections.pages import Recorded
from projections.period_events import PeriodFellDue, PeriodTruedUp
from projections.vat_due import rows_of_due

Books = tuple[str, str]
"""The books of the seller and of the buyer, empty where a sale is not booked."""

_text = lru_cache(maxsize=4096)(text)
"""The same few rules, reasons, numbers and periods stand in row after row."""

_NO_BOOKS: Books = ("", "")
_NULL = r"\N"
_MARKUP = "fx:markup_income"
_NET = "revenue"
"""What a seller posts to these is its sale before tax."""


class VatDecisions:
    """The VAT decision of every sale; amounts at scale 4 in the sale's currency."""

    NAME: ClassVar[str] = "vat"
    TABLES: ClassVar[Mapping[str, str]] = {
        "decision": "position, number",
        "due": "position, number",
    }

    def __init__(self) -> None:
        self._rows: list[str] = []
        self._due: list[str] = []
        self._position = self._number = 0

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, CdrAccepted):
            self._decide(_Place.of(recorded, event.cdr, event.decision.booking), event.decision)
        elif isinstance(event, CdrRedecided):
            self._take_back(recorded, event.cdr, event.reversal, event.reversal_booking)
            if event.decision is not None:
                place = _Place.of(recorded, event.cdr, event.decision.booking)
                self._decide(place, event.decision)
        elif isinstance(event, CdrCredited | CdrExcluded):
            if event.reversal_booking is not None:
                self._take_back(recorded, event.cdr, event.reversal, event.reversal_booking)
        elif isinstance(event, CdrAdjusted):
            self._adjust(recorded, event)
        elif isinstance(event, PeriodTruedUp):
            place = _Place.of(recorded, None, event.booking)
            for index, adjustment in enumerate(event.adjustments):
                books = _books_of(adjustment.entries).get(index, _NO_BOOKS)
                self._sell(place, index, adjustment.leg, books)
        elif isinstance(event, PeriodFellDue):
            self._due += rows_of_due(recorded, event)

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_vat_decisions", schema, self._rows)
        copy_rows(connection, "insert_vat_due", schema, self._due)

    def _decide(self, place: "_Place", decision: Decision) -> None:
        books = _books_of(decision.entries)
        for leg, sale in enumerate(decision.legs):
            self._sell(place, leg, sale, books.get(leg, _NO_BOOKS))

    def _take_back(
        self, recorded: Recorded, cdr: str, reversal: Sequence[Entry], booking: Booking
    ) -> None:
        decided = recorded.history().decided
        if decided is None:
            return
        decision, place = decided.decision, _Place.of(recorded, cdr, booking)
        books = _books_of(decision.entries)
        for leg, sale in enumerate(decision.legs):
            self._sell(place, leg, sale, books.get(leg, _NO_BOOKS), str(decided.position))
        # Beyond the decision's own entries stand those of its adjustments.
        beyond = len(decision.entries)
        adjusted = recorded.history().booked()[beyond : len(reversal)]
        # They may be of sales that an earlier decision had, so their own entries name the books.
        found = {
            position: _books_of([row.entry for row in rows])
            for position, rows in groupby(adjusted, key=lambda row: row.position)
        }
        for original, entry in zip(adjusted, reversal[beyond:], strict=True):
            given_back_in = found[original.position][entry.leg]
            self._give_back(place, original.leg, entry, given_back_in, str(original.position))

    def _adjust(self, recorded: Recorded, event: CdrAdjusted) -> None:
        decided = recorded.history().decided
        if decided is None:
            return
        place = _Place.of(recorded, event.cdr, event.booking)
        books = _books_of(decided.decision.entries)
        for entry in event.entries:
            sale = decided.decision.legs[entry.leg]
            self._give_back(place, sale, entry, books[entry.leg])

    def _sell(
        self, place: "_Place", leg: int, sale: Leg, books: Books, reverses: str = _NULL
    ) -> None:
        """Add a sale, or take back what the event at `reverses` sold: one row per tax class."""
        net, vat = sale.net, sale.vat
        if sale.parts:
            apart = sum(ten_thousandths(part.net) for part in sale.parts)
            net = str(decimal_of(ten_thousandths(net) - apart))
        rows = [(vat, net), *((part.vat, part.net) for part in sale.parts)]
        for of, amount in rows:
            if reverses is _NULL:
                self._add(place, leg, sale, of, amount, of.vat, books, reverses)
            else:
                back = negated(amount), negated(of.vat)
                self._add(place, leg, sale, of, *back, books, reverses)

    def _give_back(
        self, place: "_Place", sale: Leg, entry: Entry, books: Books, reverses: str = _NULL
    ) -> None:
        """Add the tax in a seller's entry: what it posts to revenue and to tax on sales."""
        if not entry.rule.endswith("_sold"):
            return
        classes = {part.vat.tax_class: part.vat for part in sale.parts}
        sums = _posted(entry, frozenset(classes))
        for tax_class, amounts in sorted(sums.items()):
            vat = classes.get(tax_class, sale.vat)
            net, tax = (str(decimal_of(units)) for units in amounts)
            self._add(place, entry.leg, sale, vat, net, tax, books, reverses)

    def _add(
        self,
        place: "_Place",
        leg: int,
        sale: Leg,
        vat: Vat,
        net: str,
        tax: str,
        books: Books,
        reverses: str,
    ) -> None:
        if self._position != place.position:
            self._position, self._number = place.position, 0
        self._number += 1
        self._rows.append(
            f"{place.position}\t{self._number}\t{place.cdr}\t{leg}\t{reverses}"
            f"\t{sale.kind}\t{sale.seller}\t{sale.buyer}\t{vat.rule}\t{vat.place}"
            f"\t{vat.category}\t{vat.percent}\t{net}\t{tax}\t{sale.currency}\t{vat.tax_point}"
            f"\t{'t' if vat.buyer_accounts else 'f'}\t{vat.exemption}\t{_text(vat.why)}"
            f"\t{_text(vat.rate_source)}\t{_text(vat.data_version)}\t{_text(vat.buyer_percent)}"
            f"\t{_text(vat.seller_number)}\t{_text(vat.buyer_number)}\t{vat.tax_class}"
            f"\t{vat.supply}\t{_text(vat.standard_percent)}\t{vat.tax_point[:7]}"
            f"\t{'t' if sale.for_driver else 'f'}\t{books[0]}\t{books[1]}"
            f"\t{text_array(sale.visible_to)}{place.tail}"
        )


class _Place(NamedTuple):
    """What all rows of an event's booking share, ready to be copied."""

    position: int
    cdr: str
    tail: str

    @classmethod
    def of(cls, recorded: Recorded, cdr: str | None, booking: Booking) -> "_Place":
        """Return where rows stand: a true-up is of no CDR."""
        tail = (
            f"\t{_text(booking.posted_period)}\t{booking.accounting_month}\t{booking.posted_on}"
            f"\t{recorded.recorded_at}"
        )
        return cls(recorded.position, text(cdr), tail)


def _books_of(entries: Sequence[Entry]) -> dict[int, Books]:
    """Return the books of each leg: the seller's entry comes first, the buyer's after it."""
    found: dict[int, Books] = {}
    for entry in entries:
        leg = entry.leg
        found[leg] = (found[leg][0], entry.book) if leg in found else (entry.book, "")
    return found


@lru_cache(maxsize=4096)
def _counts_as(account: str) -> tuple[int, str]:
    """Return whether an account of a seller holds net (0), tax (1) or neither (2), of which class.

    >>> _counts_as("revenue:parking"), _counts_as("vat:DE:output:parking:accrued")
    ((0, 'parking'), (1, 'parking'))
    >>> _counts_as("vat:DE:output:accrued"), _counts_as("receivable:DE*EMP")[0]
    ((1, ''), 2)
    """
    if account == _MARKUP:
        return 0, ""
    kind, *rest = account.split(":")
    if kind == _NET:
        return 0, rest[0]
    if kind == "vat":
        return 1, rest[2] if len(rest) > 3 else ""
    return 2, ""


def _posted(entry: Entry, classes: frozenset[str]) -> dict[str, list[int]]:
    """Return what an entry posts to net and tax per tax class, credits less debits."""
    sums: dict[str, list[int]] = {"": [0, 0]}
    for posting in entry.postings:
        column, tax_class = _counts_as(posting.account)
        if column < 2:
            row = sums.setdefault(tax_class if tax_class in classes else "", [0, 0])
            signed = ten_thousandths(posting.amount)
            row[column] += signed if posting.side == "credit" else -signed
    return sums
