"""Balances and trial balances; sums of what was posted, nothing else."""

import hashlib
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from ledger.settlement.accounting import TrialBalance
from ledger.values.instants import month_after
from projections.database import Connection, one_row, rows
from projections.journal_rows import BLOCK_SIZE


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


class TrialBalanceRow(NamedTuple):
    """An account before a month, in it and at its end; `book_…` in the book's currency.

    `opening` and `closing` are debit less credit, `debit` and `credit` what the month added.
    """

    book: str
    account: str
    currency: str
    book_currency: str
    opening: Decimal
    debit: Decimal
    credit: Decimal
    closing: Decimal
    book_opening: Decimal
    book_debit: Decimal
    book_credit: Decimal
    book_closing: Decimal


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
    before: str | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> list[BalanceRow]:
    """Return balances per book, account and currency.

    Of one accounting month, or of all `before` one; else of everything.
    """
    found = _sums(
        connection,
        known_at,
        book=book,
        account=account,
        month=month,
        before=before,
        as_of=as_of,
        opens=None,
    )
    return [
        BalanceRow(
            book=row.book,
            account=row.account,
            currency=row.currency,
            book_currency=row.book_currency,
            debit=row.debit,
            credit=row.credit,
            balance=row.closing,
            book_debit=row.book_debit,
            book_credit=row.book_credit,
            book_balance=row.book_closing,
        )
        for row in found
    ]


def trial_balance_rows(
    connection: Connection,
    *,
    book: str | None = None,
    month: str | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> list[TrialBalanceRow]:
    """Return what every account opened a month with, what was added, and what it closed with.

    By book, account and currency. Without a month, everything was added and nothing opened with.
    """
    return _sums(
        connection,
        known_at,
        book=book,
        account=None,
        month=None,
        before=None if month is None else month_after(month),
        as_of=as_of,
        opens=month,
    )


def _sums(
    connection: Connection, known_at: datetime | None, **filters: object
) -> list[TrialBalanceRow]:
    """Return sums of kept balances; only a block that is known in part is read entry by entry.

    Its positions are asked first, so that the plan is made for them. Both have to see the same
    moment: with `known_at`, ask within one snapshot, as `reading` opens it.
    """
    first, last = one_row(connection, "blocks_known_in_part", known_at=known_at)
    return rows(
        connection,
        "balance_list",
        TrialBalanceRow,
        known_at=known_at,
        first_block=first,
        last_block=last,
        from_position=first * BLOCK_SIZE,
        until_position=(last + 1) * BLOCK_SIZE,
        **filters,
    )


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
    return rows(connection, "balances_beside_postings", BalanceDifference, block_size=BLOCK_SIZE)


def incomplete_entries(connection: Connection) -> list[tuple[int, int]]:
    """Return the entries without postings; there should be none."""
    return rows(connection, "incomplete_entries", lambda *row: row)


def closed_months(connection: Connection) -> list[ClosedMonth]:
    """Return the months that are hard closed."""
    return rows(connection, "closed_months", ClosedMonth)
