"""Local time at the charger, quickly: most days have one offset from UTC all day.

`local_time` is exact for every instant; `steady_offset` says for which days it is also simple
arithmetic, so that the two days a year with a change take the careful way.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_TWO_DAYS = timedelta(days=2)


@lru_cache(maxsize=65536)
def steady_offset(zone: ZoneInfo, day: int) -> timedelta | None:
    """Return the zone's offset if it is the same on a UTC day (an ordinal) and the next.

    >>> from datetime import date
    >>> steady_offset(ZoneInfo("Europe/Amsterdam"), date(2026, 3, 2).toordinal())
    datetime.timedelta(seconds=3600)
    >>> steady_offset(ZoneInfo("Europe/Amsterdam"), date(2026, 3, 29).toordinal()) is None
    True
    """
    midnight = datetime.fromordinal(day).replace(tzinfo=UTC)
    first = midnight.astimezone(zone).utcoffset()
    last = (midnight + _TWO_DAYS).astimezone(zone).utcoffset()
    middle = (midnight + _TWO_DAYS / 2).astimezone(zone).utcoffset()
    return first if first == middle == last else None


def local_time(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the local date and time of a UTC instant; its tzinfo says nothing.

    >>> local_time(datetime(2026, 3, 2, 6, 30, tzinfo=UTC), ZoneInfo("Europe/Amsterdam")).hour
    7
    """
    offset = steady_offset(zone, instant.toordinal())
    return instant.astimezone(zone) if offset is None else instant + offset
