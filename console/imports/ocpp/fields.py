"""Fields of OCPP's JSON objects, each checked where it is read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from console.imports.ocpp.mapping import LocalTimes
from console.imports.ocpp.problems import Unusable
from console.imports.wall_clock import ClockProblem, instant_of

Object = Mapping[str, Any]
T = TypeVar("T")
_CLOCKS_SET_SINCE = datetime(2010, 1, 1, tzinfo=UTC)
_CLOCKS_SET_UNTIL = datetime(2100, 1, 1, tzinfo=UTC)
_FINEST = Decimal("0.000001")
_WH = {"Wh": Decimal(1), "kWh": Decimal(1000)}
_W = {"W": Decimal(1), "kW": Decimal(1000)}


def optional(row: Object, name: str, kind: type[T], path: str = "") -> T | None:
    """Return a field of a type, None where it is missing. Raises: Unusable WRONG_TYPE."""
    value = row.get(name)
    if value is None:
        return None
    # To Python a bool is a number; to JSON it is none.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise Unusable("WRONG_TYPE", f"{path}{name}", value)
    return value


def required(row: Object, name: str, kind: type[T], path: str = "") -> T:
    """Return a field of a type. Raises: Unusable MISSING_FIELD, WRONG_TYPE."""
    value = optional(row, name, kind, path)
    if value is None:
        raise Unusable("MISSING_FIELD", f"{path}{name}")
    return value


def objects(row: Object, name: str, path: str = "") -> list[Object]:
    """Return a field that is a list of objects, empty where missing. Raises: Unusable."""
    found = optional(row, name, list, path) or []
    for number, each in enumerate(found):
        if not isinstance(each, dict):
            raise Unusable("WRONG_TYPE", f"{path}{name}[{number}]", each)
    return found


def instant(row: Object, name: str, times: LocalTimes, path: str = "") -> datetime:
    """Return a field's instant in UTC, whole seconds: nothing is billed by fractions of one.

    Raises: Unusable NOT_A_TIME, TIME_WITHOUT_ZONE, AMBIGUOUS_TIME, NONEXISTENT_TIME, WRONG_CLOCK.
    """
    text = required(row, name, str, path)
    try:
        moment = datetime.fromisoformat(text).replace(microsecond=0)
        if moment.tzinfo is None:
            moment = _local(moment, times)
        moment = moment.astimezone(UTC)
    except ClockProblem as problem:
        raise Unusable(problem.code, f"{path}{name}", text) from problem
    except _NoZone as missing:
        raise Unusable("TIME_WITHOUT_ZONE", f"{path}{name}", text) from missing
    except (ValueError, OverflowError) as error:
        raise Unusable("NOT_A_TIME", f"{path}{name}", text) from error
    if not _CLOCKS_SET_SINCE <= moment < _CLOCKS_SET_UNTIL:
        raise Unusable("WRONG_CLOCK", f"{path}{name}", text)
    return moment


class _NoZone(ValueError):
    pass


def _local(moment: datetime, times: LocalTimes) -> datetime:
    if times.zone is None:
        raise _NoZone
    return instant_of(
        moment, ZoneInfo(times.zone), ambiguous=times.ambiguous, nonexistent=times.nonexistent
    )


def number(value: object, path: str) -> Decimal:
    """Return a measured value: 1.6 writes it as text, 2.0.1 as a number.

    Raises: Unusable WRONG_TYPE, NOT_A_NUMBER.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise Unusable("WRONG_TYPE", path, value)
    try:
        found = Decimal(value)
    except InvalidOperation as error:
        raise Unusable("NOT_A_NUMBER", path, value) from error
    # No meter of a charger counts so far, nor so fine.
    if not found.is_finite() or (found and not -15 < found.adjusted() < 15):
        raise Unusable("NOT_A_NUMBER", path, value)
    return found


def in_wh(value: Decimal, unit: str, path: str) -> Decimal:
    """Return an energy in Wh, as fine as a message's kWh can say. Raises: Unusable UNKNOWN_UNIT.

    >>> in_wh(Decimal("12.5"), "kWh", "unit")
    Decimal('12500.0')
    """
    return _fine(value * _known(unit, _WH, path))


def in_w(value: Decimal, unit: str, path: str) -> Decimal:
    """Return a power in W, as fine as a message's kW can say. Raises: Unusable UNKNOWN_UNIT."""
    return _fine(value * _known(unit, _W, path))


def is_power(unit: str) -> bool:
    """Tell whether a unit is one of active power."""
    return unit in _W


def _fine(value: Decimal) -> Decimal:
    rounded = value.quantize(_FINEST)
    return value if rounded == value else rounded


def _known(unit: str, factors: Mapping[str, Decimal], path: str) -> Decimal:
    factor = factors.get(unit)
    if factor is None:
        raise Unusable("UNKNOWN_UNIT", path, unit)
    return factor
