"""CDRs become money, wait, or are taken back: decisions recorded with all that goes along."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ledger.application.circumstances import Circumstances
from ledger.application.commands import session_key_of
from ledger.application.decide import Verdict, decide
from ledger.application.loaded import Loaded
from ledger.application.permissions import SYSTEM
from ledger.application.store import DecidedOn, FactRecorded, OpenSession
from ledger.books.entries import reversal_of
from ledger.evidence.signed_data import SignedEvidence
from ledger.roaming.cdr import Cdr
from ledger.roaming.credits import credited_key_of, refusal_of_credit
from ledger.roaming.legs import Booking, Decision
from ledger.roaming.occupation import NEARBY, charger_of, charger_of_session, taken_by
from ledger.roaming.release import Release
from ledger.roaming.session import Session
from ledger.roaming.statements import CdrStatement, parties_of
from ledger.roaming.watching import next_look
from ledger.settlement.calendar import rebooked
from ledger.settlement.claim import Ended
from ledger.values.entries import Entry
from ledger.values.instants import BEGINNING
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance, Source
from ledger.values.reasons import InvariantBroken, Reason, Refusal


class Settling(Loaded):
    """The decisions about CDRs inside one attempt."""

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

    def verdict_on(
        self,
        statement: CdrStatement,
        received_at: datetime,
        evidence: SignedEvidence | None,
        release: Release | None,
        *,
        matched: str | None = None,
    ) -> Verdict:
        """Decide about a CDR with what stands around it.

        `matched` is the session that an accepted CDR was matched to before: nothing else could
        find it, so it is compared again with the others.
        """
        session_key = session_key_of(statement)
        session = self.session(session_key) if session_key else None
        if session is not None and session.is_new:
            self.writes.sessions_missed.add(session.id)
            session = None
        nearby_keys = self._near(statement)
        if matched is not None and matched not in nearby_keys:
            nearby_keys = (matched, *nearby_keys)
        nearby = () if session_key else tuple(self.session(other) for other in nearby_keys)
        around = Circumstances(
            session=session,
            nearby=nearby,
            nearby_keys=nearby_keys,
            evidence=evidence,
            release=release,
            taken=lambda resource: self._taken.get(resource, ()),
        )
        return decide(statement, around=around, view=self.view, received_at=received_at)

    def _near(self, statement: CdrStatement) -> tuple[str, ...]:
        """Return unbilled sessions that began in the CDR's time; where it names none, around it."""
        slack = timedelta(0) if statement.session_id else NEARBY
        first, last = statement.start_date_time - slack, statement.end_date_time + slack
        sessions = self._nearby.get(charger_of(statement), {})
        return tuple(key for key, began in sessions.items() if first <= began <= last)

    def settle(
        self,
        cdr: Cdr,
        statement: CdrStatement,
        content_sha256: str,
        provenance: Provenance,
        evidence: SignedEvidence | None,
        verdict: Verdict,
        because: str,
    ) -> Outcome:
        """Record a verdict on a CDR that is not accepted."""
        if verdict.decision is None:
            cdr.hold(
                statement,
                content_sha256=content_sha256,
                refusals=verdict.refusals,
                provenance=provenance,
                evidence=evidence,
                is_fatal=verdict.is_fatal,
            )
            self.writes.waits.extend((fact, cdr.key) for fact in verdict.depends_on)
            return "held"
        if cdr.state != "new":
            self.writes.waits_no_more.append(cdr.key)
        cdr.accept(
            statement,
            content_sha256=content_sha256,
            decision=verdict.decision,
            provenance=provenance,
            because=because,
            evidence=evidence,
        )
        self._take(cdr, statement, verdict.decision)
        return "accepted"

    def _take(self, cdr: Cdr, statement: CdrStatement, decision: Decision) -> None:
        """Note what an accepted CDR was decided on, what it occupies, what it bills."""
        self.writes.decided.extend(_decided_rows(cdr.key, statement, decision.depends_on))
        self.writes.facts_if_awaited.append(FactRecorded(f"cdr:{cdr.key}", BEGINNING))
        session = decision.session.session if decision.session is not None else None
        taken = taken_by(cdr.key, statement, session)
        self.writes.occupies.extend(taken)
        self.add_around(taken, {})
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
        self.writes.facts_if_awaited.append(FactRecorded(f"cdr:{cdr.key}", BEGINNING))
        for resource, rows in self._taken.items():
            self._taken[resource] = [row for row in rows if row.cdr != cdr.key]
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
        writes.occupies[:] = [row for row in writes.occupies if row.cdr != cdr]
        if decision.session is not None:
            billed = decision.session.session
            writes.billed[:] = [session for session in writes.billed if session != billed]

    def decide_again(self, key: str, *, because: str, at: datetime) -> None:
        """Decide about a CDR with the facts of now, whether it waits or is accepted."""
        cdr = self.cdr(key)
        statement, provenance = cdr.statement, cdr.provenance
        if statement is None or provenance is None:
            raise InvariantBroken(f"CDR {key} waits for {because} but was never recorded")
        if cdr.state in ("excluded", "credited") or (cdr.state == "accepted" and not cdr.decision):
            return
        if statement.credit:
            self.settle_credit(cdr, statement, cdr.content_sha256, provenance)
            return
        verdict = self.verdict_on(
            statement,
            provenance.received_at,
            cdr.evidence,
            cdr.release,
            matched=None if statement.session_id else matched_session_of(cdr),
        )
        if cdr.state == "accepted":
            self._redecide(cdr, verdict, because, at)
        else:
            sha256_ = cdr.content_sha256
            self.settle(cdr, statement, sha256_, provenance, cdr.evidence, verdict, because)

    def _redecide(self, cdr: Cdr, verdict: Verdict, because: str, at: datetime) -> None:
        """Book the difference where a fact changes a recorded decision."""
        old, statement = cdr.booked(), cdr.statement
        if statement is None:
            raise InvariantBroken(f"CDR {cdr.key} has no decision to compare with")
        new = verdict.decision
        if new is not None and _sold(new) == _sold(old):
            return
        terms = self.view.terms_of(old.agreement)
        if terms.late_facts == "refuse" and because in old.depends_on:
            return
        if new is None:
            self.ending(cdr, "held", _by_system(at))
        reversal, booking = self.reversal_of(cdr, adjusted_too=new is None)
        cdr.decide_again(
            decision=new,
            refusals=verdict.refusals,
            reversal=reversal,
            reversal_booking=booking,
            because=because,
            provenance=_by_system(at, cdr.provenance.source if cdr.provenance else None),
            decided_at=at,
        )
        self.free(cdr, statement, old)
        if new is None:
            self.writes.waits.extend((fact, cdr.key) for fact in verdict.depends_on)
        else:
            self._take(cdr, statement, new)

    def ending(self, cdr: Cdr, because: Ended, provenance: Provenance) -> None:
        """Let go what stands on a booked CDR that ends: `Work` knows of disputes."""

    def reversal_of(
        self, cdr: Cdr, *, adjusted_too: bool = True
    ) -> tuple[tuple[Entry, ...], Booking]:
        """Return the exact opposite of what a CDR has in the books, and where it is booked.

        What was given back stands beside a decision that is replaced, and goes with one that ends.
        """
        decision = cdr.booked()
        terms = self.view.terms_of(decision.agreement)
        entries = (*decision.entries, *(cdr.adjustments if adjusted_too else ()))
        return tuple(reversal_of(entry) for entry in entries), rebooked(
            decision.booking, calendar=terms.calendar, periods=self.view.periods
        )

    def settle_credit(
        self,
        credit: Cdr,
        statement: CdrStatement,
        content_sha256: str,
        provenance: Provenance,
    ) -> Outcome:
        """Reverse the recorded lines of the CDR that a credit CDR cancels, or hold the credit."""
        if credit.state == "accepted":
            return "accepted"
        original_key = credited_key_of(statement)
        original = self.cdr(original_key) if original_key else None
        refusal = refusal_of_credit(statement, original)
        if refusal is not None or original is None or original.statement is None:
            found = refusal or Refusal(Reason.CREDIT_ORIGINAL_MISSING, "credit_reference_id")
            credit.hold(
                statement,
                content_sha256=content_sha256,
                refusals=(found,),
                provenance=provenance,
            )
            if original_key:
                self.writes.waits.append((f"cdr:{original_key}", credit.key))
            return "held"
        self.credit(original, by=credit.key, reason="credit CDR", provenance=provenance)
        if credit.state != "new":
            self.writes.waits_no_more.append(credit.key)
        credit.accept_credit(
            statement,
            content_sha256=content_sha256,
            credits=original.key,
            visible_to=original.decision.visible_to if original.decision else (),
            provenance=provenance,
        )
        return "accepted"

    def credit(self, cdr: Cdr, *, by: str, reason: str, provenance: Provenance) -> None:
        """Reverse a CDR for a credit CDR of the key `by`."""
        decision, statement = cdr.booked(), cdr.statement
        if statement is None:
            raise InvariantBroken(f"CDR {cdr.key} is accepted and states nothing")
        self.ending(cdr, "credited", provenance)
        reversal, booking = self.reversal_of(cdr)
        cdr.credit(
            by,
            reason=reason,
            reversal=reversal,
            reversal_booking=booking,
            provenance=provenance,
        )
        self.free(cdr, statement, decision)


def _by_system(at: datetime, source: Source | None = None) -> Provenance:
    return Provenance(SYSTEM, "system", occurred_at=at, received_at=at, source=source)


def matched_session_of(cdr: Cdr) -> str | None:
    """Return the session that an accepted CDR was matched to."""
    decision = cdr.decision if cdr.state == "accepted" else None
    return decision.session.session if decision is not None and decision.session else None


def _sold(decision: Decision) -> tuple[object, ...]:
    """Return what a reversal is worth: a version that only might have priced is none."""
    return decision.tariff.content_sha256, decision.agreement, decision.legs


def _decided_rows(
    key: str, statement: CdrStatement, depends_on: Iterable[str]
) -> Iterable[DecidedOn]:
    return [DecidedOn(fact, statement.start_date_time, key) for fact in depends_on]
