"""The exception queue: what waits on a fact or a person, and how it was resolved.

One item per exception: a CDR that is held or refused, content in conflict, an action that waits for
a second person, a tariff version that nobody approved, a session that is stuck or unbilled, an
unreadable message, a gap in a sender's numbers, totals that differ, a dispute without answer, and
what is noted of accepted CDRs (`finding`). An item has a version for each of its states, so that
what was known at any instant is known for ever; once resolved it stays, and what goes wrong anew
opens another. Assignments and comments belong to the record's case file, not to one item of it.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from projections.cdr_events import (
    CdrAccepted,
    CdrActionProposed,
    CdrAdjusted,
    CdrConflictHeld,
    CdrCorrected,
    CdrCreditAccepted,
    CdrCredited,
    CdrEvent,
    CdrExcluded,
    CdrHeld,
    CdrRedecided,
    CdrRejected,
    CdrReleased,
    CdrResubmitted,
    CdrReviewAsked,
)
from projections.database import Connection, copy_rows, text
from projections.event_parts import CdrStatement, Decision, Refusal, location_of
from projections.events import AgreementAgreed, SessionConflictHeld, SessionEvent
from projections.exception_control import CaseNotes, awaited, follow_control
from projections.exception_rows import About, Queue, Stake, State
from projections.pages import Recorded

_RESOLUTIONS = {"release": "released", "correction": "corrected"}
"""What a person did, by the cause that an acceptance names; anything else is a fact that came."""


class Exceptions:
    """Open and resolved exceptions, case files, and the hours in which agreements want answers."""

    NAME: ClassVar[str] = "exception"
    TABLES: ClassVar[Mapping[str, str]] = {
        "item": "position, number",
        "version": "position, number, changed_by",
        "note": "position",
        "terms": 'agreement COLLATE "C", number',
    }

    def __init__(self) -> None:
        self._queue = Queue()
        self._notes = CaseNotes()
        self._terms: list[str] = []

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, CdrHeld):
            self._hold(recorded, event)
        elif isinstance(event, CdrAccepted):
            self._accept(recorded, event)
        elif isinstance(event, CdrRedecided):
            self._decide_again(recorded, event)
        elif isinstance(event, CdrConflictHeld):
            about = About("cdr", event.cdr, f"{event.cdr} {event.content_sha256}")
            found = [Refusal("CDR_CONFLICT", actual=event.content_sha256)]
            stake = _stake(event.cdr, event.statement)
            self._queue.open(recorded, about, found, source=event.source, stake=stake)
        elif isinstance(event, CdrEvent):
            self._act(recorded, event)
        elif isinstance(event, AgreementAgreed):
            self._agree(recorded, event)
        elif isinstance(event, SessionEvent) and not isinstance(event, SessionConflictHeld):
            self._queue.tell_session(recorded, event.session, None, "updated")
        elif not self._notes.take(recorded):
            follow_control(self._queue, recorded)

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_exception_terms", schema, self._terms)
        self._notes.write(connection, schema)
        self._queue.write(connection, schema)

    def _hold(self, recorded: Recorded, event: CdrHeld) -> None:
        about, stake = _cdr(event.cdr), _stake(event.cdr, event.statement)
        if event.moved_from in ("held", "refused"):
            self._queue.change(recorded, about, event.refusals, stake=stake)
        else:
            self._queue.open(recorded, about, event.refusals, source=event.source, stake=stake)
        if event.statement.session_id:
            party = event.cdr.partition("/")[0]
            session = f"{party}/{event.statement.session_id.lower()}"
            self._queue.tell_session(recorded, session, awaited(session).key, "delivered")

    def _accept(self, recorded: Recorded, event: CdrAccepted) -> None:
        if recorded.version > 1:
            resolution = _RESOLUTIONS.get(event.because, "accepted")
            self._queue.resolve(recorded, _cdr(event.cdr), resolution)
        if event.decision.session is not None:
            session = event.decision.session.session
            self._queue.tell_session(recorded, session, awaited(session).key, "billed")
        self._note_findings(recorded, event.cdr, event.decision, event.statement, ())

    def _decide_again(self, recorded: Recorded, event: CdrRedecided) -> None:
        before = recorded.history()
        if before.decided is None or before.statement is None:
            raise ValueError(f"event {recorded.position} does not reverse what it names")
        noted, statement = before.decided.decision.warnings, before.statement
        if before.is_in_review:
            self._queue.resolve(recorded, _review(event.cdr), "decided again")
        if event.decision is not None:
            self._note_findings(recorded, event.cdr, event.decision, statement, noted)
            return
        self._queue.resolve(recorded, _finding(event.cdr), "held")
        about, stake = _cdr(event.cdr), _stake(event.cdr, statement)
        self._queue.open(recorded, about, event.refusals, source=before.message, stake=stake)

    def _note_findings(
        self,
        recorded: Recorded,
        cdr: str,
        decision: Decision,
        statement: CdrStatement,
        noted: Sequence[Refusal],
    ) -> None:
        """Keep what a decision notes beside those that were noted of the one before."""
        about, sale = _finding(cdr), decision.legs[0]
        served = statement.start_date_time, location_of(cdr, statement)
        stake = Stake(sale.net, sale.currency, decision.buyer, *served)
        if decision.warnings and noted:
            self._queue.change(recorded, about, decision.warnings, stake=stake)
        elif decision.warnings:
            self._queue.open(recorded, about, decision.warnings, stake=stake)
        elif noted:
            self._queue.resolve(recorded, about, "decided again")

    def _act(self, recorded: Recorded, event: CdrEvent) -> None:
        """Follow what a person does; a decision that it leads to is an event of its own."""
        if isinstance(event, CdrExcluded):
            self._end(recorded, event.cdr, "excluded")
        elif isinstance(event, CdrCredited):
            self._end(recorded, event.cdr, "credited")
        elif isinstance(event, CdrResubmitted):
            self._queue.resolve_all(recorded, "cdr", event.cdr, "resubmitted")
        elif isinstance(event, CdrCreditAccepted):
            self._queue.resolve(recorded, _cdr(event.cdr), "accepted")
        elif isinstance(event, CdrRejected):
            self._queue.change(recorded, _cdr(event.cdr), state="resubmission_requested")
        elif isinstance(event, CdrActionProposed):
            self._propose(recorded, event)
        elif isinstance(event, CdrReviewAsked):
            self._review(recorded, event)
        elif isinstance(event, CdrReleased | CdrCorrected | CdrAdjusted):
            self._do_what_was_proposed(recorded, event)

    def _end(self, recorded: Recorded, cdr: str, resolution: str) -> None:
        self._queue.resolve_all(recorded, "cdr", cdr, resolution)
        self._queue.resolve_all(recorded, "finding", cdr, resolution)

    def _propose(self, recorded: Recorded, event: CdrActionProposed) -> None:
        before, proposal = recorded.history(), event.proposal
        if before.state != "accepted":
            self._queue.change(recorded, _cdr(event.cdr), state="proposed")
            return
        said = Refusal("SECOND_PERSON_REQUIRED", proposal.action, f"not {event.actor}")
        location = location_of(event.cdr, before.statement) if before.statement else None
        stake = Stake(proposal.amount, proposal.currency, location=location)
        about = _proposal(event.cdr)
        if before.is_proposed:
            self._queue.change(recorded, about, [said], stake=stake)
        else:
            self._queue.open(recorded, about, [said], stake=stake, state="proposed")

    def _review(self, recorded: Recorded, event: CdrReviewAsked) -> None:
        before = recorded.history()
        if before.is_in_review:
            self._queue.change(recorded, _review(event.cdr), event.findings)
            return
        stake = _stake(event.cdr, before.statement) if before.statement is not None else None
        self._queue.open(recorded, _review(event.cdr), event.findings, stake=stake)

    def _do_what_was_proposed(
        self, recorded: Recorded, event: CdrReleased | CdrCorrected | CdrAdjusted
    ) -> None:
        before = recorded.history()
        if before.is_proposed and before.state == "accepted":
            done = "adjusted" if isinstance(event, CdrAdjusted) else "corrected"
            self._queue.resolve(recorded, _proposal(event.cdr), done)
        elif before.is_proposed:
            state: State = "resubmission_requested" if before.is_rejected else "open"
            self._queue.change(recorded, _cdr(event.cdr), state=state)

    def _agree(self, recorded: Recorded, event: AgreementAgreed) -> None:
        version = event.version
        self._terms.append(
            f"{text(event.agreement)}\t{version.number}\t{version.valid_from}"
            f"\t{text(version.valid_until)}\t{version.terms.sla.correction_h}"
            f"\t{recorded.recorded_at}"
        )


def _cdr(cdr: str) -> About:
    return About("cdr", cdr, cdr)


def _finding(cdr: str) -> About:
    return About("finding", cdr, cdr)


def _proposal(cdr: str) -> About:
    return About("cdr", cdr, f"{cdr} proposal")


def _review(cdr: str) -> About:
    return About("cdr", cdr, f"{cdr} review")


def _stake(cdr: str, statement: CdrStatement) -> Stake:
    price, served_at = statement.total_cost.before_taxes, statement.start_date_time
    place = location_of(cdr, statement)
    return Stake(price, statement.currency, statement.buyer, served_at, place)
