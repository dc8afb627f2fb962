"""The partner's CDRs from a file: OCPI JSON or JSON Lines, or CSV with OCPI's names as headings.

A heading is the path of a field, such as `total_cost.before_taxes`; `id` is needed. Fields are
compared as far as the file states them, so a file of three columns is a valid one.
"""

import csv
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from consumers.cdrs import to_command
from ledger.application.acceptance import fields_of
from ledger.values.identifiers import record_key
from ledger.values.reasons import Reason, Refusal, Refused
from schemas import CdrV1, SchemaError, read_file


class PartnerFile(NamedTuple):
    """The fields of the partner's CDRs by key, and the hash of the file."""

    cdrs: dict[str, dict[str, str]]
    sha256: str


def partner_file(path: Path, seller: str) -> PartnerFile:
    """Return the CDRs in a partner's file. Refuses: INVALID_DOCUMENT, NAMED_TWICE, and what a
    CDR's own fields refuse, with its place.
    """
    rows = _of_csv(path, seller) if path.suffix.lower() == ".csv" else _of_json(path, seller)
    found: dict[str, dict[str, str]] = {}
    for key, fields in rows:
        if key in found:
            raise Refused(Refusal(Reason.NAMED_TWICE, "id", actual=key))
        found[key] = fields
    return PartnerFile(found, sha256(path.read_bytes()).hexdigest())


def _of_csv(path: Path, seller: str) -> Iterator[tuple[str, dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if "id" not in (reader.fieldnames or ()):
            raise Refused(Refusal(Reason.INVALID_DOCUMENT, path.name, "a column id"))
        for line, row in enumerate(reader, 2):
            if None in row or None in row.values():
                raise Refused(Refusal(Reason.INVALID_DOCUMENT, f"line {line}", "as many cells"))
            yield record_key(seller, row["id"]), {name: cell for name, cell in row.items() if cell}


def _of_json(path: Path, seller: str) -> Iterator[tuple[str, dict[str, str]]]:
    for number, message in enumerate(read_file(path, "cdr", party=seller), 1):
        if isinstance(message, SchemaError):
            at = f"CDR {number} {message.path}".strip()
            raise Refused(Refusal(Reason.INVALID_DOCUMENT, at, actual=message.code))
        if isinstance(message, CdrV1):
            statement = to_command(message).statement
            yield record_key(seller, statement.id), fields_of(statement)
