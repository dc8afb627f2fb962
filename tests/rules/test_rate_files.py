"""Files of exchange rates: what they say of which days, and everything that is wrong with them."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from zipfile import ZipFile

import pytest
from currency_converter import CURRENCY_FILE

from console.imports.rates.ecb import ecb_file
from console.imports.rates.files import LONGEST, MOST_PROBLEMS, rates_in, read_rates
from console.imports.rates.histories import histories_of
from ledger.fx.publication_days import is_published_on
from ledger.values.reasons import Refused

TODAY = date(2026, 11, 4)
XML = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
                 xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
 <gesmes:subject>Reference rates</gesmes:subject>
 <Cube>
  <Cube time="2026-10-30"><Cube currency="CHF" rate="0.9194"/><Cube currency="NOK" rate="10.312"/>
  </Cube>
  <Cube time="2026-10-29"><Cube currency="CHF" rate="0.9222"/></Cube>
 </Cube>
</gesmes:Envelope>
"""


def read(text: str, **options):
    file = rates_in("rates.csv", text.encode())
    return histories_of(file, **({"on": TODAY} | options))


def lines(*rows: str) -> str:
    return "\n".join(("date,currency,per_euro", *rows))


def days_of(history):
    return [(str(row.published_on), str(row.per_euro)) for row in history.rates]


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("2026-02-30,CHF,0.92", ["RATE_DATE_IMPOSSIBLE"]),
        ("30.10.2026,CHF,0.92", ["RATE_DATE_IMPOSSIBLE"]),
        ("20261030,CHF,0.92", ["RATE_DATE_IMPOSSIBLE"]),
        ("2026-11-05,CHF,0.92", ["RATE_DATE_IMPOSSIBLE"]),  # still to come
        ("1998-12-31,CHF,0.92", ["RATE_DATE_IMPOSSIBLE"]),  # before the euro
        ("2026-10-30,CHF,0", ["RATE_NOT_POSITIVE"]),
        ("2026-10-30,CHF,-0.92", ["RATE_NOT_POSITIVE"]),
        ("2026-10-30,CHF,NaN", ["NOT_A_NUMBER"]),
        ("2026-10-30,CHF,1e3", ["NOT_A_NUMBER"]),
        ("2026-10-30,CHF,٠.٩٢", ["NOT_A_NUMBER"]),
        ("2026-10-30,CHF,", ["NOT_A_NUMBER"]),
        ('2026-10-30,CHF,"0,92"', ["NOT_A_NUMBER"]),
        ("2026-10-30,CHF,0.92,0.93", ["NOT_A_NUMBER"]),
        ("2026-10-30,XYZ,0.92", ["UNKNOWN_CURRENCY"]),
        ("2026-10-30,Franken,0.92", ["UNKNOWN_CURRENCY"]),
        ("2026-10-30,EUR,1", ["UNKNOWN_CURRENCY"]),
        ("2026-01-01,BGN,1.9558", ["CURRENCY_ENDED"]),
        ("2023-01-02,HRK,7.53", ["CURRENCY_ENDED"]),
        ("2026-10-30", ["UNKNOWN_CURRENCY", "NOT_A_NUMBER"]),
    ],
)
def test_a_line_that_cannot_be_right_is_named_by_its_number_and_code(line, codes):
    found = read(lines("2026-10-30,NOK,10.312", line))
    assert [(row.line, row.refusal.reason.value) for row in found.problems] == [
        (3, code) for code in codes
    ]


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_the_lines():
    found = read(lines("2026-10-30,CHF,0", "x,CHF,1", "2026-10-30,XYZ,1", "2026-10-30,NOK,-1"))
    assert [row.line for row in found.problems] == [2, 3, 4, 5]


def test_two_rates_for_one_day_are_refused_also_where_they_agree():
    (problem,) = read(lines("2026-10-30,CHF,0.92", "2026-10-30,CHF,0.92")).problems
    assert (problem.line, problem.refusal.reason) == (3, "RATE_TWICE")
    assert problem.refusal.actual == "CHF 2026-10-30 on line 2 too"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "day,currency,rate\n2026-10-30,CHF,0.92",
        "\x00\x01",
        'date,currency,per_euro\n2026-10-30,"CHF,0.92',
        "<x/>",
        "<x>",
        '<!DOCTYPE x [<!ENTITY a "b">]><Cube time="2026-10-30"/>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><Cube time="2026-10-30"/>',
    ],
)
def test_what_is_no_file_of_rates_is_refused(text):
    with pytest.raises(Refused, match="INVALID_DOCUMENT"):
        rates_in("rates", text.encode())


def test_a_file_in_another_encoding_or_far_too_large_is_refused(tmp_path):
    with pytest.raises(Refused, match="INVALID_DOCUMENT"):
        rates_in("rates.csv", "date,currency,per_euro\n2026-10-30,CHF,0.92 €".encode("cp1252"))
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(LONGEST + 1)
    with pytest.raises(Refused, match="INVALID_DOCUMENT"):
        read_rates(large)


