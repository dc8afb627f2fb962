"""`clearwatt journal export`: the journal for other programs."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from console.cli import common, options, reports
from console.cli.document_errors import refuse_unless_one_of
from console.cli.errors import UsageError
from console.cli.progress import progress

if TYPE_CHECKING:
    from console.exports.books import Books
    from console.reports.report import Cell

FORMATS: Final = ("beancount", "hledger", "csv", "xlsx", "parquet")
_ENDINGS: Final = {
    ".bean": "beancount",
    ".beancount": "beancount",
    ".hledger": "hledger",
    ".journal": "hledger",
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
}


class Exported(NamedTuple):
    """What was written, and the hash of the file."""

    file: str
    format: str
    entries: int
    postings: int
    bytes: int
    sha256: str


def export(
    *,
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help=f"One of {', '.join(FORMATS)}; by default as the file is named.",
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", metavar="FILE", dir_okay=False, help="Where it goes.")
    ],
    book: options.Book = None,
    posted_from: options.PostedFrom = None,
    posted_until: options.PostedUntil = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    as_json: common.Json = False,
) -> None:
    """Write the journal to a file: every entry with all it says, in the order of the log.

    Plain-text formats end with the balances that the entries have to come to, checked by
    `bean-check FILE` or `hledger check --strict -f FILE`; with --from they begin with those
    brought forward.
    """
    from console.exports.books import books_of
    from projections.queries.ledger import journal_position

    form = format_of(format, output)
    span = reports.span_of(posted_from, posted_until, as_of, known_at)
    with reports.books(book) as connection:
        books = books_of(connection, book=book, span=span)
        said = reports.rests_on(connection, book=book, **span._asdict())
        total = journal_position(connection)
        with reports.replacing(output) as new, progress("Journal", total=total) as bar:
            books.reached = bar.to
            _write(books, form, new, said)
            with new.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            size = new.stat().st_size
    done = Exported(str(output), form, books.entries, books.postings, size, sha256)
    common.show(done, as_json=as_json, people=lambda: typer.echo(_sentence(done)))


def format_of(format: str | None, output: Path) -> str:
    """Return the format that the options ask for.

    >>> format_of(None, Path("2026.journal"))
    'hledger'

    Raises UsageError UNKNOWN_VALUE, FORMAT_MISSING.
    """
    refuse_unless_one_of("--format", format, FORMATS)
    found = format or _ENDINGS.get(output.suffix.lower())
    if found is None:
        raise UsageError("FORMAT_MISSING", f"Name --format: one of {', '.join(FORMATS)}.")
    return found


def _write(books: "Books", form: str, path: Path, said: "tuple[tuple[str, Cell], ...]") -> None:
    from console.exports.beancount import beancount_of
    from console.exports.hledger import hledger_of
    from console.exports.parquet import write_parquet
    from console.reports.posting_lines import posting_report
    from console.reports.render import csv_of
    from console.reports.workbook import write_workbook

    if form in ("xlsx", "parquet"):
        write_rows = write_workbook if form == "xlsx" else write_parquet
        write_rows(posting_report(books.each(), said), path)
        return
    if form == "csv":
        pieces = csv_of(posting_report(books.each()))
    else:
        pieces = beancount_of(books) if form == "beancount" else hledger_of(books)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(pieces)


def _sentence(done: Exported) -> str:
    return (
        f"{done.file}: {done.entries} entries, {done.postings} postings as {done.format},"
        f" {done.bytes} bytes, sha256 {done.sha256}"
    )
