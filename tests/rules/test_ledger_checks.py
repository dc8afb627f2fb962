"""What a CDR must pass: each check fires at its bound, and just does not fire before it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.pricing.compare import Tolerance, Tolerances
from ledger.pricing.tariff import TariffStatement
from ledger.roaming.checks import Candidate, charge_of, refusals_of
from ledger.roaming.session import Session
from ledger.roaming.statements import CdrStatement, ChargingPeriod, Dimension
from ledger.roaming.terms import Evidence, Terms
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from tests.ledger_cast import CPO, RECORDED_AT
from tests.ledger_statements import cdr, october, session, tariff

STARTED, ENDED = october(10), october(10, 11)
BLINK = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def arrived() -> Session:
    """A session of which only the first update has arrived."""
    found = Session.blank(f"{CPO}/c1")
    told = Provenance(CPO, "message", STARTED, STARTED)
    with recording_at(RECORDED_AT):
        found.update(session("C1", status="ACTIVE").statement, content_sha256="1", provenance=told)
    return found


def stated(**changes) -> CdrStatement:
    return replace(cdr("C1", "5.00").statement, **changes)


def period(at, kwh="0", tariff_id=None, kind="ENERGY") -> ChargingPeriod:
    return ChargingPeriod(at, (Dimension(kind, Decimal(kwh)),), tariff_id)


TEN = period(STARTED, "10")
BARE: TariffStatement = tariff(("FLAT", "1", 1)).statement


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"end_date_time": STARTED}, []),
        ({"end_date_time": STARTED - BLINK}, ["END_BEFORE_START", "PERIODS_OUT_OF_ORDER"]),
        ({"charging_periods": (TEN, period(ENDED))}, []),
        ({"charging_periods": (TEN, period(ENDED + BLINK))}, ["PERIODS_OUT_OF_ORDER"]),
        ({"charging_periods": (period(STARTED - BLINK, "10"),)}, ["PERIODS_OUT_OF_ORDER"]),
        ({"charging_periods": (TEN, period(STARTED))}, []),
        (
            {"charging_periods": (period(STARTED + BLINK, "10"), period(STARTED))},
            ["PERIODS_OUT_OF_ORDER"],
        ),
        ({"charging_periods": (), "total_energy": Decimal(0)}, ["PERIODS_OUT_OF_ORDER"]),
        ({"total_energy": Decimal("10.001")}, []),
        ({"total_energy": Decimal("10.0011")}, ["CDR_ENERGY_DIFFERS"]),
        ({"total_energy": Decimal("9.999")}, []),
        ({"total_energy": Decimal("9.9989")}, ["CDR_ENERGY_DIFFERS"]),
        ({"credit": True}, ["CDR_NOT_SUPPORTED"]),
        ({"credit": False}, []),
        ({"home_charging_compensation": True}, ["CDR_NOT_SUPPORTED"]),
    ],
)
def test_a_check_fires_at_its_bound(changes, codes, arrived):
    refusals = refusals_of(Candidate(stated(**changes), Terms(), arrived))
    assert [refusal.reason for refusal in refusals] == codes


def test_a_session_is_asked_for_where_the_agreement_asks_for_it(arrived):
    without = Terms(evidence=Evidence(session=False))
    assert [r.reason for r in refusals_of(Candidate(stated(), Terms(), None))] == [
        "SESSION_MISSING"
    ]
    assert refusals_of(Candidate(stated(), without, None)) == ()
    assert refusals_of(Candidate(stated(), Terms(), arrived)) == ()


def test_terms_that_cannot_be_carried_out_hold_what_falls_under_them(arrived):
    terms = Terms(flow="ad_hoc", late_facts="review")
    refusals = refusals_of(Candidate(stated(), terms, arrived))
    assert [(refusal.reason, refusal.path) for refusal in refusals] == [
        ("TERM_NOT_SUPPORTED", "terms.flow"),
        ("TERM_NOT_SUPPORTED", "terms.late_facts"),
    ]


def test_the_tolerance_is_the_agreements(arrived):
    terms = Terms(tolerances=Tolerances(energy=Tolerance(absolute=Decimal(1))))
    assert refusals_of(Candidate(stated(total_energy=Decimal(11)), terms, arrived)) == ()


def test_a_period_lasts_until_the_next_begins_and_the_last_until_the_end():
    halves = (TEN, period(STARTED + timedelta(minutes=20), "2", kind="PARKING_TIME"))
    charge = charge_of(stated(charging_periods=halves), "Europe/Amsterdam")
    spans = [(row.started_at, row.ended_at) for row in charge.periods]
    assert spans == [(STARTED, STARTED + timedelta(minutes=20)), (spans[0][1], ENDED)]
    assert [(str(x.energy_kwh), str(x.time_h), str(x.parking_time_h)) for x in charge.periods] == [
        ("10", "0", "0"),
        ("0", "0", "2"),
    ]


def test_dimensions_of_one_kind_in_a_period_add_up():
    twice = ChargingPeriod(
        STARTED, (Dimension("ENERGY", Decimal(4)), Dimension("ENERGY", Decimal(6)))
    )
    assert charge_of(stated(charging_periods=(twice,)), "UTC").periods[0].energy_kwh == 10
