"""Step 1: the country that may tax a supply. The first row of `PLACES` that speaks decides.

Charging is one supply of electricity (CJEU C-282/22); a CPO and an eMSP in its own name make two
supplies of the same electricity (CJEU C-60/23). Which law places electricity is said by the
country in which the charger stands.

* A *dealer's* place is its seat. What is bought for a fixed establishment is placed there, and a
  CDR does not say for which it was bought: so only evidence does (`VatParty.supplied_at`), and
  only for an establishment in the charger's country.
* *Switzerland* places electricity at the seat of any business, but a foreign one has to be proven
  (ESTV, 2023-01-20); where nothing proves it, the electricity is taxed where the charger stands.
* *Parking* that an agreement gives a class of its own is a use of immovable property, at the place
  where that is; without such a class it is a part of the electricity, which it comes with.
* A *service to a consumer* is electronic (app, card, platform): taxed where the consumer lives. Of
  a driver nobody knows where. A service that needs the consumer to be on the spot, such as at a
  hot spot, is presumed to be used by somebody of that place, and a charger is such a spot.
"""

from collections.abc import Callable
from datetime import date
from typing import Final, NamedTuple

from ledger.values.reasons import Reason, Refusal, Refused
from ledger.vat.areas import COVERED, EU, SWISS
from ledger.vat.parties import SupplyKind, VatParty


class Supply(NamedTuple):
    """What is decided about: a supply at a charger, whatever it costs; countries are alpha-2."""

    kind: SupplyKind
    charger_country: str
    seller: VatParty
    buyer: VatParty
    tax_point: date


class Place(NamedTuple):
    """The country of a supply and why; `evidence` was relied on, `unverified` has no source."""

    country: str
    why: str
    evidence: str = ""
    is_unverified: bool = False


class PlaceRule(NamedTuple):
    """A row of step 1: what it is about, its source, and the place where it speaks."""

    about: str
    source: str
    place_of: Callable[[Supply], Place | None]


def _parking(supply: Supply) -> Place | None:
    if supply.kind != "parking":
        return None
    return Place(supply.charger_country, "parking: where the property is")


def _service_to_business(supply: Supply) -> Place | None:
    if supply.kind != "service" or not supply.buyer.is_business:
        return None
    return Place(supply.buyer.established_in, "service to a business: the buyer's seat")


def _service_to_consumer(supply: Supply) -> Place | None:
    if supply.kind != "service":
        return None
    lives_in = supply.buyer.established_in
    if lives_in:
        return Place(lives_in, "electronic service to a consumer: where it lives")
    why = "electronic service to an unknown consumer: presumed to be of where the charger stands"
    return Place(supply.charger_country, why)


def _union_dealer(supply: Supply) -> Place | None:
    if supply.charger_country not in EU or supply.buyer.kind != "dealer":
        return None
    return _dealers_place(supply, "electricity to a dealer")


def _british_dealer(supply: Supply) -> Place | None:
    if supply.charger_country != "GB" or supply.buyer.kind != "dealer":
        return None
    return _dealers_place(supply, "electricity to a dealer from the United Kingdom")


def _swiss_business(supply: Supply) -> Place | None:
    charger, buyer = supply.charger_country, supply.buyer
    if charger not in SWISS or not buyer.is_business:
        return None
    if buyer.established_in in SWISS:
        return Place(buyer.established_in, "electricity in Switzerland: the buyer's seat")
    if charger in buyer.supplied_at:
        return Place(charger, "electricity in Switzerland: for the buyer's establishment there")
    evidence = buyer.seat_evidence
    if not evidence:
        return Place(charger, "electricity in Switzerland: no foreign seat of the buyer is proven")
    why = f"electricity in Switzerland: the buyer's foreign seat, proven by {evidence}"
    return Place(buyer.established_in, why, evidence)


def _norwegian(supply: Supply) -> Place | None:
    if supply.charger_country != "NO":
        return None
    why = "electricity in Norway: where the charger stands (unverified)"
    return Place("NO", why, is_unverified=True)


def _where_it_is_used(supply: Supply) -> Place | None:
    if supply.charger_country not in COVERED:
        return None
    return Place(supply.charger_country, "electricity to others: where the charger stands")


def _dealers_place(supply: Supply, said: str) -> Place:
    buyer, charger = supply.buyer, supply.charger_country
    if charger in buyer.supplied_at:
        return Place(charger, f"{said}: for its establishment there", buyer.dealer_evidence)
    return Place(buyer.established_in, f"{said}: the buyer's seat", buyer.dealer_evidence)


PLACES: Final = (
    PlaceRule("parking with a class of its own",
              "Directive 2006/112/EC Art. 47; Implementing Regulation 282/2011 Art. 31a (2) (h); "
              "MWSTG Art. 8 (2) f; VATA 1994 Sch. 4A para. 1", _parking),
    PlaceRule("service to a business",
              "Directive 2006/112/EC Art. 44; MWSTG Art. 8 (1); VATA 1994 s. 7A (2) (a)",
              _service_to_business),
    PlaceRule("service to a consumer",
              "Directive 2006/112/EC Art. 58; Implementing Regulation 282/2011 Art. 24a (1)",
              _service_to_consumer),
    PlaceRule("electricity to a dealer, charger in the Union",
              "Directive 2006/112/EC Art. 38", _union_dealer),
    PlaceRule("electricity to a business, charger in Switzerland or Liechtenstein",
              "MWSTG Art. 7 (2); ESTV 2023-01-20 on proof of a foreign seat", _swiss_business),
    PlaceRule("electricity to a dealer, charger in the United Kingdom",
              "S.I. 2004/3148 Part 3 (VATPOSG5400)", _british_dealer),
    PlaceRule("electricity, charger in Norway", "none: unverified", _norwegian),
    PlaceRule("electricity to others",
              "Directive 2006/112/EC Art. 39; MWSTG Art. 7 (2); S.I. 2004/3148 Part 3",
              _where_it_is_used),
)  # fmt: skip
"""Step 1 in order of precedence."""


class Placed(NamedTuple):
    """A place with the row of step 1 that said it."""

    place: Place
    rule: PlaceRule


def placed(supply: Supply) -> Placed:
    """Return the country that may tax a supply.

    Within the territory of Switzerland and Liechtenstein it is the seller's own country, to which
    it declares all its sales there. Refuses: VAT_RATE_MISSING for electricity of a charger in a
    country whose rules are not known here.
    """
    for rule in PLACES:
        found = rule.place_of(supply)
        if found is not None:
            return Placed(_in_one_territory(found, supply.seller), rule)
    wanted = "a country whose VAT rules are known"
    raise Refused(Refusal(Reason.VAT_RATE_MISSING, "charger", wanted, supply.charger_country))


def _in_one_territory(place: Place, seller: VatParty) -> Place:
    if place.country not in SWISS:
        return place
    own = [country for country in (place.country, *sorted(SWISS)) if _declares_in(seller, country)]
    if not own or own[0] == place.country:
        return place
    why = f"{place.why}; one VAT territory with {own[0]}, where the seller declares it"
    return place._replace(country=own[0], why=why)


def _declares_in(seller: VatParty, country: str) -> bool:
    return seller.is_established_in(country) or bool(seller.number_in(country))
