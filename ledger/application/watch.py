"""What time reveals: stuck and unbilled sessions, gaps in senders' numbers, what expires.

The clock says what time it is; what it raises are events, so a replay needs no clock. Each page
looks and records under the writer lock: no news comes between the look and what it says.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from ledger.application.approving import approve_due
from ledger.application.expiries import announce_expiries
from ledger.application.ledger import Ledger
from ledger.application.permissions import SYSTEM
from ledger.application.sender_watch import compare_totals, find_gaps, names_of_events
from ledger.application.store import OpenSession
from ledger.application.work import Work
from ledger.roaming.occupation import charger_of_session
from ledger.roaming.session import Session
from ledger.roaming.statements import parties_of
from ledger.values.provenance import Provenance
from ledger.values.reasons import InvariantBroken

PAGE = 500
Progress = Callable[[int], object]
"""Called after each page with the number of sessions looked at so far."""


class Raised(NamedTuple):
    """What was raised, by kind; gaps and numbers filled count runs of numbers.

    `approved` counts CDRs whose objection window ended, `expiring` what will end soon.
    """

    stuck: int = 0
    unbilled: int = 0
    gaps_found: int = 0
    gaps_filled: int = 0
    totals_matched: int = 0
    totals_differ: int = 0
    approved: int = 0
    expiring: int = 0
    renewed: int = 0


def raise_overdue(
    ledger: Ledger, now: datetime, *, limit: int = PAGE, progress: Progress | None = None
) -> Raised:
    """Raise everything that is overdue at `now`, each once until there is news.

    Works in pages of `limit`, each a transaction: interrupted, it goes on where it was. Doing it
    again changes nothing. Raises: LogUnreachable.
    """
    stuck, unbilled = _raise_sessions(ledger, now, limit, progress)
    gaps_found, gaps_filled = find_gaps(ledger, now, limit=limit)
    totals_matched, totals_differ = compare_totals(ledger, now, limit=limit)
    approved = approve_due(ledger, now, limit=limit)
    expiries = announce_expiries(ledger, now)
    return Raised(
        stuck=stuck,
        unbilled=unbilled,
        gaps_found=gaps_found,
        gaps_filled=gaps_filled,
        totals_matched=totals_matched,
        totals_differ=totals_differ,
        approved=approved,
        expiring=expiries.announced,
        renewed=expiries.withdrawn,
    )


def _raise_sessions(
    ledger: Ledger, now: datetime, limit: int, progress: Progress | None
) -> tuple[int, int]:
    raised: Counter[str] = Counter()
    looked_at = 0
    while True:
        with ledger.store.exclusively():
            page = _look_at_page(ledger, now, limit, raised)
        if page == 0:
            return raised["Stuck"], raised["Unbilled"]
        looked_at += page
        if progress is not None:
            progress(looked_at)


def _look_at_page(ledger: Ledger, now: datetime, limit: int, raised: Counter[str]) -> int:
    """Look at the next sessions that are due; return how many."""
    keys = ledger.store.sessions_to_look_at(now, limit)
    stored = ledger.store.events_of([Session.id_of(key) for key in keys])
    with_cdr = ledger.store.sessions_with_cdr(keys)

    def look(work: Work) -> None:
        work.add_stored(stored)
        for key in keys:
            _look_at(work, work.session(key), now, has_cdr=key in with_cdr)
        raised.update(names_of_events(work))

    if keys:
        ledger.act([], look, recorded_at=now)
    return len(keys)


def _look_at(work: Work, session: Session, now: datetime, *, has_cdr: bool) -> None:
    latest = session.latest
    if latest is None:
        raise InvariantBroken(f"session {session.key} is open and was never recorded")
    look_at = session.look(
        now,
        work.view.terms_between(*parties_of(latest), latest.start_date_time),
        has_cdr=has_cdr,
        provenance=Provenance(SYSTEM, "system", now, now),
    )
    charger = charger_of_session(latest)
    work.writes.opens.append(OpenSession(session.key, charger, latest.start_date_time, look_at))
