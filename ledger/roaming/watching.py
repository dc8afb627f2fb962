"""When the clock looks at a session next: without news it is stuck, without a CDR unbilled.

Hours are those of the agreement between the CPO and the party of the token, `terms.sla`.
"""

from datetime import datetime, timedelta

from ledger.roaming.statements import SessionStatement
from ledger.roaming.terms import Terms
from ledger.values.money import ZERO


def next_look(
    session: SessionStatement, last_received_at: datetime, terms: Terms
) -> datetime | None:
    """Return when to look at a session: None where nothing is awaited of it.

    An unfinished one is stuck `stuck_h` after its last news was received. A completed one with
    energy is unbilled `delivery_h` after its end, if no CDR came.
    """
    if session.status == "INVALID":
        return None
    if is_unfinished(session):
        return after_hours(last_received_at, terms.sla.stuck_h)
    if session.kwh <= ZERO:
        return None
    return after_hours(ended_at_of(session), terms.sla.delivery_h)


def is_unfinished(session: SessionStatement) -> bool:
    """True while an end is awaited: ACTIVE, PENDING, RESERVATION, or what a CPO calls it else."""
    return session.status not in ("COMPLETED", "INVALID")


def ended_at_of(session: SessionStatement) -> datetime:
    """Return the end of a completed session; where it states none, that it said so is the end."""
    return session.end_date_time or session.last_updated


def after_hours(instant: datetime, hours: int) -> datetime | None:
    """Return the instant so many hours later; None where no calendar has it any more.

    >>> after_hours(datetime(2026, 10, 5, 8), 12).isoformat()
    '2026-10-05T20:00:00'
    """
    try:
        return instant + timedelta(hours=hours)
    except OverflowError:
        return None
