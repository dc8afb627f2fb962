"""Remaps as people order them: what stands against one, and whom it makes the ledger ask again.

A remap is decided with all sites that it touches: it leads nowhere back, nothing goes on twice,
and what comes first happens first. Recorded on the old site and on the new one, both find it.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from ledger.application.facts import View
from ledger.application.register import later_keys
from ledger.application.store import FactRecorded
from ledger.roaming.location import Location
from ledger.roaming.party import Party
from ledger.roaming.remaps import Identity, Remap, earlier, later
from ledger.roaming.site import Outcome, Site
from ledger.roaming.site_version import Proposal
from ledger.values.instants import BEGINNING
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused


def remap(view: View, wanted: Remap, *, provenance: Provenance) -> Outcome:
    """Record a remap on both sites, or propose it where the operator changes.

    Refuses: NOT_FOUND, PARTY_UNKNOWN, REMAP_CIRCULAR, ALREADY_EXISTS, INVALID_DOCUMENT,
    REASON_MISSING, WRONG_STATE.
    """
    site = view.edit(Site, wanted.old_location)
    if not _is_known(site, wanted):
        _refuse(view, wanted)
    outcome = site.remap(wanted, provenance=provenance)
    if outcome == "recorded":
        view.edit(Site, wanted.new_location).take_over(wanted, provenance=provenance)
    return outcome


def approve(view: View, key: str, *, provenance: Provenance) -> Proposal:
    """Approve what another person proposed of a site; a remap is judged again.

    Refuses as `Site.approve` and `remap` do.
    """
    site = view.edit(Site, key)
    waiting = site.proposal.remap if site.proposal is not None else None
    if waiting is not None:
        _refuse(view, waiting)
    done = site.approve(provenance=provenance)
    if done.remap is not None:
        view.edit(Site, done.remap.new_location).take_over(done.remap, provenance=provenance)
    return done


def touched_by_remap(view: View, remap: Remap) -> list[FactRecorded]:
    """Name what is decided on either identity from the remap's instant on, and on later ones."""
    keys = (remap.old_location, remap.new_location, *later_keys(view, remap.new_location))
    return _touched(keys, remap.valid_from)


def touched_by_version(view: View, key: str, affected_from: datetime) -> list[FactRecorded]:
    """Name what is decided on a site's version, also under identities that came after."""
    return _touched((key, *later_keys(view, key)), affected_from)


def _touched(keys: tuple[str, ...], affected_from: datetime) -> list[FactRecorded]:
    """A CDR depends on its location, whatever the register knows of it."""
    return [FactRecorded(f"location:{key}", affected_from) for key in dict.fromkeys(keys)]


def _is_known(site: Site, wanted: Remap) -> bool:
    known = site.departures.get(wanted.old.evse_uid.lower())
    return known is not None and known.says_the_same_as(wanted)


def _refuse(view: View, wanted: Remap) -> None:
    refusals = [*_errors_of_names(view, wanted), *_errors_of_order(view, wanted)]
    if refusals:
        raise Refused(*refusals)


def _errors_of_names(view: View, wanted: Remap) -> Iterator[Refusal]:
    if not _exists(view, wanted.old):
        yield Refusal(Reason.NOT_FOUND, "old", actual=str(wanted.old))
    if view.find(Party, wanted.new.party) is None:
        yield Refusal(Reason.PARTY_UNKNOWN, wanted.new.party)
    if bool(wanted.old.evse_uid) != bool(wanted.new.evse_uid):
        yield Refusal(Reason.INVALID_DOCUMENT, "new", "two EVSEs or two locations", str(wanted.new))


def _exists(view: View, identity: Identity) -> bool:
    """True where OCPI or the register ever named the location, and its EVSE."""
    location, site = view.find(Location, identity.location), view.find(Site, identity.location)
    uid = identity.evse_uid.lower()
    if not uid:
        return location is not None or (site is not None and not site.is_new)
    stated = location.versions if location is not None else ()
    registered = site.versions if site is not None else ()
    uids = {evse.uid.lower() for version in stated for evse in version.statement.evses}
    uids |= {row.evse_uid.lower() for version in registered for row in version.document.chargers}
    uids |= set(site.arrivals) if site is not None else set()
    return uid in uids


def _errors_of_order(view: View, wanted: Remap) -> Iterator[Refusal]:
    """What went on went on once; nothing comes back; the chain is in the order of time."""
    find = partial(view.find, Site)
    old, new, instant = wanted.old, wanted.new, wanted.valid_from
    ahead = [name for _, name in later(find, new)]
    behind = [name for _, name in earlier(find, old)]
    if str(old) == str(new) or _comes_back(old, ahead) or _comes_back(new, behind):
        yield Refusal(Reason.REMAP_CIRCULAR, "new", actual=str(new))
        return
    site, target = view.find(Site, old.location), view.find(Site, new.location)
    gone = site.departure_of(old.evse_uid, after=BEGINNING) if site is not None else None
    if gone is not None and (str(gone.old) == str(old) or gone.valid_from <= instant):
        yield Refusal(Reason.ALREADY_EXISTS, "old", str(gone.new), str(new))
    taken = target.arrivals.get(new.evse_uid.lower()) if target is not None else None
    if taken is not None:
        yield Refusal(Reason.ALREADY_EXISTS, "new", str(taken.old), str(old))
    came = site.arrivals.get(old.evse_uid.lower()) if site is not None else None
    if came is not None and came.valid_from >= instant:
        yield _out_of_order(f"after {came.valid_from.isoformat()}", instant)
    goes = target.departure_of(new.evse_uid, after=BEGINNING) if target is not None else None
    if goes is not None and goes.valid_from <= instant:
        yield _out_of_order(f"before {goes.valid_from.isoformat()}", instant)


def _out_of_order(expected: str, instant: datetime) -> Refusal:
    return Refusal(Reason.INVALID_DOCUMENT, "valid_from", expected, instant.isoformat())


def _comes_back(identity: Identity, names: list[Identity]) -> bool:
    """True where one of the names is the identity, or the location that holds it."""
    return any(
        name.location == identity.location
        and name.evse_uid.lower() in (identity.evse_uid.lower(), "")
        for name in names
    )
