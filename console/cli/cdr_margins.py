"""`clearwatt cdr margins`: what stays with an eMSP of what it sells to its drivers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common

if TYPE_CHECKING:
    from projections.queries.margin import Margin


def register(cdr: typer.Typer) -> None:
    """Add the command of this module to the group."""
    cdr.command("margins")(list_margins)


def list_margins(
    *,
    party: Annotated[
        str | None, typer.Option(metavar="PARTY", help="Of one eMSP, or one CPO's CDRs.")
    ] = None,
    period: Annotated[
        str | None, typer.Option(metavar="PERIOD", help="Posted in this settlement period.")
    ] = None,
    known_at: common.KnownAt = None,
    as_json: common.Json = False,
) -> None:
    """Sum up per eMSP, CPO and month what is left of retail after wholesale, fees and shares.

    Before tax, as recorded, what was given back taken off. CDRs whose sales are in several
    currencies have a row for each, and no margin.
    """
    from projections.database import reading
    from projections.queries.margin import margins

    with reading(common.services().database_url) as connection:
        wanted = party.upper() if party else None
        found = margins(connection, party=wanted, period=period, known_at=known_at)
    common.show(found, as_json=as_json, people=lambda: print_margins(found))


def print_margins(found: "Sequence[Margin]") -> None:
    """Print what an eMSP sold and paid, and what stays with it."""
    rows = [
        (
            *(row.emsp, row.cpo, row.month, row.cdrs, row.retail, row.wholesale, row.fees),
            "several currencies" if row.margin is None else row.margin,
            row.currency,
        )
        for row in found
    ]
    sums = ("retail", "wholesale", "fees", "margin", "currency")
    common.table("What stays with the eMSP", ("eMSP", "CPO", "month", "CDRs", *sums), rows)
