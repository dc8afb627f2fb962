"""`clearwatt session import`: a table of charging sessions becomes sessions and CDRs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common, draft_cdr, import_ocpp, options, session_lists
from console.cli.errors import REFUSED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.demo.plan import Planned

session = typer.Typer(no_args_is_help=True, help="Charging sessions.")


def register(app: typer.Typer) -> None:
    """Add the command group of this module, with its commands that have their own."""
    session_lists.register(session)
    draft_cdr.register(session)
    import_ocpp.register(session)
    app.add_typer(session, name="session")


@session.command("import")
def import_table(
    table: options.File,
    *,
    mapping: Annotated[
        Path, typer.Option(metavar="FILE", exists=True, dir_okay=False, help="What columns mean.")
    ],
    shift_to: Annotated[
        str | None,
        typer.Option(
            parser=common.month, metavar="MONTH", help="Move the fullest month to this one."
        ),
    ] = None,
    with_facts: options.WithFacts = True,
    dry_run: common.DryRun = False,
    as_json: common.Json = False,
) -> None:
    """Publish a charging-session table as sessions and CDRs; every row is published or reported.

    Ends with 1 where rows were not published.
    """
    from console.demo.publishing import imported_messages
    from console.imports.mapping import load_mapping
    from console.imports.run import import_sessions

    overrides = {} if shift_to is None else {"shift_to": shift_to}
    found = import_sessions(table, load_mapping(mapping, **overrides))
    messages = imported_messages(found, with_facts=with_facts)
    if not dry_run:
        _publish(messages)
    document = {
        "rows_published": 0 if dry_run else len(found.rows),
        "rows_readable": len(found.rows),
        "messages": len(messages),
        "problems": found.problems,
        "shift": found.shift,
        "fullest_month": found.fullest_month,
    }

    def people() -> None:
        verb = "would be published" if dry_run else "published"
        typer.echo(f"{len(found.rows)} rows, {len(messages)} messages {verb}.")
        if found.problems:
            common.table("Rows not published", ("line", "code", "at"), found.problems)

    common.show(document, as_json=as_json, people=people)
    if found.problems:
        raise typer.Exit(REFUSED)


def _publish(messages: "Sequence[Planned]") -> None:
    from console.cli.progress import progress
    from console.demo.publishing import publish_planned

    with progress("Publishing", total=len(messages)) as step:
        publish_planned(
            messages,
            options=common.kafka_options(),
            prefix=common.settings().topic_prefix,
            registry_url=common.services().schema_registry,
            on_sent=step,
        )
