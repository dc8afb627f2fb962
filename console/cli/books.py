"""`clearwatt journal list`, `balance list` and `trial-balance`: the books as they were recorded."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.cli import common, journal_export, reports

if TYPE_CHECKING:
    from collections.abc import Iterable

    from projections.queries.journal import EntryRow

journal = typer.Typer(no_args_is_help=True, help="Journal entries with their postings.")
balance = typer.Typer(no_args_is_help=True, help="Balances of accounts.")

Account = Annotated[str | None, typer.Option(metavar="ACCOUNT", help="Of one account.")]
Month = Annotated[
    str | None, typer.Option(parser=common.month, metavar="MONTH", help="Such as 2026-10.")
]
Rule = Annotated[
    str | None, typer.Option(metavar="RULE", help="By one rule, such as charging_sold.")
]
Agreement = Annotated[
    str | None, typer.Option(metavar="KEY[#N]", help="Under an agreement, or one version.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    journal.command("export")(journal_export.export)
    app.add_typer(journal, name="journal")
    app.add_typer(balance, name="balance")
    app.command("trial-balance")(trial_balance)


@journal.command("list")
def list_journal(
    *,
    book: reports.Book = None,
    account: Account = None,
    cdr: Annotated[str | None, typer.Option(metavar="CDR", help="Of one CDR.")] = None,
    period: Annotated[str | None, typer.Option(metavar="PERIOD", help="Posted in it.")] = None,
    rule: Rule = None,
    party: Annotated[str | None, typer.Option(metavar="PARTY", help="Seller or buyer.")] = None,
    agreement: Agreement = None,
    posted_from: reports.PostedFrom = None,
    posted_until: reports.PostedUntil = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many entries.")] = 100,
    chart: reports.Chart = None,
    format: reports.Format = None,
    output: reports.Output = None,
    as_json: common.Json = False,
) -> None:
    """List journal entries in the order of the log."""
    from console.reports.posting_lines import posting_report
    from projections.queries.journal import journal as entries

    _refuse_unknown(account)
    numbers = reports.chart_named(chart, format, as_json=as_json)
    with reports.books(book) as connection:
        found = entries(
            connection,
            book=book,
            account=account,
            cdr=cdr,
            period=period,
            rule=rule,
            party=party and party.upper(),
            agreement=agreement,
            posted_from=posted_from,
            posted_until=posted_until,
            as_of=as_of,
            known_at=known_at,
            limit=limit,
        )
        said = reports.rests_on(connection, as_of=as_of, known_at=known_at)
    if numbers is None and reports.form_of(format, output, as_json=as_json) == "table":
        reports.write((f"{line}\n" for line in lines_of(found)), output)
        return
    report = posting_report(found, said)
    reports.show(report, format, output, as_json=as_json, chart=numbers, document=found)


@balance.command("list")
def list_balances(
    *,
    book: reports.Book = None,
    account: Account = None,
    month: Month = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    chart: reports.Chart = None,
    format: reports.Format = None,
    output: reports.Output = None,
    as_json: common.Json = False,
) -> None:
    """List the balance of every account, per book and currency; each book sums to zero."""
    from console.reports.balance_list import balance_report
    from projections.queries.balance import balances

    _refuse_unknown(account)
    numbers = reports.chart_named(chart, format, as_json=as_json)
    with reports.books(book) as connection:
        found = balances(
            connection, book=book, account=account, month=month, as_of=as_of, known_at=known_at
        )
        said = reports.rests_on(connection, book=book, month=month, as_of=as_of, known_at=known_at)
    report = balance_report(found, said)
    reports.show(report, format, output, as_json=as_json, chart=numbers, document=found)


def trial_balance(
    *,
    book: reports.Book = None,
    month: Month = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    chart: reports.Chart = None,
    format: reports.Format = None,
    output: reports.Output = None,
    as_json: common.Json = False,
) -> None:
    """Show what every account opened a month with, turned over and closes with.

    Without a month everything is turnover. Ends with 1 where a book is not in balance.
    """
    from console.reports.trial_balance import out_of_balance, trial_balance_report
    from projections.queries.balance import trial_balance_rows

    numbers = reports.chart_named(chart, format, as_json=as_json)
    with reports.books(book) as connection:
        filters: dict[str, Any] = {
            "book": book, "month": month, "as_of": as_of, "known_at": known_at
        }  # fmt: skip
        found = trial_balance_rows(connection, **filters)
        said = reports.rests_on(connection, **filters)
    reports.show(trial_balance_report(found, said), format, output, as_json=as_json, chart=numbers)
    if out_of_balance(found):
        raise typer.Exit(1)


def _refuse_unknown(account: str | None) -> None:
    """Refuse an account that the chart does not have: ACCOUNT_UNKNOWN."""
    from console.exports.names import type_of

    if account is not None:
        type_of(account)


def lines_of(entries: "Iterable[EntryRow]") -> list[str]:
    """Write entries as a plain text journal: date, rule, CDR; then one posting a line.

    Debits are written as they are, credits with their side, so nobody reads a sign.
    """
    lines = []
    for entry in entries:
        reverses = " reverses" if entry.reverses_position is not None else ""
        late = f" late of {entry.late_of}" if entry.late_of else ""
        subject = entry.cdr or entry.posted_period
        between = f"{entry.seller} to {entry.buyer}, " if entry.seller else ""
        lines.append(
            f"{entry.posted_on} {entry.book} {entry.rule}{reverses} {subject}{late}"
            f"  ; {entry.position}.{entry.number} {between}"
            f"{entry.agreement_version} {entry.clause}"
        )
        for posting in entry.postings:
            amount = f"{posting.amount:>14} {entry.currency}"
            if entry.currency != entry.book_currency:
                amount += f"  = {posting.book_amount} {entry.book_currency}"
            lines.append(f"    {posting.side:<6}  {posting.account:<32}{amount}")
    return lines
