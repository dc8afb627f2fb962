"""Checks of the energy: what adds up, whose figure the agreement trusts, what is possible."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.evidence.signed_data import SignedEvidence
from ledger.pricing.compare import Tolerance, Tolerances
from ledger.roaming.terms import Clock, Terms, Truth
from ledger.values.reasons import Reason
from tests.ledger_checks import (
    CHARGER,
    ENDED,
    STARTED,
    TEN,
    Case,
    candidate,
    check_case,
    codes_of,
    fires,
    found_by,
    metered,
    passes,
    period,
    told,
)

ONE_PERCENT = Tolerance(relative=Decimal("0.01"))
EITHER = Tolerance(absolute=Decimal("0.5"), relative=Decimal("0.01"))
EXACTLY = Tolerance()


def within(energy: Tolerance, *truth: str) -> Terms:
    trusted = Truth(energy=truth) if truth else Truth()
    return Terms(tolerances=Tolerances(energy=energy), truth=trusted)


def stating(kwh: str, periods: str = "10", **more: Any) -> Any:
    changes = {"total_energy": Decimal(kwh), "charging_periods": (period(STARTED, periods),)}
    return candidate(changes | more.pop("changes", {}), **more)


def signed(kwh: str, status: Any = "verified") -> SignedEvidence:
    return SignedEvidence("OCMF", status, energy_wh=Decimal(kwh) * 1000, is_complete=True)


def session(kwh: str, **more: Any) -> Any:
    return told(kwh=Decimal(kwh), **more)


def power(**changes: Any) -> Any:
    return replace(CHARGER, max_electric_power=None, **changes)


ADDS_UP = [
    # the tolerance of old: one watt-hour, whatever the energy
    passes("CDR_ENERGY_DIFFERS", "a Wh more", stating("10.001")),
    fires("CDR_ENERGY_DIFFERS", "a bit more", stating("10.0011"), "10 kWh, within 0.001 kWh"),
    passes("CDR_ENERGY_DIFFERS", "a Wh less", stating("9.999")),
    fires("CDR_ENERGY_DIFFERS", "a bit less", stating("9.9989")),
    # relative to what the periods add up to
    passes("CDR_ENERGY_DIFFERS", "1 % more", stating("10.1", terms=within(ONE_PERCENT))),
    fires("CDR_ENERGY_DIFFERS", "more", stating("10.1001", terms=within(ONE_PERCENT)), "in 1 %"),
    passes("CDR_ENERGY_DIFFERS", "1 % less", stating("9.9", terms=within(ONE_PERCENT))),
    fires("CDR_ENERGY_DIFFERS", "less", stating("9.8999", terms=within(ONE_PERCENT))),
    # of both bounds the larger one counts
    passes("CDR_ENERGY_DIFFERS", "the absolute one", stating("10.5", terms=within(EITHER))),
    fires("CDR_ENERGY_DIFFERS", "neither", stating("10.51", terms=within(EITHER)), "h or 1 %"),
    passes("CDR_ENERGY_DIFFERS", "the relative one", stating("101", "100", terms=within(EITHER))),
    fires("CDR_ENERGY_DIFFERS", "nor there", stating("101.01", "100", terms=within(EITHER))),
    # no tolerance at all
    passes("CDR_ENERGY_DIFFERS", "exactly", stating("10.000", terms=within(EXACTLY))),
    fires(
        "CDR_ENERGY_DIFFERS", "the last digit", stating("10.000000001", terms=within(EXACTLY)),
        "within 0 kWh",
    ),
    passes(
        "CDR_ENERGY_DIFFERS",
        "quantities of several periods add up, other kinds do not count",
        candidate(
            {
                "charging_periods": (
                    period(STARTED, "4"),
                    period(STARTED, "99", "TIME"),
                    period(STARTED, "6"),
                )
            }
        ),
    ),
]  # fmt: skip

TRUSTED = [
    passes("ENERGY_NOT_THAT_OF_TRUTH", "the CDR is trusted", stating("10", told=session("12"))),
    fires(
        "ENERGY_NOT_THAT_OF_TRUTH",
        "the session is",
        stating("10", told=session("12"), terms=within(ONE_PERCENT, "session", "cdr")),
        "12 kWh by session, which the agreement trusts, within 1 %",
    ),
    passes(
        "ENERGY_NOT_THAT_OF_TRUTH",
        "1 % of the session's",
        stating("12.12", "12.12", told=session("12"), terms=within(ONE_PERCENT, "session")),
    ),
    fires(
        "ENERGY_NOT_THAT_OF_TRUTH",
        "a bit more",
        stating("12.1201", "12.1201", told=session("12"), terms=within(ONE_PERCENT, "session")),
    ),
    fires(
        "ENERGY_NOT_THAT_OF_TRUTH",
        "the session has a say once it is completed",
        stating("10", told=session("12"), terms=within(ONE_PERCENT, "session")),
    ),
    passes(
        "ENERGY_NOT_THAT_OF_TRUTH",
        "and not before",
        stating("10", told=session("12", status="ACTIVE"), terms=within(ONE_PERCENT, "session")),
    ),
    fires(
        "ENERGY_NOT_THAT_OF_TRUTH",
        "signed data before the session",
        stating(
            "12", "12", told=session("12"), evidence=signed("10"),
            terms=within(ONE_PERCENT, "signed", "session"),
        ),
        "10 kWh by signed",
    ),
    passes(
        "ENERGY_NOT_THAT_OF_TRUTH",
        "the session where there is no signed data",
        stating("12", "12", told=session("12"), terms=within(ONE_PERCENT, "signed", "session")),
    ),
    passes(
        "ENERGY_NOT_THAT_OF_TRUTH",
        "signed data whose signature is false is no source",
        stating(
            "12", "12", told=session("12"), evidence=signed("10", "failed"),
            terms=within(ONE_PERCENT, "signed", "session"),
        ),
    ),
    fires(
        "ENERGY_NOT_THAT_OF_TRUTH",
        "the meter's readings",
        stating("10", changes=metered("1000", "9000"), terms=within(ONE_PERCENT, "meter")),
        "8 kWh by meter",
    ),
    fires(
        "ENERGY_NOT_THAT_OF_TRUTH",
        "the periods",
        stating("10", "9", terms=within(ONE_PERCENT, "periods")),
        "9 kWh by periods",
    ),
]  # fmt: skip

OTHERS = [
    passes("ENERGY_SOURCES_DIFFER", "all agree", stating("10", changes=metered("0", "10000"))),
    passes("ENERGY_SOURCES_DIFFER", "a Wh", stating("10", changes=metered("0", "10001"))),
    fires(
        "ENERGY_SOURCES_DIFFER",
        "two Wh",
        stating("10", changes=metered("0", "10002")),
        "at clearwatt.meter_stop_wh, expected 10 kWh as in the CDR, within 0.001 kWh,"
        " got 10.002 kWh by meter",
    ),
    fires("ENERGY_SOURCES_DIFFER", "two Wh less", stating("10", changes=metered("0", "9998"))),
    fires("ENERGY_SOURCES_DIFFER", "the session", stating("10", told=session("9")), "9 kWh by"),
    fires("ENERGY_SOURCES_DIFFER", "signed data", stating("10", evidence=signed("9"))),
    passes("ENERGY_SOURCES_DIFFER", "half a meter", stating("10", changes=metered("0", None))),
    passes(
        "ENERGY_SOURCES_DIFFER",
        "the one that is trusted holds, and is not noted besides",
        stating("10", told=session("9"), terms=within(ONE_PERCENT, "session")),
    ),
]

METER = [
    passes("METER_RUNS_BACKWARDS", "forwards", candidate(metered("1000", "11000"))),
    passes("METER_RUNS_BACKWARDS", "stands still", candidate(metered("1000", "1000"))),
    fires("METER_RUNS_BACKWARDS", "backwards", candidate(metered("1000", "999.9")), "1000 Wh"),
    passes("METER_RUNS_BACKWARDS", "only a start", candidate(metered("1000", None))),
    passes("METER_RUNS_BACKWARDS", "only a stop", candidate(metered(None, "1000"))),
]

# 50 kW and a tenth, for an hour and the 300 s that clocks may be off: 59.583 kWh
POSSIBLE = [
    passes("ENERGY_IMPOSSIBLE", "the most there can be", stating("59.583")),
    fires("ENERGY_IMPOSSIBLE", "more", stating("59.584"), "at most 59.583 kWh in 3900 s at 50 kW"),
    fires(
        "ENERGY_IMPOSSIBLE",
        "where clocks are not off",
        stating("55.001", terms=Terms(clock=Clock(skew_s=0))),
        "at most 55.000 kWh in 3600 s",
    ),
    fires(
        "ENERGY_IMPOSSIBLE",
        "volts times amperes",
        stating("20", connector=power(max_voltage=230, max_amperage=32, power_type="AC_1_PHASE")),
        "at 7.36 kW",
    ),
    passes(
        "ENERGY_IMPOSSIBLE",
        "on three phases three times as much",
        stating("20", connector=power(max_voltage=230, max_amperage=32, power_type="AC_3_PHASE")),
    ),
    passes("ENERGY_IMPOSSIBLE", "a megawatt where nobody says", stating("1000", connector=None)),
    fires("ENERGY_IMPOSSIBLE", "no more than that", stating("1192", connector=None), "at 1000 kW"),
    passes(
        "ENERGY_IMPOSSIBLE",
        "a connector without figures",
        stating("1000", connector=power(max_voltage=0, max_amperage=0)),
    ),
    passes(
        "ENERGY_IMPOSSIBLE",
        "a charge that ends before it starts has no duration to judge by",
        candidate({"start_date_time": ENDED, "end_date_time": STARTED}),
    ),
    fires(
        "ENERGY_IMPOSSIBLE",
        "a charge of no time",
        candidate({"end_date_time": STARTED}),
        "in 300 s",
    ),
]
TABLE = [*ADDS_UP, *TRUSTED, *OTHERS, *METER, *POSSIBLE]


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_check_of_the_energy_fires_at_its_bound(case: Case) -> None:
    check_case(case)


def test_every_source_that_differs_is_named_and_none_is_lost() -> None:
    stated = {"total_energy": Decimal(10), "charging_periods": (TEN,)} | metered("0", "9000")
    judged = candidate(stated, told=session("8"), evidence=signed("7"))
    assert codes_of(judged) == ["ENERGY_SOURCES_DIFFER"] * 3
    assert [row.actual for row in found_by(Reason.ENERGY_SOURCES_DIFFER, judged)] == [
        "9 kWh by meter",
        "8 kWh by session",
        "7 kWh by signed",
    ]
