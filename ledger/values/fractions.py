"""Exact rationals: the rates of agreements, and what is computed with them before rounding once."""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from ledger.values.money import EXACT, round_to_scale_4
from ledger.values.reasons import Reason, Refusal, Refused


@lru_cache(maxsize=4096)
def fraction_of(text: str) -> Fraction:
    """Read an exact rational: "3/20" or "0.15". Refuses: INVALID_DOCUMENT.

    >>> fraction_of("3/20") == fraction_of("0.15")
    True
    """
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, "rate", "3/20", text)) from None


@lru_cache(maxsize=4096)
def rational_of(rate: Decimal) -> Fraction:
    """Return a rate as a rational; few rates convert many amounts (3 µs the first time).

    >>> rational_of(Decimal("1.25"))
    Fraction(5, 4)
    """
    return Fraction(rate)


def decimal_of(exact: Fraction) -> Decimal:
    """Return a rational as a Decimal: exact where it ends, else to 60 digits.

    >>> decimal_of(Fraction(1, 8))
    Decimal('0.125')
    """
    return EXACT.divide(Decimal(exact.numerator), Decimal(exact.denominator))


def scale_4_of(exact: Fraction) -> Decimal:
    """Round a rational half up to four decimals, the scale at which events record amounts.

    >>> scale_4_of(Fraction(1, 3))
    Decimal('0.3333')
    """
    return round_to_scale_4(decimal_of(exact))
