"""Duplicates: another CDR for the same session, another charge at the same plug or token."""

from collections.abc import Iterator

from ledger.roaming.checks.candidate import Candidate, Resource
from ledger.values.reasons import Reason, Refusal


def _others(candidate: Candidate, resource: Resource, reason: Reason) -> Iterator[Refusal]:
    for row in candidate.others:
        if row.resource == resource:
            span = f"{row.started_at.isoformat()} to {row.ended_at.isoformat()}"
            yield Refusal(reason, "id", "no other", f"{row.cdr}, {span}")


def is_the_only_one_of_its_session(candidate: Candidate) -> Iterator[Refusal]:
    """No other CDR is accepted for the session: the first stands."""
    return _others(candidate, "session", Reason.CDR_FOR_SAME_SESSION)


def is_alone_at_its_connector(candidate: Candidate) -> Iterator[Refusal]:
    """No accepted charge at the same connector overlaps by more than the clock's skew."""
    return _others(candidate, "connector", Reason.CONNECTOR_OVERLAP)


def is_the_tokens_only_charge(candidate: Candidate) -> Iterator[Refusal]:
    """No accepted charge with the same token overlaps: a fleet may do so, a cloned card too."""
    return _others(candidate, "token", Reason.TOKEN_OVERLAP)


def covers_one_session(candidate: Candidate) -> Iterator[Refusal]:
    """No other session at the charger, that nothing has billed, lies in the CDR's time."""
    if candidate.session is not None and candidate.near:
        yield Refusal(
            Reason.CDR_COVERS_SEVERAL_SESSIONS,
            "session_id",
            candidate.session.key,
            ", ".join(candidate.near),
        )
