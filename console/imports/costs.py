"""The priced result as a CDR states it: before and after tax, by the parts that OCPI names."""

from decimal import Decimal
from typing import NamedTuple

from ledger.pricing.lines import Cost, Priced
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


def costs_of(priced: Priced, ocpi_version: OcpiVersion) -> Costs:
    """Return what a CDR of a version states; amounts at scale 4 in the tariff's currency.

    Only 2.3.0 names its taxes; 2.1.1 has nothing but a total before tax.
    Refuses: TARIFF_NOT_SUPPORTED, where the amount before tax cannot be told from the tariff.
    """
    total = _price(priced.total_cost)
    if total is None:
        raise Refused(Refusal(Reason.TARIFF_NOT_SUPPORTED, "tax_included", "a VAT rate", "YES"))
    if ocpi_version == "2.1.1":
        return Costs(total)
    if ocpi_version == "2.3.0":
        total = total.model_copy(update={"taxes": _taxes(priced, total)})
    return Costs(
        total,
        _price(priced.total_fixed_cost),
        _price(priced.total_energy_cost),
        _price(priced.total_time_cost),
        _price(priced.total_parking_cost),
    )


def _price(cost: Cost | None) -> Price | None:
    if cost is None or cost.before_taxes is None:
        return None
    return Price(before_taxes=cost.before_taxes, after_taxes=cost.after_taxes)


def _taxes(priced: Priced, total: Price) -> tuple[Tax, ...]:
    """Return the taxes by name. Each is rounded on its own: the greatest takes the difference."""
    if total.after_taxes is None or not priced.taxes:
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
