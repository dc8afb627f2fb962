"""What an OCMF document says, and what it is refused or doubted for."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.evidence.ocmf import Page, parse_ocmf
from ledger.evidence.problems import SENTENCES, ProblemCode, Unreadable
from tests.evidence_world import (
    BEGIN,
    DRIVER,
    END,
    METER,
    codes,
    evidence,
    payload,
    reading,
    signed,
)


def charge_with(*readings, **fields):
    return evidence(signed(payload(*readings, **fields)))


def test_a_whole_charge_in_one_document():
    found = charge_with(BEGIN, END)
    assert (found.status, found.is_complete, codes(found)) == ("verified", True, [])
    assert (found.start_wh, found.stop_wh) == (Decimal(100000), Decimal(112500))
    assert (found.energy_wh, found.meter_serial) == (Decimal(12500), "M-1")
    assert found.started_at == datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
    assert found.ended_at == datetime(2026, 10, 1, 9, 30, tzinfo=UTC)


def test_who_charged_is_kept_nowhere():
    document = parse_ocmf(signed(payload(BEGIN, END)))
    assert DRIVER.encode() in document.payload
    assert DRIVER not in repr(charge_with(BEGIN, END))


def test_every_problem_has_its_sentence():
    assert set(SENTENCES) == set(ProblemCode)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "OCMF_MALFORMED"),
        ("OCMF", "OCMF_MALFORMED"),
        ("OCMA|{}|{}", "OCMF_MALFORMED"),
        ("OCMF|{}", "OCMF_MALFORMED"),
        ("OCMF|{}|{}|{}", "OCMF_MALFORMED"),  # the sign | may stand nowhere else
        ("OCMF|[]|{}", "OCMF_MALFORMED"),
        ("OCMF|{\"RD\": [}|{}", "OCMF_MALFORMED"),
        ('OCMF|{"RD": [{}], "MS": NaN}|{}', "OCMF_MALFORMED"),
        ('OCMF|{"RD": [{"RV": 1, "RV": 2}]}|{}', "OCMF_MALFORMED"),  # two readers, two readings
        ('OCMF|{"RD": ["B"]}|{}', "OCMF_MALFORMED"),
        ('OCMF|{"RD": [{}]}|[]', "OCMF_MALFORMED"),
        ("OCMF|" + "[" * 100_000 + "|{}", "OCMF_MALFORMED"),
        ('OCMF|{"RD": [{}], "GI": "\ud800"}|{}', "OCMF_MALFORMED"),
        ('OCMF|{"RD": [{}], "GI": "' + "x" * 300_000 + '"}|{}', "OCMF_MALFORMED"),
        ('OCMF|{"RD": [' + "{}," * 2000 + "{}]}|{}", "OCMF_MALFORMED"),
        ("OCMF|{}|{}", "OCMF_NO_READINGS"),
        ('OCMF|{"RD": []}|{}', "OCMF_NO_READINGS"),
        ('OCMF|{"FV": "2.0", "RD": [{}]}|{}', "OCMF_VERSION_UNKNOWN"),
        ('OCMF|{"FV": {}, "RD": [{}]}|{}', "OCMF_VERSION_UNKNOWN"),
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused_with_its_code(text, code):
    with pytest.raises(Unreadable) as refusal:
        parse_ocmf(text)
    assert refusal.value.problem.code == code
    found = evidence(text)
    assert (found.status, found.is_complete) == ("not_verified", False)
    assert codes(found) == [f"{code} {found.problems[0].path}"]


@pytest.mark.parametrize("version", ["0.1", "1.0", "1.4", "1.9", 1.0, None])
def test_a_minor_version_only_adds(version):
    assert charge_with(BEGIN, END, FV=version).energy_wh == 12500


@pytest.mark.parametrize(
    ("unit", "value", "wh"),
    [
        ("kWh", "2935.600", "2935600.000"),
        ("Wh", 7753, "7753"),
        ("mWh", "1500", "1.500"),
        ("MWh", 0.25, "250000.00"),
        ("kWh", "       9.038", "9038.000"),  # padded, as one maker does
        ("kWh", "00000012.500", "12500.000"),
    ],
)
def test_readings_are_exact_in_wh(unit, value, wh):
    document = parse_ocmf(signed(payload(reading("B", value, RU=unit))))
    assert document.readings[0].value_wh == Decimal(wh)
    assert not document.problems


@pytest.mark.parametrize("value", ["12,5", "1e3", "", "NaN", "٣", True, [], {}, 1e30, 1e-12])
def test_what_is_no_number_in_range_is_no_reading(value):
    found = charge_with(reading("B", value), END)
    assert codes(found)[0] == "OCMF_FIELD_MALFORMED signed_values[0].RD[0].RV"
    assert (found.energy_wh, found.is_complete) == (None, False)


@pytest.mark.parametrize("exponent", ["1e999999999", "1e-999999999", "0e999999999"])
def test_a_number_cannot_be_made_to_fill_the_memory(exponent):
    text = payload(reading("B", "EXPONENT"), END).replace('"EXPONENT"', exponent)
    assert codes(evidence(signed(text)))[0] == ("OCMF_FIELD_MALFORMED signed_values[0].RD[0].RV")


def test_a_reading_leaves_out_what_the_one_before_said():
    last = {"TX": "E", "TM": END["TM"], "RV": "112.50"}
    said_before = charge_with(BEGIN, last)
    assert (said_before.energy_wh, codes(said_before)) == (12500, [])
    assert "OCMF_METER_STATE signed_values[0].RD[1].ST" in codes(
        charge_with(BEGIN | {"ST": "F"}, last)
    )


@pytest.mark.parametrize(
    ("register", "billed_wh"),
    [
        ("1-b:1.8.e", 12500),
        ("01-00:01.08.00.FF", 12500),
        ("1-0:1.8.0*198", 12500),
        ("1-0:2.8.0", None),  # exported
        ("1-0:1.7.0", None),  # power
        ("1-0:1.9.0", None),
        ("7-0:1.8.0", None),  # gas
    ],
)
def test_only_energy_that_was_taken_counts(register, billed_wh):
    begin, end = BEGIN | {"RI": register}, END | {"RI": register}
    found = charge_with(begin, end)
    assert found.energy_wh == billed_wh
    assert codes(found) == ([] if billed_wh else ["OCMF_NO_READINGS RD"])


def test_what_the_car_got_comes_before_what_the_meter_saw():
    """The example of the specification: half a kWh stayed in the cable."""
    mains = [BEGIN | {"RV": 2935.6}, END | {"RV": 2965.1, "CL": 0.5}]
    device = [
        reading("B", "0.000", RI="01-0B:B3.08.00*FF"),
        reading("E", "29.000", "11:30:00", RI="01-0B:B3.08.00*FF"),
    ]
    cable = {"LN": "cable_name", "LI": 1, "LR": 2, "LU": "mOhm"}
    found = charge_with(*mains, *device, LC=cable)
    assert (found.energy_wh, codes(found)) == (Decimal(29000), [])
    assert charge_with(*mains).energy_wh == 29500


def test_a_register_that_is_not_read_at_the_end_is_not_the_one_billed():
    other = reading("B", "0", RI="1-0:B3.8.0")
    assert charge_with(other, BEGIN, END).energy_wh == 12500


@pytest.mark.parametrize("ending", list("ELRAP"))
def test_a_charge_ends_for_one_of_five_reasons(ending):
    assert charge_with(BEGIN, END | {"TX": ending}).is_complete


@pytest.mark.parametrize(
    ("begin", "end", "problem"),
    [
        ({}, {"TX": "C"}, "OCMF_TRANSACTION_INCOMPLETE RD"),
        ({"TX": "S"}, {}, "OCMF_TRANSACTION_INCOMPLETE RD"),
        ({}, {"TX": "B"}, "OCMF_TRANSACTION_AMBIGUOUS signed_values[0].RD[1]"),
        ({}, {"RU": "sec"}, "OCMF_UNIT_UNKNOWN signed_values[0].RD[1].RU"),
        ({}, {"RU": "kwh"}, "OCMF_UNIT_UNKNOWN signed_values[0].RD[1].RU"),
        ({}, {"RI": "energy"}, "OCMF_REGISTER_UNKNOWN signed_values[0].RD[1].RI"),
        ({}, {"TX": "Z"}, "OCMF_FIELD_MALFORMED signed_values[0].RD[1].TX"),
        ({}, {"TM": "2026-02-30T10:00:00,000+0200 S"}, "OCMF_FIELD_MALFORMED"
         " signed_values[0].RD[1].TM"),
        ({}, {"TM": "2026-10-01T11:30:00,000+0200 Z"}, "OCMF_FIELD_MALFORMED"
         " signed_values[0].RD[1].TM"),
        ({}, {"TM": "2026-10-01T11:30:00,000+9900 S"}, "OCMF_FIELD_MALFORMED"
         " signed_values[0].RD[1].TM"),
        ({}, {"TM": "0001-01-01T00:00:00,000+1400 S"}, "OCMF_FIELD_MALFORMED"
         " signed_values[0].RD[1].TM"),
    ],
)  # fmt: skip
def test_what_makes_no_charge_gives_no_energy_or_says_why(begin, end, problem):
    found = charge_with(BEGIN | begin, END | end)
    assert problem in codes(found)
    assert found.energy_wh is None or problem.endswith("TM")


@pytest.mark.parametrize(
    ("begin", "end", "problem"),
    [
        ({"EF": "E"}, {"EF": ""}, "OCMF_ERROR_FLAG signed_values[0].RD[0].EF"),
        ({}, {"EF": "t"}, "OCMF_TIME_ERROR_FLAG signed_values[0].RD[1].EF"),
        ({}, {"EF": "Q"}, "OCMF_FIELD_MALFORMED signed_values[0].RD[1].EF"),
        ({}, {"ST": "M"}, "OCMF_METER_STATE signed_values[0].RD[1].ST"),
        ({}, {"CL": "0.1"}, None),
        ({"CL": "0.1"}, {}, "OCMF_LOSS_NOT_RESET signed_values[0].RD[0].CL"),
        ({"CL": 0}, {"CL": 1}, None),
        ({}, {"TM": "2026-10-01T11:30:00,000+0200 R"}, None),
        ({}, {"TM": "2026-10-01T11:30:00,000+0200 I"}, "OCMF_TIME_INFORMATIVE"
         " signed_values[0].RD[1].TM"),
        ({}, {"TM": "2026-10-01T11:30:00,000+0200 U"}, "OCMF_TIME_NOT_SYNCHRONISED"
         " signed_values[0].RD[1].TM"),
        ({}, {"TM": "2026-10-01T11:30:00,000+0200"}, "OCMF_TIME_NOT_SYNCHRONISED"
         " signed_values[0].RD[1].TM"),
        ({}, {"TM": "2026-10-01T09:59:59,999+0200 S"}, "OCMF_END_BEFORE_START"
         " signed_values[0].RD[1].TM"),
        ({}, {"TM": "2026-10-01T10:00:00,000+0200 S"}, None),
        ({}, {"RV": "100.00"}, None),
        ({}, {"RV": "99.99"}, "OCMF_ENERGY_NEGATIVE signed_values[0].RD[1].RV"),
    ],
)  # fmt: skip
def test_what_the_meter_says_against_itself(begin, end, problem):
    found = charge_with(BEGIN | begin, END | end)
    assert codes(found) == ([problem] if problem else [])
    assert found.is_complete
    assert (found.energy_wh is None) == (problem is not None and "NEGATIVE" in problem)


def test_an_error_during_the_charge_is_told():
    during = reading("X", "105.00", "10:30:00")
    assert codes(charge_with(BEGIN, during, END)) == ["OCMF_EXCEPTION signed_values[0].RD[1].TX"]


def test_an_event_needs_no_value():
    event = {"TX": "X", "ST": "D", "EF": "E", "TM": "2026-10-01T10:30:00,000+0200 S"}
    found = charge_with(event, BEGIN, END)
    assert found.energy_wh == 12500
    assert codes(found) == [
        "OCMF_EXCEPTION signed_values[0].RD[0].TX",
        "OCMF_METER_STATE signed_values[0].RD[0].ST",
        "OCMF_ERROR_FLAG signed_values[0].RD[0].EF",
    ]


def test_an_error_between_begin_and_end_is_one_of_the_charge():
    between = reading("C", "105.00", "10:30:00", EF="E")
    assert codes(charge_with(BEGIN, between, END)) == ["OCMF_ERROR_FLAG signed_values[0].RD[1].EF"]
    of_another_register = between | {"RI": "1-0:2.8.0"}
    assert codes(charge_with(BEGIN, of_another_register, END)) == []


@pytest.mark.parametrize(
    "register", ["1-0:1.8.0", "1-0:1.8.0*255", "01-00:01.08.00.FF", "1-0:1.8.0*ff"]
)
def test_one_register_has_several_ways_to_write_it(register):
    assert charge_with(BEGIN | {"RI": register}, END).is_complete


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"PG": "T0"}, None),
        ({"PG": "F7"}, "OCMF_PAGINATION signed_values[0].PG"),
        ({"PG": "T007"}, "OCMF_PAGINATION signed_values[0].PG"),
        ({"PG": None}, "OCMF_PAGINATION signed_values[0].PG"),
        ({"IL": "MISMATCH"}, "OCMF_IDENTIFICATION_ERROR signed_values[0].IL"),
        ({"IL": None, "IS": "OUTDATED"}, "OCMF_IDENTIFICATION_ERROR signed_values[0].IS"),
        ({"IL": "NONE", "IS": False}, None),
        ({"LC": {"LR": "x", "LU": "mOhm"}}, "OCMF_FIELD_MALFORMED signed_values[0].LC.LR"),
        ({"LC": {"LR": 2, "LU": "Ohm"}}, "OCMF_FIELD_MALFORMED signed_values[0].LC.LU"),
        ({"LC": {"LR": -2, "LU": "uOhm"}}, "OCMF_FIELD_MALFORMED signed_values[0].LC.LR"),
        ({"LC": {"LR": 0, "LU": "uOhm"}}, None),
        ({"LC": 7}, "OCMF_FIELD_MALFORMED signed_values[0].LC.LR"),
        ({"MS": "x" * 251}, "OCMF_FIELD_MALFORMED signed_values[0].MS"),
        ({"MS": None}, None),
    ],
)
def test_what_is_wrong_around_the_readings(fields, problem):
    found = charge_with(BEGIN, END, **fields)
    assert problem is None or problem in codes(found)
    assert bool(found.problems) == bool(problem)
    assert found.energy_wh == 12500
    assert found.meter_serial == ("G-1" if "MS" in fields else "M-1")


def test_the_page_is_the_place_in_the_signers_book():
    assert parse_ocmf(signed(payload(BEGIN, PG="T12345"))).page == Page("T", 12345)


def test_a_document_made_of_problems_records_only_some():
    many = [reading("X", "1", TX="X") for _ in range(500)]
    found = evidence(signed(payload(*many)), key=METER)
    assert len(found.problems) == 50
