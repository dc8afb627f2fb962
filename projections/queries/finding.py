"""What decisions note without holding a CDR, and what else they rest on."""

from typing import NamedTuple

from projections.database import Connection, one_row, rows


class FindingCount(NamedTuple):
    """How many accepted CDRs have a finding, as they are decided now."""

    reason: str
    cdrs: int


def finding_counts(connection: Connection) -> list[FindingCount]:
    """Return the findings of accepted CDRs by their code."""
    return rows(connection, "finding_counts", FindingCount)


class DecisionCounts(NamedTuple):
    """Of the accepted CDRs, as they are decided now: how many rest on what.

    `matched_by_score` name no session and were matched by what agrees; `verified` have signed
    meter data whose signature holds.
    """

    matched_by_score: int
    verified: int


def decision_counts(connection: Connection) -> DecisionCounts:
    """Return what the decisions about accepted CDRs rest on."""
    return DecisionCounts(*one_row(connection, "decision_counts"))
