"""Entries: balanced by construction, reversed by swapping sides."""

from collections.abc import Iterable, Sequence
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
    debits = [(account, amount) for account, amount in debits if amount]
    credits = [(account, amount) for account, amount in credits if amount]
    total = sum((amount for _, amount in debits), ZERO)
    if total != sum((amount for _, amount in credits), ZERO):
        raise InvariantBroken(f"entry {rule} in {book} does not balance: {debits} {credits}")
    book_total = total if fx is None else round_to_scale_4(EXACT.multiply(total, fx.rate))
    postings = (
        *_side("debit", debits, book_total, converted=fx is not None),
        *_side("credit", credits, book_total, converted=fx is not None),
    )
    return Entry(book, book_currency, currency, rule, leg, postings)


def _side(
    side: Side, amounts: Amounts, book_total: Decimal, *, converted: bool
) -> Iterable[Posting]:
    if not converted or not amounts:
        return [Posting(account, side, amount, amount) for account, amount in amounts]
    parts = share_out(book_total, [amount for _, amount in amounts])
    return [
        Posting(account, side, amount, part)
        for (account, amount), part in zip(amounts, parts, strict=True)
    ]


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
