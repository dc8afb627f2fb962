"""The posting rules: one leg becomes one entry in the seller's and one in the buyer's book.

| rule            | book   | debit                              | credit                        |
|-----------------|--------|------------------------------------|-------------------------------|
| `<kind>_sold`   | seller | receivable:buyer (gross)           | revenue:<kind>, vat output    |
| `<kind>_bought` | buyer  | cost:<kind>, vat input             | payable:seller (gross)        |

`<kind>` is charging (the wholesale leg), fee or share. A negative net (a surcharge given back)
swaps the sides, so that no amount is ever negative.
"""

from typing import NamedTuple

from ledger.books.accounts import payable, receivable, vat_accrued
from ledger.books.entries import make_entry, reversal_of
from ledger.fx.convert import FxDecision
from ledger.roaming.legs import Leg
from ledger.values.entries import Entry

_ACCOUNT_OF_KIND = {"wholesale": "charging", "retail": "charging", "fee": "fee", "share": "share"}


class BookOf(NamedTuple):
    """The book in which a side of a leg is booked."""

    entity: str
    currency: str


def entries_of(leg: Leg, index: int, *, seller: BookOf, buyer: BookOf) -> tuple[Entry, ...]:
    """Return the entries of a leg. A leg of nothing makes none.

    Source: the table of this module; accruals at scale 4, tax on `vat:*:accrued` until invoiced.
    """
    if not leg.gross and not leg.net:
        return ()
    sign = -1 if leg.gross < 0 else 1
    net, vat, gross = leg.net * sign, leg.vat.vat * sign, leg.gross * sign
    kind = _ACCOUNT_OF_KIND[leg.kind]
    place = leg.vat.place
    sold = make_entry(
        book=seller.entity,
        book_currency=seller.currency,
        currency=leg.currency,
        rule=f"{kind}_sold",
        leg=index,
        debits=[(receivable(leg.buyer), gross)],
        credits=[(f"revenue:{kind}", net), (vat_accrued(place, on_sales=True), vat)],
        fx=_conversion(leg, seller.currency),
    )
    bought = make_entry(
        book=buyer.entity,
        book_currency=buyer.currency,
        currency=leg.currency,
        rule=f"{kind}_bought",
        leg=index,
        debits=[(f"cost:{kind}", net), (vat_accrued(place, on_sales=False), vat)],
        credits=[(payable(leg.seller), gross)],
        fx=_conversion(leg, buyer.currency),
    )
    both = (sold, bought)
    return both if sign > 0 else tuple(reversal_of(entry) for entry in both)


def _conversion(leg: Leg, book_currency: str) -> FxDecision | None:
    if leg.currency == book_currency:
        return None
    return next(rate for rate in leg.fx if rate.to_currency == book_currency)
