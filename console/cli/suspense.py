"""`clearwatt suspense list`: what waits for an explanation, by cause and age."""

from datetime import UTC, date
from typing import Annotated

import typer

from console.cli import common, options, reports

suspense = typer.Typer(no_args_is_help=True, help="What waits for an explanation.")


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    app.add_typer(suspense, name="suspense")


@suspense.command("list")
def list_suspense(
    *,
    book: options.Book = None,
    items: Annotated[bool, typer.Option("--items", help="Each item, not their sums.")] = False,
    as_of: Annotated[
        date | None,
        typer.Option("--as-of", parser=common.day, metavar="DATE", help="How old by this day."),
    ] = None,
    known_at: common.KnownAt = None,
    at: common.At = None,
    format: options.Format = None,
    output: options.Output = None,
    as_json: common.Json = False,
) -> None:
    """List held CDRs and suspense accounts by cause, in buckets of age.

    Of one book, what stands on its accounts: a held CDR is in no book.
    """
    from console.reports.suspense import by_cause, item_by_item, waiting

    day = as_of or (known_at or common.now(at)).astimezone(UTC).date()
    with reports.books(book) as connection:
        found = waiting(connection, book=book, day=day, known_at=known_at)
        said = reports.rests_on(connection, book=book, as_of=day, known_at=known_at)
    report = (item_by_item if items else by_cause)(found, day, said)
    reports.show(report, format, output, as_json=as_json)
