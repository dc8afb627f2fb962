"""The taxes of a recorded sale for people: each decision with its rule, its rate and its proof."""

from decimal import Decimal
from typing import Any

import typer


def print_taxes(leg: dict[str, Any]) -> None:
    """Print net, tax and gross of a sale, then the decision on each part taxed by a class."""
    parts, currency = leg.get("parts", ()), leg["currency"]
    net, gross = Decimal(leg["net"]), Decimal(leg["gross"])
    typer.echo(f"    net {net} + VAT {gross - net} = {gross} {currency}")
    own = net - sum((Decimal(part["net"]) for part in parts), Decimal(0))
    _print_vat(leg["vat"], f" on {own} {currency}" if parts else "")
    for part in parts:
        vat = part["vat"]
        _print_vat(vat, f" on {part['net']} {currency} of {vat['tax_class']}")


def _print_vat(vat: dict[str, Any], on: str) -> None:
    amount = f"{on} = {vat['vat']}" if on else ""
    typer.echo(f"    VAT {vat['category']} {vat['percent']} %{amount} ({vat['rule']}):")
    typer.echo(f"      {vat['why']}")
    if vat.get("rate_source"):
        typer.echo(f"      rate: {vat['rate_source']}")
    if vat.get("buyer_percent"):
        number = f", VAT number {vat['buyer_number']}" if vat.get("buyer_number") else ""
        typer.echo(f"      the buyer accounts for {vat['buyer_percent']} %{number}")
    if vat.get("evidence"):
        typer.echo(f"      evidence: {vat['evidence']}")
