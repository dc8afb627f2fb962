"""What there is to know about the price of a CDR. Amounts are in its tariff's currency."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from console.pictures.words import duration, plain
from ledger.pricing.lines import TaxSum
from ledger.pricing.segments import seconds_of
from ledger.roaming.legs import PublicPrice


class Line(NamedTuple):
    """A quantity at a unit price: kWh, hours (`h`), or 1.

    `raw_quantity` is the period's as the partner states it, None where the line is no consumption;
    `tax` what the tariff says of tax, scale 4, None where it says nothing. `started_at` is the
    period's start in the charger's local time.
    """

    charging_period: int | None
    started_at: datetime | None
    part: int | None
    dimension: str
    kind: str
    raw_quantity: Decimal | None
    billed_quantity: Decimal
    unit: str
    unit_price: Decimal
    tariff: str
    component: str | None
    net: Decimal
    tax_percent: Decimal | None
    tax: Decimal | None

    @property
    def is_rounding_or_limit(self) -> bool:
        """True for what a step size, a least or a greatest price adds."""
        return self.kind != "consumption"


class Total(NamedTuple):
    """A total of OCPI's: what was consumed and what is billed (kWh, seconds), its cost."""

    field: str
    consumed: Decimal | None
    billed: Decimal | None
    unit: str
    before_taxes: Decimal | None
    after_taxes: Decimal | None


class PricedLeg(NamedTuple):
    """A leg with its lines and totals in the currency of its tariff."""

    leg: int
    kind: str
    currency: str
    lines: tuple[Line, ...]
    totals: tuple[Total, ...]
    taxes: tuple[TaxSum, ...]


class Compared(NamedTuple):
    """A figure that the CDR states against the ledger's; `difference` is stated less computed.

    `unit` is the figures', `tolerance_unit` the absolute tolerance's: times are hours, within
    seconds.
    """

    field: str
    stated: Decimal
    computed: Decimal
    difference: Decimal
    unit: str
    tolerance_absolute: Decimal
    tolerance_unit: str
    tolerance_relative: Decimal
    within_tolerance: bool


class Finding(NamedTuple):
    """What should be looked at, in the decision or in its pricing."""

    code: str
    sentence: str
    path: str
    expected: str
    actual: str


class ShownPrice(NamedTuple):
    """What the driver was shown, beside what is billed for the energy and in all."""

    price: Decimal
    source: str
    version: str | None
    by: str | None
    at: datetime | None
    billed_per_kwh: tuple[Decimal, ...]
    billed_in_all: Decimal
    currency: str


class Pricing(NamedTuple):
    """Everything about a CDR's price."""

    time_zone: str
    legs: tuple[PricedLeg, ...]
    compared: tuple[Compared, ...]
    findings: tuple[Finding, ...]
    shown: ShownPrice | None
    public: PublicPrice | None


def quantity_cell(quantity: Decimal | None, unit: str) -> str:
    """Return a billed quantity as people read it; hours as what they are in whole seconds.

    >>> quantity_cell(Decimal("0.666666667"), "h"), quantity_cell(Decimal("17.150"), "kWh")
    ('40 min', '17.15 kWh')
    """
    if quantity is None:
        return ""
    if unit in ("h", "s"):
        return duration(seconds_of(quantity) if unit == "h" else int(quantity))
    return f"{plain(quantity, decimals=0)} {unit}".rstrip()
