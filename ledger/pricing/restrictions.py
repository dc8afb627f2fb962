"""OCPI's restrictions, compiled: what must hold at an instant, and where that changes.

Source: OCPI 2.3.0, mod_tariffs, TariffRestrictions: all that are set must hold; minimums include
their bound, maximums exclude it; times and dates are local to the charger. 2.1.1 and 2.2.1 say
the same in fewer words and are read by the later text.

Choices where the text is silent: an `end_time` of 00:00 (or 24:00, as some write) is the end of
the day; `end_time` equal to `start_time` is the whole day; `day_of_week` is the local day at
the instant itself, also after midnight in a span that began the evening before (restrictions
are a logical AND).
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from ledger.pricing.tariff import TariffRestrictions
from ledger.values.reasons import Reason, Refusal, Refused

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
MINUTES_IN_DAY = 24 * 60
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")


class Circumstances:
    """What restrictions look at: local time, the session so far, the period's current and power.

    `minute` counts from local midnight, `weekday` 0 is Monday, `day` is a proleptic ordinal.
    """

    __slots__ = (
        "day",
        "elapsed_s",
        "kwh",
        "max_current_a",
        "max_power_kw",
        "min_current_a",
        "min_power_kw",
        "minute",
        "weekday",
    )
    minute: int
    weekday: int
    day: int
    kwh: Decimal
    elapsed_s: float | int
    min_current_a: Decimal | None
    max_current_a: Decimal | None
    min_power_kw: Decimal | None
    max_power_kw: Decimal | None


Condition = Callable[[Circumstances], bool]


def minute_of(text: str, path: str) -> int:
    """Return minutes after midnight. Refuses: WRONG_FORMAT.

    >>> minute_of("13:30", "start_time"), minute_of("24:00", "end_time")
    (810, 1440)
    """
    if _CLOCK.fullmatch(text[:5]) is None or text[5:] not in ("", ":00"):
        raise Refused(Refusal(Reason.WRONG_FORMAT, path, "HH:MM", text))
    return int(text[:2]) * 60 + int(text[3:5])


def ordinal_of(text: str, path: str) -> int:
    """Return a local date as its ordinal. Refuses: WRONG_FORMAT."""
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise Refused(Refusal(Reason.WRONG_FORMAT, path, "YYYY-MM-DD", text)) from None


def conditions_of(restrictions: TariffRestrictions | None, path: str) -> tuple[Condition, ...]:
    """Return the conditions of an element, cheapest first; `reservation` is not one of them.

    Refuses: WRONG_FORMAT (times and dates), UNKNOWN_VALUE (days).
    """
    if restrictions is None:
        return ()
    return (*_of_session(restrictions), *_of_flow(restrictions), *_of_clock(restrictions, path))


def _of_session(given: TariffRestrictions) -> list[Condition]:
    conditions: list[Condition] = []
    if (min_kwh := given.min_kwh) is not None:
        conditions.append(lambda now: now.kwh >= min_kwh)
    if (max_kwh := given.max_kwh) is not None:
        conditions.append(lambda now: now.kwh < max_kwh)
    if (min_duration := given.min_duration) is not None:
        conditions.append(lambda now: now.elapsed_s >= min_duration)
    if (max_duration := given.max_duration) is not None:
        conditions.append(lambda now: now.elapsed_s < max_duration)
    return conditions


def _of_flow(given: TariffRestrictions) -> list[Condition]:
    """Current and power: what is not known does not match."""
    conditions: list[Condition] = []
    if (min_current := given.min_current) is not None:
        conditions.append(
            lambda now: now.min_current_a is not None and now.min_current_a >= min_current
        )
    if (max_current := given.max_current) is not None:
        conditions.append(
            lambda now: now.max_current_a is not None and now.max_current_a < max_current
        )
    if (min_power := given.min_power) is not None:
        conditions.append(
            lambda now: now.min_power_kw is not None and now.min_power_kw >= min_power
        )
    if (max_power := given.max_power) is not None:
        conditions.append(lambda now: now.max_power_kw is not None and now.max_power_kw < max_power)
    return conditions


def _of_clock(given: TariffRestrictions, path: str) -> list[Condition]:
    conditions: list[Condition] = []
    span = clock_span(given, path)
    if span is not None:
        from_minute, until_minute = span
        if from_minute < until_minute:
            conditions.append(lambda now: from_minute <= now.minute < until_minute)
        else:
            conditions.append(lambda now: now.minute >= from_minute or now.minute < until_minute)
    if given.start_date is not None:
        first_day = ordinal_of(given.start_date, f"{path}.start_date")
        conditions.append(lambda now: now.day >= first_day)
    if given.end_date is not None:
        last_day = ordinal_of(given.end_date, f"{path}.end_date")
        conditions.append(lambda now: now.day < last_day)
    if given.day_of_week:
        for index, name in enumerate(given.day_of_week):
            if name not in DAYS:
                place = f"{path}.day_of_week[{index}]"
                raise Refused(Refusal(Reason.UNKNOWN_VALUE, place, ", ".join(DAYS), name))
        days = frozenset(DAYS.index(name) for name in given.day_of_week)
        conditions.append(lambda now: now.weekday in days)
    return conditions


def clock_span(given: TariffRestrictions, path: str) -> tuple[int, int] | None:
    """Return local (from, until) in minutes; until <= from wraps; None where it is all day.

    >>> clock_span(TariffRestrictions(start_time="22:00", end_time="06:00"), "")
    (1320, 360)
    >>> clock_span(TariffRestrictions(start_time="17:00", end_time="00:00"), "")
    (1020, 1440)
    """
    if given.start_time is None and given.end_time is None:
        return None
    start = minute_of(given.start_time, f"{path}.start_time") if given.start_time else 0
    end = minute_of(given.end_time, f"{path}.end_time") if given.end_time else MINUTES_IN_DAY
    end = end or MINUTES_IN_DAY
    start %= MINUTES_IN_DAY
    if start == end or (start == 0 and end == MINUTES_IN_DAY):
        return None
    return start, end
