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
HOUR_S = Decimal(3600)


class StatedTotals(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The totals of a CDR in OCPI's names; `total_time` is charging, parking and reservation."""

    total_cost: Price | None = None
    total_energy: Decimal | None = None
    total_time: Decimal | None = None
    total_parking_time: Decimal | None = None
    total_energy_cost: Price | None = None
    total_time_cost: Price | None = None
    total_parking_cost: Price | None = None
    total_fixed_cost: Price | None = None
    total_reservation_cost: Price | None = None


class Tolerance(msgspec.Struct, frozen=True, gc=False):
    """How far two figures may differ: within `absolute` or within `relative` (0.01 is 1 %)."""

    absolute: Decimal = ZERO
    relative: Decimal = ZERO

    def allows(self, stated: Decimal, computed: Decimal) -> bool:
        """True where the difference is within the larger of both bounds.

        >>> Tolerance(absolute=Decimal("0.01")).allows(Decimal("5.01"), Decimal("5.00"))
        True
        """
        difference = abs(EXACT.subtract(stated, computed))
        return difference <= self.absolute or difference <= EXACT.multiply(
            abs(computed), self.relative
        )

    def in_words(self, unit: str) -> str:
        """Return the bounds as a finding names them.

        >>> Tolerance(Decimal("0.001"), Decimal("0.01")).in_words("kWh")
        '0.001 kWh or 1 %'
        """
        bounds = [f"{self.absolute.normalize():f} {unit}"] if self.absolute else []
        if self.relative:
            percent = EXACT.multiply(self.relative, Decimal(100))
            bounds.append(f"{percent.normalize():f} %")
        return " or ".join(bounds) or f"0 {unit}"


class Tolerances(msgspec.Struct, frozen=True, gc=False):
    """Energy in kWh, time in seconds, money in the currency of the sale."""

    energy: Tolerance = Tolerance(absolute=Decimal("0.001"))
    time: Tolerance = Tolerance(absolute=Decimal(60))
    money: Tolerance = Tolerance(absolute=Decimal("0.01"))


WRITTEN_OUT = Tolerances(
    energy=Tolerance(Decimal("0.0005")),
    time=Tolerance(Decimal("0.72")),
    money=Tolerance(Decimal("0.005")),
)
"""What writing a figure down explains: half a Wh, two of OCPI's fourth decimal of an hour, half a
cent."""


class Compared(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One field: what is stated, what is computed, and whether they agree within tolerance.

    Times are hours as OCPI has them; their tolerance is in seconds.
    """

    field: str
    stated: Decimal
    computed: Decimal
    difference: Decimal
    tolerance: Tolerance
    agrees: bool


def compare(
    priced: Priced, stated: StatedTotals, tolerances: Tolerances = WRITTEN_OUT
) -> tuple[Compared, ...]:
    """Compare every figure that both sides know, stated minus computed.

    A cost that nothing was priced for counts as zero. What is after tax is the CDR's
    `after_taxes`, else its amount before tax and the taxes it names (OCPI 2.3.0, Price).
    """
    rows: list[Compared] = []
    money = tolerances.money
    for field in _COSTS:
        price: Price | None = getattr(stated, field)
        if price is None:
            continue
        cost: Cost = getattr(priced, field) or Cost(ZERO, ZERO)
        after = _after(price)
        if cost.before_taxes is not None:
            name = f"{field}.before_taxes"
            rows.append(_compared(name, price.before_taxes, cost.before_taxes, money))
        if after is not None and cost.after_taxes is not None:
            rows.append(
                _compared(f"{field}.after_taxes", after, cost.after_taxes, tolerances.money)
            )
    if stated.total_energy is not None:
        energy = priced.energy_kwh
        rows.append(_compared("total_energy", stated.total_energy, energy, tolerances.energy))
    if stated.total_time is not None:
        hours = priced.time_h + priced.parking_time_h + priced.reservation_time_h
        rows.append(_compared_h("total_time", stated.total_time, hours, tolerances.time))
    if stated.total_parking_time is not None:
        parked, computed = stated.total_parking_time, priced.parking_time_h
        rows.append(_compared_h("total_parking_time", parked, computed, tolerances.time))
    return tuple(rows)


def _after(price: Price) -> Decimal | None:
    if price.after_taxes is not None:
        return price.after_taxes
    if not price.taxes:
        return None
    return sum((tax.amount for tax in price.taxes), price.before_taxes)


def _compared(field: str, stated: Decimal, computed: Decimal, tolerance: Tolerance) -> Compared:
    agrees = tolerance.allows(stated, computed)
    return Compared(field, stated, computed, EXACT.subtract(stated, computed), tolerance, agrees)


def _compared_h(field: str, stated: Decimal, computed: Decimal, tolerance: Tolerance) -> Compared:
    agrees = tolerance.allows(EXACT.multiply(stated, HOUR_S), EXACT.multiply(computed, HOUR_S))
    return Compared(field, stated, computed, EXACT.subtract(stated, computed), tolerance, agrees)
