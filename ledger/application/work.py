"""One attempt at a batch: commands become events on aggregates, and rows that go with them.

Read `loaded` (what an attempt knows) and `settling` (what becomes of CDRs) first.
"""

from collections.abc import Callable
from typing import Any

from ledger.application.command_results import on_command_result
from ledger.application.commands import (
    AcceptCdr,
    Received,
    ReceiveTariff,
    RecordLocation,
    UpdateSession,
    key_of,
)
from ledger.application.contesting import on_cdr_ended
from ledger.application.control_commands import (
    ControlCommand,
    DisputeCommand,
    StateControlTotals,
    StateParty,
    TellCommandResult,
    TellPayment,
)
from ledger.application.disputes import on_command
from ledger.application.hashing import hash_of
from ledger.application.party_messages import on_party, refuse_who_may_not_state
from ledger.application.payments import on_payment
from ledger.application.personal import (
    evidence_in,
    with_issuer,
    without_personal_data,
    without_reference,
)
from ledger.application.register import registered_key
from ledger.application.settling import Settling
from ledger.application.store import FactRecorded
from ledger.application.totals import on_control_totals
from ledger.evidence.signed_data import SignedEvidence
from ledger.roaming.cdr import Cdr
from ledger.roaming.location import Location
from ledger.roaming.party import Party
from ledger.roaming.statements import CdrStatement
from ledger.roaming.tariff import Tariff
from ledger.settlement.claim import Ended
from ledger.values.aggregate import LedgerAggregate
from ledger.values.identifiers import party_key
from ledger.values.instants import BEGINNING
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance
from ledger.values.reasons import InvariantBroken, Reason, Refusal, Refused


class Work(Settling):
    """What the commands of messages do, inside one attempt."""

    def handle(self, received: Received) -> Outcome:
        """Carry out one message's command and return the message's outcome.

        Refuses: SENDER_NOT_ENTITLED, WRONG_IDENTIFIER; the message is then unreadable.
        """
        command = received.command
        if command is None:
            raise InvariantBroken("an unreadable message has no command to handle")
        statement = command.statement
        if isinstance(command, ControlCommand):
            speaker = command.statement.speaker
        else:
            speaker = party_key(statement.country_code, statement.party_id)
        sender = received.source.sender
        if isinstance(command, StateParty):
            refuse_who_may_not_state(self.view, speaker, sender, received.received_at)
        else:
            self._refuse_a_sender_not_entitled(speaker, sender)
        provenance = Provenance(
            actor=sender,
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

    def ending(self, cdr: Cdr, because: Ended, provenance: Provenance) -> None:
        """Let disputes go of a booked CDR that ends; `load_disputes` made them known."""
        on_cdr_ended(self, cdr.key, because=because, provenance=provenance)

    def take_dispute(self, command: DisputeCommand, _: str, provenance: Provenance) -> Outcome:
        """Take a party's word of a dispute; its own key says which."""
        return on_command(self, command, provenance)

    def take_payment(self, command: TellPayment, key: str, provenance: Provenance) -> Outcome:
        """Take what a collector tells of a driver's payment."""
        statement = without_reference(command.statement, self._refs)
        return on_payment(self, statement, key, provenance)

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
        """Keep a session's update; what waits for it or was decided on it is due."""
        session = self.session(key)
        was_new = session.is_new
        statement = without_personal_data(command.statement, self._refs)
        outcome = session.update(
            statement, content_sha256=hash_of(statement), provenance=provenance
        )
        if outcome == "accepted":
            self.writes.facts.append(FactRecorded(f"session:{key}", BEGINNING))
            self.open_session(session, was_closed=was_new)
        return outcome

    def accept_cdr(self, command: AcceptCdr, key: str, provenance: Provenance) -> Outcome:
        """Decide about a CDR: accepted, held, refused, a duplicate or a conflict."""
        stated = command.statement
        statement = without_personal_data(stated, self._refs)
        content_sha256 = hash_of(statement)
        cdr = self.cdr(key)
        if cdr.knows(content_sha256):
            return "duplicate"
        statement = with_issuer(statement, stated.cdr_token.contract_id)
        evidence = self._evidence_in(stated)
        if not cdr.is_new and not cdr.resubmit(
            statement, content_sha256=content_sha256, provenance=provenance, evidence=evidence
        ):
            cdr.hold_conflict(statement, content_sha256=content_sha256, provenance=provenance)
            return "held"
        if statement.credit:
            return self.settle_credit(cdr, statement, content_sha256, provenance)
        verdict = self.verdict_on(statement, provenance.received_at, evidence, cdr.release)
        return self.settle(cdr, statement, content_sha256, provenance, evidence, verdict, "message")

    def _evidence_in(self, stated: CdrStatement) -> SignedEvidence | None:
        """Read signed data while its texts are there, by the key that the register has by now."""
        if stated.signed_data is None:
            return None
        key = registered_key(self.view, stated)
        return evidence_in(stated.signed_data, registered_key=key)


_HANDLERS: dict[type[Any], Callable[[Work, Any, str, Provenance], Outcome]] = {
    ReceiveTariff: Work.receive_tariff,
    RecordLocation: Work.record_location,
    UpdateSession: Work.update_session,
    AcceptCdr: Work.accept_cdr,
    DisputeCommand: Work.take_dispute,
    StateControlTotals: on_control_totals,
    TellCommandResult: on_command_result,
    StateParty: on_party,
    TellPayment: Work.take_payment,
}
