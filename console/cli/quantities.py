"""Quantities on the command line: exact decimals, never floats."""

from decimal import Decimal, InvalidOperation

import typer


def quantity(text: str) -> Decimal:
    """Return a quantity that is not negative.

    >>> quantity("12.5")
    Decimal('12.5')
    """
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise typer.BadParameter(f"{text!r} is no number such as 12.5") from error
    if not (amount.is_finite() and 0 <= amount < 1_000_000):
        raise typer.BadParameter(f"{text!r} is no quantity from 0 to a million")
    return amount
