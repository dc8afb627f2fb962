"""The case file of an exception: who has it, and what was said about it.

What is *done* about an exception is recorded with the record itself (`ledger.roaming.cdr`).
"""

from eventsourcing.domain import event

from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused

LONGEST_TEXT = 4000


class Case(LedgerAggregate):
    """A case file; its key names kind and record, such as `cdr NL*XYZ/c1`."""

    KIND = "case"
    KEY_FIELD = "case"

    assignee: str | None

    def begin(self) -> None:
        self.assignee = None

    def assign(self, to: str, *, provenance: Provenance) -> None:
        """Give the case to an actor; to the one who has it already, nothing happens."""
        if to != self.assignee:
            self._record_assignment(case=self.key, to=to, provenance=provenance)

    def comment(self, text: str, *, provenance: Provenance) -> None:
        """Keep what is said. Refuses: REASON_MISSING, TEXT_TOO_LONG."""
        if not text.strip():
            raise Refused(Refusal(Reason.REASON_MISSING, "text"))
        if len(text) > LONGEST_TEXT:
            raise Refused(Refusal(Reason.TEXT_TOO_LONG, "text", f"at most {LONGEST_TEXT}"))
        self._record_comment(case=self.key, text=text.strip(), provenance=provenance)

    @event("Assigned", topic="exception.assigned.v1")
    def _record_assignment(self, case: str, to: str, provenance: Provenance) -> None:
        self.assignee = to

    @event("Commented", topic="exception.commented.v1")
    def _record_comment(self, case: str, text: str, provenance: Provenance) -> None:
        """A comment changes nothing but the file."""
