"""What is decided about a CDR, and how it is recorded: held, refused, accepted, decided again.

`ledger.roaming.cdr` builds what people do on top of it.
"""

from datetime import datetime

from eventsourcing.domain import event

from ledger.evidence.signed_data import SignedEvidence
from ledger.roaming.interventions import Proposal, Reject, Standing
from ledger.roaming.legs import Booking, Decision
from ledger.roaming.release import Release
from ledger.roaming.statements import CdrStatement
from ledger.values.aggregate import LedgerAggregate
from ledger.values.entries import Entry
from ledger.values.provenance import Provenance
from ledger.values.reasons import InvariantBroken, Refusal

UNDECIDED = ("new", "held", "refused", "excluded")


class DecidedCdr(LedgerAggregate):
    """A CDR as it is decided: by a message, by a fact that arrived, by a credit."""

    KEY_FIELD = "cdr"

    state: str
    statement: CdrStatement | None
    content_sha256: str
    provenance: Provenance | None
    decision: Decision | None
    refusals: tuple[Refusal, ...]
    conflicting: frozenset[str]
    release: Release | None
    is_corrected: bool
    reject: Reject | None
    proposal: Proposal | None
    decided_version: int
    """The version of the event whose decision stands."""
    credited_by: str | None
    adjustments: tuple[Entry, ...]
    evidence: SignedEvidence | None
    review: tuple[Refusal, ...]
    """What a late fact would change, while a person decides whether it does."""

    def begin(self) -> None:
        self.state = "new"
        self.statement = None
        self.content_sha256 = ""
        self.provenance = None
        self.decision = None
        self.refusals = ()
        self.conflicting = frozenset()
        self.release = None
        self.is_corrected = False
        self.reject = None
        self.proposal = None
        self.decided_version = 0
        self.credited_by = None
        self.adjustments = ()
        self.evidence = None
        self.review = ()

    @property
    def standing(self) -> Standing:
        """What the CDR is in its period: the one word both sides use.

        What an eMSP gives its driver back is no matter of the two.
        """
        if self.state == "excluded":
            return "excluded"
        if self.state == "credited":
            return "credited"
        return "adjusted" if self.is_corrected or self.is_adjusted else "valid"

    @property
    def is_adjusted(self) -> bool:
        """True where a part of the CDR's own sale was given back."""
        return any(entry.leg == 0 for entry in self.adjustments)

    def knows(self, content_sha256: str) -> bool:
        """True where this content was recorded before, as the CDR or as a conflict."""
        return content_sha256 == self.content_sha256 or content_sha256 in self.conflicting

    def hold(
        self,
        statement: CdrStatement,
        *,
        content_sha256: str,
        refusals: tuple[Refusal, ...],
        provenance: Provenance,
        evidence: SignedEvidence | None = None,
        is_fatal: bool = False,
    ) -> None:
        """Keep the CDR until a fact or a person releases it; say it again only with news.

        A fatal finding refuses it: nothing but another CDR, or a correction, takes its place.
        """
        state = "refused" if is_fatal else "held"
        if self.state == state and self.refusals == refusals:
            return
        self._must_be(*UNDECIDED)
        record = self._record_refusal if is_fatal else self._record_hold
        record(
            cdr=self.key,
            statement=statement,
            content_sha256=content_sha256,
            refusals=refusals,
            provenance=provenance,
            moved_from=self.state,
            evidence=evidence,
        )

    def hold_conflict(
        self, statement: CdrStatement, *, content_sha256: str, provenance: Provenance
    ) -> None:
        """Keep other content under the same id: the first recorded stands, this one is held."""
        self._record_conflict(
            cdr=self.key,
            statement=statement,
            content_sha256=content_sha256,
            provenance=provenance,
        )

    def accept(
        self,
        statement: CdrStatement,
        *,
        content_sha256: str,
        decision: Decision,
        provenance: Provenance,
        because: str,
        evidence: SignedEvidence | None = None,
    ) -> None:
        """Record the decision: from here on the CDR is money."""
        self._must_be(*UNDECIDED)
        self._record_acceptance(
            cdr=self.key,
            statement=statement,
            content_sha256=content_sha256,
            decision=decision,
            provenance=provenance,
            moved_from=self.state,
            because=because,
            evidence=evidence,
        )

    def decide_again(
        self,
        *,
        decision: Decision | None,
        refusals: tuple[Refusal, ...],
        reversal: tuple[Entry, ...],
        reversal_booking: Booking,
        because: str,
        provenance: Provenance,
        decided_at: datetime,
    ) -> None:
        """Reverse what was booked and book the new decision, or hold the CDR again."""
        self._record_new_decision(
            cdr=self.key,
            reverses_version=self.decided_version,
            reversal=reversal,
            reversal_booking=reversal_booking,
            visible_to=self.booked().visible_to,
            decision=decision,
            refusals=refusals,
            because=because,
            provenance=provenance,
            moved_to="accepted" if decision is not None else "held",
            decided_at=decided_at,
        )

    def ask_for_review(
        self, findings: tuple[Refusal, ...], *, because: str, provenance: Provenance
    ) -> None:
        """Note what a late fact would change, for a person to let it; say it again only with news.

        `findings` are one LATE_FACT_TO_REVIEW with the price that would be and the one that stands.
        """
        if findings != self.review:
            self._record_review(
                cdr=self.key, because=because, findings=findings, provenance=provenance
            )

    def booked(self) -> Decision:
        """Return the decision that stands in the books. Raises InvariantBroken without one."""
        if self.state != "accepted" or self.decision is None:
            raise InvariantBroken(f"CDR {self.key} is {self.state}, there is nothing to reverse")
        return self.decision

    def _must_be(self, *states: str) -> None:
        if self.state not in states:
            raise InvariantBroken(f"CDR {self.key} is {self.state}, not {' or '.join(states)}")

    @event("Held", topic="cdr.held.v1")
    def _record_hold(
        self,
        cdr: str,
        statement: CdrStatement,
        content_sha256: str,
        refusals: tuple[Refusal, ...],
        provenance: Provenance,
        moved_from: str,
        evidence: SignedEvidence | None = None,
    ) -> None:
        self.state = "held"
        self._keep(statement, content_sha256, provenance, evidence)
        self.refusals = refusals

    @event("Refused", topic="cdr.refused.v1")
    def _record_refusal(
        self,
        cdr: str,
        statement: CdrStatement,
        content_sha256: str,
        refusals: tuple[Refusal, ...],
        provenance: Provenance,
        moved_from: str,
        evidence: SignedEvidence | None = None,
    ) -> None:
        self.state = "refused"
        self._keep(statement, content_sha256, provenance, evidence)
        self.refusals = refusals

    @event("ConflictHeld", topic="cdr.conflict_held.v1")
    def _record_conflict(
        self,
        cdr: str,
        statement: CdrStatement,
        content_sha256: str,
        provenance: Provenance,
    ) -> None:
        self.conflicting = self.conflicting | {content_sha256}

    @event("Accepted", topic="cdr.accepted.v1")
    def _record_acceptance(
        self,
        cdr: str,
        statement: CdrStatement,
        content_sha256: str,
        decision: Decision,
        provenance: Provenance,
        moved_from: str,
        because: str,
        evidence: SignedEvidence | None = None,
    ) -> None:
        self.state = "accepted"
        self._keep(statement, content_sha256, provenance, evidence)
        self.decision, self.refusals = decision, ()
        self.decided_version = self.version + 1  # the version becomes this event's after it applied

    @event("Redecided", topic="cdr.redecided.v1")
    def _record_new_decision(
        self,
        cdr: str,
        reverses_version: int,
        reversal: tuple[Entry, ...],
        reversal_booking: Booking,
        visible_to: tuple[str, ...],
        decision: Decision | None,
        refusals: tuple[Refusal, ...],
        because: str,
        provenance: Provenance,
        moved_to: str,
        decided_at: datetime,
    ) -> None:
        self.state = moved_to
        self.decision, self.refusals = decision, refusals
        self.review = ()
        self.adjustments = self.adjustments if decision is not None else ()
        self.decided_version = self.version + 1

    @event("ReviewAsked", topic="cdr.review_asked.v1")
    def _record_review(
        self, cdr: str, because: str, findings: tuple[Refusal, ...], provenance: Provenance
    ) -> None:
        self.review = findings

    def _keep(
        self,
        statement: CdrStatement,
        content_sha256: str,
        provenance: Provenance,
        evidence: SignedEvidence | None,
    ) -> None:
        self.statement, self.content_sha256 = statement, content_sha256
        self.provenance, self.evidence = provenance, evidence
