"""Agreements: versioned terms between a seller and a buyer, agreed by two people.

A version is submitted by one person and approved or rejected by another; it is in force from its
`valid_from` on. Read `agreement_version` (its shape), `agreement_rules` (what makes terms wrong)
and `agreement_validity` (what versions say together) first.
"""

from collections.abc import Sequence
from datetime import datetime

from eventsourcing.domain import event
from msgspec.structs import replace

from ledger.roaming.agreement_rules import errors_of
from ledger.roaming.agreement_validity import errors_of_validity
from ledger.roaming.agreement_version import AgreementVersion, Draft, Suspension, TemplateUse
from ledger.roaming.terms import Terms
from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused

__all__ = ["Agreement", "AgreementVersion", "Draft", "Suspension", "TemplateUse"]


class Agreement(LedgerAggregate):
    """What `seller` and `buyer` agreed; its key is `NL*XYZ>DE*EMP`."""

    KIND = "agreement"
    KEY_FIELD = "agreement"
    IS_SHARED_FACT = True
    KEPT = "in_pieces"

    versions: tuple[AgreementVersion, ...]
    drafts: tuple[Draft, ...]
    """Those that wait for a second person, in the order in which they were submitted."""
    suspensions: tuple[Suspension, ...]
    last_draft: int

    def begin(self) -> None:
        self.versions = ()
        self.drafts = ()
        self.suspensions = ()
        self.last_draft = 0

    @property
    def seller(self) -> str:
        """The party that sells under this agreement."""
        return self.key.split(">")[0]

    @property
    def buyer(self) -> str:
        """The party that buys under this agreement."""
        return self.key.split(">")[1]

    @property
    def parties(self) -> frozenset[str]:
        """Seller, buyer and every payee that any version names."""
        payees = {payee for version in self.versions for payee in version.payees.values()}
        return frozenset({self.seller, self.buyer, *payees})

    @property
    def shared_locations(self) -> frozenset[str]:
        """Keys of the locations whose sales any version shares, or shared before."""
        return frozenset().union(*(row.shared_locations(self.buyer) for row in self.versions))

    def submit(
        self, version: AgreementVersion, *, document_sha256: str, provenance: Provenance
    ) -> int:
        """Propose a version; return the number of its draft, 0 where it is agreed already.

        The same again changes nothing. Refuses what `agreement_rules` and `agreement_validity`
        find, beside what is agreed and what else waits; all errors at once.
        """
        proposed = replace(version, number=0)
        if any(replace(row, number=0) == proposed for row in self.versions):
            return 0
        for draft in self.drafts:
            if draft.version == proposed:
                return draft.number
        beside = (*self.versions, *(draft.version for draft in self.drafts))
        self._refuse_errors(proposed, beside, self.versions, provenance.occurred_at)
        number = self.last_draft + 1
        self._record_submission(
            agreement=self.key,
            draft=Draft(number, proposed, document_sha256, provenance.actor),
            provenance=provenance,
        )
        return number

    def approve(
        self, numbers: Sequence[int], *, provenance: Provenance
    ) -> tuple[AgreementVersion, ...]:
        """Agree what others submitted: drafts that belong together, in the order they begin.

        Refuses: NOT_FOUND, SECOND_PERSON_REQUIRED (its author), and what has become wrong with it
        since it was submitted.
        """
        drafts = sorted(map(self._draft, numbers), key=lambda row: row.version.valid_from)
        if any(draft.author == provenance.actor for draft in drafts):
            raise Refused(_second_person(provenance.actor))
        agreed_before = self.versions
        for draft in drafts:
            at = provenance.occurred_at
            self._refuse_errors(draft.version, self.versions, agreed_before, at)
            self._record_version(
                agreement=self.key,
                version=replace(draft.version, number=len(self.versions) + 1),
                author=draft.author,
                approver=provenance.actor,
                provenance=provenance,
                draft=draft.number,
                document_sha256=draft.document_sha256,
            )
        return self.versions[len(agreed_before) :]

    def reject(self, number: int, *, reason: str, provenance: Provenance) -> Draft:
        """Send a draft back, or take one's own back. Refuses: NOT_FOUND, REASON_MISSING."""
        draft = self._draft(number)
        _refuse_no_reason(reason)
        self._record_rejection(
            agreement=self.key, draft=number, reason=reason, provenance=provenance
        )
        return draft

    def agree(
        self,
        terms: Terms,
        *,
        valid_from: datetime,
        valid_until: datetime | None,
        author: str,
        approver: str,
        provenance: Provenance,
        correction: str = "",
        template: TemplateUse | None = None,
    ) -> None:
        """Record a version at once, written by one person and approved by another.

        The same again changes nothing. Refuses: SECOND_PERSON_REQUIRED, and what `approve`
        refuses; all errors at once.
        """
        version = AgreementVersion(0, valid_from, valid_until, terms, template, correction)
        if any(replace(row, number=0) == version for row in self.versions):
            return
        also = [_second_person(approver)] if author == approver else []
        self._refuse_errors(
            version, self.versions, self.versions, provenance.occurred_at, also=also
        )
        self._record_version(
            agreement=self.key,
            version=replace(version, number=len(self.versions) + 1),
            author=author,
            approver=approver,
            provenance=provenance,
        )

    def suspend(self, suspended_from: datetime, *, reason: str, provenance: Provenance) -> None:
        """Hold what starts from an instant on; what started before stays decided.

        Refuses: REASON_MISSING, NOT_FOUND (nothing is agreed), WRONG_STATE (suspended already),
        RETROACTIVE (it would begin before now).
        """
        _refuse_no_reason(reason)
        if not self.versions:
            raise Refused(Refusal(Reason.NOT_FOUND, "agreement", actual=self.key))
        if self.suspensions and self.suspensions[-1].resumed_from is None:
            since = self.suspensions[-1].suspended_from.isoformat()
            raise Refused(Refusal(Reason.WRONG_STATE, "state", "agreed", f"suspended from {since}"))
        now = provenance.occurred_at
        if suspended_from < now:
            raise Refused(
                Refusal(
                    Reason.RETROACTIVE,
                    "suspended_from",
                    f"{now.isoformat()} or later",
                    suspended_from.isoformat(),
                )
            )
        self._record_suspension(
            agreement=self.key,
            suspended_from=suspended_from,
            reason=reason,
            provenance=provenance,
        )

    def resume(self, resumed_from: datetime, *, provenance: Provenance) -> Suspension:
        """End the suspension for what starts from an instant on, which may be over.

        Refuses: WRONG_STATE (nothing is suspended), INVALID_DOCUMENT (before the suspension).
        """
        last = self.suspensions[-1] if self.suspensions else None
        if last is None or last.resumed_from is not None:
            raise Refused(Refusal(Reason.WRONG_STATE, "state", "suspended", "agreed"))
        if resumed_from < last.suspended_from:
            since = last.suspended_from.isoformat()
            raise Refused(Refusal(Reason.INVALID_DOCUMENT, "resumed_from", f"{since} or later"))
        self._record_resumption(
            agreement=self.key, resumed_from=resumed_from, provenance=provenance
        )
        return last

    def version_valid_at(self, instant: datetime) -> AgreementVersion | None:
        """Return the version in force: of those that cover the instant, the one that began last.

        Of two that began together the later one corrects the other.
        """
        covering = [version for version in self.versions if version.covers(instant)]
        if len(covering) < 2:
            return covering[0] if covering else None
        return max(covering, key=lambda version: (version.valid_from, version.number))

    def suspension_at(self, instant: datetime) -> Suspension | None:
        """Return the suspension in which an instant lies."""
        return next((row for row in self.suspensions if row.covers(instant)), None)

    def _draft(self, number: int) -> Draft:
        for draft in self.drafts:
            if draft.number == number:
                return draft
        name = f"{self.key} draft {number}"
        raise Refused(Refusal(Reason.NOT_FOUND, "draft", "a draft that waits", name))

    def _refuse_errors(
        self,
        version: AgreementVersion,
        beside: Sequence[AgreementVersion],
        agreed_before: Sequence[AgreementVersion],
        at: datetime,
        *,
        also: Sequence[Refusal] = (),
    ) -> None:
        refusals = [
            *errors_of(version.terms, valid_from=version.valid_from),
            *also,
            *errors_of_validity(version, beside, agreed_before=agreed_before, at=at),
        ]
        if refusals:
            raise Refused(*refusals)

    @event("Submitted", topic="agreement.submitted.v1")
    def _record_submission(self, agreement: str, draft: Draft, provenance: Provenance) -> None:
        self.drafts = (*self.drafts, draft)
        self.last_draft = draft.number

    @event("Agreed", topic="agreement.agreed.v4")
    def _record_version(
        self,
        agreement: str,
        version: AgreementVersion,
        author: str,
        approver: str,
        provenance: Provenance,
        draft: int = 0,
        document_sha256: str = "",
    ) -> None:
        self.versions = (*self.versions, version)
        self.drafts = tuple(row for row in self.drafts if row.number != draft)

    @event("DraftRejected", topic="agreement.draft_rejected.v1")
    def _record_rejection(
        self, agreement: str, draft: int, reason: str, provenance: Provenance
    ) -> None:
        self.drafts = tuple(row for row in self.drafts if row.number != draft)

    @event("Suspended", topic="agreement.suspended.v1")
    def _record_suspension(
        self, agreement: str, suspended_from: datetime, reason: str, provenance: Provenance
    ) -> None:
        self.suspensions = (*self.suspensions, Suspension(suspended_from, reason))

    @event("Resumed", topic="agreement.resumed.v1")
    def _record_resumption(
        self, agreement: str, resumed_from: datetime, provenance: Provenance
    ) -> None:
        *before, last = self.suspensions
        self.suspensions = (*before, replace(last, resumed_from=resumed_from))


def _second_person(actor: str) -> Refusal:
    return Refusal(Reason.SECOND_PERSON_REQUIRED, "approver", "another than the author", actor)


def _refuse_no_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused(Refusal(Reason.REASON_MISSING, "reason"))
