"""Entries as flat lines, one a posting with all that its entry says: for spreadsheets."""

from collections.abc import Iterable, Iterator, Sequence

from console.reports.report import Cell, Report, Row, columns
from projections.queries.journal import EntryRow

COLUMNS = columns(
    "entry", "position:count", "number:count", "line:count", "book", "posted_on:date",
    "service_on:date", "recorded_at:instant", "rule", "account", "side", "amount:money",
    "currency", "book_amount:money", "book_currency", "cdr::CDR", "leg:count", "seller", "buyer",
    "clause", "agreement_version", "service_period", "posted_period", "accounting_month",
    "late_of", "reverses",
)  # fmt: skip


def posting_report(entries: Iterable[EntryRow], said: Sequence[tuple[str, Cell]] = ()) -> Report:
    """Return entries, which may come one by one, as a line a posting."""
    return Report(title="Journal", facts=tuple(said), columns=COLUMNS, rows=_rows(entries))


def _rows(entries: Iterable[EntryRow]) -> Iterator[Row]:
    for entry in entries:
        place = entry.id, entry.position, entry.number
        head = (entry.book, entry.posted_on, entry.service_on, entry.recorded_at, entry.rule)
        tail = (
            entry.cdr, entry.leg, entry.seller, entry.buyer, entry.clause,
            entry.agreement_version, entry.service_period, entry.posted_period,
            entry.accounting_month, entry.late_of, entry.reverses,
        )  # fmt: skip
        for posting in entry.postings:
            money = posting.amount, entry.currency, posting.book_amount, entry.book_currency
            yield (*place, posting.line, *head, posting.account, posting.side, *money, *tail)
