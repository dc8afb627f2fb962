"""Balances and trial balances; sums of what was posted, nothing else."""

import hashlib
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from ledger.settlement.accounting import TrialBalance
from projections.database import Connection, rows


class BalanceRow(NamedTuple):
    """An account's sums; `balance` is debit less credit, `book_…` in the book's currency."""

    book: str
    account: str
    currency: str
    book_currency: str
    debit: Decimal
    credit: Decimal
    balance: Decimal
    book_debit: Decimal
    book_credit: Decimal
    book_balance: Decimal


class Excess(NamedTuple):
    """By how much a book's month is out of balance: debit less credit."""

    book: str
    accounting_month: str
    currency: str
    excess: Decimal
    book_excess: Decimal


class BalanceDifference(NamedTuple):
    """A daily balance that is not the sum of its postings."""

    book: str
    account: str
    currency: str
    posted_on: date


class ClosedMonth(NamedTuple):
    """A book's month that takes no entries any more, with the figures it was closed on."""

    book: str
    accounting_month: str
    position: int
    closed_at: datetime
    debit: Decimal
    credit: Decimal
    accounts: int
    sha256: str


def balances(
    connection: Connection,
    *,
    book: str | None = None,
    account: str | None = None,
    month: str | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> list[BalanceRow]:
    """Return balances per book, account and currency.

    Without `known_at` from the daily sums, with it from the postings recorded by then.
    """
    filters = {"book": book, "account": account, "month": month, "as_of": as_of}
    if known_at is None:
        return rows(connection, "balance_list", BalanceRow, **filters)
    return rows(connection, "balance_list_known_at", BalanceRow, **filters, known_at=known_at)


def trial_balance(connection: Connection, book: str, month: str) -> TrialBalance:
    """Return what a book's month is closed on: its totals in the book's currency and a hash.

    The hash is SHA-256 over a line per account and currency, in order, of account, currency,
    debit, credit, and both in the book's currency, separated by tabs.
    """
    found = balances(connection, book=book, month=month)
    lines = [
        f"{row.account}\t{row.currency}\t{row.debit}\t{row.credit}"
        f"\t{row.book_debit}\t{row.book_credit}\n"
        for row in found
    ]
    nothing = Decimal("0.0000")
    return TrialBalance(
        debit=sum((row.book_debit for row in found), nothing),
        credit=sum((row.book_credit for row in found), nothing),
        accounts=len({row.account for row in found}),
        sha256=hashlib.sha256("".join(lines).encode()).hexdigest(),
    )


def books_out_of_balance(connection: Connection, *, month: str | None = None) -> list[Excess]:
    """Return the books whose debits and credits differ; there should be none."""
    return rows(connection, "books_out_of_balance", Excess, month=month)


def balances_beside_postings(connection: Connection) -> list[BalanceDifference]:
    """Return the daily balances that are not the sum of their postings; there should be none."""
    return rows(connection, "balances_beside_postings", BalanceDifference)


def incomplete_entries(connection: Connection) -> list[tuple[int, int]]:
    """Return the entries without postings; there should be none."""
    return rows(connection, "incomplete_entries", lambda *row: row)


def closed_months(connection: Connection) -> list[ClosedMonth]:
    """Return the months that are hard closed."""
    return rows(connection, "closed_months", ClosedMonth)
