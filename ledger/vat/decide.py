"""The VAT decision of one supply: its place, then the first rule that matches.

Sources: Directive 2006/112/EC Articles 38 and 39 (electricity), 44 (services), 195 and 196
(reverse charge); EN 16931 category codes S, AE, O. Charging is one supply of electricity
(CJEU C-282/22); a CPO and an eMSP in its own name make two supplies (CJEU C-60/23).
"""

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from ledger.values.money import EXACT, round_to_scale_4
from ledger.values.reasons import Reason, Refusal, Refused
from ledger.vat.rates import DATA_VERSION, EU, resale_option, standard_rate

SupplyKind = Literal["electricity", "service"]
BuyerKind = Literal["dealer", "business", "consumer"]


class VatParty(msgspec.Struct, frozen=True, gc=False):
    """What the decision needs to know of a seller or buyer on the tax point."""

    established_in: str
    registered_in: frozenset[str]
    kind: BuyerKind


class VatDecision(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The decision as it is recorded: place, category, rate, amount, and why.

    `vat` has scale 4. With `buyer_accounts`, the buyer owes the tax at home (reverse charge).
    """

    rule: str
    place: str
    category: str
    percent: Decimal
    vat: Decimal
    tax_point: date
    why: str
    data_version: str
    rate_source: str = ""
    buyer_accounts: bool = False
    exemption: str = ""


def decide_vat(
    *,
    supply: SupplyKind,
    charger_country: str,
    seller: VatParty,
    buyer: VatParty,
    tax_point: date,
    net: Decimal,
) -> VatDecision:
    """Decide the VAT of one supply of `net` (scale 4). A pure function of its arguments.

    Refuses: VAT_RATE_MISSING, VAT_REGISTRATION_MISSING.
    """
    place, why_place = place_of_supply(supply, charger_country, seller, buyer)
    if seller.established_in == place:
        between_dealers = supply == "electricity" and seller.kind == buyer.kind == "dealer"
        option = resale_option(place, tax_point) if between_dealers else None
        if option is not None:
            why = f"{why_place}; both are resellers there, the buyer accounts ({option.source})"
            return _buyer_accounts("domestic_resale", place, tax_point, why)
        return _taxed("seller_in_place", place, tax_point, net, f"{why_place}; seller is there")
    if place in EU and place in buyer.registered_in and buyer.kind != "consumer":
        why = f"{why_place}; seller is not there, the buyer is identified there"
        return _buyer_accounts("reverse_charge", place, tax_point, why)
    if place not in EU and buyer.established_in == place and buyer.kind != "consumer":
        return VatDecision(
            rule="outside_scope",
            place=place,
            category="O",
            percent=Decimal(0),
            vat=Decimal("0.0000"),
            tax_point=tax_point,
            data_version=DATA_VERSION,
            why=f"{why_place}; outside the seller's VAT area",
            exemption="VATEX-EU-O",
        )
    if place in seller.registered_in:
        return _taxed("seller_registered", place, tax_point, net, f"{why_place}; seller registered")
    raise Refused(Refusal(Reason.VAT_REGISTRATION_MISSING, place, f"a registration in {place}"))


def place_of_supply(
    supply: SupplyKind, charger_country: str, seller: VatParty, buyer: VatParty
) -> tuple[str, str]:
    """Return the country that may tax, and why.

    Electricity to a dealer: the dealer's seat (Article 38; in Switzerland MWSTG Art. 7 (2));
    to others: where it is consumed (Article 39). Services to a business: its seat (Article 44);
    to a consumer: the supplier's (Article 45).
    """
    if supply == "service" and buyer.kind == "consumer":
        return seller.established_in, "service to a consumer: the supplier's seat"
    if supply == "service":
        return buyer.established_in, "service to a business: the buyer's seat"
    if buyer.kind == "dealer":
        return buyer.established_in, "electricity to a dealer: the buyer's seat"
    return charger_country, "electricity to others: where the charger stands"


def _buyer_accounts(rule: str, place: str, tax_point: date, why: str) -> VatDecision:
    return VatDecision(
        rule=rule,
        place=place,
        category="AE",
        percent=Decimal(0),
        vat=Decimal("0.0000"),
        tax_point=tax_point,
        data_version=DATA_VERSION,
        why=why,
        buyer_accounts=True,
        exemption="VATEX-EU-AE",
    )


def _taxed(rule: str, place: str, tax_point: date, net: Decimal, why: str) -> VatDecision:
    row = standard_rate(place, tax_point)
    if row is None:
        raise Refused(Refusal(Reason.VAT_RATE_MISSING, place, f"a rate on {tax_point}"))
    vat = round_to_scale_4(EXACT.multiply(net, EXACT.divide(row.percent, Decimal(100))))
    return VatDecision(
        rule=rule,
        place=place,
        category="S",
        percent=row.percent,
        vat=vat,
        tax_point=tax_point,
        data_version=DATA_VERSION,
        why=why,
        rate_source=row.source,
    )
