"""Many locations, one line each, by who is behind them and what kind of place they are."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from ledger.application.facts import View
from ledger.application.register import version_of
from ledger.roaming.location import Location
from ledger.roaming.remaps import Identity
from ledger.roaming.site import Site
from ledger.values.countries import alpha_2
from ledger.values.reasons import Refused


class Filter(NamedTuple):
    """What is looked for; None looks for everything. `party` is CPO, owner, operator or host."""

    party: str | None = None
    country: str | None = None
    kind: str | None = None
    access: str | None = None
    host: str | None = None
    group: str | None = None


class LocationRow(NamedTuple):
    """A location: what OCPI says of it, and what the register says beside it."""

    location: str
    name: str | None
    city: str | None
    country: str | None
    evses: int
    connectors: int
    kind: str | None
    access: str | None
    owner: str | None
    operator: str | None
    host: str | None
    groups: tuple[str, ...]
    is_published: bool
    is_registered: bool


def listed(view: View, wanted: Filter, instant: datetime) -> Iterator[LocationRow]:
    """Yield the locations that OCPI or the register has at an instant, by key."""
    keys = {row.key for row in view.each_of(Location)} | {row.key for row in view.each_of(Site)}
    for key in sorted(keys):
        row = _row(view, key, instant)
        if row is not None and _is_wanted(row, wanted):
            yield row


def _row(view: View, key: str, instant: datetime) -> LocationRow | None:
    location = view.find(Location, key)
    version = location.version_valid_at(instant) if location is not None else None
    found = version_of(view, Identity(key), instant)
    if version is None and found is None:
        return None
    said = version.statement if version is not None else None
    document = found.version.document if found is not None else None
    evses = said.evses if said is not None else ()
    country = said.country if said is not None else document.country if document else None
    return LocationRow(
        location=key,
        name=said.name if said is not None else None,
        city=said.city if said is not None else None,
        country=_country(country),
        evses=len(evses),
        connectors=sum(len(evse.connectors) for evse in evses),
        kind=document.kind if document is not None else None,
        access=document.access if document is not None else None,
        owner=document.owner if document is not None else None,
        operator=document.operator if document is not None else None,
        host=document.host if document is not None else None,
        groups=document.groups if document is not None else (),
        is_published=version is not None,
        is_registered=document is not None,
    )


def _is_wanted(row: LocationRow, wanted: Filter) -> bool:
    cpo = row.location.partition("/")[0]
    groups = {group.lower() for group in row.groups}
    return (
        (wanted.party is None or wanted.party in (cpo, row.owner, row.operator, row.host))
        and (wanted.country is None or _country(wanted.country) == row.country)
        and (wanted.kind is None or wanted.kind == row.kind)
        and (wanted.access is None or wanted.access == row.access)
        and (wanted.host is None or wanted.host == row.host)
        and (wanted.group is None or wanted.group.lower() in groups)
    )


def _country(code: str | None) -> str | None:
    try:
        return alpha_2(code) if code else None
    except Refused:  # shown as it was stated
        return code
