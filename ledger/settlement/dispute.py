"""The dispute: opened by either party of a sale, answered by the other, decided, closed.

    new ──> opened ──> answered ──> upheld, partly_upheld, dismissed ──> closed
               │           │                                               ^
               └───────────┴──── withdrawn by who opened it, or settled ───┘

A decision closes at once, because its money moves with it. Who stays silent beyond the deadline
loses nothing by it: the dispute stays open, goes to finance, and may be decided without an answer.
"""

from ledger.roaming.control_statements import DisputeStatement
from ledger.settlement.claim import (
    Claim,
    Deadlines,
    Decided,
    DisputedPart,
    DisputeState,
    Ended,
    GrantedPart,
    HeldWord,
    Outcome,
    ReturnedPart,
    Said,
)
from ledger.settlement.recorded_dispute import RecordedDispute
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused

OPEN: tuple[DisputeState, ...] = ("opened", "answered")
"""States in which the disputed money stands on the disputed accounts."""


class Dispute(RecordedDispute):
    """A dispute about CDRs of one CPO; key `NL*XYZ/dispute-id`."""

    KIND = "dispute"

    @property
    def is_open(self) -> bool:
        """True from its opening until it is decided or withdrawn."""
        return self.state in OPEN

    def knows(self, speaker: str, command_id: str, sha256: str) -> bool:
        """True where this command was taken or held before.

        Refuses: ALREADY_EXISTS for another command of the same speaker and id.
        """
        known = self.commands.get((speaker, command_id))
        if known is not None and known != sha256:
            raise Refused(Refusal(Reason.ALREADY_EXISTS, "command_id", actual=command_id))
        return known is not None

    def hold(
        self, statement: DisputeStatement, *, sha256: str, refusal: Refusal, provenance: Provenance
    ) -> None:
        """Keep a message until what it speaks of is there."""
        self._record_hold(
            dispute=self.key,
            statement=statement,
            sha256=sha256,
            refusal=refusal,
            provenance=provenance,
        )

    def refuse_held(self, word: HeldWord, refusals: tuple[Refusal, ...]) -> None:
        """Refuse a held message: what it waited for is there, and speaks against it."""
        self._record_refusal(
            dispute=self.key,
            command=(word.statement.speaker, word.statement.command_id),
            refusals=refusals,
            moved_from="held",
            provenance=word.provenance,
        )

    def open(
        self,
        claim: Claim,
        parts: tuple[DisputedPart, ...],
        *,
        deadlines: Deadlines,
        said: Said,
        provenance: Provenance,
        moved_from: str = "new",
    ) -> None:
        """Open the dispute: its money leaves clearing. Refuses: ALREADY_EXISTS."""
        if self.state != "new":
            raise Refused(Refusal(Reason.ALREADY_EXISTS, "dispute_id", actual=claim.dispute_id))
        self._record_opening(
            dispute=self.key,
            claim=claim,
            parts=parts,
            deadlines=deadlines,
            said=said,
            visible_to=claim.parties,
            provenance=provenance,
            moved_from=moved_from,
        )

    def answer(self, said: Said, *, provenance: Provenance, moved_from: str = "new") -> None:
        """Answer for the other party. Refuses: DISPUTE_NOT_OPEN, WRONG_PARTY."""
        claim = self.opened("opened")
        _refuse_another(said, claim.against)
        self._record_answer(
            dispute=self.key,
            claim=claim,
            said=said,
            decision_due_at=self.decision_due_at,
            visible_to=claim.parties,
            provenance=provenance,
            moved_from=moved_from,
        )

    def decide(
        self,
        outcome: Decided,
        *,
        granted: tuple[GrantedPart, ...],
        returned: tuple[ReturnedPart, ...],
        said: Said,
        provenance: Provenance,
        moved_from: str = "new",
    ) -> None:
        """Uphold or dismiss: what was moved comes back, and what is granted follows with it.

        A party that is named in `said` consents, which only the other one can. Refuses:
        DISPUTE_NOT_OPEN, DISPUTE_NOT_ANSWERED while the other party still may answer, WRONG_PARTY.
        """
        claim = self.opened(*OPEN)
        if said.by is not None:
            _refuse_another(said, claim.against)
        elif self.state == "opened" and provenance.occurred_at < self.answer_due_at:
            raise Refused(
                Refusal(Reason.DISPUTE_NOT_ANSWERED, self.key, self.answer_due_at.isoformat())
            )
        self._record_decision(
            dispute=self.key,
            claim=claim,
            outcome=outcome,
            granted=granted,
            returned=returned,
            reverses_version=self.opened_version,
            said=said,
            visible_to=claim.parties,
            provenance=provenance,
            moved_from=moved_from,
        )

    def withdraw(
        self,
        returned: tuple[ReturnedPart, ...],
        *,
        said: Said,
        provenance: Provenance,
        moved_from: str = "new",
    ) -> None:
        """Take the dispute back, who opened it. Refuses: DISPUTE_NOT_OPEN, WRONG_PARTY."""
        claim = self.opened(*OPEN)
        _refuse_another(said, claim.opened_by)
        self._record_withdrawal(
            dispute=self.key,
            claim=claim,
            returned=returned,
            reverses_version=self.opened_version,
            said=said,
            visible_to=claim.parties,
            provenance=provenance,
            moved_from=moved_from,
        )

    def settle(self, returned: ReturnedPart, *, because: Ended, provenance: Provenance) -> None:
        """Let go of a CDR that ended otherwise. Refuses: DISPUTE_NOT_OPEN."""
        claim = self.opened(*OPEN)
        self._record_settlement(
            dispute=self.key,
            claim=claim,
            because=because,
            returned=(returned,),
            reverses_version=self.opened_version,
            state=self.state,
            visible_to=claim.parties,
            provenance=provenance,
        )

    def expire(self, *, provenance: Provenance) -> None:
        """Note that no answer came in time: finance goes on with it. Once, while unanswered."""
        if self.state == "opened" and not self.is_escalated:
            claim = self.opened("opened")
            self._record_expiry(
                dispute=self.key,
                claim=claim,
                due_at=self.answer_due_at,
                decision_due_at=self.decision_due_at,
                escalated_to="finance",
                visible_to=claim.parties,
                provenance=provenance,
            )

    def close(self, outcome: Outcome, *, provenance: Provenance) -> None:
        """Close the dispute: its money has followed."""
        claim = self.opened("opened", "answered", "upheld", "partly_upheld", "dismissed")
        self._record_close(
            dispute=self.key,
            claim=claim,
            outcome=outcome,
            visible_to=claim.parties,
            provenance=provenance,
        )


def _refuse_another(said: Said, party: str) -> None:
    if said.by != party:
        raise Refused(Refusal(Reason.WRONG_PARTY, "by", party, said.by or ""))
