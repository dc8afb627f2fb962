"""`clearwatt move-in check|run|approve|find|reverse`: from another platform to this one.

`check` tries everything and prints the plan's hash; `run` does what was checked, and nothing else;
`approve` is the second person's word.
"""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from console.cli import common, options
from console.cli.errors import REFUSED

if TYPE_CHECKING:
    from console.imports.opening import Plan, Rehearsed
    from ledger.values.reasons import Refusal

move_in = typer.Typer(no_args_is_help=True, help="Moving in from another platform.")

Folder = Annotated[
    Path, typer.Argument(metavar="FOLDER", exists=True, file_okay=False, help="With manifest.yaml.")
]
PlanHash = Annotated[
    str, typer.Option("--plan", metavar="HASH", help="What `move-in check` printed.")
]


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    app.add_typer(move_in, name="move-in")


@move_in.command("check")
def check(
    folder: Folder,
    *,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Try everything and record nothing: all errors at once, what books open with, the hash."""
    from console.imports.opening import read_plan, rehearse

    by = common.acting(actor, at)
    plan, refusals = read_plan(folder)
    if plan is None:
        _end_with(refusals, as_json=as_json)
    with common.ledger() as ledger:
        found = rehearse(ledger, plan, by=by)
    if refusals or found.refusals:
        _end_with([*refusals, *found.refusals], as_json=as_json)
    _show(plan, found, "would be recorded", as_json=as_json)


@move_in.command("run")
def run(
    folder: Folder,
    *,
    plan: PlanHash,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Record the plan that was checked; what takes a second person waits for `approve`."""
    from console.cli.publish import producer
    from console.imports.opening import carry_out, sent_to
    from ledger.values.reasons import Refused

    by, read = common.acting(actor, at), _plan(folder, plan, as_json=as_json)
    with common.ledger() as ledger, producer() as sends:
        try:
            done = carry_out(ledger, read, send=lambda row: sent_to(sends, row, by=by), by=by)
        except Refused as refused:
            _end_with(refused.refusals, as_json=as_json)
    _show(read, done, "recorded", as_json=as_json)


@move_in.command("approve")
def approve_plan(
    folder: Folder,
    *,
    plan: PlanHash,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Approve what another person's `run` submitted: accounts, agreements, opening balances."""
    from console.imports.opening import approve

    by, read = common.acting(actor, at), _plan(folder, plan, as_json=as_json)
    with common.ledger() as ledger:
        done = approve(ledger, read, by=by)
    said = "\n".join(done) or "Nothing waits for approval."
    common.show(
        {"plan": read.sha256, "approved": done}, as_json=as_json, people=lambda: typer.echo(said)
    )


@move_in.command("find")
def find(
    id: Annotated[str, typer.Argument(metavar="ID", help="The old id, or ours.")],
    *,
    as_json: common.Json = False,
) -> None:
    """Find a record by the id it had on its platform, or by ours."""
    from ledger.values.reasons import Reason, Refusal, Refused
    from projections.database import reading
    from projections.queries.moved import moved_ids

    with reading(common.services().database_url) as connection:
        found = moved_ids(connection, id)
    if not found:
        raise Refused(Refusal(Reason.NOT_FOUND, "id", "an id that moved in", id))

    def people() -> None:
        columns = ("platform", "kind", "old id", "record", "recorded at")
        rows = [(row.platform, row.kind, row.old_id, row.new_key, row.recorded_at) for row in found]
        common.table("Moved in", columns, rows)

    common.show(found, as_json=as_json, people=people)


@move_in.command("reverse")
def reverse(
    book: Annotated[str, typer.Argument(metavar="BOOK", help="Such as xyz-bv.")],
    *,
    reason: options.Why,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Take a book's opening balances back: one proposes it, another one does it the same way."""
    from ledger.application.opening import reverse_opening

    by = common.acting(actor, at)
    with common.ledger() as ledger:
        done = reverse_opening(ledger, book, reason=reason, by=by, dry_run=dry_run)
    document = {"book": book, "outcome": done.outcome, "dry_run": dry_run}
    common.show(document, as_json=as_json, people=lambda: typer.echo(f"{book}: {done.outcome}"))


def _plan(folder: Path, sha256: str, *, as_json: bool) -> "Plan":
    """Return the folder's plan; ends where files are wrong. Refuses: PLAN_DIFFERS."""
    from console.imports.opening import read_plan
    from ledger.values.reasons import Reason, Refusal, Refused

    plan, refusals = read_plan(folder)
    if plan is None or refusals:
        _end_with(refusals, as_json=as_json)
    if plan.sha256 != sha256:
        raise Refused(Refusal(Reason.PLAN_DIFFERS, "plan", sha256, plan.sha256))
    return plan


def _end_with(refusals: "Sequence[Refusal]", *, as_json: bool) -> NoReturn:
    from console.cli.document_errors import show_errors

    show_errors(refusals, as_json=as_json)
    raise typer.Exit(REFUSED)


def _show(plan: "Plan", found: "Rehearsed", said: str, *, as_json: bool) -> None:
    document = {
        "plan": plan.sha256,
        "platform": plan.manifest.platform,
        "cut_over": plan.manifest.cut_over,
        "files": plan.files,
        "counts": found.counts,
        "totals": found.totals,
    }

    def people() -> None:
        counts = ", ".join(f"{kind} {number}" for kind, number in found.counts.items() if number)
        typer.echo(f"From {plan.manifest.platform} {said}: {counts}.\n")
        if found.totals:
            columns = (
                *("book", "currency", "accounts", "debit", "credit", "equity:opening"),
                *("book currency", "debit", "credit"),
            )
            rows = [(*row[:5], _sided(row.equity), *row[6:]) for row in found.totals]
            common.table("Opening balances", columns, rows)
        typer.echo(f"\nPlan {plan.sha256}")

    common.show(document, as_json=as_json, people=people)


def _sided(amount: Decimal) -> str:
    """Return an amount with its side, so that nobody reads a sign.

    >>> _sided(Decimal("-3.50"))
    '3.50 credit'
    """
    return f"{abs(amount)} {'debit' if amount > 0 else 'credit'}" if amount else "0"
