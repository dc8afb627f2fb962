"""Adjustments: a part of a CDR's entries taken back, without touching what was booked.

Between two parties the sale alone is adjusted: fees and shares were earned on what was charged. A
driver who paid on the spot is refunded by who collected, and everybody who was paid from that
payment gives back the same part: CPO, host, platform and provider.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from ledger.books.accounts import MARKUP_INCOME, receivable
from ledger.books.disputes import SALE
from ledger.books.entries import reversal_of
from ledger.roaming.legs import DRIVER, Decision, Leg
from ledger.values.entries import Entry, Posting, Side
from ledger.values.fractions import scale_4_of
from ledger.values.money import ZERO, share_out


def gross_left(sale: Leg, entries: Iterable[Entry]) -> Decimal:
    """Return what a buyer, or a driver, still owes for a sale after all its entries, with tax."""
    owed = receivable(sale.buyer)
    postings = (row for entry in entries if entry.leg == SALE for row in entry.postings)
    return sum(
        (
            row.amount if row.side == "debit" else -row.amount
            for row in postings
            if row.account == owed
        ),
        ZERO,
    )


def given_back(
    decision: Decision, adjustments: Sequence[Entry], *, gross: Decimal, left: Decimal
) -> tuple[Entry, ...]:
    """Return the entries that give back a part of a sale, of which `left` is not given back yet.

    `gross` is with tax, in the sale's currency, and at most `left`. Giving a driver back all that
    is left leaves nothing on any account of the CDR, however it was cut before.
    """
    sale = decision.legs[SALE]
    if sale.buyer != DRIVER:
        sold = [entry for entry in decision.entries if entry.leg == SALE]
        return part_reversed(sold, Fraction(gross) / Fraction(sale.gross))
    if gross == left:
        return part_reversed((*decision.entries, *adjustments), Fraction(1))
    return part_reversed(decision.entries, Fraction(gross) / Fraction(sale.gross))


def part_reversed(entries: Sequence[Entry], part: Fraction) -> tuple[Entry, ...]:
    """Return the opposite of a part of entries, balanced in both currencies at scale 4.

    Each side's total is rounded once and shared out over its postings by largest remainder; so
    `part` 1 gives the exact reversal, and both books of a sale give back the same of each tax.
    A part that rounds to nothing makes no entry.
    """
    found = [_part_of(reversal_of(entry), part) for entry in entries]
    return tuple(entry for entry in found if entry.postings)


def _part_of(entry: Entry, part: Fraction) -> Entry:
    postings: list[Posting] = []
    sides: tuple[Side, ...] = ("debit", "credit")
    for side in sides:
        rows = [row for row in entry.postings if row.side == side]
        amounts = _amounts(rows, part)
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


def _amounts(rows: Sequence[Posting], part: Fraction) -> list[Decimal]:
    """Return a part of each posting; of a markup together with the revenue that stands before it.

    The buyer has both as one cost: so what is given back of each tax class is the same in the
    books of both.
    """
    amounts = [row.amount for row in rows]
    markup = next((n for n, row in enumerate(rows) if row.account == MARKUP_INCOME), 0)
    if not markup:
        return _shared(amounts, part)
    net = amounts[markup - 1 : markup + 1]
    shared = _shared([*amounts[: markup - 1], sum(net, ZERO), *amounts[markup + 1 :]], part)
    return [*shared[: markup - 1], *share_out(shared[markup - 1], net), *shared[markup:]]


def _shared(amounts: list[Decimal], part: Fraction) -> list[Decimal]:
    total = sum(amounts, ZERO)
    if not total:
        return [ZERO for _ in amounts]
    return share_out(scale_4_of(Fraction(total) * part), amounts)
