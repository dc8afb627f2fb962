"""The chart of accounts: every account name is made here and nowhere else.

A name is words between colons. In the table below `<party>` and the like stand for what varies:
each party has accounts of its own, each country its tax, each cause its suspense.

`receivable:<party>` and `payable:<party>` are the clearing accounts: over all books and per
currency they sum to zero, because every leg is booked on both of its sides. What is disputed
leaves them for `disputed:*`, on both sides too, so that netting, which reads the first two,
leaves it out.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, NamedTuple

AccountType = Literal["asset", "liability", "income", "expense", "equity"]
Control = Literal["clearing", "disputed", "suspense", "rounding", "accrual"]

CONTROLS: Final[dict[Control, str]] = {
    "clearing": "Zero over all books; in one book each party is an item.",
    "disputed": "Zero over all books; in one book zero, or each dispute is an item.",
    "suspense": "Zero, or each cause is an item.",
    "rounding": "Zero, or each invoice group is an item.",
    "accrual": "Zero once the settlement period has fallen due.",
}
"""What a control account must come to at the close, by its cause."""


class Account(NamedTuple):
    """A place in the chart; `name` has `<…>` for what varies.

    `control`: at the close it must be zero or itemised, as CONTROLS says. `is_monetary`: it is
    settled in money, so that in a foreign currency its worth in the book's goes with the rate.
    """

    name: str
    type: AccountType
    meaning: str
    control: Control | None = None
    is_monetary: bool = False

    @property
    def pattern(self) -> str:
        """The name with `*` for what varies.

        >>> account_of("vat:NL:output:due").pattern
        'vat:*:output:due'
        """
        return _VARIES.sub("*", self.name)

    @property
    def is_clearing(self) -> bool:
        """True where both books of a pair mirror each other: in sum over all books it is zero."""
        return self.control in ("clearing", "disputed")

    @property
    def is_per_party(self) -> bool:
        """True where each party has an account of its own."""
        return self.name.endswith(":<party>")


_VARIES: Final = re.compile(r"<[^>]+>")
MARKUP_INCOME: Final = "fx:markup_income"

# fmt: off
CHART: Final = (
    Account("receivable:driver", "asset", "what drivers owe us, and pay on the spot",
            is_monetary=True),
    Account("receivable:<party>", "asset", "what a party owes us through clearing",
            "clearing", is_monetary=True),
    Account("payable:<party>", "liability", "what we owe a party through clearing",
            "clearing", is_monetary=True),
    Account("disputed:receivable:<party>", "asset", "what a party owes us, disputed until decided",
            "disputed", is_monetary=True),
    Account("disputed:payable:<party>", "liability", "what we owe a party, disputed until decided",
            "disputed", is_monetary=True),
    Account("psp:<party>", "asset", "what a payment provider took in for us, and owes us",
            is_monetary=True),

    Account("vat:<country>:output:accrued", "liability", "VAT on sales, not yet due", "accrual"),
    Account("vat:<country>:input:accrued", "asset", "VAT on purchases, not yet deductible",
            "accrual"),
    Account("vat:<country>:output:<class>:accrued", "liability",
            "VAT on what is taxed by a class of its own, not yet due", "accrual"),
    Account("vat:<country>:input:<class>:accrued", "asset",
            "VAT on what is taxed by a class of its own, not yet deductible", "accrual"),
    Account("vat:<country>:output:due", "liability", "VAT on sales, rounded as it is invoiced"),
    Account("vat:<country>:input:due", "asset", "VAT on purchases, as it is deducted"),
    Account("vat:<country>:self_assessed:due", "liability", "VAT that we as a buyer account for"),

    Account("revenue:charging", "income", "charging sold, not yet invoiced", "accrual"),
    Account("revenue:retail", "income", "charging sold to drivers, not yet invoiced", "accrual"),
    Account("revenue:fee", "income", "fees earned, not yet invoiced", "accrual"),
    Account("revenue:share", "income", "shares of a split earned, not yet invoiced", "accrual"),
    Account("revenue:parking", "income", "parking sold, where it has a tax class of its own",
            "accrual"),
    Account("revenue:service", "income", "services sold with a charge, taxed apart", "accrual"),
    Account("revenue:<kind>:invoiced", "income", "sold and invoiced, in the minor unit"),

    Account("cost:charging", "expense", "charging bought, not yet invoiced", "accrual"),
    Account("cost:fee", "expense", "fees owed, not yet invoiced", "accrual"),
    Account("cost:share", "expense", "shares of a split owed, not yet invoiced", "accrual"),
    Account("cost:parking", "expense", "parking bought, where it has a tax class of its own",
            "accrual"),
    Account("cost:service", "expense", "services bought with a charge, taxed apart", "accrual"),
    Account("cost:<kind>:invoiced", "expense", "bought and invoiced, in the minor unit"),
    Account("cost:chargeback", "expense", "what providers take for chargebacks"),

    Account(MARKUP_INCOME, "income", "what markups on exchange rates added to sales"),
    Account("fx:realised", "expense", "what settling at another rate costs, or brings"),
    Account("fx:unrealised", "expense", "what is open, at the rate of the month's end"),
    Account("rounding:accrual", "expense", "accruals at scale 4 against the minor unit",
            "rounding"),
    Account("rounding:vat", "expense", "VAT of single CDRs against VAT of the whole", "rounding"),
    Account("suspense:<cause>", "asset", "what waits for an explanation", "suspense",
            is_monetary=True),
    Account("equity:opening", "equity", "what stood on the day a book was opened here"),
)
# fmt: on


SHAPES: Final[Mapping[str, str]] = {
    "party": r"[A-Z]{2}\*[A-Z0-9]{3}",
    "country": r"[A-Z]{2}",
    "kind": r"charging|retail|fee|share|parking|service",
    "class": r"parking|service",
    "cause": r"[a-z][a-z0-9_]*",
}
"""What may stand where a name of the chart varies."""


def shape_of(name: str, shapes: Mapping[str, str] = SHAPES) -> re.Pattern[str]:
    """Return what an account's name looks like where the table's has `<…>`.

    >>> shape_of("suspense:<cause>").fullmatch("suspense:Lost & Found") is None
    True
    """
    words = (
        f"(?P<{word[1:-1]}>{shapes[word[1:-1]]})" if word[0] == "<" else re.escape(word)
        for word in name.split(":")
    )
    return re.compile(":".join(words))


_BY_SHAPE: Final = tuple(
    (shape_of(account.name), account) for account in sorted(CHART, key=lambda row: "<" in row.name)
)
"""Names that the table spells out come before those that vary."""


class Found(NamedTuple):
    """An account's place in the chart, and what its name has where the chart's varies."""

    account: Account
    parts: Mapping[str, str]


@lru_cache(maxsize=65_536)
def found_in_chart(name: str) -> Found:
    """Return an account's place with what varies in it. Raises KeyError for a name outside it.

    >>> found_in_chart("vat:DE:output:parking:accrued").parts
    {'country': 'DE', 'class': 'parking'}
    """
    for shape, account in _BY_SHAPE:
        if (match := shape.fullmatch(name)) is not None:
            return Found(account, match.groupdict())
    raise KeyError(name)


def account_of(name: str) -> Account:
    """Return an account's place in the chart. Raises KeyError for a name outside it.

    >>> account_of("receivable:driver").is_clearing, account_of("receivable:DE*EMP").is_clearing
    (False, True)
    >>> account_of("revenue:charging:invoiced").name
    'revenue:<kind>:invoiced'
    """
    return found_in_chart(name).account


class Accrual(NamedTuple):
    """What of a sale an account holds until it is invoiced: its net or its tax, on which side.

    `tax_class` is that of a part which is taxed by a class of its own, empty for all the rest.
    """

    is_net: bool
    is_sellers: bool
    tax_class: str


_ACCRUALS: Final = tuple(
    row for row in _BY_SHAPE if row[1].control == "accrual" or row[1].name == MARKUP_INCOME
)
_CLASSES: Final = frozenset(SHAPES["class"].split("|"))


@lru_cache(maxsize=65_536)
def accrual_of(name: str) -> Accrual | None:
    """Return what an account holds of sales that are not invoiced yet; None for any other account.

    Income and expense are the net; income, and what is owed, are the seller's.

    >>> accrual_of("cost:charging"), accrual_of("vat:DE:output:due")
    (Accrual(is_net=True, is_sellers=False, tax_class=''), None)
    >>> accrual_of("vat:DE:output:parking:accrued")
    Accrual(is_net=False, is_sellers=True, tax_class='parking')
    """
    for shape, account in _ACCRUALS:
        if shape.fullmatch(name) is not None:
            is_net = account.type in ("income", "expense")
            is_sellers = account.type in ("income", "liability")
            tax_class = next((word for word in name.split(":") if word in _CLASSES), "")
            return Accrual(is_net, is_sellers, tax_class)
    return None


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


def vat_accrued(country: str, *, on_sales: bool, tax_class: str = "") -> str:
    """VAT of a country, decided but not yet on an invoice; of a tax class where it has its own.

    >>> vat_accrued("DE", on_sales=True, tax_class="parking")
    'vat:DE:output:parking:accrued'
    """
    side = "output" if on_sales else "input"
    of_class = f"{side}:{tax_class}" if tax_class else side
    return f"vat:{country}:{of_class}:accrued"
