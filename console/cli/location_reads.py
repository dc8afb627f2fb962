"""`clearwatt location show|list|diff|check`: what is known of locations, from the log itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common, location_views, options
from console.cli.document_errors import refuse_unless_one_of
from console.cli.errors import REFUSED

if TYPE_CHECKING:
    from ledger.application.facts import View

Key = Annotated[str, typer.Argument(metavar="LOCATION", help="Such as NL*XYZ/LOC1.")]


def register(location: typer.Typer) -> None:
    """Add the commands of this module to the group of locations."""
    location.command("show")(show)
    location.command("list")(list_locations)
    location.command("diff")(diff)
    location.command("check")(check)


def show(
    which: Key,
    *,
    as_of: options.AsItWas = None,
    known_at: common.KnownAt = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Show a location: OCPI's versions, the register's, EVSEs, meters, and all its names."""
    from console.imports.sites import location_key
    from console.sites.shown import shown

    key = location_key(which)
    with _view(known_at) as view:
        found = shown(view, key, as_of or known_at or common.now(at))
    common.show(found, as_json=as_json, people=lambda: location_views.print_location(found))


def list_locations(
    *,
    party: Annotated[
        str | None, typer.Option(metavar="PARTY", help="As CPO, owner, operator or host.")
    ] = None,
    country: Annotated[str | None, typer.Option(metavar="CODE", help="Such as NL.")] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="highway, destination, depot …")
    ] = None,
    access: Annotated[
        str | None, typer.Option(metavar="CLASS", help="public, semi_public or private.")
    ] = None,
    host: Annotated[str | None, typer.Option(metavar="PARTY", help="Of this host.")] = None,
    group: Annotated[str | None, typer.Option(metavar="NAME", help="In this site group.")] = None,
    as_of: options.AsItWas = None,
    known_at: common.KnownAt = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """List the locations that OCPI or the register has."""
    from console.sites.listed import Filter, listed
    from ledger.roaming.site_documents import ACCESS_CLASSES, SITE_KINDS
    from ledger.values.identifiers import checked_party

    refuse_unless_one_of("--kind", kind, SITE_KINDS)
    refuse_unless_one_of("--access", access, ACCESS_CLASSES)
    wanted = Filter(
        checked_party(party) if party else None,
        country,
        kind,
        access,
        checked_party(host) if host else None,
        group,
    )
    with _view(known_at) as view:
        found = list(listed(view, wanted, as_of or known_at or common.now(at)))
    common.show(found, as_json=as_json, people=lambda: location_views.print_list(found))


def diff(
    before: Annotated[str, typer.Argument(metavar="LOCATION[#N]|FILE", help="NL*XYZ/LOC1#1.")],
    after: Annotated[
        str | None,
        typer.Argument(metavar="[LOCATION#N|FILE]", help="Else a file's sites as recorded."),
    ] = None,
    *,
    as_of: options.AsItWas = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Show in which fields documents differ: two versions, or files and what is recorded."""
    from console.sites.compared import compared

    with _view() as view:
        found = compared(view, before, after, as_of or common.now(at))
    common.show(found, as_json=as_json, people=lambda: location_views.print_differences(found))


def check(
    *, as_of: options.AsItWas = None, at: common.At = None, as_json: common.Json = False
) -> None:
    """Report duplicates, orphans, and what is missing or disagrees; ends with 1 where there is."""
    from ledger.application.site_report import report

    with _view() as view:
        found = report(view, as_of or common.now(at))
    rows = [{**row._asdict(), "sentence": row.sentence} for row in found]
    common.show(rows, as_json=as_json, people=lambda: location_views.print_report(found))
    if found:
        raise typer.Exit(REFUSED)


@contextmanager
def _view(known_at: datetime | None = None) -> "Iterator[View]":
    """Open the facts as they are recorded now, or as they were known."""
    from ledger.application.facts import View
    from ledger.application.known import facts_known

    with common.ledger() as ledger:
        yield View(facts_known(ledger, known_at=known_at))
