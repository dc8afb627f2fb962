"""The journal as beancount reads it: accounts, entries, and the balances they have to come to.

`bean-check` refuses the file where an entry or a balance is off by 0.0001. Its tolerance is not
zero but a hundredth of that: of a total price it makes one of a unit, which has 28 digits.

Source: beancount language syntax; its balance of an account has those of its sub-accounts in it.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Final

from console.exports.books import Books
from console.exports.names import VALUATION, beancount_account
from console.exports.plain import (
    Place,
    Postings,
    between,
    forward_by_book,
    said_of,
    subject,
)
from console.reports.running import NOTHING
from projections.queries.journal import EntryRow

OPENED_ON: Final = "1970-01-01"
"""Accounts are open on every day that anything can be posted."""

_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def beancount_of(books: Books) -> Iterator[str]:
    """Yield a beancount file; of several books, each is a level below the root of its accounts."""

    def name_of(book: str, account: str) -> str:
        return beancount_account(account, book if books.book is None else None)

    postings = Postings(name_of, valuation=VALUATION, indent=2)
    yield from _options(books)
    for (book, account), rows in groupby(books.closing, key=lambda row: row[:2]):
        currencies = ",".join(row.currency for row in rows)
        yield f"{OPENED_ON} open {name_of(book, account)} {currencies}\n"
        yield f"  book: {_quoted(book)}\n  account: {_quoted(account)}\n"
    for book, lines in forward_by_book(books, postings):
        yield f'\n{books.forward_on} * "Brought forward"\n  book: {_quoted(book)}\n{lines}'
    for entry in books.each():
        yield _transaction(entry, postings)
    yield "\n"
    for name, currency in sorted(postings.valuations):
        yield f"{OPENED_ON} open {name} {currency}\n"
    asserted = _with_those_below(postings.balances(books.closing))
    for (name, currency), balance in sorted(asserted.items()):
        yield f"{books.closed_on} balance {name} {balance:f} {currency}\n"


def _options(books: Books) -> Iterator[str]:
    yield ";; The journal, exported by clearwatt.\n"
    yield 'option "title" "Clearwatt"\n'
    for currency in sorted({row.book_currency for row in books.closing}):
        yield f'option "operating_currency" "{currency}"\n'
    yield 'option "tolerance_multiplier" "0.01"\n'
    yield 'option "inferred_tolerance_default" "*:0.000001"\n\n'


def _transaction(entry: EntryRow, postings: Postings) -> str:
    """Return an entry as a transaction with everything it says."""
    payee = f"{_quoted(between(entry))} " if between(entry) else ""
    said = "".join(f"  {name}: {_quoted(value)}\n" for name, value in said_of(entry))
    return (
        f"\n{entry.posted_on} * {payee}{_quoted(subject(entry))}\n"
        f"  entry: {_quoted(entry.id)}\n  position: {entry.position}\n"
        f"{said}{''.join(postings.of_entry(entry))}"
    )


def _with_those_below(balances: Mapping[Place, Decimal]) -> dict[Place, Decimal]:
    """Return each account's balance with those of its sub-accounts.

    >>> _with_those_below({("A:B", "EUR"): Decimal(1), ("A:B:C", "EUR"): Decimal(2)})
    {('A:B', 'EUR'): Decimal('3.0000'), ('A:B:C', 'EUR'): Decimal('2.0000')}
    """
    found = dict.fromkeys(balances, NOTHING)
    for (name, currency), balance in balances.items():
        level = name
        while level:
            if (level, currency) in found:
                found[level, currency] += balance
            level = level.rpartition(":")[0]
    return found


def _quoted(text: str) -> str:
    r"""Return a text as beancount reads it.

    >>> print(_quoted('say "yes"'))
    "say \"yes\""
    """
    return f'"{text.translate(_ESCAPES)}"'
