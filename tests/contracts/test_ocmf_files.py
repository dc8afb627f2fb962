"""Signed meter data of real meters: what S.A.F.E.'s own software says of it, we say too.

The files lie beside the repository and are read, not copied. Where a published test of the
Transparenzsoftware names the result, the table has it; the others are marked.
"""

import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ledger.evidence.signed_data import SignedEvidence, Value, evidence_of
from tests.conftest import SHARED

FILES = SHARED / "cases" / "ocmf"
GOOD, FALSE, UNTRIED = "verified", "failed", "not_verified"

# file, the status of each value with the key beside it, (Wh of each value that is a whole charge)
VALUES = [
    ("20211007-device-with-evt-ocmf-sss-ses.xml", [GOOD] * 2, []),
    ("OCMF-receipt-template.xml", [UNTRIED], []),  # holds nothing yet
    ("OCMF-receipt-template_with_publickey.xml", [UNTRIED], []),
    # No result is published for it; as it lies there, laid out in lines, it is not what was signed.
    ("OCMF-receipt-with_import_and_export.xml", [FALSE], ["0"]),
    ("OCMF-receipt-with_publickey_and_data.xml", [GOOD], ["0"]),
    ("OCMF_Test_Data_00.xml", [GOOD] * 2, []),
    ("Ocmf_Example_OBIS_98.8.0_2.8.0.xml", [GOOD], ["1000"]),  # published: 1.0 kWh compensated
    ("VW_OCMF_load.xml", [GOOD], ["1101"]),  # published: 1.101 kWh
    ("brainpoolP256r1.xml", [GOOD] * 2, []),  # published: good
    ("chargepoint_3.xml", [GOOD], ["1304"]),
    ("fromweb.xml", [GOOD], ["0.1"]),
    ("keba_test.xml", [GOOD] * 100, ["0"] * 100),
    ("keba_test_txn.xml", [GOOD] * 100, ["0"] * 100),
    ("nistP384_0Wh.xml", [GOOD] * 2, []),
    ("ocmf-compleo-daten.xml", [GOOD] * 2, ["268", "266"]),
    ("ocmf_sec.xml", [GOOD] * 2, []),
    ("ocmf_tariff_1.xml", [GOOD], ["0"]),
    ("second_key_fail_ocmf.xml", [GOOD, FALSE], []),  # published: nothing verified
    ("signature_16955306_ALL.xml", [UNTRIED] * 2, []),  # without a key
    ("test.xml", [GOOD] * 2, ["266", "268"]),
    ("test_ocmf_ebee_01.xml", [GOOD] * 2, []),  # published: good
    ("test_ocmf_ebee_02.xml", [FALSE, GOOD], []),  # published: false, its begin was changed
    ("test_ocmf_keba_kcp30.xml", [GOOD], ["0.1"]),  # published: good
    ("test_ocmf_keba_kcp30_fail.xml", [FALSE], ["0.1"]),  # published: false, its time was changed
    ("test_ocmf_rsa_01.xml", [UNTRIED], []),  # sealed in a container that is no OCMF
    ("test_ocmf_transaction_two_values.xml", [GOOD] * 2, []),  # published: good
]
MEASUREMENTS = "measurements.xml"

