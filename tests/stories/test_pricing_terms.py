"""What two partners agreed about pricing decides what a CDR costs, and what is found about it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.application.commands import ReceiveTariff, RecordLocation, UpdateSession
from ledger.pricing.tariff import (
    Displayed,
    Extension,
    Price,
    PriceComponent,
    TariffElement,
    TariffRestrictions,
)
from ledger.roaming.places import Connector, Evse
from ledger.roaming.statements import ChargingPeriod, Dimension
from ledger.roaming.terms import Rounding, TariffTerms, Terms
from tests.ledger_cast import CAST, CPO, EMSP, agreement
from tests.ledger_statements import cdr, location, october, session, tariff
from tests.ledger_world import World

PER_KWH = tariff(("ENERGY", "0.50", 1))
START = october(10)


@pytest.fixture
def world(database_url):
    world = World(database_url, *CAST)
    yield world
    world.close()


def agreed(world: World, terms: Terms) -> None:
    world.learn(agreement(CPO, EMSP, terms))


def period(minute: int, tariff_id: str | None = "T1", **volumes: str) -> ChargingPeriod:
    """Return a charging period that begins some minutes after ten."""
    measured = tuple(Dimension(kind, Decimal(volume)) for kind, volume in volumes.items())
    return ChargingPeriod(START + timedelta(minutes=minute), measured, tariff_id)


def findings(world: World, id: str = "C1") -> list[tuple[str, str]]:
    """Return the findings of an accepted CDR but for place and delivery: code and path."""
    decision = world.cdr(id).decision
    assert decision is not None, world.reasons(id)
    elsewhere = {"LOCATION_UNKNOWN", "CONNECTOR_UNKNOWN", "DELIVERED_LATE"}
    found = [(row.reason.value, row.path) for row in decision.warnings]
    return [row for row in found if row[0] not in elsewhere]


def test_the_whole_priced_result_is_recorded_with_every_field_compared(world):
    agreed(world, Terms())
    parts = {"total_energy_cost": Price(Decimal("5.00")), "total_time_cost": Price(Decimal(1))}
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00", **parts))
    leg = world.cdr("C1").decision.legs[0]
    assert leg.priced.total_energy_cost.before_taxes == Decimal("5.0000")
    assert (leg.priced.billed_energy_kwh, leg.priced.time_s) == (Decimal(10), 3600)
    compared = {
        row.field: (row.stated, row.computed) for row in world.cdr("C1").decision.comparisons
    }
    assert compared == {
        "total_cost.before_taxes": (Decimal("5.00"), Decimal("5.0000")),
        "total_energy_cost.before_taxes": (Decimal("5.00"), Decimal("5.0000")),
        "total_time_cost.before_taxes": (Decimal(1), Decimal(0)),
        "total_energy": (Decimal(10), Decimal(10)),
        "total_time": (Decimal(1), Decimal(1)),
    }
    assert findings(world) == [("CDR_COST_PART_DIFFERS", "total_time_cost.before_taxes")]


@pytest.mark.parametrize(
    ("cut", "total", "straddles"), [(False, "5.00", True), (True, "3.50", False)]
)
def test_a_period_over_a_bound_is_cut_where_the_agreement_says_so(world, cut, total, straddles):
    # 0.50 until half past twelve in Amsterdam (half past ten UTC), 0.20 from then on
    elements = tuple(
        TariffElement((PriceComponent("ENERGY", Decimal(price), 1),), limits)
        for price, limits in (
            ("0.50", TariffRestrictions(end_time="12:30")),
            ("0.20", TariffRestrictions(start_time="12:30")),
        )
    )
    stepped = ReceiveTariff(replace(PER_KWH.statement, elements=elements))
    agreed(world, Terms(cut_periods=cut))
    world.send(stepped, session("C1"), cdr("C1", total))
    assert world.reasons("C1") == []
    warned = [row.code for row in world.cdr("C1").decision.legs[0].priced.warnings]
    assert warned == (["PERIOD_STRADDLES_RESTRICTION"] if straddles else [])


@pytest.mark.parametrize(
    ("rounding", "net"),
    [
        (Rounding(), "5.0450"),
        (Rounding(level="per_cdr"), "5.0500"),
        (Rounding(level="per_cdr", mode="half_even"), "5.0400"),
    ],
)
def test_the_total_is_rounded_where_and_as_agreed(world, rounding, net):
    agreed(world, Terms(rounding=rounding))
    world.send(tariff(("ENERGY", "0.5045", 1)), session("C1"), cdr("C1", net))
    assert world.cdr("C1").decision.legs[0].net == Decimal(net)


@pytest.mark.parametrize(
    ("rule", "billed_kwh", "total"), [("per_session", 12, "6.00"), ("per_period", 15, "7.50")]
)
def test_step_sizes_count_once_or_per_period(world, rule, billed_kwh, total):
    steps = tariff(("ENERGY", "0.50", 3000))
    periods = (period(0, ENERGY="4", TIME="0.5"), period(30, ENERGY="6.5", TIME="0.5"))
    agreed(world, Terms(step_size=rule))
    world.send(steps, session("C1"), cdr("C1", total, kwh="10.5", charging_periods=periods))
    assert world.reasons("C1") == []
    assert world.cdr("C1").decision.legs[0].priced.billed_energy_kwh == billed_kwh


@pytest.mark.parametrize(
    ("rule", "total", "found"),
    [
        ("as_stated", "5.00", []),
        ("energy_stopped", "6.00", [("PARKING_TIME_DIFFERS", "total_parking_time")]),
        ("not_requesting", "7.00", [("PARKING_TIME_DIFFERS", "total_parking_time")]),
    ],
)
def test_parking_begins_where_the_agreement_says(world, rule, total, found):
    # given half an hour of charging with a pause in it, and a quarter of an hour after it,
    # all stated as charging
    periods = (
        period(0, ENERGY="5", TIME="0.25"),
        period(15, TIME="0.25"),
        period(30, ENERGY="5", TIME="0.25"),
        period(45, TIME="0.25"),
    )
    agreed(world, Terms(parking_starts=rule))
    parking = tariff(("ENERGY", "0.50", 1), ("PARKING_TIME", "4", 1))
    world.send(parking, session("C1"), cdr("C1", total, charging_periods=periods))
    assert world.reasons("C1") == []
    assert findings(world) == found


def test_what_a_charger_does_not_offer_is_no_parking(world):
    periods = (
        period(0, ENERGY="5", TIME="0.5"),
        period(30, TIME="0.25", MAX_POWER="0"),
        period(45, ENERGY="5", TIME="0.25"),
    )
    agreed(world, Terms(parking_starts="not_requesting"))
    parking = tariff(("ENERGY", "0.50", 1), ("PARKING_TIME", "4", 1))
    world.send(parking, session("C1"), cdr("C1", "5.00", charging_periods=periods))
    assert findings(world) == []


def test_each_period_is_priced_by_the_tariff_it_names(world):
    other = tariff(("ENERGY", "0.20", 1), id="T2")
    periods = (
        period(0, ENERGY="5", TIME="0.5"),
        period(30, "t2", ENERGY="5", TIME="0.5"),
    )
    agreed(world, Terms())
    # a version of each is needed: the CDR waits for the second
    assert world.send(PER_KWH, session("C1"), cdr("C1", "3.50", charging_periods=periods)) == {
        "accepted": 2,
        "held": 1,
    }
    assert world.reasons("C1") == ["TARIFF_MISSING"]
    world.send(other)
    decision = world.cdr("C1").decision
    assert [use.tariff for use in (decision.tariff, *decision.further_tariffs)] == [
        "NL*XYZ/t1",
        "NL*XYZ/t2",
    ]
    assert [line.tariff for line in decision.legs[0].lines] == [0, 1]


@pytest.mark.parametrize(
    ("version_at", "total", "numbers"),
    [("session_start", "5.00", [1]), ("charging_period", "4.00", [1, 2])],
)
def test_the_version_is_the_sessions_or_the_periods(world, version_at, total, numbers):
    later = tariff(("ENERGY", "0.30", 1), updated=START + timedelta(minutes=30))
    periods = (period(0, ENERGY="5", TIME="0.5"), period(30, ENERGY="5", TIME="0.5"))
    agreed(world, Terms(tariffs=TariffTerms(version_at=version_at)))
    world.send(PER_KWH, later, session("C1"), cdr("C1", total, charging_periods=periods))
    assert world.reasons("C1") == []
    decision = world.cdr("C1").decision
    assert [use.number for use in (decision.tariff, *decision.further_tariffs)] == numbers


def with_public(price: str) -> list[ReceiveTariff | RecordLocation]:
    """Return a location whose connector names a public tariff, and that tariff."""
    connector = Connector(
        "1", "IEC_62196_T2_COMBO", "CABLE", "DC", 400, 125, START, tariff_ids=("T1", "PUB")
    )
    place = location("LOC1", "Europe/Amsterdam").statement
    evse = Evse("E-C1", "AVAILABLE", (connector,), START)
    public = tariff(("ENERGY", price, 1), id="PUB", type="AD_HOC_PAYMENT")
    return [RecordLocation(replace(place, evses=(evse,))), public]


@pytest.mark.parametrize(
    ("price", "cap", "reasons", "found"),
    [
        ("0.55", "public", [], []),
        ("0.50", "public", [], []),
        ("0.45", "public", ["PRICE_ABOVE_PUBLIC"], []),
        ("0.45", "none", [], [("PRICE_ABOVE_PUBLIC", "total_cost.before_taxes")]),
    ],
)
def test_a_price_above_the_public_one_is_found_or_held(world, price, cap, reasons, found):
    agreed(world, Terms(tariffs=TariffTerms(price_cap=cap)))
    world.send(*with_public(price), PER_KWH, session("C1"), cdr("C1", "5.00"))
    assert world.reasons("C1") == reasons
    if not reasons:
        assert findings(world) == found
        assert world.cdr("C1").decision.public.net == 10 * Decimal(price)


def test_a_public_price_that_comes_late_holds_what_it_caps(world):
    agreed(world, Terms(tariffs=TariffTerms(price_cap="public")))
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"))
    assert world.cdr("C1").state == "accepted"
    world.send(*with_public("0.45"))
    assert world.reasons("C1") == ["PRICE_ABOVE_PUBLIC"]
    # and a newer version of it, valid then, releases the CDR again
    world.send(tariff(("ENERGY", "0.60", 1), id="PUB", type="AD_HOC_PAYMENT", updated=october(9)))
    assert world.cdr("C1").state == "accepted"


def shown(price: str, version: str | None = None) -> Extension:
    return Extension(displayed=Displayed(Decimal(price), version, "CH*APP", START))


@pytest.mark.parametrize(
    ("price", "version", "found"),
    [
        ("0.50", None, []),
        ("0.60", "A", []),  # with the 20 % of tax that the tariff names
        ("5.00", "A", []),  # in all
        ("6.00", None, []),  # in all, with tax
        ("0.49", "A", [("DISPLAYED_PRICE_DIFFERS", "displayed.price")]),
        ("0.50", "B", [("DISPLAYED_VERSION_DIFFERS", "displayed.version")]),
    ],
)
def test_the_price_shown_is_held_against_the_price_billed(world, price, version, found):
    component = PriceComponent("ENERGY", Decimal("0.50"), 1, Decimal(20))
    labelled = ReceiveTariff(
        replace(
            PER_KWH.statement,
            elements=(TariffElement((component,)),),
            clearwatt=Extension(tariff_version="A"),
        )
    )
    told = UpdateSession(replace(session("C1").statement, clearwatt=shown(price, version)))
    agreed(world, Terms())
    world.send(labelled, told, cdr("C1", "5.00"))
    assert findings(world) == found
    kept = world.cdr("C1").decision.shown
    assert (kept.price, kept.source, kept.by) == (Decimal(price), "session", "CH*APP")
