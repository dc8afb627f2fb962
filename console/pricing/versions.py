"""Which version of OCPI a document follows: stated, or recognised by what only one version has.

The strict reader of the topics (`schemas.ocpi_versions`) refuses what shows no version; here the
marks are weighed instead, since a document in the field may miss any of them.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from console.pricing.findings import DocumentRefused, Notes

_CDR_211: Final = frozenset({"auth_id", "location", "stop_date_time"})
_CDR_221: Final = frozenset({"cdr_location", "cdr_token", "country_code", "party_id", "session_id"})
_COST_221: Final = frozenset({"excl_vat", "incl_vat"})
_COST_230: Final = frozenset({"after_taxes", "before_taxes", "taxes"})
RELEASES: Final = ("2.1.1", "2.2.1", "2.3.0")
_ALIASES: Final = {
    "2.1": "2.1.1",
    "2.1.1-d2": "2.1.1",
    "2.2": "2.2.1",
    "2.2-d2": "2.2.1",
    "2.2.1-d2": "2.2.1",
    "2.3": "2.3.0",
    "2.3.0-d2": "2.3.0",
}


def stated(version: object, path: str, notes: Notes) -> str | None:
    """Return a stated version as one of `RELEASES`, None where none is stated.

    Refuses: UNKNOWN_OCPI_VERSION.
    >>> stated("2.2", "$.ocpi_version", Notes())
    '2.2.1'
    """
    if version is None:
        return None
    if version in RELEASES:
        return str(version)
    release = _ALIASES.get(version) if isinstance(version, str) else None
    if release is None:
        raise DocumentRefused(
            "UNKNOWN_OCPI_VERSION", path, f"{version}, not one of {', '.join(RELEASES)}"
        )
    notes.add("VERSION_TAKEN_AS", path, f"{version} as {release}")
    return release


def of_cdr(costs: Iterable[object], names: Collection[str], tariffs: bytes = b"") -> str:
    """Return the version that a CDR's shape shows: its costs, else its names, else its tariffs'.

    `costs` are its totals of money, `names` its own fields, `tariffs` the text of its tariffs.
    >>> of_cdr([{"excl_vat": 1}], ()), of_cdr([3], ("id", "cdr_token"))
    ('2.2.1', '2.2.1')
    """
    for cost in costs:
        if isinstance(cost, dict):
            if not _COST_230.isdisjoint(cost):
                return "2.3.0"
            if not _COST_221.isdisjoint(cost):
                return "2.2.1"
    newest = b'"tax_included"' in tariffs
    if not _CDR_211.isdisjoint(names):
        return "2.1.1"
    if _CDR_221.isdisjoint(names) and not newest:
        return "2.1.1"
    return "2.3.0" if newest else "2.2.1"


def of_tariff(value: Mapping[str, Any]) -> str:
    """Return the version that a tariff's fields show.

    >>> of_tariff({"id": "1", "tax_included": "NO"}), of_tariff({"id": "1"})
    ('2.3.0', '2.1.1')
    """
    limits = [value.get("min_price"), value.get("max_price")]
    if "tax_included" in value or any(
        isinstance(limit, dict) and "before_taxes" in limit for limit in limits
    ):
        return "2.3.0"
    newer = ("country_code", "party_id", "type", "min_price", "max_price", "start_date_time")
    return "2.2.1" if any(name in value for name in newer) else "2.1.1"
