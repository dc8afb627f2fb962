"""Charging periods with what prices them: circumstances at their start, active components.

Source: OCPI 2.3.0, mod_cdrs, ChargingPeriod: the CPO starts a period whenever another component
becomes active, so a period is priced by what is active at its start.

Choices: durations and energies count over the charge from its first period that is not a
reservation (mod_cdrs: `start_date_time` is the reservation's start where there was one). Times
are whole seconds: OCPI's hours of four decimals place a second within 0.18 of one, so 0.6667 h
are 40 minutes. A limit on the least current or power looks at MIN_*, on the greatest at MAX_*,
either at the other where it is alone. Where power is not stated the period's average stands in
(with a warning); without energy it is zero, as is the current. Without any
period naming its tariff all have the first; else one without is not priced (mod_cdrs: «If not
provided, no Tariff is relevant during this period»).
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ledger.pricing.charge import Charge, ChargePeriod
from ledger.pricing.compiled import CompiledTariff
from ledger.pricing.elements import NOTHING, Active, Place
from ledger.pricing.lines import PricingWarning, WarningCode
from ledger.pricing.local_time import local_time
from ledger.pricing.restrictions import Circumstances
from ledger.values.instants import BEGINNING, zone_of
from ledger.values.money import EXACT, ZERO
from ledger.values.reasons import Reason, Refusal, Refused

SECONDS_IN_HOUR = Decimal(3600)
_HALF = Decimal("0.5")


class Segment(msgspec.Struct, gc=False):
    """A charging period, or the part of one that was cut at a bound. Times are seconds.

    `kwh_before` and `elapsed_s` are the charge's until the segment begins, `local` is the time
    there and then, `place` lies between the bounds of the tariff.
    """

    index: int
    period: ChargePeriod
    part: int | None = None
    started_at: datetime = BEGINNING
    ended_at: datetime = BEGINNING
    energy_kwh: Decimal = ZERO
    time_s: int = 0
    parking_s: int = 0
    reservation_s: int = 0
    is_only_reserved: bool = False
    tariff: CompiledTariff | None = None
    tariff_number: int = 0
    kwh_before: Decimal = ZERO
    elapsed_s: float = 0
    local: datetime | None = None
    place: Place = ()
    active: Active = NOTHING
    reserved: Active = NOTHING

    def __post_init__(self) -> None:
        period = self.period
        self.started_at, self.ended_at = period.started_at, period.ended_at
        self.energy_kwh = period.energy_kwh
        if period.time_h:
            self.time_s = seconds_of(period.time_h)
        if period.parking_time_h:
            self.parking_s = seconds_of(period.parking_time_h)
        if period.reservation_time_h:
            self.reservation_s = seconds_of(period.reservation_time_h)
            self.is_only_reserved = not (self.time_s or self.parking_s or self.energy_kwh)


def seconds_of(hours: Decimal) -> int:
    """Return hours as whole seconds, half up.

    >>> seconds_of(Decimal("0.6667")), seconds_of(Decimal("1.1833"))
    (2400, 4260)
    """
    return int(hours * 3600 + _HALF)


def zone_needed(charge: Charge, tariffs: Sequence[CompiledTariff]) -> ZoneInfo | None:
    """Return the charger's zone where a tariff looks at the clock. Refuses: TIME_ZONE_UNKNOWN."""
    for tariff in tariffs:
        if tariff.uses_clock:
            return zone_of(charge.time_zone)
    return None


def segments_of(
    charge: Charge,
    tariffs: Sequence[CompiledTariff],
    zone: ZoneInfo | None,
    warnings: list[PricingWarning],
) -> list[Segment]:
    """Return the charging periods with their components.

    Refuses: TARIFF_MISSING (a period names a tariff that is not there).
    """
    segments = [Segment(index, period) for index, period in enumerate(charge.periods)]
    _choose_tariffs(segments, tariffs, warnings)
    charging = [segment for segment in segments if not segment.is_only_reserved]
    if len(charging) == len(segments):
        started_at = charge.started_at
    else:
        started_at = charging[0].started_at if charging else charge.started_at
    used = bool(charging)
    kwh = ZERO
    for segment in segments:
        reservation = segment.is_only_reserved
        segment.kwh_before = kwh
        origin = charge.started_at if reservation else started_at
        segment.elapsed_s = (segment.started_at - origin).total_seconds()
        if segment.energy_kwh:
            kwh = kwh + segment.energy_kwh
        if segment.tariff is not None:
            activate(segment, zone, used=used)
            if segment.tariff.uses_current or segment.tariff.uses_power:
                _warn_of_unknown_flow(segment, segment.tariff, warnings)
    return segments


