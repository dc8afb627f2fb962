"""Exact amounts: made from text or Decimal, never from a float, rounded in one place.

Amounts inside the ledger are exact; events record scale 4; the minor unit appears only in
invoices and payments, or per CDR where the agreement says so.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Self

import moneyed

from ledger.values.reasons import Reason, Refusal, Refused

EXACT = Context(prec=60)
"""Precision of every exact computation: far more digits than any sum of CDRs needs."""

SCALE_4 = Decimal("0.0001")
ZERO = Decimal(0)
_NOTHING_AT_SCALE_4 = Decimal("0.0000")


_NO_MONEY = frozenset({"XXX", "XTS"})
"""Of ISO 4217 what stands for no currency, and for tests."""


@lru_cache(maxsize=512)
def currency_of(code: str) -> moneyed.Currency:
    """Return the ISO 4217 currency of a three-letter code. Refuses: UNKNOWN_CURRENCY.

    >>> currency_of("CHF").name
    'Swiss Franc'
    """
    try:
        if code not in _NO_MONEY:
            return moneyed.get_currency(code)
    except moneyed.CurrencyDoesNotExist:
        pass
    raise Refused(Refusal(Reason.UNKNOWN_CURRENCY, "currency", expected="ISO 4217", actual=code))


@lru_cache(maxsize=512)
def minor_unit(code: str) -> Decimal:
    """Return the smallest unit of a currency as a Decimal step.

    >>> minor_unit("EUR"), minor_unit("JPY")
    (Decimal('0.01'), Decimal('1'))
    """
    digits = len(str(currency_of(code).sub_unit)) - 1
    return Decimal(1).scaleb(-digits)


class Money:
    """An exact amount in one currency. Wraps py-moneyed's currencies; refuses floats.

    >>> money("0.35", "EUR") + money("0.10", "EUR")
    Money('0.45', 'EUR')
    """

    __slots__ = ("amount", "currency")

    def __init__(self, amount: Decimal, currency: str) -> None:
        if not isinstance(amount, Decimal):
            raise TypeError(f"an amount is a Decimal, not {type(amount).__name__}")
        currency_of(currency)
        self.amount = amount
        self.currency = currency

    def _same_currency(self, other: Self) -> None:
        if self.currency != other.currency:
            raise Refused(
                Refusal(Reason.CURRENCY_DIFFERS, expected=self.currency, actual=other.currency)
            )

    def __add__(self, other: Self) -> Self:
        self._same_currency(other)
        return type(self)(EXACT.add(self.amount, other.amount), self.currency)

    def __sub__(self, other: Self) -> Self:
        self._same_currency(other)
        return type(self)(EXACT.subtract(self.amount, other.amount), self.currency)

    def __mul__(self, factor: Decimal | int) -> Self:
        if not isinstance(factor, (Decimal, int)):
            raise TypeError(f"a factor is a Decimal or a whole number, not {factor!r}")
        return type(self)(EXACT.multiply(self.amount, factor), self.currency)

    def __neg__(self) -> Self:
        return type(self)(EXACT.minus(self.amount), self.currency)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.amount == other.amount and self.currency == other.currency

    def __lt__(self, other: Self) -> bool:
        self._same_currency(other)
        return self.amount < other.amount

    def __hash__(self) -> int:
        return hash((self.amount, self.currency))

    def __repr__(self) -> str:
        return f"Money('{self.amount}', '{self.currency}')"

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def to_moneyed(self) -> moneyed.Money:
        """The same amount as a py-moneyed Money, for formatting in a locale."""
        return moneyed.Money(self.amount, self.currency)


def money(amount: str | int | Decimal, currency: str) -> Money:
    """Make an amount from text, a whole number or a Decimal. Refuses: UNKNOWN_CURRENCY.

    >>> money("11.90", "EUR")
    Money('11.90', 'EUR')
    """
    if not isinstance(amount, (str, int, Decimal)):
        raise TypeError(f"an amount is text, a whole number or a Decimal, not {amount!r}")
    return Money(Decimal(amount), currency)


def total_of(amounts: Iterable[Money], currency: str) -> Money:
    """Sum amounts of one currency exactly; an empty sum is zero of that currency."""
    total = money(0, currency)
    for amount in amounts:
        total = total + amount
    return total


def round_to_minor_unit(amount: Money) -> Money:
    """Round half up to the currency's minor unit: the one place where cents appear.

    Source: the rounding level and mode are the agreement's; half up is its default.
    >>> round_to_minor_unit(money("2.345", "EUR"))
    Money('2.35', 'EUR')
    """
    rounded = amount.amount.quantize(minor_unit(amount.currency), ROUND_HALF_UP, context=EXACT)
    return Money(rounded, amount.currency)


def round_to_scale_4(amount: Decimal) -> Decimal:
    """Round half up to four decimals, the scale at which events record amounts.

    Nothing has no sign: what rounds to it from below is no minus zero.

    >>> round_to_scale_4(Decimal("1.00005")), round_to_scale_4(Decimal("-0.00004"))
    (Decimal('1.0001'), Decimal('0.0000'))
    """
    return amount.quantize(SCALE_4, ROUND_HALF_UP, context=EXACT) or _NOTHING_AT_SCALE_4


def share_out(total: Decimal, weights: Sequence[Decimal], unit: Decimal = SCALE_4) -> list[Decimal]:
    """Cut `total` in proportion to exact `weights` by largest remainder, on |amount|.

    Every part is a whole number of `unit`s, the parts sum to `total`, ties go to the earlier
    weight, and the parts of -total are the exact negation, so a reversal is exact.

    Source: Hamilton's method. Where the weights are the exact amounts whose rounded sum is
    `total`, each part is the exact amount rounded up or down by less than one unit.
    >>> share_out(Decimal("0.05"), [Decimal(1), Decimal(1), Decimal(1)], Decimal("0.01"))
    [Decimal('0.02'), Decimal('0.02'), Decimal('0.01')]
    >>> share_out(Decimal("-0.0001"), [Decimal(10), Decimal(20), Decimal(70)])
    [Decimal('0.0000'), Decimal('0.0000'), Decimal('-0.0001')]
    """
    whole = sum(weights, ZERO)
    if len(weights) == 1:
        return [total.quantize(unit, context=EXACT)]
    if whole == 0:
        parts = [ZERO.quantize(unit)] * len(weights)
        parts[0] = total.quantize(unit, context=EXACT)
        return parts
    sign = -1 if total < 0 else 1
    exact = [EXACT.divide(EXACT.multiply(abs(total), weight), whole) for weight in weights]
    parts = [part.quantize(unit, ROUND_DOWN, context=EXACT) for part in exact]
    missing = int((abs(total) - sum(parts, ZERO)) / unit)
    step = 1 if missing >= 0 else -1
    by_remainder = sorted(
        range(len(weights)), key=lambda index: (parts[index] - exact[index]) * step
    )
    for index in by_remainder[: abs(missing)]:
        parts[index] += unit * step
    return [part * sign if part else part for part in parts]
