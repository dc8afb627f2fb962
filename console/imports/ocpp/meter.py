"""The readings that count: the meter at the start, at the end, and rising in between."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from console.imports.ocpp.mapping import OcppMapping
from console.imports.ocpp.problems import Problem, Unusable
from console.imports.ocpp.samples import BEGIN, END, Reading
from console.imports.ocpp.transaction import Transaction

_ONE_WH = Decimal(1)


class Point(NamedTuple):
    """The meter's register at an instant, in Wh."""

    at: datetime
    wh: Decimal


class Metered(NamedTuple):
    """A transaction's register from its start to its end, or to the last reading there is."""

    points: tuple[Point, ...]
    problems: tuple[Problem, ...]

    @property
    def energy_wh(self) -> Decimal:
        """What was delivered, in Wh."""
        return self.points[-1].wh - self.points[0].wh


def metered(transaction: Transaction, mapping: OcppMapping) -> Metered:
    """Return the register of a transaction; samples that contradict it are problems.

    Raises: Unusable END_BEFORE_START, NO_BEGIN_READING, NO_END_READING, METER_BACKWARDS.
    """
    if transaction.ended_at is not None and transaction.ended_at < transaction.started_at:
        raise Unusable("END_BEFORE_START", "timestamp", transaction.ended_at.isoformat())
    readings = _absolute(transaction, mapping)
    begin = Point(transaction.started_at, _begin_wh(transaction, readings, mapping))
    end = _end(transaction, readings, mapping, begin)
    if end.wh < begin.wh:
        raise Unusable("METER_BACKWARDS", "meterStop", f"{begin.wh} Wh to {end.wh} Wh")
    problems: list[Problem] = list(_differing(transaction, readings))
    points = [begin]
    for reading in readings:
        if reading.context in (BEGIN, END):
            continue
        if not begin.at <= reading.at <= end.at:
            problems.append(Problem(reading.line, "SAMPLE_OUTSIDE", "", reading.at.isoformat()))
        elif not points[-1].wh <= reading.wh <= end.wh:
            problems.append(Problem(reading.line, "METER_BACKWARDS", "", f"{reading.wh} Wh"))
        elif points[-1].at < reading.at < end.at:
            points.append(Point(reading.at, reading.wh))
    return Metered((*points, end), tuple(problems))


def _absolute(transaction: Transaction, mapping: OcppMapping) -> list[Reading]:
    """Return the readings in the order of their instants, on the meter's own register."""
    offset = Decimal(0)
    if mapping.readings.register_counts == "from_start":
        offset = transaction.meter_start_wh or offset
    ordered = sorted(transaction.readings, key=lambda row: row.at)
    return [row._replace(wh=row.wh + offset) for row in ordered] if offset else ordered


def _begin_wh(transaction: Transaction, readings: list[Reading], mapping: OcppMapping) -> Decimal:
    if transaction.meter_start_wh is not None:
        return transaction.meter_start_wh
    stated = [row for row in readings if row.context == BEGIN]
    if not stated and mapping.readings.missing_context == "first_and_last":
        stated = readings[:1]
    if not stated:
        raise Unusable("NO_BEGIN_READING", "meterValue")
    return stated[0].wh


def _end(
    transaction: Transaction, readings: list[Reading], mapping: OcppMapping, begin: Point
) -> Point:
    if transaction.ended_at is None:
        last = max(readings, key=lambda row: row.at, default=None)
        if last is None or last.at <= begin.at:
            return begin
        return Point(last.at, last.wh)
    if transaction.meter_stop_wh is not None and not _lost(transaction, mapping):
        return Point(transaction.ended_at, transaction.meter_stop_wh)
    stated = [row for row in readings if row.context == END]
    if not stated and mapping.readings.missing_context == "first_and_last":
        first = next((row for row in readings if row.context == BEGIN), None)
        if transaction.meter_start_wh is None and first is None:
            first = readings[0]
        # The reading that told the start tells nothing of the end.
        stated = [row for row in readings if row is not first][-1:]
    if not stated:
        raise Unusable("NO_END_READING", "meterValue")
    return Point(transaction.ended_at, stated[-1].wh)


def _lost(transaction: Transaction, mapping: OcppMapping) -> bool:
    """Tell whether the charger lost its register with its power, and the mapping knows it may."""
    return mapping.readings.zero_meter_stop == "last_sample" and transaction.meter_stop_wh == 0


def _differing(transaction: Transaction, readings: list[Reading]) -> Iterator[Problem]:
    """Yield the samples at start and end that are not what 1.6's own figures say."""
    figures = {BEGIN: transaction.meter_start_wh, END: transaction.meter_stop_wh}
    for reading in readings:
        stated = figures.get(reading.context)
        if stated is not None and abs(stated - reading.wh) >= _ONE_WH:
            yield Problem(
                reading.line, "METER_DIFFERS", reading.context, f"{reading.wh} Wh, not {stated} Wh"
            )
