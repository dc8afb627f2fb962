"""A meter of the tests: it signs what it is told to, as OCMF."""

import base64
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.evidence.signed_data import SignedEvidence, Value, evidence_of

METER_KEY = ec.derive_private_key(20251121, ec.SECP256R1())
OTHER_KEY = ec.derive_private_key(20251122, ec.SECP256R1())
REGISTER = "1-0:1.8.0"
DRIVER = "DE-8AC-C12E46L89"


def public_key_of(key: ec.EllipticCurvePrivateKey) -> str:
    """Return the key as registers write it: SubjectPublicKeyInfo in hexadecimal."""
    public = key.public_key()
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the key's bare point."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


METER = public_key_of(METER_KEY)


def reading(occasion: str, value: object, at: str = "10:00:00", **fields: Any) -> dict[str, Any]:
    """Return one good reading, in kWh, on 2026-10-01 at a local time; None leaves a field out."""
    record = {
        "TM": f"2026-10-01T{at},000+0200 S",
        "TX": occasion,
        "RV": value,
        "RI": REGISTER,
        "RU": "kWh",
        "EF": "",
        "ST": "G",
    }
    return {name: value for name, value in (record | fields).items() if value is not None}


BEGIN = reading("B", "100.00")
END = reading("E", "112.50", "11:30:00")


def payload(*readings: dict[str, Any], **fields: Any) -> str:
    """Return a payload with everything a transaction states; None leaves a field out."""
    record = {
        "FV": "1.0",
        "GS": "G-1",
        "PG": "T7",
        "MS": "M-1",
        "IS": True,
        "IL": "VERIFIED",
        "IT": "EMAID",
        "ID": DRIVER,
        "RD": list(readings),
    }
    return json.dumps(
        {name: value for name, value in (record | fields).items() if value is not None}
    )


def signed(
    text: str, key: ec.EllipticCurvePrivateKey = METER_KEY, algorithm: str | None = None
) -> str:
    """Return a payload in its envelope, signed."""
    octets = key.sign(text.encode(), ec.ECDSA(SHA256()))
    section = {"SD": octets.hex()} | ({"SA": algorithm} if algorithm else {})
    return f"OCMF|{text}|{json.dumps(section)}"


def as_base64(document: str) -> str:
    """Return a document as OCPI asks for it."""
    return base64.b64encode(document.encode()).decode()


def evidence(*documents: str, key: str | None = METER, natures: str = "") -> SignedEvidence:
    """Return the evidence of documents, S(tart) and E(nd) as the natures say."""
    names = {"S": "Start", "E": "End", "": "Other"}
    stated = [names[nature] for nature in natures] or [""] * len(documents)
    values = [Value(nature, "", text) for nature, text in zip(stated, documents, strict=True)]
    return evidence_of(encoding_method="OCMF", values=values, registered_key=key)


def codes(found: SignedEvidence) -> list[str]:
    """Return the problems as `CODE path`."""
    return [f"{problem.code.value} {problem.path}" for problem in found.problems]
