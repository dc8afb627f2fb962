"""`clearwatt tariff price|lint|simulate`: OCPI tariffs and CDRs on files, without any service.

The group's other commands are on what is recorded: `tariff_versions` and `tariff_lifecycle`.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.cli import common, options, tariff_lifecycle, tariff_versions
from console.cli.errors import REFUSED, UsageError
from console.cli.quantities import quantity

if TYPE_CHECKING:
    from console.pricing.jsonl import Answer
    from console.pricing.result import Cost, Line, Result

tariff = typer.Typer(no_args_is_help=True, help="Tariffs: price CDRs with them, judge them.")


Version = Annotated[
    str | None,
    typer.Option("--ocpi-version", metavar="2.1.1|2.2.1|2.3.0", help="Recognised if not given."),
]
Zone = Annotated[
    str | None, typer.Option("--time-zone", metavar="ZONE", help="IANA zone of the charger.")
]
Lines = Annotated[
    str | None,
    typer.Option("--jsonl", metavar="FILE|-", help="Many: a JSON object a line in, one out."),
]


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    tariff_versions.register(tariff)
    tariff_lifecycle.register(tariff)
    app.add_typer(tariff, name="tariff")


@tariff.command("price")
def price(
    *,
    cdr: Annotated[
        Path | None, typer.Option(metavar="FILE", exists=True, dir_okay=False, help="An OCPI CDR.")
    ] = None,
    tariff_file: Annotated[
        Path | None,
        typer.Option(
            "--tariff", metavar="FILE", exists=True, dir_okay=False, help="Else the CDR's."
        ),
    ] = None,
    time_zone: Zone = None,
    ocpi_version: Version = None,
    jsonl: Lines = None,
    as_json: common.Json = False,
) -> None:
    """Price a CDR with its own tariff or another, and compare with what it states.

    With --jsonl each line is {"cdr", "tariff", "time_zone", "ocpi_version"}. Ends with 1 where a
    CDR was refused.
    """
    if (cdr is None) == (jsonl is None):
        raise UsageError("CDR_NOT_NAMED", "Name a CDR with --cdr FILE, or many with --jsonl FILE.")
    if jsonl is not None:
        from console.pricing.jsonl import price_lines

        _many(jsonl, price_lines)
        return
    from console.pricing.price import price_document

    result = price_document(
        _content(cdr),
        tariff=None if tariff_file is None else _content(tariff_file),
        time_zone=time_zone,
        ocpi_version=ocpi_version,
    )
    _show(result, as_json=as_json, people=lambda: _print_priced(result))
    if result.is_refused:
        raise typer.Exit(REFUSED)


@tariff.command("lint")
def lint(
    tariff_file: Annotated[
        Path | None, typer.Argument(metavar="FILE", exists=True, dir_okay=False)
    ] = None,
    *,
    ocpi_version: Version = None,
    jsonl: Lines = None,
    as_json: common.Json = False,
) -> None:
    """Find what makes a tariff wrong or doubtful.

    With --jsonl each line is {"tariff", "ocpi_version"}. Ends with 1 where a tariff was refused or
    something is wrong; doubts and notes end with 0.
    """
    if (tariff_file is None) == (jsonl is None):
        raise UsageError("TARIFF_NOT_NAMED", "Name a tariff's FILE, or many with --jsonl FILE.")
    if jsonl is not None:
        from console.pricing.jsonl import lint_lines

        _many(jsonl, lint_lines)
        return
    from console.pricing.lint import lint_document

    result = lint_document(_content(tariff_file), ocpi_version=ocpi_version)

    def people() -> None:
        _print_findings("Refused", result.refusals)
        rows = [(row.severity, row.code, row.path, row.explanation) for row in result.findings]
        if rows:
            common.table("Findings", ("", "code", "path", "explanation"), rows)
        elif result.status == "clean":
            typer.echo("Nothing was found.")

    _show(result, as_json=as_json, people=people)
    if result.is_refused:
        raise typer.Exit(REFUSED)


@tariff.command("simulate")
def simulate(
    tariff_file: options.File,
    *,
    kwh: options.Kwh,
    minutes: options.Minutes,
    start: options.Start,
    parking_minutes: options.ParkingMinutes = 0,
    current: Annotated[
        Decimal | None, typer.Option(parser=quantity, metavar="A", help="Current, where it prices.")
    ] = None,
    time_zone: Zone = None,
    ocpi_version: Version = None,
    picture: options.Picture = None,
    as_json: common.Json = False,
) -> None:
    """Show what a session would cost, cut where prices change, as a table and as a picture."""
    from console.pricing.picture import svg_of, text_of
    from console.pricing.simulate import Session, simulate_document

    session = Session(start, kwh, minutes, parking_minutes, current, time_zone)
    simulated = simulate_document(_content(tariff_file), session, ocpi_version=ocpi_version)
    result = simulated.result
    if picture is not None and result.status == "priced":
        picture.write_text(svg_of(simulated), encoding="utf-8")

    def people() -> None:
        _print_priced(result)
        if result.status == "priced":
            typer.echo(text_of(simulated))

    _show(result, as_json=as_json, people=people)
    if result.is_refused:
        raise typer.Exit(REFUSED)


def _content(path: Path | None) -> bytes:
    return b"" if path is None else path.read_bytes()


def _lines_of(name: str) -> Iterator[bytes]:
    """Yield the lines of a file, or of standard input where it is named `-`."""
    if name == "-":
        yield from sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as file:
            yield from file
    except OSError as error:
        raise UsageError("FILE_NOT_READABLE", f"{name}: {error.strerror}.") from error


def _many(name: str, answers: "Callable[[Iterable[bytes]], Iterator[Answer]]") -> None:
    """Write one result a line; end with 1 where any document was refused."""
    refused = False
    write = sys.stdout.buffer.write
    for answer in answers(_lines_of(name)):
        write(answer.line)
        write(b"\n")
        refused = refused or answer.is_refused
    sys.stdout.buffer.flush()
    if refused:
        raise typer.Exit(REFUSED)


def _show(document: Any, *, as_json: bool, people: Callable[[], None]) -> None:
    if not as_json:
        people()
        return
    import msgspec

    from console.pricing.result import encoded

    typer.echo(msgspec.json.format(encoded(document), indent=2).decode())


def _print_priced(result: "Result") -> None:
    _print_findings("Refused", result.refusals)
    if result.status == "priced":
        _print_lines(result)
        _print_totals(result)
        rows = [(row.field, row.stated, row.computed, row.difference) for row in result.differences]
        if rows:
            common.table(
                "Differs from what the CDR states", ("field", "stated", "computed", ""), rows
            )
    _print_findings("Warnings", result.warnings)


def _print_lines(result: "Result") -> None:
    rows = [
        (period.index, period.start_date_time, *_cells(line))
        for period in result.periods
        for line in period.lines
    ]
    session_rows = [("", "", *_cells(line)) for line in result.session_lines]
    columns = ("period", "start", "dimension", "kind", "quantity", "price", "before", "after", "by")
    common.table(f"Tariff {result.tariff_id}", columns, [*rows, *session_rows])


def _cells(line: "Line") -> tuple[object, ...]:
    place = "" if line.element is None else f"elements[{line.element}][{line.component}]"
    cost = line.cost
    prices = (line.unit_price, cost.before_taxes, cost.after_taxes)
    return (line.dimension, line.kind, line.quantity, *prices, place)


def _print_totals(result: "Result") -> None:
    named: tuple[tuple[str, Cost | None, object, object], ...] = (
        ("energy", result.total_energy_cost, result.total_energy_kwh, result.billed_energy_kwh),
        ("time", result.total_time_cost, result.total_time_s, result.billed_time_s),
        (
            "parking",
            result.total_parking_cost,
            result.total_parking_time_s,
            result.billed_parking_time_s,
        ),
        ("fixed", result.total_fixed_cost, None, None),
        ("reservation", result.total_reservation_cost, None, None),
        ("total", result.total_cost, None, None),
    )
    rows = [
        (name, used, billed, cost.before_taxes, cost.after_taxes)
        for name, cost, used, billed in named
        if cost is not None
    ]
    columns = ("", "kWh or s", "billed", "before taxes", "after taxes")
    common.table(f"Totals in {result.currency}", columns, rows)


def _print_findings(title: str, findings: Iterable[Any]) -> None:
    rows = [(found.code, found.path, found.detail) for found in findings]
    if rows:
        common.table(title, ("code", "path", "detail"), rows)
