"""The exception drill of a launch: what went wrong was owned, understood and resolved in time.

The exceptions are real or were provoked for the drill; those that a fact resolved by itself, when
it arrived, are none of it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from ledger.roaming.launch_figures import TestDifference


class Drilled(NamedTuple):
    """An exception of the pair; `assignee` is the person who has it, `owner` the team."""

    id: str
    record: str
    reason: str
    owner: str
    assignee: str | None
    origin: str
    due_at: datetime | None
    resolved_at: datetime | None
    is_by_person: bool


def drill_differences(row: Drilled) -> Iterator[TestDifference]:
    """Yield what an exception lacks: owner, deadline, origin, a person who resolved it in time."""
    name = f"{row.record} {row.reason}"
    if not row.owner:
        yield TestDifference(name, "owner", "a team", "none")
    if not row.assignee and not row.is_by_person:
        yield TestDifference(name, "assignee", "a person", "none")
    if row.due_at is None:
        yield TestDifference(name, "due_at", "a deadline", "none")
    if row.origin == "unknown":
        yield TestDifference(name, "origin", "known", "unknown")
    if row.resolved_at is None:
        yield TestDifference(name, "resolved_at", "resolved", "open")
    elif row.due_at is not None and row.resolved_at > row.due_at:
        yield TestDifference(
            name, "resolved_at", f"by {row.due_at.isoformat()}", row.resolved_at.isoformat()
        )
