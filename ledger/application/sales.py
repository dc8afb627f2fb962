"""The legs of a CDR: the sale itself, the fees on it, the shares of it."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ledger.application.facts import View
from ledger.books.rules import BookOf, entries_of
from ledger.books.split import split_net
from ledger.fx.convert import FxDecision
from ledger.pricing.lines import Priced, PricedLine, PricedTotals
from ledger.roaming.agreement import Agreement, fraction_of
from ledger.roaming.legs import Leg, LegKind, SplitStep
from ledger.roaming.party import LegalEntity, Party
from ledger.roaming.terms import Fee, Terms
from ledger.values.entries import Entry
from ledger.values.money import EXACT, round_to_scale_4
from ledger.values.reasons import Reason, Refusal, Refused
from ledger.vat.decide import SupplyKind, decide_vat


class Trader(NamedTuple):
    """A party with the entity whose book it is booked in."""

    party: str
    entity: LegalEntity


class Sale(NamedTuple):
    """What all legs of one CDR share."""

    view: View
    seller: Trader
    buyer: Trader
    charger_country: str
    tax_point: date
    priced: Priced
    tariff_version: str


def trader_of(view: View, party_key: str) -> Trader:
    """Return a party with its entity. Refuses: PARTY_UNKNOWN, ENTITY_UNKNOWN."""
    party = view.find(Party, party_key)
    if party is None:
        raise Refused(Refusal(Reason.PARTY_UNKNOWN, party_key))
    entity = view.entity_of(party)
    if entity is None:
        raise Refused(Refusal(Reason.ENTITY_UNKNOWN, party.document.entity))
    return Trader(party_key, entity)


def legs_of(
    sale: Sale,
    *,
    agreement: Agreement,
    number: int,
    terms: Terms,
    shares: tuple[Agreement, int] | None,
) -> tuple[tuple[Leg, ...], tuple[Entry, ...]]:
    """Return the legs and their entries. Refuses what a leg's VAT, FX or party refuses."""
    version = f"{agreement.key}#{number}"
    steps: tuple[SplitStep, ...] = ()
    if shares is not None:
        share_terms = shares[0].versions[shares[1] - 1].terms
        steps = split_net(sale.priced.net, share_terms.split.shares)
    legs: list[tuple[Leg, Trader, Trader]] = [_wholesale(sale, version, steps)]
    legs.extend(_fees(sale, version, terms))
    if shares is not None:
        legs.extend(_shares(sale, f"{shares[0].key}#{shares[1]}", steps))
    entries: list[Entry] = []
    for index, (leg, seller, buyer) in enumerate(legs):
        entries.extend(entries_of(leg, index, seller=_book(seller), buyer=_book(buyer)))
    return tuple(leg for leg, _, _ in legs), tuple(entries)


def _book(trader: Trader) -> BookOf:
    return BookOf(trader.entity.key, trader.entity.document.currency)


def _leg(
    sale: Sale,
    *,
    kind: LegKind,
    supply: SupplyKind,
    seller: Trader,
    buyer: Trader,
    clause: str,
    agreement_version: str,
    currency: str,
    net_exact: str,
    net: Decimal,
    tariff_version: str | None = None,
    lines: tuple[PricedLine, ...] = (),
    priced: PricedTotals | None = None,
    split: tuple[SplitStep, ...] = (),
) -> tuple[Leg, Trader, Trader]:
    """Decide tax and conversions of one sale and put the leg together."""
    vat = decide_vat(
        supply=supply,
        charger_country=sale.charger_country,
        seller=sale.view.vat_party(seller.entity, sale.tax_point),
        buyer=sale.view.vat_party(buyer.entity, sale.tax_point),
        tax_point=sale.tax_point,
        net=net,
    )
    leg = Leg(
        kind=kind,
        seller=seller.party,
        buyer=buyer.party,
        clause=clause,
        agreement_version=agreement_version,
        currency=currency,
        net_exact=net_exact,
        net=net,
        vat=vat,
        gross=net + vat.vat,
        tariff_version=tariff_version,
        lines=lines,
        priced=priced,
        fx=_conversions(sale, currency, seller, buyer),
        split=split,
    )
    return leg, seller, buyer


def _conversions(
    sale: Sale, currency: str, seller: Trader, buyer: Trader
) -> tuple[FxDecision, ...]:
    """Return the rates into the currencies of both books, where they are others."""
    books = {seller.entity.document.currency, buyer.entity.document.currency} - {currency}
    return tuple(
        sale.view.fx(from_currency=currency, to_currency=book, rate_on=sale.tax_point)
        for book in sorted(books)
    )


def _wholesale(
    sale: Sale, version: str, steps: tuple[SplitStep, ...]
) -> tuple[Leg, Trader, Trader]:
    return _leg(
        sale,
        kind="wholesale",
        supply="electricity",
        seller=sale.seller,
        buyer=sale.buyer,
        clause="tariffs",
        agreement_version=version,
        currency=sale.priced.currency,
        net_exact=str(sale.priced.net_exact),
        net=sale.priced.net,
        tariff_version=sale.tariff_version,
        priced=sale.priced.totals,
        lines=sale.priced.lines,
        split=steps,
    )


def _fees(sale: Sale, version: str, terms: Terms) -> Iterator[tuple[Leg, Trader, Trader]]:
    """Yield a leg per fee: the payee sells a service to the side that owes the fee."""
    for index, fee in enumerate(terms.fees):
        exact, currency = _fee_of(fee, sale.priced)
        yield _leg(
            sale,
            kind="fee",
            supply="service",
            seller=trader_of(sale.view, fee.payee),
            buyer=sale.seller if fee.payer == "seller" else sale.buyer,
            clause=f"fees[{index}] {fee.name}",
            agreement_version=version,
            currency=currency,
            net_exact=str(exact),
            net=round_to_scale_4(exact),
        )


def _fee_of(fee: Fee, priced: Priced) -> tuple[Decimal, str]:
    """Return a fee's exact net and its currency."""
    if fee.basis == "net":
        share = fraction_of(fee.rate or "0")
        exact = EXACT.divide(
            EXACT.multiply(priced.net, Decimal(share.numerator)), Decimal(share.denominator)
        )
        return exact, priced.currency
    amount = fee.amount or Decimal(0)
    currency = fee.currency or priced.currency
    if fee.basis == "per_kwh":
        return EXACT.multiply(amount, priced.billed_energy_kwh), currency
    return amount, currency


def _shares(
    sale: Sale, version: str, steps: tuple[SplitStep, ...]
) -> Iterator[tuple[Leg, Trader, Trader]]:
    """Yield a leg per payee of the split, but for what the seller keeps."""
    for index, step in enumerate(steps):
        if step.payee == sale.seller.party or not step.amount:
            continue
        yield _leg(
            sale,
            kind="share",
            supply="service",
            seller=trader_of(sale.view, step.payee),
            buyer=sale.seller,
            clause=f"split.shares[{index}]",
            agreement_version=version,
            currency=sale.priced.currency,
            net_exact=step.exact,
            net=step.amount,
        )
