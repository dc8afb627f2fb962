"""A rate of exchange that was taken over with two digits swapped, and corrected at the review.

What it had converted is decided again: reversed line by line, and booked at the rate in truth.
"""

import dataclasses
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from console.demo.charge import key_of, parties_in
from console.demo.desk import FINANCE, Desk
from console.demo.month import CALENDAR_ZONE, MonthPlan
from console.demo.plan import Planned
from console.demo.world import World
from ledger.application.registration import import_rates
from ledger.fx.rates import PublishedRate, RateHistory
from ledger.values.instants import first_day, local_date
from schemas import CdrV1

CURRENCY: Final = "CHF"
_BY: Final = timedelta(days=7)
"""The publication in force a week after the month's first day is the one that is misprinted."""


def misprinted(history: RateHistory, month: str) -> RateHistory:
    """Return the rates as they were first taken over: in one, two digits are swapped."""
    day = _misprinted_on(history, month)
    rates = tuple(_swapped(row) if row.published_on == day else row for row in history.rates)
    return replace(history, rates=rates)


def with_misprint(world: World) -> World:
    """Return the world as it was known before the review."""
    rates = (
        misprinted(row, world.month) if row.currency == CURRENCY else row for row in world.rates
    )
    return dataclasses.replace(world, rates=tuple(rates))


def correct_rates(desk: Desk, world: World) -> None:
    """Take the rates over again, as they were published."""
    for history in world.rates:
        import_rates(desk.ledger, history, by=desk.by(FINANCE[0]), corrects=True)


def affected(plan: MonthPlan, standings: Mapping[str, str]) -> dict[str, Planned]:
    """Return the CDRs that the misprinted rate had converted when it was corrected, by key.

    `standings` are those of the month's end: what was credited is decided no more. Where the
    parties let late facts change nothing, what was converted stays.
    """
    world = plan.context.world
    days = _days(world, plan.month)
    return {
        key_of(cdr): row
        for row in plan.between(None, plan.context.reviewed_at)
        if isinstance(cdr := row.value, CdrV1)
        and row.expect.outcome == "accepted"
        and not cdr.credit
        and standings.get(key_of(cdr)) != "credited"
        and local_date(cdr.end_date_time, cdr.time_zone or CALENDAR_ZONE) in days
        and _is_converted(cdr, world)
    }


def _is_converted(cdr: CdrV1, world: World) -> bool:
    seller, buyer = parties_in(cdr)
    agreement = world.agreement_at(seller, buyer, cdr.start_date_time)
    if agreement is None or agreement.terms.late_facts != "apply":
        return False
    involved = {seller, buyer, *(fee.payee for fee in agreement.terms.fees)}
    currencies = {cdr.currency, *(world.currency_of(party) for party in involved)}
    return CURRENCY in currencies and len(currencies) > 1


def _days(world: World, month: str) -> frozenset[date]:
    """Return the days that the misprinted publication was in force."""
    history = next(row for row in world.rates if row.currency == CURRENCY)
    day = _misprinted_on(history, month)
    following = min(row.published_on for row in history.rates if row.published_on > day)
    return frozenset(day + timedelta(days=number) for number in range((following - day).days))


def _misprinted_on(history: RateHistory, month: str) -> date:
    found = history.last_published_before_or_on(first_day(month) + _BY)
    if found is None:
        raise ValueError(f"the rates of {history.currency} do not cover {month}")
    return found.published_on


def _swapped(rate: PublishedRate) -> PublishedRate:
    """Swap the last two neighbours after the point that differ.

    >>> _swapped(PublishedRate(date(2026, 10, 8), Decimal("0.9399"))).per_euro
    Decimal('0.9939')
    """
    whole, _, digits = str(rate.per_euro).partition(".")
    for place in reversed(range(len(digits) - 1)):
        first, second = digits[place], digits[place + 1]
        if first != second:
            swapped = digits[:place] + second + first + digits[place + 2 :]
            return replace(rate, per_euro=Decimal(f"{whole}.{swapped}"))
    raise ValueError(f"{rate.per_euro} has no two digits to swap")
