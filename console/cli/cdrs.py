"""`clearwatt cdr list|show|explain`: what a CDR stated, what was decided and booked, and why.

What gives money back, `credit` and `adjust`, is in `cdr_credits`, `margins` in `cdr_margins`.
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.cli import approvals, cdr_credits, cdr_margins, common, options, site_filter
from console.cli.choosing import record_of
from console.cli.explanation import print_exceptions, print_explanation

if TYPE_CHECKING:
    from projections.queries.period import ListedCdr
    from projections.queries.receipt import Explanation

cdr = typer.Typer(no_args_is_help=True, help="Charge detail records.")


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    cdr_credits.register(cdr)
    cdr_margins.register(cdr)
    approvals.register(cdr)
    app.add_typer(cdr, name="cdr")


@cdr.command("list")
def list_cdrs(
    *,
    period: Annotated[
        str | None, typer.Option(metavar="PERIOD", help="With entries in this settlement period.")
    ] = None,
    state: Annotated[
        str | None, typer.Option(help="held, refused, excluded, accepted or credited.")
    ] = None,
    standing: Annotated[
        str | None, typer.Option(help="valid, adjusted, credited or excluded.")
    ] = None,
    party: Annotated[
        str | None, typer.Option(metavar="PARTY", help="Sold or bought by one party.")
    ] = None,
    late: Annotated[bool, typer.Option("--late", help="Booked later than served.")] = False,
    disputed: Annotated[bool, typer.Option("--disputed", help="In an open dispute.")] = False,
    site_kind: site_filter.SiteKind = None,
    access: site_filter.Access = None,
    site_group: site_filter.SiteGroup = None,
    location: site_filter.Locations = None,
    as_of: site_filter.SitesAsOf = None,
    limit: options.Limit = 100,
    as_json: common.Json = False,
) -> None:
    """List CDRs, one row for each period that has entries of it; of one not booked, what it states.

    `booked` is what the period holds of the sale, gross: nothing of what was credited in it.
    """
    from projections.database import reading
    from projections.queries.period import cdr_list

    places = site_filter.locations_meant(
        site_kind=site_kind, access=access, site_group=site_group, location=location, as_of=as_of
    )
    with reading(common.services().database_url) as connection:
        found = cdr_list(
            connection,
            period=period,
            state=state,
            standing=standing,
            party=party,
            late=late,
            disputed=disputed,
            locations=places,
            limit=limit,
        )
    common.show(found, as_json=as_json, people=lambda: _print_list(found))


def _print_list(found: "list[ListedCdr]") -> None:
    rows = [
        (
            *(row.cdr, row.standing or row.state, row.seller, row.buyer, row.posted_period),
            *(row.net, row.gross, row.booked_gross, row.currency),
            ", ".join(_flags(row)) or row.reasons,
        )
        for row in found
    ]
    parties = ("CDR", "standing", "seller", "buyer", "period")
    columns = (*parties, "net", "gross", "booked", "currency", "flags")
    common.table("CDRs", columns, rows, folds="flags")


def _flags(row: "ListedCdr") -> list[str]:
    flags = {"late": row.late_of is not None, "disputed": row.is_disputed}
    return [name for name, is_set in flags.items() if is_set]


@cdr.command("show")
def show_cdr(
    which: options.CdrId, *, known_at: common.KnownAt = None, as_json: common.Json = False
) -> None:
    """Show a CDR's life: every step with the reason that caused it."""
    found = _explained(which, known_at)

    def people() -> None:
        typer.echo(f"{found.cdr} is {found.state}")
        rows = [
            (
                *(row.position, row.step, row.state, row.because, row.actor),
                *(row.net, row.gross, row.currency, row.tariff),
            )
            for row in found.steps
        ]
        money = ("net", "gross", "currency", "tariff")
        columns = ("position", "event", "state", "because", "by", *money)
        common.table("", columns, rows)
        if found.margins:
            cdr_margins.print_margins(found.margins)
        print_exceptions(found)

    common.show(found, as_json=as_json, people=people)


@cdr.command("explain")
def explain_cdr(
    which: options.CdrId,
    *,
    picture: options.Picture = None,
    known_at: common.KnownAt = None,
    as_json: common.Json = False,
) -> None:
    """Show why a CDR cost that: every priced line, the comparison, findings, and a picture.

    And the chain behind its postings, from each one back to leg, price, VAT rule, agreement,
    tariff version, session, meter readings, message and event.
    """
    from console.explained.pricing import chart_of, pricing_of
    from console.pictures import svg

    found = _explained(which, known_at)
    pricing = pricing_of(found.statement, found.decision)
    chart = chart_of(found.cdr, found.statement, found.decision)
    if picture is not None:
        if chart is None:
            raise _not_priced(found)
        picture.write_text(svg.svg_of(chart), encoding="utf-8")
    document = {**found._asdict(), "pricing": pricing}
    common.show(document, as_json=as_json, people=lambda: print_explanation(found, pricing, chart))


def _not_priced(found: "Explanation") -> Exception:
    from ledger.values.reasons import Reason, Refusal, Refused

    open_reasons = [row.reason for row in found.exceptions if row.resolved_at is None]
    why = f"{found.state} because of {', '.join(open_reasons)}" if open_reasons else found.state
    return Refused(Refusal(Reason.CDR_NOT_PRICED, found.cdr, "a priced CDR", why))


def _explained(which: str, known_at: Any) -> "Explanation":
    from ledger.values.reasons import Reason, Refusal, Refused
    from projections.database import reading
    from projections.queries.receipt import explain

    with reading(common.services().database_url) as connection:
        found = explain(connection, record_of(which), known_at=known_at)
    if found is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "cdr", actual=which))
    return found
