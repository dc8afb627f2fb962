"""A charge is cut where another price component becomes active, and nowhere else."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ledger.pricing.charge import Charge
from ledger.pricing.cut_charge import cut_charge
from ledger.pricing.price import price
from ledger.pricing.tariff import TariffElement
from tests.pricing_world import AMSTERDAM, charge, codes, element, net_of, period, tariff

NIGHT = element("ENERGY 0.20", start_time="22:00", end_time="06:00")
DAY = element("ENERGY 0.40")
FIRST_50 = element("ENERGY 0.30", max_kwh="50")
THEN = element("ENERGY 0.25", min_kwh="50")
SUNDAYS = element("ENERGY 0.10", day_of_week=("SUNDAY",))
AFTER_AN_HOUR = element("PARKING_TIME 6.00", min_duration=3600)
FREE_AT_NIGHT = element("PARKING_TIME 6.00", start_time="08:00", end_time="20:00")
FAST = element("ENERGY 0.60", min_power="50")
SLOW = element("ENERGY 0.40", max_power="50")
UNTIL_DAWN = element("TIME 1.00", start_time="00:00", end_time="03:00")


def at(text: str) -> datetime:
    """Return an instant of Amsterdam's wall clock."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(AMSTERDAM)).astimezone(UTC)


def written(cut: Charge) -> list[str]:
    """Return the periods, one a line: when it begins by the charger's clock, kWh, hours."""
    zone = ZoneInfo(AMSTERDAM)
    return [
        f"{row.started_at.astimezone(zone):%a %H:%M:%S} {row.energy_kwh.normalize():f}"
        f" {row.time_h.normalize():f} {row.parking_time_h.normalize():f}"
        for row in cut.periods
    ]


@pytest.mark.parametrize(
    ("elements", "start", "periods", "expected"),
    [
        pytest.param(
            (NIGHT, DAY),
            "2026-03-02 21:00",
            (period(120, "40"),),
            ["Mon 21:00:00 20 1 0", "Mon 22:00:00 20 1 0"],
            id="at a time of day",
        ),
        pytest.param(
            (NIGHT, DAY),
            "2026-03-02 23:00",
            (period(120, "40"),),
            ["Mon 23:00:00 40 2 0"],
            id="not at midnight within a span across it",
        ),
        pytest.param(
            (SUNDAYS, DAY),
            "2026-03-07 23:30",
            (period(60, "10"),),
            ["Sat 23:30:00 5 0.5 0", "Sun 00:00:00 5 0.5 0"],
            id="where a day of the week begins",
        ),
        pytest.param(
            (FIRST_50, THEN),
            "2026-03-02 10:00",
            (period(60, "75"),),
            # 40 minutes, written as hours cut to 9 decimals
            ["Mon 10:00:00 50 0.666666666 0", "Mon 10:40:00 25 0.333333333 0"],
            id="where the fiftieth kWh has flowed",
        ),
        pytest.param(
            (FIRST_50, THEN),
            "2026-03-02 10:00",
            (period(40, "50"), period(20, "25")),
            ["Mon 10:00:00 50 0.6667 0", "Mon 10:40:00 25 0.3333 0"],
            id="not again where it was cut",
        ),
        pytest.param(
            (DAY, AFTER_AN_HOUR),
            "2026-03-02 10:00",
            (period(30, "20"), period(60, kind="parking")),
            ["Mon 10:00:00 20 0.5 0", "Mon 10:30:00 0 0 0.5", "Mon 11:00:00 0 0 0.5"],
            id="when a grace period ends",
        ),
        pytest.param(
            (DAY, FREE_AT_NIGHT),
            "2026-03-02 19:00",
            (period(30, "20"), period(60, kind="parking")),
            ["Mon 19:00:00 20 0.5 0", "Mon 19:30:00 0 0 0.5", "Mon 20:00:00 0 0 0.5"],
            id="when parking becomes free",
        ),
        pytest.param(
            (UNTIL_DAWN,),
            "2026-10-25 01:00",
            (period(240, "40"),),
            # Three hours on the clock, four in fact: 02:00 to 03:00 comes twice.
            ["Sun 01:00:00 30 3 0", "Sun 03:00:00 10 1 0"],
            id="once the clock has been put back and shows the time again",
        ),
        pytest.param(
            (UNTIL_DAWN,),
            "2026-03-29 01:00",
            (period(120, "40"),),
            ["Sun 01:00:00 20 1 0", "Sun 03:00:00 20 1 0"],
            id="when the clock jumps over the time",
        ),
    ],
)
def test_a_charge_is_cut(
    elements: tuple[TariffElement, ...],
    start: str,
    periods: tuple[tuple[object, ...], ...],
    expected: list[str],
) -> None:
    found = cut_charge(charge(*periods, at=at(start)), tariff(*elements))
    assert written(found) == expected