# file, status of all its values together with the first key, Wh at begin, at end, charged; codes
CHARGES = [
    ("20211007-device-with-evt-ocmf-sss-ses.xml", GOOD, ("0", "0", "0"),
     {"OCMF_METER_STATE", "OCMF_ERROR_FLAG", "OCMF_TIME_ERROR_FLAG"}),
    ("OCMF_Test_Data_00.xml", GOOD, ("9038", "9038", "0"), {"OCMF_TIME_INFORMATIVE"}),
    ("brainpoolP256r1.xml", GOOD, ("1833", "1833", "0"), set()),  # published: 1.833 and 0.000 kWh
    ("nistP384_0Wh.xml", GOOD, ("0", "0", "0"), set()),
    ("ocmf_sec.xml", GOOD, ("3988", "3988", "0"), {"OCMF_TIME_INFORMATIVE"}),
    # Only the key beside the second value was a wrong one.
    ("second_key_fail_ocmf.xml", GOOD, ("48542", "49440", "898"), {"OCMF_TIME_INFORMATIVE"}),
    ("signature_16955306_ALL.xml", UNTRIED, ("0", "890", "890"), {"OCMF_KEY_MISSING"}),
    ("test.xml", GOOD, (None, None, None),
     {"OCMF_PAGINATION", "OCMF_TRANSACTION_AMBIGUOUS"}),
    ("test_ocmf_ebee_01.xml", GOOD, ("7753", "7753", "0"), {"OCMF_TIME_INFORMATIVE"}),
    ("test_ocmf_ebee_02.xml", FALSE, ("7763", "7753", None),
     {"OCMF_TIME_INFORMATIVE", "OCMF_SIGNATURE_WRONG", "OCMF_ENERGY_NEGATIVE"}),
    ("test_ocmf_transaction_two_values.xml", GOOD, ("3518.24", "12641.34", "9123.1"),
     {"OCMF_EXCEPTION", "OCMF_PAGINATION"}),
]  # fmt: skip


def stated(file: Path) -> list[tuple[str, str | None]]:
    """Return the signed texts of a file, each with the public key beside it."""
    try:
        values = list(ElementTree.parse(file).getroot().iter("value"))
    except ElementTree.ParseError:  # one file is a note: two elements and a key in plain text
        text = file.read_text()
        key = re.search(r"Public key:\s*([0-9a-f]+)", text)
        assert key is not None
        return [(document, key[1]) for document in re.findall(r">(OCMF[^<]+)<", text)]
    found = []
    for value in values:
        signed = value.findtext("signedData") or value.findtext("encodedData") or ""
        found.append((signed, value.findtext("publicKey")))
    return found


def evidence(*documents: str, key: str | None) -> SignedEvidence:
    values = [Value("", "", document) for document in documents]
    return evidence_of(encoding_method="OCMF", values=values, stated_key=key)


def test_the_files_are_all_there(shared_cases: Path) -> None:
    named = {name for name, _, _ in VALUES} | {MEASUREMENTS}
    assert {file.name for file in FILES.glob("*.xml")} == named
    assert len(named) == 27


def _named(value: object) -> str:
    """Name a parameter the same in every process: a set has no order of its own."""
    return str(sorted(value) if isinstance(value, set | frozenset) else value)[:40]


@pytest.mark.parametrize(("name", "statuses", "charged_wh"), VALUES, ids=lambda it: str(it)[:40])
def test_each_value_says_what_its_maker_says(
    shared_cases: Path, name: str, statuses: list[str], charged_wh: list[str]
) -> None:
    found = [evidence(document, key=key) for document, key in stated(FILES / name)]
    assert [one.status for one in found] == statuses
    complete = [one for one in found if one.is_complete]
    assert [one.energy_wh for one in complete] == [Decimal(wh) for wh in charged_wh]


@pytest.mark.parametrize(("name", "status", "meter_wh", "codes"), CHARGES, ids=_named)
def test_the_values_of_a_file_together_are_a_charge(
    shared_cases: Path,
    name: str,
    status: str,
    meter_wh: tuple[str | None, str | None, str | None],
    codes: set[str],
) -> None:
    values = stated(FILES / name)
    found = evidence(*(document for document, _ in values), key=values[0][1])
    assert found.status == status
    expected = tuple(None if wh is None else Decimal(wh) for wh in meter_wh)
    assert (found.start_wh, found.stop_wh, found.energy_wh) == expected
    assert {problem.code.value for problem in found.problems} == codes


def test_a_meter_never_counts_backwards_from_one_charge_to_the_next(shared_cases: Path) -> None:
    charges = [evidence(document, key=key) for document, key in stated(FILES / MEASUREMENTS)]
    assert len(charges) == 21
    assert {charge.status for charge in charges} == {GOOD}
    compared = 0
    for one, following in pairwise(charges):
        assert one.start_wh is not None and one.stop_wh is not None
        assert following.start_wh is not None
        if one.meter_serial == following.meter_serial:
            assert one.start_wh <= one.stop_wh <= following.start_wh
            compared += 1
    assert compared >= 15
