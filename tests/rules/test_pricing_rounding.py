"""Where rounding bites: the smallest quantities, bounds ± one unit, long and empty charges."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ledger.pricing.charge import Charge, ChargePeriod
from ledger.pricing.price import price
from ledger.pricing.terms import PricingTerms
from tests.pricing_world import AMSTERDAM, MONDAY, charge, element, limit, net_of, period, tariff


@pytest.mark.parametrize(
    ("kwh", "step_size", "billed", "net"),
    [
        ("0.001", 1, "0.001", "0.0003"),
        ("0.001", 500, "0.5", "0.1735"),
        ("0.0001", 1, "0.001", "0.0003"),
        ("0.499", 500, "0.5", "0.1735"),
        ("0.500", 500, "0.500", "0.1735"),
        ("0.501", 500, "1", "0.347"),
        ("0", 500, "0", "0"),
    ],
)
def test_energy_at_a_price_of_three_decimals(kwh, step_size, billed, net):
    priced = price(charge(period(60, kwh)), tariff(f"ENERGY 0.347 {step_size}"))
    assert (priced.billed_energy_kwh, net_of(priced)) == (Decimal(billed), net)


@pytest.mark.parametrize(
    ("hours", "step_size", "billed_s", "net"),
    [
        ("0.6667", 1, 2400, "2"),  # 40 minutes
        ("0.6667", 60, 2400, "2"),
        ("0.6666", 60, 2400, "2"),  # 2399.76 seconds
        ("0.3333", 60, 1200, "1"),
        ("0.0003", 1, 1, "0.0008"),  # a second at 3.00 an hour
        ("0.0001", 300, 0, "0"),  # a third of a second is none
        ("0.0831", 300, 300, "0.25"),  # a second less than five minutes
        ("0.0833", 300, 300, "0.25"),
        ("0.0836", 300, 600, "0.5"),  # a second more
    ],
)
def test_hours_of_four_decimals_are_whole_seconds(hours, step_size, billed_s, net):
    one = ChargePeriod(MONDAY, MONDAY + timedelta(hours=1), Decimal(0), Decimal(hours), Decimal(0))
    session = Charge(MONDAY, MONDAY + timedelta(hours=1), AMSTERDAM, (one,))
    priced = price(session, tariff(f"TIME 3.00 {step_size}"))
    assert (priced.billed_time_s, net_of(priced)) == (billed_s, net)


def test_many_periods_of_rounded_hours_add_up_to_the_time_that_passed():
    """Ten times 40 minutes, each written 0.6667: not 1.2 seconds more, which would be a step."""
    priced = price(charge(*[period(40)] * 10), tariff("TIME 3.00 60"))
    assert (priced.billed_time_s, net_of(priced)) == (24000, "20")
    first = priced.lines[0]
    assert (first.quantity, first.stated_quantity) == (Decimal("0.666666667"), Decimal("0.6667"))


@pytest.mark.parametrize(
    ("used", "net"),
    [("19.999", "6.2997"), ("20.000", "6.2"), ("20.001", "6.2003")],
)
def test_a_period_that_begins_a_unit_beside_a_bound(used, net):
    """Up to 20 kWh at 0.30, then 0.20; a period of one kWh follows."""
    block = tariff(element("ENERGY 0.30", max_kwh="20"), "ENERGY 0.20")
    assert net_of(price(charge(period(60, used), period(5, "1")), block)) == net


def test_a_charge_of_no_duration_and_no_energy_pays_its_flat_fee_alone():
    nothing = charge(period(0, "0"))
    priced = price(nothing, tariff(element("FLAT 0.35 1 20", "ENERGY 0.30 100", "TIME 3 900")))
    assert (net_of(priced), priced.total_cost.after_taxes) == ("0.35", Decimal("0.42"))
    assert [line.dimension for line in priced.lines] == ["FLAT"]


@pytest.mark.parametrize(
    ("at", "net"),
    [
        # from Saturday local midnight on: Saturday is free, Sunday 1.00 an hour, Monday 2.00
        (datetime(2026, 3, 27, 23, tzinfo=UTC), "27"),  # Sunday has 23 hours, Monday two
        (datetime(2026, 10, 23, 22, tzinfo=UTC), "25"),  # Sunday has 25, Monday none
        (datetime(2026, 6, 5, 22, tzinfo=UTC), "26"),  # Sunday has 24, Monday one
    ],
)
def test_49_hours_are_49_hours_over_a_change_of_the_clock(at, net):
    weekend = tariff(
        element("TIME 0.00", day_of_week=("SATURDAY",)),
        element("TIME 1.00", day_of_week=("SUNDAY",)),
        "TIME 2.00",
    )
    priced = price(charge(period(49 * 60), at=at), weekend, PricingTerms(cut_periods=True))
    assert priced.time_s == priced.billed_time_s == 49 * 3600
    assert net_of(priced) == net


@pytest.mark.parametrize(
    ("terms", "net", "lines"),
    [
        (PricingTerms(), "0.6665", ["0.3333", "0.3332"]),
        (PricingTerms(rounding_level="per_cdr"), "0.67", ["0.3350", "0.3350"]),
        (PricingTerms(rounding_level="per_period"), "0.66", ["0.3300", "0.3300"]),
        (PricingTerms(rounding_level="per_cdr", rounding_mode="down"), "0.66", None),
        (PricingTerms(rounding_level="per_period", rounding_mode="up"), "0.68", None),
    ],
)
def test_rounding_level_and_mode_are_the_agreements(terms, net, lines):
    priced = price(charge(period(30, "1"), period(30, "1")), tariff("ENERGY 0.33325"), terms)
    assert net_of(priced) == net
    assert sum(line.net for line in priced.lines) == priced.net
    if lines is not None:
        assert sorted((str(line.net) for line in priced.lines), reverse=True) == lines


def test_half_a_cent_rounds_up_or_to_even():
    cents = charge(period(30, "1"))
    for mode, net in (("half_up", "0.13"), ("half_even", "0.12")):
        terms = PricingTerms(rounding_level="per_cdr", rounding_mode=mode)
        assert net_of(price(cents, tariff("ENERGY 0.125"), terms)) == net


def test_a_currency_without_cents_rounds_to_its_own_unit():
    yen = tariff("ENERGY 30.6", currency="JPY")
    terms = PricingTerms(rounding_level="per_cdr")
    assert net_of(price(charge(period(30, "1")), yen, terms)) == "31"


def test_thirds_of_an_hour_add_up_before_they_are_rounded() -> None:
    """Four and a half hours at 0.0001 are 0.00045, also as 80, 80 and 110 minutes of three."""
    rates = tariff(
        element("TIME 0.0001", max_duration=4800),
        element("TIME 0.0001", max_duration=9600),
        "TIME 0.0001",
    )
    assert net_of(price(charge(period(80), period(80), period(110)), rates)) == "0.0005"


def test_a_least_price_on_a_charge_of_nothing_bears_the_tariffs_only_vat() -> None:
    rates = tariff("ENERGY 0.30 1 21", min_price=limit("0.50"))
    assert price(charge(period(10)), rates).total_cost.after_taxes == Decimal("0.6050")
    mixed = tariff("ENERGY 0.30 1 21", "PARKING_TIME 3 1 9", min_price=limit("0.50"))
    assert price(charge(period(10)), mixed).total_cost.after_taxes is None