def activate(segment: Segment, zone: ZoneInfo | None, *, used: bool) -> None:
    """Find the components of a segment. `used`: the reservation, if any, became a charge."""
    tariff = segment.tariff
    if tariff is None:
        return
    now = circumstances_of(segment, tariff, zone)
    segment.place = place = tariff.bounds.around(now)
    if not segment.is_only_reserved:
        segment.active = tariff.charging.active(place, now)
    if segment.reservation_s:
        segment.reserved = (tariff.reserved if used else tariff.expired).active(place, now)


def circumstances_of(
    segment: Segment, tariff: CompiledTariff, zone: ZoneInfo | None
) -> Circumstances:
    """Return what restrictions look at, at the segment's start."""
    now = Circumstances()
    now.kwh = segment.kwh_before
    now.elapsed_s = segment.elapsed_s
    if zone is not None:
        segment.local = local = local_time(segment.started_at, zone)
        now.minute = local.hour * 60 + local.minute
        now.weekday = local.weekday()
        now.day = local.toordinal()
    period = segment.period
    if tariff.uses_current:
        least, most = period.min_current_a, period.max_current_a
        if least is None and most is None and not period.energy_kwh:
            least = most = ZERO
        now.min_current_a = most if least is None else least
        now.max_current_a = least if most is None else most
    if tariff.uses_power:
        least, most = period.min_power_kw, period.max_power_kw
        if least is None and most is None:
            least = most = _average_power(period)
        now.min_power_kw = most if least is None else least
        now.max_power_kw = least if most is None else most
    return now


def _average_power(period: ChargePeriod) -> Decimal | None:
    """Return energy over time in kW; zero without energy; None without a duration."""
    if not period.energy_kwh:
        return ZERO
    hours = period.time_h
    if not hours:
        lasted = int((period.ended_at - period.started_at).total_seconds())
        hours = EXACT.divide(Decimal(lasted), SECONDS_IN_HOUR)
    return EXACT.divide(period.energy_kwh, hours) if hours > 0 else None


def _warn_of_unknown_flow(
    segment: Segment, tariff: CompiledTariff, warnings: list[PricingWarning]
) -> None:
    period = segment.period
    path = f"charging_periods[{segment.index}]"
    if not period.energy_kwh:
        return
    if tariff.uses_current and period.min_current_a is None and period.max_current_a is None:
        warnings.append(PricingWarning(WarningCode.CURRENT_NOT_STATED, path))
    if tariff.uses_power and period.min_power_kw is None and period.max_power_kw is None:
        warnings.append(PricingWarning(WarningCode.POWER_DERIVED, path))


def _choose_tariffs(
    segments: list[Segment], tariffs: Sequence[CompiledTariff], warnings: list[PricingWarning]
) -> None:
    """Give each segment its tariff: the only one, else the one its period names."""
    named = any(segment.period.tariff_id for segment in segments)
    if len(tariffs) == 1 and (not named or all(row.period.tariff_id for row in segments)):
        for segment in segments:
            segment.tariff = tariffs[0]
        return
    numbers = {tariff.id: number for number, tariff in reversed(list(enumerate(tariffs)))}
    for segment in segments:
        tariff_id = segment.period.tariff_id
        path = f"charging_periods[{segment.index}]"
        if not tariff_id and named:
            warnings.append(PricingWarning(WarningCode.NO_TARIFF_IN_PERIOD, path))
            continue
        number = 0
        if tariff_id and len(tariffs) > 1:
            found = numbers.get(tariff_id.lower())
            if found is None:
                place = f"{path}.tariff_id"
                raise Refused(Refusal(Reason.TARIFF_MISSING, place, actual=tariff_id))
            number = found
        segment.tariff, segment.tariff_number = tariffs[number], number
