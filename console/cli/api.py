"""`clearwatt api run`, `clearwatt api token new|revoke|list`: the HTTP API, who may use it."""

from datetime import timedelta
from typing import Annotated, Final

import typer

from console.cli import common, options
from console.cli.logs import configure_logging

LONGEST_DAYS: Final = 400

api = typer.Typer(no_args_is_help=True, help="The HTTP API, and the tokens that open it.")
token = typer.Typer(no_args_is_help=True, help="Bearer tokens of registered actors.")


def register(app: typer.Typer) -> None:
    """Add the command groups of this module."""
    api.add_typer(token, name="token")
    app.add_typer(api, name="api")


@api.command("run")
def run(
    *,
    host: Annotated[str | None, typer.Option(help="Where to listen; see the settings.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 takes a free one; see the settings.")
    ] = None,
) -> None:
    """Answer HTTP requests until SIGTERM or SIGINT; behind a proxy that speaks TLS."""
    from console.api.app import create_app
    from console.api.server import listen, serve

    settings = common.settings()
    configure_logging(settings.log_level)
    common.services()
    app = create_app(
        lambda: common.open_ledger(loads_all=False), max_body_bytes=settings.api_max_body_bytes
    )
    listening = listen(host or settings.api_host, settings.api_port if port is None else port)
    serve(app, listening)


@token.command("new")
def new(
    actor: Annotated[str, typer.Argument(metavar="ACTOR", help="A registered actor.")],
    *,
    days: Annotated[int, typer.Option(min=1, max=LONGEST_DAYS, help="How long it is good.")] = 90,
    label: Annotated[str, typer.Option(metavar="TEXT", help="What it is for.")] = "",
    dry_run: common.DryRun = False,
    by_name: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Make a token that proves an actor, and print it once: only its hash is kept. For admins."""
    from console.api.tokens import new_token
    from ledger.application.tokens import hash_of_token, issue_token

    by, secret = common.acting(by_name, at), new_token()
    with common.ledger() as ledger:
        issued = issue_token(
            ledger,
            actor,
            hash_of_token(secret),
            valid_until=by.at + timedelta(days=days),
            label=label,
            by=by,
            dry_run=dry_run,
        )
    document = {
        "dry_run": dry_run,
        "actor": actor,
        "id": issued.id,
        "valid_until": issued.valid_until,
        "token": None if dry_run else secret,
    }

    def people() -> None:
        until = issued.valid_until.isoformat().replace("+00:00", "Z")
        if dry_run:
            typer.echo(f"Nothing was recorded: {actor} may have a token until {until}.")
            return
        typer.echo(secret)
        typer.echo(f"Token {issued.id} of {actor}, until {until}. It is shown once.", err=True)

    common.show(document, as_json=as_json, people=people)


@token.command("revoke")
def revoke(
    which: Annotated[str, typer.Argument(metavar="ID", help="As `list` names it.")],
    *,
    reason: options.Why,
    dry_run: common.DryRun = False,
    by_name: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """End a token at once. For admins."""
    from ledger.application.tokens import revoke_token

    by = common.acting(by_name, at)
    with common.ledger() as ledger:
        actor = revoke_token(ledger, which, reason=reason, by=by, dry_run=dry_run)
    said = "would be" if dry_run else "is"
    common.show(
        {"dry_run": dry_run, "id": which, "actor": actor},
        as_json=as_json,
        people=lambda: typer.echo(f"Token {which} of {actor} {said} revoked."),
    )


@token.command("list")
def list_tokens(
    *,
    actor: Annotated[str | None, typer.Option(metavar="NAME", help="Of one actor.")] = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """List who was given tokens, what for, and which are good."""
    from console.api.tokens import token_rows
    from ledger.application.facts import View

    with common.ledger() as ledger:
        ledger.refresh()
        found = token_rows(View(ledger.facts), common.now(at), actor=actor)

    def people() -> None:
        columns = ("token", "actor", "roles", "for", "state", "until", "revoked at")
        rows = [
            (row.id, row.actor, ", ".join(row.roles), *row[3:6], row.revoked_at) for row in found
        ]
        common.table("Tokens", columns, rows)

    common.show(found, as_json=as_json, people=people)
