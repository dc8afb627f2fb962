"""`clearwatt cdr list|show|explain`: what a CDR stated, what was decided and booked, and why."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.cli import common
from console.cli.books import lines_of

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
        _print_exceptions(found)

    common.show(found, as_json=as_json, people=people)


@cdr.command("explain")
def explain_cdr(
    which: CdrId, *, known_at: common.KnownAt = None, as_json: common.Json = False
) -> None:
    """Show the chain behind a CDR's postings.

    From each posting back to leg, price, VAT rule, agreement, tariff version, session, meter
    readings, message and event.
    """
    found = _explained(which, known_at)
    common.show(found, as_json=as_json, people=lambda: _print_explanation(found))


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


def _print_explanation(found: "Explanation") -> None:
    statement = found.statement
    typer.echo(f"{found.cdr} is {found.state}")
    typer.echo(
        f"  stated   {statement['start_date_time']} to {statement['end_date_time']},"
        f" {statement['total_energy']} kWh, {statement['total_cost']['before_taxes']}"
        f" {statement['currency']} before taxes"
    )
    start_wh, stop_wh = found.meter_readings_wh
    typer.echo(f"  meter    {start_wh or '-'} Wh to {stop_wh or '-'} Wh")
    _print_used(found)
    if found.decision is not None:
        for number, leg in enumerate(found.decision["legs"]):
            _print_leg(number, leg)
    typer.echo("")
    typer.echo("\n".join(lines_of(found.entries)) or "Nothing is booked.")
    _print_exceptions(found)
    rows = [
        (
            row.position,
            row.topic,
            row.actor,
            row.recorded_at,
            f"{row.source_topic}[{row.source_partition}]@{row.source_offset}"
            if row.source_topic
            else "",
        )
        for row in found.trail
    ]
    common.table("Events", ("position", "event", "actor", "recorded at", "message"), rows)


def _print_used(found: "Explanation") -> None:
    decision = found.decision or {}
    if found.session is not None:
        session = decision["session"]
        typer.echo(f"  session  {session['session']} (event {found.session['position']})")
    if found.tariff is not None:
        used = decision["tariff"]
        typer.echo(
            f"  tariff   {used['tariff']}#{used['number']} {used['content_sha256'][:12]}…"
            f" of versions {used['candidates']} (event {found.tariff['position']})"
        )
    if found.agreement is not None:
        typer.echo(
            f"  terms    {decision['agreement']} (event {found.agreement['position']}),"
            f" agreed by {found.agreement['author']} and {found.agreement['approver']}"
        )
    for row in decision.get("comparisons", ()):
        typer.echo(
            f"  compared {row['field']}: stated {row['stated']}, computed {row['computed']},"
            f" tolerance {row['tolerance_absolute']}"
        )
    if decision:
        booking = decision["booking"]
        late = f", late of {booking['late_of']}" if "late_of" in booking else ""
        typer.echo(
            f"  booked   served on {booking['service_on']}, posted on {booking['posted_on']}"
            f" in {booking['posted_period']}{late}"
        )


def _print_leg(number: int, leg: dict[str, Any]) -> None:
    vat, currency = leg["vat"], leg["currency"]
    typer.echo(
        f"\n  leg {number}: {leg['kind']}, {leg['seller']} sells to {leg['buyer']}"
        f" ({leg['agreement_version']} {leg['clause']})"
    )
    for line in leg.get("lines", ()):
        typer.echo(
            f"    {line['dimension']:<12} {line['kind']:<13} {line['quantity']:>14}"
            f" x {line['unit_price']:>8} = {line['net']:>12} {currency}"
        )
    for step in leg.get("split", ()):
        typer.echo(f"    split {step['rate']:<8} to {step['payee']:<10} {step['amount']:>12}")
    typer.echo(f"    net {leg['net']} + VAT {vat['vat']} = {leg['gross']} {currency}")
    typer.echo(f"    VAT {vat['category']} {vat['percent']} % ({vat['rule']}):")
    typer.echo(f"      {vat['why']}")
    for rate in leg.get("fx", ()):
        typer.echo(
            f"    1 {rate['from_currency']} = {rate['rate']} {rate['to_currency']},"
            f" {rate['source']} of {rate.get('published_on', rate['rate_on'])}"
        )


def _print_exceptions(found: "Explanation") -> None:
    if found.exceptions:
        rows = [
            (row.reason, row.path, row.expected, row.actual, row.opened_at, row.resolved_at)
            for row in found.exceptions
        ]
        columns = ("reason", "at", "expected", "got", "opened at", "resolved at")
        common.table("Exceptions", columns, rows)
