"""Which period a CDR belongs to, which one still takes it, and the names of months and things."""

from datetime import UTC, datetime

import pytest

from ledger.roaming.terms import Calendar
from ledger.settlement.calendar import booking_of, rebooked
from ledger.settlement.period import SettlementPeriod
from ledger.values.countries import alpha_2
from ledger.values.identifiers import aggregate_id, party_key, record_key
from ledger.values.instants import local_date, month_after, start_of_month, zone_of
from ledger.values.reasons import Refused

AMSTERDAM = Calendar()


def periods(**states: str) -> dict[str, SettlementPeriod]:
    """Return periods by month: `m10="OPEN"` is October 2026."""
    found = {}
    for month, state in states.items():
        period = SettlementPeriod.blank(f"ALL/2026-{month[1:]}")
        period.state = state
        found[period.key] = period
    return found


def booked(ended_at: str, calendar: Calendar = AMSTERDAM, zone="Europe/Amsterdam", **states: str):
    return booking_of(
        ended_at=datetime.fromisoformat(ended_at).replace(tzinfo=UTC),
        charger_zone=zone,
        calendar=calendar,
        periods=periods(**states),
    )


@pytest.mark.parametrize(
    ("ended_at", "zone", "service_on", "period"),
    [
        ("2026-10-31T22:59:59", "Europe/Amsterdam", "2026-10-31", "ALL/2026-10"),
        ("2026-10-31T23:00:00", "Europe/Amsterdam", "2026-11-01", "ALL/2026-11"),
        # summer time: the month ends an hour earlier in UTC
        ("2026-09-30T21:59:59", "Europe/Amsterdam", "2026-09-30", "ALL/2026-09"),
        ("2026-09-30T22:00:00", "Europe/Amsterdam", "2026-10-01", "ALL/2026-10"),
        # the day is the charger's, the period is the calendar's
        ("2026-10-31T23:30:00", "Europe/Lisbon", "2026-10-31", "ALL/2026-11"),
        ("2026-12-31T23:30:00", "Europe/Amsterdam", "2027-01-01", "ALL/2027-01"),
        # the hour that the clocks go through twice
        ("2026-10-25T00:30:00", "Europe/Amsterdam", "2026-10-25", "ALL/2026-10"),
        ("2026-10-25T01:30:00", "Europe/Amsterdam", "2026-10-25", "ALL/2026-10"),
    ],
)
def test_the_end_in_the_calendars_zone_picks_the_period(ended_at, zone, service_on, period):
    booking = booked(ended_at, zone=zone)
    assert (str(booking.service_on), booking.service_period) == (service_on, period)
    assert (booking.posted_period, booking.late_of) == (period, None)


@pytest.mark.parametrize(
    ("states", "posted"),
    [
        ({}, "2026-10"),
        ({"m10": "OPEN"}, "2026-10"),
        ({"m10": "CUT_OFF"}, "2026-11"),
        ({"m10": "IN_REVIEW", "m11": "OPEN"}, "2026-11"),
        ({"m10": "SOFT_CLOSED", "m11": "CUT_OFF"}, "2026-12"),
        ({"m10": "HARD_CLOSED", "m11": "HARD_CLOSED", "m12": "HARD_CLOSED"}, "2027-01"),
        ({"m10": "OPEN", "m09": "HARD_CLOSED"}, "2026-10"),
    ],
)
def test_what_comes_late_is_booked_on_the_first_day_of_the_first_period_that_takes_it(
    states, posted
):
    booking = booked("2026-10-10T11:00:00", **states)
    late = posted != "2026-10"
    assert (booking.posted_period, booking.accounting_month) == (f"ALL/{posted}", posted)
    assert str(booking.posted_on) == (f"{posted}-01" if late else "2026-10-10")
    assert booking.late_of == ("ALL/2026-10" if late else None)
    assert (booking.service_period, str(booking.service_on)) == ("ALL/2026-10", "2026-10-10")


def test_a_reversal_stays_in_its_period_while_that_is_open():
    booking = booked("2026-10-10T11:00:00")
    assert rebooked(booking, calendar=AMSTERDAM, periods=periods(m10="OPEN")) == booking
    moved = rebooked(booking, calendar=AMSTERDAM, periods=periods(m10="HARD_CLOSED"))
    assert (moved.posted_period, moved.late_of) == ("ALL/2026-11", "ALL/2026-10")
    assert moved.service_on == booking.service_on
    late = booked("2026-10-10T11:00:00", m10="CUT_OFF")
    assert rebooked(late, calendar=AMSTERDAM, periods=periods(m10="CUT_OFF")) == late


def test_another_calendar_has_periods_and_a_zone_of_its_own():
    booking = booked("2026-10-31T23:30:00", Calendar("PAIR1", time_zone="UTC"), m10="HARD_CLOSED")
    assert (booking.service_period, booking.posted_period) == ("PAIR1/2026-10",) * 2


@pytest.mark.parametrize(
    ("month", "zone", "begins"),
    [
        ("2026-10", "Europe/Amsterdam", "2026-09-30T22:00:00+00:00"),
        ("2026-11", "Europe/Amsterdam", "2026-10-31T23:00:00+00:00"),
        ("2026-04", "Europe/London", "2026-03-31T23:00:00+00:00"),
    ],
)
def test_a_month_begins_at_midnight_of_its_zone(month, zone, begins):
    assert start_of_month(month, zone).isoformat() == begins
    assert local_date(start_of_month(month, zone), zone).isoformat() == f"{month}-01"


@pytest.mark.parametrize(
    ("month", "after"), [("2026-01", "2026-02"), ("2026-12", "2027-01"), ("2024-02", "2024-03")]
)
def test_one_month_follows_another(month, after):
    assert month_after(month) == after


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "Europe"])
def test_a_zone_is_one_of_the_iana_names(name):
    with pytest.raises(Refused, match="TIME_ZONE_UNKNOWN"):
        zone_of(name)


def test_identities_come_from_the_business_key_whatever_its_case():
    assert party_key("nl", "xyz") == party_key("NL", "XYZ") == "NL*XYZ"
    assert record_key("NL*XYZ", "CDR-1") == record_key("NL*XYZ", "cdr-1")
    assert aggregate_id("cdr", "a") == aggregate_id("cdr", "a")
    assert aggregate_id("cdr", "a") != aggregate_id("session", "a")
    # pinned: ids that changed would charge every CDR of the past again
    assert str(aggregate_id("cdr", "NL*XYZ/cdr-0001")) == "4f1fddfc-dfe0-5537-8e14-4782d5bd98b2"


@pytest.mark.parametrize(
    ("country", "party"), [("N", "XYZ"), ("NL", "XY"), ("NL", "X*Z"), ("", "")]
)
def test_a_party_is_two_letters_and_three_signs(country, party):
    with pytest.raises(Refused, match="WRONG_IDENTIFIER"):
        party_key(country, party)


@pytest.mark.parametrize(("code", "country"), [("NLD", "NL"), ("che", "CH"), ("DE", "DE")])
def test_countries_have_one_code(code, country):
    assert alpha_2(code) == country
    with pytest.raises(Refused, match="COUNTRY_UNKNOWN"):
        alpha_2(f"{code}X")
