"""Adjustments: a part of a CDR's entries taken back, without touching what was booked."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from ledger.books.entries import reversal_of
from ledger.values.entries import Entry, Posting, Side
from ledger.values.money import SCALE_4, ZERO, share_out


def part_reversed(entries: Sequence[Entry], part: Fraction) -> tuple[Entry, ...]:
    """Return the opposite of a part of entries, balanced in both currencies at scale 4.

    Each side's total is rounded once and shared out over its postings by largest remainder; so
    `part` 1 gives the exact reversal. A part that rounds to nothing makes no entry.
    """
    found = [_part_of(reversal_of(entry), part) for entry in entries]
    return tuple(entry for entry in found if entry.postings)


def _part_of(entry: Entry, part: Fraction) -> Entry:
    postings: list[Posting] = []
    sides: tuple[Side, ...] = ("debit", "credit")
    for side in sides:
        rows = [row for row in entry.postings if row.side == side]
        amounts = _shared([row.amount for row in rows], part)
        books = _shared([row.book_amount for row in rows], part)
        postings.extend(
            Posting(row.account, side, amount, book)
            for row, amount, book in zip(rows, amounts, books, strict=True)
            if amount or book
        )
    return Entry(
        entry.book,
        entry.book_currency,
        entry.currency,
        entry.rule,
        entry.leg,
        tuple(postings),
        entry.reverses,
    )


def _shared(amounts: list[Decimal], part: Fraction) -> list[Decimal]:
    total = sum(amounts, ZERO)
    if not total:
        return [ZERO for _ in amounts]
    whole = Fraction(total) * part
    rounded = (Decimal(whole.numerator) / Decimal(whole.denominator)).quantize(
        SCALE_4, ROUND_HALF_UP
    )
    return share_out(rounded, amounts)
