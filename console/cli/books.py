"""`clearwatt journal list`, `balance list` and `trial-balance`: the books as they were recorded."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.cli import common, journal_export, options, reports
from console.cli.errors import REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from projections.queries.journal import EntryRow

journal = typer.Typer(no_args_is_help=True, help="Journal entries with their postings.")
balance = typer.Typer(no_args_is_help=True, help="Balances of accounts.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    journal.command("export")(journal_export.export)
    app.add_typer(journal, name="journal")
    app.add_typer(balance, name="balance")
    app.command("trial-balance")(trial_balance)


@journal.command("list")
def list_journal(
    *,
    book: options.Book = None,
    account: options.Account = None,
    cdr: Annotated[str | None, typer.Option(metavar="CDR", help="Of one CDR.")] = None,
    period: options.PostedIn = None,
    rule: options.Rule = None,
    party: Annotated[str | None, typer.Option(metavar="PARTY", help="Seller or buyer.")] = None,
    agreement: options.Agreement = None,
    posted_from: options.PostedFrom = None,
    posted_until: options.PostedUntil = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many entries.")] = 100,
    chart: options.Chart = None,
    format: options.Format = None,
    output: options.Output = None,
    as_json: common.Json = False,
) -> None:
    """List journal entries in the order of the log."""
    from console.reports.posting_lines import posting_report
    from console.widths import NOTHING_FOUND
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
        reports.write((f"{line}\n" for line in lines_of(found) or [NOTHING_FOUND]), output)
        return
    report = posting_report(found, said)
    reports.show(report, format, output, as_json=as_json, chart=numbers, document=found)


@balance.command("list")
def list_balances(
    *,
    book: options.Book = None,
    account: options.Account = None,
    month: options.Month = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    chart: options.Chart = None,
    format: options.Format = None,
    output: options.Output = None,
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
    book: options.Book = None,
    month: options.Month = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    chart: options.Chart = None,
    format: options.Format = None,
    output: options.Output = None,
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
        raise typer.Exit(REFUSED)


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
        clause = " ".join(filter(None, (entry.agreement_version, entry.clause)))
        lines.append(
            f"{entry.posted_on} {entry.book} {entry.rule}{reverses} {subject}{late}"
            f"  ; {entry.position}.{entry.number} {between}{clause}"
        )
        for posting in entry.postings:
            amount = f"{posting.amount:>14} {entry.currency}"
            if entry.currency != entry.book_currency:
                amount += f"  = {posting.book_amount} {entry.book_currency}"
            lines.append(f"    {posting.side:<6}  {posting.account:<32}{amount}")
    return lines
