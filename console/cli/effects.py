"""What an action does to money: shown before it is done, and after."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import typer

from console.cli import common
from console.cli.errors import REFUSED

if TYPE_CHECKING:
    from ledger.application.acting import Effect


class Moved(NamedTuple):
    """What the sales of many CDRs are worth before and after, net, in one currency."""

    currency: str
    before: Decimal
    after: Decimal


def show_effects(effects: "Sequence[Effect]", *, dry_run: bool, as_json: bool) -> None:
    """Print what became of each CDR, with sums; ends with 1 where some were refused."""
    counted = dict.fromkeys(("done", "proposed", "refused"), 0)
    sums: defaultdict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in effects:
        counted[row.outcome] += 1
        sums[row.currency][0] += row.before
        sums[row.currency][1] += row.after
    moved = [Moved(currency, *both) for currency, both in sorted(sums.items()) if currency]
    document = {"dry_run": dry_run, **counted, "money": moved, "effects": effects}

    def people() -> None:
        rows = [_cells(row) for row in effects]
        columns = ("CDR", "outcome", "state", "net before", "net after", "", "entries", "why")
        common.table("Nothing was recorded" if dry_run else "", columns, rows, folds="why")
        for currency, before, after in moved:
            typer.echo(f"{before} {currency} before, {after} {currency} after")
        typer.echo(", ".join(f"{count} {name}" for name, count in counted.items()))
        if counted["proposed"]:
            typer.echo("What is proposed waits until another person does the same.")

    common.show(document, as_json=as_json, people=people)
    if counted["refused"]:
        raise typer.Exit(REFUSED)


def _cells(row: "Effect") -> tuple[object, ...]:
    why = ", ".join(refusal.reason.value for refusal in row.refusals)
    if row.outcome == "refused":
        why = "; ".join(str(refusal) for refusal in row.refusals)
    elif row.state not in ("held", "refused"):
        why = ""
    money = row.before, row.after, row.currency
    return row.cdr, row.outcome, row.state, *money, len(row.entries), why
