"""The days on which the ECB publishes reference rates: those on which TARGET is open."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

ECB: Final = "ECB"
_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)


@lru_cache(maxsize=256)
def easter_sunday(year: int) -> date:
    """Return Easter Sunday. Source: the Gregorian computus (Meeus, Astronomical Algorithms, 8).

    >>> easter_sunday(2026).isoformat()
    '2026-04-05'
    """
    golden = year % 19
    century = year // 100
    moons, leaps = century - century // 4, (8 * century + 13) // 25
    epact = (moons - leaps + 19 * golden + 15) % 30
    epact -= (epact // 28) * (1 - (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + epact + 2 - century + century // 4) % 7
    days = epact - weekday
    month = 3 + (days + 40) // 44
    return date(year, month, days + 28 - 31 * (month // 4))


@lru_cache(maxsize=256)
def closing_days(year: int) -> frozenset[date]:
    """Return the weekdays of a year on which TARGET is closed.

    Source: ECB, long-term calendar for TARGET closing days (14 December 2000), since 2002; the
    years before each had an announcement of their own.
    >>> [day.isoformat() for day in sorted(closing_days(2026))]
    ['2026-01-01', '2026-04-03', '2026-04-06', '2026-05-01', '2026-12-25']
    """
    easter = easter_sunday(year)
    days = {date(year, 1, 1), date(year, 12, 25)}
    if year >= 2000:
        days |= {easter - 2 * _DAY, easter + _DAY, date(year, 5, 1), date(year, 12, 26)}
    if year in (1999, 2001):
        days.add(date(year, 12, 31))
    return frozenset(day for day in days if day.weekday() < _SATURDAY)


def is_published_on(day: date, source: str = ECB) -> bool:
    """True where a source publishes rates on a day: on any weekday, the ECB not when it is closed.

    >>> is_published_on(date(2026, 10, 31)), is_published_on(date(2026, 4, 3))
    (False, False)
    """
    if day.weekday() >= _SATURDAY:
        return False
    return source != ECB or day not in closing_days(day.year)


def quiet_until(day: date, source: str = ECB) -> date:
    """Return the last of the days that follow a publication without another one.

    Its rate is known for all of them: on a closed day nothing is published.
    >>> quiet_until(date(2026, 12, 24)).isoformat()
    '2026-12-27'
    """
    while not is_published_on(day + _DAY, source):
        day += _DAY
    return day
