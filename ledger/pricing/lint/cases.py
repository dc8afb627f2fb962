"""All circumstances that a tariff tells apart, as a finite set of cases.

Every bound of every element cuts its axis (time of day, weekday, date, kWh, current, power,
duration); between two cuts nothing changes. A case is one segment of each axis, so what holds for
the cases holds for every charge.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise, product
from math import prod
from typing import Any, Final, NamedTuple

from ledger.pricing.lint.restrictions import DAYS
from ledger.pricing.tariff import TariffElement, TariffRestrictions

MOST_CASES: Final = 20_000
_NO_RESTRICTIONS: Final = TariffRestrictions()

Case = tuple[int, ...]


class Axis(NamedTuple):
    """A circumstance: its segments as people read them, and which of them an element accepts."""

    name: str
    segments: tuple[str, ...]
    accepted: tuple[frozenset[int], ...]


class Cases(NamedTuple):
    """The axes that matter, and the number of their cases."""

    axes: tuple[Axis, ...]
    total: int

    def of(self, element: int) -> Iterator[Case]:
        """Yield the cases in which an element's restrictions hold."""
        return product(*(sorted(axis.accepted[element]) for axis in self.axes))

    def all(self) -> Iterator[Case]:
        """Yield every case."""
        return product(*(range(len(axis.segments)) for axis in self.axes))

    def named(self, case: Case) -> str:
        """Return a case in words; what no element tells apart is left out."""
        parts = [axis.segments[place] for axis, place in zip(self.axes, case, strict=True)]
        return ", ".join(part for part in parts if part) or "always"


def cases_of(elements: Sequence[TariffElement]) -> Cases:
    """Return the cases that elements tell apart."""
    found = [element.restrictions or _NO_RESTRICTIONS for element in elements]
    axes = [_time_axis(found), _day_axis(found), _date_axis(found)]
    for name, unit in (("kwh", "kWh"), ("current", "A"), ("power", "kW"), ("duration", "s")):
        axes.append(_amount_axis(found, name, unit))
    used = tuple(axis for axis in axes if len(axis.segments) > 1)
    return Cases(used, prod(len(axis.segments) for axis in used))


def _time_axis(found: Sequence[TariffRestrictions]) -> Axis:
    spans = [(_minutes(part.start_time) or 0, _minutes(part.end_time) or 1440) for part in found]
    cuts = sorted({0, 1440, *(edge for span in spans for edge in span)})
    edges = list(pairwise(cuts))

    def holds(span: tuple[int, int], edge: tuple[int, int]) -> bool:
        start, end = span
        if start < end:
            return start <= edge[0] and edge[1] <= end
        return edge[0] >= start or edge[1] <= end  # across midnight

    names = tuple(f"from {_clock(start)} to {_clock(end)}" for start, end in edges)
    return _axis("time", names, spans, edges, holds)


def _day_axis(found: Sequence[TariffRestrictions]) -> Axis:
    wanted = [frozenset(part.day_of_week or DAYS) for part in found]
    if all(len(days) == len(DAYS) for days in wanted):
        return Axis("day", ("",), ())
    return _axis("day", DAYS, wanted, DAYS, lambda days, day: day in days)


def _date_axis(found: Sequence[TariffRestrictions]) -> Axis:
    spans = [(part.start_date or "", part.end_date or "~") for part in found]
    cuts = sorted({"", "~", *(edge for span in spans for edge in span)})
    edges = list(pairwise(cuts))
    names = tuple(_between(start, "" if end == "~" else end, "") for start, end in edges)
    return _axis(
        "date", names, spans, edges, lambda span, edge: span[0] <= edge[0] and edge[1] <= span[1]
    )


def _amount_axis(found: Sequence[TariffRestrictions], name: str, unit: str) -> Axis:
    top = Decimal("Infinity")
    spans = [
        (
            Decimal(getattr(part, f"min_{name}") or 0),
            top if (most := getattr(part, f"max_{name}")) is None else Decimal(most),
        )
        for part in found
    ]
    cuts = sorted({Decimal(0), top, *(edge for span in spans for edge in span if edge >= 0)})
    edges = list(pairwise(cuts))
    names = tuple(
        _between(f"{start:f}" if start else "", "" if end == top else f"{end:f}", f" {unit}")
        for start, end in edges
    )
    return _axis(
        name, names, spans, edges, lambda span, edge: span[0] <= edge[0] and edge[1] <= span[1]
    )


def _axis(
    name: str,
    names: tuple[str, ...],
    wanted: Sequence[Any],
    edges: Sequence[Any],
    holds: Callable[[Any, Any], bool],
) -> Axis:
    accepted = tuple(
        frozenset(place for place, edge in enumerate(edges) if holds(want, edge)) for want in wanted
    )
    return Axis(name, names, accepted)


def _between(start: str, end: str, unit: str) -> str:
    """Return a half-open span in words.

    >>> _between("16", "32", " A"), _between("", "32", " A"), _between("", "", "")
    ('from 16 to 32 A', 'below 32 A', '')
    """
    if start and end:
        return f"from {start} to {end}{unit}"
    if start:
        return f"from {start}{unit}"
    return f"below {end}{unit}" if end else ""


def _minutes(clock: str | None) -> int | None:
    return None if clock is None else int(clock[:2]) * 60 + int(clock[3:5])


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
