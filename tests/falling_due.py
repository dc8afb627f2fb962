"""Accruals as a month of CDRs would book them, and what they come to once they have fallen due."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from ledger.books.accounts import MARKUP_INCOME
from ledger.books.due_groups import Fallen, GroupDue, Sums, invoiced
from ledger.books.falling_due import entries_due, sums_due
from ledger.books.invoice_groups import AccruedLine, GroupAccrued, InvoiceGroup
from ledger.roaming.legs import DRIVER
from ledger.values.money import EXACT, round_to_scale_4

SELLER, BUYER = "NL*XYZ", "DE*EMP"
SELLER_BOOK, BUYER_BOOK = "xyz-bv", "emp-gmbh"
MONTH_END = {("CHF", "EUR"): Decimal("1.0638"), ("EUR", "CHF"): Decimal("0.94")}
"""The rates of the period's last day; any other pair is worth 2."""


class Sold(NamedTuple):
    """One CDR's sale: net and markup at scale 4, the rates at which its books converted it."""

    net: Decimal
    kind: str = "charging"
    markup: Decimal = Decimal("0.0000")
    rates: tuple[Decimal, Decimal] = (Decimal(1), Decimal(1))


def group(percent="19", *, buyer=BUYER, currency="EUR", **more) -> InvoiceGroup:
    """Return a group; a driver has no book."""
    book = "" if buyer == DRIVER else BUYER_BOOK
    category = more.pop("category", "S")
    return InvoiceGroup(
        *(SELLER, buyer, currency, "DE", category, Decimal(percent), "2026-10", "seller_in_place"),
        *(SELLER_BOOK, book),
        **more,
    )


def tax_of(sale: Sold, of: InvoiceGroup) -> Decimal:
    """Return the tax of one CDR, at scale 4."""
    return round_to_scale_4(EXACT.divide(EXACT.multiply(sale.net, of.percent), Decimal(100)))


def gross_of(sales: Iterable[Sold], of: InvoiceGroup) -> Decimal:
    """Return what is owed for sales before anything fell due."""
    return sum((sale.net + tax_of(sale, of) for sale in sales), Decimal(0))


def accrued(of: InvoiceGroup, sales: Iterable[Sold]) -> GroupAccrued:
    """Return what sales book on the accrual accounts of both books."""
    sums: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 2)
    in_class = f"{of.tax_class}:" if of.tax_class else ""
    for sale in sales:
        tax, (ours, theirs) = tax_of(sale, of), sale.rates
        rows = [
            (SELLER_BOOK, f"revenue:{sale.kind}", -(sale.net - sale.markup), ours),
            (SELLER_BOOK, MARKUP_INCOME, -sale.markup, ours),
            (SELLER_BOOK, f"vat:DE:output:{in_class}accrued", -tax, ours),
        ]
        if of.buyer != DRIVER and not of.for_driver:
            rows += [
                (BUYER_BOOK, f"cost:{sale.kind}", sale.net, theirs),
                (BUYER_BOOK, f"vat:DE:input:{in_class}accrued", tax, theirs),
            ]
        for book, account, amount, rate in rows:
            found = sums[book, account]
            sums[book, account] = [
                found[0] + amount,
                found[1] + round_to_scale_4(EXACT.multiply(amount, rate)),
            ]
    lines = (AccruedLine(*place, *amounts) for place, amounts in sorted(sums.items()))
    return GroupAccrued(of, tuple(line for line in lines if line.amount or line.book_amount))


class Books:
    """The currencies of the two books, and how they convert at the period's end."""

    def __init__(self, seller: str = "EUR", buyer: str = "EUR") -> None:
        self._of = {SELLER_BOOK: seller, BUYER_BOOK: buyer}

    def currency_of(self, book: str) -> str:
        return self._of[book]

    def convert(self, amount: Decimal, currency: str, into: str) -> Decimal:
        if currency == into:
            return amount
        rate = MONTH_END.get((currency, into), Decimal(2))
        return round_to_scale_4(EXACT.multiply(amount, rate))

    def sums(self, of: GroupAccrued) -> Sums:
        """Return what a group books per rule and account."""
        figures = invoiced(of)
        return sums_due(of, figures, currency_of=self.currency_of, convert=self.convert)

    def due(self, of: GroupAccrued, before: Fallen | None = None) -> GroupDue:
        """Return what of a group falls due after what did before."""
        before = before or Fallen()
        missing = invoiced(of).less(before.invoiced)
        return GroupDue(
            group=of.group,
            name=of.group.name,
            net=missing.net,
            tax=missing.tax,
            accrued_net=missing.accrued_net,
            accrued_tax=missing.accrued_tax,
            entries=entries_due(
                of.group, 0, self.sums(of), before.sums, currency_of=self.currency_of
            ),
            seller_country="NL",
            self_assessed=missing.self_assessed,
        )


def balances(dues: Iterable[GroupDue]) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """Return what entries add per book and account: debits less credits, in both currencies."""
    sums: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 2)
    for due in dues:
        for entry in due.entries:
            for row in entry.postings:
                sign = 1 if row.side == "debit" else -1
                found = sums[entry.book, row.account]
                sums[entry.book, row.account] = [
                    found[0] + sign * row.amount,
                    found[1] + sign * row.book_amount,
                ]
    return {place: (amounts[0], amounts[1]) for place, amounts in sums.items()}
