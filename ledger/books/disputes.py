"""What a dispute does to the books: a part of a sale leaves the clearing accounts, and comes back.

| rule              | book   | debit                     | credit                  |
|-------------------|--------|---------------------------|-------------------------|
| `disputed_sale`   | seller | disputed:receivable:buyer | receivable:buyer        |
| `disputed_buying` | buyer  | payable:seller            | disputed:payable:seller |

Amounts in a book's own currency are parts of what was recorded there: nothing is converted anew.
What comes back is the exact reversal (`entries.reversal_of`). `posting_rules` has the same as data.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from ledger.books.accounts import disputed_payable, disputed_receivable, payable, receivable
from ledger.roaming.legs import Leg
from ledger.values.entries import Entry, Posting
from ledger.values.money import EXACT, ZERO, round_to_scale_4
from ledger.values.reasons import InvariantBroken

SALE = 0
"""The leg between the two parties of the CDR; what it sold is what they can dispute."""


class Owed(NamedTuple):
    """What of a sale stands on the clearing accounts: neither taken back nor disputed.

    `gross` is in the sale's currency, the others in the currencies of the two books; scale 4.
    """

    sold: Entry
    bought: Entry
    gross: Decimal
    sold_book: Decimal
    bought_book: Decimal


def owed_of(sale: Leg, entries: Iterable[Entry]) -> Owed | None:
    """Return what is left of a sale after all its entries; None where nothing was booked.

    `entries` begins with those of the decision, whose books and currencies count.
    """
    ours, theirs = receivable(sale.buyer), payable(sale.seller)
    sold = bought = None
    sums = {ours: [ZERO, ZERO], theirs: [ZERO, ZERO]}
    for entry in entries:
        if entry.leg != SALE:
            continue
        for posting in entry.postings:
            if posting.account not in sums:
                continue
            if posting.account == ours:
                sold, sign = sold or entry, 1 if posting.side == "debit" else -1
            else:
                bought, sign = bought or entry, 1 if posting.side == "credit" else -1
            sums[posting.account][0] += sign * posting.amount
            sums[posting.account][1] += sign * posting.book_amount
    if sold is None or bought is None:
        return None
    if sums[ours][0] != sums[theirs][0]:
        raise InvariantBroken(f"{sale.clause}: {ours} is {sums[ours]}, {theirs} {sums[theirs]}")
    return Owed(sold, bought, sums[ours][0], sums[ours][1], sums[theirs][1])


def disputed_entries(sale: Leg, owed: Owed, gross: Decimal) -> tuple[Entry, ...]:
    """Return the entries that move a part of what is owed out of clearing, in both books.

    `gross` is in the sale's currency, more than zero and at most what is owed. Raises
    InvariantBroken for any other.
    """
    if not ZERO < gross <= owed.gross:
        raise InvariantBroken(f"{gross} of {owed.gross} {sale.currency} cannot be disputed")
    buyer, seller = sale.buyer, sale.seller
    return (
        _moved(owed.sold, "disputed_sale", disputed_receivable(buyer), receivable(buyer),
               gross, _part(owed.sold_book, gross, owed.gross)),
        _moved(owed.bought, "disputed_buying", payable(seller), disputed_payable(seller),
               gross, _part(owed.bought_book, gross, owed.gross)),
    )  # fmt: skip


def _part(of: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Return the same part of another amount, at scale 4; the whole of it is the amount itself."""
    if part == whole:
        return of
    return round_to_scale_4(EXACT.divide(EXACT.multiply(of, part), whole))


def _moved(
    booked: Entry, rule: str, debit: str, credit: str, amount: Decimal, book_amount: Decimal
) -> Entry:
    return Entry(
        booked.book,
        booked.book_currency,
        booked.currency,
        rule,
        SALE,
        (
            Posting(debit, "debit", amount, book_amount),
            Posting(credit, "credit", amount, book_amount),
        ),
    )
