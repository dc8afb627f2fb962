"""Which period a CDR belongs to, and into which one it can still be booked."""

from collections.abc import Mapping
from datetime import datetime

from ledger.roaming.legs import Booking
from ledger.roaming.terms import Calendar
from ledger.settlement.period import BOOKABLE, SettlementPeriod
from ledger.values.instants import first_day, local_date, month_after, month_of


def booking_of(
    *,
    ended_at: datetime,
    charger_zone: str,
    calendar: Calendar,
    periods: Mapping[str, SettlementPeriod],
) -> Booking:
    """Return the service period by `end_date_time` in the calendar's zone, and the posted one.

    Where the service period no longer takes CDRs, the first one after it that does is the posted
    period: posted on its first day, with `late_of` naming the service period.
    """
    ended_on = local_date(ended_at, calendar.time_zone)
    service_month = month_of(ended_on)
    posted_month = _first_to_take(service_month, calendar.group, periods)
    is_late = posted_month != service_month
    service_period = f"{calendar.group}/{service_month}"
    return Booking(
        service_on=local_date(ended_at, charger_zone),
        service_period=service_period,
        posted_on=first_day(posted_month) if is_late else ended_on,
        posted_period=f"{calendar.group}/{posted_month}",
        accounting_month=posted_month,
        late_of=service_period if is_late else None,
    )


def rebooked(
    booking: Booking, *, calendar: Calendar, periods: Mapping[str, SettlementPeriod]
) -> Booking:
    """Return where the reversal of an earlier booking belongs: its own period while it is open."""
    posted_month = booking.posted_period.split("/")[1]
    month = _first_to_take(posted_month, calendar.group, periods)
    moved = month != posted_month
    return Booking(
        service_on=booking.service_on,
        service_period=booking.service_period,
        posted_on=first_day(month) if moved else booking.posted_on,
        posted_period=f"{calendar.group}/{month}",
        accounting_month=month,
        late_of=booking.posted_period if moved else booking.late_of,
    )


def _first_to_take(month: str, group: str, periods: Mapping[str, SettlementPeriod]) -> str:
    """Return the month itself, or the first one after it, that still takes entries."""
    while not _takes(f"{group}/{month}", periods):
        month = month_after(month)
    return month


def _takes(period: str, periods: Mapping[str, SettlementPeriod]) -> bool:
    known = periods.get(period)
    return known is None or known.state in BOOKABLE
