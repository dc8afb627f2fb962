"""The evidence of one CDR: what its signed meter data says, and whether that can be trusted.

Source: OCPI 2.3.0, CDRs, SignedData and SignedValue. `signed_data` should be base64; many send
OCMF as it is, and some put it into `plain_data`. A charge is signed in one document with begin and
end, in one for each, or in both ways at once.
"""

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

from ledger.evidence.charge import charge_of, page_gaps
from ledger.evidence.keys import fingerprint_of, public_key
from ledger.evidence.ocmf import HEADER, OcmfDocument, parse_ocmf
from ledger.evidence.problems import Problem, ProblemCode, Unreadable, clipped
from ledger.evidence.verify import Status, verify

VALUES = "signed_values"
MOST_VALUES = 200
"""More than a charge of days has; each costs the time of a signature."""

MOST_PROBLEMS = 50
"""What is recorded of a text that was made to have many."""

KeySource = Literal["register", "cdr"]


class Value(NamedTuple):
    """One signed value as OCPI states it."""

    nature: str
    plain_data: str
    signed_data: str


class SignedEvidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is recorded of signed meter data; nothing in it says who charged.

    Energies are in Wh, exact; instants are UTC, by the meter's clock. `energy_wh` is None unless
    begin and end give it. `verified` with a key of source `cdr` proves that the data is as its
    sender signed it, not that the sender is the meter. `signed_by` is the SHA-256 of the public
    key, its point, that all signatures hold under: a key that is registered later is compared
    with it, when the signed texts themselves may be gone.
    """

    format: str
    status: Status
    meter_serial: str | None = None
    start_wh: Decimal | None = None
    stop_wh: Decimal | None = None
    energy_wh: Decimal | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    key_source: KeySource | None = None
    is_complete: bool = False
    problems: tuple[Problem, ...] = ()
    signed_by: str | None = None


class _Found(NamedTuple):
    """A document, the path of the first value that carries it, and the natures of all that do."""

    path: str
    natures: tuple[str, ...]
    document: OcmfDocument


def evidence_of(
    *,
    encoding_method: str,
    values: Sequence[Value],
    stated_key: str | None = None,
    registered_key: str | None = None,
) -> SignedEvidence:
    """Return the evidence in OCPI's signed data. Never refuses: what is wrong is in `problems`.

    `stated_key` is the public key in the CDR, `registered_key` the one that the register has of
    the meter; the register's is used where there is one. All documents must verify for `verified`,
    and one that fails makes it `failed`. A format other than OCMF is `not_verified`.

    >>> evidence_of(encoding_method="EDL", values=()).problems[0].code.value
    'SIGNED_DATA_FORMAT_UNKNOWN'
    """
    if encoding_method.strip().upper() != HEADER:
        return _without_documents(ProblemCode.SIGNED_DATA_FORMAT_UNKNOWN, encoding_method)
    if not values:
        return _without_documents(ProblemCode.SIGNED_DATA_EMPTY, HEADER)
    found, unread = _documents(values)
    source, doubts = _key_source(stated_key, registered_key)
    status, faults = _status(found, registered_key or stated_key)
    signed_by = _signed_by(found, status, registered_key, stated_key)
    if unread and status == "verified":
        status = "not_verified"
    charge = charge_of(
        msgspec.structs.replace(reading, path=f"{path}.{reading.path}")
        for path, _, document in found
        for reading in document.readings
    )
    contents = (*_problems_between(found), *charge.problems) if found else ()
    begin, end = charge.begin, charge.end
    return SignedEvidence(
        format=HEADER,
        status=status,
        meter_serial=found[0].document.meter_serial if found else None,
        start_wh=begin.value_wh if begin else None,
        stop_wh=end.value_wh if end else None,
        energy_wh=charge.energy_wh,
        started_at=begin.taken_at if begin else None,
        ended_at=end.taken_at if end else None,
        key_source=source,
        is_complete=charge.is_complete and not unread,
        problems=(*unread, *doubts, *faults, *contents)[:MOST_PROBLEMS],
        signed_by=signed_by if not unread else None,
    )


def _signed_by(
    found: list[_Found], status: Status, registered_key: str | None, stated_key: str | None
) -> str | None:
    """Return the fingerprint of the key that all signatures hold under, of those that are known."""
    used = registered_key or stated_key
    if status == "verified" and used:
        return fingerprint_of(used)
    if status == "failed" and registered_key and stated_key:
        return fingerprint_of(stated_key) if _status(found, stated_key)[0] == "verified" else None
    return None


def _without_documents(code: ProblemCode, stated: str) -> SignedEvidence:
    is_format = code == ProblemCode.SIGNED_DATA_FORMAT_UNKNOWN
    problem = Problem(code, "encoding_method" if is_format else VALUES, clipped(stated))
    return SignedEvidence(clipped(stated), "not_verified", problems=(problem,))


def _documents(values: Sequence[Value]) -> tuple[list[_Found], list[Problem]]:
    """Read every value; a document that several values carry counts once."""
    unread: list[Problem] = []
    if len(values) > MOST_VALUES:
        unread.append(Problem(ProblemCode.SIGNED_DATA_TOO_MANY, VALUES, str(len(values))))
    carriers: dict[str, list[int]] = {}
    for index, value in enumerate(values[:MOST_VALUES]):
        carriers.setdefault(_text_of(value), []).append(index)
    found = []
    for text, indices in carriers.items():
        path = f"{VALUES}[{indices[0]}]"
        natures = tuple(values[index].nature.strip().upper() for index in indices)
        try:
            found.append(_Found(path, natures, parse_ocmf(text)))
        except Unreadable as unreadable:
            unread.append(unreadable.problem.within(path))
    return found, unread


def _text_of(value: Value) -> str:
    """Return the document that a value carries, wherever its sender put it."""
    for text in (value.signed_data, _from_base64(value.signed_data), value.plain_data):
        if text.strip().startswith(f"{HEADER}|"):
            return text.strip()
    return value.signed_data


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except ValueError:  # no base64, or no text in it: then the document is not here
        return ""


def _key_source(
    stated_key: str | None, registered_key: str | None
) -> tuple[KeySource | None, tuple[Problem, ...]]:
    if not registered_key:
        return "cdr" if stated_key else None, ()
    if stated_key and not _are_equal_keys(stated_key, registered_key):
        return "register", (Problem(ProblemCode.SIGNED_DATA_KEY_DIFFERS, "public_key"),)
    return "register", ()


def _are_equal_keys(one: str, other: str) -> bool:
    try:
        return public_key(one).point == public_key(other).point
    except ValueError:  # one that cannot be read can still be the same text
        return one.split() == other.split()


def _status(found: list[_Found], key: str | None) -> tuple[Status, list[Problem]]:
    """Return the worst verdict of all documents, and why."""
    verdicts = [verify(document, key) for _, _, document in found]
    problems = [
        verdict.problem.within(path)
        for verdict, (path, _, _) in zip(verdicts, found, strict=True)
        if verdict.problem is not None
    ]
    statuses = {verdict.status for verdict in verdicts}
    if "failed" in statuses:
        return "failed", problems
    return ("verified" if statuses == {"verified"} else "not_verified"), problems


def _problems_between(found: list[_Found]) -> Iterable[Problem]:
    """What is wrong in single documents, and between them: meter, pages, and their natures."""
    meter = (found[0].document.meter_serial, found[0].document.gateway_serial)
    for path, natures, document in found:
        yield from (problem.within(path) for problem in document.problems)
        if (document.meter_serial, document.gateway_serial) != meter:
            yield Problem(ProblemCode.OCMF_METER_DIFFERS, f"{path}.MS")
        begins = any(reading.is_begin for reading in document.readings)
        ends = any(reading.is_end for reading in document.readings)
        if ("START" in natures and not begins) or ("END" in natures and not ends):
            yield Problem(ProblemCode.SIGNED_DATA_NATURE_DIFFERS, f"{path}.nature")
    pages = [document.page for _, _, document in found if document.page is not None]
    yield from (problem.within(VALUES) for problem in page_gaps(pages))
