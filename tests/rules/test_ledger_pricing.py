"""What a charge costs: whole steps, first components, versions by their own dates."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.pricing.charge import Charge, ChargePeriod
from ledger.pricing.price import billed_quantity, price
from ledger.pricing.tariff import (
    TariffRestrictions,
    TariffVersion,
    version_valid_at,
)
from ledger.values.reasons import Refused
from tests.ledger_cast import YEAR_BEGINS
from tests.ledger_statements import october, tariff

STARTED = october(10)


@pytest.mark.parametrize(
    ("consumed_wh", "step_size_wh", "billed_wh"),
    [
        ("115.2", 1, "116"),
        ("115.2", 25, "125"),
        ("100", 25, "100"),  # a whole step is not rounded further
        ("100.000001", 25, "125"),
        ("0.1", 1000, "1000"),
        ("5125", 500, "5500"),
    ],
)
def test_energy_is_billed_in_whole_steps(consumed_wh, step_size_wh, billed_wh):
    kwh = Decimal(consumed_wh) / 1000
    billed = billed_quantity(kwh, dimension="ENERGY", step_size=step_size_wh)
    assert billed * 1000 == Decimal(billed_wh)


@pytest.mark.parametrize(
    ("hours", "step_size_s", "billed_s"),
    [
        ("1", 60, 3600),
        ("0.6667", 60, 2400),  # 40 minutes, sent with four decimals
        ("0.6667", 1, 2400),
        ("0.0167", 60, 60),
        ("0.0170", 60, 120),  # 61.2 seconds are more than a minute
        ("0.6667", 900, 2700),
        ("0.0001", 300, 0),  # a third of a second is none
    ],
)
def test_time_is_billed_in_whole_steps_of_whole_seconds(hours, step_size_s, billed_s):
    billed = billed_quantity(Decimal(hours), dimension="TIME", step_size=step_size_s)
    assert round(billed * 3600, 6) == billed_s


@pytest.mark.parametrize("step_size", [0, -1])
def test_a_step_must_be_positive(step_size):
    with pytest.raises(Refused, match="STEP_SIZE_NOT_POSITIVE"):
        billed_quantity(Decimal(1), dimension="ENERGY", step_size=step_size)


def charge(*periods: tuple[str, str, str]) -> Charge:
    """Return a charge of (kWh, hours charging, hours parking), each lasting half an hour."""
    each = timedelta(minutes=30)
    return Charge(
        STARTED,
        STARTED + each * len(periods),
        "Europe/Amsterdam",
        tuple(
            ChargePeriod(
                STARTED + each * number,
                STARTED + each * (number + 1),
                *(Decimal(quantity) for quantity in quantities),
            )
            for number, quantities in enumerate(periods)
        ),
    )


ENERGY, TIME, PARKING = ("ENERGY", "0.30", 1), ("TIME", "3.00", 600), ("PARKING_TIME", "6.00", 900)


@pytest.mark.parametrize(
    ("components", "periods", "net"),
    [
        ([ENERGY], [("14", "0", "0")], "4.2000"),
        ([ENERGY, ("FLAT", "0.35", 1)], [("14", "0", "0")], "4.5500"),
        ([("FLAT", "0.35", 1)], [("0", "0", "0")], "0.3500"),
        # 25 minutes of charging are 30 in steps of 10
        ([TIME], [("0", "0.416667", "0")], "1.5000"),
        # a step is taken on the whole session, once: 2 x 25 minutes are 50
        ([TIME], [("0", "0.416667", "0"), ("0", "0.416667", "0")], "2.5000"),
        # parking ends the session: it takes the step (20 minutes are 30), charging does not
        ([TIME, PARKING], [("0", "0.4", "0"), ("0", "0", "0.333333")], "4.2000"),
        # charging ends the session: it takes the step (24 minutes are 30), parking does not
        ([TIME, PARKING], [("0", "0", "0.4"), ("0", "0.4", "0")], "3.9000"),
        # parking that the tariff does not price leaves the step with charging
        ([TIME], [("0", "0.4", "0"), ("0", "0", "0.333333")], "1.5000"),
        ([PARKING], [("0", "0", "0.4"), ("0", "0.4", "0")], "3.0000"),
        # a dimension that was not consumed costs nothing
        ([ENERGY, TIME, PARKING], [("10", "0", "0")], "3.0000"),
        # the first component of a dimension prices it
        ([ENERGY, ("ENERGY", "9.99", 1)], [("10", "0", "0")], "3.0000"),
    ],
)
def test_a_charge_costs_what_the_table_says(components, periods, net):
    priced = price(charge(*periods), tariff(*components).statement)
    assert str(priced.net) == net


def test_the_receipts_lines_say_quantity_price_and_the_step():
    priced = price(charge(("10.0004", "0.5", "0")), tariff(ENERGY, TIME).statement)
    assert [(x.dimension, x.kind, str(x.quantity), str(x.net), x.period) for x in priced.lines] == [
        ("ENERGY", "consumption", "10.0004", "3.0001", 0),
        ("ENERGY", "step_rounding", "0.0006", "0.0002", None),
        ("TIME", "consumption", "0.5", "1.5000", 0),
    ]
    assert (priced.net, priced.billed_energy_kwh) == (Decimal("4.5003"), Decimal("10.001"))


quantity = st.decimals(0, 200, places=9).map(str)


@given(
    periods=st.lists(st.tuples(quantity, quantity, quantity), min_size=1, max_size=6),
    prices=st.tuples(*[st.decimals(0, 10, places=9).map(str)] * 4),
    steps=st.tuples(*[st.integers(1, 4000)] * 4),
)
def test_lines_sum_to_the_total_and_nothing_is_billed_below_what_was_consumed(
    periods, prices, steps
):
    dimensions = ("ENERGY", "TIME", "PARKING_TIME", "FLAT")
    priced = price(charge(*periods), tariff(*zip(dimensions, prices, steps, strict=True)).statement)
    assert sum(line.net for line in priced.lines) == priced.net
    assert abs(priced.net - priced.net_exact) <= Decimal("0.00005")
    half_a_second = Decimal("0.5") / 3600
    assert priced.billed_energy_kwh >= priced.energy_kwh
    assert priced.billed_time_h >= priced.time_h - half_a_second
    assert priced.billed_parking_time_h >= priced.parking_time_h - half_a_second


def test_a_strange_component_is_refused_and_an_empty_restriction_is_none():
    statement = tariff(ENERGY).statement
    none = replace(statement.elements[0], restrictions=TariffRestrictions())
    with pytest.raises(Refused, match="TARIFF_NOT_SUPPORTED"):
        price(charge(("1", "0", "0")), tariff(ENERGY, ("RESERVATION", "1", 1)).statement)
    assert price(charge(("1", "0", "0")), replace(statement, elements=(none,))).net == Decimal(
        "0.3"
    )


def version(number: int, updated, start=None, end=None) -> TariffVersion:
    statement = tariff(ENERGY, updated=updated, start_date_time=start, end_date_time=end).statement
    return TariffVersion(number, str(number) * 64, updated, statement)


VERSIONS = (
    version(1, YEAR_BEGINS),
    version(2, october(5), start=october(10)),
    version(3, october(6), start=october(20), end=october(25)),
    version(4, october(7), start=october(20), end=october(22)),
)


@pytest.mark.parametrize(
    ("instant", "number"),
    [
        (YEAR_BEGINS - timedelta(microseconds=1), None),
        (YEAR_BEGINS, 1),
        (october(10) - timedelta(microseconds=1), 1),
        (october(10), 2),  # from included
        (october(20), 4),  # two begin together: the one updated last
        (october(22), 3),  # until excluded
        (october(25), 2),
    ],
)
def test_the_version_is_the_one_that_became_valid_last(instant, number):
    for versions in (VERSIONS, VERSIONS[::-1]):
        found = version_valid_at(versions, instant)
        assert (found.number if found else None) == number
