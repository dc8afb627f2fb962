"""The books at the month's end: trial balances, and control accounts at zero or itemised."""

from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from projections.database import Connection
from projections.queries.balance import TrialBalanceRow, trial_balance_rows
from projections.queries.control import ControlAccount, control_accounts

_NOTHING = Decimal("0.0000")


class Balanced(NamedTuple):
    """A book at the month's end: what the month added, in the book's currency, and its controls.

    A control account is at zero, or its items sum to its balance, or something is unexplained.
    """

    book: str
    book_currency: str
    accounts: int
    debit: Decimal
    credit: Decimal
    closing: Decimal
    at_zero: int
    itemised: int
    unexplained: int

    @property
    def is_met(self) -> bool:
        """True where the book is in balance and nothing in it is unexplained."""
        return self.debit == self.credit and not self.closing and not self.unexplained


def balanced(connection: Connection, month: str) -> list[Balanced]:
    """Return how every book stands at the end of a month."""
    books: defaultdict[str, list[TrialBalanceRow]] = defaultdict(list)
    for row in trial_balance_rows(connection, month=month):
        books[row.book].append(row)
    controls: defaultdict[str, list[ControlAccount]] = defaultdict(list)
    for account in control_accounts(connection, month):
        controls[account.book].append(account)
    return [_balanced(book, rows, controls[book]) for book, rows in sorted(books.items())]


def _balanced(book: str, rows: list[TrialBalanceRow], controls: list[ControlAccount]) -> Balanced:
    explained = [row for row in controls if row.is_explained]
    at_zero = sum(not (row.balance or row.book_balance) for row in explained)
    return Balanced(
        book,
        rows[0].book_currency,
        len({row.account for row in rows}),
        sum((row.book_debit for row in rows), _NOTHING),
        sum((row.book_credit for row in rows), _NOTHING),
        sum((row.book_closing for row in rows), _NOTHING),
        at_zero,
        len(explained) - at_zero,
        len(controls) - len(explained),
    )
