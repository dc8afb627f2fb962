"""Public keys and signatures as meters and operators write them down.

A key is SubjectPublicKeyInfo (RFC 5480) or a bare point, in hexadecimal, base64 or PEM, with blanks
anywhere. A signature is DER of two integers, or the two side by side.
"""

import base64
import binascii
import re
from functools import lru_cache
from hashlib import sha256

import msgspec

HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
ARMOUR = re.compile(r"-----[A-Z ]{1,30}-----")
LONGEST_KEY = 2_000

SEQUENCE, INTEGER, BIT_STRING, OBJECT_ID = 0x30, 0x02, 0x03, 0x06
EC_PUBLIC_KEY = bytes.fromhex("2a8648ce3d0201")
CURVE_OF_ID = {
    bytes.fromhex("2b8104001f"): "secp192k1",
    bytes.fromhex("2a8648ce3d030101"): "secp192r1",
    bytes.fromhex("2b8104000a"): "secp256k1",
    bytes.fromhex("2a8648ce3d030107"): "secp256r1",
    bytes.fromhex("2b81040022"): "secp384r1",
    bytes.fromhex("2b2403030208010107"): "brainpoolP256r1",
    bytes.fromhex("2b240303020801010b"): "brainpoolP384r1",
}


class PublicKey(msgspec.Struct, frozen=True, gc=False):
    """A point in SEC 1's encoding, and its curve; None where the key does not name one."""

    point: bytes
    curve: str | None = None


@lru_cache(maxsize=4096)
def public_key(text: str) -> PublicKey:
    """Return the key of a text. Raises ValueError where it is none.

    A key that names a curve unknown here is refused like one that cannot be read.

    >>> public_key("04 " + "ab" * 64).curve is None
    True
    """
    if len(text) > LONGEST_KEY:
        raise ValueError("too long")
    written = decoded(ARMOUR.sub("", text))
    # Some write the two coordinates without the sign that both follow; such a pair may begin like
    # a sequence, and a short sequence may be as long as a pair.
    is_pair = len(written) in {48, 64, 96}
    try:
        return _named(written)
    except ValueError:
        if not is_pair and written[0] == SEQUENCE:
            raise
    return PublicKey(b"\x04" + written if is_pair else written)


def fingerprint_of(text: str) -> str | None:
    """Return the SHA-256 of a public key's point, however it is written; None where it is none."""
    try:
        return sha256(public_key(text).point).hexdigest()
    except ValueError:
        return None


def decoded(text: str, encoding: str = "") -> bytes:
    """Return the bytes of hexadecimal or base64, blanks ignored; with no encoding said, of either.

    Raises ValueError where the text is neither, or the encoding is another.

    >>> decoded("30 59"), decoded("MFk="), decoded("3059", "base64") == decoded("3059")
    (b'0Y', b'0Y', False)
    """
    packed = "".join(text.split())
    if encoding in {"", "hex"} and HEX.fullmatch(packed):
        return bytes.fromhex(packed)
    if encoding not in {"", "base64"} or not packed:
        raise ValueError("not in the encoding")
    try:
        return base64.b64decode(packed, validate=True)
    except binascii.Error:
        raise ValueError("no base64") from None


def signature_numbers(signature: bytes, coordinate_bytes: int) -> tuple[int, int]:
    """Return r and s. Raises ValueError where a signature is neither DER nor the bare numbers.

    Some meters leave out the zero that keeps a DER integer positive, so none is read as negative.

    >>> signature_numbers(bytes.fromhex("3006020180020102"), 32)
    (128, 2)
    """
    if len(signature) == 2 * coordinate_bytes:
        return _number(signature[:coordinate_bytes]), _number(signature[coordinate_bytes:])
    inner, rest = _element(signature, SEQUENCE)
    r, inner = _element(inner, INTEGER)
    s, inner = _element(inner, INTEGER)
    if rest or inner:
        raise ValueError("more than a signature")
    return _number(r), _number(s)


def _number(octets: bytes) -> int:
    return int.from_bytes(octets, "big")


def _named(written: bytes) -> PublicKey:
    info, rest = _element(written, SEQUENCE)
    algorithm, info = _element(info, SEQUENCE)
    kind, algorithm = _element(algorithm, OBJECT_ID)
    curve_id, algorithm = _element(algorithm, OBJECT_ID)
    bits, info = _element(info, BIT_STRING)
    if kind != EC_PUBLIC_KEY or curve_id not in CURVE_OF_ID or bits[:1] != b"\x00":
        raise ValueError("no key of a known curve")
    if rest or info or algorithm:
        raise ValueError("more than a key")
    return PublicKey(bits[1:], CURVE_OF_ID[curve_id])


def _element(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """Return the content of the first element, which has the tag, and what follows it (X.690)."""
    if len(der) < 2 or der[0] != tag:
        raise ValueError("another element")
    length, begin = der[1], 2
    if length > 0x80:
        begin += length - 0x80
        length = _number(der[2:begin])
    if length == 0x80 or begin + length > len(der):
        raise ValueError("cut off")
    return der[begin : begin + length], der[begin + length :]
