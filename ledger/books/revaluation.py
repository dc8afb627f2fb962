"""What a book holds in other currencies, at the rate of its month's end.

| rule          | what                           | where it gains       | where it loses      |
|---------------|--------------------------------|----------------------|---------------------|
| `fx_realised` | settled at another rate        | credit fx:realised   | debit fx:realised   |
| `fx_revalued` | still open at the month's end  | credit fx:unrealised | debit fx:unrealised |

The other side is the account itself. Both have an amount of 0.0000 in the foreign currency: only
what it is worth in the book's changes. What is revalued is taken back on the first day of the
next month, what is realised stays. None of it is of an agreement or a settlement period, since a
balance is of many sales: its entries name the month.

A *pool* is all that one account of a book holds in one currency. What comes in is carried at its
own rate, its exact reversal at that same rate; what a payment settles leaves at the average rate at
which the pool is carried on that day, and the difference to what the payment was worth is realised.
A pool with nothing left in its currency is worth nothing: what remains in the book's own is
realised too. So over the life of an item, realised and unrealised come to what it was settled for,
less what it was booked at.

Monetary are what the chart says is settled in money (`Account.is_monetary`), and VAT that is due in
the currency in which its country takes it. VAT on a sale in any other currency is no debt in that
currency: the tax was fixed at the rate of its tax point (Directive 2006/112/EC Art. 91), so what
the rate does afterwards is no affair of the tax office. Revenue, cost and accrued VAT are not
settled in money and keep the rate of their day.

Source: IAS 21 paras. 23, 28 (monetary items at the closing rate, differences in profit or loss).
"""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from ledger.books.accounts import account_of, found_in_chart
from ledger.books.entries import reversal_of
from ledger.fx.convert import FxDecision
from ledger.values.entries import Entry, Posting, Side
from ledger.values.money import EXACT, ZERO, round_to_scale_4
from ledger.values.reasons import InvariantBroken
from ledger.vat.currencies import tax_currency

REALISED: Final = "fx_realised"
REVALUED: Final = "fx_revalued"
_ACCOUNTS: Final = {REALISED: "fx:realised", REVALUED: "fx:unrealised"}
_NOTHING: Final = Decimal("0.0000")
_SETTLES: Final = "payment_"
"""How the rules are called by which money settles what is owed."""


class Day(msgspec.Struct, frozen=True, gc=False):
    """What moved in a pool on one day; debit less credit, scale 4.

    `settled` is what payments took away, `amount` everything else; `book_…` is in the book's
    currency, as it was booked.
    """

    on: date
    amount: Decimal = _NOTHING
    book_amount: Decimal = _NOTHING
    settled: Decimal = _NOTHING
    book_settled: Decimal = _NOTHING


class Pool(msgspec.Struct, frozen=True, gc=False):
    """What an account held in a foreign currency before the first of these days, and since."""

    account: str
    currency: str
    amount: Decimal
    book_amount: Decimal
    days: tuple[Day, ...] = ()


class ForeignFigures(msgspec.Struct, frozen=True, gc=False):
    """Everything a revaluation of a book's month decides on, as the read model has it.

    `months` are those before it in which the book has entries in a foreign currency.
    """

    book: str
    book_currency: str
    month: str
    pools: tuple[Pool, ...]
    months: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Return the hash of the figures, which the event names."""
        return sha256(msgspec.json.encode(self)).hexdigest()


class Revalued(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A pool at a month's end: `amount` is open, `carrying` its book value before, `worth` after.

    `realised` and `unrealised` are gains, losses negative. Without an `fx`, nothing is open.
    """

    account: str
    currency: str
    amount: Decimal
    carrying: Decimal
    worth: Decimal
    unrealised: Decimal
    realised: Decimal = _NOTHING
    settled: Decimal = _NOTHING
    book_settled: Decimal = _NOTHING
    fx: FxDecision | None = None


def is_revalued(account: str, currency: str, day: date) -> bool:
    """True for what is a claim or a debt in that currency itself.

    Raises InvariantBroken for an account that stands in a book and not in the chart.

    >>> day = date(2026, 10, 31)
    >>> is_revalued("payable:CH*ALP", "CHF", day), is_revalued("revenue:charging", "CHF", day)
    (True, False)
    >>> is_revalued("vat:CH:output:due", "CHF", day), is_revalued("vat:DE:output:due", "CHF", day)
    (True, False)
    """
    try:
        found = found_in_chart(account)
    except KeyError as error:
        raise InvariantBroken(f"the chart has no account {account}") from error
    if found.account.is_monetary:
        return True
    if not account.endswith(":due"):
        return False
    return tax_currency(found.parts["country"], day) == currency


