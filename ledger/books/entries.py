"""Entries: balanced by construction, reversed by swapping sides."""

from collections.abc import Sequence
from decimal import Decimal

from ledger.fx.convert import FxDecision
from ledger.values.entries import Entry, Posting, Side
from ledger.values.money import EXACT, ZERO, round_to_scale_4, share_out
from ledger.values.reasons import InvariantBroken

Amounts = Sequence[tuple[str, Decimal]]
"""(account, amount) of one side; amounts are scale 4 and not negative."""


def make_entry(
    *,
    book: str,
    book_currency: str,
    currency: str,
    rule: str,
    leg: int,
    debits: Amounts,
    credits: Amounts,
    fx: FxDecision | None,
) -> Entry:
    """Make a balanced entry; amounts in the book's currency are cut from one converted total.

    Zero amounts make no posting. Raises InvariantBroken where the sides differ.
    """
    postings: list[Posting] = []
    total = _add("debit", debits, postings)
    if total != _add("credit", credits, postings):
        raise InvariantBroken(f"entry {rule} in {book} does not balance: {debits} {credits}")
    if fx is not None:
        postings = _converted(postings, round_to_scale_4(EXACT.multiply(total, fx.rate)))
    return Entry(book, book_currency, currency, rule, leg, tuple(postings))


def _add(side: Side, amounts: Amounts, postings: list[Posting]) -> Decimal:
    """Add the postings of a side, in the currency of the sale for now; return their sum.

    In one pass: an entry is made four times a CDR and more (11 -> 7 µs each).
    """
    total = ZERO
    for account, amount in amounts:
        if amount:
            total += amount
            postings.append(Posting(account, side, amount, amount))
    return total


def _converted(postings: Sequence[Posting], book_total: Decimal) -> list[Posting]:
    """Return the postings with their parts of the converted total, side by side."""
    converted: list[Posting] = []
    for side in ("debit", "credit"):
        rows = [row for row in postings if row.side == side]
        if rows:
            parts = share_out(book_total, [row.amount for row in rows])
            converted.extend(
                Posting(row.account, row.side, row.amount, part)
                for row, part in zip(rows, parts, strict=True)
            )
    return converted


def reversal_of(entry: Entry) -> Entry:
    """Return the exact opposite of an entry: the same amounts on the other sides."""
    return Entry(
        entry.book,
        entry.book_currency,
        entry.currency,
        entry.rule,
        entry.leg,
        tuple(
            Posting(
                posting.account,
                "credit" if posting.side == "debit" else "debit",
                posting.amount,
                posting.book_amount,
            )
            for posting in entry.postings
        ),
        not entry.reverses,
    )
