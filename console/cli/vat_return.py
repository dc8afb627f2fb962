"""`clearwatt vat return` and `clearwatt vat exposure`: what is declared, and what is at stake."""

from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from console.cli import common, options, reports
from console.cli.errors import REFUSED, UsageError
from console.cli.vat import vat

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from console.reports.vat_return import VatReturn


class Known(TypedDict):
    """Of which tax period, and of it what was posted by a day and recorded by an instant."""

    period: str
    as_of: date | None
    known_at: datetime | None


@vat.command("return")
def show_return(
    *,
    period: Annotated[
        str, typer.Option(parser=common.month, metavar="MONTH", help="Tax period, as 2026-10.")
    ],
    book: options.Book = None,
    country: options.DeclaredTo = None,
    all_of_them: Annotated[
        bool, typer.Option("--all", help="Of every book and country that has one.")
    ] = False,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    format: options.Format = None,
    output: options.Output = None,
    as_json: common.Json = False,
) -> None:
    """Show a VAT return: boxes, reverse-charge lists, what is not due yet, and its control.

    Ends with 1 where the tax is not that of the book's accounts.
    """
    from console.reports.vat_return import vat_return
    from console.reports.vat_return_report import as_one
    from projections.queries.vat_return import countries_declared_to

    if not all_of_them and (book is None or country is None):
        raise UsageError("OPTION_MISSING", "Name --book and --country, or --all.")
    named = _country(country)
    with reports.books(book) as connection:
        known: Known = {"period": period, "as_of": as_of, "known_at": known_at}
        if all_of_them or book is None or named is None:
            wanted = countries_declared_to(connection, book=book, country=named, **known)
        else:
            wanted = [(book, named)]
        found = [
            vat_return(connection, book=owner, country=of, names=_names(period), **known)
            for owner, of in wanted
        ]
        said = reports.rests_on(connection, as_of=as_of, known_at=known_at)
    form = reports.form_of(format, output, as_json=as_json)
    if form == "table":
        reports.write(_pages(found, period, to_file=output is not None), output)
    else:
        reports.show(reports.with_facts(as_one(found, period), said), form, output)
    if not all(row.agrees for row in found):
        raise typer.Exit(REFUSED)


def _pages(found: "Sequence[VatReturn]", period: str, *, to_file: bool) -> "Iterator[str]":
    """Yield each return as people read it, or that there is none."""
    from console.reports.vat_return_report import tables_of

    width = common.table_width(to_file=to_file)
    for row in found:
        yield from (*tables_of(row, width=width), "\n")
    if not found:
        yield f"Nothing has fallen due for {period}.\n"


@vat.command("exposure")
def show_exposure(
    *,
    book: options.Book = None,
    country: options.DeclaredTo = None,
    period: Annotated[
        str | None,
        typer.Option(parser=common.month, metavar="MONTH", help="Of one tax period."),
    ] = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    format: options.Format = None,
    output: options.Output = None,
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
