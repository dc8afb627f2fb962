"""What beancount and hledger have in common: transactions of postings, and balances to check."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import groupby

from console.exports.amounts import parts
from console.exports.books import Books
from console.reports.render import text_of
from console.reports.running import NOTHING
from projections.queries.balance import BalanceRow
from projections.queries.journal import EntryRow

Place = tuple[str, str]
"""An account's name in the file, and a currency."""


class Postings:
    """Writes postings with the names that accounts have in the file; `valuation` is the last part
    of the name of a sub-account. Knows what has to stand on every account in the end."""

    def __init__(self, name_of: Callable[[str, str], str], *, valuation: str, indent: int) -> None:
        self._name_of, self._valuation, self._indent = name_of, valuation, " " * indent
        self.valuations: defaultdict[Place, Decimal] = defaultdict(lambda: NOTHING)

    def of_entry(self, entry: EntryRow) -> Iterator[str]:
        """Yield the lines of an entry; debits are positive."""
        for posting in entry.postings:
            amount, worth = posting.amount, posting.book_amount
            if posting.side == "credit":
                amount, worth = -amount, -worth
            name = self._name_of(entry.book, posting.account)
            yield from self._lines(name, (amount, entry.currency), (worth, entry.book_currency))

    def of_balances(self, rows: Iterable[BalanceRow]) -> Iterator[str]:
        """Yield the lines that bring balances forward."""
        for row in rows:
            yield from self._lines(
                self._name_of(row.book, row.account),
                (row.balance, row.currency),
                (row.book_balance, row.book_currency),
            )

    def balances(self, closing: Iterable[BalanceRow]) -> Mapping[Place, Decimal]:
        """Return what stands on each account alone: our balances, and what sub-accounts got."""
        kept = {
            (self._name_of(row.book, row.account), row.currency): row.balance for row in closing
        }
        return kept | self.valuations

    def _lines(
        self, name: str, money: tuple[Decimal, str], in_book: tuple[Decimal, str]
    ) -> Iterator[str]:
        for part in parts(*money, *in_book):
            place = name
            if part.is_valuation:
                place = f"{name}:{self._valuation}"
                self.valuations[place, part.currency] += part.amount
            yield f"{self._indent}{place}  {part.text}\n"


def forward_by_book(books: Books, postings: Postings) -> Iterator[tuple[str, str]]:
    """Yield each book that had balances before the first day, with the lines that bring them."""
    for book, rows in groupby(books.forward, key=lambda row: row.book):
        if lines := "".join(postings.of_balances(row for row in rows if _stands(row))):
            yield book, lines


def said_of(entry: EntryRow) -> Iterator[tuple[str, str]]:
    """Yield what an entry says beside its postings, by name; nothing that is empty."""
    said = (
        ("book", entry.book),
        ("rule", entry.rule),
        ("cdr", entry.cdr),
        ("agreement", entry.agreement_version),
        ("clause", entry.clause),
        ("service_on", str(entry.service_on)),
        ("service_period", entry.service_period),
        ("posted_period", entry.posted_period),
        ("late_of", entry.late_of),
        ("reverses", entry.reverses),
        ("recorded_at", text_of(entry.recorded_at)),
    )
    return ((name, value) for name, value in said if value)


def between(entry: EntryRow) -> str:
    """Return who sells to whom, nothing where nobody does."""
    return f"{entry.seller} to {entry.buyer}" if entry.seller else ""


def subject(entry: EntryRow) -> str:
    """Return the rule an entry follows and what it is about."""
    return f"{entry.rule} {entry.cdr or entry.posted_period}"


def _stands(row: BalanceRow) -> bool:
    return bool(row.balance or row.book_balance)
