"""Checks of the times: order, clocks that are off, local time sent as UTC, charging periods."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from ledger.roaming.terms import Clock, Terms
from tests.ledger_checks import (
    BLINK,
    ENDED,
    RECEIVED,
    SESSION,
    SKEW,
    STARTED,
    TEN,
    Case,
    candidate,
    check_case,
    fires,
    passes,
    period,
    told,
)

MINUTES = timedelta(minutes=1)
HOURS = timedelta(hours=1)
PRECISE = Terms(clock=Clock(skew_s=0))


def off_by(span, *, zone="Europe/Amsterdam", terms=Terms(), session=SESSION):  # noqa: B008
    return candidate({"start_date_time": STARTED + span}, time_zone=zone, terms=terms, told=session)


def parked(*kinds):
    periods = [
        period(STARTED + number * MINUTES, volume, kind)
        for number, (kind, volume) in enumerate(kinds)
    ]
    return candidate({"charging_periods": tuple(periods)})


TABLE = [
    passes("END_BEFORE_START", "ends as it starts", candidate({"end_date_time": STARTED})),
    fires("END_BEFORE_START", "a blink before", candidate({"end_date_time": STARTED - BLINK})),
    # Amsterdam is two hours ahead of UTC in October
    passes("LOCAL_TIME_AS_UTC", "in UTC", off_by(timedelta(0))),
    fires("LOCAL_TIME_AS_UTC", "by the offset", off_by(2 * HOURS), "off by +02:00, the offset of"),
    fires("LOCAL_TIME_AS_UTC", "the other way round", off_by(-2 * HOURS), "off by -02:00"),
    fires("LOCAL_TIME_AS_UTC", "and the clock is off", off_by(2 * HOURS + SKEW), "+02:00"),
    passes("LOCAL_TIME_AS_UTC", "further than a clock", off_by(2 * HOURS + SKEW + BLINK)),
    passes("LOCAL_TIME_AS_UTC", "nearer than a clock", off_by(2 * HOURS - SKEW - BLINK)),
    passes("LOCAL_TIME_AS_UTC", "another zone's offset", off_by(HOURS)),
    fires(
        "LOCAL_TIME_AS_UTC",
        "a zone of half hours behind",
        off_by(-timedelta(hours=2, minutes=30), zone="America/St_Johns"),
        "off by -02:30, the offset of America/St_Johns",
    ),
    passes("LOCAL_TIME_AS_UTC", "a zone without offset", off_by(2 * HOURS, zone="Etc/UTC")),
    passes("LOCAL_TIME_AS_UTC", "no session to compare with", off_by(2 * HOURS, session=None)),
    passes(
        "LOCAL_TIME_AS_UTC",
        "an offset no greater than the skew",
        off_by(2 * HOURS, terms=Terms(clock=Clock(skew_s=7200))),
    ),
    passes("ENDS_IN_FUTURE", "in the past", candidate()),
    passes("ENDS_IN_FUTURE", "by the skew", candidate({"end_date_time": RECEIVED + SKEW})),
    fires(
        "ENDS_IN_FUTURE",
        "a blink more; the zone explains it",
        candidate({"end_date_time": RECEIVED + SKEW + BLINK}),
        "local time of Europe/Amsterdam sent as UTC would be off by +02:00",
    ),
    fires(
        "ENDS_IN_FUTURE",
        "more than the zone explains",
        candidate({"end_date_time": RECEIVED + 2 * HOURS + BLINK}),
        "2026-10-10T14:00:00.000001+00:00)",
    ),
    fires(
        "ENDS_IN_FUTURE",
        "where clocks are not off",
        candidate({"end_date_time": RECEIVED + BLINK}, terms=PRECISE),
    ),
    passes("PERIODS_OUT_OF_ORDER", "one from the start", candidate()),
    passes(
        "PERIODS_OUT_OF_ORDER",
        "the last begins at the end",
        candidate({"charging_periods": (TEN, period(ENDED))}),
    ),
    fires(
        "PERIODS_OUT_OF_ORDER",
        "the last begins after the end",
        candidate({"charging_periods": (TEN, period(ENDED + BLINK))}),
    ),
    fires(
        "PERIODS_OUT_OF_ORDER",
        "the first begins before the start",
        candidate({"charging_periods": (period(STARTED - BLINK, "10"),)}),
    ),
    passes(
        "PERIODS_OUT_OF_ORDER",
        "two at one instant",
        candidate({"charging_periods": (TEN, period(STARTED))}),
    ),
    fires(
        "PERIODS_OUT_OF_ORDER",
        "the second before the first",
        candidate({"charging_periods": (period(STARTED + BLINK, "10"), period(STARTED))}),
    ),
    fires("PERIODS_OUT_OF_ORDER", "none", candidate({"charging_periods": ()})),
    passes("PERIODS_DO_NOT_COVER", "from the start", candidate()),
    passes("PERIODS_DO_NOT_COVER", "none at all", candidate({"charging_periods": ()})),
    passes(
        "PERIODS_DO_NOT_COVER",
        "late by the skew",
        candidate({"charging_periods": (period(STARTED + SKEW, "10"),)}),
    ),
    fires(
        "PERIODS_DO_NOT_COVER",
        "a blink more",
        candidate({"charging_periods": (period(STARTED + SKEW + BLINK, "10"),)}),
    ),
    passes(
        "PARKING_BEFORE_ENERGY_STOPPED", "after", parked(("ENERGY", "10"), ("PARKING_TIME", "1"))
    ),
    fires(
        "PARKING_BEFORE_ENERGY_STOPPED",
        "before",
        parked(("PARKING_TIME", "0.1"), ("ENERGY", "10")),
        "at charging_periods[0]",
    ),
    fires(
        "PARKING_BEFORE_ENERGY_STOPPED",
        "between",
        parked(("ENERGY", "4"), ("PARKING_TIME", "0.1"), ("ENERGY", "6")),
        "at charging_periods[1], expected no PARKING_TIME before period 2 ends",
    ),
    passes(
        "PARKING_BEFORE_ENERGY_STOPPED",
        "then no energy flows",
        parked(("ENERGY", "10"), ("PARKING_TIME", "0.1"), ("ENERGY", "0")),
    ),
    passes(
        "PARKING_BEFORE_ENERGY_STOPPED",
        "no parking is counted",
        parked(("PARKING_TIME", "0"), ("ENERGY", "10")),
    ),
]


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_check_of_the_times_fires_at_its_bound(case: Case) -> None:
    check_case(case)


def test_a_session_that_began_in_another_season_has_that_seasons_offset() -> None:
    in_winter = replace(SESSION.latest, start_date_time=STARTED.replace(month=12))
    stated = {"start_date_time": in_winter.start_date_time + HOURS}
    session = told(start_date_time=in_winter.start_date_time)
    check_case(fires("LOCAL_TIME_AS_UTC", "one hour", candidate(stated, told=session), "+01:00"))
