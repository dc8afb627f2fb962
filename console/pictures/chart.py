"""What a picture shows of a charging session, wherever the figures come from.

Powers are kW, energies kWh, costs the chart's currency. A *stretch* is one charging period; a
*price band* is all stretches with the same active prices.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Final, Literal, NamedTuple

from console.pictures import words
from ledger.pricing.charge import ChargePeriod
from ledger.values.money import EXACT, ZERO

Activity = Literal["charging", "parking", "reservation"]
_MOST_BANDS: Final = 12
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NO_PRICE: Final = "no price"
_MICROSECOND: Final = timedelta(microseconds=1)


class UnitPrice(NamedTuple):
    """An active price: per kWh or per hour, as the tariff states it."""

    dimension: str
    price: Decimal


class Stretch(NamedTuple):
    """A charging period: what happened in it, which prices were active, what it cost.

    `power_kw` is the average, None where a period with energy has no duration; `most_kw` the
    greatest power where it is stated.
    """

    began_at: datetime
    ended_at: datetime
    activity: Activity
    energy_kwh: Decimal
    power_kw: Decimal | None
    most_kw: Decimal | None
    prices: tuple[UnitPrice, ...]
    cost: Decimal

    @property
    def lasts_s(self) -> int:
        """How long it lasts, in whole seconds."""
        return int((self.ended_at - self.began_at).total_seconds())


class SessionCost(NamedTuple):
    """What belongs to no period: a fixed price, a step's rounding, what a limit changed."""

    label: str
    cost: Decimal


class Band(NamedTuple):
    """All stretches with the same prices: the letter in the picture, and their sums."""

    letter: str
    label: str
    lasts_s: int
    energy_kwh: Decimal
    cost: Decimal


class Chart(NamedTuple):
    """A session to draw. `basis` says whether costs are before or after tax."""

    title: str
    currency: str
    time_zone: str
    stretches: tuple[Stretch, ...]
    session_costs: tuple[SessionCost, ...]
    cost: Decimal
    cost_after_taxes: Decimal | None
    basis: Literal["before tax", "after tax"]

    @property
    def began_at(self) -> datetime:
        """When the first stretch begins."""
        return self.stretches[0].began_at

    @property
    def ended_at(self) -> datetime:
        """When the last stretch ends."""
        return max(stretch.ended_at for stretch in self.stretches)

    @property
    def energy_kwh(self) -> Decimal:
        """All energy, kWh."""
        return sum((stretch.energy_kwh for stretch in self.stretches), ZERO)

    @property
    def measure(self) -> Literal["power", "energy"]:
        """Power where every stretch has one, else the energy so far."""
        known = all(row.power_kw is not None or not row.energy_kwh for row in self.stretches)
        return "power" if known else "energy"

    @property
    def decimals(self) -> int:
        """How many decimals its costs need, so that a column of them lines up."""
        costs = [self.cost, *(row.cost for row in self.stretches)]
        return words.decimals_of([*costs, *(row.cost for row in self.session_costs)])

    def lasts_s(self, activity: Activity) -> int:
        """How long an activity lasts in all, in seconds."""
        return sum(row.lasts_s for row in self.stretches if row.activity == activity)


class Run(NamedTuple):
    """Stretches side by side that look alike: the same prices, the same activity."""

    stretches: tuple[Stretch, ...]
    letter: str
    label: str

    @property
    def began_at(self) -> datetime:
        """When the first of them begins."""
        return self.stretches[0].began_at

    @property
    def ended_at(self) -> datetime:
        """When the last of them ends."""
        return self.stretches[-1].ended_at

    @property
    def activity(self) -> Activity:
        """What happens in all of them."""
        return self.stretches[0].activity

    @property
    def energy_kwh(self) -> Decimal:
        """Their energy, kWh."""
        return sum((stretch.energy_kwh for stretch in self.stretches), ZERO)


