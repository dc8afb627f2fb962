"""What the versions of an agreement say together: overlaps, gaps, and what began already.

A version ends where the next begins, or at its own end: then the one before goes on. A *correction*
may begin in the past, at the very instant another one begins, or within another one's stated span.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from ledger.roaming.agreement_version import AgreementVersion
from ledger.values.instants import NEVER
from ledger.values.reasons import Reason, Refusal


def errors_of_validity(
    version: AgreementVersion,
    others: Sequence[AgreementVersion],
    *,
    agreed_before: Iterable[AgreementVersion],
    at: datetime,
) -> list[Refusal]:
    """Return what is wrong with a version beside the others, when it is approved `at`.

    `agreed_before` are those that were in force before whatever is approved together with it.
    Codes: INVALID_DOCUMENT (it ends before it begins), VALIDITY_OVERLAPS, AGREEMENT_GAP,
    RETROACTIVE (it changes what was agreed for a time that began, and is no correction).
    """
    since, until = version.valid_from, version.valid_until
    if until is not None and until <= since:
        return [Refusal(Reason.INVALID_DOCUMENT, "valid.until", "after valid.from", _text(until))]
    found = list(_gaps(version, others))
    if not version.correction:
        found.extend(_overlaps(version, others))
        found.extend(_changes_the_past(version, agreed_before, at))
    return found


def _overlaps(version: AgreementVersion, others: Iterable[AgreementVersion]) -> Iterator[Refusal]:
    """Two may not begin together, and none may begin before the stated end of an earlier one."""
    for other in others:
        earlier, later = sorted((version, other), key=lambda row: row.valid_from)
        begin_together = earlier.valid_from == later.valid_from
        is_cut_short = earlier.valid_until is not None and later.valid_from < earlier.valid_until
        if begin_together or is_cut_short:
            yield Refusal(
                Reason.VALIDITY_OVERLAPS,
                "valid.from",
                "no instant of another version's stated validity",
                f"{span_of(other)} is {name_of(other)}",
            )


def _gaps(version: AgreementVersion, others: Iterable[AgreementVersion]) -> Iterator[Refusal]:
    """Say where nothing is agreed between the version and its neighbours, and none means it."""
    rows = sorted((version, *others), key=lambda row: row.valid_from)
    last = rows[0]
    for row in rows[1:]:
        if last.valid_until is not None and last.valid_until < row.valid_from:
            is_meant = last.gap_intended or row.gap_intended
            if version in (last, row) and not is_meant:
                gap = f"nothing from {_text(last.valid_until)} to {_text(row.valid_from)}"
                yield Refusal(Reason.AGREEMENT_GAP, "valid", "gap: intended", gap)
        if (row.valid_until or NEVER) >= (last.valid_until or NEVER):
            last = row


def _changes_the_past(
    version: AgreementVersion, others: Iterable[AgreementVersion], at: datetime
) -> Iterator[Refusal]:
    """Say which agreed version would be in force no more at a time that is over.

    Only one that began before is: of those that cover an instant the one that began last counts.
    """
    until = min(version.valid_until or NEVER, at)
    for other in others:
        gives_way = other.valid_from <= version.valid_from < until
        if gives_way and other.overlaps(version.valid_from, until):
            yield Refusal(
                Reason.RETROACTIVE,
                "valid.from",
                f"{_text(at)} or later, or a correction with its reason",
                f"{_text(version.valid_from)}, when {name_of(other)} is agreed",
            )
            return


def name_of(version: AgreementVersion) -> str:
    """Return how a version is named among its agreement's: `version 2`, `a draft`."""
    return f"version {version.number}" if version.number else "a draft"


def span_of(version: AgreementVersion) -> str:
    """Return a validity in words.

    >>> from datetime import UTC
    >>> from ledger.roaming.terms import Terms
    >>> span_of(AgreementVersion(1, datetime(2026, 1, 1, tzinfo=UTC), None, Terms()))
    'from 2026-01-01T00:00:00Z'
    """
    until = "" if version.valid_until is None else f" until {_text(version.valid_until)}"
    return f"from {_text(version.valid_from)}{until}"


def _text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
