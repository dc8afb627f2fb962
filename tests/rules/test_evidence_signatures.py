"""Whose signature it is: keys, curves, encodings, and the curve we compute ourselves."""

import base64
import json
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.evidence.ecdsa import INFINITY, SECP192K1, Curve, _sum_of_two, is_signed
from ledger.evidence.keys import decoded, public_key
from ledger.evidence.verify import LIBRARY_CURVES
from tests.evidence_world import (
    BEGIN,
    END,
    METER,
    METER_KEY,
    OTHER_KEY,
    codes,
    evidence,
    payload,
    point_of,
    public_key_of,
    signed,
)

TEXT = payload(BEGIN, END)
SIGNED = signed(TEXT)
SD = "signed_values[0].signature.SD"


def test_a_signature_holds_for_its_text_and_key_only():
    assert evidence(SIGNED).status == "verified"
    changed = evidence(SIGNED.replace("112.50", "112.51"))
    assert (changed.status, codes(changed)) == ("failed", [f"OCMF_SIGNATURE_WRONG {SD}"])
    assert changed.energy_wh == 12510
    assert evidence(SIGNED, key=public_key_of(OTHER_KEY)).status == "failed"
    # A blank changes no reading, and still it is not the text that was signed.
    assert evidence(SIGNED.replace(', "PG"', ',  "PG"')).status == "failed"


@pytest.mark.parametrize("name", LIBRARY_CURVES)
def test_every_curve_of_the_table_verifies(name):
    key = ec.derive_private_key(4711, LIBRARY_CURVES[name]())
    public = public_key_of(key)
    for stated in (name, name.lower(), name.replace("P", "")):
        assert (
            evidence(signed(TEXT, key, f"ECDSA-{stated}-SHA256"), key=public).status == "verified"
        )
    bare = point_of(key)[1:].hex()
    assert evidence(signed(TEXT, key, f"ECDSA-{name}-SHA256"), key=bare).status == "verified"
    other = ec.derive_private_key(4712, LIBRARY_CURVES[name]())
    false = evidence(signed(TEXT, other, f"ECDSA-{name}-SHA256"), key=public)
    assert codes(false) == [f"OCMF_SIGNATURE_WRONG {SD}"]


def test_a_key_is_read_however_it_is_written_down():
    der = bytes.fromhex(METER)
    pem = METER_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    compressed = METER_KEY.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    for written in (
        METER.upper(),
        " ".join(METER[at : at + 4] for at in range(0, len(METER), 4)),
        base64.b64encode(der).decode(),
        base64.encodebytes(der).decode(),
        pem.decode(),
        point_of(METER_KEY).hex(),
        point_of(METER_KEY)[1:].hex(),
        compressed.hex(),
    ):
        assert evidence(SIGNED, key=written).status == "verified", written


