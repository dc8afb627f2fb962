"""The exchange report: what was converted at which rate, and what rates brought or cost."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from console.reports.report import Report, Row, columns, facts
from ledger.books.accounts import MARKUP_INCOME
from ledger.values.money import EXACT
from projections.database import Connection
from projections.queries.balance import BalanceRow, balances
from projections.queries.exchange import ConversionSum, conversions

_COLUMNS: Final = columns(
    "book",
    "what",
    "from_currency::from",
    "amount:money",
    "to_currency::to",
    "converted:money",
    "markup:money",
    "rate:number",
    "source",
    "date_rule::rule",
    "published_on:date",
    "markup_bps:count:basis points",
    "conversions:count",
    "gain:money",
    "triangulation:number",
)
_KINDS: Final = {"book": "into the book", "settlement": "price settled"}
_DIFFERENCES: Final = {
    MARKUP_INCOME: "markup income",
    "fx:realised": "realised",
    "fx:unrealised": "unrealised",
}
_DIGITS: Final = Decimal("1e-12")


def fx_report(
    connection: Connection,
    *,
    book: str | None = None,
    month: str | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> Report:
    """Return conversions by rate, then markup income and differences by currency, per book.

    A gain is in the book's currency, a loss negative; the totals are per book.
    """
    found = conversions(connection, book=book, month=month, as_of=as_of, known_at=known_at)
    gains = [
        row
        for account in _DIFFERENCES
        for row in balances(
            connection, account=account, book=book, month=month, as_of=as_of, known_at=known_at
        )
        if row.book_debit or row.book_credit
    ]
    return Report(
        title="Exchange rates in the books",
        facts=facts(book=book, month=month, as_of=as_of, known_at=known_at),
        columns=_COLUMNS,
        rows=[*map(_of_conversion, found), *map(_of_gain, sorted(gains, key=lambda row: row.book))],
        totals=[*_totals(gains)],
        notes=(
            "A price is settled at the agreed rate with its markup; a book converts at the rate of"
            " the day without one.",
            "Triangulation: what twelve decimals of a rate over the euro add to the exact cross.",
        ),
    )


def _of_conversion(row: ConversionSum) -> Row:
    return (
        row.book,
        _KINDS[row.kind],
        row.from_currency,
        row.amount,
        row.to_currency,
        row.converted,
        row.markup if row.kind == "settlement" else None,
        row.rate,
        row.source,
        row.date_rule,
        row.published_on,
        row.markup_bps,
        row.conversions,
        None,
        None if row.triangulation is None else _digits(row.triangulation),
    )


def _of_gain(row: BalanceRow) -> Row:
    said = _DIFFERENCES[row.account]
    return _line(row.book, said, row.currency, row.book_currency, -row.book_balance)


def _totals(gains: Iterable[BalanceRow]) -> Iterator[Row]:
    sums: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in gains:
        sums[row.book, row.account, row.book_currency] -= row.book_balance
    for (book, account, currency), gain in sorted(sums.items()):
        yield _line(book, _DIFFERENCES[account], None, currency, gain)


def _line(book: str, what: str, of: str | None, currency: str, gain: Decimal) -> Row:
    unsaid = (None,) * 8
    return (book, what, of, None, currency, *unsaid, gain, None)


def _digits(exact: Fraction) -> Decimal:
    """Return a fraction of twelve decimals, as many as a recorded rate has."""
    return EXACT.divide(Decimal(exact.numerator), Decimal(exact.denominator)).quantize(
        _DIGITS, context=EXACT
    )
