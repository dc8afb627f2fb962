"""The posting rules as one table: what each event books, in whose book, on which accounts.

Every entry carries the id of its rule; what else it names, the rule says (`posting_rule`). Where a
sale is negative, and wherever an entry is taken back, the rule is the same and its sides are
swapped: no amount is ever negative, and nothing is computed again. Lines of nothing make no
posting. The modules that make the entries (`rules`, `payments`, `disputes`, `opening`,
`falling_due`, `revaluation`) compute amounts; which accounts they may touch stands here, and
`conformity` proves it of every entry.
"""

from collections.abc import Iterator
from typing import Final

from ledger.books.accounts import CHART, MARKUP_INCOME
from ledger.books.posting_rule import (
    OF_A_BALANCE,
    OF_A_GROUP,
    OF_A_PAYMENT,
    OF_A_SALE,
    OF_AN_OPENING,
    Line,
    PostingRule,
)

_BOOKED: Final = ("cdr.accepted.v1", "cdr.redecided.v1", "settlement_period.trued_up.v1")
_TAKEN_BACK: Final = ("cdr.redecided.v1", "cdr.credited.v1", "cdr.excluded.v1", "cdr.adjusted.v1")
_RETURNED: Final = ("dispute.decided.v1", "dispute.settled.v1", "dispute.withdrawn.v1")
_FELL_DUE: Final = ("settlement_period.fell_due.v1",)
_REVALUED: Final = ("accounting_period.revalued.v1",)
_TAX_ON_SALES: Final = Line("vat:<country>:output:accrued", "the tax")
_TAX_ON_PURCHASES: Final = Line("vat:<country>:input:accrued", "the tax")
_PARTS_SOLD: Final = (
    Line("revenue:parking", "the net of parking, where it has a tax class"),
    Line("revenue:service", "the net of what is a service, where it has a tax class"),
    Line("vat:<country>:output:<class>:accrued", "the tax of a part with a tax class"),
)
_PARTS_BOUGHT: Final = (
    Line("cost:parking", "the net of parking, where it has a tax class"),
    Line("cost:service", "the net of what is a service, where it has a tax class"),
    Line("vat:<country>:input:<class>:accrued", "the tax of a part with a tax class"),
)
_MARKUP: Final = Line(MARKUP_INCOME, "of the net, what the markup on the rate added")


def _sold(kind: str, what: str, *more: Line) -> PostingRule:
    return PostingRule(
        f"{kind}_sold",
        f"{what}: the buyer owes the gross, the net is revenue, the tax is accrued",
        "the seller's book",
        OF_A_SALE,
        _BOOKED,
        debits=(Line("receivable:<buyer>", "the gross"),),
        credits=(Line(f"revenue:{kind}", "the net"), _MARKUP, _TAX_ON_SALES, *more),
        taken_back_by=_TAKEN_BACK,
    )


def _bought(kind: str, what: str, *more: Line) -> PostingRule:
    return PostingRule(
        f"{kind}_bought",
        f"{what}: the net is cost, the tax waits for the invoice, the seller is owed both",
        "the buyer's book",
        OF_A_SALE,
        _BOOKED,
        debits=(Line(f"cost:{kind}", "the net"), _TAX_ON_PURCHASES, *more),
        credits=(Line("payable:<seller>", "the gross"),),
        taken_back_by=_TAKEN_BACK,
    )


_OF_A_CDR: Final = (
    _sold("charging", "Charging sold", *_PARTS_SOLD),
    _bought("charging", "Charging bought", *_PARTS_BOUGHT),
    PostingRule(
        "charging_collected",
        "Collected as an agent: what the driver owes us, we owe the seller",
        "the agent's book",
        OF_A_SALE,
        _BOOKED,
        debits=(Line("receivable:driver", "the gross"),),
        credits=(Line("payable:<seller>", "the gross"),),
        taken_back_by=_TAKEN_BACK,
    ),
    _sold("retail", "Charging sold to a driver", *_PARTS_SOLD),
    _sold("fee", "Fee earned"),
    _bought("fee", "Fee owed"),
    _sold("share", "Share of a sale earned"),
    _bought("share", "Share of a sale owed"),
)

_OF_A_PAYMENT: Final = (
    PostingRule(
        "payment_captured",
        "A driver paid: the provider owes us what the driver did",
        "the collector's book",
        OF_A_PAYMENT,
        ("payment.captured.v1",),
        debits=(Line("psp:<party>", "the amount"),),
        credits=(Line("receivable:driver", "the amount"),),
        taken_back_by=("payment.taken_back.v1",),
    ),
    PostingRule(
        "payment_refunded",
        "A driver got money back: what the sale debited is open again until it is credited",
        "the collector's book",
        OF_A_PAYMENT,
        ("payment.refunded.v1",),
        debits=(Line("receivable:driver", "the amount"),),
        credits=(Line("psp:<party>", "the amount"),),
        taken_back_by=("payment.taken_back.v1",),
    ),
    PostingRule(
        "payment_charged_back",
        "A driver's bank took the money back: the driver owes again, the provider's fee is ours",
        "the collector's book",
        OF_A_PAYMENT,
        ("payment.charged_back.v1",),
        debits=(
            Line("receivable:driver", "the amount"),
            Line("cost:chargeback", "the provider's fee for it"),
        ),
        credits=(Line("psp:<party>", "both"),),
        taken_back_by=("payment.taken_back.v1",),
    ),
)

