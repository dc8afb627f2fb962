"""Whatever is sold to whom, a VAT decision is lawful in form, or it is refused with a code."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ledger.values.money import SCALE_4
from ledger.values.reasons import Reason, Refused
from ledger.vat.areas import COVERED
from ledger.vat.decide import decide_treatment
from ledger.vat.decision import Treatment
from ledger.vat.explain import explain
from ledger.vat.overrides import RateOverride, errors_of_overrides
from ledger.vat.parties import A_DRIVER, VatParty
from ledger.vat.place import Supply
from ledger.vat.rates import standard_rate

COUNTRIES = sorted(COVERED | {"US", "TR"})
countries = st.sampled_from(COUNTRIES)
days = st.dates(date(2017, 6, 1), date(2028, 1, 1))
nets = st.decimals("-10000", "10000", places=4)


@st.composite
def businesses(draw: st.DrawFn) -> VatParty:
    seat = draw(countries)
    registered = draw(st.sets(countries | st.just(seat), max_size=4))
    branches = tuple(sorted(draw(st.sets(countries, max_size=2)) - {seat}))
    return VatParty(
        seat,
        draw(st.sampled_from(["dealer", "business"])),
        numbers=tuple((country, f"{country}1") for country in sorted(registered)),
        establishments=branches,
        supplied_at=branches[: draw(st.integers(0, 2))],
        dealer_evidence=draw(st.sampled_from(["", "USt 1 TH 7"])),
        seat_evidence=draw(st.sampled_from(["", "extract 1"])),
    )


buyers = businesses() | st.just(A_DRIVER) | st.builds(VatParty, countries, st.just("consumer"))
supplies = st.builds(
    Supply,
    st.sampled_from(["electricity", "service", "parking"]),
    countries,
    businesses(),
    buyers,
    days,
)


@st.composite
def lawful_overrides(draw: st.DrawFn) -> tuple[RateOverride, ...]:
    category = draw(st.sampled_from(["S", "E", "Z"]))
    percent = draw(st.decimals("0.1", "100", places=1)) if category == "S" else Decimal(0)
    since = draw(days)
    row = RateOverride(
        draw(st.sampled_from(sorted(COVERED))),
        draw(st.sampled_from(["electricity", "service", "parking"])),
        percent,
        category,
        since,
        draw(st.none() | st.dates(since, date(2030, 1, 1)).filter(lambda day: day > since)),
        "a ruling",
    )
    return (row,)


def decided(supply: Supply, overrides: tuple[RateOverride, ...] = ()) -> Treatment | None:
    """Return the treatment, None where it is refused: with one of two codes and nothing else."""
    try:
        return decide_treatment(supply, overrides)
    except Refused as refused:
        codes = {row.reason for row in refused.refusals}
        assert codes <= {Reason.VAT_REGISTRATION_MISSING, Reason.VAT_RATE_MISSING}
        return None


@given(supplies, nets)
def test_a_decision_has_the_form_its_category_asks_for(supply: Supply, net: Decimal) -> None:
    found = decided(supply)
    if found is None:
        return
    decision = found.of(net)
    assert decision.category in {"S", "AE", "O"}, "neither K nor G; E and Z by agreement only"
    if decision.category == "S":
        rate = standard_rate(decision.place, supply.tax_point)
        assert rate is not None and decision.percent == rate.percent
        assert (decision.exemption, decision.buyer_accounts) == ("", False)
        assert decision.rate_source == rate.source
    else:
        assert (decision.percent, decision.vat) == (0, 0)
        assert decision.exemption == f"VATEX-EU-{decision.category}"
        assert supply.buyer.is_business
    if decision.category == "AE":
        assert decision.buyer_accounts
        assert decision.seller_number and decision.buyer_number
        assert decision.buyer_number == supply.buyer.number_in(decision.place)
    if decision.category == "O":
        assert not decision.seller_number and not decision.buyer_number


@given(supplies, st.lists(nets, min_size=1, max_size=6))
def test_how_an_amount_is_cut_changes_no_rule_and_little_tax(
    supply: Supply, parts: list[Decimal]
) -> None:
    found = decided(supply)
    if found is None:
        return
    whole, cut = found.of(sum(parts, Decimal(0))), [found.of(part) for part in parts]
    assert {(row.rule, row.place, row.percent, row.why) for row in cut} == {
        (whole.rule, whole.place, whole.percent, whole.why)
    }
    off = abs(whole.vat - sum((row.vat for row in cut), Decimal(0)))
    assert off <= SCALE_4 * len(parts), "each is rounded by half a unit at most"


@given(supplies, nets)
def test_the_opposite_amount_has_the_opposite_tax(supply: Supply, net: Decimal) -> None:
    found = decided(supply)
    assert found is None or found.of(-net).vat == -found.of(net).vat


@given(supplies, lawful_overrides())
def test_an_agreed_rate_counts_only_where_the_seller_charges_one(
    supply: Supply, overrides: tuple[RateOverride, ...]
) -> None:
    (row,) = overrides
    assert not list(errors_of_overrides(overrides, "vat.overrides"))
    found, standard = decided(supply, overrides), decided(supply)
    if found is None:
        assert standard is None
        return
    decision = found.of_nothing
    concerns = row.covers(decision.place, supply.kind, supply.tax_point)
    assert (decision.rule == "override") == (concerns and decision.category not in {"AE", "O"})
    if decision.rule == "override":
        assert (decision.percent, decision.category) == (row.percent, row.category)
        assert decision.rate_source == row.source
        rate = standard_rate(decision.place, supply.tax_point)
        assert decision.standard_percent == (rate.percent if rate is not None else None)
    else:
        assert standard == found


@given(supplies, nets)
def test_what_is_explained_is_what_is_decided(supply: Supply, net: Decimal) -> None:
    found, told = decided(supply), explain(supply, net)
    assert told.decision == (found.of(net) if found is not None else None)
    assert bool(told.refusals) == (found is None)
    matched = [row.rule for row in told.asked if row.matched]
    assert matched == ([told.decision.rule] if told.decision is not None else [])
