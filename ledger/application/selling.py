"""One sale between two parties, or to a driver: its tax, its conversions, its entries."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from msgspec.structs import replace

from ledger.application.facts import View
from ledger.books.rules import BookOf, entries_of
from ledger.fx.convert import FxDecision
from ledger.pricing.lines import PricedLine, PricedTotals
from ledger.roaming.checks.candidate import Standings
from ledger.roaming.entity import LegalEntity
from ledger.roaming.legs import DRIVER, Converted, Leg, LegKind
from ledger.roaming.party import Party
from ledger.values.entries import Entry
from ledger.values.fractions import scale_4_of
from ledger.values.reasons import Reason, Refusal, Refused
from ledger.vat.decide import SupplyKind, VatParty, decide_vat

_A_DRIVER = VatParty(established_in="", registered_in=frozenset(), kind="consumer")


class Trader(NamedTuple):
    """A party with the entity whose book it is booked in."""

    party: str
    entity: LegalEntity


class Sold(NamedTuple):
    """A leg with the two that trade; there is no buyer with books where a driver buys."""

    leg: Leg
    seller: Trader
    buyer: Trader | None

    def entries(self, index: int) -> tuple[Entry, ...]:
        """Return the leg's entries in the books of both; `index` is its place in the decision."""
        buyer = _book(self.buyer) if self.buyer is not None else None
        return entries_of(self.leg, index, seller=_book(self.seller), buyer=buyer)


class Occasion(NamedTuple):
    """Where a sale is taxed and on which day, and whose day's rate its books convert at."""

    charger_country: str
    tax_point: date
    rate_on: date


def trader_of(view: View, party_key: str, instant: datetime) -> Trader:
    """Return a party with its entity at an instant. Refuses: PARTY_UNKNOWN, ENTITY_UNKNOWN."""
    party = view.find(Party, party_key)
    if party is None:
        raise Refused(Refusal(Reason.PARTY_UNKNOWN, party_key))
    entity = view.entity_of(party, instant)
    if entity is None:
        raise Refused(Refusal(Reason.ENTITY_UNKNOWN, party.document.entity))
    return Trader(party_key, entity)


def standings_of(view: View, parties: tuple[str, ...], instant: datetime) -> Standings:
    """Return the state of each registered party at an instant."""
    known = ((key, view.find(Party, key)) for key in parties)
    return tuple((key, party.state_at(instant)) for key, party in known if party is not None)


def leg_between(
    view: View,
    *,
    kind: LegKind,
    supply: SupplyKind,
    seller: Trader,
    buyer: Trader | None,
    occasion: Occasion,
    clause: str,
    agreement_version: str,
    currency: str,
    net_exact: str,
    net: Decimal,
    includes_tax: bool = False,
    tariff_version: str | None = None,
    lines: tuple[PricedLine, ...] = (),
    priced: PricedTotals | None = None,
    converted: Converted | None = None,
    for_driver: bool = False,
) -> Sold:
    """Decide tax and conversions of one sale of `net` (scale 4); without a buyer, to a driver.

    `for_driver`: the buyer is an agent, and the tax is that of a sale to its driver. With
    `includes_tax` the price is what the buyer pays in all: the tax is taken out of it.
    Refuses: VAT_RATE_MISSING, VAT_REGISTRATION_MISSING, FX_RATE_MISSING.
    """
    taxed_as = _A_DRIVER
    if buyer is not None and not for_driver:
        taxed_as = view.vat_party(buyer.entity, occasion.tax_point)
    vat = decide_vat(
        supply=supply,
        charger_country=occasion.charger_country,
        seller=view.vat_party(seller.entity, occasion.tax_point),
        buyer=taxed_as,
        tax_point=occasion.tax_point,
        net=net,
    )
    if includes_tax and vat.percent:
        gross, net = net, scale_4_of(Fraction(net) * 100 / (100 + Fraction(vat.percent)))
        vat = replace(vat, vat=gross - net)
        net_exact = str(net)
    leg = Leg(
        kind=kind,
        seller=seller.party,
        buyer=buyer.party if buyer is not None else DRIVER,
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
        fx=_conversions(view, currency, occasion.rate_on, seller, buyer),
        converted=converted,
        for_driver=for_driver,
    )
    return Sold(leg, seller, buyer)


def _book(trader: Trader) -> BookOf:
    return BookOf(trader.entity.key, trader.entity.document.currency)


def _conversions(
    view: View, currency: str, rate_on: date, seller: Trader, buyer: Trader | None
) -> tuple[FxDecision, ...]:
    """Return the rates into the currencies of both books, where they are others."""
    books = {seller.entity.document.currency}
    if buyer is not None:
        books.add(buyer.entity.document.currency)
    return tuple(
        view.fx(from_currency=currency, to_currency=book, rate_on=rate_on)
        for book in sorted(books - {currency})
    )
