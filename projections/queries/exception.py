"""What waits on a fact or a person, now or as it was known at any instant."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from ledger.values.reasons import Refusal
from projections.database import Connection, rows
from projections.exception_kinds import meaning_of


class ExceptionRow(NamedTuple):
    """One exception; its id is `position.number`. `stated_net` is what the partner asks for.

    `due_at` is when it is to be resolved: the hours of the agreement in force, 72 where there is
    none. `check_number` is the published number of the check that found the first reason.
    """

    position: int
    number: int
    kind: str
    record: str
    topic: str | None
    partition: int | None
    message_offset: int | None
    state: str
    reason: str
    check_number: int | None
    severity: str
    owner: str
    origin: str
    path: str
    expected: str
    actual: str
    refusals_json: str
    stated_net: Decimal | None
    currency: str | None
    sender: str | None
    party: str | None
    buyer: str | None
    opened_at: datetime
    due_at: datetime
    changed_at: datetime
    resolved_at: datetime | None
    resolved_by: int | None
    resolution: str | None
    assignee: str | None
    comments: int

    @property
    def id(self) -> str:
        """How people name it."""
        return f"{self.position}.{self.number}"

    @property
    def case_file(self) -> str:
        """The key of its case file."""
        return f"{self.kind} {self.record}"

    @property
    def refusals(self) -> list[Refusal]:
        """All reasons with their facts."""
        return msgspec.json.decode(self.refusals_json, type=list[Refusal])

    @property
    def fixes(self) -> list[str]:
        """What people may do about it, as the catalogue of checks suggests."""
        found = (meaning_of(self.kind, row.reason.value).fix for row in self.refusals)
        return list(dict.fromkeys(found))


class ExceptionVersion(NamedTuple):
    """One state of an exception, and the event that brought it there."""

    changed_by: int
    changed_at: datetime
    state: str
    reason: str
    path: str
    expected: str
    actual: str
    resolution: str | None


class Note(NamedTuple):
    """An assignment or a comment in a case file."""

    position: int
    actor: str | None
    assignee: str | None
    comment: str | None
    recorded_at: datetime


class ExceptionCount(NamedTuple):
    """Open exceptions of a kind and reason, and the money the partners state for them."""

    kind: str
    reason: str
    currency: str | None
    open: int
    stated_net: Decimal | None


class Filter(NamedTuple):
    """Which exceptions are meant; what is None does not matter.

    `overdue_at`: due before this instant. Findings of accepted CDRs are open work only where
    they are asked for: by `with_findings`, or as the kind `finding`. `locations` are keys: CDRs
    that were served there, and what is wrong with the locations themselves.
    """

    kind: str | None = None
    state: str | None = None
    reason: str | None = None
    severity: str | None = None
    owner: str | None = None
    origin: str | None = None
    record: str | None = None
    party: str | None = None
    sender: str | None = None
    assignee: str | None = None
    overdue_at: datetime | None = None
    min_amount: Decimal | None = None
    locations: list[str] | None = None
    with_resolved: bool = False
    with_findings: bool = False


EVERYTHING = Filter(with_resolved=True, with_findings=True)


def exceptions(
    connection: Connection,
    filters: Filter = Filter(),  # noqa: B008
    *,
    record: str | None = None,
    with_resolved: bool = False,
    known_at: datetime | None = None,
    limit: int | None = None,
) -> list[ExceptionRow]:
    """Return open exceptions in the order they were opened, with `with_resolved` all of them.

    With `known_at`, what was open then, with its reasons and state as they were then.
    """
    chosen = {
        **filters._asdict(),
        "record": record or filters.record,
        "with_resolved": with_resolved or filters.with_resolved,
    }
    return _listed(connection, chosen, known_at=known_at, limit=limit)


def exception(
    connection: Connection, position: int, number: int = 1, *, known_at: datetime | None = None
) -> ExceptionRow | None:
    """Return one exception by its id, resolved or not."""
    chosen = EVERYTHING._asdict()
    found = _listed(connection, chosen, position=position, number=number, known_at=known_at)
    return found[0] if found else None


def history(connection: Connection, row: ExceptionRow) -> list[ExceptionVersion]:
    """Return all states of an exception in order."""
    place = {"position": row.position, "number": row.number}
    return rows(connection, "exception_history", ExceptionVersion, **place)


def notes(connection: Connection, case_file: str) -> list[Note]:
    """Return a case file in order."""
    return rows(connection, "exception_notes", Note, case_file=case_file)


def exception_counts(
    connection: Connection, *, with_findings: bool = False
) -> list[ExceptionCount]:
    """Return what is open, by kind and first reason."""
    return rows(connection, "exception_counts", ExceptionCount, with_findings=with_findings)


def _listed(
    connection: Connection,
    chosen: dict[str, object],
    *,
    position: int | None = None,
    number: int | None = None,
    known_at: datetime | None = None,
    limit: int | None = None,
) -> list[ExceptionRow]:
    return rows(
        connection,
        "exception_list",
        ExceptionRow,
        **chosen,
        position=position,
        number=number,
        known_at=known_at,
        limit=limit,
    )