_OF_A_DISPUTE: Final = (
    PostingRule(
        "disputed_sale",
        "Disputed: a part of what the buyer owes leaves clearing until it is decided",
        "the seller's book",
        OF_A_SALE,
        ("dispute.opened.v1",),
        debits=(Line("disputed:receivable:<buyer>", "the part"),),
        credits=(Line("receivable:<buyer>", "the part"),),
        taken_back_by=_RETURNED,
    ),
    PostingRule(
        "disputed_buying",
        "Disputed: a part of what the seller is owed leaves clearing until it is decided",
        "the buyer's book",
        OF_A_SALE,
        ("dispute.opened.v1",),
        debits=(Line("payable:<seller>", "the part"),),
        credits=(Line("disputed:payable:<seller>", "the part"),),
        taken_back_by=_RETURNED,
    ),
)

_OF_AN_OPENING: Final = (
    PostingRule(
        "opening_balance",
        "What stood in the book on the day it was opened here",
        "the book that is opened",
        OF_AN_OPENING,
        ("opening.imported.v1",),
        either=(
            *(Line(row.name, "as stated") for row in CHART if row.name != "equity:opening"),
            Line("equity:opening", "what balances them, per currency"),
        ),
        taken_back_by=("opening.reversed.v1",),
    ),
)

_KINDS_SOLD: Final = ("charging", "retail", "fee", "share", "parking", "service")
_KINDS_BOUGHT: Final = ("charging", "fee", "share", "parking", "service")
_RESTS: Final = (
    Line("rounding:accrual", "what the minor unit left of the net"),
    Line("rounding:vat", "what rounding once left of the tax"),
)
_OF_FALLING_DUE: Final = (
    PostingRule(
        "group_sold_due",
        "Sold and invoiced: what was accrued is due, rounded once per invoice group",
        "the seller's book",
        OF_A_GROUP,
        _FELL_DUE,
        debits=(
            *(Line(f"revenue:{kind}", "the net accrued") for kind in _KINDS_SOLD),
            _TAX_ON_SALES,
            _PARTS_SOLD[-1],
        ),
        credits=(
            Line("revenue:<kind>:invoiced", "the net in the minor unit"),
            Line("vat:<country>:output:due", "the tax on it, computed once"),
        ),
        either=(*_RESTS, Line(MARKUP_INCOME, "what the minor unit changed of the markup")),
        is_signed=True,
    ),
    PostingRule(
        "group_sold_rounded",
        "Sold and invoiced: what the buyer owes follows the invoice, rounding is settled",
        "the seller's book",
        OF_A_GROUP,
        _FELL_DUE,
        either=(Line("receivable:<buyer>", "what the gross became more or less by"), *_RESTS),
    ),
    PostingRule(
        "group_bought_due",
        "Bought and invoiced: what was accrued is due, rounded once per invoice group",
        "the buyer's book",
        OF_A_GROUP,
        _FELL_DUE,
        debits=(
            Line("cost:<kind>:invoiced", "the net in the minor unit"),
            Line("vat:<country>:input:due", "the tax on it, computed once"),
        ),
        credits=(
            *(Line(f"cost:{kind}", "the net accrued") for kind in _KINDS_BOUGHT),
            _TAX_ON_PURCHASES,
            _PARTS_BOUGHT[-1],
        ),
        either=_RESTS,
        is_signed=True,
    ),
    PostingRule(
        "group_bought_rounded",
        "Bought and invoiced: what the seller is owed follows the invoice, rounding is settled",
        "the book of the buyer, or of its agent",
        OF_A_GROUP,
        _FELL_DUE,
        either=(Line("payable:<seller>", "what the gross became more or less by"), *_RESTS),
    ),
    PostingRule(
        "group_self_assessed",
        "Reverse charge: the buyer accounts for the tax, and deducts it as input tax",
        "the buyer's book",
        OF_A_GROUP,
        _FELL_DUE,
        debits=(Line("vat:<country>:input:due", "the tax at the rate of the place"),),
        credits=(Line("vat:<country>:self_assessed:due", "the same"),),
        is_signed=True,
    ),
)

_MONETARY: Final = tuple(
    Line(row.name, "what its worth in the book's currency changed by; of its own nothing")
    for row in CHART
    if row.is_monetary or row.name.endswith(":due")
)
_OF_RATES: Final = (
    PostingRule(
        "fx_revalued",
        "What is open in a foreign currency, at the rate of the month's last day",
        "every book with foreign balances",
        OF_A_BALANCE,
        _REVALUED,
        either=(*_MONETARY, Line("fx:unrealised", "the difference")),
        taken_back_by=_REVALUED,
    ),
    PostingRule(
        "fx_realised",
        "What settling at another rate than that of the sale cost, or brought",
        "every book with foreign balances",
        OF_A_BALANCE,
        _REVALUED,
        either=(*_MONETARY, Line("fx:realised", "the difference")),
    ),
)

RULES: Final = (
    *_OF_A_CDR,
    *_OF_A_PAYMENT,
    *_OF_A_DISPUTE,
    *_OF_AN_OPENING,
    *_OF_FALLING_DUE,
    *_OF_RATES,
)
"""Every rule there is, in the order in which a month meets them."""

BY_ID: Final = {rule.id: rule for rule in RULES}


def sentence_of(rule: str, *, reverses: bool = False) -> str:
    """Return what an entry of a rule means, for reports. Raises KeyError for a rule that is none.

    >>> sentence_of("payment_captured", reverses=True)
    'Taken back: A driver paid: the provider owes us what the driver did.'
    """
    return f"{'Taken back: ' if reverses else ''}{BY_ID[rule].meaning}."


def rules_of(event: str) -> Iterator[PostingRule]:
    """Yield the rules of the entries that an event's topic may record.

    >>> [rule.id for rule in rules_of("dispute.withdrawn.v1")]
    ['disputed_sale', 'disputed_buying']
    """
    return (rule for rule in RULES if event in (*rule.events, *rule.taken_back_by))
