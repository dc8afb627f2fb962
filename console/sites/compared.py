"""Documents of sites side by side: two versions, or what files state and what is recorded."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from console.imports.sites import location_key, read_sites
from console.tariffs.differ import differences
from ledger.application.facts import View
from ledger.application.sites import StatedSite
from ledger.roaming.site import Site
from ledger.roaming.site_documents import SiteDocument
from ledger.values.reasons import Reason, Refusal, Refused

Documents = dict[str, SiteDocument]


class SiteDifference(NamedTuple):
    """A field of a site's document, as it was and as it is."""

    site: str
    path: str
    before: str | None
    after: str | None


def compared(view: View, before: str, after: str | None, instant: datetime) -> list[SiteDifference]:
    """Return in which fields documents differ.

    Each side is a file or folder, or a recorded version `NL*XYZ/LOC1#2`; without a number the one
    in force at the instant. Without a second side each document of a file is compared with what
    is recorded for its beginning, and a recorded version with the newest.
    Refuses: NOT_FOUND, WRONG_IDENTIFIER, and what is wrong in a file.
    """
    if after is None and Path(before).exists():
        return [
            difference
            for row in _stated(before)
            for difference in _differ(
                row.site, _in_force(view, row.site, row.valid_from), row.document
            )
        ]
    old = _documents(view, before, instant)
    new = _documents(view, after, instant) if after is not None else _newest(view, old)
    if len(old) == len(new) == 1:
        (key, one), (_, other) = *old.items(), *new.items()
        return _differ(key, one, other)
    return [row for key in sorted({*old, *new}) for row in _differ(key, old.get(key), new.get(key))]


def _newest(view: View, named: Documents) -> Documents:
    """Return the newest recorded documents of sites."""
    sites = {key: view.find(Site, key) for key in named}
    return {key: site.versions[-1].document for key, site in sites.items() if site is not None}


def _differ(
    site: str, before: SiteDocument | None, after: SiteDocument | None
) -> list[SiteDifference]:
    if before is None or after is None:
        sides = ("registered" if row is not None else None for row in (before, after))
        return [SiteDifference(site, "", *sides)]
    return [SiteDifference(site, *row) for row in differences(before, after)]


def _documents(view: View, side: str, instant: datetime) -> Documents:
    if Path(side).exists():
        standing = [row for row in _stated(side) if row.covers(instant)]
        return {row.site: row.document for row in sorted(standing, key=_begins)}
    name, _, number = side.partition("#")
    key = location_key(name)
    site = view.find(Site, key)
    versions = site.versions if site is not None else ()
    if number:
        found = next((row.document for row in versions if str(row.number) == number), None)
    else:
        found = _in_force(view, key, instant)
    if found is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "location", actual=side))
    return {key: found}


def _stated(side: str) -> list[StatedSite]:
    stated, refusals = read_sites(Path(side))
    if refusals:
        raise Refused(*refusals)
    return stated


def _begins(row: StatedSite) -> datetime:
    return row.valid_from


def _in_force(view: View, key: str, instant: datetime) -> SiteDocument | None:
    site = view.find(Site, key)
    version = site.version_valid_at(instant) if site is not None else None
    return version.document if version is not None else None
