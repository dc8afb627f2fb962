"""Which publication converts a day of service, on the days that the ECB really published."""

import re
from datetime import date, timedelta
from decimal import Decimal
from xml.etree.ElementTree import fromstring

import pytest

from console.imports.rates.ecb import ecb_file
from console.imports.rates.histories import histories_of
from console.pictures.svg_rates import rates_as_svg
from console.rates import holes_in
from ledger.fx.convert import FxTerms, decide_fx, rate_day
from ledger.values.reasons import Refused

RULES = ("session_end", "previous_publication", "cut_off_day", "fixed_monthly")
HISTORIES = {
    row.currency: row
    for row in histories_of(ecb_file("CHF", "NOK", "BGN"), on=date(2026, 11, 1)).histories
}


def published(service_on: date, rule: str, currency: str = "CHF") -> str:
    """Return the day whose publication converts a service, or why there is none."""
    try:
        found = decide_fx(
            from_currency="EUR",
            to_currency=currency,
            rate_on=service_on,
            histories=HISTORIES,
            terms=FxTerms(date_rule=rule),
        )
    except Refused as refused:
        return refused.reason.value
    return str(found.published_on)


@pytest.mark.parametrize(
    ("service_on", "session_end", "previous", "cut_off", "monthly"),
    [
        # a plain Wednesday
        ("2026-10-14", "2026-10-14", "2026-10-13", "2026-10-30", "2026-09-30"),
        # a Monday: the publication before is Friday's
        ("2026-10-12", "2026-10-12", "2026-10-09", "2026-10-30", "2026-09-30"),
        # a Sunday, the last of a month ends on a Saturday
        ("2026-10-11", "2026-10-09", "2026-10-09", "2026-10-30", "2026-09-30"),
        # Good Friday to Easter Monday: nothing for five days
        ("2026-04-03", "2026-04-02", "2026-04-02", "2026-04-30", "2026-03-31"),
        ("2026-04-06", "2026-04-02", "2026-04-02", "2026-04-30", "2026-03-31"),
        ("2026-04-07", "2026-04-07", "2026-04-02", "2026-04-30", "2026-03-31"),
        # Labour Day, a Friday
        ("2026-05-01", "2026-04-30", "2026-04-30", "2026-05-29", "2026-04-30"),
        # Christmas over a weekend, and the turn of a year
        ("2025-12-28", "2025-12-24", "2025-12-24", "2025-12-31", "2025-11-28"),
        ("2026-01-01", "2025-12-31", "2025-12-31", "2026-01-30", "2025-12-31"),
        # the day of the last publication, and the weekend that is known with it
        ("2026-10-30", "2026-10-30", "2026-10-29", "2026-10-30", "2026-09-30"),
        ("2026-11-01", "2026-10-30", "2026-10-30", "FX_RATE_MISSING", "2026-10-30"),
        # what is still to come
        (
            "2026-11-02",
            "FX_RATE_MISSING",
            "2026-10-30",
            "FX_RATE_MISSING",
            "2026-10-30",
        ),
        # before the first publication there is
        (
            "1999-01-03",
            "FX_RATE_MISSING",
            "FX_RATE_MISSING",
            "1999-01-29",
            "FX_RATE_MISSING",
        ),
    ],
)
def test_each_rule_picks_the_last_publication_there_is(
    service_on, session_end, previous, cut_off, monthly
):
    day = date.fromisoformat(service_on)
    expected = dict(zip(RULES, (session_end, previous, cut_off, monthly), strict=True))
    assert {rule: published(day, rule) for rule in RULES} == expected


@pytest.mark.parametrize(
    ("service_on", "found"),
    [("2025-12-31", "2025-12-31"), ("2026-01-01", "FX_RATE_MISSING")],
)
def test_of_a_money_that_has_ended_there_is_no_rate(service_on, found):
    assert published(date.fromisoformat(service_on), "session_end", "BGN") == found


def test_on_every_day_of_a_year_a_rule_picks_what_was_published_by_its_day():
    days = [row.published_on for row in HISTORIES["CHF"].rates]
    for number in range(365):
        service_on = date(2025, 1, 1) + timedelta(days=number)
        for rule in RULES:
            until = rate_day(rule, service_on)
            assert published(service_on, rule) == str(max(day for day in days if day <= until))


def test_a_crossed_rate_is_the_quotient_of_two_publications_and_nothing_between():
    found = decide_fx(
        from_currency="CHF",
        to_currency="NOK",
        rate_on=date(2026, 4, 5),
        histories=HISTORIES,
    )
    (francs, crowns) = found.crossed
    assert (str(francs.published_on), str(crowns.published_on)) == ("2026-04-02",) * 2
    exact = crowns.per_euro / francs.per_euro
    assert abs(found.rate - exact) <= Decimal("0.5e-12")


def test_the_installed_history_has_no_hole():
    assert [holes_in(history) for history in HISTORIES.values()] == [[], [], []]


def test_a_picture_of_rates_goes_in_steps_and_never_between_two_publications():
    chf = HISTORIES["CHF"]
    drawn = rates_as_svg("CHF", "ECB <&>", chf.rates[-20:], until=chf.covers_until)
    document = fromstring(drawn)
    (line,) = document.iterfind("{http://www.w3.org/2000/svg}path")
    assert re.fullmatch(r"M[\d.]+ [\d.]+(H[\d.]+V[\d.]+){19}H928", line.get("d"))
    assert "as published by ECB <&>" in "".join(document.itertext())


def test_a_single_publication_has_a_picture_too():
    (rate,) = HISTORIES["CHF"].rates[-1:]
    drawn = rates_as_svg("CHF", "ECB", [rate], until=rate.published_on)
    assert fromstring(drawn).tag.endswith("svg")
    with pytest.raises(ValueError, match="no publication"):
        rates_as_svg("CHF", "ECB", [], until=rate.published_on)
