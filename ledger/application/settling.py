"""CDRs become money, wait, or are taken back: decisions recorded with all that goes along."""

from datetime import datetime, timedelta

from ledger.application.circumstances import Circumstances
from ledger.application.commands import session_key_of
from ledger.application.decide import Verdict, decide
from ledger.application.permissions import SYSTEM
from ledger.application.taking import Taking
from ledger.books.entries import reversal_of
from ledger.evidence.signed_data import SignedEvidence
from ledger.roaming.cdr import Cdr
from ledger.roaming.credits import credited_key_of, refusal_of_credit
from ledger.roaming.legs import Booking, Decision
from ledger.roaming.occupation import NEARBY, charger_of
from ledger.roaming.release import Release
from ledger.roaming.statements import CdrStatement
from ledger.settlement.calendar import rebooked
from ledger.settlement.claim import Ended
from ledger.values.entries import Entry
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance, Source
from ledger.values.reasons import InvariantBroken, Reason, Refusal


class Settling(Taking):
    """The decisions about CDRs inside one attempt."""

    def verdict_on(
        self,
        statement: CdrStatement,
        received_at: datetime,
        evidence: SignedEvidence | None,
        release: Release | None,
        *,
        matched: str | None = None,
        has_place: bool = False,
    ) -> Verdict:
        """Decide about a CDR with what stands around it.

        `matched` is the session that an accepted CDR was matched to before: nothing else could
        find it, so it is compared again with the others. `has_place`: it counts under a launch's
        cap already.
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
            use_of=None if has_place else self.places.use_of,
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
        self.take(cdr, statement, verdict.decision)
        return "accepted"

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
            has_place=cdr.state == "accepted",
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
        is_late = because in old.depends_on and not _is_agreed_anew(old, new)
        if is_late and terms.late_facts == "refuse":
            return
        if is_late and terms.late_facts == "review":
            found = (_late_fact(because, old, verdict),)
            cdr.ask_for_review(found, because=because, provenance=_by_system(at))
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
            self.take(cdr, statement, new)

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


def _late_fact(because: str, old: Decision, verdict: Verdict) -> Refusal:
    """Return what a late fact would change: the price that would be, and the one that stands."""
    new, sale = verdict.decision, old.legs[0]
    would_be = ", ".join(refusal.reason.value for refusal in verdict.refusals)
    if new is not None:
        would_be = f"{new.legs[0].gross} {new.legs[0].currency}"
    stands = f"{sale.gross} {sale.currency}"
    return Refusal(Reason.LATE_FACT_TO_REVIEW, because, would_be, stands)


def _is_agreed_anew(old: Decision, new: Decision | None) -> bool:
    """True where two people corrected the terms themselves: that is no fact that came late."""
    if new is None:
        return False
    was, is_ = ({leg.agreement_version for leg in row.legs} for row in (old, new))
    return was != is_


def _sold(decision: Decision) -> tuple[object, ...]:
    """Return what a reversal is worth: a version that only might have priced is none."""
    # The legs name parties; a party may have moved to another entity, and so to another book.
    books = tuple(entry.book for entry in decision.entries)
    return decision.tariff.content_sha256, decision.agreement, decision.legs, books
