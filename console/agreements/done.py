"""What commands do to agreements, and the documents that say so.

The command line and the HTTP API both come through here.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from console.agreements.reader import AgreementDocument
from ledger.application.agreements import Proposed, Waiting, submit_agreements
from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.roaming.agreement_version import AgreementVersion


class SubmittedRow(NamedTuple):
    """A version of a file: agreed, waiting as a draft, or known already."""

    agreement: str
    valid_from: datetime
    outcome: str
    draft: int | None


class Submitted(NamedTuple):
    """What became of each version of a file."""

    dry_run: bool
    agreements: tuple[SubmittedRow, ...]


class AgreedVersion(NamedTuple):
    """A version that two people agreed to."""

    version: int
    valid_from: datetime
    valid_until: datetime | None
    correction: str


class Approved(NamedTuple):
    """The versions that an approval put in force."""

    dry_run: bool
    agreement: str
    agreed: tuple[AgreedVersion, ...]


def submit_documents(
    ledger: Ledger, documents: Sequence[AgreementDocument], *, by: By, dry_run: bool
) -> list[Waiting]:
    """Propose documents, all or none. Refuses as `submit_agreements` does, by line."""
    proposed = [Proposed(row.agreement, row.version, row.locate) for row in documents]
    return submit_agreements(ledger, proposed, by=by, dry_run=dry_run)


def submitted(waiting: Sequence[Waiting], *, is_agreed: bool, dry_run: bool) -> Submitted:
    """Return what became of each version."""
    rows = (
        SubmittedRow(
            row.agreement,
            row.version.valid_from,
            _outcome(row.draft, is_agreed=is_agreed),
            row.draft or None,
        )
        for row in waiting
    )
    return Submitted(dry_run, tuple(rows))


def _outcome(draft: int, *, is_agreed: bool) -> str:
    if not draft:
        return "known"
    return "agreed" if is_agreed else "waits"


def approved(key: str, agreed: Sequence[AgreementVersion], *, dry_run: bool) -> Approved:
    """Return which versions are in force from when."""
    rows = (
        AgreedVersion(row.number, row.valid_from, row.valid_until, row.correction) for row in agreed
    )
    return Approved(dry_run, key, tuple(rows))


def done(key: str, outcome: str, since: datetime | None, *, dry_run: bool) -> dict[str, Any]:
    """Return what was done to an agreement as a whole.

    >>> done("NL*XYZ>DE*EMP", "draft 1 rejected", None, dry_run=False)["outcome"]
    'draft 1 rejected'
    """
    return {"dry_run": dry_run, "agreement": key, "outcome": outcome, "from": since}
