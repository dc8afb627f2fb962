"""`clearwatt account map`: the chart of accounts, and each account's place in a customer's own."""

from typing import Annotated

import typer

from console.cli import common, options, reports


def map_accounts(
    *,
    chart: Annotated[
        str | None,
        typer.Option(
            "--chart",
            metavar="NAME|FILE",
            help="datev-skr03, datev-skr04, saft-no, example, or a file of one's own.",
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Read the chart alone: every account, used or not.")
    ] = False,
    book: options.Book = None,
    format: options.Format = None,
    output: options.Output = None,
    as_json: common.Json = False,
) -> None:
    """Show every account that is used with its meaning and its number in a chart of one's own.

    With --check no service is needed. Ends with 1 where something in the chart's file is wrong.
    """
    from console.reports.account_map import account_map, chart_accounts

    found = reports.chart_named(chart, format, as_json=as_json)
    if check:
        report = account_map(chart_accounts(found), found)
    else:
        from projections.queries.balance import balances

        with reports.books(book) as connection:
            said = reports.rests_on(connection, book=book)
            used = {row.account for row in balances(connection, book=book)}
        report = account_map(sorted(used), found, said)
    reports.show(report, format, output, as_json=as_json)
