"""A CDR as the quantities that tariffs price."""

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from ledger.roaming.charged import charge_of
from ledger.roaming.statements import ChargingPeriod, Dimension
from tests.ledger_checks import ENDED, STARTED, TEN, period
from tests.ledger_statements import cdr

SENT = cdr("C1", "5.00").statement


def test_a_period_lasts_until_the_next_begins_and_the_last_until_the_end():
    halves = (TEN, period(STARTED + timedelta(minutes=20), "2", "PARKING_TIME"))
    charge = charge_of(replace(SENT, charging_periods=halves), "Europe/Amsterdam")
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
    assert charge_of(replace(SENT, charging_periods=(twice,)), "UTC").periods[0].energy_kwh == 10
