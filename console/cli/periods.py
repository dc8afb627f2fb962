"""`clearwatt period list|show|preview|controls|true-up|fall-due|close`: settlement periods."""

from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common, options, reports
from console.cli.errors import REFUSED

if TYPE_CHECKING:
    from console.close_preview import Place

period = typer.Typer(no_args_is_help=True, help="Settlement periods and their close.")
PeriodId = Annotated[str, typer.Argument(metavar="PERIOD", help="Such as ALL/2026-10.")]


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    app.add_typer(period, name="period")


@period.command("list")
def list_periods(*, as_json: common.Json = False) -> None:
    """List the settlement periods with their state."""
    from projections.database import reading
    from projections.queries.period import periods

    with reading(common.services().database_url) as connection:
        found = periods(connection)
    common.show(
        found,
        as_json=as_json,
        people=lambda: common.table(
            "Settlement periods",
            ("period", "state", "zone", "changed at", "CDRs", "of them late"),
            found,
        ),
    )


@period.command("show")
def show_period(which: PeriodId, *, as_json: common.Json = False) -> None:
    """Show a period: its steps, net positions, pairs, control accounts, and what is held."""
    from console.cli import period_views as views
    from ledger.values.reasons import Reason, Refusal, Refused
    from projections.database import reading
    from projections.queries.control import control_accounts
    from projections.queries.period import (
        held_cdrs,
        pair_positions,
        party_positions,
        periods,
        steps,
    )
    from projections.queries.split import split_steps

    with reading(common.services().database_url) as connection:
        known = periods(connection, period=which)
        if not known:
            raise Refused(Refusal(Reason.NOT_FOUND, "period", actual=which))
        taken = steps(connection, which)
        positions = party_positions(connection, which)
        pairs = pair_positions(connection, which)
        held = held_cdrs(connection, which)
        trued_up = split_steps(connection, period=which, kind="true_up")
        controls = control_accounts(connection, which.partition("/")[2])

    def people() -> None:
        typer.echo(f"{which} is {known[0].state}: {known[0].cdrs} CDRs, {known[0].late} late\n")
        rows = [(row.state, row.actor, row.recorded_at, row.log_root) for row in taken]
        common.table("Steps", ("state", "actor", "recorded at", "log root"), rows)
        views.print_positions(positions)
        columns = ("party", "counterparty", "currency", "receivable", "payable")
        typer.echo()
        common.table("Pairs", columns, pairs)
        views.print_trued_up(trued_up)
        views.print_controls(controls)
        views.print_held(held)

    document = {
        "period": known[0],
        "steps": taken,
        "positions": positions,
        "pairs": pairs,
        "held": held,
        "true_up": trued_up,
        "controls": controls,
    }
    common.show(document, as_json=as_json, people=people)


@period.command("preview")
def preview_period(which: PeriodId, *, as_json: common.Json = False) -> None:
    """Show what a close would be about and what blocks it; ends with 1 where something does."""
    from console.cli import period_views as views
    from console.close_preview import preview

    with common.ledger() as ledger:
        found = preview(ledger, place(), which)
    common.show(found, as_json=as_json, people=lambda: views.print_preview(found))
    if found.blocks:
        raise typer.Exit(REFUSED)


@period.command("controls")
def control_accounts_of(
    which: PeriodId,
    *,
    book: options.Book = None,
    format: options.Format = None,
    output: options.Output = None,
    as_json: common.Json = False,
) -> None:
    """List the control accounts at the end of a period's month: zero, or with every item.

    Clearing, suspense, what is disputed, rounding and what is accrued; ends with 1 where no item
    explains a balance.
    """
    from console.reports.control import control_report
    from ledger.values.reasons import Reason, Refusal, Refused
    from projections.queries.control import control_accounts
    from projections.queries.period import periods

    with reports.books(book) as connection:
        if not periods(connection, period=which):
            raise Refused(Refusal(Reason.NOT_FOUND, "period", actual=which))
        found = control_accounts(connection, which.partition("/")[2], book=book)
        said = reports.rests_on(connection, period=which, book=book)
    reports.show(control_report(found, said), format, output, as_json=as_json, document=found)
    if not all(row.is_explained for row in found):
        raise typer.Exit(REFUSED)


@period.command("true-up")
def true_up_period(
    which: PeriodId,
    *,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Book what each clause owes over a period beyond what its CDRs booked.

    Roundings, tiers that the volume reached, monthly fees. A period in review is trued up; its
    close does it too. The same again books nothing.
    """
    from console.cli import period_views as views
    from console.closing import true_up

    by = common.acting(actor, at)
    with common.ledger() as ledger:
        found = true_up(ledger, place(), which, by=by, dry_run=dry_run)
    common.show(found, as_json=as_json, people=lambda: views.print_true_up(found))


@period.command("fall-due")
def fall_due_period(
    which: PeriodId,
    *,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Make due what a period accrued: rounded once per invoice group, as an invoice would be.

    Seller, buyer, currency, tax and month of the tax point make a group. A period in review falls
    due after its true-up; its close does both. The same again books nothing.
    """
    from console.cli import period_views as views
    from console.closing import fall_due

    by = common.acting(actor, at)
    with common.ledger() as ledger:
        found = fall_due(ledger, place(), which, by=by, dry_run=dry_run)
    common.show(found, as_json=as_json, people=lambda: views.print_falling_due(found))


@period.command("close")
def close_period(
    which: PeriodId,
    *,
    soft: Annotated[bool, typer.Option("--soft", help="Stop once the figures are fixed.")] = False,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Cut a period off, true it up, make due what is accrued, fix its figures for good.

    Refuses while something blocks it, and says what. Held CDRs are listed; they book into the
    period that is open when they are released.
    """
    from console.cli import period_views as views
    from console.closing import close, close_ahead

    by = common.acting(actor, at)
    until = "SOFT_CLOSED" if soft else "HARD_CLOSED"
    with common.ledger() as ledger:
        if dry_run:
            found = close_ahead(ledger, place(), which, by=by, until=until)
        else:
            found = close(ledger, place(), which, by=by, until=until, say=common.note)
    common.show(found, as_json=as_json, people=lambda: views.print_preview(found))
    if dry_run and found.blocks:
        raise typer.Exit(REFUSED)


def place() -> "Place":
    """Return where everything that a close looks at is."""
    from console.close_preview import Place

    return Place(
        common.services().database_url, common.kafka_options(), common.settings().topic_prefix
    )
