"""Start and end of a charge by every source that states them, and the one that is trusted."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from ledger.roaming.checks.candidate import Candidate
from ledger.values.money import EXACT
from ledger.values.reasons import Reason, Refusal

_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS = Decimal(1_000_000)


class TimeSource(NamedTuple):
    """When a charge began and ended by one source; None where it does not say."""

    name: str
    started_at: datetime | None
    ended_at: datetime | None


def time_sources_of(candidate: Candidate) -> dict[str, TimeSource]:
    """Return the sources there are beside the CDR: its completed session, its signed data."""
    sources = {}
    latest = candidate.session.latest if candidate.session else None
    if latest is not None and latest.status == "COMPLETED":
        sources["session"] = TimeSource("session", latest.start_date_time, latest.end_date_time)
    signed = candidate.evidence
    if signed is not None and signed.status != "failed" and signed.started_at is not None:
        sources["signed"] = TimeSource("signed", signed.started_at, signed.ended_at)
    return sources


def agrees_with_the_times_of_truth(candidate: Candidate) -> Iterator[Refusal]:
    """Start and end are those of the source that the agreement trusts most.

    They may be off by the agreed tolerance of time: so many seconds, or such a part of how long
    the charge lasted. Where another source differs it is noted.
    """
    sources = time_sources_of(candidate)
    if not sources:
        return
    order = (*candidate.terms.truth.time, "cdr")
    winner = next(name for name in order if name in sources or name == "cdr")
    for source in sources.values():
        yield from _differences(candidate, source, is_trusted=source.name == winner)


def _differences(
    candidate: Candidate, source: TimeSource, *, is_trusted: bool
) -> Iterator[Refusal]:
    cdr, allowed = candidate.cdr, candidate.terms.tolerances.time
    lasted_s = _seconds(cdr.end_date_time - cdr.start_date_time)
    bound_s = max(allowed.absolute, EXACT.multiply(allowed.relative, abs(lasted_s)))
    reason = Reason.TIME_SOURCES_DIFFER
    if is_trusted:
        by_session = source.name == "session"
        reason = Reason.SESSION_TIMES_DIFFER if by_session else Reason.TIME_NOT_THAT_OF_TRUTH
    for path, stated, told in (
        ("start_date_time", cdr.start_date_time, source.started_at),
        ("end_date_time", cdr.end_date_time, source.ended_at),
    ):
        if told is not None and stated != told and abs(_seconds(stated - told)) > bound_s:
            where = "in the session" if source.name == "session" else "in the signed data"
            expected = f"{told.isoformat()} as {where}, within {allowed.in_words('s')}"
            yield Refusal(reason, path, expected, stated.isoformat())


def _seconds(span: timedelta) -> Decimal:
    return EXACT.divide(Decimal(span // _MICROSECOND), _MICROSECONDS)
