"""The priced result: lines that explain themselves and totals that are their sums."""

from decimal import Decimal
from enum import StrEnum
from typing import Literal

import msgspec

from ledger.values.money import ZERO

LineKind = Literal[
    "consumption",
    "step_rounding",
    "min_price",
    "max_price",
    "accepted",
    "discount",
    "surcharge",
]
TOTAL = "TOTAL"
"""The dimension of a line that adjusts the whole charge to a limit."""


class WarningCode(StrEnum):
    """What is priced all the same, and should be looked at."""

    PERIOD_STRADDLES_RESTRICTION = "PERIOD_STRADDLES_RESTRICTION"
    STEP_SIZE_IGNORED = "STEP_SIZE_IGNORED"
    CURRENT_NOT_STATED = "CURRENT_NOT_STATED"
    POWER_DERIVED = "POWER_DERIVED"
    NO_TARIFF_IN_PERIOD = "NO_TARIFF_IN_PERIOD"
    NOTHING_PRICED = "NOTHING_PRICED"
    TAX_NOT_DETERMINED = "TAX_NOT_DETERMINED"
    LIMITS_CONTRADICT = "LIMITS_CONTRADICT"


class PricingWarning(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A warning and where it applies; `cut_total` is what the charge costs when cut there."""

    code: WarningCode
    path: str
    cut_total: Decimal | None = None


class PricedLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One quantity at one unit price.

    `quantity` is in kWh for ENERGY, in hours (9 decimals) for TIME, PARKING_TIME and
    RESERVATION_TIME, 1 for FLAT and TOTAL; `unit_price` as the tariff states it (with tax where
    its `tax_included` is YES). `net_exact` is the exact quantity (for times: whole seconds)
    times price before tax, `tax_exact` the tax on it, None where the tariff does not say;
    `net` is scale 4 and the lines' `net` sum to the result's. `element` and `component` are
    indices into tariff number `tariff` of those that price the charge, -1 on limits;
    `reservation` marks what a reservation costs, its FLAT among it. A discount or surcharge has
    its `name`, and as `component` its place among the agreement's.
    `stated_quantity` is the partner's figure where it is not whole seconds. A part of a period
    that was cut at a bound says which part.
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
    tax_exact: Decimal | None = None
    stated_quantity: Decimal | None = None
    part: int | None = None
    tariff: int = 0
    reservation: bool = False
    name: str | None = None


class Cost(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An amount before and after tax, scale 4; None where the tariff does not determine it."""

    before_taxes: Decimal | None = None
    after_taxes: Decimal | None = None


class TaxSum(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A tax by name: the tariff's VAT of one percentage, on what is priced with it; scale 4.

    Without a percentage it is what a limit changed.
    """

    name: str
    percentage: Decimal | None
    net: Decimal
    amount: Decimal


class PricedTotals(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a charge comes to: quantities consumed and billed, costs, taxes, warnings.

    `total_cost` carries the minus sign of a credit CDR, nothing else does. A component's total is
    None where no such component priced anything. Times are hours with 9 decimals and whole
    seconds.
    """

    energy_kwh: Decimal
    billed_energy_kwh: Decimal
    time_h: Decimal
    billed_time_h: Decimal
    parking_time_h: Decimal
    billed_parking_time_h: Decimal
    total_cost: Cost = Cost()
    total_energy_cost: Cost | None = None
    total_time_cost: Cost | None = None
    total_parking_cost: Cost | None = None
    total_fixed_cost: Cost | None = None
    total_reservation_cost: Cost | None = None
    taxes: tuple[TaxSum, ...] = ()
    reservation_time_h: Decimal = ZERO
    billed_reservation_time_h: Decimal = ZERO
    time_s: int = 0
    billed_time_s: int = 0
    parking_time_s: int = 0
    billed_parking_time_s: int = 0
    warnings: tuple[PricingWarning, ...] = ()


class Priced(PricedTotals, frozen=True, omit_defaults=True, gc=False, kw_only=True):
    """A charge at its tariff: lines and totals in the tariff's currency.

    `net` is before tax, but where the tariff's prices include a tax it does not name:
    `total_cost.before_taxes` is None then, and `net` is after tax.
    """

    currency: str
    net_exact: Decimal
    net: Decimal
    lines: tuple[PricedLine, ...]

    def net_of(self, dimension: str) -> Decimal:
        """Return the exact sum of one dimension's lines."""
        return sum(
            (line.net_exact for line in self.lines if line.dimension == dimension), Decimal(0)
        )

    @property
    def totals(self) -> PricedTotals:
        """The totals alone, without the lines they are the sums of."""
        return PricedTotals(*(getattr(self, name) for name in PricedTotals.__struct_fields__))
