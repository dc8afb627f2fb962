"""`clearwatt location import|submit|approve|reject|suspend|remap`: what people record of sites.

OCPI's locations arrive by topic; `location_reads` shows both. A location is named `NL*XYZ/LOC1`,
an EVSE of it `NL*XYZ/LOC1/E1`.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common, location_reads, location_views, options
from console.cli.document_errors import show_errors
from console.cli.errors import REFUSED
from console.cli.location_reads import Key

if TYPE_CHECKING:
    from ledger.roaming.remaps import Identity

location = typer.Typer(
    no_args_is_help=True, help="Locations: who is behind them, what stands there, what they were."
)

Place = Annotated[str, typer.Argument(metavar="LOCATION[/EVSE]", help="Such as NL*XYZ/LOC1/E1.")]
ValidFrom = Annotated[
    datetime,
    typer.Option("--from", parser=common.instant, metavar="INSTANT", help="From then on."),
]


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    location_reads.register(location)
    app.add_typer(location, name="location")


@location.command("import")
def import_sites(
    source: options.Documents,
    *,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Record documents of sites, all or none; a change of operator waits for a second person."""
    _register(source, submit=False, dry_run=dry_run, actor=actor, at=at, as_json=as_json)


@location.command("submit")
def submit(
    source: options.Documents,
    *,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Propose documents of sites: each is recorded when another person approves it."""
    _register(source, submit=True, dry_run=dry_run, actor=actor, at=at, as_json=as_json)


@location.command("approve")
def approve(
    which: Key,
    *,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Approve, as a second person, what is proposed of a location: a document or a remap."""
    from console.imports.sites import location_key
    from ledger.application.sites import approve_site

    by, key = common.acting(actor, at), location_key(which)
    with common.ledger() as ledger:
        done = approve_site(ledger, key, by=by, dry_run=dry_run)
    location_views.show_done([done], dry_run=dry_run, as_json=as_json)


@location.command("reject")
def reject(
    which: Key,
    *,
    reason: options.Why,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Drop what is proposed of a location."""
    from console.imports.sites import location_key
    from ledger.application.sites import reject_site

    by, key = common.acting(actor, at), location_key(which)
    with common.ledger() as ledger:
        done = reject_site(ledger, key, reason=reason, by=by, dry_run=dry_run)
    location_views.show_done([done], dry_run=dry_run, as_json=as_json)


@location.command("suspend")
def suspend(
    which: Key,
    *,
    valid_from: ValidFrom,
    valid_until: Annotated[
        datetime | None,
        typer.Option("--until", parser=common.instant, metavar="INSTANT", help="Until then."),
    ] = None,
    reason: options.Why,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Let nothing be charged at a location for a time; what is, is held.

    Said again with the same --from and an --until, it ends then.
    """
    from console.imports.sites import location_key
    from ledger.application.sites import suspend_site
    from ledger.roaming.site_version import Suspension

    by, key = common.acting(actor, at), location_key(which)
    wanted = Suspension(valid_from, reason, valid_until)
    with common.ledger() as ledger:
        done = suspend_site(ledger, key, wanted, by=by, dry_run=dry_run)
    location_views.show_done([done], dry_run=dry_run, as_json=as_json)


@location.command("remap")
def remap(
    old: Place,
    new: Place,
    *,
    valid_from: ValidFrom,
    reason: options.Why,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Record that a location or an EVSE goes on under another id; both ids find it afterwards.

    Another CPO's id is a change of operator: it waits for a second person.
    """
    from ledger.application.sites import remap_site

    by = common.acting(actor, at)
    before, after = _identity(old), _identity(new)
    with common.ledger() as ledger:
        done = remap_site(
            ledger, before, after, valid_from=valid_from, reason=reason, by=by, dry_run=dry_run
        )
    location_views.show_done([done], dry_run=dry_run, as_json=as_json)


def _register(
    source: Path,
    *,
    submit: bool,
    dry_run: bool,
    actor: str | None,
    at: datetime | None,
    as_json: bool,
) -> None:
    """Record what files state; with an error anywhere nothing, and every error is said."""
    from console.imports.sites import read_sites
    from console.sites.done import record_sites
    from ledger.values.reasons import Reason, Refused

    by = common.acting(actor, at)
    stated, refusals = read_sites(source)
    try:
        with common.ledger() as ledger:
            done = record_sites(ledger, stated, refusals, submit=submit, by=by, dry_run=dry_run)
    except Refused as refused:
        if refused.reason in (Reason.ACTOR_UNKNOWN, Reason.ROLE_MISSING):
            raise
        show_errors(refused.refusals, as_json=as_json)
        raise typer.Exit(REFUSED) from None
    location_views.show_done(done.sites, dry_run=dry_run, as_json=as_json)


def _identity(text: str) -> "Identity":
    """Return a location or an EVSE as people name it. Refuses: WRONG_IDENTIFIER."""
    from console.imports.sites import location_key
    from ledger.roaming.remaps import Identity

    party, _, rest = text.partition("/")
    place, _, evse_uid = rest.partition("/")
    return Identity(location_key(f"{party}/{place}"), evse_uid)
