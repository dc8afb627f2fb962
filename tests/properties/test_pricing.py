"""What holds for every tariff and every charge."""

from datetime import timedelta
from decimal import Decimal
from random import Random

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.pricing.charge import Charge, ChargePeriod
from ledger.pricing.compiled import compiled
from ledger.pricing.elements import first_that_hold
from ledger.pricing.lines import Priced
from ledger.pricing.price import price, total_price
from ledger.pricing.segments import circumstances_of, segments_of, zone_needed
from ledger.pricing.tariff import PriceLimit, TariffRestrictions, TariffStatement
from ledger.pricing.terms import PricingTerms
from tests.pricing_world import MONDAY, element, tariff

CODE = "PERIOD_STRADDLES_RESTRICTION"
prices = st.decimals(0, 9, places=4).map(str)
steps = st.sampled_from((1, 60, 100, 300, 900))
times_of_day = st.sampled_from(("00:00", "07:00", "09:30", "17:00", "22:00"))
vats = st.sampled_from(("", " 0", " 7.7", " 19", " 21"))
zones = st.sampled_from(("Europe/Amsterdam", "America/New_York", "Australia/Sydney", "UTC"))


def decimals(low: int, high: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(low, high, places=3)


restrictions = st.fixed_dictionaries(
    {},
    optional={
        "start_time": times_of_day,
        "end_time": times_of_day,
        "min_kwh": decimals(0, 40),
        "max_kwh": decimals(1, 60),
        "min_duration": st.integers(0, 7200),
        "max_duration": st.integers(1, 14400),
        "day_of_week": st.sampled_from((("MONDAY", "FRIDAY"), ("SUNDAY",), ("TUESDAY",))),
        "max_power": decimals(1, 50),
    },
)


@st.composite
def elements(draw):
    kinds = draw(st.lists(st.sampled_from(("ENERGY", "TIME", "PARKING_TIME", "FLAT")), min_size=1))
    texts = [f"{kind} {draw(prices)} {draw(steps)}{draw(vats)}" for kind in dict.fromkeys(kinds)]
    return element(*texts, **draw(restrictions))


limits = st.none() | st.builds(PriceLimit, decimals(0, 30), st.none() | decimals(0, 40))
tariffs = st.builds(
    lambda rows, least, most: tariff(*rows, min_price=least, max_price=most),
    st.lists(elements(), min_size=1, max_size=6),
    limits,
    limits,
)


@st.composite
def charges(draw):
    started = at = MONDAY + timedelta(minutes=draw(st.integers(0, 60 * 24 * 300)))
    rows = []
    for _ in range(draw(st.integers(1, 5))):
        minutes = 2 * draw(st.integers(1, 200))
        hours = Decimal(minutes) / 60
        parked = draw(st.booleans())
        kwh = Decimal(0) if parked else 2 * draw(decimals(0, 20))
        split = (Decimal(0), hours) if parked else (hours, Decimal(0))
        rows.append(ChargePeriod(at, at + timedelta(minutes=minutes), kwh, *split))
        at = rows[-1].ended_at
    return Charge(started, at, draw(zones), tuple(rows), "2.2.1")


def straddles(priced: Priced) -> bool:
    return any(warning.code == CODE for warning in priced.warnings)


def halves(period: ChargePeriod) -> tuple[ChargePeriod, ChargePeriod]:
    """Return a period as two that sum to it."""
    middle = period.started_at + (period.ended_at - period.started_at) / 2
    half = {name: getattr(period, name) / 2 for name in ("energy_kwh", "time_h", "parking_time_h")}
    return replace(period, ended_at=middle, **half), replace(period, started_at=middle, **half)


@given(tariffs, charges(), st.data())
def test_splitting_a_period_that_straddles_no_bound_changes_nothing(rates, charge, data):
    before = price(charge, rates)
    assume(not straddles(before))
    place = data.draw(st.integers(0, len(charge.periods) - 1))
    rows = list(charge.periods)
    rows[place : place + 1] = halves(rows[place])
    after = price(replace(charge, periods=tuple(rows)), rates)
    assert after.total_cost == before.total_cost
    assert abs(after.net_exact - before.net_exact) < Decimal("1e-15")
    assert after.billed_time_s == before.billed_time_s
    assert after.billed_energy_kwh == before.billed_energy_kwh


@given(tariffs, charges())
def test_cut_by_us_is_what_the_warning_said_and_straddles_nothing(rates, charge):
    as_stated, cut = price(charge, rates), price(charge, rates, PricingTerms(cut_periods=True))
    assert not straddles(cut)
    for warning in as_stated.warnings:
        if warning.code == CODE:
            assert warning.cut_total == cut.net
    if not straddles(as_stated):
        assert cut == as_stated
    for name in ("energy_kwh", "time_s", "parking_time_s"):
        assert getattr(cut, name) == getattr(as_stated, name)


@given(
    tariffs,
    charges(),
    st.sampled_from(("invoice", "per_cdr", "per_period")),
    st.booleans(),
    st.booleans(),
    st.sampled_from((None, "YES", "NO")),
)
def test_the_total_alone_is_the_total_of_the_whole_price(
    rates, charge, level, cut, credit, tax_included
):
    terms = PricingTerms(rounding_level=level, cut_periods=cut)
    charge = replace(charge, credit=credit)
    rates = replace(rates, tax_included=tax_included)
    assert total_price(charge, rates, terms) == price(charge, rates, terms).total_cost


@given(tariffs, charges(), st.sampled_from(("invoice", "per_cdr", "per_period")))
def test_lines_sum_to_the_total_before_and_after_tax(rates, charge, level):
    terms = PricingTerms(rounding_level=level)
    priced = price(charge, rates, terms)
    assert sum(line.net for line in priced.lines) == priced.net == priced.total_cost.before_taxes
    # A least price on a charge of nothing, at several percentages of VAT: its tax is not known.
    assume(priced.total_cost.after_taxes is not None)
    exact = sum((line.net_exact + line.tax_exact for line in priced.lines), Decimal(0))
    unit = Decimal("0.0001") if level == "invoice" else Decimal("0.01")
    assert abs(exact - priced.total_cost.after_taxes) <= unit / 2 + Decimal("1e-15")


@given(tariffs, charges())
def test_no_recorded_figure_of_time_is_longer_than_twenty_digits(rates, charge):
    for line in price(charge, rates).lines:
        if line.dimension in ("TIME", "PARKING_TIME"):
            for figure in (line.quantity, line.net_exact, line.tax_exact):
                assert len(figure.as_tuple().digits) <= 20


@given(tariffs, charges())
def test_what_is_remembered_between_bounds_is_what_asking_every_restriction_gives(rates, charge):
    ready = compiled(rates)
    zone = zone_needed(charge, [ready])
    for segment in segments_of(charge, [ready], zone, []):
        now = circumstances_of(segment, ready, zone)
        assert segment.active == first_that_hold(ready.charging.rows, now)


@given(tariffs, charges(), decimals(0, 20))
def test_more_energy_in_the_last_period_never_costs_less(rates, charge, more):
    """In one element nothing but the quantity can change; blocks may make more cost less."""
    plain = replace(
        rates, elements=tuple(replace(row, restrictions=None) for row in rates.elements)
    )
    *rows, last = charge.periods
    larger = replace(charge, periods=(*rows, replace(last, energy_kwh=last.energy_kwh + more)))
    assert price(larger, plain).net >= price(charge, plain).net


@given(tariffs, charges(), st.randoms(use_true_random=False))
def test_the_order_of_restrictions_and_days_in_an_element_changes_nothing(
    rates: TariffStatement, charge: Charge, random: Random
):
    def shuffled(given: TariffRestrictions | None) -> TariffRestrictions | None:
        if given is None:
            return None
        named = [(name, getattr(given, name)) for name in given.__struct_fields__]
        random.shuffle(named)
        fields = dict(named)
        days = list(fields["day_of_week"])
        random.shuffle(days)
        return TariffRestrictions(**{**fields, "day_of_week": tuple(days)})

    same = tuple(replace(row, restrictions=shuffled(row.restrictions)) for row in rates.elements)
    assert price(charge, replace(rates, elements=same)) == price(charge, rates)


@given(tariffs, charges())
def test_priced_again_is_the_same_to_the_byte_also_from_the_recorded_text(rates, charge):
    first = msgspec.json.encode(price(charge, rates))
    assert msgspec.json.encode(price(charge, rates)) == first
    rates_again = msgspec.json.decode(msgspec.json.encode(rates), type=TariffStatement)
    charge_again = msgspec.json.decode(msgspec.json.encode(charge), type=Charge)
    assert msgspec.json.encode(price(charge_again, rates_again)) == first
    assert msgspec.json.encode(msgspec.json.decode(first, type=Priced)) == first


@given(tariffs, charges())
def test_a_limit_is_never_broken(rates, charge):
    total = price(charge, rates).total_cost
    if rates.max_price is not None:
        assert total.before_taxes <= rates.max_price.before_taxes
        if rates.max_price.after_taxes is not None and total.after_taxes is not None:
            assert total.after_taxes <= rates.max_price.after_taxes
    elif rates.min_price is not None:
        assert total.before_taxes >= rates.min_price.before_taxes
