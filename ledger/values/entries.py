"""Journal entries as events record them: one book, postings that balance.

A posting has a side and an amount that is never negative; both the amount in the currency of the
sale and the amount in the book's currency have scale 4, and both balance.
"""

from decimal import Decimal
from typing import Literal

import msgspec

Side = Literal["debit", "credit"]


class Posting(msgspec.Struct, frozen=True, gc=False):
    """One side of an entry. `book_amount` is in the currency of the entry's book."""

    account: str
    side: Side
    amount: Decimal
    book_amount: Decimal


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Postings in one book that sum to zero, made by one posting rule for one leg."""

    book: str
    book_currency: str
    currency: str
    rule: str
    leg: int
    postings: tuple[Posting, ...]
    reverses: bool = False
