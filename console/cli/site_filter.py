"""Reports cut by place: the options that name sites, and the locations that they mean."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from console.cli import common
from console.cli.document_errors import refuse_unless_one_of

SiteKind = Annotated[
    str | None,
    typer.Option(
        "--site-kind",
        metavar="KIND",
        help="Charged at sites of this kind: highway, destination, depot …",
    ),
]
Access = Annotated[
    str | None,
    typer.Option(metavar="CLASS", help="public, semi_public or private."),
]
SiteGroup = Annotated[
    str | None,
    typer.Option("--site-group", metavar="NAME", help="In this group."),
]
Locations = Annotated[
    list[str] | None,
    typer.Option(
        "--location",
        metavar="LOCATION",
        help="At NL*XYZ/LOC1, under whatever name it had; repeat it.",
    ),
]
SitesAsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        parser=common.instant,
        metavar="DATE|INSTANT",
        help="Sites as the register has them then; now.",
    ),
]


def locations_meant(
    *,
    site_kind: str | None,
    access: str | None,
    site_group: str | None,
    location: Sequence[str] | None,
    as_of: datetime | None,
) -> list[str] | None:
    """Return the keys of the locations that the options mean, None where they mean every place.

    Raises UsageError UNKNOWN_VALUE. Refuses: WRONG_IDENTIFIER.
    """
    if not any((site_kind, access, site_group, location)):
        return None
    from console.sites.chosen import Choice, chosen_keys
    from ledger.application.facts import View
    from ledger.roaming.site_documents import ACCESS_CLASSES, SITE_KINDS

    refuse_unless_one_of("--site-kind", site_kind, SITE_KINDS)
    refuse_unless_one_of("--access", access, ACCESS_CLASSES)
    choice = Choice(site_kind, access, site_group, location or None)
    with common.ledger() as ledger:
        ledger.refresh()
        return chosen_keys(View(ledger.facts), choice, as_of or common.now())
