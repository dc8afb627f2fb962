"""The one object that `clearwatt tariff price` prints for a CDR, in its published names.

Energies are kWh, times seconds, costs the result's currency. All decimals are printed as text,
plainly: no exponents.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec

from console.pricing.findings import Finding


class Cost(msgspec.Struct, frozen=True, gc=False):
    """An amount before and after taxes; after is null where the tariff says nothing of tax."""

    before_taxes: Decimal | None
    after_taxes: Decimal | None


class Line(msgspec.Struct, frozen=True, gc=False):
    """A quantity at a unit price: kWh, hours, or 1 for a fixed price.

    `element` and `component` are the indices of what priced it in the tariff; `kind` says whether
    it is consumption, a step's rounding, or what a least or greatest price adds.
    """

    dimension: str
    kind: str
    quantity: Decimal
    unit_price: Decimal
    cost: Cost
    vat_percent: Decimal | None
    element: int | None
    component: int | None


class Period(msgspec.Struct, frozen=True, gc=False):
    """A charging period and its lines; `index` is its place in the CDR."""

    index: int
    start_date_time: datetime
    tariff_id: str | None
    lines: tuple[Line, ...]


class Difference(msgspec.Struct, frozen=True, gc=False):
    """A field that the CDR states otherwise than we compute, by more than the tolerance.

    `difference` is what is stated less what is computed.
    """

    field: str
    stated: Decimal
    computed: Decimal
    difference: Decimal
    tolerance: Decimal


class Result(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A CDR priced, or refused with at least one code and path.

    `session_lines` are those of the whole session: fixed prices, the steps' rounding, and what a
    least or greatest price changes.
    """

    status: Literal["priced", "refused"]
    refusals: tuple[Finding, ...] = ()
    cdr_id: str | None = None
    ocpi_version: str | None = None
    time_zone: str | None = None
    currency: str | None = None
    tariff_id: str | None = None
    total_cost: Cost | None = None
    total_energy_cost: Cost | None = None
    total_time_cost: Cost | None = None
    total_parking_cost: Cost | None = None
    total_fixed_cost: Cost | None = None
    total_reservation_cost: Cost | None = None
    total_energy_kwh: Decimal | None = None
    total_time_s: Decimal | None = None
    total_parking_time_s: Decimal | None = None
    billed_energy_kwh: Decimal | None = None
    billed_time_s: Decimal | None = None
    billed_parking_time_s: Decimal | None = None
    periods: tuple[Period, ...] = ()
    session_lines: tuple[Line, ...] = ()
    differences: tuple[Difference, ...] = ()
    warnings: tuple[Finding, ...] = ()

    @property
    def is_refused(self) -> bool:
        """True where nothing was priced."""
        return self.status == "refused"


def refused(*findings: Finding, warnings: tuple[Finding, ...] = ()) -> Result:
    """Return the result of what cannot be priced."""
    return Result(status="refused", refusals=findings, warnings=warnings)


_ENCODER: Final = msgspec.json.Encoder(decimal_format="string")


def encoded(document: Any) -> bytes:
    """Return a document as one line of JSON, its decimals as plain text.

    >>> encoded(Cost(Decimal("1E+1"), None))
    b'{"before_taxes":"10","after_taxes":null}'
    """
    line = _ENCODER.encode(document)
    # A plus sign is rare, and looking for one byte is many times faster than for two.
    if b"E-" in line or (b"+" in line and b"E+" in line):
        return _ENCODER.encode(
            _plain(msgspec.to_builtins(document, builtin_types=(Decimal, datetime)))
        )
    return line


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value
