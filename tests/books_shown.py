"""Entries and balances made by hand or by chance, as the read models give them.

They keep the journal's rules: an entry has one book and one currency, balances in it and in the
book's, and has no negative amount.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import strategies as st

from console.exports.books import Books
from console.reports.running import NOTHING
from projections.queries.balance import BalanceRow
from projections.queries.journal import EntryRow, PostingRow
from projections.queries.ledger import LedgerLine

BOOKS = {"nl-polder": "EUR", "ch-leman": "CHF"}
ACCOUNTS = (
    "receivable:DE*EMP",
    "payable:NL*XYZ",
    "disputed:receivable:DE*EMP",
    "revenue:charging",
    "revenue:charging:invoiced",
    "vat:NL:output:accrued",
    "vat:DE:self_assessed:due",
    "fx:unrealised",
    "fx:markup_income",
    "suspense:lost_and_found",
)
FIRST_ON = date(2026, 10, 1)


def entry(
    position: int,
    *lines: tuple[str, str, str, str],
    book: str = "nl-polder",
    currency: str = "EUR",
    on: date = FIRST_ON,
    cdr: str | None = "NL*XYZ/c-1",
    reverses: int | None = None,
    clause: str = "tariffs",
) -> EntryRow:
    """Return an entry; a line is account, side, amount, and amount in the book's currency."""
    return EntryRow(
        position=position,
        number=1,
        book=book,
        currency=currency,
        book_currency=BOOKS[book],
        rule="charging_sold",
        leg=0,
        cdr=cdr,
        seller="NL*XYZ",
        buyer="DE*EMP",
        clause=clause,
        agreement_version="NL*XYZ>DE*EMP#1",
        service_period="ALL/2026-10",
        posted_period="ALL/2026-10",
        accounting_month=f"{on:%Y-%m}",
        service_on=on,
        posted_on=on,
        late_of=None,
        recorded_at=datetime(2026, 11, 2, 8, tzinfo=UTC),
        reverses_position=reverses,
        reverses_number=None if reverses is None else 1,
        postings=tuple(
            PostingRow(line, account, side, Decimal(amount), Decimal(book_amount))
            for line, (account, side, amount, book_amount) in enumerate(lines, 1)
        ),
    )


def balances_of(entries: Iterable[EntryRow]) -> tuple[BalanceRow, ...]:
    """Return what entries come to, as the read model keeps it."""
    sums: defaultdict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [NOTHING] * 4)
    for row in entries:
        for posting in row.postings:
            kept = sums[row.book, posting.account, row.currency, row.book_currency]
            side = 0 if posting.side == "debit" else 1
            kept[side] += posting.amount
            kept[side + 2] += posting.book_amount
    return tuple(
        BalanceRow(*key, debit, credit, debit - credit, in_book, out_of_book, in_book - out_of_book)
        for key, (debit, credit, in_book, out_of_book) in sorted(sums.items())
    )


def books(
    entries: Sequence[EntryRow], *, book: str | None = None, posted_from: date | None = None
) -> Books:
    """Return entries as an export gets them, those before `posted_from` as what they came to."""
    chosen = [row for row in entries if book in (None, row.book)]
    before = [row for row in chosen if posted_from is not None and row.posted_on < posted_from]
    after = [row for row in chosen if posted_from is None or row.posted_on >= posted_from]
    return Books(
        lambda: after,
        book=book,
        posted_from=posted_from,
        forward=balances_of(before),
        closing=balances_of(chosen),
    )


def ledger_lines_of(entries: Iterable[EntryRow]) -> list[LedgerLine]:
    """Return the postings of entries account by account, as the query of that name gives them."""
    found = [
        LedgerLine(
            row.book, posting.account, row.currency, row.book_currency, row.posted_on,
            row.service_on, row.position, row.number, posting.line, posting.side, posting.amount,
            posting.book_amount, row.rule, row.cdr, row.seller, row.buyer, row.clause,
            row.agreement_version, row.service_period, row.posted_period, row.accounting_month,
            row.late_of, row.recorded_at, row.reverses_position, row.reverses_number,
        )
        for row in entries
        for posting in row.postings
    ]  # fmt: skip
    key = lambda line: (*line[:3], line.posted_on, line.position, line.number, line.line)  # noqa: E731
    return sorted(found, key=key)


def _shared(draw: st.DrawFn, units: int, count: int) -> list[str]:
    """Return a sum of 0.0001 cut into so many parts, some of them nothing."""
    cuts = sorted(draw(st.lists(st.integers(0, units), min_size=count - 1, max_size=count - 1)))
    ends = [0, *cuts, units]
    return [f"{Decimal(end - begin).scaleb(-4):.4f}" for begin, end in pairwise(ends)]


@st.composite
def some_entry(draw: st.DrawFn, position: int) -> EntryRow:
    """Draw an entry: at home, abroad, of a worth alone, or too small to be worth anything."""
    book = draw(st.sampled_from(sorted(BOOKS)))
    currency = draw(st.sampled_from(["EUR", "CHF", "GBP"]))
    debits, credits = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    units = st.integers(0, 10**8) | st.integers(0, 3)
    total, worth = draw(units), draw(units)
    sides = []
    for side, count in (("debit", debits), ("credit", credits)):
        amounts = _shared(draw, total, count)
        at_home = currency == BOOKS[book]
        book_amounts = amounts if at_home else _shared(draw, worth, count)
        accounts = draw(st.lists(st.sampled_from(ACCOUNTS), min_size=count, max_size=count))
        sides += [
            (account, side, *money)
            for account, *money in zip(accounts, amounts, book_amounts, strict=True)
        ]
    text = st.text(max_size=8)
    return entry(
        position,
        *sides,
        book=book,
        currency=currency,
        on=FIRST_ON + timedelta(days=draw(st.integers(0, 9))),
        cdr=draw(st.none() | text.map(lambda some: f"NL*XYZ/{some}")),
        clause=draw(text),
        reverses=draw(st.none() | st.just(1)),
    )


@st.composite
def some_entries(draw: st.DrawFn) -> list[EntryRow]:
    """Draw entries in the order of the log."""
    count = draw(st.integers(0, 8))
    return [draw(some_entry(position)) for position in range(1, count + 1)]
