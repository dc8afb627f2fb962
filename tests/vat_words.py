"""Sellers and buyers in words, and decisions in words: how the tables of VAT tests are written."""

from datetime import date
from decimal import Decimal

from ledger.vat.decide import decide_vat
from ledger.vat.decision import VatDecision
from ledger.vat.overrides import RateOverride
from ledger.vat.parties import A_DRIVER, BuyerKind, VatParty

OCTOBER = date(2026, 10, 10)
_KINDS: dict[str, BuyerKind] = {"dealer": "dealer", "business": "business", "consumer": "consumer"}
_WITHOUT = "unproven"


def vat_party(text: str) -> VatParty:
    """Read «NL dealer», «NL dealer DE», «NL dealer -», «DE business unproven», «driver».

    The seat, then the kind, then the countries of its numbers: the seat's where nothing is said, a
    hyphen for none. «unproven» is without evidence, «@FR» an establishment, «@FR!» one for which
    electricity is bought.
    """
    if text == "driver":
        return A_DRIVER
    seat, kind, *more = text.split()
    evidence = "" if _WITHOUT in more else f"proof of {seat}"
    branches = [word.strip("@!") for word in more if word.startswith("@")]
    supplied = [word.strip("@!") for word in more if word.endswith("!")]
    countries = [word for word in more if word.isupper() and word.isalpha()]
    if not countries and "-" not in more and kind != "consumer":
        countries = [seat]
    return VatParty(
        seat,
        _KINDS[kind],
        numbers=tuple((country, f"{country}1") for country in countries),
        establishments=tuple(branches),
        supplied_at=tuple(supplied),
        dealer_evidence=evidence if kind == "dealer" else "",
        seat_evidence=evidence,
    )


def decided(
    supply: str,
    seller: str,
    buyer: str,
    *,
    on: date = OCTOBER,
    net: Decimal = Decimal("100.0000"),
    overrides: tuple[RateOverride, ...] = (),
) -> VatDecision:
    """Decide «electricity NL» between two in words, on 100.00 before tax."""
    kind, charger = supply.split()
    return decide_vat(
        supply=kind,  # type: ignore[arg-type]  # the tables name kinds there are
        charger_country=charger,
        seller=vat_party(seller),
        buyer=vat_party(buyer),
        tax_point=on,
        net=net,
        overrides=overrides,
    )


def said(decision: VatDecision) -> str:
    """Return rule, place, category and rate; for a buyer that accounts, also at which rate.

    >>> said(decided("electricity NL", "NL dealer", "DE dealer"))
    'reverse_charge DE AE 0, buyer 19'
    """
    text = f"{decision.rule} {decision.place} {decision.category} {decision.percent}"
    if not decision.buyer_accounts:
        return text
    return f"{text}, buyer {decision.buyer_percent}"
