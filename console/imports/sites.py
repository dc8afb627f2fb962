"""Documents of sites from files: a mapping of locations, each with one version or several.

    NL*XYZ/LOC1:
      valid_from: 2026-01-01T00:00:00Z
      owner: NL*XYZ
      operator: NL*XYZ
      country: NLD
      time_zone: Europe/Amsterdam
      kind: destination
      access: public
      meters:
        - {evse_uid: E1, serial: M-1, legal_class: mid_b, valid_from: 2026-01-01T00:00:00Z}

Times without a zone are refused; `ledger.roaming.site_documents` says what a document may hold.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from console.imports.documents import converted, each_of, files_in, loaded
from ledger.application.sites import StatedSite
from ledger.roaming.site_documents import SiteDocument
from ledger.values.identifiers import record_key
from ledger.values.reasons import Reason, Refusal, Refused


class Validity(msgspec.Struct, frozen=True):
    """Since when and until when a version stands, half-open."""

    valid_from: datetime
    valid_until: datetime | None = None


_OF_VALIDITY: Final = tuple(field.name for field in msgspec.structs.fields(Validity))


def read_sites(path: Path) -> tuple[list[StatedSite], list[Refusal]]:
    """Return the documents that can be read in a file or folder, and what is wrong in the others.

    Paths begin with the file's name where there are several. Refuses: NOT_FOUND for an empty
    folder, and what `documents.loaded` refuses.
    """
    return sites_in([(file.name, loaded(file)) for file in files_in(path)])


def sites_in(contents: Sequence[tuple[str, Any]]) -> tuple[list[StatedSite], list[Refusal]]:
    """Return the documents in contents of files, each with its file's name, as `read_sites`."""
    stated: list[StatedSite] = []
    refusals: list[Refusal] = []
    for name, content in contents:
        prefix = f"{name}: " if len(contents) > 1 else ""
        if not isinstance(content, dict):
            refusals.append(Refusal(Reason.WRONG_TYPE, name, "locations with documents"))
            continue
        for key, rows in content.items():
            for place, row in each_of(rows, f"{prefix}{key}"):
                found, wrong = _stated(str(key), row, place)
                stated += [found] if found is not None else []
                refusals += wrong
    return stated, refusals


def location_key(text: str) -> str:
    """Return a location's key as people may write it. Refuses: WRONG_IDENTIFIER.

    >>> location_key("nl*xyz/LOC1")
    'NL*XYZ/loc1'
    """
    party, slash, location = text.partition("/")
    if not slash or not location:
        raise Refused(Refusal(Reason.WRONG_IDENTIFIER, "location", "NL*XYZ/LOC1", text))
    return record_key(party.upper(), location)


def _stated(key: str, row: Any, path: str) -> tuple[StatedSite | None, list[Refusal]]:
    if not isinstance(row, dict):
        return None, [Refusal(Reason.WRONG_TYPE, path, "fields with names", str(row)[:80])]
    span = {name: row[name] for name in _OF_VALIDITY if name in row}
    rest = {name: value for name, value in row.items() if name not in span}
    validity, of_span = converted(span, Validity, path)
    document, of_rest = converted(rest, SiteDocument, path)
    try:
        site = location_key(key)
    except Refused as refused:
        return None, [*refused.refusals, *of_span, *of_rest]
    if validity is None or document is None:
        return None, [*of_span, *of_rest]
    return StatedSite(site, validity.valid_from, validity.valid_until, document, path), []
