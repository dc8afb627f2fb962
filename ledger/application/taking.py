"""What an accepted CDR takes, and gives back: its session, its charger's time, its places.

All of it is written in the transaction that records the decision, with the facts it was decided
on; whoever it was in the way of is decided again when it is free.
"""

from collections.abc import Iterable
from datetime import datetime

from ledger.application.loaded import Loaded
from ledger.application.store import DecidedOn, FactRecorded, OpenSession
from ledger.roaming.cdr import Cdr
from ledger.roaming.launch_scope import launch_day_fact
from ledger.roaming.legs import Decision
from ledger.roaming.occupation import charger_of, charger_of_session, taken_by
from ledger.roaming.session import Session
from ledger.roaming.statements import CdrStatement, parties_of
from ledger.roaming.watching import next_look
from ledger.settlement.approval import ObjectionWindow
from ledger.values.instants import BEGINNING


class Taking(Loaded):
    """What CDRs take and give back inside one attempt."""

    def open_session(self, session: Session, *, was_closed: bool) -> None:
        """Let the clock and CDRs that name no session find a session that nothing has billed.

        `was_closed`: nobody could find it before, so who would have found it is decided again.
        """
        latest = session.latest
        if latest is None:
            return
        charger = charger_of_session(latest)
        self.writes.opens.append(
            OpenSession(session.key, charger, latest.start_date_time, self._next_look(session))
        )
        self._nearby.setdefault(charger, {})[session.key] = latest.start_date_time
        if was_closed:
            self.writes.facts.append(FactRecorded(f"charger:{charger}", BEGINNING))

    def _next_look(self, session: Session) -> datetime | None:
        """Return when the clock looks at a session, by the terms of its parties."""
        latest = session.latest
        if latest is None:
            return None
        terms = self.view.terms_between(*parties_of(latest), latest.start_date_time)
        received = session.provenance
        heard_at = received.received_at if received is not None else latest.last_updated
        return next_look(latest, heard_at, terms)

    def take(self, cdr: Cdr, statement: CdrStatement, decision: Decision) -> None:
        """Note what an accepted CDR was decided on, what it occupies, what it bills."""
        self.writes.decided.extend(_decided_rows(cdr.key, statement, decision.depends_on))
        if decision.objections_until is not None:
            pair, period = decision.agreement.rpartition("#")[0], decision.booking.posted_period
            until = decision.objections_until
            self.writes.windows.append(ObjectionWindow(cdr.key, pair, period, until))
        self.writes.facts_if_awaited.append(FactRecorded(f"cdr:{cdr.key}", BEGINNING))
        session = decision.session.session if decision.session is not None else None
        taken = taken_by(cdr.key, statement, session)
        self.writes.occupies.extend(taken)
        self.add_around(taken, {})
        self.places.take(cdr.key, decision)
        if session is not None:
            self.writes.billed.append(session)
            for sessions in self._nearby.values():
                sessions.pop(session, None)
            charger = charger_of(statement)
            self.writes.facts_if_awaited.append(FactRecorded(f"charger:{charger}", BEGINNING))

    def free(self, cdr: Cdr, statement: CdrStatement, decision: Decision) -> None:
        """Note that a CDR is money no more: who was in its way may be decided again."""
        self._forget_in_this_batch(cdr.key, decision)
        self.writes.undecided.extend(_decided_rows(cdr.key, statement, decision.depends_on))
        self.writes.occupies_no_more.append(cdr.key)
        if decision.objections_until is not None:
            self.writes.windows_over.append(cdr.key)
        self.writes.facts_if_awaited.append(FactRecorded(f"cdr:{cdr.key}", BEGINNING))
        for resource, rows in self._taken.items():
            self._taken[resource] = [row for row in rows if row.cdr != cdr.key]
        if day := self.places.give_back(cdr.key, decision):
            freed = FactRecorded(launch_day_fact(*day), BEGINNING)
            self.writes.facts_if_awaited.append(freed)
        if decision.session is not None:
            session = self.session(decision.session.session)
            if not session.is_new:
                self.open_session(session, was_closed=True)
                # who waited in vain in this very attempt may find it, too
                charger = f"charger:{charger_of(statement)}"
                self.writes.facts_if_awaited.append(FactRecorded(charger, BEGINNING))

    def _forget_in_this_batch(self, cdr: str, decision: Decision) -> None:
        """Take back what the same batch noted of the CDR: a batch frees before it takes."""
        writes = self.writes
        writes.decided[:] = [row for row in writes.decided if row.cdr != cdr]
        writes.windows[:] = [row for row in writes.windows if row.cdr != cdr]
        writes.occupies[:] = [row for row in writes.occupies if row.cdr != cdr]
        if decision.session is not None:
            billed = decision.session.session
            writes.billed[:] = [session for session in writes.billed if session != billed]


def _decided_rows(
    key: str, statement: CdrStatement, depends_on: Iterable[str]
) -> Iterable[DecidedOn]:
    return [DecidedOn(fact, statement.start_date_time, key) for fact in depends_on]
