"""What decisions note without holding a CDR: a price shown that is not billed, and the like."""

from typing import NamedTuple

from projections.database import Connection, rows


class FindingCount(NamedTuple):
    """How many accepted CDRs have a finding, as they are decided now."""

    reason: str
    cdrs: int


def finding_counts(connection: Connection) -> list[FindingCount]:
    """Return the findings of accepted CDRs by their code."""
    return rows(connection, "finding_counts", FindingCount)
