"""One sale between two parties, or to a driver: its tax, its conversions, its entries."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, NotRequired, TypedDict, Unpack, cast

from msgspec.structs import replace

from ledger.application.facts import View
from ledger.books.rules import BookOf, entries_of
from ledger.fx.convert import FxDecision
from ledger.pricing.lines import PricedLine, PricedTotals
from ledger.roaming.checks.candidate import Standings
from ledger.roaming.entity import LegalEntity
from ledger.roaming.legs import DRIVER, Converted, Leg, LegKind, TaxedPart
from ledger.roaming.party import Party
from ledger.roaming.taxed_parts import shares_by_class
from ledger.roaming.terms import VatTerms
from ledger.values.entries import Entry
from ledger.values.fractions import scale_4_of
from ledger.values.reasons import Reason, Refusal, Refused
from ledger.vat.decision import Treatment
from ledger.vat.overrides import RateOverride
from ledger.vat.parties import SupplyKind

_STANDARD = VatTerms()


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


class Stated(TypedDict):
    """What a leg says just as it is given."""

    kind: LegKind
    clause: str
    agreement_version: str
    tariff_version: NotRequired[str | None]
    lines: NotRequired[tuple[PricedLine, ...]]
    priced: NotRequired[PricedTotals | None]
    converted: NotRequired[Converted | None]


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
    supply: SupplyKind,
    seller: Trader,
    buyer: Trader | None,
    occasion: Occasion,
    currency: str,
    net_exact: str,
    net: Decimal,
    includes_tax: bool = False,
    for_driver: bool = False,
    terms: VatTerms = _STANDARD,
    **stated: Unpack[Stated],
) -> Sold:
    """Decide tax and conversions of one sale of `net` (scale 4); without a buyer, to a driver.

    `for_driver`: the buyer is an agent, the tax that of a sale to its driver. `includes_tax`: the
    buyer pays `net` in all. `terms` may tax lines of electricity by other classes, and agree rates.
    Refuses: VAT_RATE_MISSING, VAT_REGISTRATION_MISSING, FX_RATE_MISSING.
    """
    class_of = terms.class_of if terms.classes and supply == "electricity" else {}
    own, *parts = _taxed_parts(
        shares_by_class(net, stated.get("lines", ()), class_of),
        view=view,
        supply=supply,
        occasion=occasion,
        seller=seller.entity,
        buyer=buyer.entity if buyer is not None and not for_driver else None,
        overrides=terms.overrides,
        includes_tax=includes_tax,
    )
    tax = sum([part.vat.vat for part in parts], own.vat.vat)
    if includes_tax and tax:
        net = sum([part.net for part in parts], own.net)
        net_exact = str(net)
    leg = Leg(
        seller=seller.party,
        buyer=buyer.party if buyer is not None else DRIVER,
        currency=currency,
        net_exact=net_exact,
        net=net,
        vat=own.vat,
        gross=net + tax,
        fx=_conversions(view, currency, occasion.rate_on, seller, buyer),
        for_driver=for_driver,
        parts=tuple(parts),
        **stated,
    )
    return Sold(leg, seller, buyer)


def _taxed_parts(
    shares: Sequence[tuple[str, Decimal]],
    *,
    view: View,
    supply: SupplyKind,
    occasion: Occasion,
    seller: LegalEntity,
    buyer: LegalEntity | None,
    overrides: tuple[RateOverride, ...],
    includes_tax: bool,
) -> list[TaxedPart]:
    """Tax the shares of a sale, each by its class; refuses what `View.treatment` does."""
    parts = []
    for tax_class, amount in shares:
        treatment = view.treatment(
            cast("SupplyKind", tax_class or supply),
            occasion.charger_country,
            seller=seller,
            buyer=buyer,
            tax_point=occasion.tax_point,
            overrides=overrides,
        )
        parts.append(_taxed(amount, treatment, tax_class, includes_tax=includes_tax))
    return parts


def _taxed(
    amount: Decimal, treatment: Treatment, tax_class: str, *, includes_tax: bool
) -> TaxedPart:
    """Tax an amount; where it includes the tax, what is left of it is its net."""
    if includes_tax and treatment.percent:
        net = scale_4_of(Fraction(amount) * 100 / (100 + Fraction(treatment.percent)))
        vat = replace(treatment.of_nothing, vat=amount - net)
    else:
        net, vat = amount, treatment.of(amount)
    return TaxedPart(net, replace(vat, tax_class=tax_class) if tax_class else vat)


def _book(trader: Trader) -> BookOf:
    return BookOf(trader.entity.key, trader.entity.document.currency)


def _conversions(
    view: View, currency: str, rate_on: date, seller: Trader, buyer: Trader | None
) -> tuple[FxDecision, ...]:
    """Return the rates into the currencies of both books, where they are others."""
    of_seller = seller.entity.document.currency
    of_buyer = buyer.entity.document.currency if buyer is not None else of_seller
    if of_seller == of_buyer == currency:  # as most are
        return ()
    books = {of_seller, of_buyer}
    return tuple(
        view.fx(from_currency=currency, to_currency=book, rate_on=rate_on)
        for book in sorted(books - {currency})
    )
