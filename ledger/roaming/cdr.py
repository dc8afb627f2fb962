"""The CDR: held until it can be decided, then accepted with the whole decision recorded.

    new ──> held ──> accepted ──> credited          refused: FATAL, only another CDR helps
             │  ^        │
             v  │        v                          excluded: a person took it out; readmitted,
          excluded <─────┘                          it is decided again

What people do stands beside the state: findings released, fields corrected, a reject that asks
for the CDR again, an action that waits for a second person.
"""

from decimal import Decimal

from eventsourcing.domain import event

from ledger.evidence.signed_data import SignedEvidence
from ledger.roaming.decided_cdr import UNDECIDED, DecidedCdr
from ledger.roaming.interventions import Change, Proposal, Reject
from ledger.roaming.legs import Booking, Leg
from ledger.roaming.release import Release
from ledger.roaming.statements import CdrStatement
from ledger.values.entries import Entry
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused


class Cdr(DecidedCdr):
    """A charge detail record, with what people do to it; key `NL*XYZ/cdr-id`."""

    KIND = "cdr"

    def release_findings(self, release: Release, *, provenance: Provenance) -> None:
        """Accept findings with a reason; what is decided next no longer holds for them.

        Refuses: CDR_NOT_HELD, FINDING_NOT_THERE, FINDING_NOT_RELEASABLE; the caller gives only
        codes that the catalogue lets go.
        """
        self._refuse_unless("held")
        codes = {refusal.reason.value for refusal in self.refusals}
        earlier = self.release.codes if self.release is not None else ()
        absent = [code for code in release.codes if code not in (*codes, *earlier)]
        if absent or not codes.intersection(release.codes):
            raise Refused(
                Refusal(
                    Reason.FINDING_NOT_THERE,
                    "codes",
                    ", ".join(sorted(codes)),
                    ", ".join(absent),
                )
            )
        self._record_release(cdr=self.key, release=release, provenance=provenance)

    def undo_release(self, *, reason: str, provenance: Provenance) -> None:
        """Take a release back: what it let go holds again. Refuses: NOTHING_TO_UNDO."""
        if self.release is None:
            raise Refused(Refusal(Reason.NOTHING_TO_UNDO, "release"))
        self._record_release_undone(
            cdr=self.key, release=self.release, reason=reason, provenance=provenance
        )

    def correct(
        self,
        statement: CdrStatement,
        changes: tuple[Change, ...],
        *,
        reason: str,
        provenance: Provenance,
    ) -> None:
        """Set fields anew, before and after kept. Refuses: CDR_NOT_OPEN."""
        self._refuse_unless("held", "refused", "accepted")
        self._record_correction(
            cdr=self.key,
            statement=statement,
            changes=changes,
            reason=reason,
            provenance=provenance,
        )

    def exclude(
        self,
        *,
        reason: str,
        reversal: tuple[Entry, ...],
        reversal_booking: Booking | None,
        provenance: Provenance,
    ) -> None:
        """Take the CDR out: what was booked is reversed. Refuses: CDR_NOT_OPEN."""
        self._refuse_unless("held", "refused", "accepted")
        self._record_exclusion(
            cdr=self.key,
            reason=reason,
            moved_from=self.state,
            reverses_version=self.decided_version,
            reversal=reversal,
            reversal_booking=reversal_booking,
            visible_to=self.decision.visible_to if self.decision else (),
            provenance=provenance,
        )

    def readmit(self, *, reason: str, provenance: Provenance) -> None:
        """Undo an exclusion: the CDR is decided as if it had just come. Refuses: CDR_NOT_OPEN."""
        self._refuse_unless("excluded")
        self._record_readmission(cdr=self.key, reason=reason, provenance=provenance)

    def request_resubmission(self, reject: Reject, *, provenance: Provenance) -> None:
        """Ask the sender for the CDR again. Refuses: CDR_NOT_OPEN, ALREADY_EXISTS."""
        self._refuse_unless("held", "refused")
        if self.reject is not None:
            raise Refused(Refusal(Reason.ALREADY_EXISTS, "reject", actual=self.reject.reject_id))
        self._record_reject(cdr=self.key, reject=reject, provenance=provenance)

    def resubmit(
        self,
        statement: CdrStatement,
        *,
        content_sha256: str,
        provenance: Provenance,
        evidence: SignedEvidence | None = None,
    ) -> bool:
        """Take the CDR that a reject asked for in place of the first; False where none did."""
        reject = self.reject
        cited = statement.clearwatt.reject_id if statement.clearwatt else None
        if reject is None or cited != reject.reject_id or self.state not in UNDECIDED:
            return False
        self._record_resubmission(
            cdr=self.key,
            statement=statement,
            content_sha256=content_sha256,
            replaces_sha256=self.content_sha256,
            reject_id=reject.reject_id,
            provenance=provenance,
            evidence=evidence,
        )
        return True

    def accept_credit(
        self,
        statement: CdrStatement,
        *,
        content_sha256: str,
        credits: str,
        visible_to: tuple[str, ...],
        provenance: Provenance,
    ) -> None:
        """Record that this credit CDR did its work; the money is in the original's event."""
        self._must_be(*UNDECIDED)
        self._record_credit_acceptance(
            cdr=self.key,
            statement=statement,
            content_sha256=content_sha256,
            credits=credits,
            visible_to=visible_to,
            moved_from=self.state,
            provenance=provenance,
        )

    def credit(
        self,
        by: str,
        *,
        reason: str,
        reversal: tuple[Entry, ...],
        reversal_booking: Booking,
        provenance: Provenance,
    ) -> None:
        """Reverse the CDR's recorded lines for a credit CDR, named by its key."""
        self._record_credit(
            cdr=self.key,
            credit=by,
            reason=reason,
            reverses_version=self.decided_version,
            reversal=reversal,
            reversal_booking=reversal_booking,
            visible_to=self.booked().visible_to,
            provenance=provenance,
        )

    def adjust(
        self,
        *,
        amount: Decimal,
        reason: str,
        entries: tuple[Entry, ...],
        booking: Booking,
        provenance: Provenance,
        of: Leg | None = None,
    ) -> None:
        """Give back a part: `amount` gross, in the sale's currency, as a credit note inside.

        `of` is the sale: else that between the parties. A refund to a driver only its seller sees.
        """
        decision = self.booked()
        sale = of or decision.legs[0]
        self._record_adjustment(
            cdr=self.key,
            amount=amount,
            currency=sale.currency,
            reason=reason,
            entries=entries,
            booking=booking,
            visible_to=decision.visible_to if of is None else (of.seller,),
            provenance=provenance,
        )

    def propose(self, proposal: Proposal) -> None:
        """Note an action that needs a second person; a newer one takes the older's place."""
        self._record_proposal(cdr=self.key, proposal=proposal, provenance=proposal.provenance)

    def _refuse_unless(self, *states: str) -> None:
        if self.state not in states:
            reason = Reason.CDR_NOT_HELD if states == ("held",) else Reason.CDR_NOT_OPEN
            raise Refused(Refusal(reason, self.key, " or ".join(states), self.state))

    @event("Released", topic="cdr.released.v1")
    def _record_release(self, cdr: str, release: Release, provenance: Provenance) -> None:
        self.release = release
        self.proposal = None

    @event("ReleaseUndone", topic="cdr.release_undone.v1")
    def _record_release_undone(
        self, cdr: str, release: Release, reason: str, provenance: Provenance
    ) -> None:
        self.release = None

    @event("Corrected", topic="cdr.corrected.v1")
    def _record_correction(
        self,
        cdr: str,
        statement: CdrStatement,
        changes: tuple[Change, ...],
        reason: str,
        provenance: Provenance,
    ) -> None:
        self.statement, self.is_corrected = statement, True
        self.proposal = None

    @event("Excluded", topic="cdr.excluded.v1")
    def _record_exclusion(
        self,
        cdr: str,
        reason: str,
        moved_from: str,
        reverses_version: int,
        reversal: tuple[Entry, ...],
        reversal_booking: Booking | None,
        visible_to: tuple[str, ...],
        provenance: Provenance,
    ) -> None:
        self.state = "excluded"
        self.decision, self.proposal = None, None
        self.adjustments = ()

    @event("Readmitted", topic="cdr.readmitted.v1")
    def _record_readmission(self, cdr: str, reason: str, provenance: Provenance) -> None:
        self.state = "new"

    @event("Rejected", topic="cdr.rejected.v1")
    def _record_reject(self, cdr: str, reject: Reject, provenance: Provenance) -> None:
        self.reject = reject

    @event("Resubmitted", topic="cdr.resubmitted.v1")
    def _record_resubmission(
        self,
        cdr: str,
        statement: CdrStatement,
        content_sha256: str,
        replaces_sha256: str,
        reject_id: str,
        provenance: Provenance,
        evidence: SignedEvidence | None = None,
    ) -> None:
        self.conflicting = self.conflicting | {replaces_sha256}
        self.state, self.reject = "new", None
        self._keep(statement, content_sha256, provenance, evidence)

    @event("CreditAccepted", topic="cdr.credit_accepted.v1")
    def _record_credit_acceptance(
        self,
        cdr: str,
        statement: CdrStatement,
        content_sha256: str,
        credits: str,
        visible_to: tuple[str, ...],
        moved_from: str,
        provenance: Provenance,
    ) -> None:
        self.state = "accepted"
        self._keep(statement, content_sha256, provenance, None)
        self.refusals = ()

    @event("Credited", topic="cdr.credited.v1")
    def _record_credit(
        self,
        cdr: str,
        credit: str,
        reason: str,
        reverses_version: int,
        reversal: tuple[Entry, ...],
        reversal_booking: Booking,
        visible_to: tuple[str, ...],
        provenance: Provenance,
    ) -> None:
        self.state, self.credited_by = "credited", credit
        self.proposal = None

    @event("Adjusted", topic="cdr.adjusted.v1")
    def _record_adjustment(
        self,
        cdr: str,
        amount: Decimal,
        currency: str,
        reason: str,
        entries: tuple[Entry, ...],
        booking: Booking,
        visible_to: tuple[str, ...],
        provenance: Provenance,
    ) -> None:
        self.adjustments = (*self.adjustments, *entries)
        self.proposal = None

    @event("ActionProposed", topic="cdr.action_proposed.v1")
    def _record_proposal(self, cdr: str, proposal: Proposal, provenance: Provenance) -> None:
        self.proposal = proposal
