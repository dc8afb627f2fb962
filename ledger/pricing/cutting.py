"""Charging periods cut where another component becomes active.

Source: OCPI 2.3.0, mod_cdrs, ChargingPeriod: the CPO shall cut there, and may interpolate the
moment. Where it did not, energy and times are shared out by time; the parts sum to the period.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ledger.pricing.compiled import CompiledTariff
from ledger.pricing.local_time import steady_offset
from ledger.pricing.restrictions import MINUTES_IN_DAY
from ledger.pricing.segments import Segment, activate
from ledger.values.money import EXACT, ZERO

_NINE_DIGITS = Decimal("0.000000001")
_ONE = Decimal(1)
_SECONDS_IN_DAY = 24 * 3600
_ONE_DAY = timedelta(days=1)
_LONGEST = timedelta(days=366)
"""No charge lasts longer; where a partner's clock says so, its days are not walked through."""


class _Cut(NamedTuple):
    """A place in a period: its share of the duration, and the energy used until there."""

    share: Decimal
    energy_kwh: Decimal


def ends_in_its_place(segment: Segment, follower: Segment | None, zone: ZoneInfo | None) -> bool:
    """Tell cheaper still that no bound lies inside: the next segment begins where this one did.

    On one local day whose clock runs evenly, what counts up does not come back.
    """
    return (
        follower is not None
        and segment.place == follower.place
        and segment.tariff is follower.tariff
        and segment.is_only_reserved is follower.is_only_reserved
        and segment.ended_at == follower.started_at
        and segment.ended_at - segment.started_at < _ONE_DAY
        and segment.energy_kwh >= ZERO
        and (zone is None or steady_offset(zone, segment.started_at.toordinal()) is not None)
    )


def may_straddle(segment: Segment, zone: ZoneInfo | None) -> bool:
    """Tell cheaply whether some bound lies inside the segment."""
    tariff = segment.tariff
    if tariff is None:
        return False
    minutes, _, energies_kwh, durations_s, _, _ = tariff.bounds
    if energies_kwh and segment.energy_kwh:
        place = bisect_right(energies_kwh, segment.kwh_before)
        after = segment.kwh_before + segment.energy_kwh
        if place < len(energies_kwh) and energies_kwh[place] < after:
            return True
    lasts = segment.ended_at - segment.started_at
    lasts_s = lasts.days * _SECONDS_IN_DAY + lasts.seconds
    if durations_s:
        place = bisect_right(durations_s, segment.elapsed_s)
        if place < len(durations_s) and durations_s[place] - segment.elapsed_s < lasts_s:
            return True
    local = segment.local
    if zone is None or local is None or not minutes:
        return False
    if lasts.days or steady_offset(zone, segment.started_at.toordinal()) is None:
        return lasts <= _LONGEST
    minute = local.hour * 60 + local.minute
    place = bisect_right(minutes, minute)
    following = minutes[place] if place < len(minutes) else minutes[0] + MINUTES_IN_DAY
    return (following - minute) * 60 - local.second < lasts_s


def cut(segment: Segment, zone: ZoneInfo | None, *, used: bool) -> list[Segment]:
    """Return the segment's parts with other components each; one where nothing changes."""
    if segment.tariff is None:
        return [segment]
    cuts = sorted({*_energy_cuts(segment, segment.tariff), *_time_cuts(segment, zone)})
    lasts = segment.ended_at - segment.started_at
    kept: list[_Cut] = []
    current = (segment.active, segment.reserved)
    probe = Segment(segment.index, segment.period)
    probe.tariff = segment.tariff
    for place in cuts:
        past = _span(lasts, place.share)
        probe.started_at = segment.started_at + past
        probe.elapsed_s = segment.elapsed_s + past.total_seconds()
        probe.kwh_before = segment.kwh_before + place.energy_kwh
        activate(probe, zone, used=used)
        if (probe.active, probe.reserved) != current:
            kept.append(place)
            current = (probe.active, probe.reserved)
    return _parts(segment, kept, zone, used=used) if kept else [segment]


