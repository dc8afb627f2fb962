"""Control accounts at a month's end: zero, or itemised so that the items sum to the balance.

`ledger.books.accounts.CONTROLS` says what each must come to. What no item explains blocks a close.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from ledger.books.accounts import Control, account_of, found_in_chart
from ledger.values.instants import month_after
from projections.database import Connection, rows
from projections.queries.accrual import accruals_left
from projections.queries.balance import BalanceRow, balances
from projections.queries.period import Block

_NOTHING = Decimal("0.0000")
Key = tuple[str, str, str]
"""(book, account, currency)"""


class ControlItem(NamedTuple):
    """What explains a part of a balance: a party, a dispute, an invoice group, an opening."""

    item: str
    amount: Decimal
    book_amount: Decimal


class ControlAccount(NamedTuple):
    """A control account at a month's end; debits less credits, `book_…` in the book's currency.

    `unexplained` is what its items do not sum to; there should be none.
    """

    book: str
    control: Control
    account: str
    currency: str
    book_currency: str
    balance: Decimal
    book_balance: Decimal
    items: list[ControlItem]
    unexplained: Decimal
    book_unexplained: Decimal

    @property
    def is_explained(self) -> bool:
        """True where the items sum to the balance, in both currencies."""
        return not (self.unexplained or self.book_unexplained)


class _ItemRow(NamedTuple):
    book: str
    account: str
    currency: str
    item: str
    amount: Decimal
    book_amount: Decimal


def control_accounts(
    connection: Connection, month: str | None = None, *, book: str | None = None
) -> list[ControlAccount]:
    """Return the control accounts of each book at the end of a month, by account and currency.

    Without a month, with everything that is posted.
    """
    before = None if month is None else month_after(month)
    found = [
        (row, control)
        for row in balances(connection, book=book, before=before)
        if (control := control_of(row.account)) is not None
    ]
    items = _items(connection, month, found)
    return [_explained(row, control, items.get(_key(row), [])) for row, control in found]


def control_blocks(accounts: Iterable[ControlAccount]) -> list[Block]:
    """Return what of the control accounts of all books blocks a close.

    CLEARING_OUT_OF_BALANCE where all books together are not zero, CONTROL_NOT_EXPLAINED where
    items do not sum to a balance.
    """
    found: list[Block] = []
    over_all: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in accounts:
        if row.control in ("clearing", "disputed"):
            over_all[row.currency] += row.balance
        if not row.is_explained:
            rest = f"{row.unexplained} {row.currency} ({row.book_unexplained} {row.book_currency})"
            sentence = f"Nothing explains {rest} on {row.account} in the book {row.book}."
            found.append(Block("CONTROL_NOT_EXPLAINED", sentence))
    return found + [
        Block(
            "CLEARING_OUT_OF_BALANCE",
            f"Clearing sums to {excess} {currency} over all books, not to zero.",
        )
        for currency, excess in sorted(over_all.items())
        if excess
    ]


def control_of(account: str) -> Control | None:
    """Return what an account controls, None where it controls nothing.

    >>> control_of("receivable:DE*EMP"), control_of("revenue:charging:invoiced")
    ('clearing', None)
    """
    try:
        return account_of(account).control
    except KeyError:
        return None


def _items(
    connection: Connection, month: str | None, found: list[tuple[BalanceRow, Control]]
) -> dict[Key, list[ControlItem]]:
    """Return what explains each account; of clearing, the party whose account it is."""
    items: defaultdict[Key, list[ControlItem]] = defaultdict(list)
    for row, control in found:
        if control == "clearing" and (row.balance or row.book_balance):
            party = found_in_chart(row.account).parts["party"]
            items[_key(row)].append(ControlItem(party, row.balance, row.book_balance))
    for left in accruals_left(connection, month):
        place = left.book, left.account, left.currency
        items[place].append(ControlItem(left.item, left.amount, left.book_amount))
    # Accruals are read entry by entry only where something else than a sale stands on them.
    accounts = {
        row.account
        for row, control in found
        if control in ("disputed", "suspense", "rounding")
        or (control == "accrual" and not _explained(row, control, items[_key(row)]).is_explained)
    }
    if accounts:
        filters = {"accounts": sorted(accounts), "month": month}
        for item in rows(connection, "control_items", _ItemRow, **filters):
            items[item[:3]].append(ControlItem(*item[3:]))
    return items


def _explained(row: BalanceRow, control: Control, items: list[ControlItem]) -> ControlAccount:
    rest = row.balance - sum((item.amount for item in items), _NOTHING)
    book_rest = row.book_balance - sum((item.book_amount for item in items), _NOTHING)
    return ControlAccount(
        row.book,
        control,
        row.account,
        row.currency,
        row.book_currency,
        row.balance,
        row.book_balance,
        items,
        rest,
        book_rest,
    )


def _key(row: BalanceRow) -> Key:
    return row.book, row.account, row.currency
