"""What does not fit together in the register: duplicates, orphans, what is missing or disagrees.

A report for people, at an instant; nothing in it holds a CDR by itself.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from ledger.application.facts import View
from ledger.application.register import meter_at, shares_at
from ledger.roaming.location import Location, LocationVersion
from ledger.roaming.places import Evse
from ledger.roaming.remaps import Identity, later
from ledger.roaming.site import Site
from ledger.roaming.site_documents import BILLED_BY_METER
from ledger.roaming.site_version import SiteVersion
from ledger.values.countries import alpha_2
from ledger.values.reasons import Refused

FINDINGS: Final = {
    "EVSE_ID_TWICE": "An EVSE id stands in two locations that are valid at the same time.",
    "SITE_WITHOUT_LOCATION": "The register has the site, and OCPI has no such location.",
    "LOCATION_WITHOUT_SITE": "OCPI has the location, and the register does not have the site.",
    "COUNTRY_DIFFERS": "Register and OCPI name different countries.",
    "TIME_ZONE_DIFFERS": "Register and OCPI name different time zones.",
    "CHARGER_WITHOUT_EVSE": "The register has a charger that OCPI's location does not have.",
    "METER_MISSING": "Anybody may charge here, and no meter is registered.",
    "METER_NOT_LEGAL": "Anybody may charge here, and the meter may not be billed by.",
    "METER_OUT_OF_CALIBRATION": "The meter's calibration has run out.",
    "HOST_WITHOUT_SHARES": "The site's host has no share agreement that names the location.",
    "CONNECTOR_WITHOUT_TARIFF": "The connector names no tariff.",
}
"""What the report can say, by code."""


class SiteFinding(NamedTuple):
    """One thing that does not fit: its code, the location, where in it, and what is there."""

    code: str
    location: str
    place: str = ""
    actual: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong."""
        return FINDINGS[self.code]


def report(view: View, instant: datetime) -> list[SiteFinding]:
    """Return everything in the register that does not fit together at an instant.

    A location that went on under another identity by then is no longer looked at.
    """
    found: list[SiteFinding] = []
    standing: dict[str, list[tuple[str, str]]] = {}
    located: set[str] = set()
    for location in view.each_of(Location):
        version = location.version_valid_at(instant)
        if version is None or _is_gone(view, location.key, instant):
            continue
        located.add(location.key)
        for evse in _standing(version):
            if evse.evse_id and not _has_moved(view, location.key, evse.uid, instant):
                name = normal_evse_id(evse.evse_id)
                standing.setdefault(name, []).append((location.key, evse.uid))
        found.extend(_of_location(view, location.key, version, instant))
    for site in view.each_of(Site):
        known = site.version_valid_at(instant)
        if known is not None and site.key not in located and not _is_gone(view, site.key, instant):
            found.append(SiteFinding("SITE_WITHOUT_LOCATION", site.key))
    found.extend(_twice(standing))
    return sorted(found)


def normal_evse_id(evse_id: str) -> str:
    """Return an EVSE id as it compares: eMI3 ids ignore case, and separators are optional.

    Source: eMI3 part 2, EVSE id: country, operator, E, instance, with or without `*` between.
    >>> normal_evse_id("nl*xyz*E12*3") == normal_evse_id("NLXYZE123")
    True
    """
    return re.sub(r"[^0-9A-Z]", "", evse_id.upper())


def _twice(standing: dict[str, list[tuple[str, str]]]) -> Iterator[SiteFinding]:
    for evse_id, places in standing.items():
        for location, uid in places:
            others = [f"{key}/{other}" for key, other in places if key != location]
            if others:
                yield SiteFinding("EVSE_ID_TWICE", location, uid, f"{evse_id}: {', '.join(others)}")


def _standing(version: LocationVersion) -> list[Evse]:
    return [evse for evse in version.statement.evses if evse.status != "REMOVED"]


def _is_gone(view: View, key: str, instant: datetime) -> bool:
    return _has_moved(view, key, "", instant)


def _has_moved(view: View, key: str, evse_uid: str, instant: datetime) -> bool:
    names = later(partial(view.find, Site), Identity(key, evse_uid))
    return any(remap.valid_from <= instant for remap, _ in names)


def _of_location(
    view: View, key: str, version: LocationVersion, instant: datetime
) -> Iterator[SiteFinding]:
    """Yield what is found at one location that OCPI has."""
    site = view.find(Site, key)
    registered = site.version_valid_at(instant) if site is not None else None
    if registered is None:
        yield SiteFinding("LOCATION_WITHOUT_SITE", key)
    else:
        yield from _disagreements(key, version, registered)
        yield from _of_host(view, key, registered, instant)
    access = registered.document.access if registered is not None else None
    for evse in _standing(version):
        for connector in evse.connectors:
            place = f"{evse.uid}/{connector.id}"
            if not connector.tariff_ids:
                yield SiteFinding("CONNECTOR_WITHOUT_TARIFF", key, place)
            if access in BILLED_BY_METER:
                yield from _of_meter(view, Identity(key, evse.uid), connector.id, instant)


def _disagreements(
    key: str, version: LocationVersion, registered: SiteVersion
) -> Iterator[SiteFinding]:
    stated, document = version.statement, registered.document
    if _country(stated.country) != _country(document.country):
        yield SiteFinding(
            "COUNTRY_DIFFERS", key, "country", f"{stated.country}, not {document.country}"
        )
    if stated.time_zone and stated.time_zone != document.time_zone:
        yield SiteFinding(
            "TIME_ZONE_DIFFERS", key, "time_zone", f"{stated.time_zone}, not {document.time_zone}"
        )
    uids = {evse.uid.lower() for evse in stated.evses}
    for charger in document.chargers:
        if charger.evse_uid.lower() not in uids:
            yield SiteFinding("CHARGER_WITHOUT_EVSE", key, charger.evse_uid)


def _country(code: str) -> str:
    try:
        return alpha_2(code)
    except Refused:  # OCPI's location may say what no list has; then it differs
        return code


def _of_host(
    view: View, key: str, registered: SiteVersion, instant: datetime
) -> Iterator[SiteFinding]:
    host = registered.document.host
    if host is None or host == registered.document.operator:
        return
    shares = shares_at(view, (key,), instant)
    if shares is None or shares[0].seller != host:
        yield SiteFinding("HOST_WITHOUT_SHARES", key, "host", host)


def _of_meter(
    view: View, identity: Identity, connector_id: str, instant: datetime
) -> Iterator[SiteFinding]:
    meter = meter_at(view, identity, connector_id, instant)
    place = f"{identity.evse_uid}/{connector_id}"
    if meter is None:
        yield SiteFinding("METER_MISSING", identity.location, place)
        return
    if not meter.is_legal_for_billing:
        yield SiteFinding("METER_NOT_LEGAL", identity.location, place)
    until = meter.calibrated_until
    if until is not None and until <= instant:
        yield SiteFinding(
            "METER_OUT_OF_CALIBRATION", identity.location, place, until.date().isoformat()
        )
