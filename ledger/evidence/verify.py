"""Does the signature of a document hold? A verdict, never an exception.

Source: OCMF 1.4.1, Signature methods (table 22): ECDSA with SHA-256 over the payload's bytes.
Library: cryptography (OpenSSL); for secp192k1, which it lacks, `ecdsa`.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ledger.evidence import ecdsa
from ledger.evidence.keys import decoded, public_key, signature_numbers
from ledger.evidence.ocmf import DEFAULT_MIME_TYPE, OcmfDocument
from ledger.evidence.problems import Problem, ProblemCode, clipped

Status = Literal["verified", "failed", "not_verified"]
Check = Callable[[bytes, int, int], bool]
"""Takes the message and the two numbers of a signature."""

ALGORITHM = re.compile(r"ECDSA-([A-Za-z0-9]{1,20})-SHA256")
LIBRARY_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "secp192r1": ec.SECP192R1,
    "secp256k1": ec.SECP256K1,
    "secp256r1": ec.SECP256R1,
    "secp384r1": ec.SECP384R1,
    "brainpoolP256r1": ec.BrainpoolP256R1,
    "brainpoolP384r1": ec.BrainpoolP384R1,
}
PLAIN_CURVES = {ecdsa.SECP192K1.name: ecdsa.SECP192K1}
BYTES_OF_CURVE = {name: curve().key_size // 8 for name, curve in LIBRARY_CURVES.items()} | {
    name: curve.coordinate_bytes for name, curve in PLAIN_CURVES.items()
}
# The table writes brainpool256r1, RFC 5639 and most meters brainpoolP256r1.
CURVE_OF_NAME = {name.lower(): name for name in BYTES_OF_CURVE} | {
    name.replace("P", "").lower(): name for name in BYTES_OF_CURVE
}


class Verdict(msgspec.Struct, frozen=True):
    """What came of one signature, and why where it does not hold."""

    status: Status
    problem: Problem | None = None


def verify(document: OcmfDocument, key: str | None) -> Verdict:
    """Return whether the document was signed by the owner of a public key.

    `not_verified` says that it could not be tried: OCMF_KEY_MISSING, OCMF_KEY_UNREADABLE,
    OCMF_ALGORITHM_NOT_SUPPORTED. `failed` says that no such signature is there:
    OCMF_SIGNATURE_MALFORMED, OCMF_KEY_CURVE_DIFFERS, OCMF_SIGNATURE_WRONG.
    """
    signature = document.signature
    curve = curve_of(signature.algorithm)
    if curve is None or signature.mime_type != DEFAULT_MIME_TYPE:
        field, stated = ("SM", signature.mime_type) if curve else ("SA", signature.algorithm)
        return _not_verified(ProblemCode.OCMF_ALGORITHM_NOT_SUPPORTED, field, stated)
    if not key or not key.strip():
        return _not_verified(ProblemCode.OCMF_KEY_MISSING, "SD")
    try:
        owner = public_key(key)
        is_signed = _check_with(curve, owner.point) if owner.curve in {None, curve} else None
    except ValueError:
        return _not_verified(ProblemCode.OCMF_KEY_UNREADABLE, "SD")
    except UnsupportedAlgorithm:  # an OpenSSL that was built without the curve
        return _not_verified(ProblemCode.OCMF_ALGORITHM_NOT_SUPPORTED, "SA", signature.algorithm)
    if is_signed is None:
        return _failed(ProblemCode.OCMF_KEY_CURVE_DIFFERS, f"{owner.curve}, not {curve}")
    return _verdict(document, curve, is_signed)


def _verdict(document: OcmfDocument, curve: str, is_signed: Check) -> Verdict:
    signature = document.signature
    try:
        octets = decoded(signature.data or "", signature.encoding.lower())
        r, s = signature_numbers(octets, BYTES_OF_CURVE[curve])
    except ValueError:
        return _failed(ProblemCode.OCMF_SIGNATURE_MALFORMED)
    if not is_signed(document.payload, r, s):
        return _failed(ProblemCode.OCMF_SIGNATURE_WRONG, curve)
    return Verdict("verified")


def curve_of(algorithm: str) -> str | None:
    """Return the curve of a signature algorithm, or None for one that is not supported.

    >>> curve_of("ECDSA-brainpool256r1-SHA256"), curve_of("ECDSA-secp256r1-MD5")
    ('brainpoolP256r1', None)
    """
    match = ALGORITHM.fullmatch(algorithm)
    return CURVE_OF_NAME.get(match[1].lower()) if match else None


@lru_cache(maxsize=4096)
def _check_with(curve_name: str, point: bytes) -> Check:
    """A meter signs many charges: its key is checked and prepared once."""
    if curve_name in PLAIN_CURVES:
        curve = PLAIN_CURVES[curve_name]
        public = curve.point(point)
        return lambda message, r, s: ecdsa.is_signed(curve, public, message, r=r, s=s)
    key = ec.EllipticCurvePublicKey.from_encoded_point(LIBRARY_CURVES[curve_name](), point)

    def is_signed(message: bytes, r: int, s: int) -> bool:
        try:
            key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True

    return is_signed


def _failed(code: ProblemCode, detail: str = "") -> Verdict:
    return Verdict("failed", Problem(code, "signature.SD", detail))


def _not_verified(code: ProblemCode, field: str, detail: str = "") -> Verdict:
    return Verdict("not_verified", Problem(code, f"signature.{field}", clipped(detail)))
