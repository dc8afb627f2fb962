"""A CDR's explanation for people: its price line by line, its picture, and the chain behind it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import typer

from console.cli import common
from console.cli.books import lines_of
from console.cli.cdr_margins import print_margins
from console.cli.rates_of_sale import print_rates_of_books, print_settled
from console.cli.taxes_of_sale import print_taxes

if TYPE_CHECKING:
    from console.explained.figures import Compared, Line, PricedLeg, Pricing, Total
    from console.pictures.chart import Chart
    from projections.queries.receipt import Explanation

_SOURCES: Final = {"cdr": "CDR", "session": "session"}


def print_explanation(
    found: "Explanation", pricing: "Pricing | None", chart: "Chart | None"
) -> None:
    """Print what was stated, used, priced, compared, found, booked and recorded, in this order."""
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
    if pricing is None:
        typer.echo("  price    none: a CDR is priced when it is accepted")
    else:
        _print_shown(pricing, statement["currency"])
        _print_legs(found, pricing, chart)
        if found.margins:
            typer.echo("")
            print_margins(found.margins)
        _print_compared(pricing.compared)
        rows = [
            (row.code, row.path, row.sentence, row.expected, row.actual) for row in pricing.findings
        ]
        if rows:
            typer.echo("")
            common.table("Findings", ("code", "at", "meaning", "expected", "got"), rows)
    typer.echo("")
    typer.echo("\n".join(lines_of(found.entries)) or "Nothing is booked.")
    print_exceptions(found)
    _print_trail(found)


def print_exceptions(found: "Explanation") -> None:
    """Print what waited or waits on a fact or a person."""
    if found.exceptions:
        rows = [
            (row.reason, row.path, row.expected, row.actual, row.opened_at, row.resolved_at)
            for row in found.exceptions
        ]
        columns = ("reason", "at", "expected", "got", "opened at", "resolved at")
        common.table("Exceptions", columns, rows)


def _print_used(found: "Explanation") -> None:
    decision = found.decision or {}
    if found.session is not None:
        session = decision["session"]
        typer.echo(f"  session  {session['session']} (event {found.session['position']})")
    for used in (decision.get("tariff"), *decision.get("further_tariffs", ())):
        if used is not None:
            event = found.tariff if used is decision["tariff"] else None
            place = "" if event is None else f" (event {event['position']})"
            typer.echo(
                f"  tariff   {used['tariff']}#{used['number']} {used['content_sha256'][:12]}…"
                f" of versions {used['candidates']}{place}"
            )
    for agreed in filter(None, found.agreements):
        typer.echo(
            f"  terms    {agreed['agreement']}#{agreed['version']['number']}"
            f" (event {agreed['position']}),"
            f" agreed by {agreed['author']} and {agreed['approver']}"
        )
    if decision:
        booking = decision["booking"]
        late = f", late of {booking['late_of']}" if "late_of" in booking else ""
        typer.echo(
            f"  booked   served on {booking['service_on']}, posted on {booking['posted_on']}"
            f" in {booking['posted_period']}{late}"
        )
        typer.echo(f"  approval {_approval(found, decision)}")


def _approval(found: "Explanation", decision: dict[str, Any]) -> str:
    """Return how the decision that stands was approved, or until when objections count."""
    until = decision.get("objections_until")
    if until is None:
        return "at once: the agreement has no objection window"
    decided = found.steps[-1].decided_by or 0
    for batch in found.approvals:
        if batch.position > decided:
            return (
                f"by {batch.approved_by}, {batch.actor} at {batch.recorded_at:%Y-%m-%dT%H:%M:%SZ}"
            )
    return f"waits: objections count until {until}"


def _print_shown(pricing: "Pricing", currency: str) -> None:
    """Print the price that was shown beside the one that is billed, and the public one."""
    shown, public = pricing.shown, pricing.public
    if shown is not None:
        source = [
            f"as the {_SOURCES[shown.source]} says",
            f"by {shown.by}" if shown.by else "",
            f"version {shown.version}" if shown.version else "",
            f"at {shown.at:%Y-%m-%dT%H:%M:%SZ}" if shown.at else "",
        ]
        per_kwh = " and ".join(str(price) for price in shown.billed_per_kwh)
        energy = f"{per_kwh} {shown.currency}/kWh, " if per_kwh else ""
        typer.echo(
            f"  shown    {shown.price} {shown.currency} ({', '.join(filter(None, source))});"
            f" billed {energy}{shown.billed_in_all} {shown.currency} in all"
        )
    if public is not None:
        typer.echo(
            f"  public   {public.net} {currency} before tax at the public tariff"
            f" {public.tariff.tariff}#{public.tariff.number}"
        )


def _print_legs(found: "Explanation", pricing: "Pricing", chart: "Chart | None") -> None:
    from console.pictures.terminal import text_of

    priced = {leg.leg: leg for leg in pricing.legs}
    for number, leg in enumerate((found.decision or {}).get("legs", ())):
        typer.echo(
            f"\n  leg {number}: {leg['kind']}, {leg['seller']} sells to {leg['buyer']}"
            f" ({leg['agreement_version']} {leg['clause']})"
        )
        if number in priced:
            _print_lines(priced[number], pricing.time_zone)
            _print_totals(priced[number])
            if chart is not None:
                typer.echo(f"\n{text_of(chart)}\n")
                chart = None
        _print_leg(leg)


def _print_lines(leg: "PricedLeg", time_zone: str) -> None:
    """Print the lines under the charging period they belong to, the whole session's last."""
    from console.pictures.words import day

    starts = [line.started_at for line in leg.lines if line.started_at is not None]
    # A day is named once, where all begins on it and no clock changes.
    is_one_day = len({(start.date(), start.utcoffset()) for start in starts}) == 1
    when = f", {day(starts[0], time_zone)}" if is_one_day else ""
    several = len({line.tariff for line in leg.lines}) > 1
    rows: list[tuple[object, ...]] = []
    for number, line in enumerate(leg.lines):
        if not number or line.charging_period != leg.lines[number - 1].charging_period:
            rows.append((_place_cell(line, is_one_day=is_one_day), *[""] * 6))
        rows.append(_line_cells(line, several=several))
    net = f"net {leg.currency}"
    columns = ("line", "stated", "billed", "price", net, "tax %", "tax")
    common.table(f"Lines{when} ({time_zone})", columns, rows, folds="line")


