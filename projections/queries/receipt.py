"""One CDR, explained: from its postings back to session, tariff version, message and event."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from projections.database import Connection, query, rows
from projections.queries.approval import BatchRow, approvals_of
from projections.queries.audit import AuditRow, audit_trail
from projections.queries.exception import ExceptionRow, exceptions
from projections.queries.journal import EntryRow, journal
from projections.queries.margin import Margin, margins

Document = dict[str, Any]
"""A part of an event as it was recorded: amounts and instants are text."""


class CdrStep(NamedTuple):
    """One event about a CDR: `step` is what happened, `state` what the CDR was then.

    net and gross are the sale's, where it decided; `decided_by` is the event whose decision stands
    or stood last.
    """

    position: int
    cdr: str
    version: int
    step: str
    state: str
    because: str
    actor: str | None
    ended_at: datetime | None
    session_id: str | None
    seller: str | None
    buyer: str | None
    currency: str | None
    net: Decimal | None
    gross: Decimal | None
    service_period: str | None
    posted_period: str | None
    late_of: str | None
    tariff: str | None
    tariff_number: int | None
    decided_by: int | None
    recorded_at: datetime


class Explanation(NamedTuple):
    """Why a CDR cost that: what was stated, decided and booked, and on what it rests.

    `session`, `tariff`, `agreements`, `location` are the events that the decision used, as they
    were recorded, an agreement for each that a leg names; `trail` is who did what with the CDR,
    message coordinates included. `margins` are what stays with an eMSP that sold it on.
    """

    cdr: str
    state: str
    statement: Document
    decision: Document | None
    steps: list[CdrStep]
    entries: list[EntryRow]
    session: Document | None
    tariff: Document | None
    agreements: list[Document | None]
    location: Document | None
    exceptions: list[ExceptionRow]
    approvals: list[BatchRow]
    trail: list[AuditRow]
    margins: list[Margin]

    @property
    def meter_readings_wh(self) -> tuple[str | None, str | None]:
        """Meter start and stop as stated, in Wh."""
        extension = self.statement.get("clearwatt") or {}
        return extension.get("meter_start_wh"), extension.get("meter_stop_wh")


def cdr_steps(
    connection: Connection, cdr: str, *, known_at: datetime | None = None
) -> list[CdrStep]:
    """Return the events about a CDR in order, without conflicting ones; the last one stands."""
    return rows(connection, "cdr_steps", CdrStep, cdr=cdr, known_at=known_at)


def explain(
    connection: Connection, cdr: str, *, known_at: datetime | None = None
) -> Explanation | None:
    """Return the whole chain behind a CDR, or None where nobody has heard of it."""
    taken = cdr_steps(connection, cdr, known_at=known_at)
    if not taken:
        return None
    recorded = [_event(connection, step.position) for step in taken]
    statement: Document = next(
        event["statement"] for event in reversed(recorded) if "statement" in event
    )
    last = taken[-1]
    decision: Document | None = None
    if last.decided_by is not None and last.state in ("accepted", "credited", "excluded"):
        decision = _event(connection, last.decided_by)["decision"]
    used = decision or {}
    tariff = used.get("tariff") or {}
    before = last.position
    return Explanation(
        cdr=cdr,
        state=last.state,
        statement=statement,
        decision=decision,
        steps=taken,
        entries=journal(connection, cdr=cdr, known_at=known_at),
        session=_used(connection, "session", (used.get("session") or {}).get("session"), before),
        tariff=_used(
            connection, "tariff_version", tariff.get("tariff"), before, tariff.get("number")
        ),
        agreements=[
            _agreed(connection, version, before)
            for version in dict.fromkeys(leg["agreement_version"] for leg in used.get("legs", ()))
        ],
        location=_used(connection, "location", used.get("location"), before),
        exceptions=exceptions(connection, record=cdr, with_resolved=True, known_at=known_at),
        approvals=approvals_of(connection, cdr, known_at=known_at) if decision else [],
        trail=audit_trail(connection, subject=cdr, kind="cdr", known_at=known_at),
        margins=margins(connection, cdr=cdr, known_at=known_at),
    )


def _event(connection: Connection, position: int) -> Document:
    found = connection.execute(query("log_event"), [position], binary=True).fetchone()
    if found is None:
        raise LookupError(f"the log has no event {position}")
    document: Document = msgspec.json.decode(found[0])
    return document


def _agreed(connection: Connection, version: str, before: int) -> Document | None:
    """Return the event that agreed on a version of an agreement, such as `NL*XYZ>DE*EMP#1`."""
    key, _, number = version.rpartition("#")
    return _used(connection, "agreement", key, before, int(number))


def _used(
    connection: Connection, kind: str, key: str | None, before: int, number: int | None = None
) -> Document | None:
    """Return the newest event of an object before a position, or the one of version `number`.

    The event's own position is added to it as `position`.
    """
    if not key:
        return None
    for row in reversed(audit_trail(connection, subject=key, kind=kind)):
        if row.position < before and not row.topic.endswith("_held.v1"):
            document = _event(connection, row.position)
            # Some events only move a version or warn of a session: they say nothing of it.
            says = document.keys() & {"statement", "version"}
            if says and (number is None or document["version"]["number"] == number):
                return {"position": row.position, **document}
    return None
