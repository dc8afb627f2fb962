"""Running balances: what stood before, each posting with the balance after it, what stands now.

Pure, and a line at a time: a ledger of millions of postings is never held.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Final, Literal, NamedTuple

from projections.queries.balance import BalanceRow
from projections.queries.ledger import LedgerLine

NOTHING: Final = Decimal("0.0000")


class Key(NamedTuple):
    """What has one running balance: an account in one currency of one book."""

    book: str
    account: str
    currency: str
    book_currency: str


class Amounts(NamedTuple):
    """Debit less credit, in the account's currency and in the book's."""

    amount: Decimal = NOTHING
    book_amount: Decimal = NOTHING


class Running(NamedTuple):
    """One line of a ledger.

    `opening` and `closing` say what stands before and after; `closing` has as debit and credit
    what was posted in between.
    """

    key: Key
    kind: Literal["opening", "posting", "closing"]
    posting: LedgerLine | None
    debit: Decimal | None
    credit: Decimal | None
    balance: Decimal
    book_debit: Decimal | None
    book_credit: Decimal | None
    book_balance: Decimal


def running(openings: Mapping[Key, Amounts], lines: Iterable[LedgerLine]) -> Iterator[Running]:
    """Yield each account's opening, its postings and its closing, in order.

    `lines` come by book, account and currency. An account with an opening and no posting has
    both; one that had nothing and got nothing is not there.
    """
    ahead = iter(sorted(key for key, amounts in openings.items() if any(amounts)))
    waiting = next(ahead, None)
    for key, posted in groupby(lines, key=lambda line: Key(*line[:4])):
        while waiting is not None and waiting < key:
            yield from _of_account(waiting, openings[waiting], ())
            waiting = next(ahead, None)
        if waiting == key:
            waiting = next(ahead, None)
        yield from _of_account(key, openings.get(key, Amounts()), posted)
    while waiting is not None:
        yield from _of_account(waiting, openings[waiting], ())
        waiting = next(ahead, None)


def openings_of(balances: Iterable[BalanceRow]) -> dict[Key, Amounts]:
    """Return balances as what a ledger opens with."""
    return {
        Key(row.book, row.account, row.currency, row.book_currency): Amounts(
            row.balance, row.book_balance
        )
        for row in balances
    }


def _of_account(key: Key, before: Amounts, posted: Iterable[LedgerLine]) -> Iterator[Running]:
    balance, book_balance = before
    debits = credits = book_debits = book_credits = NOTHING
    yield Running(key, "opening", None, None, None, balance, None, None, book_balance)
    for line in posted:
        debit, credit, book_debit, book_credit = _sides(line)
        balance += (debit or NOTHING) - (credit or NOTHING)
        book_balance += (book_debit or NOTHING) - (book_credit or NOTHING)
        debits, credits = debits + (debit or NOTHING), credits + (credit or NOTHING)
        book_debits += book_debit or NOTHING
        book_credits += book_credit or NOTHING
        yield Running(
            key, "posting", line, debit, credit, balance, book_debit, book_credit, book_balance
        )
    yield Running(
        key, "closing", None, debits, credits, balance, book_debits, book_credits, book_balance
    )


def _sides(line: LedgerLine) -> tuple[Decimal | None, ...]:
    """Return debit and credit, and both in the book's currency."""
    if line.side == "debit":
        return line.amount, None, line.book_amount, None
    return None, line.amount, None, line.book_amount
