"""One document of the Open Charge Metering Format: `OCMF|{payload}|{signature}`.

Source: OCMF 1.4.1, Sections (tables 1 to 8). The signature is over the bytes of the payload as
they came, so those are kept and nothing is ever written anew. Who charged (ID, IT, IF) is not read.
"""

import re
from decimal import Decimal
from typing import NamedTuple

import msgspec

from ledger.evidence.fields import Fields, Json, json_object
from ledger.evidence.problems import Problem, ProblemCode, Unreadable, clipped
from ledger.evidence.readings import Reading, readings_of

HEADER = "OCMF"
LONGEST_DOCUMENT = 262_144
MOST_READINGS = 2_000
MAJOR_VERSIONS = ("0", "1")
VERSION = re.compile(r"([0-9]{1,3})\.[0-9]{1,3}")
PAGE = re.compile(r"([A-Z])(0|[1-9][0-9]{0,17})")
IN_TRANSACTION = "T"
DEFAULT_ALGORITHM = "ECDSA-secp256r1-SHA256"
DEFAULT_ENCODING = "hex"
DEFAULT_MIME_TYPE = "application/x-der"
IDENTIFICATION_ERRORS = frozenset({"MISMATCH", "INVALID", "OUTDATED", "UNKNOWN"})
RESISTANCE_UNITS = frozenset({"mOhm", "uOhm"})


class Page(NamedTuple):
    """The document's place in its signer's book: T (charges) or F (fiscal), and a number."""

    context: str
    number: int


class Signature(msgspec.Struct, frozen=True, gc=False):
    """The signature as stated: algorithm (SA), encoding (SE), mime type (SM), data (SD)."""

    algorithm: str = DEFAULT_ALGORITHM
    encoding: str = DEFAULT_ENCODING
    mime_type: str = DEFAULT_MIME_TYPE
    data: str | None = None


class OcmfDocument(msgspec.Struct, frozen=True):
    """A document that could be read; `problems` says what in it could not."""

    payload: bytes
    signature: Signature
    readings: tuple[Reading, ...]
    page: Page | None = None
    meter_serial: str | None = None
    gateway_serial: str | None = None
    problems: tuple[Problem, ...] = ()


def parse_ocmf(text: str) -> OcmfDocument:
    """Return the document of a text. Raises `Unreadable`, and nothing else, where it is none.

    Codes: OCMF_MALFORMED (no such envelope or JSON), OCMF_VERSION_UNKNOWN, OCMF_NO_READINGS; what
    is wrong with single fields is in the document's `problems`.

    >>> document = parse_ocmf('OCMF|{"PG": "T7", "MS": "17", "RD": [{"TX": "B"}]}|{"SD": "30"}')
    >>> document.page, document.meter_serial, document.payload[:10]
    (Page(context='T', number=7), '17', b'{"PG": "T7')
    """
    payload, signature = _sections(text)
    record = json_object(payload, "payload")
    problems: list[Problem] = []
    fields = Fields(record, "", problems)
    _check_version(fields)
    readings = readings_of(_reading_records(record), problems)
    _check_identification(fields)
    _check_loss_compensation(record, problems)
    return OcmfDocument(
        payload=payload.encode(),
        signature=_signature(signature, problems),
        readings=readings,
        page=_page(fields),
        meter_serial=fields.text("MS") or fields.text("GS") or None,
        gateway_serial=fields.text("GS") or None,
        problems=tuple(problems),
    )


def _sections(text: str) -> tuple[str, str]:
    """Split the envelope; the sign `|` may stand nowhere within a section."""
    if len(text) > LONGEST_DOCUMENT:
        raise Unreadable(ProblemCode.OCMF_MALFORMED, "", "too long")
    header, *sections = text.strip().split("|")
    if header != HEADER or len(sections) != 2:
        raise Unreadable(ProblemCode.OCMF_MALFORMED, "", "no envelope")
    payload, signature = sections
    try:
        payload.encode()
    except UnicodeEncodeError:
        raise Unreadable(ProblemCode.OCMF_MALFORMED, "payload", "no UTF-8") from None
    return payload, signature


def _check_version(fields: Fields) -> None:
    """A minor version only adds; a major one means something else by the same names."""
    stated = fields.record.get("FV")
    if stated is None:
        return
    text = str(stated).strip() if isinstance(stated, str | Decimal) else "no version"
    match = VERSION.fullmatch(text)
    if match is None or match[1] not in MAJOR_VERSIONS:
        raise Unreadable(ProblemCode.OCMF_VERSION_UNKNOWN, "FV", clipped(text))


def _reading_records(record: Json) -> list[Json]:
    records = record.get("RD")
    if not isinstance(records, list) or not records:
        raise Unreadable(ProblemCode.OCMF_NO_READINGS, "RD")
    if len(records) > MOST_READINGS or not all(isinstance(reading, dict) for reading in records):
        raise Unreadable(ProblemCode.OCMF_MALFORMED, "RD", "no list of readings")
    return records


def _check_identification(fields: Fields) -> None:
    # Up to version 0.4 the level stood where later a true or false stands.
    for name in ("IL", "IS"):
        level = fields.record.get(name)
        if isinstance(level, str) and level.strip() in IDENTIFICATION_ERRORS:
            fields.note(ProblemCode.OCMF_IDENTIFICATION_ERROR, name, level.strip())


def _check_loss_compensation(record: Json, problems: list[Problem]) -> None:
    """What is compensated is in the readings already; the cable must still be named (table 24)."""
    cable = record.get("LC")
    if cable is None:
        return
    fields = Fields(cable if isinstance(cable, dict) else {}, "LC", problems)
    resistance = fields.number("LR")
    if resistance is None or resistance < 0:
        fields.note(ProblemCode.OCMF_FIELD_MALFORMED, "LR", "no resistance")
    if fields.text("LU") not in RESISTANCE_UNITS:
        fields.note(ProblemCode.OCMF_FIELD_MALFORMED, "LU", "no unit of resistance")


def _page(fields: Fields) -> Page | None:
    text = fields.text("PG")
    match = PAGE.fullmatch(text) if text else None
    if match is None:
        fields.note(ProblemCode.OCMF_PAGINATION, "PG", text or "left out")
        return None
    if match[1] != IN_TRANSACTION:
        fields.note(ProblemCode.OCMF_PAGINATION, "PG", f"not of a charge: {match[1]}")
    return Page(match[1], int(match[2]))


def _signature(section: str, problems: list[Problem]) -> Signature:
    fields = Fields(json_object(section, "signature"), "signature", problems)
    data = fields.record.get("SD")
    return Signature(
        algorithm=fields.text("SA") or DEFAULT_ALGORITHM,
        encoding=fields.text("SE") or DEFAULT_ENCODING,
        mime_type=fields.text("SM") or DEFAULT_MIME_TYPE,
        data=data if isinstance(data, str) else None,
    )
