"""What the register of sites says of a place: its meter, its identity then, its groups, its shares.

A place that went on under another identity is found under both: what the register does not have
under the one it has under the one before.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from functools import lru_cache, partial
from typing import NamedTuple

from ledger.application.facts import View
from ledger.roaming.agreement import Agreement
from ledger.roaming.checks.candidate import Meter
from ledger.roaming.meters import MeterRecord
from ledger.roaming.remaps import Identity, Moved, earlier, later, moved
from ledger.roaming.site import Site
from ledger.roaming.site_documents import ChargerRecord
from ledger.roaming.site_version import SiteVersion, Suspension
from ledger.roaming.statements import CdrStatement
from ledger.values.identifiers import party_key, record_key
from ledger.values.instants import zone_of


class Registered(NamedTuple):
    """What the register says of a charge's place; nothing where it does not know the site.

    `groups` are the site's; `former` the keys that the same CPO's location had before, the newest
    first: agreements that name one of them still mean this place.
    """

    meter: Meter | None = None
    moved: Moved | None = None
    is_site_valid: bool = True
    groups: frozenset[str] = frozenset()
    former: tuple[str, ...] = ()
    suspension: Suspension | None = None


UNKNOWN = Registered()


def registered_at(
    view: View, cdr: CdrStatement, location_key: str, *, received_at: datetime
) -> Registered:
    """Return what the register says of the place of a CDR when its charge started."""
    site = view.find(Site, location_key)
    if site is None:
        return UNKNOWN
    if site.has_remaps:
        return _registered_by_any_name(view, site, cdr, received_at)
    version = site.version_valid_at(cdr.start_date_time)
    if version is None:
        suspension = site.suspension_at(cdr.start_date_time)
        return Registered(is_site_valid=not site.is_registered, suspension=suspension)
    place = cdr.cdr_location
    row = version.meter(place.evse_uid, place.connector_id, cdr.start_date_time)
    meter = _as_meter(row, version.document.time_zone) if row is not None else None
    suspension = site.suspension_at(cdr.start_date_time)
    return Registered(meter, groups=version.groups, suspension=suspension)


def _registered_by_any_name(
    view: View, site: Site, cdr: CdrStatement, received_at: datetime
) -> Registered:
    """Look under the names that the place had before, too, and at the one it had then."""
    place, started_at = cdr.cdr_location, cdr.start_date_time
    identity = Identity(site.key, place.evse_uid)
    found = version_of(view, identity, started_at)
    return Registered(
        meter_at(view, identity, place.connector_id, started_at),
        moved(partial(view.find, Site), identity, started_at, received_at=received_at),
        is_site_valid=found is not None or not site.is_registered,
        groups=found.version.groups if found is not None else frozenset(),
        former=_former_keys(view, site.key, started_at),
        suspension=site.suspension_at(started_at),
    )


def meter_at(view: View, identity: Identity, connector_id: str, instant: datetime) -> Meter | None:
    """Return the meter of a connector, also one that was registered under an earlier identity."""
    found = meter_record_at(view, identity, connector_id, instant)
    return _as_meter(*found) if found is not None else None


def meter_record_at(
    view: View, identity: Identity, connector_id: str, instant: datetime
) -> tuple[MeterRecord, str] | None:
    """Return a connector's meter as it is registered, and the time zone of its site."""
    for name, version in _versions(view, identity, instant):
        row = version.meter(name.evse_uid, connector_id, instant)
        if row is not None:
            return row, version.document.time_zone
    return None


def registered_key(view: View, cdr: CdrStatement) -> str | None:
    """Return the public key that the register has of the meter of a CDR's connector."""
    place = cdr.cdr_location
    key = record_key(party_key(cdr.country_code, cdr.party_id), place.id)
    if view.find(Site, key) is None:
        return None
    identity = Identity(key, place.evse_uid)
    meter = meter_at(view, identity, place.connector_id, cdr.start_date_time)
    return meter.public_key if meter is not None else None


class Found(NamedTuple):
    """A site's version, and the location under which the register has it."""

    key: str
    version: SiteVersion


def version_of(view: View, identity: Identity, instant: datetime) -> Found | None:
    """Return the site's version at an instant, or that of the identity it had before."""
    versions = _versions(view, identity, instant)
    return next((Found(name.location, version) for name, version in versions), None)


def chargers_at(view: View, location_key: str, instant: datetime) -> dict[str, ChargerRecord]:
    """Return the chargers registered at a location, by their uid in lower case."""
    found = version_of(view, Identity(location_key), instant)
    chargers = found.version.document.chargers if found is not None else ()
    return {row.evse_uid.lower(): row for row in chargers}


def shares_at(view: View, keys: tuple[str, ...], instant: datetime) -> tuple[Agreement, int] | None:
    """Return the share agreement of a location by its keys: the newest that has one."""
    for key in keys:
        found = view.share_agreement(key, instant)
        if found is not None:
            return found
    return None


def _former_keys(view: View, location_key: str, instant: datetime) -> tuple[str, ...]:
    here = Identity(location_key)
    names = [name for name in _names_until(view, here, instant) if name != here]
    return tuple(name.location for name in names if name.party == here.party)


def later_keys(view: View, location_key: str) -> tuple[str, ...]:
    """Return the locations as which a location, or one of its EVSEs, goes on."""
    site = view.find(Site, location_key)
    if site is None:
        return ()
    find = partial(view.find, Site)
    starts = [Identity(location_key, uid) for uid in site.departures]
    return tuple(dict.fromkeys(name.location for row in starts for _, name in later(find, row)))


def _names_until(view: View, identity: Identity, instant: datetime) -> Iterator[Identity]:
    """Yield an identity, and those before it: remaps that had happened by an instant."""
    yield identity
    for remap, before in earlier(partial(view.find, Site), identity):
        if remap.valid_from <= instant:
            yield before


def _versions(
    view: View, identity: Identity, instant: datetime
) -> Iterator[tuple[Identity, SiteVersion]]:
    """Yield the versions in force under an identity and those before it, each with its name."""
    for name in _names_until(view, identity, instant):
        site = view.find(Site, name.location)
        version = site.version_valid_at(instant) if site is not None else None
        if version is not None:
            yield name, version


def _as_meter(row: MeterRecord, time_zone: str) -> Meter:
    until = row.calibrated_until
    return Meter(
        row.is_legal_for_billing,
        _midnight(until, time_zone) if until is not None else None,
        row.public_key,
    )


@lru_cache(maxsize=4096)
def _midnight(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone_of(time_zone)).astimezone(UTC)
