"""How people see the exchange rates of one sale: of its price, and of the books it is booked in."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import typer


def print_settled(leg: dict[str, Any]) -> None:
    """Print how a price came into the currency of settlement: rate, day, publications, markup."""
    converted = leg.get("converted")
    if converted is None:
        return
    fx = converted["fx"]
    typer.echo(
        f"    {converted['priced_net']} {fx['from_currency']} at {fx['rate']} ="
        f" {leg['net']} {leg['currency']} ({fx['rule']}: {fx['source']} of {fx['published_on']})"
    )
    for row in fx.get("crossed", ()):
        typer.echo(
            f"      1 EUR = {row['per_euro']} {row['currency']}, published on {row['published_on']}"
        )
    if fx.get("crossed"):
        rounding = rounding_of(fx, Decimal(converted["priced_net"]))
        typer.echo(f"      crossed to twelve decimals, which is {rounding} {leg['currency']}")
    if fx.get("markup_bps"):
        typer.echo(
            f"      {fx['reference_rate']} by the source, {fx['markup_bps']} basis points added:"
            f" markup {converted['markup']} {leg['currency']}"
        )


def print_rates_of_books(leg: dict[str, Any]) -> None:
    """Print the rates at which a sale was brought into books of another currency."""
    for rate in leg.get("fx", ()):
        typer.echo(
            f"    1 {rate['from_currency']} = {rate['rate']} {rate['to_currency']},"
            f" {rate['source']} of {rate.get('published_on', rate['rate_on'])}"
        )


def rounding_of(fx: dict[str, Any], amount: Decimal) -> str:
    """Say what the twelve decimals of a crossed rate add to the exact quotient, on an amount.

    >>> cross = [{"per_euro": "3"}, {"per_euro": "1"}]
    >>> rounding_of({"rate": "0.333333333333", "crossed": cross}, Decimal(30))
    '-0.000000000010'
    """
    from ledger.fx.convert import rounding_of_cross

    one, other = fx["crossed"]
    per_unit = rounding_of_cross(
        Decimal(fx.get("reference_rate") or fx["rate"]),
        from_per_euro=Decimal(one["per_euro"]),
        to_per_euro=Decimal(other["per_euro"]),
    )
    exact = per_unit * Fraction(amount)
    return f"{Decimal(exact.numerator) / Decimal(exact.denominator):+.12f}"
