"""The charging periods of a CDR: when each began, and the volume of every dimension.

Periods just as OCPI has them are read in one pass; where anything at all is not, all are read the
careful way, which says what is wrong and where. Both give the same. Volumes are kWh, hours, A and
kW, as the dimension has it.
"""

from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

import msgspec

from console.pricing import scalars
from console.pricing.findings import DocumentRefused, Notes
from console.pricing.repeated import names_in, note_repeated
from console.pricing.scalars import FIRST_YEAR, LARGEST_EXPONENT, LAST_YEAR, SMALLEST_EXPONENT

PRICED: Final = frozenset({"ENERGY", "TIME", "PARKING_TIME", "RESERVATION_TIME"})
SIGNED: Final = frozenset({"CURRENT", "MIN_CURRENT", "MIN_POWER", "POWER"})
DIMENSIONS: Final = (
    PRICED
    | SIGNED
    | {"ENERGY_EXPORT", "ENERGY_IMPORT", "FLAT", "MAX_CURRENT", "MAX_POWER", "STATE_OF_CHARGE"}
)


class _DimensionJson(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    type: str
    volume: Any


class _PeriodJson(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    start_date_time: str
    dimensions: list[_DimensionJson]
    tariff_id: str | msgspec.UnsetType | None = msgspec.UNSET


_STRICT: Final = msgspec.json.Decoder(list[_PeriodJson], float_hook=Decimal)
_TOLERANT: Final = msgspec.json.Decoder(float_hook=Decimal)
_encode: Final = msgspec.json.Encoder().encode


class PeriodRead(msgspec.Struct, frozen=True, gc=False):
    """A charging period: its place in the document, its start, and its volumes by dimension."""

    index: int
    started_at: datetime
    volumes: dict[str, Decimal]
    tariff_id: str | None


def read_periods(
    text: bytes, path: str, notes: Notes, *, may_feed_in: bool = True
) -> list[PeriodRead]:
    """Read the periods from their JSON text, in order of time, those of one instant as they stand.

    `may_feed_in`: energy may be negative, as from OCPI 2.2 on. Refuses: MISSING_FIELD, EMPTY_LIST,
    WRONG_TYPE, NEGATIVE_QUANTITY, and what `scalars` refuses.
    """
    periods = read_strictly(text)
    if periods is None:
        periods = read_carefully(text, path, notes, may_feed_in=may_feed_in)
    started = periods[0].started_at
    for period in periods:
        if period.started_at < started:
            notes.add("PERIODS_OUT_OF_ORDER", f"{path}[{period.index}].start_date_time")
            return sorted(periods, key=attrgetter("started_at"))
        started = period.started_at
    return periods


def read_strictly(text: bytes) -> list[PeriodRead] | None:
    """Return the periods where there is nothing to say about any, else None."""
    periods: list[PeriodRead] = []
    names = 0
    try:
        for index, row in enumerate(_STRICT.decode(text)):
            volumes: dict[str, Decimal] = {}
            for dimension in row.dimensions:
                kind, volume = dimension.type, dimension.volume
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
            started_at = datetime.fromisoformat(row.start_date_time)
            tariff_id = row.tariff_id
            names += 2 + 2 * len(volumes)
            if tariff_id is msgspec.UNSET:
                tariff_id = None
            else:
                names += 1
            if not volumes or started_at.tzinfo is not UTC or tariff_id == "":
                return None
            if not FIRST_YEAR <= started_at.year < LAST_YEAR:
                return None
            periods.append(PeriodRead(index, started_at, volumes, tariff_id))
    except (msgspec.DecodeError, ArithmeticError, ValueError):
        # Whatever it is, the careful reader says it with its path.
        return None
    return periods if periods and names == names_in(text) else None


def read_carefully(
    text: bytes, path: str, notes: Notes, *, may_feed_in: bool = True
) -> list[PeriodRead]:
    """Read what can be read, and note or refuse the rest; refuses what `read_periods` does."""
    value = scalars.decode(_TOLERANT, text, path)
    if value is None:
        raise DocumentRefused("MISSING_FIELD", path)
    if type(value) is not list:
        raise DocumentRefused("WRONG_TYPE", path, scalars.kind_of(value))
    if names_in(text) != names_in(_encode(value)):
        note_repeated(text, path, notes)
    periods = []
    for index, item in enumerate(value):
        place = f"{path}[{index}]"
        if item is None:
            notes.add("NULL_ENTRY", place)
        else:
            periods.append(_period(item, index, place, notes, may_feed_in=may_feed_in))
    if not periods:
        raise DocumentRefused("EMPTY_LIST", path)
    return periods


def _period(item: Any, index: int, path: str, notes: Notes, *, may_feed_in: bool) -> PeriodRead:
    if type(item) is not dict:
        raise DocumentRefused("WRONG_TYPE", path, scalars.kind_of(item))
    started_at = scalars.moment(item.get("start_date_time"), f"{path}.start_date_time", notes)
    dimensions = item.get("dimensions")
    if not dimensions:
        notes.add("EMPTY_LIST", f"{path}.dimensions")
    volumes: dict[str, Decimal] = {}
    for place, dimension in scalars.entries(dimensions, f"{path}.dimensions", notes):
        _add_dimension(volumes, dimension, place, notes, may_feed_in=may_feed_in)
    tariff_id = item.get("tariff_id")
    named = None if tariff_id in (None, "") else scalars.text(tariff_id, f"{path}.tariff_id")
    return PeriodRead(index, started_at, volumes, named)


def _add_dimension(
    volumes: dict[str, Decimal],
    dimension: dict[str, Any],
    path: str,
    notes: Notes,
    *,
    may_feed_in: bool,
) -> None:
    kind = scalars.code(dimension.get("type"), f"{path}.type", notes)
    place = f"{path}.volume"
    if kind not in DIMENSIONS:
        notes.add("UNKNOWN_DIMENSION", f"{path}.type", kind)
        return
    try:
        volume = scalars.number(dimension.get("volume"), place, notes)
        if volume < 0 and kind not in SIGNED:
            if kind != "ENERGY" or not may_feed_in:
                raise DocumentRefused("NEGATIVE_QUANTITY", place, volume)
            notes.add("ENERGY_NEGATIVE", place, volume)
    except DocumentRefused as refused:
        if kind in PRICED:
            raise
        notes.add("DIMENSION_IGNORED", place, refused.finding.code)
        return
    if kind not in volumes:
        volumes[kind] = volume
        return
    notes.add("DIMENSION_TWICE", path, kind)
    # Only quantities add up; of two limits or powers the first stands.
    if kind in PRICED:
        volumes[kind] += volume
