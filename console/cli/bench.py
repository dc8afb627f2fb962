"""`clearwatt bench`: what every stage can take on this machine."""

from typing import Annotated, Any

import typer

from console.cli import common

_SIZES = (10_000, 100_000)
_LOCATIONS = 200_000
_POSTINGS = 6_000_000


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(bench)


def bench(
    *,
    sizes: Annotated[
        list[int] | None, typer.Option("--pairs", min=500, help="CDRs with a session each.")
    ] = None,
    with_register: Annotated[
        bool,
        typer.Option(
            "--register", help="A register of parties, agreements and 1,000,000 connectors."
        ),
    ] = False,
    locations: Annotated[
        int, typer.Option(min=500, help="Locations of the register, 5 connectors each.")
    ] = _LOCATIONS,
    postings: Annotated[
        int | None, typer.Option(min=10_000, help="A journal of so many postings.")
    ] = None,
) -> None:
    """Publish CDRs, each with a session's message, and measure every step; prints JSON.

    Without an option everything is measured, a large register too. Works in a database and topics
    of its own on the same servers, which are removed afterwards.
    """
    from console.bench.register_world import RegisterSize
    from console.bench.run import report

    def say(sentence: str) -> None:
        typer.echo(sentence, err=True)

    is_all = sizes is None and not with_register and postings is None
    found: dict[str, Any] = report(
        common.settings(),
        common.services(),
        sizes or (list(_SIZES) if is_all else []),
        register=RegisterSize(locations=locations) if is_all or with_register else None,
        postings=_POSTINGS if is_all else postings,
        say=say,
    )
    common.show(found, as_json=True, people=lambda: None)
