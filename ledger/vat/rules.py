"""Step 2: six rules in order; the first that matches decides who charges what.

| rule                | VAT                  | cat | where                                     |
|---------------------|----------------------|-----|-------------------------------------------|
| `domestic_resale`   | none, buyer accounts | AE  | at home between two dealers, by an option |
| `seller_in_place`   | the place's rate     | S   | the seller is established in the place    |
| `reverse_charge`    | none, buyer accounts | AE  | the buyer is identified in the place (EU) |
| `outside_scope`     | none                 | O   | the place is outside the seller's area    |
| `seller_registered` | the place's rate     | S   | the seller is registered in the place     |
| (none)              | refused              | -   | nobody could declare it: it is held       |

`cat` is the category of EN 16931. A rule that taxes may meet a dated override; the decision then
names `override` as its rule. K and G never occur: no goods move between states, and nothing is
exported.

Sources: Directive 2006/112/EC Art. 192a to 199a; EN 16931 BR-AE-02 (a reverse charge names both
numbers), BR-O-02 (what is out of scope names none); VATEX list of the Connecting Europe Facility.
"""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.values.reasons import Reason, Refusal, Refused
from ledger.vat.areas import EU, SWISS, is_outside
from ledger.vat.decision import DATA_VERSION, NO_TAX, VatDecision
from ledger.vat.options import resale_option
from ledger.vat.overrides import RateOverride, override_for
from ledger.vat.place import Place, Supply
from ledger.vat.rates import standard_rate

REVERSE_CHARGE: Final = "VATEX-EU-AE"
OUT_OF_SCOPE: Final = "VATEX-EU-O"
_ACCOUNTS_AT_HOME: Final = SWISS | {"GB", "NO"}
"""Where a business owes the tax on what it buys from abroad: MWSTG Art. 45 (Bezugsteuer), VATA
1994 s. 8 and 9A, merverdiavgiftsloven § 11-3."""


class Case(NamedTuple):
    """A supply at its place, and the overrides that were agreed."""

    supply: Supply
    place: Place
    overrides: Sequence[RateOverride] = ()


class Rule(NamedTuple):
    """A rule of step 2: its id, its source, and its decision on nothing, or why it has none."""

    name: str
    source: str
    decide: Callable[[Case], VatDecision | str]


Condition = tuple[bool, str]
"""What a rule asks, and what is said where it is not so."""


def _unmet(*conditions: Condition) -> str:
    """Return what the first condition says that does not hold; nothing where all do."""
    return next((said for holds, said in conditions if not holds), "")


def _domestic_resale(case: Case) -> VatDecision | str:
    (kind, _, seller, buyer, tax_point), place = case.supply, case.place.country
    option = resale_option(place, tax_point)
    why_not = _unmet(
        (seller.is_established_in(place), f"the seller is not established in {place}"),
        (kind == "electricity", "it is no electricity"),
        (seller.kind == buyer.kind == "dealer", "they are not both dealers"),
        (option is not None, f"{place} has no such option on {tax_point}"),
        (bool(buyer.number_in(place)), f"the buyer has no VAT number in {place}"),
        (bool(seller.own_number(place)), "the seller has no VAT number"),
    )
    if why_not or option is None:
        return why_not
    why = f"both are resellers there, the buyer accounts ({option.source})"
    proofs = dict.fromkeys((buyer.dealer_evidence, seller.dealer_evidence))
    evidence = "; ".join(proof for proof in proofs if proof)
    return replace(_buyer_accounts("domestic_resale", case, why), evidence=evidence)


def _seller_in_place(case: Case) -> VatDecision | str:
    seller, place = case.supply.seller, case.place.country
    if not seller.is_established_in(place):
        return f"the seller is not established in {place}"
    return _taxed("seller_in_place", case, "the seller is there")


def _reverse_charge(case: Case) -> VatDecision | str:
    seller, buyer, place = case.supply.seller, case.supply.buyer, case.place.country
    why_not = _unmet(
        (place in EU, f"{place} is not in the Union"),
        (not seller.is_established_in(place), f"the seller is established in {place}"),
        (buyer.is_business, "the buyer is a consumer"),
        (bool(buyer.number_in(place)), f"the buyer has no VAT number in {place}"),
        (bool(seller.own_number(place)), "the seller has no VAT number"),
    )
    why = "the seller is not there, the buyer is identified there"
    return why_not or _buyer_accounts("reverse_charge", case, why)


def _outside_scope(case: Case) -> VatDecision | str:
    """The seller's area is that of its seat, and any country in which it is registered.

    Swiss electricity goes out of the area to a proven seat anywhere. In the United Kingdom a buyer
    that is registered there accounts for electricity from overseas, whoever else is registered.
    """
    (kind, charger, seller, buyer, _), place = case.supply, case.place.country
    is_electricity = kind == "electricity"
    is_overseas = place == "GB" and is_electricity
    leaves_switzerland = charger in SWISS and is_electricity
    is_there = buyer.is_established_in(place) or (is_overseas and bool(buyer.number_in(place)))
    is_elsewhere = is_outside(place, seller.established_in) and not seller.is_established_in(place)
    why_not = _unmet(
        (is_elsewhere, f"{place} is in the VAT area of the seller"),
        (place not in EU or leaves_switzerland, f"in {place} the buyer has to be identified"),
        (is_overseas or not seller.number_in(place), f"the seller is registered in {place}"),
        (buyer.is_business, "the buyer is a consumer"),
        (is_there, f"the buyer is not established in {place}"),
    )
    if why_not:
        return why_not
    accounts = place in _ACCOUNTS_AT_HOME
    why = "outside the seller's VAT area" + (", the buyer accounts at home" if accounts else "")
    decided = _untaxed("outside_scope", case, why)
    decided = replace(decided, category="O", exemption=OUT_OF_SCOPE)
    return _accounted_for(decided) if accounts else decided


