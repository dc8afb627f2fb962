"""What a group of an invoice comes to, and what of it fell due: figures, sums and the record.

Read `falling_due` for how the sums are made.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from ledger.books.invoice_groups import (
    GroupAccrued,
    InvoiceGroup,
    tax_on,
    taxable,
    versions_in_order,
)
from ledger.fx.convert import FxDecision
from ledger.values.entries import Entry
from ledger.values.money import SCALE_4, ZERO

_NOTHING = ZERO.quantize(SCALE_4)

GROUPS_PER_EVENT = 2_000
"""More are recorded in several events: one stays well below what a broker takes as a message."""

Place = tuple[str, str, str]
"""(book, rule, account)"""


class Amounts(NamedTuple):
    """Debits less credits, in the currency of the sale and in the book's."""

    amount: Decimal
    book_amount: Decimal

    def __add__(self, other: tuple[object, ...]) -> "Amounts":
        """Return both together."""
        if not isinstance(other, Amounts):
            return NotImplemented
        return Amounts(self.amount + other.amount, self.book_amount + other.book_amount)

    def __neg__(self) -> "Amounts":
        return Amounts(-self.amount, -self.book_amount)


Sums = Mapping[Place, Amounts]
NOTHING_BOOKED = Amounts(ZERO, ZERO)


class Invoiced(NamedTuple):
    """What a group comes to as its seller has it: accrued at scale 4, due in the minor unit."""

    accrued_net: Decimal = _NOTHING
    accrued_tax: Decimal = _NOTHING
    net: Decimal = _NOTHING
    tax: Decimal = _NOTHING
    self_assessed: Decimal = _NOTHING

    def less(self, other: "Invoiced") -> "Invoiced":
        """Return what this is more than another."""
        return Invoiced(*(one - two for one, two in zip(self, other, strict=True)))

    def plus(self, other: "Invoiced") -> "Invoiced":
        """Return both together."""
        return Invoiced(*(one + two for one, two in zip(self, other, strict=True)))


class InTaxCurrency(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a side declares in the money of the country it declares to.

    `tax` is a seller's on its invoice, a buyer's that it was charged or accounts for itself. With
    `fx` in the minor unit; without, it is the book's currency, as booked, with the markup.
    Source: Directive 2006/112/EC Art. 91 (2) and 230.
    """

    net: Decimal
    tax: Decimal
    fx: FxDecision | None = None


class GroupDue(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What of a group falls due, and its entries; `leg` of these is its place in the event.

    `accrued_net` and `accrued_tax` left the seller's accrual accounts, at scale 4; `net` and `tax`
    are due for them, in the minor unit; all negative for a credit. `self_assessed` is the tax
    that the buyer accounts for. The countries are the seats. `fx` are the conversions into the
    books; `seller_declares` and `buyer_declares` are in the currency of the tax, where that is
    neither the sale's nor the book's, or where the postings do not tell: a markup keeps its
    account. `agreement_versions` are those of all that the group rounds, now and when it fell due
    before; none where that was not recorded yet.
    """

    group: InvoiceGroup
    name: str
    net: Decimal
    tax: Decimal
    accrued_net: Decimal
    accrued_tax: Decimal
    entries: tuple[Entry, ...]
    seller_country: str
    self_assessed: Decimal = _NOTHING
    buyer_country: str = ""
    seller_declares: InTaxCurrency | None = None
    buyer_declares: InTaxCurrency | None = None
    fx: tuple[FxDecision, ...] = ()
    agreement_versions: tuple[str, ...] = ()

    @property
    def invoiced(self) -> Invoiced:
        """What of the group this is."""
        return Invoiced(self.accrued_net, self.accrued_tax, self.net, self.tax, self.self_assessed)


class Fallen(NamedTuple):
    """What of a group fell due before: figures, accounts, and under which agreement versions."""

    invoiced: Invoiced = Invoiced()
    sums: Sums = MappingProxyType({})
    net_in_book: Decimal = ZERO
    agreement_versions: tuple[str, ...] = ()

    def and_then(self, due: GroupDue) -> "Fallen":
        """Return what has fallen due with what an event adds."""
        sums = dict(self.sums)
        for entry in due.entries:
            for row in entry.postings:
                place = entry.book, entry.rule, row.account
                signed = Amounts(row.amount, row.book_amount)
                more = signed if row.side == "debit" else -signed
                sums[place] = sums.get(place, NOTHING_BOOKED) + more
        told = due.seller_declares
        net = told.net if told is not None and told.fx is None else ZERO
        return Fallen(
            self.invoiced.plus(due.invoiced),
            sums,
            self.net_in_book + net,
            versions_in_order((*self.agreement_versions, *due.agreement_versions)),
        )


def invoiced(accrued: GroupAccrued) -> Invoiced:
    """Return what a group is invoiced at: net and tax rounded once, whatever fell due before."""
    group = accrued.group
    sold = [line for line in accrued.lines if line.book == group.seller_book and line.is_sellers]
    net = -sum((line.amount for line in sold if line.is_net), _NOTHING)
    tax = -sum((line.amount for line in sold if not line.is_net), _NOTHING)
    base = taxable(net, group.currency)
    assessed = _NOTHING
    if group.buyer_percent is not None and group.buyer_book:
        assessed = tax_on(base, group.buyer_percent, group.currency)
    return Invoiced(
        net + _NOTHING,
        tax + _NOTHING,
        base,
        tax_on(base, group.percent, group.currency),
        assessed,
    )
