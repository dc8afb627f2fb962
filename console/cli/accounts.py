"""`clearwatt account show`, `account map`, `general-ledger`: accounts and what is on them."""

from typing import Annotated

import typer

from console.cli import account_map, common, options, reports

account = typer.Typer(no_args_is_help=True, help="Accounts, and what is posted on them.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    account.command("map")(account_map.map_accounts)
    app.add_typer(account, name="account")
    app.command("general-ledger")(general_ledger)


@account.command("show")
def show_account(
    name: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Such as receivable:DE*EMP.")],
    *,
    book: options.Book = None,
    posted_from: options.PostedFrom = None,
    posted_until: options.PostedUntil = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    chart: options.Chart = None,
    format: options.Format = None,
    output: options.Output = None,
    as_json: common.Json = False,
) -> None:
    """Show an account's postings with the balance after each, and what each rests on.

    A pattern such as 'payable:*' shows several accounts.
    """
    from console.reports.general_ledger import account_statement

    span = reports.span_of(posted_from, posted_until, as_of, known_at)
    numbers = reports.chart_named(chart, format, as_json=as_json)
    with reports.books(book) as connection:
        said = reports.rests_on(connection, known_at=known_at)
        report = account_statement(connection, name, book=book, span=span, said=said)
        reports.show(report, format, output, as_json=as_json, chart=numbers)


def general_ledger(
    *,
    book: options.Book = None,
    pattern: Annotated[
        str | None, typer.Option("--account", metavar="PATTERN", help="Such as 'receivable:*'.")
    ] = None,
    posted_from: options.PostedFrom = None,
    posted_until: options.PostedUntil = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    chart: options.Chart = None,
    format: options.Format = None,
    output: options.Output = None,
    as_json: common.Json = False,
) -> None:
    """Write every account with what it opened with, its postings and what it closes with."""
    from console.reports.general_ledger import general_ledger as ledger_of

    span = reports.span_of(posted_from, posted_until, as_of, known_at)
    numbers = reports.chart_named(chart, format, as_json=as_json)
    with reports.books(book) as connection:
        said = reports.rests_on(connection, known_at=known_at)
        report = ledger_of(connection, book=book, pattern=pattern, span=span, said=said)
        reports.show(report, format, output, as_json=as_json, chart=numbers)
