"""Falling due: what a period accrued of an invoice group becomes what its invoice says.

| rule                   | book   | from                               | to                    |
|------------------------|--------|------------------------------------|-----------------------|
| `group_sold_due`       | seller | revenue:<kind>, vat output accrued | `…:invoiced`, due     |
| `group_sold_rounded`   | seller | rounding:accrual, rounding:vat     | receivable:<buyer>    |
| `group_bought_due`     | buyer  | cost:<kind>, vat input accrued     | `…:invoiced`, due     |
| `group_bought_rounded` | buyer  | rounding:accrual, rounding:vat     | payable:<seller>      |
| `group_self_assessed`  | buyer  | vat:<place>:self_assessed:due      | vat:<place>:input:due |

The accrual goes to the last digit; what is due is in the minor unit, and the rest goes to
`rounding:accrual` (of the net) and `rounding:vat` (of the tax). Between two parties what is owed
follows the invoice, by the same amount in both books, and takes the rest from there. A driver has
paid what it paid, and what an agent's driver paid is not the agent's invoice: there the rest stays
on the rounding accounts, and the group explains it. What a markup added keeps its account, in the
minor unit. In a book of another currency what was accrued moves at the rates it was booked at; what
rounding changed is converted at the rate of the last day of the month in which the group is taxed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from ledger.books.accounts import MARKUP_INCOME, payable, receivable
from ledger.books.due_groups import (
    NOTHING_BOOKED,
    Amounts,
    Fallen,
    InTaxCurrency,
    Invoiced,
    Place,
    Sums,
)
from ledger.books.invoice_groups import AccruedLine, GroupAccrued, InvoiceGroup, in_minor_units
from ledger.values.entries import Entry, Posting, Side
from ledger.values.money import EXACT, SCALE_4, ZERO, round_to_scale_4
from ledger.values.reasons import InvariantBroken

ROUNDING_NET, ROUNDING_TAX = "rounding:accrual", "rounding:vat"

Convert = Callable[[Decimal, str, str], Decimal]
"""An amount, of which currency, into which book's: at the rate of the month's end, scale 4."""


def sums_due(
    accrued: GroupAccrued, figures: Invoiced, *, currency_of: Callable[[str], str], convert: Convert
) -> Sums:
    """Return what all that is accrued of a group books when it falls due, per rule and account.

    `currency_of` says the currency of a book. Balanced in both currencies, per book and rule.
    Raises InvariantBroken where seller and buyer did not book the same sale.
    """
    group = accrued.group
    booked: defaultdict[Place, Amounts] = defaultdict(lambda: NOTHING_BOOKED)

    def both(book: str, amount: Decimal) -> Amounts:
        return Amounts(amount, convert(amount, group.currency, currency_of(book)))

    def add(book: str, rule: str, account: str, amounts: Amounts) -> None:
        booked[book, rule, account] += amounts

    sold, bought = _sides(accrued)
    rest = _side_due(group, group.seller_book, "group_sold_due", sold, figures, -1, add, both)
    if group.is_sold_to_driver:
        return dict(booked)
    _settle(group.seller_book, "group_sold_rounded", receivable(group.buyer), rest, add)
    owed = sum((amounts.amount for amounts in rest.values()), ZERO)
    if group.for_driver:
        rest = {ROUNDING_NET: both(group.buyer_book, -owed)}
    else:
        if sum((line.amount for line in accrued.lines), ZERO):
            raise InvariantBroken(f"{group.name} {group.seller} > {group.buyer} is not mirrored")
        rest = _side_due(group, group.buyer_book, "group_bought_due", bought, figures, 1, add, both)
    _settle(group.buyer_book, "group_bought_rounded", payable(group.seller), rest, add)
    if figures.self_assessed:
        own = currency_of(group.buyer_book)
        assessed = Amounts(figures.self_assessed, _assessed_in_book(group, figures, own, booked))
        place = f"vat:{group.place}"
        add(group.buyer_book, "group_self_assessed", f"{place}:input:due", assessed)
        add(group.buyer_book, "group_self_assessed", f"{place}:self_assessed:due", -assessed)
    return dict(booked)


def _assessed_in_book(
    group: InvoiceGroup, figures: Invoiced, currency: str, booked: Mapping[Place, Amounts]
) -> Decimal:
    """Return the tax that the buyer accounts for in its book: on the net as it stands there.

    So a return's tax is its rate on its taxable amount. Source: MWSTV Art. 45 (1), which converts
    the consideration, and not the tax.
    """
    if currency == group.currency or group.buyer_percent is None:
        return figures.self_assessed
    net = sum(
        (
            amounts.book_amount
            for (_, rule, account), amounts in booked.items()
            if rule == "group_bought_due" and account.endswith(":invoiced")
        ),
        ZERO,
    )
    return round_to_scale_4(EXACT.multiply(net, EXACT.divide(group.buyer_percent, Decimal(100))))


_Add = Callable[[str, str, str, Amounts], None]


def _sides(accrued: GroupAccrued) -> tuple[list[AccruedLine], list[AccruedLine]]:
    """Return the lines of the seller and of the buyer, in the order of their accounts."""
    lines = sorted(accrued.lines, key=lambda line: line.account)
    sold = [line for line in lines if line.is_sellers]
    return sold, [line for line in lines if not line.is_sellers]


def _side_due(
    group: InvoiceGroup,
    book: str,
    rule: str,
    lines: list[AccruedLine],
    figures: Invoiced,
    sign: int,
    add: _Add,
    both: Callable[[str, Decimal], Amounts],
) -> dict[str, Amounts]:
    """Move a side's accruals to what is due; return what is left on each rounding account.

    `sign` is that of the side: a seller's sales are credits.
    """
    rest: defaultdict[str, Amounts] = defaultdict(lambda: NOTHING_BOOKED)

    def move(account: str, accrued: Amounts, to: str, rounding: str, amount: Decimal) -> None:
        changed = both(book, amount - accrued.amount)
        add(book, rule, account, -accrued)
        add(book, rule, to, accrued + changed)
        add(book, rule, rounding, -changed)
        rest[rounding] += -changed

    net = [line for line in lines if line.is_net]
    rounded = in_minor_units((line.amount for line in net), figures.net * sign, group.currency)
    for line, amount in zip(net, rounded, strict=True):
        to = line.account if line.account == MARKUP_INCOME else f"{line.account}:invoiced"
        move(line.account, Amounts(line.amount, line.book_amount), to, ROUNDING_NET, amount)
    tax = [line for line in lines if not line.is_net]
    for line in tax[1:]:
        raise InvariantBroken(f"{group.name} has its tax on {tax[0].account} and {line.account}")
    if tax or figures.tax:
        direction = "output" if sign < 0 else "input"
        account = tax[0].account if tax else f"vat:{group.place}:{direction}:accrued"
        accrued = Amounts(tax[0].amount, tax[0].book_amount) if tax else NOTHING_BOOKED
        to = f"vat:{group.place}:{direction}:due"
        move(account, accrued, to, ROUNDING_TAX, figures.tax * sign)
    return dict(rest)


def _settle(book: str, rule: str, owed: str, rest: Mapping[str, Amounts], add: _Add) -> None:
    """Let what is owed follow the invoice: it takes over what rounding left."""
    for account, amounts in rest.items():
        add(book, rule, owed, amounts)
        add(book, rule, account, -amounts)


def declared_in_book(accrued: GroupAccrued, sums: Sums, before: Fallen) -> InTaxCurrency | None:
    """Return what a seller declares in its book's currency beyond what it did before.

    None where nothing is a markup: the postings of what is due tell the same then.
    """
    group, rule = accrued.group, "group_sold_due"
    net = [line for line in accrued.lines if line.is_net and line.book == group.seller_book]
    if all(line.account != MARKUP_INCOME for line in net):
        return None
    rounding = sums.get((group.seller_book, rule, ROUNDING_NET), NOTHING_BOOKED)
    booked = rounding.book_amount - sum((line.book_amount for line in net), ZERO)
    place = group.seller_book, rule, f"vat:{group.place}:output:due"
    tax = (
        before.sums.get(place, NOTHING_BOOKED).book_amount
        - sums.get(place, NOTHING_BOOKED).book_amount
    )
    return InTaxCurrency(booked - before.net_in_book, tax)


def entries_due(
    group: InvoiceGroup,
    index: int,
    sums: Sums,
    before: Sums,
    *,
    currency_of: Callable[[str], str],
) -> tuple[Entry, ...]:
    """Return the entries that book what a group has due beyond what was booked before."""
    places = dict.fromkeys([*sums, *before])
    entries = []
    for book, rule in dict.fromkeys((book, rule) for book, rule, _ in places):
        postings = [
            posting
            for place in places
            if place[:2] == (book, rule)
            for posting in _postings(
                place[2], sums.get(place, NOTHING_BOOKED) + -before.get(place, NOTHING_BOOKED)
            )
        ]
        if postings:
            own = currency_of(book)
            entries.append(Entry(book, own, group.currency, rule, index, tuple(postings)))
    return tuple(entries)


def _postings(account: str, amounts: Amounts) -> Iterable[Posting]:
    """Return a sum as postings: none where it is nothing, two where its currencies disagree."""
    amount, book_amount = amounts
    if amount * book_amount < 0:
        yield from _postings(account, Amounts(amount, ZERO))
        yield from _postings(account, Amounts(ZERO, book_amount))
    elif amount or book_amount:
        side: Side = "debit" if amount + book_amount > 0 else "credit"
        yield Posting(account, side, _at_scale_4(amount), _at_scale_4(book_amount))


def _at_scale_4(amount: Decimal) -> Decimal:
    return abs(amount).quantize(SCALE_4)
