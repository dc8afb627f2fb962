"""The posting rules: one leg becomes one entry in the seller's and one in the buyer's book.

| rule            | book   | debit                              | credit                        |
|-----------------|--------|------------------------------------|-------------------------------|
| `<kind>_sold`   | seller | receivable:buyer (gross)           | revenue:<kind>, vat output    |
| `<kind>_bought` | buyer  | cost:<kind>, vat input             | payable:seller (gross)        |

`<kind>` is charging (the wholesale leg), retail, fee or share. A driver has no book: a retail leg
is posted in the seller's alone, with `receivable:driver` as what its drivers owe. An agent has
neither cost nor input tax: it owes the seller what its driver owes it (`<kind>_collected`). What
a markup on the exchange rate adds is no revenue of the kind but `fx:markup_income`. A part with
a tax class of its own, such as parking, stands on the accounts of that class. A negative
net (a surcharge given back) swaps the sides, so that no amount is ever negative.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from ledger.books.accounts import MARKUP_INCOME, payable, receivable, vat_accrued
from ledger.books.entries import Amounts, make_entry, reversal_of
from ledger.fx.convert import FxDecision
from ledger.roaming.legs import DRIVER, Leg
from ledger.values.entries import Entry
from ledger.values.money import ZERO

_ACCOUNT_OF_KIND = {"wholesale": "charging", "retail": "retail", "fee": "fee", "share": "share"}


class BookOf(NamedTuple):
    """The book in which a side of a leg is booked."""

    entity: str
    currency: str


def entries_of(leg: Leg, index: int, *, seller: BookOf, buyer: BookOf | None) -> tuple[Entry, ...]:
    """Return the entries of a leg. A leg of nothing makes none.

    Source: the table of this module; accruals at scale 4, tax on `vat:*:accrued` until invoiced.
    """
    if not leg.gross and not leg.net:
        return ()
    sign = -1 if leg.gross < 0 else 1
    gross, kind = leg.gross * sign, _ACCOUNT_OF_KIND[leg.kind]
    revenue, owed_by = _revenue(leg, kind, sign), [(receivable(leg.buyer), gross)]
    entries = [_entry(leg, index, f"{kind}_sold", seller, owed_by, revenue)]
    if buyer is not None:
        owed_to = [(payable(leg.seller), gross)]
        if leg.for_driver:
            from_driver = [(receivable(DRIVER), gross)]
            entries.append(_entry(leg, index, f"{kind}_collected", buyer, from_driver, owed_to))
        else:
            cost = _cost(leg, kind, sign)
            entries.append(_entry(leg, index, f"{kind}_bought", buyer, cost, owed_to))
    return tuple(entries if sign > 0 else (reversal_of(entry) for entry in entries))


def _revenue(leg: Leg, kind: str, sign: int) -> Amounts:
    """Return what a seller earns, before tax and with it.

    What of the price is taxed by a class of its own keeps its net, so that the tax can be checked
    against it; the markup is shown apart as far as the rest of the price has it.
    """
    net = _own_net(leg) * sign
    markup = min(leg.converted.markup * sign, net) if leg.converted is not None else ZERO
    return [
        (f"revenue:{kind}", net - markup),
        (MARKUP_INCOME, markup),
        (vat_accrued(leg.vat.place, on_sales=True), leg.vat.vat * sign),
        *_parts(leg, sign, on_sales=True),
    ]


def _cost(leg: Leg, kind: str, sign: int) -> Amounts:
    return [
        (f"cost:{kind}", _own_net(leg) * sign),
        (vat_accrued(leg.vat.place, on_sales=False), leg.vat.vat * sign),
        *_parts(leg, sign, on_sales=False),
    ]


def _own_net(leg: Leg) -> Decimal:
    """Return the net less the parts that have a tax class of their own."""
    return leg.net - sum((part.net for part in leg.parts), ZERO) if leg.parts else leg.net


def _entry(
    leg: Leg, index: int, rule: str, book: BookOf, debits: Amounts, credits: Amounts
) -> Entry:
    return make_entry(
        book=book.entity,
        book_currency=book.currency,
        currency=leg.currency,
        rule=rule,
        leg=index,
        debits=debits,
        credits=credits,
        fx=_conversion(leg, book.currency),
    )


def _parts(leg: Leg, sign: int, *, on_sales: bool) -> Iterator[tuple[str, Decimal]]:
    """Yield net and tax of each part with a tax class, on the accounts of that class."""
    head = "revenue" if on_sales else "cost"
    for part in leg.parts:
        tax_class = part.vat.tax_class
        yield f"{head}:{tax_class}", part.net * sign
        tax = vat_accrued(part.vat.place, on_sales=on_sales, tax_class=tax_class)
        yield tax, part.vat.vat * sign


def _conversion(leg: Leg, book_currency: str) -> FxDecision | None:
    if leg.currency == book_currency:
        return None
    return next(rate for rate in leg.fx if rate.to_currency == book_currency)
