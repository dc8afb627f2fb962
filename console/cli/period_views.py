"""Settlement periods as people read them: previews, true-ups, what falls due, positions."""

from typing import TYPE_CHECKING

import typer

from console.cli import common
from console.cli.fx_views import print_revalued

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.close_preview import Preview
    from ledger.books.due_groups import GroupDue
    from ledger.settlement.true_up import Adjustment
    from projections.queries.control import ControlAccount
    from projections.queries.period import HeldCdr, PartyPosition
    from projections.queries.split import SplitRow


def print_preview(found: "Preview") -> None:
    """Print a preview for people."""
    figures = found.figures
    typer.echo(f"{found.period} is {found.state}: {figures.cdr_count} CDRs")
    typer.echo(f"SHA-256 of their list: {figures.cdr_list_sha256}")
    print_positions(found.positions)
    print_held(found.held)
    typer.echo()
    print_true_up(found.true_up)
    if found.true_up:
        clauses = "1 clause" if len(found.true_up) == 1 else f"{len(found.true_up)} clauses"
        typer.echo(
            f"\nThe true-up of {clauses} is booked first:"
            " positions, what falls due and what is revalued are shown without it.\n"
        )
    print_falling_due(found.falling_due)
    print_revalued(found.revaluation)
    print_controls(found.controls)
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


def print_falling_due(found: "Sequence[GroupDue]") -> None:
    """Print what is accrued and becomes due, by invoice group."""
    if not found:
        typer.echo("Everything accrued has fallen due.")
        return
    columns = ("seller", "buyer", "invoice group", "accrued", "tax accrued", "due", "tax due",
               "by the buyer")  # fmt: skip
    rows = [
        (
            row.group.seller,
            row.group.buyer,
            row.name.removeprefix("invoice group "),
            row.accrued_net,
            row.accrued_tax,
            common.money_cell(row.net, row.group.currency),
            row.tax,
            row.self_assessed or "",
        )
        for row in found
    ]
    common.table("What is accrued falls due, rounded once per invoice group", columns, rows)


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


def print_controls(accounts: "Sequence[ControlAccount]") -> None:
    """Print the control accounts that are not zero, or have items."""
    from console.reports.control import control_report
    from console.reports.render import table_of

    open_ones = [row for row in accounts if row.balance or row.book_balance or row.items]
    typer.echo()
    if not open_ones:
        typer.echo("Every control account is zero.")
        return
    for piece in table_of(control_report(open_ones), width=common.table_width(to_file=False)):
        typer.echo(piece, nl=False)


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
