"""`clearwatt vat decide|rates|alerts`: how a sale is taxed and why, at which rates, until when."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Final

import typer

from console.cli import common
from console.cli.errors import REFUSED

if TYPE_CHECKING:
    from ledger.application.expiries import Alert
    from ledger.vat.explain import Explained
    from ledger.vat.rate_rows import VatRate

FORM: Final = "xyz-bv, NL*XYZ, NL:dealer, DE:business, FR:consumer, driver"
vat = typer.Typer(no_args_is_help=True, help="VAT: decisions, rates, what ends, and returns.")


def register(app: typer.Typer) -> None:
    """Add the command group; returns add theirs to it."""
    from console.cli import vat_return  # noqa: F401  # its commands join the group

    app.add_typer(vat, name="vat")


def amount(text: str) -> Decimal:
    """Return an amount at scale 4, as the ledger decides on it.

    >>> amount("10.5")
    Decimal('10.5000')
    """
    from ledger.values.money import round_to_scale_4

    try:
        found = Decimal(text)
    except InvalidOperation as error:
        raise typer.BadParameter(f"{text!r} is no amount such as 10.50") from error
    if not found.is_finite() or abs(found) >= _TOO_MUCH or round_to_scale_4(found) != found:
        raise typer.BadParameter(f"{text!r} is no amount of at most 12 digits and 4 decimals")
    return round_to_scale_4(found)


_TOO_MUCH = Decimal(10) ** 12


def country(text: str) -> str:
    """Return an alpha-2 code; Greece may be EL, as VAT names it.

    >>> country("EL"), country("nld")
    ('GR', 'NL')
    """
    from ledger.values.countries import alpha_2
    from ledger.vat.areas import vat_country

    return alpha_2(vat_country(text))


Country = Annotated[
    str | None, typer.Option(parser=country, metavar="COUNTRY", help="Of one country, as DE.")
]
RegisteredIn = Annotated[
    list[str] | None, typer.Option(metavar="COUNTRY", help="Has a VAT number there; or none.")
]


@vat.command()
def decide(
    *,
    seller: Annotated[str, typer.Option(metavar="WHO", help=f"Who sells: {FORM}.")],
    buyer: Annotated[str, typer.Option(metavar="WHO", help="Who buys, in the same words.")],
    at: Annotated[
        str, typer.Option(parser=country, metavar="COUNTRY", help="Where the charger stands.")
    ],
    on: Annotated[date, typer.Option(parser=common.day, metavar="DATE", help="The tax point.")],
    net: Annotated[
        Decimal, typer.Option(parser=amount, metavar="AMOUNT", help="The price before tax.")
    ],
    kind: Annotated[
        str, typer.Option(metavar="KIND", help="electricity, service or parking.")
    ] = "electricity",
    seller_registered_in: RegisteredIn = None,
    buyer_registered_in: RegisteredIn = None,
    evidence: Annotated[
        str, typer.Option(help="What proves who the buyer is and where its seat is.")
    ] = "",
    as_json: common.Json = False,
) -> None:
    """Decide the VAT of one sale, and say which rules were asked and why each matched or not.

    Parties and legal entities are looked up as they are registered on the tax point, and so are the
    rates two parties agreed; who is described in words (NL:dealer) needs no service.
    Ends with 1 where there is no decision.
    """
    from typing import cast, get_args

    from console.cli.vat_parties import Described, sides_of
    from ledger.vat.explain import explain
    from ledger.vat.parties import SupplyKind
    from ledger.vat.place import Supply

    if kind not in get_args(SupplyKind):
        raise typer.BadParameter(f"{kind!r} is none of {', '.join(get_args(SupplyKind))}")
    sides = sides_of(
        Described(seller, tuple(seller_registered_in or ())),
        Described(buyer, tuple(buyer_registered_in or ()), evidence),
        on,
    )
    supply = Supply(cast("SupplyKind", kind), at, sides.seller, sides.buyer, on)
    found = explain(supply, net, sides.overrides)
    common.show(found, as_json=as_json, people=lambda: _print_decision(found, net))
    if found.decision is None:
        raise typer.Exit(REFUSED)


@vat.command()
def rates(
    *,
    country: Country = None,
    on: Annotated[
        date | None, typer.Option(parser=common.day, metavar="DATE", help="In force on a day.")
    ] = None,
    as_json: common.Json = False,
) -> None:
    """List the standard rates with their legal sources; needs no service."""
    from ledger.vat.rate_rows import RATES
    from ledger.vat.rates import standard_rate

    found = [row for row in RATES if country in (None, row.country)]
    if on is not None:
        found = [row for row in found if standard_rate(row.country, on) == row]
    common.show(found, as_json=as_json, people=lambda: _print_rates(found))


@vat.command()
def alerts(
    *,
    on: Annotated[
        date | None, typer.Option(parser=common.day, metavar="DATE", help="Today by default.")
    ] = None,
    as_json: common.Json = False,
) -> None:
    """List what tax decisions rest on and ends within 60 days, or ended and was not renewed."""
    from ledger.application.expiries import alerts_on

    with common.ledger() as ledger:
        found = alerts_on(ledger, on or common.now().date())
    common.show(found, as_json=as_json, people=lambda: _print_alerts(found))


def _print_decision(found: "Explained", net: Decimal) -> None:
    decision = found.decision
    for refusal in found.refusals:
        typer.echo(str(refusal))
    if decision is not None:
        typer.echo(
            f"{decision.rule}: {decision.place} {decision.category} {decision.percent} %"
            f"  net {net} + VAT {decision.vat} = {net + decision.vat}"
        )
        typer.echo(f"  {decision.why}")
        told = (
            ("rate", decision.rate_source),
            ("exemption", decision.exemption),
            ("the buyer accounts at", _percent(decision.buyer_percent)),
            ("seller's number", decision.seller_number),
            ("buyer's number", decision.buyer_number),
            ("evidence", decision.evidence),
            ("data", decision.data_version),
        )
        for name, value in told:
            if value:
                typer.echo(f"  {name}: {value}")
    if found.place:
        typer.echo(f"\n1 place of supply: {found.place}\n  {found.place_why}")
        typer.echo(f"  {found.place_source}")
    if found.asked:
        typer.echo("")
        rows = [
            ("matched" if row.matched else "", row.rule, row.why, row.source) for row in found.asked
        ]
        common.table("2 rules in order", ("", "rule", "why", "source"), rows, folds="source")


def _percent(percent: Decimal | None) -> str:
    return "" if percent is None else f"{percent} %"


def _print_rates(found: "list[VatRate]") -> None:
    rows = [(row.country, row.valid_from, f"{row.percent} %", row.source) for row in found]
    common.table("Standard VAT rates", ("country", "from", "rate", "source"), rows)


def _print_alerts(found: "list[Alert]") -> None:
    rows = [
        (row.ending.ends_on, row.days_left, row.ending.what, "yes" if row.announced else "no")
        for row in found
    ]
    common.table("What ends", ("ends on", "days left", "what", "announced"), rows, folds="what")
