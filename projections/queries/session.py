"""Sessions: those that somebody waits for, and the life of one as the log has it."""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from projections.database import Connection, query
from projections.queries.audit import AuditRow, audit_trail
from projections.queries.exception import ExceptionRow, Filter, exceptions


class SessionRow(NamedTuple):
    """A session as its newest update has it: `kwh` is what was charged so far."""

    session: str
    status: str
    location: str
    evse: str
    started_at: str
    ended_at: str | None
    kwh: str
    emsp: str
    position: int
    recorded_at: datetime


class SessionStep(NamedTuple):
    """One event about a session; what an update stated, as it was recorded."""

    position: int
    happened: str
    status: str | None
    kwh: str | None
    last_updated: str | None
    recorded_at: datetime


class SessionLife(NamedTuple):
    """A session: the update that stands, its events, and the CDRs that name it."""

    session: str
    status: str
    kwh: str
    statement: dict[str, Any]
    cdrs: list[str]
    steps: list[SessionStep]


def newest_sessions(
    connection: Connection,
    *,
    status: str | None = None,
    party: str | None = None,
    known_at: datetime | None = None,
    limit: int | None = None,
) -> list[SessionRow]:
    """Return sessions by their newest update, the latest news first."""
    asked = {"status": status, "party": party, "known_at": known_at, "limit": limit}
    found = connection.execute(query("newest_sessions"), asked)
    return [_row(*row) for row in found]


def _row(session: str, position: int, recorded_at: datetime, state: bytes) -> SessionRow:
    said = msgspec.json.decode(state)["statement"]
    token = said["cdr_token"]
    return SessionRow(
        session,
        said["status"],
        said["location_id"],
        said["evse_uid"],
        said["start_date_time"],
        said.get("end_date_time"),
        said["kwh"],
        f"{token['country_code']}*{token['party_id']}".upper(),
        position,
        recorded_at,
    )


def awaited_sessions(
    connection: Connection,
    *,
    stuck: bool,
    unbilled: bool,
    party: str | None = None,
    known_at: datetime | None = None,
    limit: int | None = None,
) -> list[ExceptionRow]:
    """Return the sessions that are stuck or unbilled, as exceptions, the oldest first."""
    reasons = [("SESSION_STUCK", stuck), ("SESSION_UNBILLED", unbilled)]
    found = [
        row
        for reason, is_wanted in reasons
        if is_wanted
        for row in exceptions(
            connection,
            Filter(kind="session", reason=reason, party=party),
            known_at=known_at,
            limit=limit,
        )
    ]
    return sorted(found)[:limit]


def session_life(
    connection: Connection, session: str, *, known_at: datetime | None = None
) -> SessionLife | None:
    """Return a session with all its events, or None where nobody has heard of it."""
    trail = audit_trail(connection, subject=session, kind="session", known_at=known_at)
    documents = [(row, _document(connection, row)) for row in trail]
    steps = [_step(row, document) for row, document in documents]
    updates = [doc["statement"] for row, doc in documents if row.topic == "session.updated.v1"]
    if not updates:
        return None
    latest = updates[-1]
    billing = {"session_id": latest["id"], "party": session.partition("/")[0]}
    found = connection.execute(query("session_cdrs"), {**billing, "known_at": known_at})
    cdrs = [cdr for (cdr,) in found]
    return SessionLife(session, latest["status"], latest["kwh"], latest, cdrs, steps)


def _document(connection: Connection, row: AuditRow) -> dict[str, Any]:
    found = connection.execute(query("log_event"), [row.position], binary=True).fetchone()
    if found is None:
        raise LookupError(f"the log has no event {row.position}")
    document: dict[str, Any] = msgspec.json.decode(found[0])
    return document


def _step(row: AuditRow, document: dict[str, Any]) -> SessionStep:
    said = document.get("statement", {})
    stated = said.get("status"), said.get("kwh"), said.get("last_updated")
    return SessionStep(row.position, row.topic.split(".")[1], *stated, row.recorded_at)
