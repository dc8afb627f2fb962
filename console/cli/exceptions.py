"""`clearwatt exception list|show|assign|comment|replay`: what waits on a fact or on a person.

What people do about CDRs is in `exception_actions`.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.cli import common, exception_actions, options
from console.cli.choosing import Ids, chosen_exceptions
from console.cli.errors import REFUSED
from console.cli.exception_filter import with_filters

if TYPE_CHECKING:
    from projections.queries.exception import ExceptionRow, Filter

exception = typer.Typer(no_args_is_help=True, help="What waits on a fact or on a person.")


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    exception_actions.register(exception)
    app.add_typer(exception, name="exception")


ExceptionId = Annotated[str, typer.Argument(metavar="ID", help="As `list` names it: 123.1.")]
Reason = Annotated[str | None, typer.Option(metavar="CODE", help="Of one reason code.")]


@exception.command("list")
@with_filters
def list_exceptions(
    *,
    chosen: "Filter",
    with_resolved: Annotated[
        bool, typer.Option("--with-resolved", help="Also those that were resolved.")
    ] = False,
    known_at: common.KnownAt = None,
    limit: options.Limit = 100,
    as_json: common.Json = False,
) -> None:
    """List exceptions: what waits, why, whose work it is, until when, and the money at stake.

    What is only noted of accepted CDRs is listed with `--kind finding` or `--severity WARNING`.
    """
    from projections.database import reading
    from projections.queries.exception import exceptions

    with reading(common.services().database_url) as connection:
        found = exceptions(
            connection, chosen, with_resolved=with_resolved, known_at=known_at, limit=limit
        )

    def people() -> None:
        rows = [
            (
                row.id,
                row.record,
                row.reason,
                common.money_cell(row.stated_net, row.currency),
                row.due_at.date() if row.due_at else None,
                row.assignee,
                row.resolution or ("" if row.state == "open" else row.state.replace("_", " ")),
            )
            for row in found
        ]
        columns = ("id", "record", "reason", "stated net", "due on", "with", "state")
        common.table("Exceptions", columns, rows, folds="reason")

    common.show(found, as_json=as_json, people=people)


@exception.command("show")
def show_exception(
    which: ExceptionId,
    *,
    known_at: common.KnownAt = None,
    as_json: common.Json = False,
) -> None:
    """Show one exception: its reasons, what may be done, its states, and its case file."""
    from ledger.values.reasons import Reason as Code
    from ledger.values.reasons import Refusal, Refused
    from projections.database import reading
    from projections.queries.exception import exception as find
    from projections.queries.exception import history, notes

    position, _, number = which.partition(".")
    if not position.isdigit() or not (number or "1").isdigit():
        raise typer.BadParameter(f"{which!r} is no id such as 123.1")
    with reading(common.services().database_url) as connection:
        found = find(connection, int(position), int(number or 1), known_at=known_at)
        if found is None:
            raise Refused(Refusal(Code.NOT_FOUND, "exception", actual=which))
        states = history(connection, found)
        said = notes(connection, found.case_file)
    document = {**found._asdict(), "fixes": found.fixes, "history": states, "notes": said}

    def people() -> None:
        _print_exception(found)
        rows = [
            (row.changed_at, row.state, row.reason, row.resolution, row.changed_by)
            for row in states
        ]
        common.table("States", ("at", "state", "reason", "resolution", "event"), rows)
        if said:
            words = [
                (row.recorded_at, row.actor, row.comment or f"assigned to {row.assignee}")
                for row in said
            ]
            common.table("Case file", ("at", "by", "said"), words, folds="said")

    common.show(document, as_json=as_json, people=people)


def _print_exception(found: "ExceptionRow") -> None:
    typer.echo(f"{found.id}: {found.kind} {found.record}, opened at {_at(found.opened_at)}")
    check = f" (check {found.check_number})" if found.check_number else ""
    typer.echo(
        f"  {found.severity}{check}, for {found.owner}, caused by {found.origin},"
        f" due at {_at(found.due_at)}"
    )
    if found.stated_net is not None:
        typer.echo(f"  at stake {common.money_cell(found.stated_net, found.currency)} before tax")
    if found.topic:
        place = f"{found.topic}[{found.partition}]@{found.message_offset}"
        typer.echo(f"  message {place} from {found.sender}")
    for refusal in found.refusals:
        typer.echo(f"  {refusal}")
    if found.resolved_at:
        at = _at(found.resolved_at)
        typer.echo(f"  {found.resolution} at {at}, event {found.resolved_by}")
        return
    if found.assignee:
        typer.echo(f"  assigned to {found.assignee}")
    for fix in found.fixes:
        typer.echo(f"  To do: {fix}")
    if found.kind == "message":
        place = f"--topic {found.topic} --partition {found.partition}"
        typer.echo(
            f"  After a fix: clearwatt exception replay {place} --offset {found.message_offset}"
        )


def _at(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


@exception.command("assign")
@with_filters
def assign_exceptions(
    ids: Ids = None,
    *,
    chosen: "Filter",
    to: Annotated[str, typer.Option(metavar="NAME", help="The registered actor who has it now.")],
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Give exceptions to somebody."""
    from ledger.application.cases import assign_cases

    by = common.acting(actor, at)
    cases = list(dict.fromkeys(row.case_file for row in chosen_exceptions(ids, chosen)))
    if cases and not dry_run:
        with common.ledger() as ledger:
            assign_cases(ledger, cases, to=to, by=by)
    verb = "would be assigned" if dry_run else "assigned"
    common.show(
        {"assigned": [] if dry_run else cases, "chosen": cases, "to": to},
        as_json=as_json,
        people=lambda: typer.echo(f"{len(cases)} {verb} to {to}."),
    )


@exception.command("comment")
def comment_exception(
    which: ExceptionId,
    *,
    text: Annotated[str, typer.Option(metavar="TEXT", help="What is to be kept.")],
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Say something in an exception's case file."""
    from ledger.application.cases import comment_case
    from projections.queries.exception import EVERYTHING

    by = common.acting(actor, at)
    found = chosen_exceptions([which], EVERYTHING, with_resolved=True)[-1]
    with common.ledger() as ledger:
        comment_case(ledger, found.case_file, text=text, by=by)
    common.show(
        {"case": found.case_file, "text": text},
        as_json=as_json,
        people=lambda: typer.echo(f"Kept in the case file of {found.case_file}."),
    )


@exception.command("replay")
def replay_messages(
    *,
    topic: Annotated[str | None, typer.Option(help="Of one topic, by its full name.")] = None,
    partition: Annotated[int | None, typer.Option(help="Of one partition.")] = None,
    offset: Annotated[int | None, typer.Option(help="One message, by its offset.")] = None,
    reason: Reason = None,
    limit: options.Limit = 1000,
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
