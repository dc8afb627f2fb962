"""The posting rules: one leg becomes one entry in the seller's and one in the buyer's book.

| rule            | book   | debit                              | credit                        |
|-----------------|--------|------------------------------------|-------------------------------|
| `<kind>_sold`   | seller | receivable:buyer (gross)           | revenue:<kind>, vat output    |
| `<kind>_bought` | buyer  | cost:<kind>, vat input             | payable:seller (gross)        |

`<kind>` is charging (the wholesale leg), retail, fee or share. A driver has no book: a retail leg
is posted in the seller's alone, with `receivable:driver` as what its drivers owe. An agent has
neither cost nor input tax: it owes the seller what its driver owes it (`<kind>_collected`). What
a markup on the exchange rate adds is no revenue of the kind but `fx:markup_income`. A negative
net (a surcharge given back) swaps the sides, so that no amount is ever negative.
"""

from typing import NamedTuple

from ledger.books.accounts import MARKUP_INCOME, payable, receivable, vat_accrued
from ledger.books.entries import make_entry, reversal_of
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
    net, vat, gross = leg.net * sign, leg.vat.vat * sign, leg.gross * sign
    markup = leg.converted.markup * sign if leg.converted is not None else ZERO
    kind = _ACCOUNT_OF_KIND[leg.kind]
    place = leg.vat.place
    entries = [
        make_entry(
            book=seller.entity,
            book_currency=seller.currency,
            currency=leg.currency,
            rule=f"{kind}_sold",
            leg=index,
            debits=[(receivable(leg.buyer), gross)],
            credits=[
                (f"revenue:{kind}", net - markup),
                (MARKUP_INCOME, markup),
                (vat_accrued(place, on_sales=True), vat),
            ],
            fx=_conversion(leg, seller.currency),
        )
    ]
    if buyer is not None and leg.for_driver:
        entries.append(
            make_entry(
                book=buyer.entity,
                book_currency=buyer.currency,
                currency=leg.currency,
                rule=f"{kind}_collected",
                leg=index,
                debits=[(receivable(DRIVER), gross)],
                credits=[(payable(leg.seller), gross)],
                fx=_conversion(leg, buyer.currency),
            )
        )
    elif buyer is not None:
        entries.append(
            make_entry(
                book=buyer.entity,
                book_currency=buyer.currency,
                currency=leg.currency,
                rule=f"{kind}_bought",
                leg=index,
                debits=[(f"cost:{kind}", net), (vat_accrued(place, on_sales=False), vat)],
                credits=[(payable(leg.seller), gross)],
                fx=_conversion(leg, buyer.currency),
            )
        )
    return tuple(entries if sign > 0 else (reversal_of(entry) for entry in entries))


def _conversion(leg: Leg, book_currency: str) -> FxDecision | None:
    if leg.currency == book_currency:
        return None
    return next(rate for rate in leg.fx if rate.to_currency == book_currency)
