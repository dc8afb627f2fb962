"""The charging periods of a CDR: when each began, and the volume of every dimension.

A period as OCPI has it is read in one pass; only what is not goes the careful way, which says what
is wrong and where. Volumes are kWh, hours, A and kW, as the dimension has it.
"""

from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

import msgspec

from console.pricing import scalars
from console.pricing.findings import DocumentRefused, Notes
from console.pricing.scalars import LARGEST_EXPONENT, SMALLEST_EXPONENT

PRICED: Final = frozenset({"ENERGY", "TIME", "PARKING_TIME", "RESERVATION_TIME"})
SIGNED: Final = frozenset({"CURRENT", "MIN_CURRENT", "MIN_POWER", "POWER"})
DIMENSIONS: Final = (
    PRICED
    | SIGNED
    | {"ENERGY_EXPORT", "ENERGY_IMPORT", "FLAT", "MAX_CURRENT", "MAX_POWER", "STATE_OF_CHARGE"}
)
_ZERO: Final = Decimal(0)


class PeriodRead(msgspec.Struct, frozen=True, gc=False):
    """A charging period: its place in the document, its start, and its volumes by dimension."""

    index: int
    started_at: datetime
    volumes: dict[str, Decimal]
    tariff_id: str | None


def read_periods(value: Any, path: str, notes: Notes) -> list[PeriodRead]:
    """Return the periods in order of time, those of one instant as the document has them.

    Refuses: MISSING_FIELD, EMPTY_LIST, WRONG_TYPE, NEGATIVE_QUANTITY, and what `scalars` refuses.
    """
    if value is None:
        raise DocumentRefused("MISSING_FIELD", path)
    if type(value) is not list:
        raise DocumentRefused("WRONG_TYPE", path, scalars.kind_of(value))
    periods = []
    for index, item in enumerate(value):
        period = _plain(item, index)
        if period is None:
            period = _careful(item, index, f"{path}[{index}]", notes)
        if period is not None:
            periods.append(period)
    if not periods:
        raise DocumentRefused("EMPTY_LIST", path)
    started = periods[0].started_at
    for period in periods:
        if period.started_at < started:
            notes.add("PERIODS_OUT_OF_ORDER", f"{path}[{period.index}].start_date_time")
            return sorted(periods, key=attrgetter("started_at"))
        started = period.started_at
    return periods


def _plain(item: Any, index: int) -> PeriodRead | None:
    """Return a period that is just as OCPI has it, None where anything at all is not."""
    volumes: dict[str, Decimal] = {}
    try:
        started_at = datetime.fromisoformat(item["start_date_time"])
        for dimension in item["dimensions"]:
            kind = dimension["type"]
            volume = dimension["volume"]
            if type(volume) is int:
                volume = Decimal(volume)
            if (
                type(volume) is not Decimal
                or kind not in DIMENSIONS
                or kind in volumes
                or volume.is_signed()
                or not SMALLEST_EXPONENT < volume.adjusted() < LARGEST_EXPONENT
            ):
                return None
            volumes[kind] = volume
        tariff_id = item.get("tariff_id")
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    is_plain = started_at.tzinfo is UTC and (tariff_id is None or type(tariff_id) is str)
    if not volumes or not is_plain:
        return None
    return PeriodRead(index, started_at, volumes, tariff_id)


def _careful(item: Any, index: int, path: str, notes: Notes) -> PeriodRead | None:
    if item is None:
        notes.add("NULL_ENTRY", path)
        return None
    if type(item) is not dict:
        raise DocumentRefused("WRONG_TYPE", path, scalars.kind_of(item))
    started_at = scalars.instant(item.get("start_date_time"), f"{path}.start_date_time", notes)
    dimensions = item.get("dimensions")
    if not dimensions:
        notes.add("EMPTY_LIST", f"{path}.dimensions")
    volumes: dict[str, Decimal] = {}
    for place, dimension in scalars.entries(dimensions, f"{path}.dimensions", notes):
        _add_dimension(volumes, dimension, place, notes)
    tariff_id = item.get("tariff_id")
    named = None if tariff_id in (None, "") else scalars.text(tariff_id, f"{path}.tariff_id")
    return PeriodRead(index, started_at, volumes, named)


def _add_dimension(
    volumes: dict[str, Decimal], dimension: dict[str, Any], path: str, notes: Notes
) -> None:
    kind = scalars.code(dimension.get("type"), f"{path}.type", notes)
    place = f"{path}.volume"
    if kind not in DIMENSIONS:
        notes.add("UNKNOWN_DIMENSION", f"{path}.type", kind)
        return
    try:
        volume = scalars.number(dimension.get("volume"), place, notes)
    except DocumentRefused as refused:
        if kind in PRICED:
            raise
        notes.add("DIMENSION_IGNORED", place, refused.finding.code)
        return
    if volume < 0 and kind not in SIGNED:
        if kind in PRICED:
            raise DocumentRefused("NEGATIVE_QUANTITY", place, volume)
        notes.add("DIMENSION_IGNORED", place, "NEGATIVE_QUANTITY")
        return
    if kind not in volumes:
        volumes[kind] = volume
        return
    notes.add("DIMENSION_TWICE", path, kind)
    # Only quantities add up; of two limits or powers the first stands.
    if kind in PRICED:
        volumes[kind] += volume
