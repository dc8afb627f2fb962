"""Sites: what the register knows of a location that OCPI does not say, recorded by people.

A site has the key of its location. Its documents are versions: of those that cover an instant the
one that began last stands, and of one beginning the one recorded last. A change of operator is
proposed by one person and approved by another. See `remaps` for what becomes of identities.
"""

from datetime import datetime
from typing import Literal

from eventsourcing.domain import event
from msgspec.structs import replace

from ledger.roaming.remaps import Remap
from ledger.roaming.site_documents import SiteDocument, errors_of
from ledger.roaming.site_version import Proposal, SiteVersion, Suspension
from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused

Outcome = Literal["recorded", "proposed", "unchanged"]


class Site(LedgerAggregate):
    """A site in the register; its key is that of its location, `NL*XYZ/loc1`."""

    KIND = "site"
    KEY_FIELD = "site"
    IS_SHARED_FACT = True
    KEPT = "packed"

    versions: tuple[SiteVersion, ...]
    proposal: Proposal | None
    suspensions: dict[datetime, Suspension]
    departures: dict[str, Remap]
    arrivals: dict[str, Remap]
    _ordered: tuple[SiteVersion, ...]

    def begin(self) -> None:
        self.versions, self._ordered = (), ()
        self.proposal, self.suspensions = None, {}
        self.departures, self.arrivals = {}, {}

    @property
    def is_registered(self) -> bool:
        """True where there is a document; a site may be known by its remaps alone."""
        return bool(self.versions)

    @property
    def has_remaps(self) -> bool:
        """True where the location, or an EVSE of it, ever had another identity."""
        return bool(self.departures or self.arrivals)

    def register(
        self,
        document: SiteDocument,
        *,
        valid_from: datetime,
        valid_until: datetime | None = None,
        needs_second: bool = False,
        provenance: Provenance,
    ) -> Outcome:
        """Record a version, or propose it: where the operator changes, or `needs_second` says so.

        Refuses with all errors at once: what `errors_of` finds, INVALID_DOCUMENT; WRONG_STATE
        where something else waits for a second person.
        """
        refusals = list(errors_of(document))
        if valid_until is not None and valid_until <= valid_from:
            refusals.append(Refusal(Reason.INVALID_DOCUMENT, "valid_until", "after valid_from"))
        if refusals:
            raise Refused(*refusals)
        version = SiteVersion(
            len(self.versions) + 1,
            valid_from,
            valid_until,
            document,
            author=provenance.actor,
            stated_at=provenance.occurred_at,
        )
        if self._is_known(version):
            return "unchanged"
        before = self.version_valid_at(valid_from)
        if needs_second or (before is not None and before.document.operator != document.operator):
            self._refuse_a_second_proposal()
            self._propose_version(site=self.key, version=version, provenance=provenance)
            return "proposed"
        self._record_version(site=self.key, version=version, provenance=provenance)
        return "recorded"

    def suspend(self, suspension: Suspension, *, provenance: Provenance) -> Outcome:
        """Record that nothing may be charged here; of one beginning the last word stands.

        Refuses: REASON_MISSING, INVALID_DOCUMENT where it ends before it begins.
        """
        if not suspension.reason.strip():
            raise Refused(Refusal(Reason.REASON_MISSING, "reason"))
        until = suspension.valid_until
        if until is not None and until < suspension.valid_from:
            raise Refused(Refusal(Reason.INVALID_DOCUMENT, "valid_until", "not before valid_from"))
        if self.suspensions.get(suspension.valid_from) == suspension:
            return "unchanged"
        self._record_suspension(site=self.key, suspension=suspension, provenance=provenance)
        return "recorded"

    def suspension_at(self, instant: datetime) -> Suspension | None:
        """Return why nothing may be charged here at an instant, None where it may."""
        return next((row for row in self.suspensions.values() if row.covers(instant)), None)

    def remap(self, remap: Remap, *, provenance: Provenance) -> Outcome:
        """Record that this identity goes on as another, or propose it: a change of operator.

        What else stands against it needs the other sites, see `remapping`.
        Refuses: REASON_MISSING, ALREADY_EXISTS, WRONG_STATE.
        """
        if not remap.reason.strip():
            raise Refused(Refusal(Reason.REASON_MISSING, "reason"))
        known = self.departures.get(remap.old.evse_uid.lower())
        waiting = self.proposal.remap if self.proposal is not None else None
        if any(row is not None and row.says_the_same_as(remap) for row in (known, waiting)):
            return "unchanged"
        if known is not None:
            raise Refused(Refusal(Reason.ALREADY_EXISTS, str(remap.old), actual=str(known.new)))
        if remap.changes_operator:
            self._refuse_a_second_proposal()
            self._propose_remap(site=self.key, remap=remap, provenance=provenance)
            return "proposed"
        self._record_remap(site=self.key, remap=remap, provenance=provenance)
        return "recorded"

    def take_over(self, remap: Remap, *, provenance: Provenance) -> None:
        """Record where this identity comes from, together with the other site's remap."""
        self._record_arrival(site=self.key, remap=remap, provenance=provenance)

    def approve(self, *, provenance: Provenance) -> Proposal:
        """Carry out what another person proposed; return it as it is recorded.

        Refuses: NOT_FOUND where nothing waits, SECOND_PERSON_REQUIRED.
        """
        proposal = self._refuse_without_proposal()
        if proposal.provenance.actor == provenance.actor:
            raise Refused(
                Refusal(Reason.SECOND_PERSON_REQUIRED, "approver", actual=provenance.actor)
            )
        if proposal.version is not None:
            number = len(self.versions) + 1
            version = replace(proposal.version, number=number, approver=provenance.actor)
            self._record_version(site=self.key, version=version, provenance=provenance)
            return Proposal(proposal.provenance, version=version)
        if proposal.remap is None:
            raise Refused(Refusal(Reason.NOT_FOUND, "proposal", actual=self.key))
        remap = replace(proposal.remap, known_since=provenance.received_at)
        self._record_remap(
            site=self.key, remap=remap, provenance=provenance, author=proposal.provenance.actor
        )
        return Proposal(proposal.provenance, remap=remap)

    def reject(self, *, reason: str, provenance: Provenance) -> None:
        """Drop what was proposed; its author may do so too. Refuses: NOT_FOUND, REASON_MISSING."""
        self._refuse_without_proposal()
        if not reason.strip():
            raise Refused(Refusal(Reason.REASON_MISSING, "reason"))
        self._record_rejection(site=self.key, reason=reason, provenance=provenance)

    def version_valid_at(self, instant: datetime) -> SiteVersion | None:
        """Return the version that stands at an instant, None where none covers it."""
        return next((row for row in self._ordered if row.covers(instant)), None)

    def departure_of(self, evse_uid: str, *, after: datetime) -> Remap | None:
        """Return the first remap after an instant by which an EVSE, or all with "", went on."""
        found = _of(self.departures, evse_uid)
        return min((row for row in found if row.valid_from > after), key=_begins, default=None)

    def arrival_of(self, evse_uid: str, *, before: datetime) -> Remap | None:
        """Return the last remap before an instant by which an EVSE came by this identity."""
        found = _of(self.arrivals, evse_uid)
        return max((row for row in found if row.valid_from < before), key=_begins, default=None)

    def _is_known(self, version: SiteVersion) -> bool:
        """True where it stands already, or waits already."""
        begun = [row for row in self.versions if row.valid_from == version.valid_from]
        waiting = self.proposal.version if self.proposal is not None else None
        return any(
            row is not None and row.says_the_same_as(version) for row in (*begun[-1:], waiting)
        )

    def _refuse_a_second_proposal(self) -> None:
        if self.proposal is not None:
            by = self.proposal.provenance.actor
            raise Refused(Refusal(Reason.WRONG_STATE, "proposal", "none", f"one of {by}"))

    def _refuse_without_proposal(self) -> Proposal:
        if self.proposal is None:
            raise Refused(Refusal(Reason.NOT_FOUND, "proposal", actual=self.key))
        return self.proposal

    @event("Recorded", topic="site.recorded.v1")
    def _record_version(self, site: str, version: SiteVersion, provenance: Provenance) -> None:
        self.versions = (*self.versions, version)
        ordered = sorted(self.versions, key=lambda row: (row.valid_from, row.number))
        self._ordered = tuple(reversed(ordered))
        if version.approver is not None:
            self.proposal = None

    @event("VersionProposed", topic="site.version_proposed.v1")
    def _propose_version(self, site: str, version: SiteVersion, provenance: Provenance) -> None:
        self.proposal = Proposal(provenance, version=version)

    @event("RemapProposed", topic="site.remap_proposed.v1")
    def _propose_remap(self, site: str, remap: Remap, provenance: Provenance) -> None:
        self.proposal = Proposal(provenance, remap=remap)

    @event("ProposalRejected", topic="site.proposal_rejected.v1")
    def _record_rejection(self, site: str, reason: str, provenance: Provenance) -> None:
        self.proposal = None

    @event("Suspended", topic="site.suspended.v1")
    def _record_suspension(self, site: str, suspension: Suspension, provenance: Provenance) -> None:
        self.suspensions = {**self.suspensions, suspension.valid_from: suspension}

    @event("Remapped", topic="site.remapped.v1")
    def _record_remap(
        self, site: str, remap: Remap, provenance: Provenance, author: str | None = None
    ) -> None:
        self.departures = {**self.departures, remap.old.evse_uid.lower(): remap}
        if author is not None:
            self.proposal = None

    @event("TookOver", topic="site.took_over.v1")
    def _record_arrival(self, site: str, remap: Remap, provenance: Provenance) -> None:
        self.arrivals = {**self.arrivals, remap.new.evse_uid.lower(): remap}


def _of(remaps: dict[str, Remap], evse_uid: str) -> list[Remap]:
    """Return an EVSE's own remap and that of the whole location; its own first."""
    names = dict.fromkeys((evse_uid.lower(), ""))
    return [remaps[name] for name in names if name in remaps]


def _begins(remap: Remap) -> datetime:
    return remap.valid_from
