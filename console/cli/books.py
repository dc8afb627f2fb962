"""`clearwatt journal list` and `clearwatt balance list`: the books as they were recorded."""

from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common

if TYPE_CHECKING:
    from collections.abc import Iterable

    from projections.queries.journal import EntryRow

journal = typer.Typer(no_args_is_help=True, help="Journal entries with their postings.")
balance = typer.Typer(no_args_is_help=True, help="Balances of accounts.")

Book = Annotated[str | None, typer.Option(metavar="BOOK", help="Of one legal entity's book.")]
Account = Annotated[str | None, typer.Option(metavar="ACCOUNT", help="Of one account.")]


def register(app: typer.Typer) -> None:
    """Add the command groups of this module."""
    app.add_typer(journal, name="journal")
    app.add_typer(balance, name="balance")


@journal.command("list")
def list_journal(
    *,
    book: Book = None,
    account: Account = None,
    cdr: Annotated[str | None, typer.Option(metavar="CDR", help="Of one CDR.")] = None,
    period: Annotated[str | None, typer.Option(metavar="PERIOD", help="Posted in it.")] = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many entries.")] = 100,
    as_json: common.Json = False,
) -> None:
    """List journal entries in the order of the log."""
    from projections.database import reading
    from projections.queries.journal import journal as entries

    with reading(common.services().database_url) as connection:
        found = entries(
            connection,
            book=book,
            account=account,
            cdr=cdr,
            period=period,
            as_of=as_of,
            known_at=known_at,
            limit=limit,
        )
    common.show(found, as_json=as_json, people=lambda: typer.echo("\n".join(lines_of(found))))


@balance.command("list")
def list_balances(
    *,
    book: Book = None,
    account: Account = None,
    month: Annotated[
        str | None, typer.Option(parser=common.month, metavar="MONTH", help="Such as 2026-10.")
    ] = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    as_json: common.Json = False,
) -> None:
    """List the balance of every account, per book and currency; each book sums to zero."""
    from projections.database import reading
    from projections.queries.balance import balances

    with reading(common.services().database_url) as connection:
        found = balances(
            connection, book=book, account=account, month=month, as_of=as_of, known_at=known_at
        )

    def people() -> None:
        columns = ("book", "account", "currency", "debit", "credit", "balance", "in book currency")
        rows = [
            (
                row.book,
                row.account,
                row.currency,
                row.debit,
                row.credit,
                row.balance,
                f"{row.book_balance} {row.book_currency}",
            )
            for row in found
        ]
        common.table("Balances", columns, rows)

    common.show(found, as_json=as_json, people=people)


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
