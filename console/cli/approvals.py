"""`clearwatt cdr approve|approvals`: what the buyer accepted, and what nobody objected to."""

from typing import Annotated

import typer

from console.cli import common
from console.cli.choosing import record_of
from console.cli.errors import REFUSED, UsageError

Pair = Annotated[
    str | None, typer.Option(metavar="PAIR", help="Of an agreement, such as NL*XYZ>DE*EMP.")
]


def register(cdr: typer.Typer) -> None:
    """Add the commands of this module to the group."""
    cdr.command("approve")(approve)
    cdr.command("approvals")(approvals)


def approve(
    which: Annotated[
        list[str] | None, typer.Argument(metavar="[CDR]...", help="Such as NL*XYZ/CDR-0001.")
    ] = None,
    *,
    pair: Pair = None,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Record the eMSP's acceptance of CDRs that wait for objections, or of all of a pair.

    A CDR with an open dispute is not approved. Ends with 1 where one of those named was not.
    """
    from ledger.application.approving import accept_cdrs, accept_pair

    if bool(which) == (pair is not None):
        raise UsageError("NOTHING_CHOSEN", "Name CDRs, or a pair with --pair.")
    if pair is not None and dry_run:
        raise UsageError("NOTHING_CHOSEN", "A dry run is for CDRs that are named.")
    by = common.acting(actor, at)
    with common.ledger() as ledger:
        if pair is not None:
            approved = accept_pair(ledger, pair, by=by)
            common.show(
                {"pair": pair, "approved": approved},
                as_json=as_json,
                people=lambda: typer.echo(f"{pair}: {approved} CDRs approved"),
            )
            return
        keys = [record_of(name) for name in which or ()]
        outcomes = accept_cdrs(ledger, keys, by=by, dry_run=dry_run)
    documents = [
        {"cdr": cdr, "approved": reason is None, "reason": reason and reason.value}
        for cdr, reason in outcomes.items()
    ]

    def people() -> None:
        said = "would be approved" if dry_run else "approved"
        for cdr, reason in outcomes.items():
            typer.echo(f"{cdr}: {said if reason is None else f'not approved, {reason.value}'}")

    common.show(documents, as_json=as_json, people=people)
    if any(reason is not None for reason in outcomes.values()):
        raise typer.Exit(REFUSED)


def approvals(
    *,
    pair: Pair = None,
    known_at: common.KnownAt = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many batches.")] = 100,
    as_json: common.Json = False,
) -> None:
    """List what was approved, a batch a row: by the window's end, an acceptance or a review."""
    from projections.database import reading
    from projections.queries.approval import approval_batches

    with reading(common.services().database_url) as connection:
        found = approval_batches(connection, pair=pair, known_at=known_at, limit=limit)

    def people() -> None:
        columns = ("pair", "by", "CDRs", "hash of the list", "actor", "recorded at")
        rows = [
            (row.pair, row.approved_by, row.cdr_count, f"{row.cdr_list_sha256[:12]}…", row.actor,
             row.recorded_at)
            for row in found
        ]  # fmt: skip
        common.table("Approvals", columns, rows)

    common.show(found, as_json=as_json, people=people)
