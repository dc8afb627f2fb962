"""What the demo's CPOs publish: cut, priced, and the same again for whoever reads it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from console.demo.world import World, load_world
from console.imports.back_end import messages_of
from console.imports.charged import Charging
from console.imports.drivers import token_of
from consumers.cdrs import to_command
from ledger.pricing.compare import StatedTotals, compare
from ledger.pricing.lines import Priced
from ledger.pricing.price import price
from ledger.roaming.charged import charge_of
from schemas import CdrV1, FileRegistry, decode, encode

WORLD: World = load_world()
CATALOGUE = WORLD.catalogue
PLUGS = [
    CATALOGUE.plugs_at(party, location.id)[0]
    for party, traffic in WORLD.traffic.items()
    for location in traffic.locations
]
REGISTRY, TOPIC = FileRegistry(), "clearwatt.cdrs.v1"
# From the eve of the versions' change to both sides of the day on which clocks are put back.
BEGINS_AT = datetime(2026, 10, 14, tzinfo=UTC)
SECONDS = 12 * 24 * 3600


@st.composite
def chargings(draw: st.DrawFn) -> Charging:
    started_at = BEGINS_AT + timedelta(seconds=draw(st.integers(0, SECONDS)))
    charging_ended_at = started_at + timedelta(seconds=draw(st.integers(0, 4 * 3600)))
    return Charging(
        session_id=f"S-{draw(st.integers(1, 999))}",
        plug=draw(st.sampled_from(PLUGS)),
        token=token_of("DE*FST", 7),
        started_at=started_at,
        charging_ended_at=charging_ended_at,
        ended_at=charging_ended_at + timedelta(seconds=draw(st.integers(0, 2 * 3600))),
        energy_wh=draw(st.decimals(0, 120_000, places=2)),
        meter_start_wh=Decimal(0),
        peak_power_w=draw(st.none() | st.integers(1, 175_000).map(Decimal)),
    )


def _read_and_priced(cdr: CdrV1) -> Priced:
    """Price a CDR from its bytes, as the ledger does."""
    message = decode(encode(cdr, topic=TOPIC, registry=REGISTRY), topic=TOPIC, registry=REGISTRY)
    statement = to_command(message).statement
    return price(charge_of(statement, statement.time_zone or "UTC"), statement.tariffs)


@given(chargings())
def test_priced_again_from_its_bytes_a_cdr_costs_to_the_last_digit_what_it_states(
    charging: Charging,
) -> None:
    cdr = messages_of(charging, CATALOGUE).cdr
    priced = _read_and_priced(cdr)
    own = to_command(cdr).statement
    stated = StatedTotals(**{name: getattr(own, name) for name in StatedTotals.__struct_fields__})
    # Hours are cut to 9 decimals on their way; they are compared in seconds below.
    money = [row for row in compare(priced, stated) if not row.field.endswith("_time")]
    assert [row for row in money if row.difference] == []
    assert cdr.total_cost.after_taxes == priced.total_cost.after_taxes
    if cdr.total_cost.taxes:
        taxes = sum((tax.amount for tax in cdr.total_cost.taxes), Decimal(0))
        assert cdr.total_cost.before_taxes + taxes == cdr.total_cost.after_taxes


@given(chargings())
def test_no_period_of_a_cdr_straddles_a_bound(charging: Charging) -> None:
    priced = _read_and_priced(messages_of(charging, CATALOGUE).cdr)
    assert "PERIOD_STRADDLES_RESTRICTION" not in {row.code for row in priced.warnings}


@given(chargings())
def test_energy_and_time_are_those_of_the_meter_and_the_clock(charging: Charging) -> None:
    cdr = messages_of(charging, CATALOGUE).cdr
    priced = _read_and_priced(cdr)
    assert priced.energy_kwh == cdr.total_energy == charging.energy_wh / 1000
    assert priced.time_s == _seconds(charging.charging_ended_at - charging.started_at)
    assert priced.parking_time_s == _seconds(charging.ended_at - charging.charging_ended_at)


def _seconds(span: timedelta) -> int:
    return span // timedelta(seconds=1)
