"""How disputes look to people: a list, one dispute after a command, and what that books."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from console.cli import common

if TYPE_CHECKING:
    from ledger.application.dispute_desk import Disputed
    from ledger.values.entries import Entry
    from projections.queries.dispute import DisputeRow


def print_list(found: "Sequence[DisputeRow]") -> None:
    """Print where disputes stand."""
    columns = ("dispute", "state", "outcome", "by", "against", "reason", "net", "gross", "granted",
               "CDRs", "due at")  # fmt: skip
    rows = [
        (
            row.dispute,
            row.state,
            row.outcome,
            row.opened_by,
            row.against,
            row.reason_code,
            common.money_cell(row.net, row.currency),
            common.money_cell(row.gross, row.currency),
            common.money_cell(row.granted_gross, row.currency),
            row.cdrs,
            row.due_at,
        )
        for row in found
    ]
    common.table("Disputes", columns, rows)


def print_done(done: "Disputed", *, as_json: bool, dry_run: bool) -> None:
    """Print a dispute as a command leaves it, or would, and what the command books."""

    def people() -> None:
        how = f", {done.outcome}" if done.outcome else ""
        would = "would be" if dry_run else "is"
        typer.echo(f"{done.dispute} {would} {done.state}{how}")
        if done.claim is not None:
            claim = done.claim
            typer.echo(
                f"  {claim.opened_by} against {claim.against}, {claim.reason_code}: {claim.net}"
                f" {claim.currency}, {claim.gross} with tax"
            )
        if done.deadlines is not None and done.state == "opened":
            typer.echo(f"  answer due {done.deadlines.answer_due_at.isoformat()}")
        typer.echo("\n".join(_lines_of(done.entries)) or "  Nothing is booked.")

    common.show(done, as_json=as_json, people=people)


def _lines_of(entries: "tuple[Entry, ...]") -> list[str]:
    lines = []
    for entry in entries:
        lines.append(f"  {entry.book} {entry.rule}{' reverses' if entry.reverses else ''}")
        for posting in entry.postings:
            amount = f"{posting.amount:>14} {entry.currency}"
            if entry.currency != entry.book_currency:
                amount += f"  = {posting.book_amount} {entry.book_currency}"
            lines.append(f"    {posting.side:<6}  {posting.account:<32}{amount}")
    return lines