def test_the_three_forms_say_the_same():
    wide = "Date,CHF,NOK,\n2026-10-30,0.9194,10.312,\n2026-10-29,0.9222,N/A,\n"
    long = "date,currency,per_euro,source\n2026-10-30,chf,0.9194,ecb\n"
    long += "2026-10-29,CHF,0.9222,\n2026-10-30,NOK,10.312,ECB\n"
    chf, nok = read(XML).histories
    assert days_of(chf) == [("2026-10-29", "0.9222"), ("2026-10-30", "0.9194")]
    assert read(wide).histories == read("\ufeff" + long).histories == [chf, nok]


def test_a_currency_that_was_named_and_is_not_there_is_said():
    (problem,) = read(XML, currencies=("GBP",)).problems
    assert (problem.line, problem.refusal.reason) == (0, "NOT_FOUND")


@pytest.mark.parametrize(
    ("last", "covered_until"),
    [
        ("2026-10-29", "2026-10-29"),
        ("2026-10-30", "2026-11-01"),  # a Friday
        ("2026-04-02", "2026-04-06"),  # the Thursday before Easter
        ("2025-12-24", "2025-12-28"),
    ],
)
def test_the_days_on_which_nothing_is_published_are_known_with_the_day_before(last, covered_until):
    (history,) = read(lines(f"{last},CHF,0.92")).histories
    assert str(history.covers_until) == covered_until


def test_nothing_is_known_of_a_currency_from_the_day_on_which_it_ended():
    (history,) = read(lines("2025-12-31,BGN,1.9558")).histories
    assert str(history.covers_until) == "2025-12-31"


def test_a_file_that_leaves_a_publication_day_out_is_refused_and_a_holiday_is_none():
    found = read(lines("2026-10-28,CHF,0.92", "2026-10-30,CHF,0.92"))
    assert [(row.line, row.refusal.reason.value) for row in found.problems] == [(3, "RATE_GAP")]
    assert read(lines("2026-04-02,CHF,0.92", "2026-04-07,CHF,0.92")).problems == []


def test_what_the_ecb_left_out_itself_leaves_the_rates_behind_it():
    wide = "Date,ISK\n2026-10-30,136\n2026-10-29,N/A\n2026-10-28,135\n"
    found = read(wide)
    assert days_of(found.histories[0]) == [("2026-10-30", "136")]
    assert found.notes == [
        "ISK: nothing is published from 2026-10-29 to 2026-10-30; the rates before it are left out."
    ]


def test_a_rate_of_a_day_on_which_the_ecb_is_closed_is_noted():
    found = read(lines("2026-10-30,CHF,0.92", "2026-10-31,CHF,0.93"))
    assert found.problems == []
    assert found.notes == [
        "CHF: the ECB publishes nothing on 2026-10-31; line 3 is taken as it is."
    ]


def test_another_source_publishes_when_it_likes():
    text = "date,currency,per_euro,source\n2026-10-26,CHF,0.92,BANK\n2026-10-30,CHF,0.93,BANK\n"
    found = read(text)
    assert (found.problems, found.notes) == ([], [])
    assert found.histories[0].source == "BANK"


@pytest.mark.parametrize("source", ["CHF@BANK", "my bank", "X" * 31, "1"])
def test_a_source_has_a_name_that_fits_into_a_key(source):
    text = f"date,currency,per_euro,source\n2026-10-26,CHF,0.92,{source}\n"
    (problem,) = read(text).problems
    assert (problem.line, problem.refusal.reason) == (2, "WRONG_FORMAT")


def test_what_ended_before_the_days_that_are_wanted_is_left_out_unless_it_is_named():
    text = lines("2025-12-31,BGN,1.9558", "2026-10-30,CHF,0.92")
    wanted = {"begin_on": date(2026, 1, 2)}
    assert [row.currency for row in read(text, **wanted).histories] == ["CHF"]
    (named,) = read(text, currencies=("BGN",), **wanted).histories
    assert str(named.covers_until) == "2025-12-31"


def test_from_a_day_on_the_last_rate_before_it_is_kept():
    (chf, _) = read(XML, begin_on=date(2026, 10, 29)).histories
    assert str(chf.covers_from) == "2026-10-29"
    (chf, _) = read(XML, begin_on=date(2026, 11, 1)).histories
    assert days_of(chf) == [("2026-10-30", "0.9194")]


def test_the_ecb_published_on_exactly_the_days_on_which_target_was_open():
    with ZipFile(CURRENCY_FILE) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    published = {date.fromisoformat(row["Date"]) for row in csv.DictReader(text.splitlines())}
    first, last = min(published), max(published)
    every = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    assert {day for day in every if is_published_on(day)} == published
    assert len(published) > 7000


def test_the_installed_history_is_read_as_it_was_published():
    found = histories_of(ecb_file("CHF", "BGN"), on=TODAY)
    assert found.problems == []
    bgn, chf = found.histories
    assert (str(bgn.covers_until), str(chf.covers_from)) == ("2025-12-31", "1999-01-04")
    assert chf.rates[-1].per_euro == Decimal("0.9194")


def test_a_file_of_nothing_but_errors_is_read_no_further_than_a_thousand():
    found = rates_in("rates.csv", b"date,currency,per_euro\n" + b"x,y,z\n" * 100_000)
    assert MOST_PROBLEMS <= len(found.problems) < MOST_PROBLEMS + 3
    assert found.problems[-1].line < MOST_PROBLEMS
