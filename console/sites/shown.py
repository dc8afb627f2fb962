"""One location at an instant: OCPI's version, the register's, EVSEs with meters, and its names."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import NamedTuple

from ledger.application.facts import View
from ledger.application.register import chargers_at, meter_record_at, version_of
from ledger.roaming.location import Location, LocationVersion
from ledger.roaming.meters import MeterRecord
from ledger.roaming.places import Evse
from ledger.roaming.remaps import Identity, Remap, earlier, later
from ledger.roaming.site import Site
from ledger.roaming.site_documents import ChargerVersion, SiteDocument
from ledger.roaming.site_version import Proposal, SiteVersion, Suspension
from ledger.values.reasons import Reason, Refusal, Refused


class OcpiVersion(NamedTuple):
    """A version that the CPO published; `in_force` at the instant that is looked at."""

    number: int
    last_updated: datetime
    in_force: bool
    name: str | None
    address: str
    city: str
    country: str
    time_zone: str


class RegisterVersion(NamedTuple):
    """A version of the register's document, and who is responsible for it."""

    number: int
    valid_from: datetime
    valid_until: datetime | None
    in_force: bool
    author: str
    approver: str | None
    stated_at: datetime


class ConnectorShown(NamedTuple):
    """A connector with its tariffs and its meter."""

    id: str
    standard: str
    power_type: str
    tariff_ids: tuple[str, ...]
    meter: MeterRecord | None


class EvseShown(NamedTuple):
    """An EVSE with what it is at the instant, what it was before, and its connectors."""

    uid: str
    evse_id: str | None
    status: str | None
    charger: ChargerVersion | None
    history: tuple[ChargerVersion, ...]
    connectors: tuple[ConnectorShown, ...]


class Name(NamedTuple):
    """An identity, the one before it, since when it goes by it, and why."""

    was: str
    became: str
    valid_from: datetime
    reason: str


class LocationShown(NamedTuple):
    """A location as it is known at `as_of`; `document` may come from an earlier identity."""

    location: str
    as_of: datetime
    goes_by: str
    document: SiteDocument | None
    document_of: str | None
    versions: tuple[RegisterVersion, ...]
    ocpi: tuple[OcpiVersion, ...]
    evses: tuple[EvseShown, ...]
    meters: tuple[MeterRecord, ...]
    names: tuple[Name, ...]
    suspensions: tuple[Suspension, ...]
    proposal: Proposal | None


def shown(view: View, key: str, instant: datetime) -> LocationShown:
    """Return all that is known of a location. Refuses: NOT_FOUND."""
    location, site = view.find(Location, key), view.find(Site, key)
    if location is None and site is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "location", actual=key))
    in_force = location.version_valid_at(instant) if location is not None else None
    found = version_of(view, Identity(key), instant)
    standing = found.version if found is not None else None
    document = standing.document if standing is not None else None
    return LocationShown(
        location=key,
        as_of=instant,
        goes_by=_name_at(view, key, instant),
        document=document,
        document_of=found.key if found is not None else None,
        versions=tuple(_register_versions(site, standing)) if site is not None else (),
        ocpi=tuple(_ocpi_versions(location, in_force)) if location is not None else (),
        evses=tuple(_evses(view, key, in_force, instant)),
        meters=document.meters if document is not None else (),
        names=tuple(_names(view, key, site)),
        suspensions=tuple(site.suspensions.values()) if site is not None else (),
        proposal=site.proposal if site is not None else None,
    )


def _ocpi_versions(location: Location, in_force: LocationVersion | None) -> Iterator[OcpiVersion]:
    for row in location.versions:
        said = row.statement
        yield OcpiVersion(
            row.number,
            said.last_updated,
            row is in_force,
            said.name,
            said.address,
            said.city,
            said.country,
            said.time_zone,
        )


def _register_versions(site: Site, standing: SiteVersion | None) -> Iterator[RegisterVersion]:
    for row in site.versions:
        yield RegisterVersion(
            row.number,
            row.valid_from,
            row.valid_until,
            row is standing,
            row.author,
            row.approver,
            row.stated_at,
        )


def _evses(
    view: View, key: str, version: LocationVersion | None, instant: datetime
) -> Iterator[EvseShown]:
    """Yield the EVSEs of OCPI, then chargers that only the register has."""
    stated = version.statement.evses if version is not None else ()
    chargers = chargers_at(view, key, instant)
    for evse in stated:
        record = chargers.pop(evse.uid.lower(), None)
        yield EvseShown(
            evse.uid,
            evse.evse_id,
            evse.status,
            record.version_valid_at(instant) if record is not None else None,
            record.history if record is not None else (),
            tuple(_connectors(view, Identity(key, evse.uid), evse, instant)),
        )
    for record in chargers.values():
        known = record.version_valid_at(instant)
        yield EvseShown(record.evse_uid, None, None, known, record.history, ())


def _connectors(
    view: View, identity: Identity, evse: Evse, instant: datetime
) -> Iterator[ConnectorShown]:
    for row in evse.connectors:
        found = meter_record_at(view, identity, row.id, instant)
        meter = found[0] if found is not None else None
        yield ConnectorShown(row.id, row.standard, row.power_type, row.tariff_ids, meter)


def _names(view: View, key: str, site: Site | None) -> Iterator[Name]:
    """Yield every remap of the location and of its EVSEs, in both directions, the oldest first."""
    uids = {"", *(site.departures if site is not None else ())}
    uids |= set(site.arrivals) if site is not None else set()
    found: dict[tuple[str, str], Remap] = {}
    for uid in uids:
        here, find = Identity(key, uid), partial(view.find, Site)
        for remap, _ in (*earlier(find, here), *later(find, here)):
            found[str(remap.old), str(remap.new)] = remap
    for (was, became), remap in sorted(found.items(), key=lambda row: row[1].valid_from):
        yield Name(was, became, remap.valid_from, remap.reason)


def _name_at(view: View, key: str, instant: datetime) -> str:
    """Return the key that the location has at an instant."""
    find = partial(view.find, Site)
    name = key
    for remap, before in earlier(find, Identity(key)):
        if instant >= remap.valid_from:
            break
        name = before.location
    for remap, after in later(find, Identity(key)):
        if instant >= remap.valid_from:
            name = after.location
    return name