def _seller_registered(case: Case) -> VatDecision | str:
    place = case.place.country
    if not case.supply.seller.number_in(place):
        return f"the seller has no VAT number in {place}"
    return _taxed("seller_registered", case, "the seller is registered there")


RULES: Final = (
    Rule("domestic_resale", "Directive 2006/112/EC Art. 199a (1) (e)", _domestic_resale),
    Rule("seller_in_place", "Directive 2006/112/EC Art. 193", _seller_in_place),
    Rule("reverse_charge", "Directive 2006/112/EC Art. 194 to 196", _reverse_charge),
    Rule("outside_scope",
         "Directive 2006/112/EC Art. 2; MWSTG Art. 45 (1); VATA 1994 s. 9A", _outside_scope),
    Rule("seller_registered", "Directive 2006/112/EC Art. 193 and 214", _seller_registered),
)  # fmt: skip
"""Step 2 in order of precedence; where none matches, VAT_REGISTRATION_MISSING."""


class Tried(NamedTuple):
    """A rule that was asked, and why it did not match; empty where it did."""

    rule: Rule
    why_not: str


class Outcome(NamedTuple):
    """The decision on nothing, None where no rule matched, and what was asked for it."""

    decision: VatDecision | None
    tried: tuple[Tried, ...]


def outcome_of(case: Case) -> Outcome:
    """Ask the rules in order until one decides. Refuses: VAT_RATE_MISSING."""
    tried: list[Tried] = []
    for rule in RULES:
        found = rule.decide(case)
        if isinstance(found, VatDecision):
            return Outcome(found, (*tried, Tried(rule, "")))
        tried.append(Tried(rule, found))
    return Outcome(None, tuple(tried))


def nobody_declares(place: str) -> Refusal:
    """Return why a supply is held that no rule decides: the seller is not registered there."""
    return Refusal(Reason.VAT_REGISTRATION_MISSING, place, f"a registration in {place}")


def _untaxed(rule: str, case: Case, why: str) -> VatDecision:
    return VatDecision(
        rule=rule,
        place=case.place.country,
        category="AE",
        percent=Decimal(0),
        vat=NO_TAX,
        tax_point=case.supply.tax_point,
        why=f"{case.place.why}; {why}",
        data_version=DATA_VERSION,
        evidence=case.place.evidence,
        supply="electricity" if case.supply.kind == "electricity" else "service",
    )


def _buyer_accounts(rule: str, case: Case, why: str) -> VatDecision:
    seller, buyer, place = case.supply.seller, case.supply.buyer, case.place.country
    return replace(
        _accounted_for(_untaxed(rule, case, why)),
        exemption=REVERSE_CHARGE,
        seller_number=seller.own_number(place),
        buyer_number=buyer.number_in(place),
    )


def _accounted_for(decided: VatDecision) -> VatDecision:
    """Return a decision by which the buyer accounts, at the rate of the place."""
    rate = standard_rate(decided.place, decided.tax_point)
    if rate is None:
        raise _no_rate(decided.place, decided.tax_point)
    return replace(decided, buyer_accounts=True, buyer_percent=rate.percent)


def _no_rate(place: str, tax_point: date) -> Refused:
    return Refused(Refusal(Reason.VAT_RATE_MISSING, place, f"a rate on {tax_point}"))


def _taxed(rule: str, case: Case, why: str) -> VatDecision:
    """Return a decision at the rate of the place, or at the one agreed instead of it."""
    supply, place = case.supply, case.place.country
    rate = standard_rate(place, supply.tax_point)
    override = override_for(case.overrides, place, supply.kind, supply.tax_point)
    decided = replace(
        _untaxed(rule, case, why),
        category="S",
        seller_number=supply.seller.own_number(place),
        buyer_number=supply.buyer.number_in(place),
    )
    if override is not None:
        standard = f"{rate.percent} % ({rate.source})" if rate is not None else "no known rate"
        return replace(
            decided,
            rule="override",
            category=override.category,
            percent=override.percent,
            # EN 16931 BR-E-10 asks for the reason of an exemption, BR-Z-10 forbids one.
            exemption=override.source if override.category == "E" else "",
            rate_source=override.source,
            standard_percent=rate.percent if rate is not None else None,
            why=f"{decided.why} ({rule}); agreed instead of the standard {standard}",
        )
    if rate is None:
        raise _no_rate(place, supply.tax_point)
    return replace(decided, percent=rate.percent, rate_source=rate.source)