def test_what_does_not_divide_goes_to_the_last_part() -> None:
    """10 kWh in an hour; a third of it before 10 o'clock."""
    rates = tariff(element("ENERGY 0.30", end_time="10:00"), DAY)
    found = cut_charge(charge(period(60, "10"), at=at("2026-03-02 09:40")), rates)
    assert [row.energy_kwh for row in found.periods] == [
        Decimal("3.333333333"),
        Decimal("6.666666667"),
    ]


def test_power_that_is_not_stated_is_the_average_in_every_part() -> None:
    """60 kWh in an hour are 60 kW: before and after the bound, however short a part is."""
    rates = tariff(FAST, SLOW, element("FLAT 1.00", end_time="10:00"), "FLAT 2.00")
    found = cut_charge(charge(period(60, "60"), at=at("2026-03-02 09:59")), rates)
    assert [(row.min_power_kw, row.max_power_kw) for row in found.periods] == [(60, 60)] * 2
    priced = price(found, rates)
    assert net_of(priced) == "37"
    assert codes(priced) == []


def test_an_average_just_below_a_bound_is_not_rounded_up_to_it() -> None:
    """149.999999999 kWh in three hours: less than a microwatt below 50 kW."""
    rates = tariff(FAST, SLOW, element("TIME 1.00", end_time="10:00"))
    found = cut_charge(charge(period(180, "149.999999999"), at=at("2026-03-02 09:00")), rates)
    assert [row.max_power_kw for row in found.periods] == [Decimal("49.999999999")] * 2


def test_a_cut_beside_a_bound_of_the_clock_stays_on_its_side() -> None:
    """The kWh bound is met 0.4 s before 10 o'clock, where the price changes again."""
    rates = tariff(
        element("ENERGY 0.10", max_kwh="19.998"),
        element("ENERGY 0.20", end_time="10:00"),
        element("ENERGY 0.30"),
    )
    whole = charge(period(120, "40"), at=at("2026-03-02 09:00"))
    found = cut_charge(whole, rates)
    assert written(found)[1:] == ["Mon 09:59:59 0.002 0 0", "Mon 10:00:00 20 1 0"]
    assert net_of(price(found, rates)) == "8.0002"


def test_each_period_is_cut_at_the_bounds_of_its_own_tariff() -> None:
    by_day, by_night = tariff(DAY, id="A"), tariff(NIGHT, DAY, id="B")
    periods = (period(120, "40", tariff_id="A"), period(120, "40", tariff_id="B"))
    found = cut_charge(charge(*periods, at=at("2026-03-02 19:00")), (by_day, by_night))
    assert [row.tariff_id for row in found.periods] == ["A", "B", "B"]


def test_a_charge_between_two_seconds_keeps_its_own() -> None:
    rates = tariff(DAY, AFTER_AN_HOUR)
    start = at("2026-03-02 10:00").replace(microsecond=500_000)
    found = cut_charge(charge(period(30, "20"), period(60, kind="parking"), at=start), rates)
    assert found.periods[-1].started_at == start.replace(hour=start.hour + 1)
