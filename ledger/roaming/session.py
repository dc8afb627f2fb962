"""Sessions: what a CPO tells while a car charges; the newest update stands."""

from eventsourcing.domain import event

from ledger.roaming.statements import SessionStatement
from ledger.values.aggregate import LedgerAggregate
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance


class Session(LedgerAggregate):
    """A charging session; key `NL*XYZ/session-id`."""

    KIND = "session"
    KEY_FIELD = "session"

    latest: SessionStatement | None
    content_sha256: str
    conflicting: frozenset[str]

    def begin(self) -> None:
        self.latest = None
        self.content_sha256 = ""
        self.conflicting = frozenset()

    def update(
        self, statement: SessionStatement, *, content_sha256: str, provenance: Provenance
    ) -> Outcome:
        """Keep an update; return the message's outcome.

        Older than what is known: superseded. The same again: duplicate. The same `last_updated`
        with other content: held with SESSION_CONFLICT, the first recorded stands.
        """
        if content_sha256 in (self.content_sha256, *self.conflicting):
            return "duplicate"
        if self.latest is not None and statement.last_updated < self.latest.last_updated:
            return "superseded"
        if self.latest is not None and statement.last_updated == self.latest.last_updated:
            self._record_conflict(
                session=self.key,
                statement=statement,
                content_sha256=content_sha256,
                provenance=provenance,
            )
            return "held"
        self._record_update(
            session=self.key,
            statement=statement,
            content_sha256=content_sha256,
            provenance=provenance,
        )
        return "accepted"

    @event("Updated", topic="session.updated.v1")
    def _record_update(
        self,
        session: str,
        statement: SessionStatement,
        content_sha256: str,
        provenance: Provenance,
    ) -> None:
        self.latest = statement
        self.content_sha256 = content_sha256

    @event("ConflictHeld", topic="session.conflict_held.v1")
    def _record_conflict(
        self,
        session: str,
        statement: SessionStatement,
        content_sha256: str,
        provenance: Provenance,
    ) -> None:
        self.conflicting = self.conflicting | {content_sha256}
