"""Delivery: a CDR comes when the agreement says, and not from the past beyond its limit."""

from collections.abc import Iterator
from datetime import timedelta

from ledger.roaming.checks.candidate import Candidate
from ledger.values.reasons import Reason, Refusal


def arrives_in_time(candidate: Candidate) -> Iterator[Refusal]:
    """The CDR arrives within the hours agreed after its end."""
    hours = candidate.terms.sla.delivery_h
    took = candidate.received_at - candidate.cdr.end_date_time
    if took > timedelta(hours=hours):
        yield Refusal(
            Reason.DELIVERED_LATE,
            "end_date_time",
            f"within {hours} h",
            f"after {took // timedelta(hours=1)} h",
        )


def is_within_the_age_limit(candidate: Candidate) -> Iterator[Refusal]:
    """The CDR is not older than the agreement allows when it arrives."""
    days, cdr = candidate.terms.age_limit_days, candidate.cdr
    if candidate.received_at - cdr.end_date_time > timedelta(days=days):
        yield Refusal(
            Reason.CDR_TOO_OLD,
            "end_date_time",
            f"at most {days} days before it was received",
            cdr.end_date_time.isoformat(),
        )
