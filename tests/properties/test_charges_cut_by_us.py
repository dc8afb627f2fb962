"""A charge cut by us has one price in each of its periods, and nothing of it is lost."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.pricing.charge import Charge, ChargePeriod
from ledger.pricing.cut_charge import cut_charge
from ledger.pricing.price import price
from ledger.pricing.segments import seconds_of
from ledger.pricing.tariff import TariffStatement
from ledger.pricing.terms import PricingTerms
from tests.pricing_world import MONDAY
from tests.properties.test_pricing import charges, straddles, tariffs

CUT = PricingTerms(cut_periods=True)


@st.composite
def charges_by_the_second(draw: st.DrawFn) -> Charge:
    """Charges whose periods last any number of seconds, with or without a power stated."""
    started = at = MONDAY + timedelta(seconds=draw(st.integers(0, 3600 * 24 * 300)))
    rows = []
    for _ in range(draw(st.integers(1, 3))):
        seconds = draw(st.integers(0, 3600 * 30))
        hours = (Decimal(seconds) / 3600).quantize(Decimal("0.000000001"))
        kwh = draw(st.decimals(0, 90, places=draw(st.sampled_from((0, 3, 9)))))
        parked = draw(st.booleans())
        split = (Decimal(0), hours) if parked else (hours, Decimal(0))
        power = draw(st.none() | st.decimals(1, 60, places=1))
        row = ChargePeriod(at, at + timedelta(seconds=seconds), kwh, *split, max_power_kw=power)
        rows.append(row)
        at = row.ended_at
    zone = draw(st.sampled_from(("Europe/Amsterdam", "America/New_York", "Australia/Sydney")))
    return Charge(started, at, zone, tuple(rows), "2.3.0")


any_charge = charges() | charges_by_the_second()


@given(tariffs, any_charge)
def test_it_costs_what_cutting_it_costs_and_straddles_nothing(
    rates: TariffStatement, charge: Charge
) -> None:
    priced, expected = price(cut_charge(charge, rates), rates), price(charge, rates, CUT)
    assert not straddles(priced)
    for field in (
        *("total_cost", "total_energy_cost", "total_time_cost", "total_parking_cost"),
        *("total_fixed_cost", "taxes", "net_exact", "billed_energy_kwh", "billed_time_s"),
    ):
        assert getattr(priced, field) == getattr(expected, field), field


@given(tariffs, any_charge)
def test_the_parts_sum_to_their_charge_and_fit_the_wire(
    rates: TariffStatement, charge: Charge
) -> None:
    found = cut_charge(charge, rates)
    assert _energy(found) == _energy(charge)
    for name in ("time_h", "parking_time_h"):
        assert _seconds(found, name) == _seconds(charge, name)
    ends = [row.ended_at for row in found.periods]
    assert [row.started_at for row in found.periods] == [charge.started_at, *ends[:-1]]
    assert ends[-1] == charge.ended_at
    assert ends == sorted(ends)
    for row in found.periods:
        assert row.started_at.microsecond == 0
        assert row.energy_kwh == round(row.energy_kwh, 9)


@given(tariffs, any_charge)
def test_cut_again_it_stays_as_it_is(rates: TariffStatement, charge: Charge) -> None:
    once = cut_charge(charge, rates)
    assert cut_charge(once, rates) == once


@given(tariffs, any_charge)
def test_an_uncut_period_is_left_as_it_is(rates: TariffStatement, charge: Charge) -> None:
    plain = replace(
        rates, elements=tuple(replace(row, restrictions=None) for row in rates.elements)
    )
    assert cut_charge(charge, plain) == charge


def _energy(charge: Charge) -> Decimal:
    return sum((row.energy_kwh for row in charge.periods), Decimal(0))


def _seconds(charge: Charge, name: str) -> int:
    return sum(seconds_of(getattr(row, name)) for row in charge.periods)
