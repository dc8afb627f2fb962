"""Local times of a table: read once with a stated rule, and moved to another month by days."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

_WEEK = timedelta(days=7)


class ClockProblem(ValueError):
    """A wall-clock time that names no instant, or two: `code` says which."""

    def __init__(self, code: Literal["AMBIGUOUS_TIME", "NONEXISTENT_TIME"]) -> None:
        super().__init__(code)
        self.code = code


def instant_of(
    local: datetime,
    zone: ZoneInfo,
    *,
    ambiguous: Literal["first", "second", "refuse"],
    nonexistent: Literal["forward", "refuse"],
) -> datetime:
    """Return the UTC instant of a wall-clock time.

    The hour that comes twice is its `first` or `second` pass; the hour that does not exist is
    read as if the clock had not been put `forward` yet. Raises: ClockProblem for `refuse`.
    >>> instant_of(datetime(2026, 10, 25, 2, 30), ZoneInfo("Europe/Zurich"),
    ...            ambiguous="second", nonexistent="refuse").isoformat()
    '2026-10-25T01:30:00+00:00'
    """
    before = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    after = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if before < after:
        if ambiguous == "refuse":
            raise ClockProblem("AMBIGUOUS_TIME")
        return before if ambiguous == "first" else after
    if before > after and nonexistent == "refuse":
        raise ClockProblem("NONEXISTENT_TIME")
    return before


class Shift(NamedTuple):
    """A move by whole weeks; `landed` of the `of` charges of the source month lie in the target."""

    days: int
    source_month: str
    target_month: str
    landed: int
    of: int


def shift_to_month(days: Iterable[date], target_month: str, source_month: str | None) -> Shift:
    """Choose the move that brings a month of charges to another and keeps their weekdays.

    Moved are whole weeks; of the two that fit best, the one that brings more of the source
    month's charges into the target month, else the earlier. Without `source_month` the month
    with the most charges is moved, of several the first.
    >>> shift_to_month([date(2022, 11, 1), date(2022, 11, 30)], "2026-10", None)
    Shift(days=1428, source_month='2022-11', target_month='2026-10', landed=1, of=2)
    """
    counts = Counter(days)
    by_month = Counter[str]()
    for day, count in counts.items():
        by_month[f"{day:%Y-%m}"] += count
    source = source_month or min(by_month, key=lambda month: (-by_month[month], month))
    span = date.fromisoformat(f"{target_month}-01") - date.fromisoformat(f"{source}-01")
    weeks = span // _WEEK

    def landed(days_moved: int) -> int:
        return sum(
            count
            for day, count in counts.items()
            if f"{day:%Y-%m}" == source and f"{day + timedelta(days_moved):%Y-%m}" == target_month
        )

    moved = max((weeks * 7, weeks * 7 + 7), key=landed)
    return Shift(moved, source, target_month, landed(moved), by_month[source])
