"""One attempt at a batch: commands become events on aggregates, and rows that go with them.

An attempt is thrown away whole when a shared fact or an aggregate moved underneath it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec
from eventsourcing.persistence import StoredEvent

from ledger.application.commands import (
    AcceptCdr,
    Received,
    ReceiveTariff,
    RecordLocation,
    UpdateSession,
    key_of,
    session_key_of,
)
from ledger.application.decide import Verdict, decide
from ledger.application.facts import View
from ledger.application.intake import Replay
from ledger.application.mapper import EventMapper
from ledger.application.personal import Refs, without_personal_data
from ledger.application.store import DecidedOn, FactRecorded, Writes
from ledger.books.entries import reversal_of
from ledger.roaming.cdr import Cdr
from ledger.roaming.legs import Decision
from ledger.roaming.location import Location
from ledger.roaming.party import Party
from ledger.roaming.session import Session
from ledger.roaming.statements import CdrStatement
from ledger.roaming.tariff import Tariff
from ledger.settlement.calendar import rebooked
from ledger.values.aggregate import LedgerAggregate
from ledger.values.identifiers import party_key
from ledger.values.instants import BEGINNING
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance
from ledger.values.reasons import InvariantBroken, Reason, Refusal, Refused

A = TypeVar("A", bound=LedgerAggregate)
_CANONICAL = msgspec.json.Encoder()


class Work:
    """Aggregates loaded for one attempt, the view it decides on, and what is to be written."""

    def __init__(
        self,
        *,
        view: View,
        stored: Mapping[UUID, Sequence[StoredEvent]],
        mapper: EventMapper,
        refs: Refs,
        writes: Writes,
    ) -> None:
        self.view = view
        self.writes = writes
        self._stored = dict(stored)
        self._mapper = mapper
        self._refs = refs
        self._loaded: dict[tuple[type[LedgerAggregate], str], LedgerAggregate] = {}

    @property
    def changed(self) -> list[LedgerAggregate]:
        """Every aggregate with something to record, shared facts first."""
        own = [row for row in self._loaded.values() if row.pending_events]
        return [*self.view.edited, *own]

    def add_stored(self, stored: Mapping[UUID, Sequence[StoredEvent]]) -> None:
        """Make more stored aggregates known, before they are asked for."""
        self._stored.update(stored)

    def session(self, key: str) -> Session:
        """Return a session as stored, or blank."""
        return self._load(Session, key)

    def cdr(self, key: str) -> Cdr:
        """Return a CDR as stored, or blank."""
        return self._load(Cdr, key)

    def replay(self, coordinates: str) -> Replay:
        """Return the replay of an unreadable message, blank before the first try."""
        return self._load(Replay, coordinates)

    def _load(self, kind: type[A], key: str) -> A:
        known = self._loaded.get((kind, key))
        if known is not None:
            return cast("A", known)
        loaded = kind.blank(key)
        for stored in self._stored.get(loaded.id, ()):
            self._mapper.to_domain_event(stored).mutate(loaded)
        self._loaded[kind, key] = loaded
        return loaded

    def handle(self, received: Received) -> Outcome:
        """Carry out one message's command and return the message's outcome.

        Refuses: SENDER_NOT_ENTITLED, WRONG_IDENTIFIER; the message is then unreadable.
        """
        command = received.command
        if command is None:
            raise InvariantBroken("an unreadable message has no command to handle")
        statement = command.statement
        party = party_key(statement.country_code, statement.party_id)
        self._refuse_a_sender_not_entitled(party, received.source.sender)
        provenance = Provenance(
            actor=received.source.sender,
            proof="message",
            occurred_at=statement.last_updated,
            received_at=received.received_at,
            source=received.source,
        )
        handler = _HANDLERS[type(command)]
        outcome: Outcome = handler(self, command, key_of(command), provenance)
        if command.original is not None:
            self.writes.originals.append((command.original, received.received_at))
        return outcome

    def _refuse_a_sender_not_entitled(self, party_key_: str, sender: str) -> None:
        if sender == party_key_:
            return
        party = self.view.find(Party, party_key_)
        if party is None or not party.may_be_spoken_for_by(sender):
            raise Refused(
                Refusal(Reason.SENDER_NOT_ENTITLED, "cw-sender", f"for {party_key_}", sender)
            )

    def receive_tariff(self, command: ReceiveTariff, key: str, provenance: Provenance) -> Outcome:
        """Keep a tariff version; what waits for it or was decided without it is due."""
        party = self.view.find(Party, key.partition("/")[0])
        governs = party is not None and party.document.governs_tariffs
        tariff, sha256 = self.view.edit(Tariff, key), hash_of(command.statement)
        outcome = tariff.receive(
            command.statement, content_sha256=sha256, is_governed=governs, provenance=provenance
        )
        self._share(tariff)
        if outcome == "accepted":
            affected_from = tariff.versions[-1].valid_from
            self.writes.facts.append(FactRecorded(f"tariff:{key}", affected_from))
        return outcome

    def record_location(self, command: RecordLocation, key: str, provenance: Provenance) -> Outcome:
        """Keep a location; what waits for it or was decided without it is due."""
        location = self.view.edit(Location, key)
        outcome = location.receive(
            command.statement, content_sha256=hash_of(command.statement), provenance=provenance
        )
        self._share(location)
        if outcome == "accepted":
            self.writes.facts.append(FactRecorded(f"location:{key}", BEGINNING))
        return outcome

    def _share(self, fact: LedgerAggregate) -> None:
        """Let all who follow the shared facts see whatever was recorded of one, conflicts too."""
        if fact.pending_events:
            self.writes.raises_counter = True
            self.writes.shared_fact_ids.add(fact.id)

    def update_session(self, command: UpdateSession, key: str, provenance: Provenance) -> Outcome:
        """Keep a session's update; a CDR that waits for the session is due with its first."""
        session = self.session(key)
        was_new = session.is_new
        statement = without_personal_data(command.statement, self._refs)
        outcome = session.update(
            statement, content_sha256=hash_of(statement), provenance=provenance
        )
        if was_new:
            self.writes.facts_if_awaited.append(FactRecorded(f"session:{key}", BEGINNING))
        return outcome

    def accept_cdr(self, command: AcceptCdr, key: str, provenance: Provenance) -> Outcome:
        """Decide about a CDR: accepted, held, a duplicate or a conflict."""
        statement = without_personal_data(command.statement, self._refs)
        content_sha256 = hash_of(statement)
        cdr = self.cdr(key)
        if cdr.knows(content_sha256):
            return "duplicate"
        if not cdr.is_new:
            cdr.hold_conflict(statement, content_sha256=content_sha256, provenance=provenance)
            return "held"
        verdict = self._verdict(statement, provenance)
        return self._settle(cdr, statement, content_sha256, provenance, verdict, "message")

    def _verdict(self, statement: CdrStatement, provenance: Provenance) -> Verdict:
        session_key = session_key_of(statement)
        session = self.session(session_key) if session_key else None
        if session is not None and session.is_new:
            self.writes.sessions_missed.add(session.id)
            session = None
        return decide(
            statement, session=session, view=self.view, received_at=provenance.received_at
        )

    def _settle(
        self,
        cdr: Cdr,
        statement: CdrStatement,
        content_sha256: str,
        provenance: Provenance,
        verdict: Verdict,
        because: str,
    ) -> Outcome:
        """Record a verdict on a CDR that is new or held."""
        if verdict.decision is None:
            cdr.hold(
                statement,
                content_sha256=content_sha256,
                refusals=verdict.refusals,
                provenance=provenance,
            )
            self.writes.waits.extend((fact, cdr.key) for fact in verdict.depends_on)
            return "held"
        if cdr.state == "held":
            self.writes.waits_no_more.append(cdr.key)
        cdr.accept(
            statement,
            content_sha256=content_sha256,
            decision=verdict.decision,
            provenance=provenance,
            because=because,
        )
        self.writes.decided.extend(_decided_rows(cdr.key, statement, verdict.depends_on))
        return "accepted"

    def decide_again(self, key: str, *, because: str, at: datetime) -> None:
        """Decide about a held or accepted CDR with the facts of now."""
        cdr = self.cdr(key)
        if cdr.statement is None or cdr.provenance is None:
            raise InvariantBroken(f"CDR {key} waits for {because} but was never recorded")
        verdict = self._verdict(cdr.statement, cdr.provenance)
        if cdr.state == "held":
            self._settle(cdr, cdr.statement, cdr.content_sha256, cdr.provenance, verdict, because)
        elif cdr.decision is not None:
            self._redecide(cdr, verdict, because, at)

    def _redecide(self, cdr: Cdr, verdict: Verdict, because: str, at: datetime) -> None:
        """Book the difference where a late fact changes a recorded decision."""
        old, statement = cdr.decision, cdr.statement
        if old is None or statement is None:
            raise InvariantBroken(f"CDR {cdr.key} has no decision to compare with")
        new = verdict.decision
        if new is not None and _sold(new) == _sold(old):
            return
        terms = self.view.terms_of(old.agreement)
        if terms.late_facts == "refuse":
            return
        cdr.decide_again(
            decision=new,
            refusals=verdict.refusals,
            reversal=tuple(reversal_of(entry) for entry in old.entries),
            reversal_booking=rebooked(
                old.booking, calendar=terms.calendar, periods=self.view.periods
            ),
            because=because,
            provenance=Provenance(
                actor="clearwatt",
                proof="system",
                occurred_at=at,
                received_at=at,
                source=cdr.provenance.source if cdr.provenance else None,
            ),
            decided_at=at,
        )
        self.writes.undecided.extend(_decided_rows(cdr.key, statement, old.depends_on))
        if new is None:
            self.writes.waits.extend((fact, cdr.key) for fact in verdict.depends_on)
        else:
            self.writes.decided.extend(_decided_rows(cdr.key, statement, verdict.depends_on))


def _sold(decision: Decision) -> tuple[object, ...]:
    """Return what a reversal is worth: a version that only might have priced is none."""
    return decision.tariff.content_sha256, decision.agreement, decision.legs


def _decided_rows(
    key: str, statement: CdrStatement, depends_on: Iterable[str]
) -> Iterable[DecidedOn]:
    return [DecidedOn(fact, statement.start_date_time, key) for fact in depends_on]


def hash_of(statement: object) -> str:
    """Return the hash that identifies what a statement says: of its JSON, defaults left out."""
    return sha256(_CANONICAL.encode(statement)).hexdigest()


_HANDLERS: dict[type[Any], Callable[[Work, Any, str, Provenance], Outcome]] = {
    ReceiveTariff: Work.receive_tariff,
    RecordLocation: Work.record_location,
    UpdateSession: Work.update_session,
    AcceptCdr: Work.accept_cdr,
}
