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
from ledger.pricing.elements import Component
from ledger.values.money import ZERO

TaxRule = Literal["added", "included", "exempt", "unknown", "unknown_included", "absent"]
HUNDRED = Decimal(100)


def tax_rule_of(tariff: CompiledTariff, ocpi_version: str | None) -> TaxRule:
    """Return how a tariff's prices bear tax.

    `tax_included` is a field of 2.3.0. A 2.2.1 tariff that has it all the same means what it says;
    without it, or with NO, its prices are without a VAT that is not there where it is not named.
    """
    version = ocpi_version or tariff.ocpi_version or ""
    if version.startswith("2.1"):
        return "absent"
    included = tariff.tax_included
    if included is None or (included == "NO" and version.startswith("2.2")):
        return "added"
    if included == "NO":
        return "added" if tariff.states_vat else "unknown"
    if tariff.tax_included == "YES":
        return "included" if tariff.states_vat else "unknown_included"
    return "exempt"


def split_tax(
    amount: Decimal, component: Component, rule: TaxRule
) -> tuple[Decimal, Decimal | None]:
    """Return (before tax, tax) of an amount; the tax is None where it is not known.

    >>> ten = Component(Decimal(1), Decimal(10), 1, 0, 0, Decimal("0.1"))
    >>> split_tax(Decimal("5.00"), ten, "added")
    (Decimal('5.00'), Decimal('0.500'))
    >>> split_tax(Decimal("5.50"), ten, "included")
    (Decimal('5.00'), Decimal('0.50'))
    """
    if rule == "added":
        share = component.vat_share
        return amount, amount * share if share and amount else ZERO
    if rule == "absent" or (amount and rule in ("unknown", "unknown_included")):
        return amount, None
    percent = component.vat_percent
    if rule != "included" or not (amount and percent):
        return amount, ZERO
    tax = amount * percent / (HUNDRED + percent)
    return amount - tax, tax


def tax_on_nothing(net: Decimal, tariff: CompiledTariff, rule: TaxRule) -> Decimal | None:
    """Return the tax on a least price where nothing else was priced that shows it.

    That of all components where they have one percentage; None where they have several.
    """
    if rule not in ("added", "included"):
        return ZERO if rule == "exempt" else None
    percent = tariff.sole_vat_percent
    return None if percent is None else net * percent / HUNDRED
