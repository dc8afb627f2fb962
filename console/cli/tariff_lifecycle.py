"""`clearwatt tariff draft|submit|approve|publish|withdraw|acknowledge`: a version's way.

Each decides on the log itself, and names a version `NL*XYZ/T1#2`.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common, options

if TYPE_CHECKING:
    from ledger.application.tariffs import VersionState

Version = Annotated[str, typer.Argument(metavar="TARIFF#N", help="Such as NL*XYZ/T1#2.")]
VersionOrFile = Annotated[
    str, typer.Argument(metavar="TARIFF#N|FILE", help="A draft, or an OCPI file to draft first.")
]


def register(tariff: typer.Typer) -> None:
    """Add the commands of this module to the group of tariffs."""
    for command in (draft, submit, approve, publish, withdraw, acknowledge):
        tariff.command(command.__name__)(command)


def draft(
    file: options.File,
    *,
    replaces: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Make this draft of the tariff anew.")
    ] = None,
    party: options.PartyOf211 = None,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Make a version of a tariff from an OCPI file, for a party that governs its tariffs here."""
    from console.tariffs.versions import statement_in
    from ledger.application.tariffs import draft_tariff

    by = common.acting(actor, at)
    statement = statement_in(file, party=party)
    with common.ledger() as ledger:
        reached = draft_tariff(ledger, statement, replaces=replaces, by=by, dry_run=dry_run)
    _show_reached(reached, dry_run=dry_run, as_json=as_json)


def submit(
    which: VersionOrFile,
    *,
    party: options.PartyOf211 = None,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Ask for a draft's approval; a FILE is drafted and submitted in one go.

    A tariff in which lint finds something wrong is refused.
    """
    from console.tariffs.versions import statement_in, version_name
    from ledger.application.tariffs import draft_tariff, submit_tariff

    by = common.acting(actor, at)
    if Path(which).is_file():
        statement = statement_in(Path(which), party=party)
        with common.ledger() as ledger:
            reached = draft_tariff(ledger, statement, submit=True, by=by, dry_run=dry_run)
    else:
        name = version_name(which)
        with common.ledger() as ledger:
            reached = submit_tariff(ledger, name.tariff, name.one, by=by, dry_run=dry_run)
    _show_reached(reached, dry_run=dry_run, as_json=as_json)


def approve(
    which: Version,
    *,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Approve a submitted version as a second person of finance: not who wrote or submitted it."""
    from console.tariffs.versions import version_name
    from ledger.application.tariffs import approve_tariff

    by, name = common.acting(actor, at), version_name(which)
    with common.ledger() as ledger:
        reached = approve_tariff(ledger, name.tariff, name.one, by=by, dry_run=dry_run)
    _show_reached(reached, dry_run=dry_run, as_json=as_json)


def publish(
    which: Version,
    *,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Put an approved version in force; the publisher sends it to the partners."""
    from console.tariffs.versions import version_name
    from ledger.application.tariffs import publish_tariff

    by, name = common.acting(actor, at), version_name(which)
    with common.ledger() as ledger:
        reached = publish_tariff(ledger, name.tariff, name.one, by=by, dry_run=dry_run)
    _show_reached(reached, dry_run=dry_run, as_json=as_json)


def withdraw(
    which: Version,
    *,
    reason: options.Why,
    withdrawn_from: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            parser=common.instant,
            metavar="INSTANT",
            help="Sessions from then on no longer have it; now by default.",
        ),
    ] = None,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Withdraw a version made here, or send it back before it is published.

    Of a published one, CDRs of sessions that started from then on are decided again.
    """
    from console.tariffs.versions import version_name
    from ledger.application.tariffs import withdraw_tariff

    by, name = common.acting(actor, at), version_name(which)
    with common.ledger() as ledger:
        reached = withdraw_tariff(
            ledger,
            name.tariff,
            name.one,
            reason=reason,
            withdrawn_from=withdrawn_from,
            by=by,
            dry_run=dry_run,
        )
    _show_reached(reached, dry_run=dry_run, as_json=as_json)


def acknowledge(
    which: Version,
    *,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Note that a partner's version was seen; it prices from its own dates on, seen or not."""
    from console.tariffs.versions import version_name
    from ledger.application.tariffs import acknowledge_tariff

    by, name = common.acting(actor, at), version_name(which)
    with common.ledger() as ledger:
        reached = acknowledge_tariff(ledger, name.tariff, name.one, by=by, dry_run=dry_run)
    _show_reached(reached, dry_run=dry_run, as_json=as_json)


def _show_reached(reached: "VersionState", *, dry_run: bool, as_json: bool) -> None:
    verb = "would be" if dry_run else "is"
    common.show(
        {**reached._asdict(), "dry_run": dry_run},
        as_json=as_json,
        people=lambda: typer.echo(f"{reached.tariff}#{reached.number} {verb} {reached.state}."),
    )
