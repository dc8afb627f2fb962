"""The session of a CDR: it is there, it is complete, and it tells the same."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from ledger.roaming.checks.candidate import Candidate
from ledger.values.money import EXACT
from ledger.values.reasons import Reason, Refusal

_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS = Decimal(1_000_000)


def belongs_to_a_session(candidate: Candidate) -> Iterator[Refusal]:
    """Where the agreement asks for it, the CDR's session has arrived; else what is near is said."""
    if not candidate.terms.evidence.session or candidate.session is not None:
        return
    named = candidate.cdr.session_id or "none named"
    near = f"; near it: {', '.join(candidate.near)}" if candidate.near else ""
    yield Refusal(
        Reason.SESSION_MISSING, "session_id", "a session that has arrived", f"{named}{near}"
    )


def has_a_session_that_is_complete(candidate: Candidate) -> Iterator[Refusal]:
    """The session's last update says that it is completed: before that, nothing can be compared."""
    latest = candidate.session.latest if candidate.session else None
    if latest is None or latest.status == "COMPLETED":
        return
    reason = Reason.SESSION_NOT_COMPLETED
    if latest.status == "INVALID":
        reason = Reason.SESSION_INVALID
    yield Refusal(reason, "session.status", "COMPLETED", latest.status)


def tells_what_its_session_tells(candidate: Candidate) -> Iterator[Refusal]:
    """Start, end, charger and token are those of the session.

    Start and end may be off by the agreed tolerance of time: so many seconds, or such a part of
    how long the charge lasted.
    """
    latest = candidate.session.latest if candidate.session else None
    if latest is None or latest.status != "COMPLETED":
        return
    cdr = candidate.cdr
    allowed = candidate.terms.tolerances.time
    lasted_s = _seconds(cdr.end_date_time - cdr.start_date_time)
    bound_s = max(allowed.absolute, EXACT.multiply(allowed.relative, abs(lasted_s)))
    spans = [("start_date_time", cdr.start_date_time, latest.start_date_time)]
    if latest.end_date_time is not None:
        spans.append(("end_date_time", cdr.end_date_time, latest.end_date_time))
    for path, stated, told in spans:
        if stated != told and abs(_seconds(stated - told)) > bound_s:
            expected = f"{told.isoformat()} as in the session, within {allowed.in_words('s')}"
            yield Refusal(Reason.SESSION_TIMES_DIFFER, path, expected, stated.isoformat())
    place = cdr.cdr_location
    for path, found, told_id in (
        ("cdr_location.id", place.id, latest.location_id),
        ("cdr_location.evse_uid", place.evse_uid, latest.evse_uid),
        ("cdr_location.connector_id", place.connector_id, latest.connector_id),
    ):
        if found.lower() != told_id.lower():
            yield Refusal(Reason.SESSION_CHARGER_DIFFERS, path, told_id, found)
    if cdr.cdr_token.uid != latest.cdr_token.uid:
        yield Refusal(Reason.SESSION_TOKEN_DIFFERS, "cdr_token.uid")


def _seconds(span: timedelta) -> Decimal:
    return EXACT.divide(Decimal(span // _MICROSECOND), _MICROSECONDS)
