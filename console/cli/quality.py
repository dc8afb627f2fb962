"""`clearwatt quality show`: how good what partners send is, and where differences come from."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common, numbering, options, site_filter

if TYPE_CHECKING:
    from projections.queries.quality import Differences, HeldMoney, PartyQuality

quality = typer.Typer(no_args_is_help=True, help="The quality of what partners send.")
_WORST = 10


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    numbering.register(quality)
    app.add_typer(quality, name="quality")


@quality.command("show")
def show_quality(
    *,
    party: options.Cpo = None,
    from_day: Annotated[
        date | None,
        typer.Option("--from", parser=common.day, metavar="DATE", help="Charges that ended since."),
    ] = None,
    until_day: Annotated[
        date | None,
        typer.Option("--until", parser=common.day, metavar="DATE", help="And before this day."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="So many places of each kind.")] = _WORST,
    site_kind: site_filter.SiteKind = None,
    access: site_filter.Access = None,
    site_group: site_filter.SiteGroup = None,
    location: site_filter.Locations = None,
    as_of: site_filter.SitesAsOf = None,
    known_at: common.KnownAt = None,
    as_json: common.Json = False,
) -> None:
    """Show each CPO's rates, money held, and the sites, chargers, software and days that differ.

    Cut by place, exceptions are those about CDRs and about the locations themselves.
    """
    from projections.database import reading
    from projections.queries.quality import (
        GROUPS,
        Asked,
        differences,
        held_money,
        party_qualities,
    )

    places = site_filter.locations_meant(
        site_kind=site_kind, access=access, site_group=site_group, location=location, as_of=as_of
    )
    asked = Asked(party.upper() if party else None, from_day, until_day, known_at, places)
    with reading(common.services().database_url) as connection:
        parties = party_qualities(connection, asked)
        held = held_money(connection, asked)
        groups: dict[str, list[Differences]] = {
            name: differences(connection, asked, by=name, limit=limit) for name in GROUPS
        }
    document = {
        "parties": [{**row._asdict(), **_rates(row)} for row in parties],
        "held": held,
        "differences": groups,
    }
    common.show(document, as_json=as_json, people=lambda: _print_quality(parties, held, groups))


def _rates(row: "PartyQuality") -> dict[str, object]:
    return {
        "match_rate_percent": row.match_rate_percent,
        "on_time_percent": row.on_time_percent,
        "price_difference_percent": row.price_difference_percent,
        "exceptions_per_1000": row.exceptions_per_1000,
    }


def _print_quality(
    parties: "list[PartyQuality]",
    held: "list[HeldMoney]",
    groups: "dict[str, list[Differences]]",
) -> None:
    money: dict[str, list[str]] = {}
    for row in held:
        money.setdefault(row.party, []).append(common.money_cell(row.held_net, row.currency))
    rows = [
        (
            *(row.party, row.cdrs, *_rates(row).values(), row.mean_hours_to_resolve),
            *(row.waits, ", ".join(money.get(row.party, ()))),
        )
        for row in parties
    ]
    rates = ("matched %", "on time %", "other price %", "exceptions per 1,000")
    columns = ("CPO", "CDRs", *rates, "hours to resolve", "held", "held net")
    common.table("Quality", columns, rows)
    for name, found in groups.items():
        if found:
            lines = [
                (row.party, row.value, row.cdrs, row.different, row.different_percent, row.price)
                for row in found
            ]
            headings = ("CPO", name, "CDRs", "differ", "%", "in price")
            common.table(f"Differences by {name}", headings, lines)
