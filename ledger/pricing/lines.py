"""The priced result: lines that explain themselves and totals that are their sums."""

from decimal import Decimal
from typing import Literal

import msgspec

LineKind = Literal["consumption", "step_rounding", "min_price", "max_price"]


class PricedLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One quantity at one unit price.

    `quantity` is in kWh for ENERGY, in hours for TIME and PARKING_TIME, 1 for FLAT; `net_exact`
    is quantity times price; `net` is scale 4 and the lines' `net` sum to the result's.
    """

    dimension: str
    kind: LineKind
    quantity: Decimal
    unit_price: Decimal
    net_exact: Decimal
    net: Decimal
    element: int
    component: int
    period: int | None = None
    stated_vat_percent: Decimal | None = None


class Priced(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A charge at a tariff version: before tax, in the tariff's currency."""

    currency: str
    net_exact: Decimal
    net: Decimal
    lines: tuple[PricedLine, ...]
    energy_kwh: Decimal
    billed_energy_kwh: Decimal
    time_h: Decimal
    billed_time_h: Decimal
    parking_time_h: Decimal
    billed_parking_time_h: Decimal

    def net_of(self, dimension: str) -> Decimal:
        """Return the exact sum of one dimension's lines."""
        return sum(
            (line.net_exact for line in self.lines if line.dimension == dimension), Decimal(0)
        )
