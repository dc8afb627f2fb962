"""VAT: what was decided of every sale, and what of it fell due.

`decision` has a row per leg and tax class, as the ledger decided it. What is decided again,
credited or excluded adds rows that take the earlier ones back, `net` and `vat` negated, naming
the event they reverse. An adjustment adds a row with the part that is given back: the tax of its
entries. A sum over rows is what stands. `due` has a row per invoice group and side: what the
seller and what the buyer declares, as it was rounded; see `vat_due`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import ClassVar, NamedTuple

from ledger.books.accounts import accrual_of
from projections.amounts import decimal_of, negated, ten_thousandths
from projections.cdr_events import CdrAdjusted
from projections.database import Connection, copy_rows, text, text_array
from projections.event_parts import Booking, Decision, Entry, Leg, Vat
from projections.pages import Recorded
from projections.period_events import PeriodFellDue, PeriodTruedUp
from projections.sales import OfSales, Sale, is_sellers, sale_of, sales_booked, sales_of
from projections.vat_due import rows_of_due

_text = lru_cache(maxsize=4096)(text)
"""The same few rules, reasons, numbers and periods stand in row after row."""

_NULL = r"\N"


@lru_cache(maxsize=16_384)
def _columns(*values: str | None) -> str:
    return "\t".join(map(text, values))


class VatDecisions(OfSales):
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

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_vat_decisions", schema, self._rows)
        copy_rows(connection, "insert_vat_due", schema, self._due)

    def _decide(self, recorded: Recorded, cdr: str, decision: Decision) -> None:
        place = _Place.of(recorded, cdr, decision.booking)
        for number, sale in enumerate(sales_of(decision)):
            self._sell(place, number, sale)

    def _take_back(
        self, recorded: Recorded, cdr: str, reversal: Sequence[Entry], booking: Booking
    ) -> None:
        before = recorded.history()
        if before.decided is None:
            return
        place = _Place.of(recorded, cdr, booking)
        position, decision, _ = before.decided
        for number, sale in enumerate(sales_of(decision)):
            for vat, net in _taxed(sale.leg):
                back = negated(net), negated(vat.vat)
                self._add(place, number, sale, vat, *back, str(position))
        # Beyond the decision's own entries stand those of its adjustments.
        beyond = slice(len(decision.entries), len(reversal))
        for (was, sale), entry in zip(sales_booked(before)[beyond], reversal[beyond], strict=True):
            self._add_tax_of(place, sale, entry, str(was.position))

    def _give_back(self, recorded: Recorded, event: CdrAdjusted, decision: Decision) -> None:
        place = _Place.of(recorded, event.cdr, event.booking)
        sales = sales_of(decision)
        for entry in event.entries:
            self._add_tax_of(place, sales[entry.leg], entry)

    def _true_up(self, recorded: Recorded, event: PeriodTruedUp) -> None:
        place = _Place.of(recorded, None, event.booking)
        for number, row in enumerate(event.adjustments):
            self._sell(place, number, sale_of(row.leg, row.entries))

    def _follow(self, recorded: Recorded) -> None:
        if isinstance(recorded.event, PeriodFellDue):
            self._due += rows_of_due(recorded, recorded.event)

    def _sell(self, place: "_Place", number: int, sale: Sale) -> None:
        for vat, net in _taxed(sale.leg):
            self._add(place, number, sale, vat, net, vat.vat)

    def _add_tax_of(self, place: "_Place", sale: Sale, entry: Entry, reverses: str = _NULL) -> None:
        """Add the tax in a seller's entry: what it posts to revenue and to tax on sales."""
        if not is_sellers(entry):
            return
        for tax_class, amounts in sorted(_posted(entry).items()):
            net, tax = (str(decimal_of(units)) for units in amounts)
            self._add(place, entry.leg, sale, sale.vat_of(tax_class), net, tax, reverses)

    def _add(
        self,
        place: "_Place",
        number: int,
        sale: Sale,
        vat: Vat,
        net: str,
        tax: str,
        reverses: str = _NULL,
    ) -> None:
        position, cdr, tail = place
        if self._position != position:
            self._position, self._number = position, 0
        self._number += 1
        leg = sale.leg
        self._rows.append(
            f"{position}\t{self._number}\t{cdr}\t{number}\t{reverses}"
            f"\t{leg.kind}\t{leg.seller}\t{leg.buyer}\t{vat.rule}\t{vat.place}"
            f"\t{vat.category}\t{vat.percent}\t{net}\t{tax}\t{leg.currency}\t{vat.tax_point}"
            f"\t{'t' if vat.buyer_accounts else 'f'}\t{_grounds(vat)}\t{vat.tax_point[:7]}"
            f"\t{'t' if leg.for_driver else 'f'}\t{sale.seller_book}\t{sale.buyer_book}"
            f"\t{text_array(leg.visible_to)}{tail}"
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


def _grounds(vat: Vat) -> str:
    """Return the columns that say why it is taxed so: the same in row after row of a pair."""
    return _columns(
        vat.exemption,
        vat.why,
        vat.rate_source,
        vat.data_version,
        vat.buyer_percent,
        vat.seller_number,
        vat.buyer_number,
        vat.tax_class,
        vat.supply,
        vat.standard_percent,
    )


def _taxed(leg: Leg) -> Sequence[tuple[Vat, str]]:
    """Return what is taxed how of a sale, each with its net; parts have a class of their own."""
    if not leg.parts:
        return ((leg.vat, leg.net),)
    apart = sum(ten_thousandths(part.net) for part in leg.parts)
    net = str(decimal_of(ten_thousandths(leg.net) - apart))
    return ((leg.vat, net), *((part.vat, part.net) for part in leg.parts))


def _posted(entry: Entry) -> dict[str, list[int]]:
    """Return what a seller's entry posts to net and tax per tax class, credits less debits."""
    sums: dict[str, list[int]] = {"": [0, 0]}
    for posting in entry.postings:
        accrual = accrual_of(posting.account)
        if accrual is not None:
            units = ten_thousandths(posting.amount)
            row = sums.setdefault(accrual.tax_class, [0, 0])
            row[0 if accrual.is_net else 1] += units if posting.side == "credit" else -units
    return sums
