"""The priced result beside what a partner's CDR states, field by field."""

from decimal import Decimal

import msgspec

from ledger.pricing.lines import Cost, Priced
from ledger.pricing.tariff import Price
from ledger.values.money import EXACT, ZERO

_COSTS = (
    "total_cost",
    "total_energy_cost",
    "total_time_cost",
    "total_parking_cost",
    "total_fixed_cost",
    "total_reservation_cost",
)
_PERCENT = Decimal(100)


class StatedTotals(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The totals of a CDR in OCPI's names; `total_time` is charging, parking and reservation."""

    total_cost: Price
    total_energy: Decimal
    total_time: Decimal | None = None
    total_parking_time: Decimal | None = None
    total_energy_cost: Price | None = None
    total_time_cost: Price | None = None
    total_parking_cost: Price | None = None
    total_fixed_cost: Price | None = None
    total_reservation_cost: Price | None = None


class FieldTolerance(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How far two figures may lie apart: the greater of an absolute figure and a percentage."""

    absolute: Decimal = ZERO
    percent: Decimal = ZERO

    def allows(self, stated: Decimal, computed: Decimal) -> bool:
        """True where the two agree.

        >>> FieldTolerance(absolute=Decimal("0.01")).allows(Decimal("4.99"), Decimal("5"))
        True
        """
        share = EXACT.divide(EXACT.multiply(abs(computed), self.percent), _PERCENT)
        return abs(stated - computed) <= max(self.absolute, share)


class Tolerances(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Tolerances of money, of energy in kWh, of times in hours.

    The defaults are half a cent, half a Wh, and half a unit of OCPI's fourth decimal of an hour.
    """

    money: FieldTolerance = FieldTolerance(Decimal("0.005"))
    energy: FieldTolerance = FieldTolerance(Decimal("0.0005"))
    time: FieldTolerance = FieldTolerance(Decimal("0.0002"))


class Compared(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One field: what is stated, what is computed, and whether they agree within tolerance."""

    field: str
    stated: Decimal
    computed: Decimal
    difference: Decimal
    tolerance: FieldTolerance
    agrees: bool


def compare(
    priced: Priced, stated: StatedTotals, tolerances: Tolerances | None = None
) -> tuple[Compared, ...]:
    """Compare every figure that both sides know, stated minus computed.

    A cost that nothing was priced for counts as zero. What is after tax is the CDR's
    `after_taxes`, else its amount before tax and the taxes it names (OCPI 2.3.0, Price).
    """
    allowed = tolerances or Tolerances()
    rows: list[Compared] = []
    for field in _COSTS:
        price: Price | None = getattr(stated, field)
        if price is None:
            continue
        cost: Cost = getattr(priced, field) or Cost(ZERO, ZERO)
        after = _after(price)
        if cost.before_taxes is not None:
            name = f"{field}.before_taxes"
            rows.append(_compared(name, price.before_taxes, cost.before_taxes, allowed.money))
        if after is not None and cost.after_taxes is not None:
            rows.append(_compared(f"{field}.after_taxes", after, cost.after_taxes, allowed.money))
    rows.append(_compared("total_energy", stated.total_energy, priced.energy_kwh, allowed.energy))
    if stated.total_time is not None:
        hours = priced.time_h + priced.parking_time_h + priced.reservation_time_h
        rows.append(_compared("total_time", stated.total_time, hours, allowed.time))
    if stated.total_parking_time is not None:
        parked, computed = stated.total_parking_time, priced.parking_time_h
        rows.append(_compared("total_parking_time", parked, computed, allowed.time))
    return tuple(rows)


def _after(price: Price) -> Decimal | None:
    if price.after_taxes is not None:
        return price.after_taxes
    if not price.taxes:
        return None
    return sum((tax.amount for tax in price.taxes), price.before_taxes)


def _compared(
    field: str, stated: Decimal, computed: Decimal, tolerance: FieldTolerance
) -> Compared:
    difference = EXACT.subtract(stated, computed)
    return Compared(
        field, stated, computed, difference, tolerance, tolerance.allows(stated, computed)
    )
