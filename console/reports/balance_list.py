"""Balances as a report: what `clearwatt balance list` lists."""

from collections.abc import Sequence

from console.reports.report import Cell, Report, columns
from console.reports.words import MEANING_OF_A_BALANCE
from projections.queries.balance import BalanceRow

COLUMNS = columns(
    "book", "account", "currency", "debit:money", "credit:money", "balance:money",
    "~book_debit:money:debit (book)", "~book_credit:money:credit (book)",
    "book_balance:money:balance (book)", "book_currency",
)  # fmt: skip


def balance_report(found: Sequence[BalanceRow], said: Sequence[tuple[str, Cell]] = ()) -> Report:
    """Return balances as they were found, in their order."""
    return Report(
        title="Balances",
        facts=tuple(said),
        columns=COLUMNS,
        rows=((*row[:3], *row[4:], row.book_currency) for row in found),
        notes=(MEANING_OF_A_BALANCE,),
    )
