"""Which version of OCPI a document follows: stated, or recognised by what only one version has.

The strict reader of the topics (`schemas.ocpi_versions`) refuses what shows no version; here the
marks are weighed instead, since a document in the field may miss any of them.
"""

from collections.abc import Mapping
from typing import Any, Final

from console.pricing.findings import DocumentRefused, Notes

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


def of_cdr(total_cost: object, *, has_location: bool, has_stop: bool, has_owner: bool) -> str:
    """Return the version that a CDR's shape shows.

    `has_location` and `has_stop`: the 2.1.1 fields `location` and `stop_date_time`; `has_owner`:
    `country_code`, which 2.1.1 does not have.
    >>> of_cdr({"excl_vat": 1}, has_location=False, has_stop=False, has_owner=True)
    '2.2.1'
    """
    if isinstance(total_cost, dict):
        return "2.3.0" if "before_taxes" in total_cost else "2.2.1"
    if has_owner and not (has_location or has_stop):
        return "2.2.1"
    return "2.1.1"


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
