"""Times: order, the future, local time mistaken for UTC, charging periods, parking."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ledger.pricing.charge import ENERGY, PARKING_TIME
from ledger.roaming.checks.candidate import Candidate
from ledger.values.instants import zone_of
from ledger.values.reasons import Reason, Refusal, Refused

_QUARTER = timedelta(minutes=15)
"""Every offset in use is a multiple of it."""


def ends_after_start(candidate: Candidate) -> Iterator[Refusal]:
    """A charge cannot end before it starts."""
    cdr = candidate.cdr
    if cdr.end_date_time < cdr.start_date_time:
        yield Refusal(
            Reason.END_BEFORE_START,
            "end_date_time",
            f"{cdr.start_date_time.isoformat()} or later",
            cdr.end_date_time.isoformat(),
        )


def _offset_of(candidate: Candidate, instant: datetime) -> timedelta:
    """Return the charger's offset from UTC, zero where its zone is not known."""
    try:
        zone = zone_of(candidate.time_zone)
    except Refused:
        return timedelta(0)
    return instant.astimezone(zone).utcoffset() or timedelta(0)


def is_in_utc(candidate: Candidate) -> Iterator[Refusal]:
    """Local time sent as UTC is found by comparing with the session: the offset is named."""
    cdr, session = candidate.cdr, candidate.session
    latest = session.latest if session is not None else None
    if latest is None:
        return
    offset = _offset_of(candidate, cdr.start_date_time)
    skew = timedelta(seconds=candidate.terms.clock.skew_s)
    off_by = cdr.start_date_time - latest.start_date_time
    if offset and abs(abs(off_by) - abs(offset)) <= skew < abs(off_by):
        yield Refusal(
            Reason.LOCAL_TIME_AS_UTC,
            "start_date_time",
            f"{latest.start_date_time.isoformat()} as in the session",
            f"{cdr.start_date_time.isoformat()}, off by {_signed(off_by)},"
            f" the offset of {candidate.time_zone}",
        )


def has_ended_when_it_arrives(candidate: Candidate) -> Iterator[Refusal]:
    """A CDR cannot end after it was received; a zone's offset is recognised."""
    cdr = candidate.cdr
    early = cdr.end_date_time - candidate.received_at
    if early <= timedelta(seconds=candidate.terms.clock.skew_s):
        return
    offset = _offset_of(candidate, cdr.end_date_time)
    hint = ""
    if offset > timedelta(0) and early <= offset:
        hint = f"; local time of {candidate.time_zone} sent as UTC would be off by"
        hint += f" {_signed(offset)}"
    yield Refusal(
        Reason.ENDS_IN_FUTURE,
        "end_date_time",
        f"{candidate.received_at.isoformat()} or before",
        f"{cdr.end_date_time.isoformat()}{hint}",
    )


def _signed(span: timedelta) -> str:
    """Return a span as hours and minutes with its sign, to the quarter of an hour.

    >>> _signed(timedelta(hours=2)), _signed(timedelta(minutes=-329))
    ('+02:00', '-05:30')
    """
    quarters = round(abs(span) / _QUARTER)
    return f"{'-' if span < timedelta(0) else '+'}{quarters // 4:02d}:{quarters % 4 * 15:02d}"


def has_periods_in_order(candidate: Candidate) -> Iterator[Refusal]:
    """Charging periods begin one after another, the first with the charge, the last inside it.

    Source: OCPI 2.2.1, mod_cdrs, ChargingPeriod: it lasts until the next begins.
    """
    cdr = candidate.cdr
    starts = [period.start_date_time for period in cdr.charging_periods]
    if not starts or starts != sorted(starts):
        yield Refusal(Reason.PERIODS_OUT_OF_ORDER, "charging_periods", "ascending starts")
    elif starts[0] < cdr.start_date_time or starts[-1] > cdr.end_date_time:
        yield Refusal(Reason.PERIODS_OUT_OF_ORDER, "charging_periods", "inside the session")


def has_periods_from_the_start(candidate: Candidate) -> Iterator[Refusal]:
    """The first charging period begins when the charge does, within the clock's skew."""
    cdr = candidate.cdr
    if not cdr.charging_periods:
        return
    gap = cdr.charging_periods[0].start_date_time - cdr.start_date_time
    if gap > timedelta(seconds=candidate.terms.clock.skew_s):
        yield Refusal(
            Reason.PERIODS_DO_NOT_COVER,
            "charging_periods[0].start_date_time",
            cdr.start_date_time.isoformat(),
            cdr.charging_periods[0].start_date_time.isoformat(),
        )


def parks_after_energy_stopped(candidate: Candidate) -> Iterator[Refusal]:
    """Parking is counted after the energy stopped, not while it flows or before."""
    last_energy = max(
        (
            number
            for number, period in enumerate(candidate.cdr.charging_periods)
            if any(row.type == ENERGY and row.volume for row in period.dimensions)
        ),
        default=-1,
    )
    for number, period in enumerate(candidate.cdr.charging_periods[: last_energy + 1]):
        if any(row.type == PARKING_TIME and row.volume for row in period.dimensions):
            yield Refusal(
                Reason.PARKING_BEFORE_ENERGY_STOPPED,
                f"charging_periods[{number}]",
                f"no PARKING_TIME before period {last_energy} ends",
            )
