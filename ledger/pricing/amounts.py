"""Quantities become amounts: one draft a charging period and dimension, and its whole steps."""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

import msgspec

from ledger.pricing.charge import ENERGY, FLAT, PARKING_TIME, RESERVATION_TIME, TIME
from ledger.pricing.elements import Component
from ledger.pricing.lines import LineKind
from ledger.pricing.segments import SECONDS_IN_HOUR, Segment
from ledger.pricing.steps import billed_kwh, billed_seconds
from ledger.pricing.terms import StepSizeRule
from ledger.values.money import EXACT, ZERO

_NINE_DIGITS = Decimal("0.000000001")
_ONE = Decimal(1)


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A line before tax is told from price: `amount` is exact, as the tariff states prices.

    `whole`: it belongs to the whole charge, and `segment` only says whose component it has.
    """

    dimension: str
    kind: LineKind
    component: Component
    segment: Segment
    quantity: Decimal
    amount: Decimal
    seconds: int = 0
    whole: bool = False
    reservation: bool = False


@lru_cache(maxsize=65536)
def hours_of(seconds: int) -> Decimal:
    """Return seconds as hours of at most 9 decimals.

    >>> hours_of(2400), hours_of(1800)
    (Decimal('0.666666667'), Decimal('0.5'))
    """
    hours = EXACT.divide(Decimal(seconds), SECONDS_IN_HOUR)
    exponent = hours.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -9:
        return hours.quantize(_NINE_DIGITS, ROUND_HALF_UP, context=EXACT)
    return hours


def drafts_of(segments: list[Segment], rule: StepSizeRule) -> list[Draft]:
    """Return every priced quantity in the order ENERGY, TIME, PARKING_TIME, reservation, FLAT."""
    energy, time, parking, reserved = _consumption(segments)
    flats = _flats(segments)
    if rule == "per_period":
        each = [_stepped_each(rows) for rows in (energy, time, parking, reserved)]
        return [*each[0], *each[1], *each[2], *each[3], *flats]
    if not parking or (time and _charging_ran_last(time[-1], parking[-1])):
        time = _stepped(time)
    else:
        parking = _stepped(parking)
    return [*_stepped(energy), *time, *parking, *_stepped(reserved), *flats]


def _consumption(
    segments: list[Segment],
) -> tuple[list[Draft], list[Draft], list[Draft], list[Draft]]:
    """Return what was consumed and has a price: energy, charging, parking, reservation."""
    energy: list[Draft] = []
    time: list[Draft] = []
    parking: list[Draft] = []
    reserved: list[Draft] = []
    for segment in segments:
        per_kwh, per_hour, per_parked_hour, _ = segment.active
        if per_kwh is not None and segment.energy_kwh:
            energy.append(_energy_draft("consumption", per_kwh, segment, segment.energy_kwh))
        if per_hour is not None and segment.time_s:
            time.append(_time_draft(TIME, "consumption", per_hour, segment, segment.time_s))
        if per_parked_hour is not None and segment.parking_s:
            parking.append(
                _time_draft(
                    PARKING_TIME, "consumption", per_parked_hour, segment, segment.parking_s
                )
            )
        per_reserved_hour = segment.reserved[1]
        if per_reserved_hour is not None and segment.reservation_s:
            reserved.append(
                _time_draft(
                    RESERVATION_TIME,
                    "consumption",
                    per_reserved_hour,
                    segment,
                    segment.reservation_s,
                )
            )
    return energy, time, parking, reserved


def _charging_ran_last(time: Draft, parking: Draft) -> bool:
    """Compare the last priced periods; in one and the same, parking follows charging."""
    charged, parked = time.segment, parking.segment
    return (charged.index, charged.part or 0) > (parked.index, parked.part or 0)


def _energy_draft(
    kind: LineKind, component: Component, segment: Segment, kwh: Decimal, *, whole: bool = False
) -> Draft:
    return Draft(ENERGY, kind, component, segment, kwh, kwh * component.price, 0, whole)


def _time_draft(
    dimension: str,
    kind: LineKind,
    component: Component,
    segment: Segment,
    seconds: int,
    *,
    whole: bool = False,
) -> Draft:
    return Draft(
        dimension,
        kind,
        component,
        segment,
        hours_of(seconds),
        component.price * seconds / SECONDS_IN_HOUR,
        seconds,
        whole,
        dimension == RESERVATION_TIME,
    )


def _flats(segments: list[Segment]) -> list[Draft]:
    """Return the flat fees: the one active when the charge begins to have one, once a session.

    OCPI does not say what a second flat component that becomes active later does; the
    specification's examples have it as a start or transaction fee, so there is one, and one
    for a reservation (mod_tariffs, example 16).
    """
    drafts = []
    for reservation in (True, False):
        for segment in segments:
            component = (segment.reserved if reservation else segment.active)[3]
            if component is not None:
                price = component.price
                drafts.append(
                    Draft(
                        FLAT, "consumption", component, segment, _ONE, price, 0, True, reservation
                    )
                )
                break
    return drafts


def _stepped(drafts: list[Draft]) -> list[Draft]:
    """Add the steps of the whole session to what was consumed, at the last component."""
    if drafts and (added := _step_of(drafts, whole=True)) is not None:
        return [*drafts, added]
    return drafts


def _stepped_each(drafts: list[Draft]) -> list[Draft]:
    rows: list[Draft] = []
    for draft in drafts:
        rows.append(draft)
        added = _step_of([draft], whole=False)
        if added is not None:
            rows.append(added)
    return rows


def _step_of(drafts: list[Draft], *, whole: bool) -> Draft | None:
    last = drafts[-1]
    component, segment = last.component, last.segment
    if last.dimension == ENERGY:
        total = ZERO
        for draft in drafts:
            total += draft.quantity
        billed = billed_kwh(total, component.step_size)
        if billed == total:
            return None
        return _energy_draft("step_rounding", component, segment, billed - total, whole=whole)
    consumed_s = 0
    for draft in drafts:
        consumed_s += draft.seconds
    added_s = billed_seconds(consumed_s, component.step_size) - consumed_s
    if not added_s:
        return None
    kind: LineKind = "step_rounding"
    return _time_draft(last.dimension, kind, component, segment, added_s, whole=whole)
