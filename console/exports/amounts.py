"""How one posting, which has an amount in two currencies, is written in plain-text accounting.

There a posting has one amount and at most a price. `10.0000 CHF @@ 10.5000 EUR` has both of ours.
What has no such form, a worth without an amount as a revaluation books it, stands on a
sub-account for it, so that every account's own amounts are exactly ours.
"""

from decimal import Decimal
from typing import NamedTuple

from console.reports.running import NOTHING


class Part(NamedTuple):
    """One line: a signed amount and what it is worth in all, None where that is the amount.

    With `is_valuation` it belongs on the sub-account.
    """

    amount: Decimal
    currency: str
    worth: Decimal | None = None
    worth_currency: str = ""
    is_valuation: bool = False

    @property
    def text(self) -> str:
        """The amount as beancount and hledger read it.

        >>> Part(Decimal("-2.0000"), "CHF", Decimal("2.1000"), "EUR").text
        '-2.0000 CHF @@ 2.1000 EUR'
        """
        price = "" if self.worth is None else f" @@ {self.worth:f} {self.worth_currency}"
        return f"{self.amount:f} {self.currency}{price}"


def parts(amount: Decimal, currency: str, book_amount: Decimal, book_currency: str) -> list[Part]:
    """Return the lines of a posting; debits are positive. They are worth `book_amount` together.

    >>> [part.text for part in parts(Decimal("2.0000"), "CHF", Decimal("2.1000"), "EUR")]
    ['2.0000 CHF @@ 2.1000 EUR']
    >>> (part,) = parts(Decimal("0.0000"), "CHF", Decimal("-0.3500"), "EUR")
    >>> part.text, part.is_valuation
    ('-0.3500 EUR', True)
    >>> [part.text for part in parts(Decimal("2.0000"), "CHF", Decimal("-0.1000"), "EUR")]
    ['2.0000 CHF @@ 0.0000 EUR', '-0.1000 EUR']
    """
    if currency == book_currency:
        own = [Part(amount, currency)]
        rest = book_amount - amount
    elif not amount:
        own, rest = [], book_amount
    else:
        # A price has no sign: an amount and a worth on different sides are two lines.
        is_price = book_amount and (amount > 0) == (book_amount > 0)
        worth = abs(book_amount) if is_price else NOTHING
        own = [Part(amount, currency, worth, book_currency)]
        rest = NOTHING if is_price else book_amount
    return [*own, Part(rest, book_currency, is_valuation=True)] if rest else own
