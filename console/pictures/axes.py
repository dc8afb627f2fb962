"""Round ticks: of quantities, and of local time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Final

from console.pictures import words
from ledger.values.instants import zone_of

_ROUND: Final = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_MINUTES: Final = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720)
_DAY: Final = 1440


def ticks_of(greatest: Decimal, count: int = 4) -> tuple[Decimal, ...]:
    """Return round figures from zero to the first one that is not less than the greatest.

    >>> [str(tick) for tick in ticks_of(Decimal("17.5"))]
    ['0', '5', '10', '15', '20']
    """
    if greatest <= 0:
        return Decimal(0), Decimal(1)
    raw = greatest / count
    scale = Decimal(1).scaleb(raw.adjusted())
    step = next(row * scale for row in _ROUND if row * scale >= raw)
    steps = int((greatest / step).to_integral_value(ROUND_CEILING))
    return tuple(step * place for place in range(steps + 1))


def times_of(
    began_at: datetime, ended_at: datetime, time_zone: str, most: int = 9
) -> tuple[tuple[datetime, str], ...]:
    """Return round local times inside a span with their words; midnight is named by its date.

    >>> noon = datetime(2026, 11, 5, 12, tzinfo=UTC)
    >>> [label for _, label in times_of(noon, noon + timedelta(hours=2), "Europe/Amsterdam")]
    ['13:00', '13:15', '13:30', '13:45', '14:00', '14:15', '14:30', '14:45', '15:00']
    """
    minutes = (ended_at - began_at) / timedelta(minutes=1)
    step = next((row for row in _MINUTES if minutes / row <= most - 1), None)
    if step is None:
        found = _midnights(began_at, ended_at, time_zone, int(minutes // (_DAY * (most - 1))) + 1)
    else:
        found = _rounds(began_at, ended_at, time_zone, step)
    return tuple((instant, _label(words.local(instant, time_zone))) for instant in found)


def _rounds(
    began_at: datetime, ended_at: datetime, time_zone: str, step: int
) -> Iterator[datetime]:
    """Yield instants whose local time is a whole number of steps, twice where it comes twice."""
    # No zone's offset is finer than a quarter of an hour, so such a walk meets every round time.
    pace = min(step, 15) * 60
    second = -(-int(began_at.timestamp()) // pace) * pace
    while second <= ended_at.timestamp():
        there = words.local(datetime.fromtimestamp(second, UTC), time_zone)
        if (there.hour * 60 + there.minute) % step == 0:
            yield there.astimezone(UTC)
        second += pace


def _midnights(
    began_at: datetime, ended_at: datetime, time_zone: str, every: int
) -> Iterator[datetime]:
    day = words.local(began_at, time_zone).date() + timedelta(days=1)
    while True:
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone_of(time_zone))
        if midnight.astimezone(UTC) > ended_at:
            return
        yield midnight.astimezone(UTC)
        day += timedelta(days=every)


def _label(there: datetime) -> str:
    if there.hour == there.minute == 0:
        return f"{there.day} {words.month(there)}"
    return f"{there:%H:%M}"
