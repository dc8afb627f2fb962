"""Disputes as people ask for them: where each stands, its steps, what it keeps of which CDR."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from ledger.values.reasons import Refusal
from projections.database import Connection, rows


class DisputeRow(NamedTuple):
    """Where a dispute stands; amounts of the claim and of what was granted, before and after tax.

    `state` held: nothing but words that wait for their CDR or their opening; it has no claim yet.
    `due_at` is when the next word is due.
    """

    dispute: str
    state: str
    outcome: str | None
    seller: str | None
    buyer: str | None
    opened_by: str | None
    against: str | None
    reason_code: str | None
    currency: str | None
    net: Decimal | None
    gross: Decimal | None
    cdrs: int | None
    granted_net: Decimal | None
    granted_gross: Decimal | None
    due_at: datetime | None
    is_escalated: bool
    opened_at: datetime
    changed_at: datetime


class DisputeStep(NamedTuple):
    """One event about a dispute: what was said, and by whom."""

    position: int
    event: str
    state: str
    outcome: str | None
    granted_net: Decimal | None
    granted_gross: Decimal | None
    due_at: datetime | None
    said_by: str | None
    said: str | None
    refusals_json: str | None
    actor: str | None
    recorded_at: datetime

    @property
    def refusals(self) -> list[Refusal]:
        """Why a word waits, or was refused."""
        return msgspec.json.decode(self.refusals_json or "[]", type=list[Refusal])


class DisputeCdr(NamedTuple):
    """What a dispute moved of a CDR, after tax; `is_disputed` until it came back."""

    cdr: str
    gross: Decimal
    is_disputed: bool


def disputes(
    connection: Connection,
    *,
    state: str | None = None,
    party: str | None = None,
    reason: str | None = None,
    cdr: str | None = None,
    overdue_at: datetime | None = None,
    known_at: datetime | None = None,
    limit: int | None = None,
) -> list[DisputeRow]:
    """Return disputes in the order they were opened; `state` may be an outcome, too."""
    return rows(
        connection,
        "dispute_list",
        DisputeRow,
        dispute=None,
        state=state,
        party=party,
        reason=reason,
        cdr=cdr,
        overdue_at=overdue_at,
        known_at=known_at,
        limit=limit,
    )


def dispute(
    connection: Connection, key: str, *, known_at: datetime | None = None
) -> DisputeRow | None:
    """Return where one dispute stands, by its key."""
    found = rows(
        connection,
        "dispute_list",
        DisputeRow,
        dispute=key,
        state=None,
        party=None,
        reason=None,
        cdr=None,
        overdue_at=None,
        known_at=known_at,
        limit=None,
    )
    return found[0] if found else None


def dispute_steps(
    connection: Connection, key: str, *, known_at: datetime | None = None
) -> list[DisputeStep]:
    """Return the life of a dispute."""
    return rows(connection, "dispute_steps", DisputeStep, dispute=key, known_at=known_at)


def dispute_cdrs(
    connection: Connection, key: str, *, known_at: datetime | None = None
) -> list[DisputeCdr]:
    """Return the CDRs a dispute moved money of."""
    return rows(connection, "dispute_cdrs", DisputeCdr, dispute=key, known_at=known_at)


def disputed_cdrs(
    connection: Connection, cdrs: Sequence[str], *, known_at: datetime | None = None
) -> dict[str, Decimal]:
    """Return which of these CDRs carry the flag `disputed`, and how much of each, after tax."""
    found = rows(connection, "disputed_cdrs", lambda *row: row, cdrs=list(cdrs), known_at=known_at)
    return dict(found)


def unanswered_disputes(connection: Connection, now: datetime, *, limit: int = 500) -> list[str]:
    """Return the disputes whose time to answer is over, and that were not escalated yet."""
    return rows(connection, "disputes_unanswered", str, now=now, limit=limit)
