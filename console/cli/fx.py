"""`clearwatt fx import|show|revalue|report`: exchange rates, and what books make of them."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common, fx_views, options, reports
from console.cli.errors import REFUSED, UsageError
from console.cli.progress import progress

if TYPE_CHECKING:
    from console.imports.rates.files import RateFile

fx = typer.Typer(no_args_is_help=True, help="Exchange rates, and what they do to the books.")
ECB = "ecb"
BEGIN_ON = date(2018, 1, 1)
"""As far back as the tables of VAT rates go: nothing is decided for a day before."""

Currency = Annotated[str, typer.Argument(metavar="CURRENCY", help="ISO 4217, such as CHF.")]
HistoryOrFile = Annotated[
    str,
    typer.Option(
        metavar="ecb|FILE",
        help="The ECB's history as installed, or a file: CSV, or the ECB's own CSV or XML.",
    ),
]
BeginOn = Annotated[
    date | None,
    typer.Option(
        "--from",
        parser=common.day,
        metavar="DATE",
        help="From this day on; of the ECB's history by default from 2018 on.",
    ),
]
Source = Annotated[str, typer.Option(metavar="NAME", help="Who published them.")]


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    app.add_typer(fx, name="fx")


@fx.command("import")
def import_rates(
    *,
    source: HistoryOrFile = ECB,
    currency: Annotated[
        list[str] | None, typer.Option(metavar="CURRENCY", help="Only these; may be repeated.")
    ] = None,
    begin_on: BeginOn = None,
    correct: Annotated[
        bool,
        typer.Option("--correct", help="Change known rates; what they decided is decided again."),
    ] = False,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Import exchange rates, all or none: only what is new is recorded.

    A file's lines are `date,currency,per_euro[,source]`, units of the currency for one euro.
    Everything that is wrong is said at once, by line and code.
    """
    from console.imports.rates.histories import histories_of
    from console.imports.rates.run import check_import, import_all

    by = common.acting(actor, at)
    named = tuple(code.upper() for code in currency or ())
    file = _file(source, named)
    if source.lower() == ECB:
        begin_on = begin_on or BEGIN_ON
    read = histories_of(file, on=by.at.date(), currencies=named, begin_on=begin_on)
    if read.problems:
        fx_views.show_problems(file.name, read.problems, as_json=as_json)
        raise typer.Exit(REFUSED)
    with common.ledger() as ledger:
        checked = check_import(ledger, read.histories, by=by, corrects=correct)
        if not checked.refusals and not dry_run:
            title = f"Rates of {len(read.histories)} currencies"
            with progress(title, total=len(read.histories)) as step:
                import_all(ledger, read.histories, by=by, corrects=correct, step=step)
    fx_views.show_import(checked, read.notes, is_dry_run=dry_run, as_json=as_json)
    if checked.refusals:
        raise typer.Exit(REFUSED)


@fx.command("show")
def show_rates(
    currency: Currency,
    *,
    into: Annotated[str, typer.Option(metavar="CURRENCY", help="Converted into it.")] = "EUR",
    on: Annotated[
        date | None,
        typer.Option(
            parser=common.day, metavar="DATE", help="Which rate each rule picks for a service."
        ),
    ] = None,
    source: Source = "ECB",
    markup_bps: Annotated[
        int, typer.Option(min=0, max=10_000, help="A markup, in basis points.")
    ] = 0,
    last: Annotated[int, typer.Option(min=1, help="So many publications, the last ones.")] = 10,
    as_of: Annotated[
        date | None,
        typer.Option(parser=common.day, metavar="DATE", help="What was published by this date."),
    ] = None,
    known_at: common.KnownAt = None,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help="Write those publications as SVG."),
    ] = None,
    as_json: common.Json = False,
) -> None:
    """Show a currency's rates, where they have holes, and which one a rule picks and why."""
    from console.rates import show_rates as shown

    with common.ledger() as ledger:
        found = shown(
            ledger,
            currency.upper(),
            source=source.upper(),
            into=into.upper(),
            on=on,
            as_of=as_of,
            known_at=known_at,
            markup_bps=markup_bps,
            last=last,
        )
    if picture is not None:
        from console.pictures.svg_rates import rates_as_svg

        drawn = rates_as_svg(found.currency, found.source, found.last, until=found.covers_until)
        picture.write_text(drawn, encoding="utf-8")
    common.show(found, as_json=as_json, people=lambda: fx_views.print_rates(found))


@fx.command("revalue")
def revalue_month(
    book: Annotated[str, typer.Argument(metavar="BOOK", help="Of a legal entity; `all`: of all.")],
    month: Annotated[str, typer.Argument(parser=common.month, metavar="MONTH", help="2026-10.")],
    *,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Bring what a book holds in other currencies to the rate of a month's last day.

    What was settled at another rate is realised; what is open is taken back on the first day of the
    next month. A period's close does it; the same again books nothing.
    """
    from console.revaluing import revalue

    by = common.acting(actor, at)
    one = None if book == "all" else book
    with common.ledger() as ledger:
        url = common.services().database_url
        found = revalue(ledger, url, month, by=by, book=one, dry_run=dry_run)
    common.show(found, as_json=as_json, people=lambda: fx_views.print_revalued(found))


@fx.command("report")
def report_exchange(
    *,
    book: options.Book = None,
    month: options.Month = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    format: options.Format = None,
    output: options.Output = None,
    as_json: common.Json = False,
) -> None:
    """Report conversions by rate, markup income, what was realised, revalued, and rounded."""
    from console.reports.fx import fx_report

    with reports.books(book) as connection:
        report = fx_report(connection, book=book, month=month, as_of=as_of, known_at=known_at)
        said = reports.rests_on(connection, known_at=known_at)
    reports.show(reports.with_facts(report, said), format, output, as_json=as_json)


def _file(source: str, currencies: tuple[str, ...]) -> "RateFile":
    from console.imports.rates.ecb import ecb_file
    from console.imports.rates.files import read_rates

    if source.lower() == ECB:
        return ecb_file(*currencies)
    path = Path(source)
    if not path.is_file():
        raise UsageError("FILE_MISSING", f"--source is `ecb` or a file; there is no {source}.")
    return read_rates(path, currencies=currencies)
