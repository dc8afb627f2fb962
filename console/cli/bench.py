"""`clearwatt bench`: what every stage can take on this machine."""

from typing import Annotated, Any

import typer

from console.cli import common


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(bench)


def bench(
    *,
    sizes: Annotated[
        list[int] | None, typer.Option("--pairs", min=500, help="CDRs with a session each.")
    ] = None,
) -> None:
    """Publish CDRs, each with a session's message, and measure every step; prints JSON.

    Works in a database and topics of its own on the same servers, which are removed afterwards.
    """
    from console.bench.run import report

    def say(sentence: str) -> None:
        typer.echo(sentence, err=True)

    found: dict[str, Any] = report(
        common.settings(), common.services(), sizes or [10_000, 100_000], say=say
    )
    common.show(found, as_json=True, people=lambda: None)
