"""`clearwatt period list|show|preview|true-up|close`: settlement periods and their close."""

from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common
from console.cli.errors import REFUSED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.closing import Place, Preview
    from ledger.settlement.true_up import Adjustment
    from projections.queries.period import HeldCdr, PartyPosition
    from projections.queries.split import SplitRow

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
    """Show a period: its steps, net positions, pairs, and what is held."""
    from ledger.values.reasons import Reason, Refusal, Refused
    from projections.database import reading
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

    def people() -> None:
        typer.echo(f"{which} is {known[0].state}: {known[0].cdrs} CDRs, {known[0].late} late\n")
        rows = [(row.state, row.actor, row.recorded_at, row.log_root) for row in taken]
        common.table("Steps", ("state", "actor", "recorded at", "log root"), rows)
        print_positions(positions)
        columns = ("party", "counterparty", "currency", "receivable", "payable")
        typer.echo()
        common.table("Pairs", columns, pairs)
        print_trued_up(trued_up)
        print_held(held)

    document = {
        "period": known[0],
        "steps": taken,
        "positions": positions,
        "pairs": pairs,
        "held": held,
        "true_up": trued_up,
    }
    common.show(document, as_json=as_json, people=people)


@period.command("preview")
def preview_period(which: PeriodId, *, as_json: common.Json = False) -> None:
    """Show what a close would be about and what blocks it; ends with 1 where something does."""
    from console.closing import preview

    with common.ledger() as ledger:
        found = preview(ledger, place(), which)
    common.show(found, as_json=as_json, people=lambda: print_preview(found))
    if found.blocks:
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
    from console.closing import true_up

    by = common.acting(actor, at)
    with common.ledger() as ledger:
        found = true_up(ledger, place(), which, by=by, dry_run=dry_run)
    common.show(found, as_json=as_json, people=lambda: print_true_up(found))


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
    """Cut a period off, true it up, fix its figures, make it and its month immutable.

    Refuses while something blocks it, and says what. Held CDRs are listed; they book into the
    period that is open when they are released.
    """
    from console.closing import close, preview

    by = common.acting(actor, at)
    with common.ledger() as ledger:
        if dry_run:
            found = preview(ledger, place(), which)
        else:
            until = "SOFT_CLOSED" if soft else "HARD_CLOSED"
            found = close(ledger, place(), which, by=by, until=until, say=common.note)
    common.show(found, as_json=as_json, people=lambda: print_preview(found))
    if dry_run and found.blocks:
        raise typer.Exit(REFUSED)


def place() -> "Place":
    """Return where everything that a close looks at is."""
    from console.closing import Place

    return Place(
        common.services().database_url, common.kafka_options(), common.settings().topic_prefix
    )


def print_preview(found: "Preview") -> None:
    """Print a preview for people."""
    figures = found.figures
    typer.echo(f"{found.period} is {found.state}: {figures.cdr_count} CDRs")
    typer.echo(f"SHA-256 of their list: {figures.cdr_list_sha256}")
    print_positions(found.positions)
    print_held(found.held)
    typer.echo()
    print_true_up(found.true_up)
    if found.blocks:
        typer.echo()
        common.table("What blocks the close", ("code", "what"), found.blocks)


def print_true_up(found: "Sequence[Adjustment]") -> None:
    """Print what clauses owe beyond what is booked."""
    if not found:
        typer.echo("Every clause owes what is booked: there is nothing to true up.")
        return
    columns = ("agreement", "clause", "payee", "payer", "owed", "booked", "true-up", "volume")
    rows = [
        (
            row.clause.agreement_version,
            row.clause.clause,
            row.clause.payee,
            row.clause.payer,
            row.owed,
            row.booked + row.before,
            common.money_cell(row.leg.net, row.clause.currency),
            f"{row.volume.cdrs} CDRs, {row.volume.energy_kwh.normalize():f} kWh"
            if row.volume
            else "",
        )
        for row in found
    ]
    common.table("What clauses owe beyond what is booked, before tax", columns, rows)


def print_trued_up(rows: "Sequence[SplitRow]") -> None:
    """Print what true-ups booked, by clause."""
    if not rows:
        return
    typer.echo()
    columns = ("payee", "payer", "agreement", "clause", "true-up")
    cells = [
        (
            row.payee,
            row.payer,
            row.agreement_version,
            row.clause,
            common.money_cell(row.amount, row.currency),
        )
        for row in rows
    ]
    common.table("Trued up, before tax", columns, cells)


def print_positions(positions: "Sequence[PartyPosition]") -> None:
    """Print what each party is owed and owes."""
    typer.echo()
    columns = ("party", "book", "currency", "receivable", "payable", "net position")
    common.table("Net positions", columns, positions)


def print_held(held: "Sequence[HeldCdr]") -> None:
    """Print the CDRs that wait for something, by reason."""
    typer.echo()
    if not held:
        typer.echo("Nothing is held.")
        return
    columns = ("CDR", "ended at", "reasons", "stated net", "held on")
    rows = [
        (
            row.cdr,
            row.ended_at,
            row.reasons,
            common.money_cell(row.stated_net, row.currency),
            row.held_at.date(),
        )
        for row in held
    ]
    common.table("Held CDRs", columns, rows)
