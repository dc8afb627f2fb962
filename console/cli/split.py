"""`clearwatt split list|report|simulate`: what each clause gives to whom, recorded or tried."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.cli import common, options, site_filter, split_report
from console.cli.errors import UsageError
from console.cli.quantities import quantity

if TYPE_CHECKING:
    from console.pictures.waterfall import Waterfall
    from console.splitting import Agreed, Simulated, StepShown
    from ledger.roaming.legs import SplitStep
    from projections.queries.split import SplitRow, SplitSum

split = typer.Typer(no_args_is_help=True, help="How sales are shared among payees.")
Channel = Annotated[
    str, typer.Option(metavar="CHANNEL", help="Of a charge that came this way: roaming, app, …")
]
Steps = Annotated[
    list[str] | None,
    typer.Option(metavar="STEP", help="A step, such as 'NL*HST 15 % of net'; repeat it."),
]
Rates = Annotated[
    list[str] | None,
    typer.Option(metavar="CODE=RATE", help="What 1 CODE is worth in the sale's currency."),
]
InForceAt = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        parser=common.instant,
        metavar="DATE|INSTANT",
        help="By the version that was in force then; now.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    split.command("report")(split_report.report)
    app.add_typer(split, name="split")


@split.command("list")
def list_splits(
    *,
    period: options.PostedIn = None,
    payee: options.Payee = None,
    agreement: options.AgreementVersion = None,
    cdr: Annotated[str | None, typer.Option(metavar="CDR", help="The steps of one CDR.")] = None,
    steps: Annotated[bool, typer.Option("--steps", help="Every step, not their sums.")] = False,
    site_kind: site_filter.SiteKind = None,
    access: site_filter.Access = None,
    site_group: site_filter.SiteGroup = None,
    location: site_filter.Locations = None,
    as_of: site_filter.SitesAsOf = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many steps.")] = 100,
    as_json: common.Json = False,
) -> None:
    """Sum up what each clause gave to whom, or list every step and fee with how it came about.

    Cut by place, it is what CDRs booked: a true-up is of a whole period.
    """
    from projections.database import reading
    from projections.queries.split import split_steps, split_sums

    places = site_filter.locations_meant(
        site_kind=site_kind, access=access, site_group=site_group, location=location, as_of=as_of
    )
    with reading(common.services().database_url) as connection:
        if steps or cdr is not None:
            listed = split_steps(
                connection,
                cdr=cdr,
                payee=payee,
                period=period,
                agreement_version=agreement,
                locations=places,
                limit=limit,
            )
            common.show(listed, as_json=as_json, people=lambda: _print_steps(listed))
            return
        sums = split_sums(
            connection, period=period, payee=payee, agreement_version=agreement, locations=places
        )
    common.show(sums, as_json=as_json, people=lambda: _print_sums(sums))


@split.command("simulate")
def simulate_split(
    *,
    gross: Annotated[Decimal, typer.Option(parser=quantity, help="The sale after tax.")],
    net: Annotated[Decimal, typer.Option(parser=quantity, help="The sale before tax.")],
    currency: Annotated[str, typer.Option(metavar="CODE", help="Of the sale.")] = "EUR",
    kwh: Annotated[Decimal, typer.Option(parser=quantity, help="Energy of the sale.")] = Decimal(0),
    agreement: Annotated[
        str | None, typer.Option(metavar="FILE|KEY[#N]", help="The agreement that shares it.")
    ] = None,
    step: Steps = None,
    rate: Rates = None,
    channel: Channel = "roaming",
    location: Annotated[str, typer.Option(metavar="ID", help="At this location.")] = "",
    as_of: InForceAt = None,
    at: common.At = None,
    picture: options.Picture = None,
    as_json: common.Json = False,
) -> None:
    """Show how an amount would be shared, step by step, as a table and as a picture."""
    from console.pictures.svg_waterfall import svg_of
    from console.pictures.waterfall import text_of
    from console.splitting import Sale, simulate
    from ledger.roaming.situation import Situation
    from ledger.values.money import SCALE_4, currency_of

    currency_of(currency)
    if net != net.quantize(SCALE_4):
        raise UsageError("AMOUNT_SCALE", "A net has at most 4 decimals.")
    agreed = _agreed(agreement, step or [], as_of or common.now(at))
    sale = Sale(gross, net.quantize(SCALE_4), kwh, currency, _rates(rate or []))
    found = simulate(agreed, sale, Situation(_channel(channel), location))
    drawn = _drawn(found)
    if picture is not None:
        picture.write_text(svg_of(drawn), encoding="utf-8")

    def people() -> None:
        if not found.steps:
            typer.echo(f"No step shares it: {found.seller} keeps {net} {currency}.")
            return
        _print_simulated(found)
        typer.echo(text_of(drawn))

    common.show(_document(found), as_json=as_json, people=people)


def _agreed(agreement: str | None, steps: list[str], at: datetime) -> "Agreed":
    """Return the steps to try: of a file, of a recorded version, or as they are written."""
    from console.agreements.files import read_agreement_files
    from console.agreements.life import agreement_key, version_meant
    from console.splitting import agreed_in, agreed_of, agreed_on

    if (agreement is None) == (not steps):
        raise UsageError("AGREEMENT_NOT_NAMED", "Name --agreement FILE or KEY, or each --step.")
    if agreement is None:
        return agreed_on(steps)
    file = Path(agreement)
    if file.exists():
        return agreed_in(read_agreement_files(file).approved_of(), at)
    agreement_key(agreement.partition("#")[0])  # before any service is asked
    with common.ledger() as ledger:
        return agreed_of(*version_meant(ledger, agreement, at))


def _rates(texts: list[str]) -> dict[str, Decimal]:
    rates = {}
    for text in texts:
        code, _, worth = text.partition("=")
        rates[code.upper()] = quantity(worth)
    return rates


def _channel(text: str) -> Any:
    from ledger.roaming.clauses import CHANNELS

    if text not in CHANNELS:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(CHANNELS)}")
    return text


def _drawn(found: "Simulated") -> "Waterfall":
    from console.pictures.waterfall import Fall, Waterfall

    sale = found.sale
    return Waterfall(
        title=f"{sale.net} {sale.currency} under {found.agreement or 'these steps'}",
        basis="net",
        currency=sale.currency,
        amount=sale.net,
        falls=tuple(
            Fall(_label(row.step), _rule(row.step), row.step.amount, row.left)
            for row in found.steps
        ),
    )


def _label(step: "SplitStep") -> str:
    return f"{step.name} {step.payee}".strip()


def _rule(step: "SplitStep") -> str:
    """Return in words how a step came to its amount."""
    from console.agreements.words import percent_text
    from ledger.values.fractions import fraction_of

    if step.remaining:
        return "what remains"
    parts = []
    if fraction_of(step.rate):
        basis = {"left": "what is left"}.get(step.basis_kind, step.basis_kind)
        parts.append(f"{percent_text(step.rate)} of {basis}")
    if step.fixed is not None:
        parts.append(f"{_exactly(step.fixed)} fixed")
    said = " and ".join(parts) or "nothing"
    return f"{said}, its {step.bound}" if step.bound else said


def _exactly(fraction: str) -> str:
    """Return an exact amount as a decimal, where it ends, else as the fraction it is.

    >>> _exactly("3/20"), _exactly("10/3")
    ('0.15', '10/3')
    """
    from console.pictures.words import plain
    from ledger.values.fractions import decimal_of, fraction_of

    decimal = decimal_of(fraction_of(fraction))
    return plain(decimal) if fraction_of(str(decimal)) == fraction_of(fraction) else fraction


def _print_simulated(found: "Simulated") -> None:
    sale = found.sale
    title = (
        f"{sale.net} {sale.currency} before tax, {sale.gross} after it,"
        f" {sale.energy_kwh} kWh, sold by {found.seller}"
    )
    columns = ("step", "payee", "takes", "basis", "exact", "amount", "left")
    common.table(title, columns, [_cells(row) for row in found.steps])
    typer.echo()


def _cells(row: "StepShown") -> tuple[object, ...]:
    step = row.step
    exact = _exactly(step.exact)
    return step.name, step.payee, _rule(step), step.basis, exact, step.amount, row.left


def _document(found: "Simulated") -> dict[str, Any]:
    from msgspec.structs import asdict

    sale = found.sale
    return {
        "gross": sale.gross,
        "net": sale.net,
        "energy_kwh": sale.energy_kwh,
        "currency": sale.currency,
        "seller": found.seller,
        "agreement_version": found.agreement,
        "steps": [asdict(row.step) | {"left": row.left} for row in found.steps],
    }


def _print_sums(sums: "list[SplitSum]") -> None:
    columns = ("period", "payee", "payer", "agreement", "clause", "", "CDRs", "booked", "trued up")
    common.table("What each clause gave", (*columns, "in all"), sums)


def _print_steps(listed: "list[SplitRow]") -> None:
    columns = ("event", "CDR", "kind", "payee", "payer", "agreement", "clause", "basis", "rate")
    rows = [
        (
            f"{row.position}.{row.number}",
            row.cdr or row.posted_period,
            row.kind,
            row.payee,
            row.payer,
            row.agreement_version,
            row.clause,
            "" if row.basis is None else f"{row.basis_kind} {row.basis}",
            row.rate,
            row.exact,
            common.money_cell(row.amount, row.currency),
            row.bound or "",
        )
        for row in listed
    ]
    common.table("Steps and fees", (*columns, "exact", "amount", "bound"), rows)
