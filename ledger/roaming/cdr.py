"""The CDR: held until it can be decided, then accepted with the whole decision recorded."""

from datetime import datetime

from eventsourcing.domain import event

from ledger.roaming.legs import Booking, Decision
from ledger.roaming.statements import CdrStatement
from ledger.values.aggregate import LedgerAggregate
from ledger.values.entries import Entry
from ledger.values.provenance import Provenance
from ledger.values.reasons import InvariantBroken, Refusal


class Cdr(LedgerAggregate):
    """A charge detail record; key `NL*XYZ/cdr-id`."""

    KIND = "cdr"
    KEY_FIELD = "cdr"

    state: str
    statement: CdrStatement | None
    content_sha256: str
    provenance: Provenance | None
    decision: Decision | None
    refusals: tuple[Refusal, ...]
    conflicting: frozenset[str]

    def begin(self) -> None:
        self.state = "new"
        self.statement = None
        self.content_sha256 = ""
        self.provenance = None
        self.decision = None
        self.refusals = ()
        self.conflicting = frozenset()

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
    ) -> None:
        """Keep the CDR until a fact or a person releases it; say it again only with news."""
        if self.state == "held" and self.refusals == refusals:
            return
        if self.state not in ("new", "held"):
            raise InvariantBroken(f"CDR {self.key} is {self.state}, it cannot be held")
        self._record_hold(
            cdr=self.key,
            statement=statement,
            content_sha256=content_sha256,
            refusals=refusals,
            provenance=provenance,
            moved_from=self.state,
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
    ) -> None:
        """Record the decision: from here on the CDR is money."""
        if self.state not in ("new", "held"):
            raise InvariantBroken(f"CDR {self.key} is {self.state}, it cannot be accepted")
        self._record_acceptance(
            cdr=self.key,
            statement=statement,
            content_sha256=content_sha256,
            decision=decision,
            provenance=provenance,
            moved_from=self.state,
            because=because,
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
        if self.state != "accepted" or self.decision is None:
            raise InvariantBroken(f"CDR {self.key} is {self.state}, there is nothing to reverse")
        self._record_new_decision(
            cdr=self.key,
            reverses_version=self.version,
            reversal=reversal,
            reversal_booking=reversal_booking,
            visible_to=self.decision.visible_to,
            decision=decision,
            refusals=refusals,
            because=because,
            provenance=provenance,
            moved_to="accepted" if decision is not None else "held",
            decided_at=decided_at,
        )

    @event("Held", topic="cdr.held.v1")
    def _record_hold(
        self,
        cdr: str,
        statement: CdrStatement,
        content_sha256: str,
        refusals: tuple[Refusal, ...],
        provenance: Provenance,
        moved_from: str,
    ) -> None:
        self.state = "held"
        self.statement, self.content_sha256 = statement, content_sha256
        self.refusals = refusals
        self.provenance = provenance

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
    ) -> None:
        self.state = "accepted"
        self.statement, self.content_sha256 = statement, content_sha256
        self.decision, self.refusals = decision, ()
        self.provenance = provenance

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
