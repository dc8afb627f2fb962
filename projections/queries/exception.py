"""What waits on a fact or a person."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from ledger.values.reasons import Refusal
from projections.database import Connection, rows


class ExceptionRow(NamedTuple):
    """One exception; its id is `position.number`. `stated_net` is what the partner asks for."""

    position: int
    number: int
    kind: str
    record: str
    topic: str | None
    partition: int | None
    message_offset: int | None
    reason: str
    path: str
    expected: str
    actual: str
    refusals_json: str
    stated_net: Decimal | None
    currency: str | None
    sender: str | None
    party: str | None
    opened_at: datetime
    changed_at: datetime
    resolved_at: datetime | None
    resolved_by: int | None
    resolution: str | None

    @property
    def id(self) -> str:
        """How people name it."""
        return f"{self.position}.{self.number}"

    @property
    def refusals(self) -> list[Refusal]:
        """All reasons with their facts."""
        return msgspec.json.decode(self.refusals_json, type=list[Refusal])


class ExceptionCount(NamedTuple):
    """Open exceptions of a kind and reason, and the money the partners state for them."""

    kind: str
    reason: str
    currency: str | None
    open: int
    stated_net: Decimal | None


def exceptions(
    connection: Connection,
    *,
    kind: str | None = None,
    reason: str | None = None,
    record: str | None = None,
    party: str | None = None,
    sender: str | None = None,
    with_resolved: bool = False,
    known_at: datetime | None = None,
    limit: int | None = None,
) -> list[ExceptionRow]:
    """Return open exceptions in the order they were opened, with `with_resolved` all of them.

    With `known_at`, what was open then; its reasons are those it has now.
    """
    return rows(
        connection,
        "exception_list",
        ExceptionRow,
        kind=kind,
        reason=reason,
        record=record,
        party=party,
        sender=sender,
        position=None,
        number=None,
        with_resolved=with_resolved,
        known_at=known_at,
        limit=limit,
    )


def exception(connection: Connection, position: int, number: int = 1) -> ExceptionRow | None:
    """Return one exception by its id, resolved or not."""
    found = rows(
        connection,
        "exception_list",
        ExceptionRow,
        kind=None,
        reason=None,
        record=None,
        party=None,
        sender=None,
        position=position,
        number=number,
        with_resolved=True,
        known_at=None,
        limit=None,
    )
    return found[0] if found else None


def exception_counts(connection: Connection) -> list[ExceptionCount]:
    """Return what is open, by kind and reason."""
    return rows(connection, "exception_counts", ExceptionCount)
