"""A charge cut into periods at which no price changes inside: what OCPI asks of a CPO.

Source: OCPI 2.3.0, mod_cdrs, ChargingPeriod: a new one starts «each time … the used Tariff
Element changes», so that a period has one price from its start to its end.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_FLOOR, Decimal, localcontext
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from ledger.pricing.charge import Charge, ChargePeriod
from ledger.pricing.compiled import compiled
from ledger.pricing.cutting import cut, may_straddle
from ledger.pricing.segments import (
    SECONDS_IN_HOUR,
    Segment,
    activate,
    circumstances_of,
    segments_of,
    zone_needed,
)
from ledger.pricing.tariff import TariffStatement
from ledger.values.money import EXACT

_NINE_DIGITS: Final = Decimal("0.000000001")
_SECOND: Final = timedelta(seconds=1)
_FLOWS: Final = ("min_power_kw", "max_power_kw")


def cut_charge(charge: Charge, tariff: TariffStatement | Sequence[TariffStatement]) -> Charge:
    """Return the charge with its periods cut wherever another price component becomes active.

    Energy flows evenly within a period and is shared out by time; a bound in kWh is met exactly.
    Parts sum to their period: energies (kWh, at most 9 decimals where the period's has no more,
    the rest in the last part) and whole seconds (as hours of 9 decimals, cut down). Parts begin
    on whole seconds, but in a charge whose own periods do not. A period's power that is not
    stated is stated as its average where the tariff asks for it, since a part's own average may
    lie beyond a bound.

    Priced without being cut again, the result costs what the charge costs with `cut_periods`.
    Refuses: what `ledger.pricing.price.price` refuses about tariffs and periods.
    """
    statements = [tariff] if isinstance(tariff, TariffStatement) else tariff
    tariffs = [compiled(statement) for statement in statements]
    zone = zone_needed(charge, tariffs)
    on_seconds = all(period.started_at.microsecond == 0 for period in charge.periods)
    periods: list[ChargePeriod] = []
    with localcontext(EXACT):
        segments = segments_of(charge, tariffs, zone, [])
        used = any(not segment.is_only_reserved for segment in segments)
        for segment in segments:
            parts = cut(segment, zone, used=used) if may_straddle(segment, zone) else []
            if len(parts) < 2:
                periods.append(segment.period)
                continue
            begins = [part.started_at for part in parts]
            if on_seconds:
                begins = list(_on_seconds(parts, zone, used=used))
            periods.extend(_periods(segment, parts, begins, zone))
    return replace(charge, periods=tuple(periods))


def _periods(
    whole: Segment, parts: list[Segment], begins: list[datetime], zone: ZoneInfo | None
) -> Iterator[ChargePeriod]:
    flows = _flows(whole, zone)
    for part, (begin, end) in zip(parts, pairwise([*begins, whole.ended_at]), strict=True):
        yield replace(
            whole.period,
            started_at=begin,
            ended_at=end,
            energy_kwh=part.energy_kwh,
            time_h=_hours(part.time_s),
            parking_time_h=_hours(part.parking_s),
            reservation_time_h=_hours(part.reservation_s),
            **flows,
        )


def _on_seconds(parts: list[Segment], zone: ZoneInfo | None, *, used: bool) -> Iterator[datetime]:
    """Yield when each part begins: on the nearest whole second at which it has its components.

    Only a bound in kWh is met between two seconds. Where a bound in time lies right beside it,
    the second on this side of that bound is taken.
    """
    before = parts[0].started_at
    yield before
    for part in parts[1:]:
        exact = part.started_at
        down = exact.replace(microsecond=0)
        up = down if down == exact else down + _SECOND
        nearest = (down, up) if exact - down < up - exact else (up, down)
        before = next(
            (
                instant
                for instant in nearest
                if before <= instant <= parts[-1].ended_at
                and _is_active_at(part, instant, zone, used=used)
            ),
            max(before, exact),
        )
        yield before


def _is_active_at(part: Segment, instant: datetime, zone: ZoneInfo | None, *, used: bool) -> bool:
    """Tell whether a part that began at another instant would have the same components."""
    probe = Segment(part.index, part.period)
    probe.tariff = part.tariff
    probe.started_at = instant
    probe.elapsed_s = part.elapsed_s + (instant - part.started_at).total_seconds()
    probe.kwh_before = part.kwh_before
    activate(probe, zone, used=used)
    return (probe.active, probe.reserved) == (part.active, part.reserved)


def _flows(whole: Segment, zone: ZoneInfo | None) -> dict[str, Decimal]:
    """Return the average power of a period that states none, where its tariff asks for it.

    Cut down to 9 decimals it lies on the same side of every bound of at most so many.
    """
    tariff, period = whole.tariff, whole.period
    if tariff is None or not tariff.uses_power:
        return {}
    if period.min_power_kw is not None or period.max_power_kw is not None:
        return {}
    average = circumstances_of(whole, tariff, zone).min_power_kw
    if average is None:
        return {}
    return dict.fromkeys(_FLOWS, average.quantize(_NINE_DIGITS, ROUND_FLOOR))


def _hours(seconds: int) -> Decimal:
    return (Decimal(seconds) / SECONDS_IN_HOUR).quantize(_NINE_DIGITS, ROUND_DOWN)
