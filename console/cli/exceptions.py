"""`clearwatt exception list|show|replay`: what waits on a fact or on a person."""

from typing import Annotated, Any

import typer

from console.cli import common
from console.cli.errors import REFUSED

exception = typer.Typer(no_args_is_help=True, help="What waits on a fact or on a person.")


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    app.add_typer(exception, name="exception")


Reason = Annotated[str | None, typer.Option(metavar="CODE", help="Of one reason code.")]


@exception.command("list")
def list_exceptions(
    *,
    kind: Annotated[
        str | None, typer.Option(help="cdr, session, tariff, location or message.")
    ] = None,
    reason: Reason = None,
    party: Annotated[str | None, typer.Option(metavar="PARTY", help="Of one party.")] = None,
    sender: Annotated[str | None, typer.Option(metavar="PARTY", help="Of one sender.")] = None,
    with_resolved: Annotated[
        bool, typer.Option("--with-resolved", help="Also those that were resolved.")
    ] = False,
    known_at: common.KnownAt = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    as_json: common.Json = False,
) -> None:
    """List exceptions: what waits, why, since when, and the money the partner states."""
    from projections.database import reading
    from projections.queries.exception import exceptions

    with reading(common.services().database_url) as connection:
        found = exceptions(
            connection,
            kind=kind,
            reason=reason,
            party=party,
            sender=sender,
            with_resolved=with_resolved,
            known_at=known_at,
            limit=limit,
        )

    def people() -> None:
        rows = [
            (
                row.id,
                row.record,
                row.reason,
                row.path,
                common.money_cell(row.stated_net, row.currency),
                row.opened_at.date(),
                row.resolution,
            )
            for row in found
        ]
        columns = ("id", "record", "reason", "at", "stated net", "opened on", "resolution")
        common.table("Exceptions", columns, rows, folds="at")

    common.show(found, as_json=as_json, people=people)


@exception.command("show")
def show_exception(
    which: Annotated[str, typer.Argument(metavar="ID", help="As `list` names it: 123.1.")],
    *,
    as_json: common.Json = False,
) -> None:
    """Show one exception with all of its reasons."""
    from ledger.values.reasons import Reason as Code
    from ledger.values.reasons import Refusal, Refused
    from projections.database import reading
    from projections.queries.exception import exception as find

    position, _, number = which.partition(".")
    if not position.isdigit() or not (number or "1").isdigit():
        raise typer.BadParameter(f"{which!r} is no id such as 123.1")
    with reading(common.services().database_url) as connection:
        found = find(connection, int(position), int(number or 1))
    if found is None:
        raise Refused(Refusal(Code.NOT_FOUND, "exception", actual=which))

    def people() -> None:
        typer.echo(f"{found.id}: {found.kind} {found.record}, opened at {found.opened_at}")
        if found.topic:
            place = f"{found.topic}[{found.partition}]@{found.message_offset}"
            typer.echo(f"  message {place} from {found.sender}")
        for refusal in found.refusals:
            typer.echo(f"  {refusal}")
        if found.resolved_at:
            typer.echo(f"  {found.resolution} at {found.resolved_at}, event {found.resolved_by}")
        elif found.kind == "message":
            place = f"--topic {found.topic} --partition {found.partition}"
            typer.echo(
                f"  After a fix: clearwatt exception replay {place} --offset {found.message_offset}"
            )

    common.show(found, as_json=as_json, people=people)


@exception.command("replay")
def replay_messages(
    *,
    topic: Annotated[str | None, typer.Option(help="Of one topic, by its full name.")] = None,
    partition: Annotated[int | None, typer.Option(help="Of one partition.")] = None,
    offset: Annotated[int | None, typer.Option(help="One message, by its offset.")] = None,
    reason: Reason = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 1000,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Feed unreadable messages again after a fix; ends with 1 where some stay unreadable."""
    from consumers.replay import received_from, replay
    from ledger.log import log_of
    from schemas import open_registry

    by = common.acting(actor, at)
    registry = open_registry(common.services().schema_registry)
    chosen: dict[str, Any] = {
        "topic": topic,
        "partition": partition,
        "offset": offset,
        "reason": reason,
        "limit": limit,
    }
    with common.ledger() as ledger:
        log = log_of(ledger)
        if dry_run:
            rows = [
                (f"{row.topic}[{row.partition}]@{row.offset}", row.reason, _readable(again))
                for row in log.unreadable_messages(**chosen)
                for again in (received_from(row, registry),)
            ]
        else:
            rows = [
                (str(row.source), row.was, row.outcome)
                for row in replay(ledger, log, registry=registry, by=by, **chosen)
            ]
    common.show(
        [dict(zip(("message", "was", "is"), row, strict=True)) for row in rows],
        as_json=as_json,
        people=lambda: common.table("Fed again", ("message", "was", "is now"), rows),
    )
    if any(row[2] == "unreadable" for row in rows):
        raise typer.Exit(REFUSED)


def _readable(received: object) -> str:
    return "unreadable" if getattr(received, "command", None) is None else "readable"
