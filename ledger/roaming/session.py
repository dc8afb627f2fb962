"""Sessions: what a CPO tells while a car charges; the newest update stands."""

from datetime import datetime
from decimal import Decimal

from eventsourcing.domain import event

from ledger.roaming.newest import NewestStands
from ledger.roaming.statements import SessionStatement
from ledger.roaming.terms import Terms
from ledger.roaming.watching import after_hours, ended_at_of, is_unfinished, next_look
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance


class Session(NewestStands):
    """A charging session; key `NL*XYZ/session-id`.

    `provenance` is that of the update that stands.
    """

    KIND = "session"
    KEY_FIELD = "session"

    latest: SessionStatement | None
    provenance: Provenance | None

    def begin(self) -> None:
        super().begin()
        self.latest = None
        self.provenance = None

    def update(
        self, statement: SessionStatement, *, content_sha256: str, provenance: Provenance
    ) -> Outcome:
        """Keep an update; return the message's outcome, as `newest` has it.

        What is held is held with SESSION_CONFLICT.
        """
        return self._keep(
            statement,
            beside=self.latest,
            content_sha256=content_sha256,
            provenance=provenance,
            stands=self._record_update,
            is_held=self._record_conflict,
        )

    def look(
        self, now: datetime, terms: Terms, *, has_cdr: bool, provenance: Provenance
    ) -> datetime | None:
        """Raise what is overdue at `now`; return when to look again.

        None: nothing is awaited but news, so what is raised is raised once until there is some.
        `has_cdr` says that a CDR for it has arrived and waits: it is delivered, and looked at
        again later, since it may be refused yet.
        """
        latest, told = self.latest, self.provenance
        due = next_look(latest, told.received_at, terms) if latest and told else None
        if latest is None or told is None or due is None or due > now:
            return due
        if is_unfinished(latest):
            self._record_stuck(
                session=self.key,
                since=told.received_at,
                limit_h=terms.sla.stuck_h,
                provenance=provenance,
            )
            return None
        if has_cdr:
            return after_hours(now, max(terms.sla.delivery_h, 1))
        self._record_unbilled(
            session=self.key,
            ended_at=ended_at_of(latest),
            limit_h=terms.sla.delivery_h,
            kwh=latest.kwh,
            provenance=provenance,
        )
        return None

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
        self.provenance = provenance

    @event("ConflictHeld", topic="session.conflict_held.v1")
    def _record_conflict(
        self,
        session: str,
        statement: SessionStatement,
        content_sha256: str,
        provenance: Provenance,
    ) -> None:
        self.conflicting = self.conflicting | {content_sha256}

    @event("Stuck", topic="session.stuck.v1")
    def _record_stuck(
        self, session: str, since: datetime, limit_h: int, provenance: Provenance
    ) -> None:
        """Nothing to remember: the clock looks again when there is news."""

    @event("Unbilled", topic="session.unbilled.v1")
    def _record_unbilled(
        self,
        session: str,
        ended_at: datetime,
        limit_h: int,
        kwh: Decimal,
        provenance: Provenance,
    ) -> None:
        """Nothing to remember: the clock looks again when there is news."""