def stretch_of(period: ChargePeriod, *, prices: tuple[UnitPrice, ...], cost: Decimal) -> Stretch:
    """Return a charging period with its active prices and its cost as a stretch."""
    return Stretch(
        period.started_at,
        max(period.started_at, period.ended_at),
        _activity_of(period, prices),
        period.energy_kwh,
        _power_of(period),
        period.max_power_kw,
        prices,
        cost,
    )


def _activity_of(period: ChargePeriod, prices: tuple[UnitPrice, ...]) -> Activity:
    if period.energy_kwh:
        return "charging"
    if period.reservation_time_h and not period.time_h:
        return "reservation"
    # An agreement may count as parking what the partner states as charging.
    parks = period.parking_time_h or any(row.dimension == "PARKING_TIME" for row in prices)
    return "parking" if parks else "charging"


def _power_of(period: ChargePeriod) -> Decimal | None:
    """Return energy over charging time, else over the period; what is stated without either."""
    if not period.energy_kwh:
        return ZERO
    hours = period.time_h
    if hours <= 0:
        lasts_s = int((period.ended_at - period.started_at).total_seconds())
        hours = EXACT.divide(Decimal(lasts_s), Decimal(3600))
    return EXACT.divide(period.energy_kwh, hours) if hours > 0 else period.max_power_kw


def label_of(prices: tuple[UnitPrice, ...], currency: str) -> str:
    """Return the active prices in words.

    >>> label_of((UnitPrice("ENERGY", Decimal("0.45")), UnitPrice("TIME", Decimal(6))), "EUR")
    '0.45 EUR/kWh + 6.00 EUR/h'
    """
    named = (words.price(row.dimension, row.price, currency) for row in prices)
    return " + ".join(named) or _NO_PRICE


def runs_of(chart: Chart) -> tuple[Run, ...]:
    """Return neighbours that look alike as one, with the letter of their price band."""
    letters = _letters_of(chart)
    return tuple(
        Run(tuple(rows), letters[prices], label_of(prices, chart.currency))
        for (prices, _), rows in groupby(
            chart.stretches, key=lambda row: (row.prices, row.activity)
        )
    )


def bands_of(chart: Chart) -> tuple[Band, ...]:
    """Return the price bands in the order in which they become active, the last ones as one.

    More than twelve are no help to anybody; what is left shares a letter and its sums.
    """
    letters = _letters_of(chart)
    bands = []
    for letter in dict.fromkeys(letters.values()):
        prices = [key for key, its in letters.items() if its == letter]
        rows = [row for row in chart.stretches if letters[row.prices] == letter]
        label = label_of(prices[0], chart.currency)
        if len(prices) > 1:
            label = f"{len(prices)} further prices"
        bands.append(
            Band(
                letter,
                label,
                sum(row.lasts_s for row in rows),
                sum((row.energy_kwh for row in rows), ZERO),
                sum((row.cost for row in rows), ZERO),
            )
        )
    return tuple(bands)


def _letters_of(chart: Chart) -> dict[tuple[UnitPrice, ...], str]:
    seen = dict.fromkeys(stretch.prices for stretch in chart.stretches)
    return {key: _LETTERS[min(place, _MOST_BANDS - 1)] for place, key in enumerate(seen)}


def energy_so_far(chart: Chart) -> tuple[tuple[datetime, Decimal], ...]:
    """Return the meter's readings from zero, kWh, at every edge between stretches."""
    points = [(chart.began_at, ZERO)]
    for stretch in chart.stretches:
        points.append((stretch.ended_at, points[-1][1] + stretch.energy_kwh))
    return tuple(points)


def energy_at(chart: Chart, instant: datetime) -> Decimal:
    """Return the energy so far at an instant, kWh, as if it flowed evenly in each stretch."""
    for (before, reached), (after, next_reached) in pairwise(energy_so_far(chart)):
        if instant < after:
            share = Decimal((instant - before) // _MICROSECOND) / ((after - before) // _MICROSECOND)
            return reached + (next_reached - reached) * share
    return chart.energy_kwh
