"""The rows of what fell due: one for the seller and one for the buyer of each invoice group.

Each says what its side declares: the seller what it sold with its tax, or that the buyer accounts
for it; the buyer the tax it was charged, or what it accounts for itself. Amounts are in the
sale's currency, in the book's, and in that of the country they are declared to, as recorded.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from ledger.values.instants import last_day
from ledger.vat.areas import same_territory
from ledger.vat.currencies import tax_currency
from projections.amounts import decimal_of, ten_thousandths
from projections.database import text, text_array
from projections.event_parts import Entry
from projections.pages import Recorded
from projections.period_events import DueGroup, InTaxCurrency, PeriodFellDue

_SOLD = ("group_sold_due",)
_ASSESSED = "group_self_assessed"
_BOUGHT = ("group_bought_due", _ASSESSED)
_NOTHING = "0.0000"
_TAXED_WHERE_SUPPLIED = frozenset("SEZ")
"""Categories that a seller declares in the place of supply; all others at its seat."""


class _Amounts(NamedTuple):
    """What one side declares in one currency: net, the tax on the invoice, and its own."""

    net: str
    tax: str
    self_assessed: str


class _Booked(NamedTuple):
    """The entry of a side: its book, that book's currency, and the amounts in it."""

    book: str
    currency: str
    amounts: _Amounts


def rows_of_due(recorded: Recorded, event: PeriodFellDue) -> Iterator[str]:
    """Yield the rows of an event, in COPY's text format; amounts at scale 4."""
    number = 0
    for due in event.groups:
        for is_seller in (True, False):
            rules = _SOLD if is_seller else _BOUGHT
            entries = [row for row in due.entries if row.rule in rules]
            if entries:
                number += 1
                yield _row(recorded, event, number, due, _booked(entries), is_seller=is_seller)


def _row(
    recorded: Recorded,
    event: PeriodFellDue,
    number: int,
    due: DueGroup,
    booked: _Booked,
    *,
    is_seller: bool,
) -> str:
    group = due.group
    country = _declared_to(due, is_seller=is_seller)
    of_sale = _Amounts(due.net, due.tax, _NOTHING if is_seller else due.self_assessed)
    declared = due.seller_declares if is_seller else due.buyer_declares
    day = last_day(group.tax_period)
    tax_money = _declared(country, day, group.currency, of_sale, booked, declared)
    columns = (
        str(recorded.position),
        str(number),
        "sold" if is_seller else "bought",
        booked.book,
        country,
        group.seller,
        group.buyer,
        due.seller_country,
        due.buyer_country,
        text(group.seller_number),
        text(group.buyer_number),
        group.rule,
        group.place,
        group.category,
        group.percent,
        text(group.buyer_percent),
        group.tax_class,
        group.supply,
        "t" if group.for_driver else "f",
        group.tax_period,
        group.currency,
        *of_sale,
        due.accrued_net,
        due.accrued_tax,
        booked.currency,
        *booked.amounts,
        *tax_money,
        text(event.period),
        event.booking.accounting_month,
        event.booking.posted_on,
        recorded.recorded_at,
        text_array(due.visible_to),
    )
    return "\t".join(columns)


def _declared_to(due: DueGroup, *, is_seller: bool) -> str:
    """Return the country to which a side declares: where it is taxed, else the seller's seat."""
    group, seat = due.group, due.seller_country if is_seller else due.buyer_country
    at_home = same_territory(group.place, seat)
    if is_seller and group.category not in _TAXED_WHERE_SUPPLIED:
        return seat
    return seat if at_home else group.place


def _booked(entries: Sequence[Entry]) -> _Booked:
    """Return what the entries of a side hold in the book's currency, by their accounts."""
    net = tax = self_assessed = 0
    for entry in entries:
        is_own = entry.rule == _ASSESSED
        for posting in entry.postings:
            amount = ten_thousandths(posting.book_amount)
            # A seller's side is the credit: revenue and tax on sales; a buyer's the debit.
            if (posting.side == "credit") != (entry.rule in _SOLD):
                amount = -amount
            if posting.account.endswith(":invoiced"):
                net += amount
            elif posting.account.endswith(("output:due", "input:due")):
                tax += 0 if is_own else amount
                self_assessed += amount if is_own else 0
    amounts = _Amounts(*(str(decimal_of(units)) for units in (net, tax, self_assessed)))
    return _Booked(entries[0].book, entries[0].book_currency, amounts)


def _declared(
    country: str,
    day: date,
    currency: str,
    of_sale: _Amounts,
    booked: _Booked,
    declared: InTaxCurrency | None,
) -> tuple[str, str, str, str]:
    """Return the country's currency and the amounts in it, null where nobody recorded them.

    What is the currency of the sale or of the book needs no other conversion. Source: Directive
    2006/112/EC Art. 91 (2) and 230.
    """
    into = tax_currency(country, day)
    if into == currency:
        return (into, *of_sale)
    if declared is None and into == booked.currency:
        return (into, *booked.amounts)
    if declared is None:
        return (into, r"\N", r"\N", r"\N")
    if ten_thousandths(of_sale.self_assessed):
        return (into, declared.net, _NOTHING, declared.tax)
    return (into, declared.net, declared.tax, _NOTHING)
