"""A driver's payment: what the party that collects tells of it, and what of that is booked.

Each event of the payment is accepted or held by itself. An accepted one may be taken back: an
event that comes late and belongs before it can leave too little for it. `payment_rules` says
which events stand, `payment_steps` what is kept of each.
"""

from collections.abc import Callable

from eventsourcing.domain import event

from ledger.books.entries import reversal_of
from ledger.fx.convert import FxDecision
from ledger.roaming.legs import Booking
from ledger.roaming.payment_statements import PaymentStatement
from ledger.settlement.payment_steps import PaymentDecision, PaymentStep, Told
from ledger.values.aggregate import LedgerAggregate
from ledger.values.entries import Entry
from ledger.values.provenance import Provenance
from ledger.values.reasons import InvariantBroken, Refusal


class Payment(LedgerAggregate):
    """A driver's payment for a charge of one CPO; key `NL*XYZ/pay-1`.

    It is no shared fact: nothing else is decided on it. `steps` are its events by sequence.
    """

    KIND = "payment"
    KEY_FIELD = "payment"

    steps: dict[int, PaymentStep]
    conflicting: frozenset[str]

    def begin(self) -> None:
        self.steps = {}
        self.conflicting = frozenset()

    @property
    def is_waiting(self) -> bool:
        """True while an event of it is held."""
        return any(step.decision is None for step in self.steps.values())

    def knows(self, content_sha256: str) -> bool:
        """True where this event was taken, held or found in conflict before."""
        known = {step.told.content_sha256 for step in self.steps.values()}
        return content_sha256 in known | self.conflicting

    def contradicts(self, statement: PaymentStatement) -> bool:
        """True for a sequence that is known, and for another collector or provider."""
        if statement.sequence in self.steps:
            return True
        known = [step.told.statement for step in self.steps.values()]
        return any((row.speaker, row.psp) != (statement.speaker, statement.psp) for row in known)

    def decision_on(self, step: PaymentStep) -> PaymentDecision:
        """Return what was decided about an event that stands. Raises InvariantBroken if none."""
        if step.decision is None:
            sequence = step.told.statement.sequence
            raise InvariantBroken(f"event {sequence} of payment {self.key} does not stand")
        return step.decision

    def hold_conflict(self, told: Told) -> None:
        """Record what says something else than what was recorded first, which stands."""
        self._record_conflict(
            payment=self.key,
            statement=told.statement,
            content_sha256=told.content_sha256,
            visible_to=told.visible_to,
            provenance=told.provenance,
        )

    def hold(self, told: Told, refusals: tuple[Refusal, ...]) -> None:
        """Hold an event; nothing is recorded where it is held for the same already."""
        known = self.steps.get(told.statement.sequence)
        if known is not None and known.refusals == refusals:
            return
        self._record_hold(
            payment=self.key,
            statement=told.statement,
            content_sha256=told.content_sha256,
            refusals=refusals,
            moved_from="new" if known is None else "held",
            visible_to=told.visible_to,
            provenance=told.provenance,
        )

    def accept(
        self,
        told: Told,
        *,
        entries: tuple[Entry, ...],
        booking: Booking,
        because: str,
        fx: FxDecision | None = None,
    ) -> None:
        """Let an event stand, with what it books, and the rate at which it is converted."""
        statement = told.statement
        decision = PaymentDecision(
            statement,
            told.content_sha256,
            booking,
            told.visible_to,
            entries,
            because,
            "held" if statement.sequence in self.steps else "new",
            fx,
        )
        recorders: dict[str, Callable[..., None]] = {
            "AUTHORISED": self._record_authorisation,
            "CAPTURED": self._record_capture,
            "REFUNDED": self._record_refund,
            "CHARGED_BACK": self._record_chargeback,
            "FAILED": self._record_failure,
            "CANCELLED": self._record_cancellation,
        }
        recorders[statement.status](payment=self.key, decision=decision, provenance=told.provenance)

    def take_back(
        self,
        step: PaymentStep,
        *,
        refusals: tuple[Refusal, ...],
        booking: Booking,
        because: str,
        provenance: Provenance,
    ) -> None:
        """Hold an event that stood: what it booked is reversed to the last digit."""
        entries = self.decision_on(step).entries
        self._record_return(
            payment=self.key,
            statement=step.told.statement,
            refusals=refusals,
            reversal=tuple(reversal_of(entry) for entry in entries),
            reversal_booking=booking,
            because=because,
            visible_to=step.told.visible_to,
            provenance=provenance,
        )

    def _decide(self, decision: PaymentDecision, provenance: Provenance) -> None:
        told = Told(decision.statement, decision.content_sha256, provenance)
        self._keep(PaymentStep(told, decision))

    def _keep(self, step: PaymentStep) -> None:
        self.steps = {**self.steps, step.told.statement.sequence: step}

    @event("Authorised", topic="payment.authorised.v1")
    def _record_authorisation(
        self, payment: str, decision: PaymentDecision, provenance: Provenance
    ) -> None:
        self._decide(decision, provenance)

    @event("Captured", topic="payment.captured.v1")
    def _record_capture(
        self, payment: str, decision: PaymentDecision, provenance: Provenance
    ) -> None:
        self._decide(decision, provenance)

    @event("Refunded", topic="payment.refunded.v1")
    def _record_refund(
        self, payment: str, decision: PaymentDecision, provenance: Provenance
    ) -> None:
        self._decide(decision, provenance)

    @event("ChargedBack", topic="payment.charged_back.v1")
    def _record_chargeback(
        self, payment: str, decision: PaymentDecision, provenance: Provenance
    ) -> None:
        self._decide(decision, provenance)

    @event("Failed", topic="payment.failed.v1")
    def _record_failure(
        self, payment: str, decision: PaymentDecision, provenance: Provenance
    ) -> None:
        self._decide(decision, provenance)

    @event("Cancelled", topic="payment.cancelled.v1")
    def _record_cancellation(
        self, payment: str, decision: PaymentDecision, provenance: Provenance
    ) -> None:
        self._decide(decision, provenance)

    @event("Held", topic="payment.held.v1")
    def _record_hold(
        self,
        payment: str,
        statement: PaymentStatement,
        content_sha256: str,
        refusals: tuple[Refusal, ...],
        moved_from: str,
        visible_to: tuple[str, ...],
        provenance: Provenance,
    ) -> None:
        told = Told(statement, content_sha256, provenance)
        self._keep(PaymentStep(told, refusals=refusals))

    @event("TakenBack", topic="payment.taken_back.v1")
    def _record_return(
        self,
        payment: str,
        statement: PaymentStatement,
        refusals: tuple[Refusal, ...],
        reversal: tuple[Entry, ...],
        reversal_booking: Booking,
        because: str,
        visible_to: tuple[str, ...],
        provenance: Provenance,
    ) -> None:
        told = self.steps[statement.sequence].told
        self._keep(PaymentStep(told, refusals=refusals))

    @event("ConflictHeld", topic="payment.conflict_held.v1")
    def _record_conflict(
        self,
        payment: str,
        statement: PaymentStatement,
        content_sha256: str,
        visible_to: tuple[str, ...],
        provenance: Provenance,
    ) -> None:
        self.conflicting = self.conflicting | {content_sha256}
