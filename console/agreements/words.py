"""Values as an agreement writes them: each kind reads its text, and writes it again.

Reading raises `WrongWords` with what was expected; nothing is guessed from a bare number.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

from ledger.pricing.compare import Tolerance
from ledger.values.fractions import fraction_of
from ledger.values.money import EXACT

_NUMBER: Final = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
_MONEY: Final = re.compile(r"(\S+) ([A-Z]{3}|in the sale's currency)")
_SECONDS_OF: Final = {"s": 1, "min": 60, "h": 3600, "day": 86400, "days": 86400}
OF_THE_SALE: Final = "in the sale's currency"


class WrongWords(Exception):
    """The text cannot be read; `expected` shows how it is written."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


class Words(NamedTuple):
    """How values of a kind are read from text and written."""

    read: Callable[[str], Any]
    write: Callable[[Any], str]


def number(text: str) -> Decimal:
    """Read a number with a decimal point.

    >>> number("0.05")
    Decimal('0.05')
    """
    if not _NUMBER.fullmatch(text):
        raise WrongWords("a number such as 0.05")
    return Decimal(text)


def number_text(value: Decimal) -> str:
    """Write a number without zeros that say nothing.

    >>> number_text(Decimal("25.00")), number_text(Decimal("1E+2"))
    ('25', '100')
    """
    return format(value.normalize(EXACT), "f")


def percent(text: str) -> str:
    """Read a percentage or an exact fraction; return the fraction.

    >>> percent("1.5 %"), percent("1/3")
    ('3/200', '1/3')
    """
    if text.endswith("%"):
        return str(Fraction(number(text[:-1].rstrip())) / 100)
    if not re.fullmatch(r"-?\d{1,9}/[1-9]\d{0,8}", text):
        raise WrongWords("a percentage such as 1.5 %, or a fraction such as 1/3")
    return str(Fraction(text))


def percent_text(rate: str) -> str:
    """Write a fraction as a percentage where that is exact.

    >>> percent_text("3/200"), percent_text("1/3")
    ('1.5 %', '1/3')
    """
    exact = fraction_of(rate)
    scaled = exact * 100 * 10**9
    if scaled.denominator != 1:
        return str(exact)
    return f"{number_text(Decimal(scaled.numerator).scaleb(-9))} %"


def money(text: str) -> tuple[Decimal, str | None]:
    """Read an amount with its currency, None where that is the sale's.

    >>> money("0.05 EUR"), money("12 in the sale's currency")
    ((Decimal('0.05'), 'EUR'), (Decimal('12'), None))
    """
    match = _MONEY.fullmatch(text)
    if match is None:
        raise WrongWords(f"money such as 0.05 EUR, or 0.05 {OF_THE_SALE}")
    return number(match[1]), None if match[2] == OF_THE_SALE else match[2]


def money_text(amount: Decimal, currency: str | None) -> str:
    """Write an amount with its currency.

    >>> money_text(Decimal("0.050"), "EUR")
    '0.05 EUR'
    """
    return f"{number_text(amount)} {currency or OF_THE_SALE}"


def choice(*values: str) -> Words:
    """One of some words."""

    def read(text: str) -> str:
        if text not in values:
            raise WrongWords(" or ".join(values))
        return text

    return Words(read, str)


def span(unit: str) -> Words:
    """A span of time as a whole number of a unit: s, h or days."""
    one = _SECONDS_OF[unit]

    def read(text: str) -> int:
        count, _, name = text.partition(" ")
        is_span = re.fullmatch(r"\d{1,6}", count) is not None and name in _SECONDS_OF
        seconds = int(count) * _SECONDS_OF[name] if is_span else -1
        if seconds < 0 or seconds % one:
            raise WrongWords(f"whole {unit}, such as 30 {unit}")
        return seconds // one

    return Words(read, lambda value: f"{value} {unit}")


def _yes_or_no(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise WrongWords("yes or no")
    return text == "yes"


def _count(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise WrongWords("a whole number such as 100")
    return int(text)


def _sale_money(text: str) -> Decimal:
    amount, currency = money(text)
    if currency is not None:
        raise WrongWords(f"an amount such as 25 {OF_THE_SALE}")
    return amount


def _basis_points(text: str) -> int:
    points = fraction_of(percent(text)) * 10_000
    if points.denominator != 1:
        raise WrongWords("whole hundredths of a percent, such as 0.25 %")
    return int(points)


def tolerance(unit: str) -> Words:
    """How far figures may differ: `0.01 kWh or 1 %`, whichever is more."""

    def read(text: str) -> Tolerance:
        absolute, relative = Decimal(0), Decimal(0)
        for bound in text.split(" or "):
            if bound.endswith("%"):
                relative = EXACT.divide(number(bound[:-1].rstrip()), Decimal(100))
            elif bound.endswith(f" {unit}"):
                absolute = number(bound.removesuffix(f" {unit}"))
            else:
                raise WrongWords(f"bounds such as 0.01 {unit} or 1 %")
        if absolute < 0 or relative < 0:
            raise WrongWords("bounds of 0 or more")
        return Tolerance(absolute, relative)

    def write(value: Tolerance) -> str:
        bounds = [f"{number_text(value.absolute)} {unit}"] if value.absolute else []
        if value.relative:
            bounds.append(f"{number_text(EXACT.multiply(value.relative, Decimal(100)))} %")
        return " or ".join(bounds) or f"0 {unit}"

    return Words(read, write)


TEXT: Final = Words(str, str)
YES_NO: Final = Words(_yes_or_no, lambda value: "yes" if value else "no")
COUNT: Final = Words(_count, str)
PERCENT: Final = Words(percent, percent_text)
SALE_MONEY: Final = Words(_sale_money, lambda value: money_text(value, None))
BASIS_POINTS: Final = Words(_basis_points, lambda value: percent_text(f"{value}/10000"))
