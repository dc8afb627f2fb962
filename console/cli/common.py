"""What all commands share: options, output, who acts, when, and the running services."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from console.cli.errors import UsageError
from console.instants import instant_of

if TYPE_CHECKING:
    from console.services import Running
    from console.settings import Settings
    from ledger.application.commands import By
    from ledger.application.ledger import Ledger


def instant(text: str) -> datetime:
    """Return an instant in UTC, as `instant_of` reads it.

    >>> instant("2026-11-01T01:00:00+01:00").isoformat()
    '2026-11-01T00:00:00+00:00'
    """
    try:
        return instant_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def day(text: str) -> date:
    """Return a date.

    >>> day("2026-10-31")
    datetime.date(2026, 10, 31)
    """
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no date such as 2026-10-31") from error
    if not _FIRST <= found < _END:
        raise typer.BadParameter(f"{text!r} is no day from {_FIRST} until {_END}")
    return found


def month(text: str) -> str:
    """Return a month.

    >>> month("2026-10")
    '2026-10'
    """
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no month such as 2026-10") from error
    if not _FIRST <= first < _END:
        raise typer.BadParameter(f"{text!r} is no month from {_FIRST:%Y-%m} until {_END:%Y-%m}")
    return text


_FIRST, _END = date(1900, 1, 1), date(3000, 1, 1)
"""Days beyond these are slips of the pen, and nothing could be reckoned from the last one."""


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, change nothing.")]
As = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="The registered actor you act for."),
]
At = Annotated[
    datetime | None,
    typer.Option("--at", parser=instant, metavar="INSTANT", hidden=True, help="Simulated time."),
]
AsOf = Annotated[
    date | None,
    typer.Option("--as-of", parser=day, metavar="DATE", help="What is posted by this date."),
]
KnownAt = Annotated[
    datetime | None,
    typer.Option(
        "--known-at", parser=instant, metavar="INSTANT", help="What was recorded by this instant."
    ),
]
UntilCaughtUp = Annotated[
    bool, typer.Option("--until-caught-up", help="End when nothing is left to do.")
]


def now(at: datetime | None = None) -> datetime:
    """Return the instant a command happens at, UTC: the wall clock, or simulated time."""
    return at or datetime.now(UTC)


@cache
def settings() -> "Settings":
    """Return the settings of this process, read once."""
    from console.settings import Settings

    return Settings()


def acting(name: str | None, at: datetime | None = None) -> "By":
    """Return who issues a writing command: `--as`, else CLEARWATT_ACTOR, asserted.

    Raises UsageError ACTOR_MISSING; refuses: ASSERTED_NOT_ALLOWED.
    """
    from ledger.application.commands import By
    from ledger.values.reasons import Reason, Refusal, Refused

    actor = name or settings().actor
    if not actor:
        raise UsageError("ACTOR_MISSING", "Say who acts with --as NAME or CLEARWATT_ACTOR.")
    if settings().refuse_asserted:
        raise Refused(Refusal(Reason.ASSERTED_NOT_ALLOWED, "actor", actual=actor))
    return By(actor, "asserted", now(at))


@cache
def services() -> "Running":
    """Return where PostgreSQL and Kafka are, started and prepared, once per process."""
    import structlog

    from console.cli.logs import configure_logging

    if not structlog.is_configured():
        # A command that is no process of ours says itself what it does.
        configure_logging("WARNING")
    return prepare(settings())


def prepare(of: "Settings") -> "Running":
    """Start what does not run, create the topics and the tables; doing it again changes nothing.

    Raises `ServiceError` and `ProjectionError` with what is missing or differs.
    """
    from console.publisher.topics import create_topics
    from console.services import ensure_up, postgres_probe
    from ledger.log import install
    from projections.schema import migrate

    running = ensure_up(of, progress=note)
    create_topics(
        of.kafka_client_options(running.kafka_bootstrap_servers),
        of.topic_prefix,
        of.partitions,
        timestamp_type=of.kafka_timestamp_type,
    )
    # Asked first: a server that is away is then one sentence, and no error of the driver's.
    postgres_probe.probe(running.database_url)
    install(running.database_url)
    migrate(running.database_url)
    return running


def kafka_options() -> dict[str, Any]:
    """Return what every Kafka client of this process starts from."""
    return settings().kafka_client_options(services().kafka_bootstrap_servers)


@contextmanager
def ledger() -> "Iterator[Ledger]":
    """Open the ledger for one command; it loads no locations but asks for those it needs."""
    from ledger.log import log_of

    opened = open_ledger(loads_all=False)
    try:
        yield opened
    finally:
        log_of(opened).connection.close()


def open_ledger(*, loads_all: bool = True) -> "Ledger":
    """Open a ledger on the running database; whoever calls closes it. `loads_all`: see `Ledger`."""
    from console.services import subject_key
    from ledger.log import open_ledger as open_on

    url, secret = services().database_url, subject_key(settings())
    return open_on(url, subject_key=secret, loads_all=loads_all)


def note(sentence: str) -> None:
    """Say on stderr what goes on, where a person looks; stdout holds results only."""
    if sys.stderr.isatty():
        typer.echo(sentence, err=True)


def show(document: object, *, as_json: bool, people: Callable[[], object]) -> None:
    """Print a result: as one JSON document, or as `people` prints it."""
    if not as_json:
        people()
        return
    import msgspec

    from console.encoding import encoded

    typer.echo(msgspec.json.format(encoded(document), indent=2).decode())


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, folds: str = ""
) -> None:
    """Print a table: numbers to the right, no empty column; without rows one line says so.

    On a narrow screen texts go over several lines: the column `folds` first, by default the
    widest. A number is never cut off.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from console.widths import GAP, NOTHING_FOUND, Measured, fitted

    lines = [[_cell(value) for value in row] for row in rows]
    if not lines:
        typer.echo("\n".join(filter(None, (title, NOTHING_FOUND))))
        return
    filled = [place for place, _ in enumerate(columns) if any(line[place] for line in lines)]
    measured = [
        Measured(
            columns[place],
            max(len(line[place]) for line in lines),
            not all(_is_number(line[place]) for line in lines),
        )
        for place in filled or range(len(columns))
    ]
    console, headings = Console(width=table_width()), [column.heading for column in measured]
    first = headings.index(folds) if folds in headings else None
    widths = fitted(measured, console.width, first=first)
    console.width = max(console.width, sum(widths) + GAP * len(widths))
    printed = Table(title=title, title_justify="left", box=None, header_style="bold")
    for column, width in zip(measured, widths, strict=True):
        justify: Literal["left", "right"] = "left" if column.is_text else "right"
        printed.add_column(column.heading, justify=justify, overflow="fold", width=width)
    for line in lines:
        # As `Text`, so that a bracket in somebody's data is a bracket and no markup.
        printed.add_row(*(Text(line[place]) for place in filled))
    console.print(printed)


def table_width(*, to_file: bool = False) -> int | None:
    """Return how wide tables are: None is as wide as the terminal that shows them."""
    has_width = sys.stdout.isatty() or "COLUMNS" in os.environ
    return _WIDE if to_file or not has_width else None


_WIDE: Final = 200
"""Columns of what is written to a file or another command: wide enough for most tables."""


def _cell(value: object) -> str:
    """Return a value as people read it, an instant as the options of commands take it.

    >>> _cell(datetime(2026, 11, 5, 7, tzinfo=UTC)), _cell(None)
    ('2026-11-05T07:00:00Z', '')
    """
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return "" if value is None else str(value)


def money_cell(amount: Decimal | None, currency: str | None) -> str:
    """Return an amount beside its currency, nothing where there is none.

    >>> money_cell(None, None), money_cell(Decimal("22.323"), "CHF")
    ('', '22.323 CHF')
    """
    return "" if amount is None else f"{amount} {currency}"


def _is_number(text: str) -> bool:
    return not text.strip("-+0123456789.,' ")
