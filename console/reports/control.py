"""The control accounts of each book at a month's end: zero, or every item that makes them up."""

from collections.abc import Iterator, Sequence

from console.reports.report import Cell, Report, Row, columns, facts
from ledger.books.accounts import CONTROLS
from projections.queries.control import ControlAccount

COLUMNS = columns(
    "book", "control", "account", "item", "currency", "amount:money",
    "book_amount:money:amount (book)", "book_currency",
)  # fmt: skip


def control_report(
    accounts: Sequence[ControlAccount], said: Sequence[tuple[str, Cell]] = ()
) -> Report:
    """Return the control accounts, each with its balance and below it what explains it."""
    used = {row.control for row in accounts}
    wrong = [row for row in accounts if not row.is_explained]
    return Report(
        title="Control accounts",
        facts=(*said, *facts(explained="no" if wrong else "yes")),
        columns=COLUMNS,
        rows=_rows(accounts),
        notes=tuple(f"{cause}: {rule}" for cause, rule in CONTROLS.items() if cause in used),
    )


def _rows(accounts: Sequence[ControlAccount]) -> Iterator[Row]:
    for row in accounts:
        place = row.book, row.control, row.account
        sums = row.currency, row.balance, row.book_balance, row.book_currency
        yield (*place, "balance", *sums)
        for item in row.items:
            amounts = row.currency, item.amount, item.book_amount, row.book_currency
            yield (*place, item.item, *amounts)
        if not row.is_explained:
            rest = row.currency, row.unexplained, row.book_unexplained, row.book_currency
            yield (*place, "NOT EXPLAINED", *rest)
