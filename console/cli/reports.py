"""What the commands that give a report share: reading the books, and showing it in any form."""

import os
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from console.cli import common
from console.cli.document_errors import refuse_unless_one_of, show_errors
from console.cli.errors import REFUSED, UsageError
from console.cli.options import FORMATS

if TYPE_CHECKING:
    from datetime import datetime

    from console.reports.chart_map import ChartMap
    from console.reports.report import Cell, Report
    from projections.database import Connection
    from projections.queries.ledger import Span


def show(
    report: "Report",
    format: str | None = None,
    output: Path | None = None,
    *,
    as_json: bool = False,
    chart: "ChartMap | None" = None,
    document: object = None,
) -> None:
    """Show a report in the form that was asked for, on stdout or in a file.

    With `chart`, its numbers and names stand beside our accounts. `document` is what `--json`
    prints where it is not the report itself: lists that had their shape before.

    Raises UsageError UNKNOWN_VALUE, FORMATS_DIFFER, OUTPUT_MISSING; OSError.
    """
    from console.reports import render
    from console.reports.workbook import write_workbook

    form = form_of(format, output, as_json=as_json)
    if chart is not None:
        from console.reports.charted import charted

        report, document = charted(report, chart), None
    if form == "xlsx":
        if output is None:
            raise UsageError("OUTPUT_MISSING", "A workbook goes to a file: --output FILE.xlsx")
        with replacing(output) as new:
            write_workbook(report, new)
        return
    if form == "json" and document is not None:
        import msgspec

        from console.encoding import encoded

        pieces: Iterable[str] = [msgspec.json.format(encoded(document), indent=2).decode(), "\n"]
    elif form == "json":
        pieces = render.json_of(report)
    elif form == "csv":
        pieces = render.csv_of(report)
    else:
        pieces = render.table_of(
            report,
            width=common.table_width(to_file=output is not None),
            styled=output is None and sys.stdout.isatty(),
        )
    write(pieces, output)


def chart_named(name: str | None, format: str | None, *, as_json: bool) -> "ChartMap | None":
    """Return the chart of that name, None for none; print what is wrong in it, and end with 1."""
    if name is None:
        return None
    from console.reports.chart_map import ChartMap
    from ledger.values.reasons import Refused

    try:
        return ChartMap.load(name)
    except Refused as refused:
        show_errors(refused.refusals, as_json=as_json or format == "json")
        raise typer.Exit(REFUSED) from refused


def form_of(format: str | None, output: Path | None, *, as_json: bool) -> str:
    """Return the form that the options ask for.

    >>> form_of(None, Path("balances.CSV"), as_json=False), form_of(None, None, as_json=False)
    ('csv', 'table')
    """
    refuse_unless_one_of("--format", format, FORMATS)
    if as_json and format not in (None, "json"):
        raise UsageError("FORMATS_DIFFER", f"Either --json or --format {format}.")
    named = output.suffix.lower().removeprefix(".") if output is not None else ""
    return "json" if as_json else format or (named if named in FORMATS else "table")


def write(pieces: Iterable[str], output: Path | None) -> None:
    """Write pieces of text, in UTF-8 and with the line ends they have."""
    if output is None:
        for piece in pieces:
            typer.echo(piece, nl=False)
        return
    with replacing(output) as new, new.open("w", encoding="utf-8", newline="") as file:
        file.writelines(pieces)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file to write beside `path`, and put it in its place when it is complete.

    A report that breaks off leaves what stood there before. Through a link what it leads to is
    replaced, not the link.

    Raises UsageError OUTPUT_NO_FILE for a device or a pipe; OSError.
    """
    if path.exists() and not path.is_file():
        raise UsageError("OUTPUT_NO_FILE", f"{path} is no file: a report would take its place.")
    place = path.resolve()
    new = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        new.touch()  # what cannot be written is said before anything is read
        yield new
        new.replace(place)
    except OSError as error:
        if error.filename != str(new):
            raise
        # Nobody asked for the file beside it.
        raise type(error)(error.errno, error.strerror, str(path)) from error
    finally:
        new.unlink(missing_ok=True)


def command_line() -> str:
    """Return the command that makes this report, without the file it goes to."""
    words, kept = iter(sys.argv[1:]), ["clearwatt"]
    for word in words:
        if word == "--output":
            next(words, None)
        elif not word.startswith("--output="):
            kept.append(word)
    return shlex.join(kept)


def span_of(
    posted_from: date | None,
    posted_until: date | None,
    as_of: date | None,
    known_at: "datetime | None",
) -> "Span":
    """Return the postings that the options ask for. Raises UsageError SPAN_EMPTY."""
    from projections.queries.ledger import Span

    if posted_from is not None and posted_until is not None and posted_until <= posted_from:
        raise UsageError("SPAN_EMPTY", "--until is a day after --from: it is not included.")
    return Span(posted_from, posted_until, as_of, known_at)


@contextmanager
def books(book: str | None = None) -> "Iterator[Connection]":
    """Open the books for a report. Refuses: NOT_FOUND for a book that nobody has."""
    from ledger.values.reasons import Reason, Refusal, Refused
    from projections.database import reading
    from projections.queries.ledger import book_exists

    with reading(common.services().database_url) as connection:
        if book is not None and not book_exists(connection, book):
            raise Refused(Refusal(Reason.NOT_FOUND, "book", actual=book))
        yield connection


def rests_on(
    connection: "Connection", *, known_at: "datetime | None" = None, **said: "Cell"
) -> "tuple[tuple[str, Cell], ...]":
    """Return what a report of the books says of itself: its options, log position, command."""
    from console.reports.report import facts
    from projections.queries.ledger import journal_position

    position = journal_position(connection, known_at)
    return facts(**said, known_at=known_at, log_position=position, command=command_line())


def with_facts(report: "Report", said: "tuple[tuple[str, Cell], ...]") -> "Report":
    """Return a report with what `rests_on` says of it beside its own facts, none twice."""
    return replace(report, facts=tuple({**dict(report.facts), **dict(said)}.items()))
