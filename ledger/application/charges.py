"""The sale of the charge itself: between the parties, and to the driver."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from ledger.application.sale import PricedSale, Sale
from ledger.application.selling import Sold, leg_between
from ledger.pricing.lines import Priced, PricedLine
from ledger.roaming.discounting import discounted
from ledger.roaming.legs import Converted
from ledger.values.fractions import scale_4_of
from ledger.values.money import ZERO
from ledger.vat.parties import SupplyKind


def sold_between_parties(sale: Sale) -> Sold:
    """Return the seller's sale to the buyer, in the currency they settle in.

    Where the buyer is the seller's agent, it is a sale to the driver, and the buyer collects.
    """
    priced = _discounted(sale, sale.price, "wholesale")
    currency, net, converted = priced.currency, priced.net, None
    if sale.terms.currency not in (None, currency):
        currency = sale.terms.currency
        net, converted = _settled(sale, priced, currency)
    return leg_between(
        sale.view,
        kind="wholesale",
        supply="electricity",
        seller=sale.seller,
        buyer=sale.buyer,
        occasion=sale.occasion,
        clause="tariffs",
        agreement_version=sale.version,
        currency=currency,
        net_exact=str(priced.net_exact if converted is None else net),
        net=net,
        converted=converted,
        for_driver=sale.terms.vat.model == "AGENT",
        includes_tax=sale.price.includes_tax,
        tariff_version=sale.price.tariff_version,
        lines=priced.lines,
        priced=priced.totals,
        terms=sale.terms.vat,
    )


def sold_on_the_spot(sale: Sale) -> Sold:
    """Return the sale to the driver that pays at the charger, by the party that collects."""
    priced = _discounted(sale, sale.price, "wholesale")
    return _to_driver(sale, sale.price, priced, "electricity", priced.lines, "tariffs")


def sold_to_the_driver(sale: Sale, price: PricedSale) -> Iterator[Sold]:
    """Yield the eMSP's sale to its driver at its retail tariff.

    Where only the electricity is in the chain, what the eMSP takes for using it at all (FLAT) is a
    service of its own. Source: CJEU C-60/23 (a fixed fee apart from the electricity).
    """
    priced = _discounted(sale, price, "retail")
    services = [row for row in priced.lines if row.dimension == "FLAT" and not row.reservation]
    if sale.terms.vat.model != "CHAIN_ELECTRICITY_ONLY" or not services:
        yield _to_driver(sale, price, priced, "electricity", priced.lines, "tariffs.retail")
        return
    others = tuple(row for row in priced.lines if row not in services)
    yield _to_driver(sale, price, priced, "electricity", others, "tariffs.retail")
    yield _to_driver(sale, price, priced, "service", tuple(services), "tariffs.retail services")


def _to_driver(
    sale: Sale,
    price: PricedSale,
    priced: Priced,
    supply: SupplyKind,
    lines: tuple[PricedLine, ...],
    clause: str,
) -> Sold:
    is_whole = len(lines) == len(priced.lines)
    net = sum((row.net for row in lines), ZERO)
    return leg_between(
        sale.view,
        kind="retail",
        supply=supply,
        seller=sale.buyer,
        buyer=None,
        occasion=sale.occasion,
        clause=clause,
        agreement_version=sale.version,
        currency=priced.currency,
        net_exact=str(priced.net_exact if is_whole else net),
        net=net,
        includes_tax=price.includes_tax,
        tariff_version=price.tariff_version,
        lines=lines,
        priced=priced.totals if supply == "electricity" else None,
        terms=sale.terms.vat,
    )


def _discounted(sale: Sale, price: PricedSale, on: Literal["wholesale", "retail"]) -> Priced:
    """Return the price with the discounts and surcharges that concern the charge."""
    if not sale.terms.discounts:
        return price.priced
    concerning = (
        (place, row)
        for place, row in enumerate(sale.terms.discounts)
        if row.on == on and sale.situation.concerns(row.audience)
    )
    currency = price.priced.currency
    return discounted(
        price.priced, concerning, lambda amount, of: sale.in_currency(amount, of, currency)
    )


def _settled(sale: Sale, priced: Priced, settled_in: str) -> tuple[Decimal, Converted]:
    """Bring a price into the currency of settlement, rounded once; the markup stands apart."""
    fx = sale.rate(priced.currency, settled_in, markup_bps=sale.terms.fx.markup_bps)
    settled = scale_4_of(Fraction(priced.net) * Fraction(fx.rate))
    reference = fx.rate if fx.reference_rate is None else fx.reference_rate
    markup = settled - scale_4_of(Fraction(priced.net) * Fraction(reference))
    return settled, Converted(priced.net, fx, markup)
