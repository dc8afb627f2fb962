"""`clearwatt session draft-cdr`: a CDR from a completed session, for a CPO that makes none."""

from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common
from console.cli.errors import REFUSED, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from console.drafting.recorded import Drafts
    from console.drafting.sending import Drafted
    from ledger.application.commands import By

Publish = Annotated[
    bool, typer.Option("--publish/--dry-run", help="Publish it, or only show what would be.")
]
_SHOWN = 20
"""So many drafts people are shown; the document of --json has all of them."""


def register(group: typer.Typer) -> None:
    """Add the command of this module to `clearwatt session`."""
    group.command("draft-cdr")(draft_cdr)


def draft_cdr(
    which: Annotated[
        str | None, typer.Argument(metavar="SESSION", help="Party and id, such as NL*XYZ/S-17.")
    ] = None,
    *,
    all_unbilled: Annotated[
        bool, typer.Option("--all-unbilled", help="All completed sessions that no CDR names.")
    ] = False,
    party: Annotated[
        str | None, typer.Option(metavar="NL*XYZ", help="The CPO, with --all-unbilled.")
    ] = None,
    publish: Publish = True,
    as_: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Make a CDR from a completed session and publish it as its CPO would.

    Charging periods are cut at every price change of the tariff version that was valid when the
    session started. Ends with 1 where a session was refused.
    """
    if (which is None) != all_unbilled or all_unbilled != (party is not None):
        raise UsageError("WRONG_CALL", "Name a SESSION, or --all-unbilled with --party.")
    by = common.acting(as_, at)
    drafts = _drafted(which, party, by)
    if publish and drafts.cdrs:
        send_all(drafts.cdrs, at=by.at)
    document = {
        "published": len(drafts.cdrs) if publish else 0,
        "drafted": [row.model_dump(mode="json", exclude_none=True) for row in drafts.cdrs],
        "refused": drafts.refused,
    }
    common.show(document, as_json=as_json, people=lambda: _tell(drafts, publish=publish))
    if drafts.refused:
        raise typer.Exit(REFUSED)


def _drafted(which: str | None, party: str | None, by: "By") -> "Drafts":
    from console.drafting.recorded import Drafts, draft_of, drafts_of_unbilled, session_key
    from ledger.application.facts import View
    from ledger.application.permissions import require_role
    from ledger.values.identifiers import checked_party

    with common.ledger() as ledger:
        ledger.refresh()
        require_role(View(ledger.facts), by, "operations", "finance")
        if which is not None:
            return Drafts((draft_of(ledger, session_key(which)),), ())
        return drafts_of_unbilled(ledger, checked_party(party or ""))


def send_all(messages: "Sequence[Drafted]", *, at: "datetime") -> int:
    """Publish messages with their progress on a terminal; return how many were confirmed."""
    from console.cli.progress import progress
    from console.cli.publish import producer
    from console.drafting.sending import send

    with progress("Publishing", total=len(messages)) as step, producer() as opened:
        return send(opened, messages, at=at, on_sent=step)


def _tell(drafts: "Drafts", *, publish: bool) -> None:
    verb = "published" if publish else "would be published"
    typer.echo(f"{len(drafts.cdrs)} CDRs {verb}.")
    if drafts.cdrs:
        rows = [
            (
                row.id,
                row.session_id,
                row.tariffs[0].id,
                len(row.charging_periods),
                row.total_energy,
                common.money_cell(row.total_cost.before_taxes, row.currency),
            )
            for row in drafts.cdrs[:_SHOWN]
        ]
        columns = ("CDR", "session", "tariff", "periods", "kWh", "before taxes")
        common.table("", columns, rows)
    for refused in drafts.refused:
        typer.echo(f"{refused.session}: {refused.sentence}", err=True)