@pytest.mark.parametrize(
    "key",
    [
        "nonsense",
        "30",
        "3059",
        METER[:-2],
        METER + "00",
        METER.replace("034200", "034201"),  # a point is whole bytes
        METER[:-2] + ("00" if METER[-2:] != "00" else "01"),  # no point of the curve
        "04" + "00" * 64,
        "ab" * 2000,
        "é",
        rsa.generate_private_key(65537, 2048)
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        .hex(),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_read_verifies_nothing(key):
    found = evidence(SIGNED, key=key)
    assert (found.status, codes(found)) == ("not_verified", [f"OCMF_KEY_UNREADABLE {SD}"])


@pytest.mark.parametrize("key", [None, "", "  "])
def test_without_a_key_nothing_is_verified(key):
    found = evidence(SIGNED, key=key)
    assert (found.status, codes(found)) == ("not_verified", [f"OCMF_KEY_MISSING {SD}"])
    assert found.energy_wh == 12500


def test_a_key_of_another_curve_did_not_sign():
    other = public_key_of(ec.derive_private_key(4711, ec.SECP256K1()))
    found = evidence(SIGNED, key=other)
    assert (found.status, codes(found)) == ("failed", [f"OCMF_KEY_CURVE_DIFFERS {SD}"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("SA", "ECDSA-secp256r1-MD5"),
        ("SA", "ECDSA-secp521r1-SHA256"),
        ("SA", "RSA-2048-SHA256"),
        ("SA", "none"),
        ("SM", "application/pkcs7-signature"),
    ],
)
def test_an_algorithm_out_of_the_table_is_named_not_tried(field, value):
    section = json.dumps({"SD": "3006020101020101", field: value})
    found = evidence(f"OCMF|{TEXT}|{section}")
    assert found.status == "not_verified"
    assert codes(found) == [f"OCMF_ALGORITHM_NOT_SUPPORTED signed_values[0].signature.{field}"]
    assert found.problems[0].detail == value


def with_signature(**section):
    return evidence(f"OCMF|{TEXT}|{json.dumps(section)}")


def test_a_signature_is_read_in_the_encodings_meters_use():
    der = METER_KEY.sign(TEXT.encode(), ec.ECDSA(SHA256()))
    r, s = decode_dss_signature(der)
    side_by_side = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    encoded = base64.b64encode(der).decode()
    assert with_signature(SD=der.hex()).status == "verified"
    assert with_signature(SD=der.hex().upper(), SE="hex").status == "verified"
    assert with_signature(SD=encoded, SE="base64").status == "verified"
    assert with_signature(SD=side_by_side.hex()).status == "verified"
    assert with_signature(SD=encoded).status == "failed"  # hexadecimal unless it is said


def test_a_number_without_its_leading_zero_is_not_negative():
    texts = (payload(BEGIN, END, PG=f"T{page}") for page in range(50))
    signatures = ((text, METER_KEY.sign(text.encode(), ec.ECDSA(SHA256()))) for text in texts)
    text, padded = next(
        (text, der) for text, der in signatures if der[3] == 33 and der[2 + der[3] + 3] == 32
    )
    bare = b"\x30" + bytes([padded[1] - 1]) + b"\x02\x20" + padded[5:]
    document = f'OCMF|{text}|{{"SD": "{bare.hex()}"}}'
    assert evidence(document).status == "verified"


@pytest.mark.parametrize(
    "section",
    [{}, {"SD": ""}, {"SD": 7}, {"SD": "xyz"}, {"SD": "30"}, {"SD": "3003020101"},
     {"SD": "300602010102010100"}, {"SD": "3080020101020101"}, {"SD": "3007020101020501"},
     {"SD": "30", "SE": "utf-8"}],
)  # fmt: skip
def test_a_signature_that_is_none_fails(section):
    found = with_signature(**section)
    assert (found.status, codes(found)) == ("failed", [f"OCMF_SIGNATURE_MALFORMED {SD}"])


@pytest.mark.parametrize("numbers", [(0, 0), (0, 1), (1, 0), (2**256, 1), (1, 2**4000)])
def test_numbers_that_no_signature_has_fail(numbers):
    octets = [number.to_bytes(number.bit_length() // 8 + 1, "big") for number in numbers]
    inner = b"".join(_der(0x02, octet) for octet in octets)
    assert codes(with_signature(SD=_der(0x30, inner).hex())) == [f"OCMF_SIGNATURE_WRONG {SD}"]


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    return bytes([tag, 0x82]) + length.to_bytes(2, "big") + content


# --- the curve that the library lacks, on numbers published and against the library

P256 = Curve(
    name="secp256r1",
    p=2**256 - 2**224 + 2**192 + 2**96 - 1,
    a=-3,
    b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    g=(
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    n=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
)
SECP192R1 = Curve(
    name="secp192r1",
    p=2**192 - 2**64 - 1,
    a=-3,
    b=0x64210519E59C80E70FA7E9AB72243049FEB8DEECC146B9B1,
    g=(
        0x188DA80EB03090F67CBF20EB43A18800F4FF0AFD82FF1012,
        0x07192B95FFC8DA78631011ED6B24CDD573F977A11E794811,
    ),
    n=0xFFFFFFFFFFFFFFFFFFFFFFFF99DEF836146BC9B1B4D22831,
)


@pytest.mark.parametrize("curve", [SECP192K1, SECP192R1, P256], ids=lambda curve: curve.name)
def test_the_parameters_are_those_of_a_curve_of_that_order(curve):
    assert curve.holds(*curve.g)
    assert curve.p % 4 == 3
    assert _sum_of_two(curve, curve.n, curve.g, 0)[2] == INFINITY[2]
    assert _sum_of_two(curve, curve.n - 1, curve.g, 1)[2] == INFINITY[2]


@pytest.mark.parametrize(
    ("curve", "library"), [(P256, ec.SECP256R1), (SECP192R1, ec.SECP192R1)], ids=["P256", "P192"]
)
def test_what_the_library_signs_we_verify(curve, library):
    for secret in (1, 2, 3, curve.n - 1, 20251121):
        key = ec.derive_private_key(secret, library())
        numbers = key.public_key().public_numbers()
        public = (numbers.x, numbers.y)
        r, s = decode_dss_signature(key.sign(b"as signed", ec.ECDSA(SHA256())))
        assert is_signed(curve, public, b"as signed", r=r, s=s)
        assert is_signed(curve, public, b"as signed", r=r, s=curve.n - s)
        assert not is_signed(curve, public, b"as sighed", r=r, s=s)
        assert not is_signed(curve, public, b"as signed", r=s, s=r)
        assert not is_signed(curve, public, b"as signed", r=r, s=s + curve.n)
        # h·G + r·Q is nowhere: h + r·secret = 0
        nowhere = -_hashed(curve, b"as signed") * pow(secret, -1, curve.n) % curve.n
        assert not is_signed(curve, public, b"as signed", r=nowhere, s=s)


def sign(curve: Curve, secret: int, message: bytes, nonce: int) -> tuple[int, int]:
    """Sign as SEC 1, 4.1.3, with a nonce of the test's choice: never for use."""
    x, _, z = _sum_of_two(curve, nonce, curve.g, 0)
    r = x * pow(z, -2, curve.p) % curve.p % curve.n
    return r, pow(nonce, -1, curve.n) * (_hashed(curve, message) + r * secret) % curve.n


def _hashed(curve: Curve, message: bytes) -> int:
    return int.from_bytes(sha256(message).digest(), "big") >> 256 - curve.n.bit_length()


def affine(curve: Curve, secret: int) -> tuple[int, int]:
    x, y, z = _sum_of_two(curve, secret, curve.g, 0)
    inverse = pow(z, -1, curve.p)
    return x * inverse**2 % curve.p, y * inverse**3 % curve.p


def test_secp192k1_verifies_from_a_document():
    x, y = affine(SECP192K1, 20251121)
    r, s = sign(SECP192K1, 20251121, TEXT.encode(), 998877665544332211)
    point = b"\x04" + x.to_bytes(24, "big") + y.to_bytes(24, "big")
    info = bytes.fromhex("3046301006072a8648ce3d020106052b8104001f033200") + point
    short = bytes([2 + y % 2]) + x.to_bytes(24, "big")
    section = json.dumps(
        {
            "SA": "ECDSA-secp192k1-SHA256",
            "SD": (r.to_bytes(24, "big") + s.to_bytes(24, "big")).hex(),
        }
    )
    document = f"OCMF|{TEXT}|{section}"
    for key in (info, point, point[1:], short):
        assert evidence(document, key=key.hex()).status == "verified"
    changed = evidence(document.replace("112.50", "112.51"), key=info.hex())
    assert codes(changed) == [f"OCMF_SIGNATURE_WRONG {SD}"]
    off_curve = point[:-1] + bytes([point[-1] ^ 1])
    for key in (off_curve, point[:-1], b"\x02" + b"\xff" * 24):
        assert codes(evidence(document, key=key.hex())) == [f"OCMF_KEY_UNREADABLE {SD}"]


def test_a_bare_key_may_begin_like_a_sequence():
    assert public_key("30" + "ab" * 63).point == b"\x04" + decoded("30" + "ab" * 63)