def _parts(
    segment: Segment, cuts: list[_Cut], zone: ZoneInfo | None, *, used: bool
) -> list[Segment]:
    lasts = segment.ended_at - segment.started_at
    places = [_Cut(ZERO, ZERO), *cuts, _Cut(_ONE, segment.energy_kwh)]
    parts: list[Segment] = []
    for number, (begin, end) in enumerate(pairwise(places)):
        part = Segment(segment.index, segment.period)
        part.part = number
        part.tariff, part.tariff_number = segment.tariff, segment.tariff_number
        part.started_at = segment.started_at + _span(lasts, begin.share)
        part.ended_at = segment.started_at + _span(lasts, end.share)
        part.elapsed_s = segment.elapsed_s + (part.started_at - segment.started_at).total_seconds()
        part.kwh_before = EXACT.add(segment.kwh_before, begin.energy_kwh)
        part.energy_kwh = EXACT.subtract(end.energy_kwh, begin.energy_kwh)
        for name in ("time_s", "parking_s", "reservation_s"):
            whole = getattr(segment, name)
            setattr(part, name, _share(whole, end.share) - _share(whole, begin.share))
        activate(part, zone, used=used)
        parts.append(part)
    return parts


def _span(lasts: timedelta, share: Decimal) -> timedelta:
    microseconds = Decimal(lasts // timedelta(microseconds=1))
    product = EXACT.multiply(microseconds, share)
    return timedelta(microseconds=int(product.quantize(_ONE, ROUND_HALF_UP, context=EXACT)))


def _share(seconds: int, share: Decimal) -> int:
    product = EXACT.multiply(Decimal(seconds), share)
    return int(product.quantize(_ONE, ROUND_HALF_UP, context=EXACT))


def _energy_cuts(segment: Segment, tariff: CompiledTariff) -> Iterator[_Cut]:
    if segment.energy_kwh <= 0:
        return
    for bound in tariff.bounds.energies_kwh:
        used = EXACT.subtract(bound, segment.kwh_before)
        if 0 < used < segment.energy_kwh:
            yield _Cut(EXACT.divide(used, segment.energy_kwh), used)


def _time_cuts(segment: Segment, zone: ZoneInfo | None) -> Iterator[_Cut]:
    """Yield a place for each instant inside the segment at which a restriction may change."""
    tariff = segment.tariff
    lasts = segment.ended_at - segment.started_at
    if tariff is None or lasts <= timedelta(0):
        return
    whole = Decimal(lasts // timedelta(microseconds=1))
    instants = [
        segment.started_at + timedelta(seconds=bound - segment.elapsed_s)
        for bound in tariff.bounds.durations_s
    ]
    minutes = tariff.bounds.minutes
    if minutes and zone is not None and lasts <= _LONGEST:
        instants.extend(_clock_instants(segment.started_at, segment.ended_at, minutes, zone))
    for instant in instants:
        if segment.started_at < instant < segment.ended_at:
            past = Decimal((instant - segment.started_at) // timedelta(microseconds=1))
            share = EXACT.divide(past, whole)
            energy = EXACT.multiply(segment.energy_kwh, share)
            yield _Cut(share, energy.quantize(_NINE_DIGITS, ROUND_HALF_UP, context=EXACT))


def _clock_instants(
    begin: datetime, end: datetime, minutes: tuple[int, ...], zone: ZoneInfo
) -> Iterator[datetime]:
    """Yield the instants of local times of day, and those at which the zone's offset changes.

    A local time that does not exist on a day takes effect when the clock jumps over it.
    """
    offset = steady_offset(zone, begin.toordinal())
    if offset is not None and end - begin <= timedelta(days=1):
        local = begin + offset
        midnight = begin - timedelta(
            hours=local.hour,
            minutes=local.minute,
            seconds=local.second,
            microseconds=local.microsecond,
        )
        for minute in (*minutes, *(minute + MINUTES_IN_DAY for minute in minutes)):
            yield midnight + timedelta(minutes=minute)
        return
    utc = begin.tzinfo
    day = begin.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    last = end.astimezone(zone).replace(tzinfo=None)
    while day.replace(tzinfo=None) <= last:
        for minute in minutes:
            hour, rest = divmod(minute % MINUTES_IN_DAY, 60)
            for fold in (0, 1):
                yield day.replace(hour=hour, minute=rest, fold=fold).astimezone(utc)
        following = day + timedelta(days=1)
        yield from _offset_change(day.astimezone(utc), following.astimezone(utc), zone)
        day = following


def _offset_change(begin: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield the second at which the zone's offset changes, if it does between the two."""
    before = begin.astimezone(zone).utcoffset()
    if end.astimezone(zone).utcoffset() == before:
        return
    while end - begin > timedelta(seconds=1):
        middle = begin + (end - begin) // 2
        middle = middle.replace(microsecond=0)
        if middle <= begin:
            break
        if middle.astimezone(zone).utcoffset() == before:
            begin = middle
        else:
            end = middle
    yield end
