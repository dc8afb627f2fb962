"""Instants are UTC and aware; a local date exists only where a place gives it a zone."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.values.reasons import Reason, Refusal, Refused

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for «always was» where a validity has no beginning."""

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for «from no instant on», later than any instant that is decided on."""


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """Return the IANA zone of a name. Refuses: TIME_ZONE_UNKNOWN.

    >>> zone_of("Europe/Zurich").key
    'Europe/Zurich'
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(Refusal(Reason.TIME_ZONE_UNKNOWN, "time_zone", actual=name)) from None


def local_date(instant: datetime, zone_name: str) -> date:
    """Return the local date of an instant at a place.

    >>> local_date(datetime(2026, 10, 31, 23, 30, tzinfo=UTC), "Europe/Zurich")
    datetime.date(2026, 11, 1)
    """
    return instant.astimezone(zone_of(zone_name)).date()


def month_of(day: date) -> str:
    """Return a month as it is written in ids: `2026-10`."""
    return f"{day.year:04d}-{day.month:02d}"


def month_after(month: str) -> str:
    """Return the month that follows.

    >>> month_after("2026-12")
    '2027-01'
    """
    first = date.fromisoformat(f"{month}-01")
    return month_of(first + timedelta(days=31))


def first_day(month: str) -> date:
    """Return the first day of a month written `2026-10`."""
    return date.fromisoformat(f"{month}-01")


def last_day(month: str) -> date:
    """Return the last day of a month written `2026-10`.

    >>> last_day("2026-02").isoformat()
    '2026-02-28'
    """
    return first_day(month_after(month)) - timedelta(days=1)


def start_of_month(month: str, zone_name: str) -> datetime:
    """Return the instant at which a month begins in a zone, in UTC.

    >>> start_of_month("2026-10", "Europe/Amsterdam").isoformat()
    '2026-09-30T22:00:00+00:00'
    """
    day = first_day(month)
    return datetime(day.year, day.month, day.day, tzinfo=zone_of(zone_name)).astimezone(UTC)
