"""`clearwatt quality reset-sequence`: where a sender's numbers begin anew, by a person's word."""

from typing import Annotated

import typer

from console.cli import common
from console.cli.errors import UsageError


def register(group: typer.Typer) -> None:
    """Add the command of this module to `clearwatt quality`."""
    group.command("reset-sequence")(reset_sequence)


def reset_sequence(
    sender: Annotated[str, typer.Argument(metavar="SENDER", help="The party that numbers.")],
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="Such as cdrs or cdrs.v1.")],
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the audit trail.")],
    from_number: Annotated[
        int | None, typer.Option("--from", min=1, help="Await no number below this one.")
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="The sender counts anew from 1; forget its numbers.")
    ] = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Let a sender's missing numbers go, or let it count anew after a new installation."""
    from ledger.application.sender_watch import reset_sequence as reset

    if restart == (from_number is not None):
        raise UsageError("WRONG_CALL", "Say --from NUMBER, or --restart.")
    by = common.acting(actor, at)
    number = from_number or 1
    with common.ledger() as ledger:
        reset(ledger, sender, topic, from_number=number, is_restart=restart, reason=reason, by=by)
    document = {"sender": sender, "topic": topic, "from_number": number, "restart": restart}
    common.show(
        document,
        as_json=as_json,
        people=lambda: typer.echo(f"{sender} counts on {topic} from {number} on."),
    )
