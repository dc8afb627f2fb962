"""The commands of people about the register of sites: documents, remaps, and the second person.

Each takes who asks and when; `dry_run` checks everything and records nothing. What a recorded
version or remap changes about money is due with it, from its own instant on; what was decided
before that instant stays.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from ledger.application import remapping
from ledger.application.commands import By, provenance_of
from ledger.application.consequences import record_fact
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.store import FactRecorded
from ledger.roaming.location import Location
from ledger.roaming.party import Party
from ledger.roaming.remaps import Identity, Remap
from ledger.roaming.site import Outcome, Site
from ledger.roaming.site_documents import SiteDocument
from ledger.roaming.site_version import Suspension
from ledger.values.identifiers import checked_party
from ledger.values.reasons import Reason, Refusal, Refused

ROLES = ("operations", "finance")
R = TypeVar("R")


class StatedSite(NamedTuple):
    """A site's document as a person states it; `path` says where, for what is wrong in it."""

    site: str
    valid_from: datetime
    valid_until: datetime | None
    document: SiteDocument
    path: str = ""

    def covers(self, instant: datetime) -> bool:
        """True within the half-open validity."""
        return self.valid_from <= instant and (
            self.valid_until is None or instant < self.valid_until
        )


class SiteDone(NamedTuple):
    """What became of a site: recorded, proposed (another person approves it) or unchanged."""

    site: str
    outcome: Outcome
    number: int | None = None


def register_sites(
    ledger: Ledger,
    stated: Sequence[StatedSite],
    *,
    submit: bool = False,
    by: By,
    dry_run: bool = False,
) -> list[SiteDone]:
    """Record documents of sites, all or none; `submit` proposes them all to a second person.

    For operations and finance. A change of operator is always a proposal. Refuses with the errors
    of all documents at once: WRONG_IDENTIFIER, PARTY_UNKNOWN, and what `Site.register` refuses.
    """

    def change(view: View) -> tuple[list[SiteDone], list[FactRecorded]]:
        refusals: list[Refusal] = []
        done: list[SiteDone] = []
        facts: list[FactRecorded] = []
        for row in stated:
            try:
                done.append(_registered(view, row, submit=submit, by=by))
            except Refused as refused:
                refusals += [_within(row.path, refusal) for refusal in refused.refusals]
                continue
            if done[-1].outcome == "recorded":
                facts += remapping.touched_by_version(view, row.site, row.valid_from)
        if refusals:
            raise Refused(*refusals)
        return done, facts

    return _carry_out(ledger, change, by, dry_run=dry_run)


def remap_site(
    ledger: Ledger,
    old: Identity,
    new: Identity,
    *,
    valid_from: datetime,
    reason: str,
    by: By,
    dry_run: bool = False,
) -> SiteDone:
    """Record that a location, or one of its EVSEs, goes on under another identity.

    For operations and finance; a change of operator is a proposal. Refuses as `remapping.remap`.
    """
    wanted = Remap(
        old.location,
        new.location,
        valid_from,
        known_since=by.at,
        reason=reason,
        old_evse_uid=old.evse_uid or None,
        new_evse_uid=new.evse_uid or None,
    )

    def change(view: View) -> tuple[SiteDone, list[FactRecorded]]:
        outcome = remapping.remap(view, wanted, provenance=provenance_of(by))
        facts = remapping.touched_by_remap(view, wanted) if outcome == "recorded" else []
        return SiteDone(old.location, outcome), facts

    return _carry_out(ledger, change, by, dry_run=dry_run)


def suspend_site(
    ledger: Ledger, key: str, suspension: Suspension, *, by: By, dry_run: bool = False
) -> SiteDone:
    """Record that nothing may be charged at a location for a span of time.

    Said again with the same beginning and an end, it ends there; an end that is its beginning
    takes it back. For operations and finance. Refuses: NOT_FOUND, and as `Site.suspend` does.
    """

    def change(view: View) -> tuple[SiteDone, list[FactRecorded]]:
        if view.find(Site, key) is None and view.find(Location, key) is None:
            raise Refused(Refusal(Reason.NOT_FOUND, "location", actual=key))
        outcome = view.edit(Site, key).suspend(suspension, provenance=provenance_of(by))
        facts = remapping.touched_by_version(view, key, suspension.valid_from)
        return SiteDone(key, outcome), facts

    return _carry_out(ledger, change, by, dry_run=dry_run)


def approve_site(ledger: Ledger, key: str, *, by: By, dry_run: bool = False) -> SiteDone:
    """Approve what another person proposed of a site: a version or a remap.

    For operations and finance. Refuses: NOT_FOUND, SECOND_PERSON_REQUIRED, and for a remap what
    stands against it by now.
    """

    def change(view: View) -> tuple[SiteDone, list[FactRecorded]]:
        done = remapping.approve(view, key, provenance=provenance_of(by))
        if done.version is not None:
            begins = done.version.valid_from
            facts = remapping.touched_by_version(view, key, begins)
            return SiteDone(key, "recorded", done.version.number), facts
        facts = remapping.touched_by_remap(view, done.remap) if done.remap is not None else []
        return SiteDone(key, "recorded"), facts

    return _carry_out(ledger, change, by, dry_run=dry_run)


def reject_site(
    ledger: Ledger, key: str, *, reason: str, by: By, dry_run: bool = False
) -> SiteDone:
    """Drop what was proposed of a site. Refuses: NOT_FOUND, REASON_MISSING."""

    def change(view: View) -> tuple[SiteDone, list[FactRecorded]]:
        view.edit(Site, key).reject(reason=reason, provenance=provenance_of(by))
        return SiteDone(key, "unchanged"), []

    return _carry_out(ledger, change, by, dry_run=dry_run)


def _registered(view: View, row: StatedSite, *, submit: bool, by: By) -> SiteDone:
    """Record one document. Refuses with everything that is wrong in it."""
    refusals = [*_errors_of_key(row.site), *_unknown_parties(view, row.document)]
    site = view.edit(Site, row.site)
    try:
        outcome = site.register(
            row.document,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            needs_second=submit,
            provenance=provenance_of(by),
        )
    except Refused as refused:
        raise Refused(*refusals, *refused.refusals) from None
    if refusals:
        raise Refused(*refusals)
    return SiteDone(row.site, outcome, len(site.versions) if outcome == "recorded" else None)


def _errors_of_key(key: str) -> list[Refusal]:
    party, _, location = key.partition("/")
    try:
        checked_party(party)
    except Refused as refused:
        return list(refused.refusals)
    return [] if location else [Refusal(Reason.WRONG_IDENTIFIER, "site", "NL*XYZ/LOC1", key)]


def _unknown_parties(view: View, document: SiteDocument) -> list[Refusal]:
    return [
        Refusal(Reason.PARTY_UNKNOWN, field, actual=party)
        for field, party in document.parties
        if view.find(Party, party) is None
    ]


def _within(path: str, refusal: Refusal) -> Refusal:
    inner = refusal.path
    return replace(refusal, path=f"{path}.{inner}" if path and inner else path or inner)


def _carry_out(
    ledger: Ledger,
    change: Callable[[View], tuple[R, list[FactRecorded]]],
    by: By,
    *,
    dry_run: bool,
) -> R:
    """Change sites as a person with one of the roles; return what the change says."""
    reached: list[R] = []

    def record(view: View) -> list[FactRecorded]:
        result, facts = change(view)
        reached[:] = [result]
        return facts

    record_fact(ledger, record, by, *ROLES, dry_run=dry_run)
    return reached[0]
