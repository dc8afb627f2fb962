"""The chart of accounts: every account name is made here and nowhere else.

`receivable:*` and `payable:*` are the clearing accounts: over all books and per currency they
sum to zero, because every leg is booked on both of its sides. What is disputed leaves them for
`disputed:*`, on both sides too, so that netting, which reads the first two, leaves it out.
"""

from typing import Literal, NamedTuple

AccountType = Literal["asset", "liability", "income", "expense", "equity"]


class Account(NamedTuple):
    """A place in the chart; `pattern` is the name with `*` for what varies."""

    pattern: str
    type: AccountType
    is_clearing: bool
    meaning: str


MARKUP_INCOME = "fx:markup_income"

CHART = (
    Account("receivable:driver", "asset", False, "what drivers owe us, and pay on the spot"),
    Account("receivable:*", "asset", True, "what a party owes us through clearing"),
    Account("payable:*", "liability", True, "what we owe a party through clearing"),
    Account("disputed:receivable:*", "asset", True, "of it, what is disputed until it is decided"),
    Account("disputed:payable:*", "liability", True, "of it, what is disputed until it is decided"),
    Account("psp:*", "asset", False, "what a payment provider took in for us, and owes us"),
    Account("vat:*:output:accrued", "liability", False, "VAT on sales, not yet due"),
    Account("vat:*:input:accrued", "asset", False, "VAT on purchases, not yet deductible"),
    Account("revenue:charging", "income", False, "charging sold"),
    Account("revenue:retail", "income", False, "charging sold to drivers"),
    Account("revenue:fee", "income", False, "fees earned"),
    Account("revenue:share", "income", False, "shares of a split earned"),
    Account("cost:charging", "expense", False, "charging bought"),
    Account("cost:fee", "expense", False, "fees owed"),
    Account("cost:share", "expense", False, "shares of a split owed"),
    Account("cost:chargeback", "expense", False, "what providers take for chargebacks"),
    Account(MARKUP_INCOME, "income", False, "what markups on exchange rates added to sales"),
    Account("fx:difference", "expense", False, "differences of conversion"),
    Account("rounding:accrual", "expense", False, "differences of rounding"),
    Account("suspense", "asset", False, "what waits for an explanation"),
    Account("equity:opening", "equity", False, "what stood on the day a book was opened here"),
)


def account_of(name: str) -> Account:
    """Return an account's place in the chart. Raises KeyError for a name outside it.

    >>> account_of("receivable:DE*EMP").is_clearing
    True
    """
    head, _, tail = name.partition(":")
    for account in CHART:
        begin = account.pattern.removesuffix("*")
        if account.pattern == name or (begin != account.pattern and name.startswith(begin)):
            return account
        if head == "vat" and account.pattern == f"vat:*:{tail.partition(':')[2]}":
            return account
    raise KeyError(name)


def receivable(party: str) -> str:
    """What a party owes the book's owner."""
    return f"receivable:{party}"


def payable(party: str) -> str:
    """What the book's owner owes a party."""
    return f"payable:{party}"


def psp(party: str) -> str:
    """What a payment provider owes the book's owner."""
    return f"psp:{party}"


def disputed_receivable(party: str) -> str:
    """What a party owes the book's owner, and either of them disputes."""
    return f"disputed:{receivable(party)}"


def disputed_payable(party: str) -> str:
    """What the book's owner owes a party, and either of them disputes."""
    return f"disputed:{payable(party)}"


def vat_accrued(country: str, *, on_sales: bool) -> str:
    """VAT of a country, decided but not yet on an invoice."""
    return f"vat:{country}:{'output' if on_sales else 'input'}:accrued"
