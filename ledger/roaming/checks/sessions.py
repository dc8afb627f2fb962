"""The session of a CDR: it is there, it is complete, and it tells the same."""

from collections.abc import Iterator

from ledger.roaming.checks.candidate import Candidate
from ledger.values.reasons import Reason, Refusal


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
    """Charger and token are those of the session, where the agreement trusts the session first.

    Where it trusts the CDR, what the session tells otherwise is noted.
    """
    latest = candidate.session.latest if candidate.session else None
    if latest is None or latest.status != "COMPLETED":
        return
    is_trusted = candidate.terms.truth.session[:1] != ("cdr",)
    cdr, place = candidate.cdr, candidate.cdr.cdr_location
    for path, found, told in (
        ("cdr_location.id", place.id, latest.location_id),
        ("cdr_location.evse_uid", place.evse_uid, latest.evse_uid),
        ("cdr_location.connector_id", place.connector_id, latest.connector_id),
    ):
        if found.lower() != told.lower():
            reason = Reason.SESSION_CHARGER_DIFFERS if is_trusted else Reason.SESSION_TELLS_ANOTHER
            yield Refusal(reason, path, told, found)
    if cdr.cdr_token.uid != latest.cdr_token.uid:
        reason = Reason.SESSION_TOKEN_DIFFERS if is_trusted else Reason.SESSION_TELLS_ANOTHER
        yield Refusal(reason, "cdr_token.uid")
