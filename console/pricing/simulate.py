"""A session that has not happened: its charging periods, cut where a price may change, priced.

Energy flows evenly while it charges, then it may stay connected. We are the CPO here, so periods
are cut at every bound of the tariff, as OCPI asks of one (2.3.0, mod_cdrs, ChargingPeriod).
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Final

import msgspec
from msgspec.structs import replace

from console.pricing.choose import assumed_zone
from console.pricing.engine import Places, price_charge, refusals_of, result_of
from console.pricing.findings import DocumentRefused, Notes
from console.pricing.result import Result, refused
from console.pricing.tariff_reader import TariffRead, read_tariff
from console.pricing.versions import stated
from ledger.pricing.charge import Charge, ChargePeriod
from ledger.pricing.tariff import TariffRestrictions, TariffStatement
from ledger.values.instants import zone_of
from ledger.values.money import EXACT, ZERO
from ledger.values.reasons import Refused

_SECOND: Final = timedelta(seconds=1)
_WATT_HOUR: Final = Decimal("0.001")


class Session(msgspec.Struct, frozen=True):
    """What is simulated: kWh evenly over `minutes`, then `parking_minutes` connected.

    `current_a` is the current, for tariffs that ask; power follows from energy and time.
    """

    started_at: datetime
    kwh: Decimal
    minutes: int
    parking_minutes: int
    current_a: Decimal | None
    time_zone: str | None

    @property
    def zone(self) -> str:
        """The IANA zone of the charger; UTC where every zone prices alike."""
        return self.time_zone or "UTC"

    @property
    def charging_ended_at(self) -> datetime:
        """When the energy has flowed."""
        return self.started_at + timedelta(minutes=self.minutes)

    @property
    def ended_at(self) -> datetime:
        """When the car leaves."""
        return self.charging_ended_at + timedelta(minutes=self.parking_minutes)


class Simulated(msgspec.Struct, frozen=True):
    """A session, the periods it was cut into, and what they cost."""

    session: Session
    periods: tuple[ChargePeriod, ...]
    result: Result


def simulate_document(data: bytes, session: Session, *, ocpi_version: object = None) -> Simulated:
    """Simulate a session at a tariff's JSON text; what cannot be priced is a refused result."""
    notes = Notes()
    try:
        read = read_tariff(data, "$.tariff", stated(ocpi_version, "$.ocpi_version", notes))
        notes.found.extend(read.warnings)
        if session.time_zone is None:
            session = replace(session, time_zone=_zone(read, notes))
        zone_of(session.zone)
        periods = periods_of(session, read.statement)
        charge = Charge(session.started_at, session.ended_at, session.zone, periods)
        priced = price_charge(charge, (read.statement,))
        result = result_of(priced, charge, (read.statement,), notes, Places())
    except DocumentRefused as error:
        return Simulated(session, (), refused(error.finding, warnings=tuple(notes.found)))
    except Refused as error:
        return Simulated(
            session, (), refused(*refusals_of(error, Places()), warnings=tuple(notes.found))
        )
    return Simulated(session, periods, result)


def _zone(read: TariffRead, notes: Notes) -> str:
    """Return the zone of the CPO's country, with a warning, where a tariff is local."""
    if not read.is_local:
        return "UTC"
    return assumed_zone(read.statement.country_code, f"{read.path}.country_code", notes)


def periods_of(session: Session, tariff: TariffStatement) -> tuple[ChargePeriod, ...]:
    """Return the charging periods, cut at every bound of the tariff that the session meets."""
    edges = sorted({session.started_at, session.charging_ended_at, *_cuts(session, tariff)})
    edges = [*edges, session.ended_at] if edges[-1] < session.ended_at else edges
    periods = []
    used = ZERO
    for begin, end in pairwise(edges):
        charges = begin < session.charging_ended_at
        reached = _kwh_at(end, session) if charges else used
        periods.append(_period(begin, end, reached - used, session, charges=charges))
        used = reached
    return tuple(periods)


def _period(
    begin: datetime, end: datetime, kwh: Decimal, session: Session, *, charges: bool
) -> ChargePeriod:
    hours = EXACT.divide(Decimal((end - begin) // _SECOND), Decimal(3600))
    power = EXACT.divide(session.kwh * 60, Decimal(session.minutes)) if charges else ZERO
    current = session.current_a if charges else ZERO
    return ChargePeriod(
        started_at=begin,
        ended_at=end,
        energy_kwh=kwh,
        time_h=hours if charges else ZERO,
        parking_time_h=ZERO if charges else hours,
        min_current_a=current,
        max_current_a=current,
        min_power_kw=power,
        max_power_kw=power,
    )


def _kwh_at(instant: datetime, session: Session) -> Decimal:
    """Return the meter's reading at an instant, in whole Wh; all of it at the end."""
    seconds = (instant - session.started_at) // _SECOND
    share = EXACT.divide(session.kwh * seconds, Decimal(session.minutes * 60))
    if instant >= session.charging_ended_at:
        return session.kwh
    return share.quantize(_WATT_HOUR, ROUND_HALF_UP, context=EXACT)


def _cuts(session: Session, tariff: TariffStatement) -> Iterator[datetime]:
    """Yield every instant inside the session at which some restriction may change."""
    for element in tariff.elements:
        if element.restrictions is not None:
            for instant in _bounds(element.restrictions, session):
                if session.started_at < instant < session.ended_at:
                    yield instant


def _bounds(found: TariffRestrictions, session: Session) -> Iterator[datetime]:
    for duration_s in (found.min_duration, found.max_duration):
        if duration_s is not None:
            yield session.started_at + timedelta(seconds=duration_s)
    for bound in (found.min_kwh, found.max_kwh):
        if bound is not None and session.kwh > bound:
            share = EXACT.divide(bound * session.minutes * 60, session.kwh)
            # The first whole second at which the meter has reached the bound.
            yield session.started_at + timedelta(seconds=-int(-share // 1))
    clocks = {clock for clock in (found.start_time, found.end_time) if clock is not None}
    if found.day_of_week or found.start_date or found.end_date:
        clocks.add("00:00")
    for clock in clocks:
        yield from _instants_of(clock, session)


def _instants_of(clock: str, session: Session) -> Iterator[datetime]:
    """Yield when a local time of day comes, on each day of the session, twice where it does."""
    zone = zone_of(session.zone)
    day = session.started_at.astimezone(zone).date()
    last = session.ended_at.astimezone(zone).date()
    while day <= last:
        for fold in (0, 1):
            local = datetime.combine(day, time.fromisoformat(clock), zone).replace(fold=fold)
            yield local.astimezone(session.started_at.tzinfo)
        day += timedelta(days=1)