def settles(*, rule: str, account: str, side: Side, reverses: bool) -> bool:
    """True where a posting takes away what stood on an account, because money moved.

    What is paid back lets it be owed again, at the rate of that day; a payment that is taken back
    is the exact opposite of one.

    >>> settles(rule="payment_captured", account="receivable:driver", side="credit", reverses=False)
    True
    >>> settles(rule="payment_refunded", account="receivable:driver", side="debit", reverses=False)
    False
    """
    if not rule.startswith(_SETTLES):
        return False
    was_credit = (side == "credit") != reverses
    return was_credit == (account_of(account).type == "asset")


class Held(NamedTuple):
    """What a pool holds, what that is carried at, and what settling the rest of it brought."""

    amount: Decimal
    carrying: Decimal
    realised: Decimal = _NOTHING

    def after(self, day: Day) -> "Held":
        """Return what is held after a day: what is paid leaves at the average rate of the rest.

        100 CHF are carried at 105 EUR; a driver pays 40 of them on a day when they are 43.2 EUR:

        >>> paid = Day(date(2026, 10, 12), settled=Decimal(-40), book_settled=Decimal("-43.2"))
        >>> Held(Decimal(100), Decimal(105)).after(paid)
        Held(amount=Decimal('60.0000'), carrying=Decimal('63.0000'), realised=Decimal('1.2000'))
        """
        before = EXACT.add(self.amount, day.amount)
        carrying = EXACT.add(self.carrying, day.book_amount)
        amount = EXACT.add(before, day.settled)
        unadjusted = EXACT.add(carrying, day.book_settled)
        gain = round_to_scale_4(
            _gain_on(day, before, carrying) if amount else EXACT.minus(unadjusted)
        )
        return Held(amount, EXACT.add(unadjusted, gain), EXACT.add(self.realised, gain))


def _gain_on(day: Day, before: Decimal, carrying: Decimal) -> Decimal:
    if not day.settled or before * day.settled >= 0:
        return ZERO
    # More than was there: the rest is no settlement, but stands at the rate of its own day.
    part = min(abs(before), abs(day.settled))
    left_at = EXACT.divide(EXACT.multiply(carrying, part), before)
    paid_at = EXACT.divide(EXACT.multiply(day.book_settled, part), day.settled)
    return EXACT.multiply(EXACT.subtract(paid_at, left_at), 1 if before > 0 else -1)


def held_in(pool: Pool) -> Held:
    """Return what a pool holds after all its days, in their order."""
    held = Held(pool.amount, pool.book_amount)
    for day in sorted(pool.days, key=lambda row: row.on):
        held = held.after(day)
    return held


def revalued(
    figures: ForeignFigures, rate_of: Callable[[str, str], FxDecision]
) -> tuple[Revalued, ...]:
    """Return every pool at the rate of the month's end, in the order of account and currency.

    `rate_of` decides the conversion of a currency into another; what it refuses is refused. A pool
    in which nothing is open and nothing was realised is left out.
    """
    found = (_revalued(pool, figures.book_currency, rate_of) for pool in figures.pools)
    items = (row for row in found if row.amount or row.realised)
    return tuple(sorted(items, key=lambda row: (row.account, row.currency)))


def _revalued(
    pool: Pool, book_currency: str, rate_of: Callable[[str, str], FxDecision]
) -> Revalued:
    held = held_in(pool)
    fx = rate_of(pool.currency, book_currency) if held.amount else None
    worth = round_to_scale_4(EXACT.multiply(held.amount, fx.rate)) if fx else _NOTHING
    return Revalued(
        pool.account,
        pool.currency,
        held.amount,
        held.carrying,
        worth,
        EXACT.subtract(worth, held.carrying),
        held.realised,
        sum((day.settled for day in pool.days), _NOTHING),
        sum((day.book_settled for day in pool.days), _NOTHING),
        fx,
    )


def entries_of_revaluation(figures: ForeignFigures, items: Sequence[Revalued]) -> tuple[Entry, ...]:
    """Return the entries of a book's month; a difference of nothing makes none.

    Source: the table of this module. All that is realised comes before what is revalued.
    """
    gains = [(REALISED, row, row.realised) for row in items]
    gains += [(REVALUED, row, row.unrealised) for row in items]
    return tuple(_entry(figures, rule, row, gain) for rule, row, gain in gains if gain)


def taken_back_of(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return what is booked in the next month: the exact reversal of what was revalued."""
    return tuple(reversal_of(entry) for entry in entries if entry.rule == REVALUED)


def _entry(figures: ForeignFigures, rule: str, row: Revalued, gain: Decimal) -> Entry:
    own, other = Posting(row.account, "debit", _NOTHING, gain), _ACCOUNTS[rule]
    entry = Entry(
        figures.book,
        figures.book_currency,
        row.currency,
        rule,
        0,
        (own, Posting(other, "credit", _NOTHING, gain)),
    )
    if gain > ZERO:
        return entry
    loss = -gain
    lost = (Posting(other, "debit", _NOTHING, loss), Posting(row.account, "credit", _NOTHING, loss))
    return replace(entry, postings=lost)
