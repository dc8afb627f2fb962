"""The journal as hledger reads it: our own names of accounts, and assertions of the balances.

Source: hledger manual, journal format; its balance of an account (`=`) is its own alone.
"""

from collections.abc import Iterator
from typing import Final

from console.exports.books import Books
from console.exports.names import type_of
from console.exports.plain import Postings, between, forward_by_book, said_of, subject
from ledger.books.accounts import AccountType
from projections.queries.journal import EntryRow

VALUATION: Final = "fx valuation"
"""The sub-account of what an account is worth beyond its amounts; no name of ours has a space."""

_TYPES: Final[dict[AccountType, str]] = {
    "asset": "A",
    "liability": "L",
    "equity": "E",
    "income": "R",
    "expense": "X",
}


def hledger_of(books: Books) -> Iterator[str]:
    """Yield an hledger journal; of several books, each is the first level of its accounts."""

    def name_of(book: str, account: str) -> str:
        return f"{book}:{account}" if books.book is None else account

    postings = Postings(name_of, valuation=VALUATION, indent=4)
    yield "; The journal, exported by clearwatt.\ndecimal-mark .\n\n"
    codes = {code for row in books.closing for code in (row.currency, row.book_currency)}
    yield from (f"commodity 1000.0000 {code}\n" for code in sorted(codes))
    yield "\n"
    accounts = {(row.book, row.account): type_of(row.account) for row in books.closing}
    for (book, account), kind in accounts.items():
        yield f"account {name_of(book, account)}  ; type: {_TYPES[kind]}\n"
    for book, lines in forward_by_book(books, postings):
        yield f"\n{books.forward_on} * Brought forward  ; book: {_tag(book)}\n{lines}"
    for entry in books.each():
        yield _transaction(entry, postings)
    yield "\n"
    for name in sorted({name for name, _ in postings.valuations}):
        yield f"account {name}\n"
    if books.closing:
        yield f"\n{books.closed_on} * Balances\n"
    for (name, currency), balance in sorted(postings.balances(books.closing).items()):
        yield f"    {name}  0 {currency} = {balance:f} {currency}\n"


def _transaction(entry: EntryRow, postings: Postings) -> str:
    """Return an entry as a transaction with everything it says."""
    payee = f"{between(entry)} | " if between(entry) else ""
    said = "".join(f"    ; {name}: {_tag(value)}\n" for name, value in said_of(entry))
    return (
        f"\n{entry.posted_on} * ({entry.id}) {_description(payee + subject(entry))}\n"
        f"{said}{''.join(postings.of_entry(entry))}"
    )


def _tag(text: str) -> str:
    r"""Return a tag's value: it ends at a comma or with the line, which are written as in a URL.

    >>> _tag("a, b\n100 %")
    'a%2C b%0A100 %25'
    """
    return _replaced(text, "%,\n\r")


def _description(text: str) -> str:
    """Return a description: it ends at a semicolon, where a comment begins, or with the line."""
    return _replaced(text, "%;\n\r")


def _replaced(text: str, characters: str) -> str:
    return "".join(f"%{ord(one):02X}" if one in characters else one for one in text)
