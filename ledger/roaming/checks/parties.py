"""Parties: both of them may trade when the session starts."""

from collections.abc import Iterator

from ledger.roaming.checks.candidate import Candidate
from ledger.values.reasons import Reason, Refusal


def is_between_active_parties(candidate: Candidate) -> Iterator[Refusal]:
    """Seller and buyer are active when the session starts; the path names who is not."""
    for party, span in candidate.standings:
        if span.state != "active":
            since = f"{span.state} since {span.valid_from.isoformat()}"
            yield Refusal(Reason.PARTY_NOT_ACTIVE, party, "active", since)
