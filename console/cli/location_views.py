"""How `clearwatt location` prints what it found and did."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from console.cli import common

if TYPE_CHECKING:
    from console.sites.compared import SiteDifference
    from console.sites.listed import LocationRow
    from console.sites.shown import LocationShown
    from ledger.application.site_report import SiteFinding
    from ledger.application.sites import SiteDone
    from ledger.roaming.site_documents import SiteDocument


def show_done(done: "Sequence[SiteDone]", *, dry_run: bool, as_json: bool) -> None:
    """Print what became of each site."""

    def people() -> None:
        title = "Nothing was recorded" if dry_run else ""
        rows = [(row.site, row.outcome, row.number) for row in done]
        common.table(title, ("location", "outcome", "version"), rows)
        if any(row.outcome == "proposed" for row in done):
            typer.echo("What is proposed waits until another person approves it.")

    from console.sites.done import SitesDone

    common.show(SitesDone(dry_run, tuple(done)), as_json=as_json, people=people)


def print_location(found: "LocationShown") -> None:
    """Print a location: its picture, its document, its versions and its names."""
    from rich.console import Console

    from console.sites.tree import tree_of

    has_width = sys.stdout.isatty() or "COLUMNS" in os.environ
    Console(width=None if has_width else 200).print(tree_of(found))
    if found.goes_by != found.location:
        typer.echo(f"\nGoes by {found.goes_by}.")
    if found.document is not None:
        typer.echo()
        _print_document(found.document)
        if found.document_of != found.location:
            typer.echo(f"as registered of {found.document_of}")
    _section("Names", ("was", "became", "from", "because"), [tuple(row) for row in found.names])
    spans = [(row.valid_from, row.valid_until, row.reason) for row in found.suspensions]
    _section("Suspended", ("from", "until", "because"), spans)
    _section(
        "Register",
        ("version", "valid from", "valid until", "", "author", "approver", "at"),
        [
            (
                *(row.number, row.valid_from, row.valid_until, "in force" * row.in_force),
                *(row.author, row.approver, row.stated_at),
            )
            for row in found.versions
        ],
    )
    _section(
        "OCPI",
        ("version", "last updated", "", "name", "address", "city", "country", "time zone"),
        [(row.number, row.last_updated, "in force" * row.in_force, *row[3:]) for row in found.ocpi],
    )
    history = [(evse.uid, *_charger(row)) for evse in found.evses for row in evse.history]
    columns = ("EVSE", "from", "manufacturer", "model", "firmware", "configuration")
    _section("Chargers", columns, history)
    _section("Meters", _METER, [_meter(row) for row in found.meters])
    if found.proposal is not None:
        what = "a document" if found.proposal.version is not None else "a remap"
        typer.echo(f"\nProposed by {found.proposal.provenance.actor}: {what}. It waits.")


_METER = (
    "EVSE", "connector", "serial", "legal class", "MID", "calibrated on", "until", "from", "until",
    "key",
)  # fmt: skip


def _meter(row: Any) -> tuple[object, ...]:
    calibrated = row.calibrated_on, row.calibrated_until
    span = row.valid_from, row.valid_until
    signs = "yes" if row.public_key else ""
    return (
        row.evse_uid,
        row.connector_id,
        row.serial,
        row.legal_class,
        row.mid,
        *calibrated,
        *span,
        signs,
    )


def _charger(row: Any) -> tuple[object, ...]:
    return row.valid_from, row.manufacturer, row.model, row.firmware, row.configuration


def _print_document(document: "SiteDocument") -> None:
    lines = (
        ("owner", document.owner),
        ("operator", document.operator),
        ("host", document.host),
        ("country", document.country),
        ("time zone", document.time_zone),
        ("kind", document.kind),
        ("access", document.access),
        ("groups", ", ".join(document.groups)),
    )
    for name, value in lines:
        if value:
            typer.echo(f"{name:<10} {value}")


def _section(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        typer.echo()
        common.table(title, columns, rows)


def print_list(found: "Sequence[LocationRow]") -> None:
    """Print locations, one line each."""
    columns = ("location", "name", "city", "country", "EVSEs", "connectors", "kind", "access",
               "owner", "operator", "host", "groups", "")  # fmt: skip
    rows = [
        (*row[:11], ", ".join(row.groups), _missing(row.is_published, row.is_registered))
        for row in found
    ]
    common.table("Locations", columns, rows)


def _missing(is_published: bool, is_registered: bool) -> str:
    if is_published and is_registered:
        return ""
    return "not in the register" if is_published else "not published"


def print_differences(found: "Sequence[SiteDifference]") -> None:
    """Print in which fields documents differ."""
    for row in found:
        typer.echo(f"{row.site}  {row.path}")
        typer.echo(f"  - {row.before}")
        typer.echo(f"  + {row.after}")
    if not found:
        typer.echo("They say the same.")


def print_report(found: "Sequence[SiteFinding]") -> None:
    """Print what does not fit together."""
    if not found:
        typer.echo("Everything fits together.")
        return
    columns = ("code", "location", "where", "what", "")
    common.table("", columns, [(*row, row.sentence) for row in found])
    typer.echo(f"{len(found)} findings")
