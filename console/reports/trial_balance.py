"""The trial balance: per book and currency what every account opened with, turned over and has."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from console.reports.report import Cell, Report, Row, columns, facts
from console.reports.running import NOTHING
from console.reports.words import MEANING_OF_A_BALANCE, type_of_account
from projections.queries.balance import TrialBalanceRow

COLUMNS = columns(
    "book", "account", "type", "currency",
    "opening:money", "debit:money", "credit:money", "closing:money",
    "book_opening:money:opening (book)", "book_debit:money:debit (book)",
    "book_credit:money:credit (book)", "book_closing:money:closing (book)",
    "book_currency",
)  # fmt: skip

Sums = dict[tuple[str, str], list[Decimal]]
"""By book and currency: opening, debit, credit and closing."""


class OutOfBalance(NamedTuple):
    """By how much a book's closings differ from zero in a currency; `in_book`: in its own."""

    book: str
    currency: str
    in_book: bool
    excess: Decimal


def trial_balance_report(
    rows: Sequence[TrialBalanceRow], said: Sequence[tuple[str, Cell]] = ()
) -> Report:
    """Return the trial balance with the sums of each book, and whether they are in balance."""
    wrong = out_of_balance(rows)
    verdicts = [
        f"OUT OF BALANCE: {row.book} by {row.excess} {row.currency}"
        f"{' as its own currency' if row.in_book else ''}."
        for row in wrong
    ] or ["In balance: every book, in every currency and in its own."]
    return Report(
        title="Trial balance",
        facts=(*said, *facts(in_balance="no" if wrong else "yes")),
        columns=COLUMNS,
        rows=map(_row, rows),
        totals=_totals(rows),
        notes=(*verdicts, MEANING_OF_A_BALANCE),
    )


def out_of_balance(rows: Sequence[TrialBalanceRow]) -> list[OutOfBalance]:
    """Return where a book's openings or closings do not sum to zero, or debits are not credits."""
    found = []
    for in_book, sums in enumerate((_in_currency(rows), _in_books(rows))):
        for (book, currency), (opening, debit, credit, closing) in sorted(sums.items()):
            excess = closing or opening or debit - credit
            if excess:
                found.append(OutOfBalance(book, currency, bool(in_book), excess))
    return found


def _row(row: TrialBalanceRow) -> Row:
    book, account, currency, book_currency, *figures = row
    return (book, account, type_of_account(account), currency, *figures, book_currency)


def _totals(rows: Sequence[TrialBalanceRow]) -> Iterator[Row]:
    """Yield the sums per book and currency, then per book in its own currency."""
    nothing = (None,) * 4
    for (book, currency), sums in sorted(_in_currency(rows).items()):
        yield (book, "total", None, currency, *sums, *nothing, None)
    for (book, book_currency), sums in sorted(_in_books(rows).items()):
        yield (book, "total", None, None, *nothing, *sums, book_currency)


def _in_currency(rows: Sequence[TrialBalanceRow]) -> Sums:
    sums: Sums = defaultdict(lambda: [NOTHING] * 4)
    for row in rows:
        _add(sums[row.book, row.currency], row.opening, row.debit, row.credit, row.closing)
    return sums


def _in_books(rows: Sequence[TrialBalanceRow]) -> Sums:
    sums: Sums = defaultdict(lambda: [NOTHING] * 4)
    for row in rows:
        key = row.book, row.book_currency
        _add(sums[key], row.book_opening, row.book_debit, row.book_credit, row.book_closing)
    return sums


def _add(sums: list[Decimal], *amounts: Decimal) -> None:
    for place, amount in enumerate(amounts):
        sums[place] += amount
