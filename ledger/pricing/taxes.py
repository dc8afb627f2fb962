"""Tax as the tariff states it, told from the price.

Source: OCPI 2.3.0, mod_tariffs, PriceComponent.vat («If omitted, no VAT is applicable»),
TaxIncluded, and the two examples with North American taxes: where a 2.3.0 tariff names no VAT at
all, tax is still to be added (NO: the amount after tax is unknown) or was (YES: the amount before
tax is unknown). OCPI 2.1.1 has no VAT: what is after tax is unknown. A price of nothing
bears none.
"""

from decimal import Decimal
from typing import Literal

from ledger.pricing.compiled import CompiledTariff
from ledger.values.money import ZERO

TaxRule = Literal["added", "included", "exempt", "unknown", "unknown_included", "absent"]
HUNDRED = Decimal(100)


def tax_rule_of(tariff: CompiledTariff, ocpi_version: str | None) -> TaxRule:
    """Return how a tariff's prices bear tax; `tax_included` counts from OCPI 2.3.0 on."""
    version = ocpi_version or tariff.ocpi_version or ""
    if version.startswith("2.1"):
        return "absent"
    if tariff.tax_included is None or version.startswith("2.2"):
        return "added"
    if tariff.tax_included == "NO":
        return "added" if tariff.states_vat else "unknown"
    if tariff.tax_included == "YES":
        return "included" if tariff.states_vat else "unknown_included"
    return "exempt"


def split_tax(
    amount: Decimal, vat_percent: Decimal | None, rule: TaxRule
) -> tuple[Decimal, Decimal | None]:
    """Return (before tax, tax) of an amount; the tax is None where it is not known.

    >>> split_tax(Decimal("5.00"), Decimal(10), "added")
    (Decimal('5.00'), Decimal('0.50'))
    >>> split_tax(Decimal("5.50"), Decimal(10), "included")
    (Decimal('5.00'), Decimal('0.50'))
    """
    if rule == "absent" or (amount and rule in ("unknown", "unknown_included")):
        return amount, None
    if not (amount and vat_percent) or rule == "exempt":
        return amount, ZERO
    share = amount * vat_percent
    if rule == "added":
        return amount, share / HUNDRED
    tax = share / (HUNDRED + vat_percent)
    return amount - tax, tax
