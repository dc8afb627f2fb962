"""Restrictions that no charge can meet, whatever the other elements say.

A least bound is included and a greatest one excluded, so equal bounds leave nothing.
Source: OCPI 2.3.0, mod_tariffs, TariffRestrictions.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from ledger.pricing.lint.finding import LintFinding, finding
from ledger.pricing.tariff import TariffRestrictions, TariffStatement

DAYS: Final = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_BOUNDS: Final = ("kwh", "current", "power", "duration")


def restrictions(tariff: TariffStatement) -> Iterator[LintFinding]:
    """Yield impossible restrictions, and validities in which nothing lies."""
    start, end = tariff.start_date_time, tariff.end_date_time
    if start is not None and end is not None and end <= start:
        yield finding(
            "VALIDITY_EMPTY", "end_date_time", f"The tariff ends {end}, before it starts {start}."
        )
    for index, element in enumerate(tariff.elements):
        path = f"elements[{index}].restrictions"
        if not any(component.type for component in element.price_components):
            yield finding("ELEMENT_EMPTY", f"elements[{index}]", "The element prices nothing.")
        if element.restrictions is not None:
            yield from _bounds(element.restrictions, path)
            yield from _calendar(element.restrictions, path, tariff)
            yield from _reservation(element.restrictions, f"elements[{index}]", tariff, index)


def _bounds(found: TariffRestrictions, path: str) -> Iterator[LintFinding]:
    for name in _BOUNDS:
        least = getattr(found, f"min_{name}")
        most = getattr(found, f"max_{name}")
        if most is not None and (most <= 0 or (least is not None and least >= most)):
            bound = f"below {most}" if least is None else f"from {least} and below {most}"
            yield finding(
                "IMPOSSIBLE_RESTRICTION",
                f"{path}.max_{name}",
                f"No charge is {bound} in {name}: the greatest bound is excluded.",
            )


def _calendar(
    found: TariffRestrictions, path: str, tariff: TariffStatement
) -> Iterator[LintFinding]:
    start, end = found.start_time, found.end_time
    if start is not None and start == end and start != "00:00":
        yield finding(
            "TIMES_EQUAL",
            f"{path}.end_time",
            f"From {start} to {end} is the whole day or no time at all; leave both out.",
        )
    first = date.fromisoformat(found.start_date) if found.start_date else None
    last = date.fromisoformat(found.end_date) if found.end_date else None
    if first is not None and last is not None:
        if last <= first:
            yield finding(
                "IMPOSSIBLE_RESTRICTION",
                f"{path}.end_date",
                f"No day lies from {first} to {last}: the end date is excluded.",
            )
        elif found.day_of_week and not _days_between(first, last) & set(found.day_of_week):
            days = ", ".join(found.day_of_week)
            yield finding(
                "IMPOSSIBLE_RESTRICTION",
                f"{path}.day_of_week",
                f"From {first} to {last} there is no {days}.",
            )
    # A day on each side, for time zones.
    begins, ends = tariff.start_date_time, tariff.end_date_time
    if last is not None and begins is not None and last.toordinal() < begins.toordinal() - 1:
        yield finding(
            "NEVER_MATCHES", f"{path}.end_date", f"The tariff itself starts later, {begins}."
        )
    if first is not None and ends is not None and first.toordinal() > ends.toordinal() + 1:
        yield finding(
            "NEVER_MATCHES", f"{path}.start_date", f"The tariff itself ends earlier, {ends}."
        )


def _days_between(first: date, last: date) -> set[str]:
    """Return the weekdays of a half-open span of dates.

    >>> sorted(_days_between(date(2026, 11, 2), date(2026, 11, 4)))
    ['MONDAY', 'TUESDAY']
    """
    count = min((last - first).days, 7)
    return {DAYS[(first + timedelta(days=n)).weekday()] for n in range(count)}


def _reservation(
    found: TariffRestrictions, path: str, tariff: TariffStatement, index: int
) -> Iterator[LintFinding]:
    """Yield what a reservation element can never price: it has neither energy nor parking."""
    if found.reservation is None:
        return
    for place, component in enumerate(tariff.elements[index].price_components):
        if component.type in {"ENERGY", "PARKING_TIME"}:
            yield finding(
                "NEVER_MATCHES",
                f"{path}.price_components[{place}]",
                f"A reservation has no {component.type}; only TIME and FLAT price one.",
            )
    for name in ("min_kwh", "min_current", "min_power"):
        least = getattr(found, name)
        if least is not None and least > 0:
            yield finding(
                "NEVER_MATCHES",
                f"{path}.restrictions.{name}",
                "Nothing is charged during a reservation.",
            )
