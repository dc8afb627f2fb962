"""Accounts as beancount spells them: every name of ours has one there, and no two the same.

beancount: five roots, then words of letters, digits and dashes that begin with a capital or a
digit. Words of ours are in small letters, codes such as parties and countries in capitals, and
whatever else there may be is written in hexadecimal: the three never look alike.

Source: beancount language syntax, «Accounts».
"""

import re
from functools import cache
from typing import Final

from ledger.books.accounts import AccountType, account_of
from ledger.values.reasons import Reason, Refusal, Refused

ROOTS: Final[dict[AccountType, str]] = {
    "asset": "Assets",
    "liability": "Liabilities",
    "equity": "Equity",
    "income": "Income",
    "expense": "Expenses",
}

VALUATION: Final = "FX-Valuation"
"""The sub-account of what an account is worth beyond its amounts. No word of ours becomes it: they
have no dash, and codes no small letter."""

_WORD: Final = re.compile(r"[a-z]{2}[a-z0-9]*(_[a-z]{2}[a-z0-9]*)*")
_CODE: Final = re.compile(r"[A-Z0-9]+([*_][A-Z0-9]+)*")
_BOOK: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@cache
def beancount_account(account: str, book: str | None = None) -> str:
    """Return an account's name in beancount, below its book's where that is named.

    >>> beancount_account("receivable:DE*EMP"), beancount_account("vat:DE:input:due", "nl-polder")
    ('Assets:Receivable:DE-EMP', 'Assets:Nl-polder:Vat:DE:Input:Due')

    Refuses: ACCOUNT_UNKNOWN.
    """
    root = ROOTS[type_of(account)]
    below = [] if book is None else [book_component(book)]
    return ":".join([root, *below, *map(component, account.split(":"))])


def type_of(account: str) -> AccountType:
    """Return an account's type; without one, no program takes it. Refuses: ACCOUNT_UNKNOWN."""
    try:
        return account_of(account).type
    except KeyError as error:
        raise Refused(Refusal(Reason.ACCOUNT_UNKNOWN, "account", actual=account)) from error


def component(text: str) -> str:
    """Return a part of an account's name.

    >>> component("self_assessed"), component("DE*EMP"), component("é")
    ('SelfAssessed', 'DE-EMP', 'X---c3a9')
    """
    if _WORD.fullmatch(text):
        return "".join(word.capitalize() for word in text.split("_"))
    if _CODE.fullmatch(text):
        return text.replace("_", "--").replace("*", "-")
    return _in_hexadecimal(text)


def book_component(book: str) -> str:
    """Return a book's part of an account's name.

    >>> book_component("nl-polder"), book_component("NL Polder")
    ('Nl-polder', 'X---4e4c20506f6c646572')
    """
    if _BOOK.fullmatch(book):
        return book[0].upper() + book[1:]
    return _in_hexadecimal(book)


def _in_hexadecimal(text: str) -> str:
    return f"X---{text.encode().hex()}"
