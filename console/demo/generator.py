"""Charges of a month, drawn from the measured figures: the same seed gives the same charges.

Only whole numbers are drawn. Two cars never stand at one plug at once. The table that was measured
does not tell when charging ended, so this is assumed, as `MEAN_POWER_SHARE` says.
"""

from bisect import insort
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final, NamedTuple

from console.demo.distributions import (
    Drawn,
    Kind,
    drawn_charge,
    drawn_index,
    load_distributions,
)
from console.demo.on_the_spot import guest_at
from console.demo.world import World
from console.errors import ServiceError
from console.imports.catalogue import Plug
from console.imports.charged import Charging
from console.imports.drivers import Drivers
from console.imports.mapping import DriversMapping, Provider
from console.imports.table import assumed_charging_end
from console.imports.wall_clock import instant_of
from ledger.values.instants import zone_of

DEFAULT_SESSIONS: Final = 2000
MEAN_POWER_SHARE: Final = Decimal("0.4")
"""A car is taken to charge at this share of its peak power; what it stays beyond is parking.

An assumption: 19 of 20 measured sessions had a higher share over their whole stay.
"""
TOKENS_PER_PROVIDER: Final = 200
_ATTEMPTS: Final = 200


class Site(NamedTuple):
    """A location where cars may arrive: its kind, its weight, its plugs."""

    kind: Kind
    share: int
    plugs: tuple[Plug, ...]


class Stay(NamedTuple):
    """A car at a plug."""

    started_at: datetime
    ended_at: datetime


def generate(world: World, *, sessions: int = DEFAULT_SESSIONS, seed: int) -> list[Charging]:
    """Return a month's charges in order of their start; all begin in it, by local time.

    Refuses: ServiceError TOO_MANY_SESSIONS, where the plugs of the world have no room for them.
    """
    draw = Random(seed)
    sites = sites_of(world)
    shares = [site.share for site in sites]
    taken: dict[str, list[Stay]] = {}
    placed: list[tuple[Stay, Plug, Drawn]] = []
    for _ in range(sessions):
        placed.append(_placed(draw, sites[drawn_index(draw, shares)], world.month, taken))
    placed.sort(key=lambda row: (row[0].started_at, row[1].cdr_location.evse_id))
    return list(_chargings(placed, world, draw, seed))


def sites_of(world: World) -> list[Site]:
    """Return the locations of the world's traffic with their plugs."""
    kinds = load_distributions().kinds
    catalogue = world.catalogue
    sites = []
    for party, traffic in world.traffic.items():
        for row in traffic.locations:
            plugs = catalogue.plugs_at(party, row.id)
            sites.append(Site(kinds[row.kind], row.share, plugs))
    return sites


def _placed(
    draw: Random, site: Site, month: str, taken: dict[str, list[Stay]]
) -> tuple[Stay, Plug, Drawn]:
    """Draw a charge for which a plug of the site is free."""
    for _ in range(_ATTEMPTS):
        plug = site.plugs[draw.randrange(len(site.plugs))]
        drawn = drawn_charge(draw, site.kind)
        started_at = _arrival(draw, site.kind, month, plug.time_zone)
        stay = Stay(started_at, started_at + timedelta(minutes=drawn.stay_min))
        stays = taken.setdefault(plug.cdr_location.evse_id, [])
        if not any(
            other.started_at <= stay.ended_at and stay.started_at <= other.ended_at
            for other in stays
        ):
            insort(stays, stay)
            return stay, plug, drawn
    raise ServiceError(
        "TOO_MANY_SESSIONS", "The plugs of the demo have no room for so many sessions in a month."
    )


def _arrival(draw: Random, kind: Kind, month: str, time_zone: str) -> datetime:
    """Draw an instant of arrival: day by weekday, hour by hour of the day, then evenly."""
    year, number = (int(part) for part in month.split("-"))
    days = [date(year, number, day + 1) for day in range(monthrange(year, number)[1])]
    day = days[drawn_index(draw, [kind.arrivals_by_weekday[row.weekday()] for row in days])]
    second = draw.randrange(3600)
    hour = drawn_index(draw, kind.arrivals_by_hour)
    local = datetime(year, number, day.day, hour, second // 60, second % 60)  # noqa: DTZ001
    return instant_of(local, zone_of(time_zone), ambiguous="first", nonexistent="forward")


def _chargings(
    placed: list[tuple[Stay, Plug, Drawn]], world: World, draw: Random, seed: int
) -> Iterator[Charging]:
    """Give the charges ids, drivers and meter readings, in order."""
    drivers = {party: drivers_of(world, party, seed) for party in world.traffic}
    meters: dict[str, Decimal] = {}
    catalogue = world.catalogue
    for number, (stay, plug, drawn) in enumerate(placed, start=1):
        evse = plug.cdr_location.evse_id
        meter_start_wh = meters.setdefault(evse, Decimal(draw.randrange(10**6, 10**8)))
        energy_wh, peak_power_w = Decimal(drawn.energy_wh), Decimal(drawn.peak_power_w)
        meters[evse] += energy_wh
        session_id = f"S-{world.month.replace('-', '')}-{number:06d}"
        guest = guest_at(world, catalogue, plug, stay.started_at, f"{seed}/{session_id}")
        charging = Charging(
            session_id=session_id,
            plug=guest.plug if guest else plug,
            token=guest.token if guest else drivers[plug.party].token_for(session_id),
            started_at=stay.started_at,
            charging_ended_at=stay.ended_at,
            ended_at=stay.ended_at,
            energy_wh=energy_wh,
            meter_start_wh=meter_start_wh,
            peak_power_w=peak_power_w,
        )
        stopped_at = assumed_charging_end(
            stay.started_at, energy_wh, peak_power_w, MEAN_POWER_SHARE
        )
        yield replace(charging, charging_ended_at=min(stopped_at, stay.ended_at))


def drivers_of(world: World, party: str, seed: int) -> Drivers:
    """Return the drivers that charge at a CPO, as the world's traffic weighs their eMSPs."""
    providers = tuple(
        Provider(party=provider, weight=weight, tokens=TOKENS_PER_PROVIDER)
        for provider, weight in world.traffic[party].providers.items()
    )
    return Drivers(DriversMapping(seed=seed, providers=providers))
