"""What is recorded of a dispute, and the state it leads to.

`ledger.settlement.dispute` builds what may be done on top of it.
"""

from collections.abc import Sequence
from datetime import datetime

from eventsourcing.domain import event

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
from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused


class RecordedDispute(LedgerAggregate):
    """A dispute as its events tell it."""

    KEY_FIELD = "dispute"

    state: DisputeState
    outcome: Outcome | None
    claim: Claim | None
    parts: tuple[DisputedPart, ...]
    deadlines: Deadlines | None
    opened_version: int
    actors: frozenset[str]
    """Who opened and answered it: a second person is none of them."""
    is_escalated: bool
    commands: dict[tuple[str, str], str]
    held: tuple[HeldWord, ...]

    def begin(self) -> None:
        self.state, self.outcome = "new", None
        self.claim, self.parts, self.deadlines = None, (), None
        self.opened_version = 0
        self.actors, self.is_escalated = frozenset(), False
        self.commands, self.held = {}, ()

    def opened(self, *states: DisputeState) -> Claim:
        """Return what is disputed. Refuses: NOT_FOUND, DISPUTE_NOT_OPEN in any other state."""
        if self.claim is None or self.deadlines is None:
            raise Refused(Refusal(Reason.NOT_FOUND, "dispute", actual=self.key))
        if self.state not in states:
            raise Refused(
                Refusal(Reason.DISPUTE_NOT_OPEN, self.key, " or ".join(states), self.state)
            )
        return self.claim

    @property
    def answer_due_at(self) -> datetime:
        """Until when the other party answers. Refuses: NOT_FOUND before the opening."""
        return self._due().answer_due_at

    @property
    def decision_due_at(self) -> datetime:
        """Until when it is decided. Refuses: NOT_FOUND before the opening."""
        return self._due().decision_due_at

    def _due(self) -> Deadlines:
        if self.deadlines is None:
            raise Refused(Refusal(Reason.NOT_FOUND, "dispute", actual=self.key))
        return self.deadlines

    def _heard(self, said: Said, provenance: Provenance) -> None:
        self.actors = self.actors | {provenance.actor}
        if said.by is not None and said.command_id is not None:
            self._know((said.by, said.command_id), said.sha256 or "")

    def _know(self, command: tuple[str, str], sha256: str) -> None:
        self.commands = {**self.commands, command: sha256}
        self.held = tuple(word for word in self.held if _command_of(word) != command)

    def _let_go(self, returned: Sequence[ReturnedPart]) -> None:
        gone = {part.cdr for part in returned}
        self.parts = tuple(part for part in self.parts if part.cdr not in gone)

    @event("Held", topic="dispute.held.v1")
    def _record_hold(
        self,
        dispute: str,
        statement: DisputeStatement,
        sha256: str,
        refusal: Refusal,
        provenance: Provenance,
    ) -> None:
        word = HeldWord(statement, sha256, provenance)
        self._know(_command_of(word), sha256)
        self.held = (*self.held, word)

    @event("Refused", topic="dispute.refused.v1")
    def _record_refusal(
        self,
        dispute: str,
        command: tuple[str, str],
        refusals: tuple[Refusal, ...],
        moved_from: str,
        provenance: Provenance,
    ) -> None:
        self.held = tuple(word for word in self.held if _command_of(word) != command)

    @event("Opened", topic="dispute.opened.v1")
    def _record_opening(
        self,
        dispute: str,
        claim: Claim,
        parts: tuple[DisputedPart, ...],
        deadlines: Deadlines,
        said: Said,
        visible_to: tuple[str, ...],
        provenance: Provenance,
        moved_from: str = "new",
    ) -> None:
        self.state = "opened"
        self.claim, self.parts, self.deadlines = claim, parts, deadlines
        self.opened_version = self.version + 1  # this event's own, which is taken over after it
        self._heard(said, provenance)

    @event("Answered", topic="dispute.answered.v1")
    def _record_answer(
        self,
        dispute: str,
        claim: Claim,
        said: Said,
        decision_due_at: datetime,
        visible_to: tuple[str, ...],
        provenance: Provenance,
        moved_from: str = "new",
    ) -> None:
        self.state = "answered"
        self._heard(said, provenance)

    @event("Decided", topic="dispute.decided.v1")
    def _record_decision(
        self,
        dispute: str,
        claim: Claim,
        outcome: Decided,
        granted: tuple[GrantedPart, ...],
        returned: tuple[ReturnedPart, ...],
        reverses_version: int,
        said: Said,
        visible_to: tuple[str, ...],
        provenance: Provenance,
        moved_from: str = "new",
    ) -> None:
        self.state = outcome
        self._let_go(returned)
        self._heard(said, provenance)

    @event("Withdrawn", topic="dispute.withdrawn.v1")
    def _record_withdrawal(
        self,
        dispute: str,
        claim: Claim,
        returned: tuple[ReturnedPart, ...],
        reverses_version: int,
        said: Said,
        visible_to: tuple[str, ...],
        provenance: Provenance,
        moved_from: str = "new",
    ) -> None:
        self.state, self.outcome = "closed", "withdrawn"
        self._let_go(returned)
        self._heard(said, provenance)

    @event("Settled", topic="dispute.settled.v1")
    def _record_settlement(
        self,
        dispute: str,
        claim: Claim,
        because: Ended,
        returned: tuple[ReturnedPart, ...],
        reverses_version: int,
        state: DisputeState,
        visible_to: tuple[str, ...],
        provenance: Provenance,
    ) -> None:
        self._let_go(returned)

    @event("Expired", topic="dispute.expired.v1")
    def _record_expiry(
        self,
        dispute: str,
        claim: Claim,
        due_at: datetime,
        decision_due_at: datetime,
        escalated_to: str,
        visible_to: tuple[str, ...],
        provenance: Provenance,
    ) -> None:
        self.is_escalated = True

    @event("Closed", topic="dispute.closed.v1")
    def _record_close(
        self,
        dispute: str,
        claim: Claim,
        outcome: Outcome,
        visible_to: tuple[str, ...],
        provenance: Provenance,
    ) -> None:
        self.state, self.outcome = "closed", outcome


def _command_of(word: HeldWord) -> tuple[str, str]:
    return word.statement.speaker, word.statement.command_id
