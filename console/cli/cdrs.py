"""`clearwatt cdr list|show|explain`: what a CDR stated, what was decided and booked, and why."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.cli import common
from console.cli.explanation import print_exceptions, print_explanation

if TYPE_CHECKING:
    from projections.queries.receipt import Explanation

cdr = typer.Typer(no_args_is_help=True, help="Charge detail records.")
CdrId = Annotated[str, typer.Argument(metavar="CDR", help="Party and id, such as NL*XYZ/CDR-0001.")]


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    app.add_typer(cdr, name="cdr")


@cdr.command("list")
def list_cdrs(
    *,
    period: Annotated[str, typer.Option(metavar="PERIOD", help="Posted in it.")],
    standing: Annotated[
        str | None, typer.Option(help="valid, adjusted, credited or excluded.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    as_json: common.Json = False,
) -> None:
    """List the CDRs that are booked in a period."""
    from projections.database import reading
    from projections.queries.period import period_cdrs

    with reading(common.services().database_url) as connection:
        found = period_cdrs(connection, period, standing=standing, limit=limit)

    def people() -> None:
        rows = [
            (row.cdr, row.standing, row.seller, row.buyer, row.net, row.gross, row.currency)
            for row in found
        ]
        columns = ("CDR", "standing", "seller", "buyer", "net", "gross", "currency")
        common.table(f"CDRs of {period}", columns, rows)

    common.show(found, as_json=as_json, people=people)


@cdr.command("show")
def show_cdr(
    which: CdrId, *, known_at: common.KnownAt = None, as_json: common.Json = False
) -> None:
    """Show a CDR's life: every step with the reason that caused it."""
    found = _explained(which, known_at)

    def people() -> None:
        typer.echo(f"{found.cdr} is {found.state}")
        rows = [
            (row.position, row.state, row.because, row.net, row.gross, row.currency, row.tariff)
            for row in found.steps
        ]
        columns = ("position", "state", "because", "net", "gross", "currency", "tariff")
        common.table("", columns, rows)
        print_exceptions(found)

    common.show(found, as_json=as_json, people=people)


@cdr.command("explain")
def explain_cdr(
    which: CdrId,
    *,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Draw it as an SVG file.")
    ] = None,
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

    party, slash, record = which.partition("/")
    key = f"{party.upper()}{slash}{record.lower()}"
    with reading(common.services().database_url) as connection:
        found = explain(connection, key, known_at=known_at)
    if found is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "cdr", actual=which))
    return found
