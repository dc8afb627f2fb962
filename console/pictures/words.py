"""Quantities, prices, durations and local times in the words of pictures and tables."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from ledger.values.instants import zone_of

_UNITS: Final = {
    "ENERGY": "/kWh",
    "TIME": "/h",
    "PARKING_TIME": "/h parked",
    "RESERVATION_TIME": "/h reserved",
}
_MONTHS: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"


def plain(number: Decimal, *, decimals: int = 2) -> str:
    """Return all digits of a number that say something, and at least so many decimals.

    >>> plain(Decimal("6.7500")), plain(Decimal("0.3337")), plain(Decimal("15.000"), decimals=0)
    ('6.75', '0.3337', '15')
    """
    whole, _, rest = f"{number or abs(number):f}".partition(".")
    rest = rest.rstrip("0").ljust(decimals, "0")
    return f"{whole}.{rest}" if rest else whole


def decimals_of(numbers: Iterable[Decimal]) -> int:
    """Return how many decimals a column of amounts needs so that none loses a digit.

    >>> decimals_of([Decimal("1.6500"), Decimal("13.7175")]), decimals_of([Decimal(3)])
    (4, 2)
    """
    return max((len(plain(number).partition(".")[2]) for number in numbers), default=2)


def price(dimension: str, unit_price: Decimal, currency: str) -> str:
    """Return a unit price with its unit; a fixed price has none.

    >>> price("PARKING_TIME", Decimal("3"), "EUR")
    '3.00 EUR/h parked'
    """
    return f"{plain(unit_price)} {currency}{_UNITS.get(dimension, '')}"


def duration(seconds: int) -> str:
    """Return seconds as hours, minutes and what is left.

    >>> duration(5400), duration(49 * 3600), duration(61), duration(0)
    ('1 h 30 min', '49 h', '1 min 1 s', '0 s')
    """
    hours, rest = divmod(seconds, 3600)
    parts = ((hours, "h"), (rest // 60, "min"), (rest % 60, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def local(instant: datetime, time_zone: str) -> datetime:
    """Return an instant as the clock at the charger shows it."""
    return instant.astimezone(zone_of(time_zone))


def clock(instant: datetime, time_zone: str) -> str:
    """Return the local time of day, with seconds where there are any."""
    return f"{local(instant, time_zone):%H:%M:%S}".removesuffix(":00")


def day(instant: datetime, time_zone: str) -> str:
    """Return the local date, always in English whatever the machine speaks.

    >>> from datetime import UTC
    >>> day(datetime(2026, 11, 5, 23, 30, tzinfo=UTC), "Europe/Amsterdam")
    '6 Nov 2026'
    """
    there = local(instant, time_zone)
    return f"{there.day} {month(there)} {there.year}"


def month(there: datetime) -> str:
    """Return the short name of a local time's month."""
    return _MONTHS[3 * (there.month - 1) : 3 * there.month]


def span(began_at: datetime, ended_at: datetime, time_zone: str) -> str:
    """Return both ends in local time with offsets, so that clock changes show.

    >>> from datetime import UTC
    >>> span(datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC),
    ...      "Europe/Amsterdam")
    '25 Oct 2026, 01:00 to 03:00 (Europe/Amsterdam, UTC+02:00 then UTC+01:00)'
    """
    first, last = day(began_at, time_zone), day(ended_at, time_zone)
    offsets = [f"UTC{local(edge, time_zone).isoformat()[-6:]}" for edge in (began_at, ended_at)]
    named = " then ".join(dict.fromkeys(offsets))
    until = clock(ended_at, time_zone)
    if last != first:
        until = f"{last}, {until}"
    return f"{first}, {clock(began_at, time_zone)} to {until} ({time_zone}, {named})"


def printable(text: str) -> str:
    """Return somebody's text without what no document and no terminal should be sent.

    >>> printable("C1\\x1b[31m\\n"), printable("Öffentlich <1>")
    ('C1�[31m�', 'Öffentlich <1>')
    """
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def shortened(text: str, most: int) -> str:
    """Return a text cut to so many signs, marked where it was cut.

    >>> shortened("NL*XYZ/CDR-0001", 10)
    'NL*XYZ/CD…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"