def _place_cell(line: "Line", *, is_one_day: bool) -> str:
    if line.started_at is None:
        return "whole session"
    began = f"{line.started_at:%H:%M:%S}" if is_one_day else line.started_at.isoformat(" ")
    return f"period {line.charging_period} from {began}"


def _line_cells(line: "Line", *, several: bool) -> tuple[object, ...]:
    from console.explained.figures import quantity_cell
    from console.pictures.words import plain

    part = "" if line.part is None else f" part {line.part}"
    kind = f" {line.kind}" if line.is_rounding_or_limit else ""
    raw = line.raw_quantity
    component = (line.component or "").replace(".price_components", "")
    by = f" by {line.tariff if several else ''} {component}".replace("  ", " ") if component else ""
    return (
        f"  {line.dimension}{kind}{part}{by}",
        "" if raw is None else f"{plain(raw, decimals=0)} {line.unit}".rstrip(),
        quantity_cell(line.billed_quantity, line.unit),
        plain(line.unit_price) if component else "",
        line.net,
        line.tax_percent,
        line.tax,
    )


def _print_totals(leg: "PricedLeg") -> None:
    if leg.totals:
        columns = ("total", "consumed", "billed", "before taxes", "after taxes")
        common.table(f"Totals in {leg.currency}", columns, map(_total_cells, leg.totals))
    if leg.taxes:
        rows = [(row.name, row.percentage, row.net, row.amount) for row in leg.taxes]
        common.table("Tariff's taxes", ("tax", "%", "on", "amount"), rows)


def _total_cells(row: "Total") -> tuple[object, ...]:
    from console.explained.figures import quantity_cell

    quantities = (quantity_cell(part, row.unit) for part in (row.consumed, row.billed))
    return (row.field, *quantities, row.before_taxes, row.after_taxes)


def _print_compared(compared: "Iterable[Compared]") -> None:
    rows = [
        (
            row.field,
            f"{row.stated:f}",
            f"{row.computed:f}",
            f"{row.difference:+f}" if row.difference else "0",
            row.unit,
            _tolerance(row),
            "within" if row.within_tolerance else "✗ OUT OF TOLERANCE",
        )
        for row in compared
    ]
    if rows:
        typer.echo("")
        columns = ("field", "stated", "computed", "difference", "unit", "tolerance", "")
        common.table("What the CDR states against what was computed", columns, rows)


def _tolerance(row: "Compared") -> str:
    from console.pictures.words import plain

    absolute = f"{plain(row.tolerance_absolute, decimals=0)} {row.tolerance_unit}"
    if not row.tolerance_relative:
        return absolute
    return f"{absolute} or {plain(row.tolerance_relative * 100, decimals=0)} %"


def _print_leg(leg: dict[str, Any]) -> None:
    for step in leg.get("split", ()):
        typer.echo(f"    split {step['rate']:<8} to {step['payee']:<10} {step['amount']:>12}")
    print_settled(leg)
    print_taxes(leg)
    print_rates_of_books(leg)


def _print_trail(found: "Explanation") -> None:
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
