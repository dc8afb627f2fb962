"""Charging and parking of a transaction as OCPI's charging periods.

Source: OCPI 2.3.0, mod_cdrs, CdrDimensionType: TIME is time charging, PARKING_TIME time not
charging; ENERGY in kWh, MAX_POWER in kW.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from itertools import groupby, pairwise
from typing import Final, NamedTuple

from console.imports.charged import hours
from console.imports.ocpp.mapping import OcppMapping, ParkingRule
from console.imports.ocpp.meter import Metered
from console.imports.ocpp.samples import Power
from console.imports.ocpp.transaction import State, Transaction
from ledger.values.money import ZERO
from schemas.parts import CdrDimension, ChargingPeriod

_KILO: Final = Decimal(1000)
_A_MICROWATT_HOUR: Final = Decimal("0.000001")


class Span(NamedTuple):
    """A part of a transaction in which a car charged throughout, or parked throughout."""

    began_at: datetime
    ended_at: datetime
    wh: Decimal
    is_parking: bool


def periods_of(
    transaction: Transaction, meter: Metered, mapping: OcppMapping, tariff_id: str | None
) -> tuple[ChargingPeriod, ...]:
    """Return the charging periods of a metered transaction: one per sample, or one per state.

    A span that the meter did not divide but the charger's state did has its energy where the car
    charged, shared out by time.
    """
    spans = list(spans_of(transaction, meter, mapping.parking))
    if mapping.periods == "state":
        spans = list(_joined(spans))
    # OCPI 2.1.1 has no dimension for a power.
    powers = sorted(transaction.powers) if mapping.ocpi_version != "2.1.1" else []
    instants = [row.at for row in powers]
    return tuple(
        ChargingPeriod(
            start_date_time=span.began_at,
            dimensions=_dimensions(span, powers[slice(*_within(span, instants))]),
            tariff_id=tariff_id,
        )
        for span in spans
    )


def _within(span: Span, instants: list[datetime]) -> tuple[int, int]:
    """Return which of the ascending instants lie in a span, its beginning excluded."""
    return bisect_right(instants, span.began_at), bisect_right(instants, span.ended_at)


def spans_of(transaction: Transaction, meter: Metered, rule: ParkingRule) -> Iterator[Span]:
    """Yield a transaction's spans of charging and of parking, in order, without gaps.

    >>> from datetime import UTC
    >>> from console.imports.ocpp.meter import Point
    >>> at = [datetime(2026, 10, 5, hour, tzinfo=UTC) for hour in (8, 9, 11)]
    >>> meter = Metered((Point(at[0], Decimal(0)), Point(at[1], Decimal(9)),
    ...                  Point(at[2], Decimal(9))), ())
    >>> spans = spans_of(Transaction("CP1", "1", 1, at[0]), meter, ParkingRule())
    >>> [(span.began_at.hour, span.wh, span.is_parking) for span in spans]
    [(8, Decimal('9'), False), (9, Decimal('0'), True)]
    """
    states = _relevant(transaction.states, rule)
    by_state = rule.rule == "states" or (rule.rule == "states_or_still" and bool(states))
    if by_state:
        yield from _by_state(meter, states, rule)
    else:
        still_from = rule.still_s if rule.rule in ("still", "states_or_still") else None
        yield from _by_register(meter, still_from)


def _relevant(states: Sequence[State], rule: ParkingRule) -> list[State]:
    """Return the states that say whether a car charges, in the order of their instants."""
    known = {"Charging", "SuspendedEVSE", *rule.states}
    return sorted((row for row in states if row.state in known), key=lambda row: row.at)


def _by_state(meter: Metered, states: list[State], rule: ParkingRule) -> Iterator[Span]:
    turns = _turns(states, rule)
    for before, after in pairwise(meter.points):
        first, end = bisect_right(turns, before.at), bisect_left(turns, after.at)
        places = list(pairwise([before.at, *turns[first:end], after.at]))
        # A car charges until its first turn, and does the other thing after each.
        parks = [(first + number) % 2 == 1 for number in range(len(places))]
        shares = _shares(after.wh - before.wh, places, parks)
        for (began_at, ended_at), wh, is_parking in zip(places, shares, parks, strict=True):
            yield Span(began_at, ended_at, wh, is_parking)


def _turns(states: list[State], rule: ParkingRule) -> list[datetime]:
    """Return the instants at which a car begins to park, and to charge again, in turn.

    Of several states at one instant the last one counts.
    """
    parks_from = {row.at: row.state in rule.states for row in states}
    turns: list[datetime] = []
    for at, parks in parks_from.items():
        if parks != bool(len(turns) % 2):
            turns.append(at)
    return turns


def _shares(
    energy_wh: Decimal, places: list[tuple[datetime, datetime]], parks: list[bool]
) -> list[Decimal]:
    """Share an energy out by time among the places where the car charged, else among all."""
    seconds = [
        Decimal((end - begin) // timedelta(seconds=1)) if not is_parking else ZERO
        for (begin, end), is_parking in zip(places, parks, strict=True)
    ]
    if not sum(seconds, ZERO):
        seconds = [Decimal((end - begin) // timedelta(seconds=1)) for begin, end in places]
    whole = sum(seconds, ZERO)
    if not whole:
        return [*[ZERO] * (len(places) - 1), energy_wh]
    last = max(place for place, share in enumerate(seconds) if share)
    shares = [
        (energy_wh * share / whole).quantize(_A_MICROWATT_HOUR, ROUND_DOWN) for share in seconds
    ]
    shares[last] += energy_wh - sum(shares, ZERO)
    return shares


def _by_register(meter: Metered, still_from_s: int | None) -> Iterator[Span]:
    """Yield spans as the register tells: where it stands still long enough, a car parks."""
    pairs = list(pairwise(meter.points))
    runs = groupby(pairs, key=lambda pair: pair[0].wh == pair[1].wh)
    for is_still, run in runs:
        own = list(run)
        lasted = own[-1][1].at - own[0][0].at
        is_parking = (
            is_still and still_from_s is not None and lasted >= timedelta(seconds=still_from_s)
        )
        for before, after in own:
            yield Span(before.at, after.at, after.wh - before.wh, is_parking)


def _joined(spans: Sequence[Span]) -> Iterator[Span]:
    for is_parking, run in groupby(spans, key=lambda span: span.is_parking):
        own = list(run)
        wh = sum((span.wh for span in own), ZERO)
        yield Span(own[0].began_at, own[-1].ended_at, wh, is_parking)


def _dimensions(span: Span, powers: Sequence[Power]) -> tuple[CdrDimension, ...]:
    lasted_h = hours(span.ended_at - span.began_at)
    rows = [CdrDimension(type="PARKING_TIME" if span.is_parking else "TIME", volume=lasted_h)]
    if span.wh or not span.is_parking:
        rows.insert(0, CdrDimension(type="ENERGY", volume=span.wh / _KILO))
    if powers and not span.is_parking:
        peak_w = max(row.w for row in powers)
        rows.append(CdrDimension(type="MAX_POWER", volume=peak_w / _KILO))
    return tuple(rows)
