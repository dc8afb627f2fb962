"""Whatever is sent as signed meter data: a verdict, never an exception, and never a false «yes»."""

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ledger.evidence.ocmf import parse_ocmf
from ledger.evidence.problems import Unreadable
from ledger.evidence.signed_data import Value, evidence_of
from tests.evidence_world import BEGIN, DRIVER, END, evidence, payload, reading, signed

TEXT = payload(BEGIN, END)
SIGNED = signed(TEXT)
NAMES = ("FV", "PG", "MS", "GS", "IS", "IL", "ID", "RD", "LC", "TM", "TX", "RV", "RI", "RU", "EF",
         "ST", "CL", "SA", "SE", "SM", "SD")  # fmt: skip

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=20)
    | st.sampled_from(["T1", "B", "E", "G", "kWh", "1-0:1.8.0", "1e9", BEGIN["TM"], "3006020101"])
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=6)
    ),
    max_leaves=20,
)
objects = st.dictionaries(st.sampled_from(NAMES), anything, max_size=8)
exact_kwh = st.decimals("0", "99999999", places=4)


@given(st.text() | st.text().map(lambda text: f"OCMF|{text}|{text}"))
def test_any_text_is_a_document_or_unreadable(text):
    try:
        parse_ocmf(text)
    except Unreadable as unreadable:
        assert unreadable.problem.code.name.startswith("OCMF_")


@given(objects, st.lists(objects, max_size=4), objects)
def test_any_json_gives_evidence_that_is_not_verified(record, readings, section):
    document = f"OCMF|{json.dumps(record | {'RD': readings})}|{json.dumps(section)}"
    assert evidence(document).status != "verified"


@given(st.text(), st.text(), st.text(), st.text(), st.text())
def test_any_texts_around_a_document_give_evidence(method, nature, plain, data, key):
    values = [Value(nature, plain, data), Value("End", "", SIGNED)]
    for encoding_method in (method, "OCMF"):
        found = evidence_of(encoding_method=encoding_method, values=values, stated_key=key)
        assert found.status != "verified"


@given(st.integers(1, 3000), st.sampled_from(NAMES))
def test_no_depth_of_nesting_is_too_much(depth, name):
    nested = "[" * depth + "]" * depth
    for record in (f'{{"{name}": {nested}}}', f'{{"RD": [{{"{name}": {nested}}}]}}'):
        assert evidence(f"OCMF|{record}|{record}").status != "verified"


@given(st.integers(0, len(TEXT) - 1), st.characters(codec="utf-8", exclude_characters="|"))
def test_no_changed_letter_of_the_payload_verifies(at, letter):
    changed = TEXT[:at] + letter + TEXT[at + 1 :]
    status = evidence(SIGNED.replace(TEXT, changed)).status
    assert (status == "verified") == (changed == TEXT)


@given(st.binary(min_size=0, max_size=160))
def test_no_other_signature_and_no_other_key_verify(octets):
    section = json.dumps({"SD": octets.hex()})
    assert evidence(f"OCMF|{TEXT}|{section}").status == "failed"
    assert evidence(SIGNED, key=octets.hex()).status != "verified"


@given(exact_kwh, exact_kwh, st.sampled_from(["kWh", "Wh", "MWh", "mWh"]))
def test_what_was_signed_is_what_is_read_to_the_last_digit(one, other, unit):
    first, last = sorted((one, other))
    text = payload(reading("B", f"{first:f}", RU=unit), reading("E", f"{last:f}", RU=unit))
    found = evidence(signed(text))
    per_unit = {"kWh": 1000, "Wh": 1, "MWh": 1000000, "mWh": Decimal("0.001")}[unit]
    assert found.status == "verified"
    assert found.energy_wh == (last - first) * per_unit
    assert found.stop_wh == last * per_unit


def test_the_smallest_and_the_largest_number_are_subtracted_exactly():
    text = payload(reading("B", "0.000000001", RU="mWh"), reading("E", "9" * 15, RU="MWh"))
    assert str(evidence(signed(text)).energy_wh) == "999999999999998999999.999999999999"


@given(st.permutations([BEGIN, END, *(reading("C", f"{at}", "10:30:00") for at in (104, 106))]))
def test_the_order_of_readings_and_documents_does_not_matter(readings):
    documents = [signed(payload(one, PG=f"T{page}")) for page, one in enumerate(readings)]
    assert evidence(*documents).energy_wh == 12500
    assert evidence(signed(payload(*readings))).energy_wh == 12500


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=12, max_size=40))
def test_who_charged_is_in_no_evidence(driver):
    fields = {"ID": driver, "IT": "EMAID", "IF": [driver]}
    for document in (signed(payload(BEGIN, END, **fields)), signed(payload({}, **fields))):
        assert driver not in repr(evidence(document))
        assert driver not in repr(evidence(document.replace('"RD"', '"RD')))
    assert DRIVER not in repr(evidence(SIGNED))
