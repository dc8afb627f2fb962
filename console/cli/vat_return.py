"""`clearwatt vat return` and `clearwatt vat exposure`: what is declared, and what is at stake."""

from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common, reports
from console.cli.errors import UsageError
from console.cli.vat import vat

if TYPE_CHECKING:
    from collections.abc import Mapping

Book = Annotated[str | None, typer.Option(metavar="BOOK", help="Of one legal entity's book.")]
Country = Annotated[
    str | None, typer.Option(metavar="CC", help="The country that it is declared to, such as DE.")
]


@vat.command("return")
def show_return(
    *,
    period: Annotated[
        str, typer.Option(parser=common.month, metavar="MONTH", help="Tax period, as 2026-10.")
    ],
    book: Book = None,
    country: Country = None,
    all_of_them: Annotated[
        bool, typer.Option("--all", help="Of every book and country that has one.")
    ] = False,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    format: reports.Format = None,
    output: reports.Output = None,
    as_json: common.Json = False,
) -> None:
    """Show a VAT return: boxes, reverse-charge lists, what is not due yet, and its control.

    Ends with 1 where the tax is not that of the book's accounts.
    """
    from console.reports.vat_return import vat_return
    from console.reports.vat_return_report import as_one, tables_of
    from projections.queries.vat_return import countries_declared_to

    if not all_of_them and (book is None or country is None):
        raise UsageError("OPTION_MISSING", "Name --book and --country, or --all.")
    named = _country(country)
    with reports.books(book) as connection:
        if all_of_them or book is None or named is None:
            wanted = countries_declared_to(
                connection, period=period, book=book, country=named, as_of=as_of, known_at=known_at
            )
        else:
            wanted = [(book, named)]
        found = [
            vat_return(
                connection,
                book=owner,
                country=declared_to,
                period=period,
                as_of=as_of,
                known_at=known_at,
                names=_names(period),
            )
            for owner, declared_to in wanted
        ]
        said = reports.rests_on(connection, as_of=as_of, known_at=known_at)
    form = reports.form_of(format, output, as_json=as_json)
    if form == "table" and not found:
        typer.echo(f"Nothing has fallen due for {period}.")
    elif form == "table":
        width = common.table_width(to_file=output is not None)
        pages = ("".join((*tables_of(row, width=width), "\n")) for row in found)
        reports.write(pages, output)
    else:
        reports.show(reports.with_facts(as_one(found, period), said), form, output)
    if not all(row.agrees for row in found):
        raise typer.Exit(1)


@vat.command("exposure")
def show_exposure(
    *,
    book: Book = None,
    country: Country = None,
    period: Annotated[
        str | None,
        typer.Option(parser=common.month, metavar="MONTH", help="Of one tax period."),
    ] = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    format: reports.Format = None,
    output: reports.Output = None,
    as_json: common.Json = False,
) -> None:
    """Show what agreed VAT rates put at stake: the tax at the standard rate beyond the decided."""
    from console.reports.vat_exposure import exposed, report_of
    from projections.queries.vat_return import overridden

    with reports.books(book) as connection:
        found = overridden(
            connection,
            book=book,
            country=_country(country),
            period=period,
            as_of=as_of,
            known_at=known_at,
        )
        said = reports.rests_on(connection, as_of=as_of, known_at=known_at)
    facts = ("book", book), ("country", _country(country)), ("tax period", period)
    report = report_of(exposed(found), facts=facts)
    reports.show(reports.with_facts(report, said), format, output, as_json=as_json)


@cache
def _names(period: str) -> "Mapping[str, str]":
    """Return the name of the legal entity that each party belongs to at a period's end."""
    from ledger.application.facts import View
    from ledger.roaming.party import Party
    from ledger.values.instants import month_after, start_of_month

    with common.ledger() as ledger:
        ledger.refresh()
        view, at = View(ledger.facts), start_of_month(month_after(period), "UTC")
        of_parties = ((row.key, view.entity_of(row, at)) for row in view.all_of(Party))
        return {key: entity.document.name for key, entity in of_parties if entity is not None}


def _country(text: str | None) -> str | None:
    """Return a country's code as the ledger has it. Refuses: COUNTRY_UNKNOWN."""
    from ledger.values.countries import alpha_2
    from ledger.vat.areas import vat_country

    return None if text is None else alpha_2(vat_country(text))
