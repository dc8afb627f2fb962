"""When a tariff element applies: each restriction at its bounds, and the first match wins."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ledger.pricing.price import price
from ledger.values.reasons import Refused
from tests.pricing_world import MONDAY, charge, codes, element, net_of, period, tariff

LONG_AGO = MONDAY - timedelta(hours=9)  # midnight in Amsterdam


@pytest.mark.parametrize(
    ("restriction", "minutes_after_midnight", "applies"),
    [
        ({"start_time": "08:00"}, 479, False),
        ({"start_time": "08:00"}, 480, True),
        ({"end_time": "08:00"}, 479, True),
        ({"end_time": "08:00"}, 480, False),
        ({"start_time": "22:00", "end_time": "06:00"}, 1319, False),
        ({"start_time": "22:00", "end_time": "06:00"}, 1320, True),
        ({"start_time": "22:00", "end_time": "06:00"}, 359, True),
        ({"start_time": "22:00", "end_time": "06:00"}, 360, False),
        ({"start_time": "17:00", "end_time": "00:00"}, 1439, True),  # until the end of the day
        ({"start_time": "17:00", "end_time": "00:00"}, 0, False),
        ({"start_time": "17:00", "end_time": "24:00"}, 1439, True),  # as some write it
        ({"start_time": "08:00", "end_time": "08:00"}, 0, True),  # the whole day
        ({"start_date": "2026-03-02"}, 0, True),
        ({"start_date": "2026-03-02"}, -1, False),
        ({"end_date": "2026-03-02"}, -1, True),
        ({"end_date": "2026-03-02"}, 0, False),
        ({"day_of_week": ("MONDAY",)}, 0, True),
        ({"day_of_week": ("MONDAY",)}, -1, False),
        ({"day_of_week": ("MONDAY",)}, 1440, False),
        # both must hold: at one on Tuesday the day is Tuesday, whenever the night began
        ({"start_time": "22:00", "end_time": "06:00", "day_of_week": ("MONDAY",)}, 1500, False),
        ({"start_time": "22:00", "end_time": "06:00", "day_of_week": ("TUESDAY",)}, 1500, True),
    ],
)
def test_clock_and_calendar_are_local(restriction, minutes_after_midnight, applies):
    at = LONG_AGO + timedelta(minutes=minutes_after_midnight)
    night = tariff(element("ENERGY 1.00", **restriction), "ENERGY 0.10")
    assert net_of(price(charge(period(1, "10"), at=at), night)) == ("10" if applies else "1")


@pytest.mark.parametrize(
    ("restriction", "used_kwh", "applies"),
    [
        ({"min_kwh": "20"}, "19.999", False),
        ({"min_kwh": "20"}, "20", True),
        ({"max_kwh": "20"}, "19.999", True),
        ({"max_kwh": "20"}, "20", False),
        ({"min_kwh": "20"}, "20.001", True),
    ],
)
def test_energy_is_that_of_the_session_so_far(restriction, used_kwh, applies):
    block = tariff(element("ENERGY 1.00", **restriction), "ENERGY 0.10")
    priced = price(charge(period(30, used_kwh), period(30, "0.0001")), block)
    last = [line for line in priced.lines if line.period == 1]
    assert [line.element for line in last] == [0 if applies else 1]


@pytest.mark.parametrize(
    ("restriction", "minutes", "applies"),
    [
        ({"min_duration": 1800}, 29, False),
        ({"min_duration": 1800}, 30, True),
        ({"max_duration": 1800}, 29, True),
        ({"max_duration": 1800}, 30, False),
    ],
)
def test_duration_counts_from_the_start_of_the_session(restriction, minutes, applies):
    late = tariff(element("ENERGY 1.00", **restriction), "ENERGY 0.10")
    priced = price(charge(period(minutes, "1"), period(30, "1")), late)
    assert [line.element for line in priced.lines if line.period == 1] == [0 if applies else 1]


@pytest.mark.parametrize(
    ("restriction", "flow", "applies"),
    [
        ({"min_current": "32"}, {"min_current_a": "32"}, True),
        ({"min_current": "32"}, {"min_current_a": "31.9"}, False),
        ({"max_current": "32"}, {"max_current_a": "31.9"}, True),
        ({"max_current": "32"}, {"max_current_a": "32"}, False),
        ({"min_power": "16"}, {"min_power_kw": "16"}, True),
        ({"min_power": "16"}, {"min_power_kw": "15.9", "max_power_kw": "40"}, False),
        ({"max_power": "16"}, {"max_power_kw": "15.9"}, True),
        ({"max_power": "16"}, {"max_power_kw": "16", "min_power_kw": "1"}, False),
        ({"max_power": "16"}, {"min_power_kw": "20"}, False),  # the other, where it is alone
        ({"max_power": "16"}, {}, True),  # 10 kWh in an hour are 10 kW
        ({"min_power": "16"}, {}, False),
        ({"min_current": "1"}, {}, False),  # what is not known does not match
        ({"max_current": "99"}, {}, False),
    ],
)
def test_current_and_power_are_the_periods(restriction, flow, applies):
    stated = {name: Decimal(value) for name, value in flow.items()}
    fast = tariff(element("ENERGY 1.00", **restriction), "ENERGY 0.10")
    priced = price(charge(period(60, "10", **stated)), fast)
    assert net_of(priced) == ("10" if applies else "1")


def test_a_current_that_is_not_stated_is_a_warning():
    fast = tariff(element("ENERGY 1.00", max_current="32"), "ENERGY 0.10")
    assert codes(price(charge(period(60, "10")), fast)) == ["CURRENT_NOT_STATED"]
    slow = tariff(element("ENERGY 1.00", max_power="32"), "ENERGY 0.10")
    assert codes(price(charge(period(60, "10")), slow)) == ["POWER_DERIVED"]


def test_the_first_match_is_found_for_each_dimension_on_its_own():
    mixed = tariff(
        element("TIME 6.00", "ENERGY 0.50", max_kwh="1"),
        element("TIME 3.00"),
        element("TIME 9.00", "ENERGY 0.20", "FLAT 1.00"),
    )
    priced = price(charge(period(30, "2"), period(30, "2")), mixed)
    found = [(line.dimension, line.period, line.element) for line in priced.lines]
    assert found == [
        ("ENERGY", 0, 0),
        ("ENERGY", 1, 2),
        ("TIME", 0, 0),
        ("TIME", 1, 1),
        ("FLAT", None, 2),
    ]
    assert net_of(priced) == "6.9"


def test_what_no_element_prices_is_free_and_a_charge_of_nothing_else_says_so():
    night = tariff(element("ENERGY 1.00", start_time="22:00", end_time="06:00"))
    priced = price(charge(period(60, "10")), night)
    assert (net_of(priced), codes(priced), priced.total_energy_cost) == (
        "0",
        ["NOTHING_PRICED"],
        None,
    )


ZONES = [
    # zone, the UTC instant of the change forward, and of the change back, in 2026
    (
        "Europe/Amsterdam",
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
    ),
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)),
    (
        "Australia/Sydney",
        datetime(2026, 10, 3, 16, tzinfo=UTC),
        datetime(2026, 4, 4, 16, tzinfo=UTC),
    ),
]


@pytest.mark.parametrize(("zone", "forward", "back"), ZONES)
def test_a_span_of_local_time_is_an_hour_shorter_and_longer_when_the_clock_changes(
    zone, forward, back
):
    """From 01:00 to 04:00 local are two hours when the clock springs, four when it falls back."""
    night = tariff(element("ENERGY 1.00", start_time="01:00", end_time="04:00"), "ENERGY 0.10")
    for change, hours in ((forward, 2), (back, 4), (forward + timedelta(days=7), 3)):
        begin = change - timedelta(hours=12)
        quarters = charge(*[period(15, "1")] * 96, at=begin, zone=zone)
        priced = price(quarters, night)
        dear = [line for line in priced.lines if line.element == 0]
        assert len(dear) == hours * 4
        assert codes(priced) == []


@pytest.mark.parametrize(("zone", "forward", "back"), ZONES)
def test_one_long_period_is_cut_at_the_same_instants(zone, forward, back):
    night = tariff(element("ENERGY 1.00", start_time="01:00", end_time="04:00"), "ENERGY 0.10")
    for change in (forward, back):
        begin = change - timedelta(hours=12)
        long = price(charge(period(1440, "96"), at=begin, zone=zone), night)
        quarters = price(charge(*[period(15, "1")] * 96, at=begin, zone=zone), night)
        assert [warning.code.value for warning in long.warnings] == ["PERIOD_STRADDLES_RESTRICTION"]
        assert long.warnings[0].cut_total == quarters.net


def test_a_local_time_that_does_not_exist_takes_effect_when_the_clock_jumps():
    early = tariff(element("ENERGY 1.00", start_time="02:30", end_time="04:00"), "ENERGY 0.10")
    at = datetime(2026, 3, 29, 0, tzinfo=UTC)  # 01:00 local; 02:00 to 03:00 does not exist
    priced = price(charge(period(120, "12"), at=at), early)
    assert priced.warnings[0].cut_total == Decimal("6.6")  # an hour at 0.10, an hour at 1.00


@pytest.mark.parametrize(
    ("restriction", "code"),
    [
        ({"start_time": "25:00"}, "WRONG_FORMAT"),
        ({"end_time": "7:00"}, "WRONG_FORMAT"),
        ({"start_date": "01-03-2026"}, "WRONG_FORMAT"),
        ({"day_of_week": ("FUNDAY",)}, "UNKNOWN_VALUE"),
        ({"reservation": "PERHAPS"}, "TARIFF_NOT_SUPPORTED"),
    ],
)
def test_a_restriction_that_cannot_be_read_is_refused_with_its_path(restriction, code):
    with pytest.raises(Refused, match=rf"{code}.*elements\[0\]\.restrictions\."):
        price(charge(period(1, "1")), tariff(element("ENERGY 1.00", **restriction)))
