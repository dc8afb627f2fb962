"""Signed meter values as OCPI's CDR carries them: the very text that was signed, base64.

2.0.1 sends an object with base64 data; 1.6 a text: such an object as JSON (OCA's note), or the
signed text itself. Whether a signature holds is judged where the CDR is checked, not here.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from console.imports.ocpp.fields import Object, required
from console.imports.ocpp.mapping import OcppMapping
from console.imports.ocpp.problems import Problem, Unusable
from console.imports.ocpp.samples import BEGIN, END, SignedText
from schemas.parts import SignedData, SignedValue

_OCMF: Final = "OCMF"
_NATURES: Final = {BEGIN: "Start", END: "End"}
_LONGEST_VALUE, _LONGEST_KEY = 5000, 512


class _Envelope(NamedTuple):
    encoding: str
    public_key: str | None
    value: SignedValue


def signed_data_of(
    signed: Sequence[SignedText], mapping: OcppMapping
) -> tuple[SignedData | None, tuple[Problem, ...]]:
    """Return a transaction's signed values in their order, and those that cannot be carried.

    OCPI has one encoding and one key for all of them; the first value's is taken.
    """
    envelopes: list[_Envelope] = []
    problems: list[Problem] = []
    for text in sorted(signed, key=lambda row: row.at):
        try:
            envelope = _checked(text, mapping)
            if envelopes and envelope[:2] != envelopes[0][:2]:
                raise Unusable("SIGNED_DATA_MIXED", "signedMeterValue", envelope.encoding)
        except Unusable as unusable:
            problems.append(unusable.on(text.line))
            continue
        if envelope not in envelopes:
            envelopes.append(envelope)
    if not envelopes:
        return None, tuple(problems)
    first = envelopes[0]
    data = SignedData(
        encoding_method=first.encoding,
        public_key=first.public_key,
        signed_values=tuple(row.value for row in envelopes),
    )
    return data, tuple(problems)


def _checked(text: SignedText, mapping: OcppMapping) -> _Envelope:
    """Return a signed value that a message can carry. Raises: Unusable."""
    try:
        return _envelope(text, mapping)
    except (ValidationError, UnicodeEncodeError) as error:
        raise Unusable("SIGNED_DATA_UNREADABLE", "signedMeterData", error) from error


def _envelope(text: SignedText, mapping: OcppMapping) -> _Envelope:
    document = _document(text.value)
    if document is not None:
        content = _decoded(required(document, "signedMeterData", str))
        encoding = str(document.get("encodingMethod") or "") or mapping.signed_encoding
        public_key = str(document.get("publicKey") or "") or None
    else:
        content = str(text.value).encode()
        encoding, public_key = mapping.signed_encoding, None
    if content.startswith(_OCMF.encode() + b"|"):
        encoding = _OCMF
    signed = base64.b64encode(content).decode()
    plain = _plain(content)
    if max(len(signed), len(plain)) > _LONGEST_VALUE:
        raise Unusable("SIGNED_DATA_TOO_LONG", "signedMeterData", f"{len(signed)} characters")
    if public_key and len(public_key) > _LONGEST_KEY:
        raise Unusable("SIGNED_DATA_TOO_LONG", "publicKey", f"{len(public_key)} characters")
    nature = _NATURES.get(text.context, "Intermediate")
    value = SignedValue(nature=nature, plain_data=plain, signed_data=signed)
    # Checked as a whole, so that what is put together later is sound.
    SignedData(encoding_method=encoding, public_key=public_key, signed_values=(value,))
    return _Envelope(encoding, public_key, value)


def _document(value: str | Object) -> Object | None:
    """Return the object of a signed value, also where 1.6 carries its JSON as a text."""
    if not isinstance(value, str):
        return value
    try:
        found: Any = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "signedMeterData" in found else None


def _decoded(text: str) -> bytes:
    """Return the signed bytes; OCPP asks for base64, and some chargers send the text itself."""
    if text.startswith(f"{_OCMF}|"):
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unusable("SIGNED_DATA_UNREADABLE", "signedMeterData", text) from error


def _plain(content: bytes) -> str:
    """Return what people can read of the signed bytes: of OCMF its payload, nothing of binary."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return ""
    if any(not (sign.isprintable() or sign in "\t\n\r") for sign in text):
        return ""
    if text.startswith(f"{_OCMF}|") and text.count("|") > 1:
        return text.partition("|")[2].rpartition("|")[0]
    return text
