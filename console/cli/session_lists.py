"""`clearwatt session list|show`: sessions, those that are stuck or unbilled, the life of one."""

from datetime import datetime
from typing import Annotated

import typer

from console.cli import common, options
from console.cli.choosing import record_of

SessionId = Annotated[
    str, typer.Argument(metavar="SESSION", help="Party and id, such as NL*XYZ/S-0001.")
]


def register(session: typer.Typer) -> None:
    """Add the commands of this module to the group."""
    session.command("list")(list_sessions)
    session.command("show")(show_session)


def list_sessions(
    *,
    stuck: Annotated[bool, typer.Option("--stuck", help="Unfinished, and no news of it.")] = False,
    unbilled: Annotated[
        bool, typer.Option("--unbilled", help="Ended with energy, and no CDR came.")
    ] = False,
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", help="ACTIVE, COMPLETED, INVALID, PENDING, …")
    ] = None,
    party: options.Cpo = None,
    known_at: common.KnownAt = None,
    limit: options.Limit = 100,
    as_json: common.Json = False,
) -> None:
    """List sessions by their newest update, or those that somebody waits for: stuck, unbilled."""
    cpo = party.upper() if party else None
    if stuck or unbilled:
        _list_awaited(stuck, unbilled, cpo, known_at, limit, as_json=as_json)
        return
    from projections.database import reading
    from projections.queries.session import newest_sessions

    with reading(common.services().database_url) as connection:
        found = newest_sessions(
            connection,
            status=status.upper() if status else None,
            party=cpo,
            known_at=known_at,
            limit=limit,
        )

    def people() -> None:
        rows = [
            (row.session, row.status, row.evse, row.started_at, row.ended_at, row.kwh, row.emsp)
            for row in found
        ]
        columns = ("session", "status", "EVSE", "started", "ended", "kWh", "eMSP")
        common.table("Sessions", columns, rows)

    common.show(found, as_json=as_json, people=people)


def _list_awaited(
    stuck: bool,
    unbilled: bool,
    party: str | None,
    known_at: datetime | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    from projections.database import reading
    from projections.queries.session import awaited_sessions

    with reading(common.services().database_url) as connection:
        found = awaited_sessions(
            connection,
            stuck=stuck,
            unbilled=unbilled,
            party=party,
            known_at=known_at,
            limit=limit,
        )

    def people() -> None:
        rows = [
            (row.record, row.reason, row.expected, row.actual, row.opened_at, row.id)
            for row in found
        ]
        columns = ("session", "reason", "awaited", "known", "raised at", "exception")
        common.table("Sessions", columns, rows, folds="awaited")

    common.show(found, as_json=as_json, people=people)


def show_session(
    which: SessionId, *, known_at: common.KnownAt = None, as_json: common.Json = False
) -> None:
    """Show a session: every update in the order it was recorded, and the CDR that bills it."""
    from ledger.values.reasons import Reason, Refusal, Refused
    from projections.database import reading
    from projections.queries.session import session_life

    with reading(common.services().database_url) as connection:
        found = session_life(connection, record_of(which), known_at=known_at)
    if found is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "session", actual=which))

    def people() -> None:
        typer.echo(f"{found.session} is {found.status}, {found.kwh} kWh")
        typer.echo(f"  billed by {', '.join(found.cdrs) or 'no CDR that is known'}")
        rows = [
            (row.position, row.happened, row.status, row.kwh, row.last_updated, row.recorded_at)
            for row in found.steps
        ]
        columns = ("position", "event", "status", "kWh", "last updated", "recorded at")
        common.table("", columns, rows)

    common.show(found, as_json=as_json, people=people)
