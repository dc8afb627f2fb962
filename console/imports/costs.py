"""The priced result as a CDR states it: before and after tax, by the parts that OCPI names."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from ledger.pricing.lines import Cost, Priced
from ledger.values.fractions import scale_4_of
from ledger.values.money import ZERO
from ledger.values.reasons import Reason, Refusal, Refused
from schemas.parts import OcpiVersion, Price, Tax


class Costs(NamedTuple):
    """A CDR's costs in OCPI's names; None where the tariff prices none, or OCPI has no field."""

    total_cost: Price
    total_fixed_cost: Price | None = None
    total_energy_cost: Price | None = None
    total_time_cost: Price | None = None
    total_parking_cost: Price | None = None


def costs_of(
    priced: Priced, ocpi_version: OcpiVersion, tax_percent: Decimal | None = None
) -> Costs:
    """Return what a CDR of a version states; amounts at scale 4 in the tariff's currency.

    Only 2.3.0 names its taxes; 2.1.1 has nothing but a total before tax. `tax_percent` is the rate
    at the charger: it is taken out of a price that includes tax and does not say which.
    Refuses: TARIFF_NOT_SUPPORTED, where the amount before tax cannot be told.
    """
    total = _price(priced.total_cost, tax_percent)
    if total is None:
        raise Refused(Refusal(Reason.TARIFF_NOT_SUPPORTED, "tax_included", "a VAT rate", "YES"))
    if ocpi_version == "2.1.1":
        return Costs(total)
    if ocpi_version == "2.3.0":
        total = total.model_copy(update={"taxes": _taxes(priced, total, tax_percent)})
    return Costs(
        total,
        _price(priced.total_fixed_cost, tax_percent),
        _price(priced.total_energy_cost, tax_percent),
        _price(priced.total_time_cost, tax_percent),
        _price(priced.total_parking_cost, tax_percent),
    )


def _price(cost: Cost | None, tax_percent: Decimal | None) -> Price | None:
    if cost is None:
        return None
    before = cost.before_taxes
    if before is None and cost.after_taxes is not None and tax_percent is not None:
        before = scale_4_of(Fraction(cost.after_taxes) * 100 / (100 + Fraction(tax_percent)))
    return None if before is None else Price(before_taxes=before, after_taxes=cost.after_taxes)


def _taxes(priced: Priced, total: Price, tax_percent: Decimal | None) -> tuple[Tax, ...]:
    """Return the taxes by name. Each is rounded on its own: the greatest takes the difference."""
    if total.after_taxes is None:
        return ()
    if priced.total_cost.before_taxes is None:
        return (Tax(name="VAT", percentage=tax_percent, amount=_tax(total)),)
    if not priced.taxes:
        return ()
    amounts = [row.amount for row in priced.taxes]
    greatest = max(range(len(amounts)), key=lambda index: abs(amounts[index]))
    amounts[greatest] += _tax(total) - sum(amounts, ZERO)
    return tuple(
        Tax(name=row.name, percentage=row.percentage, amount=amount)
        for row, amount in zip(priced.taxes, amounts, strict=True)
    )


def _tax(total: Price) -> Decimal:
    return (total.after_taxes or ZERO) - total.before_taxes
