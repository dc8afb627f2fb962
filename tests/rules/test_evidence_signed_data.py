"""The evidence of a CDR: one document or several, in the ways OCPI's senders wrap them."""

import msgspec
import pytest

from ledger.evidence.signed_data import MOST_VALUES, SignedEvidence, Value, evidence_of
from tests.evidence_world import (
    BEGIN,
    END,
    METER,
    OTHER_KEY,
    as_base64,
    codes,
    evidence,
    payload,
    public_key_of,
    reading,
    signed,
)

START = signed(payload(BEGIN, PG="T7"))
STOP = signed(payload(END, PG="T8"))
WHOLE = signed(payload(BEGIN, END, PG="T8"))
OTHER = public_key_of(OTHER_KEY)


@pytest.mark.parametrize(
    ("documents", "natures"),
    [
        ((START, STOP), "SE"),
        ((STOP, START), "ES"),
        ((START, WHOLE), "SE"),  # the end's document repeats the begin
        ((WHOLE, WHOLE), "SE"),  # one document sent for both
        ((as_base64(START), STOP), "SE"),
    ],
)
def test_begin_and_end_may_stand_in_documents_of_their_own(documents, natures):
    found = evidence(*documents, natures=natures)
    assert (found.status, found.is_complete, codes(found)) == ("verified", True, [])
    assert found.energy_wh == 12500


@pytest.mark.parametrize(
    ("start", "stop", "problem"),
    [
        (STOP, START, "SIGNED_DATA_NATURE_DIFFERS signed_values[0].nature"),
        (START, signed(payload(END, PG="T9")), "OCMF_PAGINATION signed_values.PG"),
        (START, signed(payload(END, PG="T7")), "OCMF_PAGINATION signed_values.PG"),
        (START, signed(payload(END, PG="T8", MS="M-2")), "OCMF_METER_DIFFERS signed_values[1].MS"),
        (START, signed(payload(END, PG="T8", GS="G-2")), "OCMF_METER_DIFFERS signed_values[1].MS"),
    ],
)
def test_documents_that_do_not_belong_together_are_told(start, stop, problem):
    found = evidence(start, stop, natures="SE")
    assert problem in codes(found)
    assert found.status == "verified"


def test_two_begins_that_differ_leave_no_charge():
    again = signed(payload(reading("B", "101.00", "10:05:00"), END, PG="T8"))
    found = evidence(START, again, natures="SE")
    assert codes(found) == ["OCMF_TRANSACTION_AMBIGUOUS signed_values[1].RD[0]"]
    assert (found.is_complete, found.start_wh, found.energy_wh) == (False, None, None)


def test_one_document_that_fails_makes_the_evidence_fail():
    found = evidence(START, STOP.replace("112.50", "113.50"))
    assert found.status == "failed"
    assert codes(found) == ["OCMF_SIGNATURE_WRONG signed_values[1].signature.SD"]


def test_one_document_that_cannot_be_read_leaves_the_whole_unverified():
    found = evidence(WHOLE, "OCMF|")
    assert (found.status, found.is_complete) == ("not_verified", False)
    assert codes(found) == ["OCMF_MALFORMED signed_values[1]"]
    assert found.energy_wh == 12500


@pytest.mark.parametrize(
    ("stated", "registered", "status", "source", "problems"),
    [
        (METER, None, "verified", "cdr", []),
        (None, METER, "verified", "register", []),
        (METER, METER.upper(), "verified", "register", []),
        (OTHER, METER, "verified", "register", ["SIGNED_DATA_KEY_DIFFERS public_key"]),
        ("?", METER, "verified", "register", ["SIGNED_DATA_KEY_DIFFERS public_key"]),
        (METER, OTHER, "failed", "register",
         ["SIGNED_DATA_KEY_DIFFERS public_key",
          "OCMF_SIGNATURE_WRONG signed_values[0].signature.SD"]),
        (None, None, "not_verified", None, ["OCMF_KEY_MISSING signed_values[0].signature.SD"]),
    ],
)  # fmt: skip
def test_the_key_of_the_register_comes_first(stated, registered, status, source, problems):
    found = evidence_of(
        encoding_method="OCMF",
        values=[Value("End", "", WHOLE)],
        stated_key=stated,
        registered_key=registered,
    )
    assert (found.status, found.key_source, codes(found)) == (status, source, problems)


@pytest.mark.parametrize(
    "value",
    [
        Value("End", "", WHOLE),
        Value("End", "", f"\n  {WHOLE}\n"),
        Value("End", "", as_base64(WHOLE)),
        Value("End", WHOLE, "3045"),
    ],
)
def test_the_document_is_found_wherever_it_was_put(value):
    found = evidence_of(encoding_method=" ocmf ", values=[value], stated_key=METER)
    assert (found.status, found.energy_wh) == ("verified", 12500)


@pytest.mark.parametrize("method", ["EDL", "ALFEN", "DIGITAL", "", "x" * 100])
def test_another_format_is_named_not_guessed(method):
    found = evidence_of(encoding_method=method, values=[Value("", "", WHOLE)], stated_key=METER)
    assert (found.status, found.format) == ("not_verified", method[:40])
    assert codes(found) == ["SIGNED_DATA_FORMAT_UNKNOWN encoding_method"]


def test_no_values_are_no_evidence():
    found = evidence_of(encoding_method="OCMF", values=[], stated_key=METER)
    assert (found.status, codes(found)) == ("not_verified", ["SIGNED_DATA_EMPTY signed_values"])


def test_more_values_than_any_charge_has_are_not_all_looked_at():
    documents = [signed(payload(BEGIN, PG=f"T{page}")) for page in range(MOST_VALUES)]
    found = evidence(*documents, signed(payload(END, PG=f"T{MOST_VALUES}")))
    assert (found.status, found.start_wh, found.stop_wh) == ("not_verified", 100000, None)
    assert codes(found)[0] == "SIGNED_DATA_TOO_MANY signed_values"


def test_what_is_recorded_reads_back():
    found = evidence(START, STOP.replace("112.50", "113.50"))
    assert msgspec.json.decode(msgspec.json.encode(found), type=SignedEvidence) == found
