"""A ledger on a real database for its tests: fed as a consumer feeds it, looked at from outside.

Read `ledger_cast` (who there is) and `ledger_statements` (what they send) first.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from eventsourcing.persistence import StoredEvent

from ledger.application.commands import (
    AcceptCdr,
    MessageCommand,
    RawMessage,
    Received,
    ReceiveTariff,
    RecordLocation,
    Slice,
    UpdateSession,
)
from ledger.application.control_commands import StateParty, TellCommandResult, TellPayment
from ledger.application.ledger import Ledger
from ledger.application.registration import register_actor
from ledger.application.store import LoggedEvent
from ledger.log import install, open_ledger
from ledger.roaming.cdr import Cdr
from ledger.values.entries import Entry
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Source
from tests.conforming import departures_in
from tests.ledger_cast import BY_ADMIN, CPO, RECORDED_AT, Fact

SUBJECT_KEY = b"a key that protects nobody"
TOPICS = {
    RecordLocation: "clearwatt.locations.v1",
    ReceiveTariff: "clearwatt.tariff-versions.v1",
    UpdateSession: "clearwatt.sessions.v1",
    AcceptCdr: "clearwatt.cdrs.v1",
    TellPayment: "clearwatt.payments.v1",
    TellCommandResult: "clearwatt.command-results.v1",
    StateParty: "clearwatt.parties.v1",
}


def sender_of(command: MessageCommand) -> str:
    """Return the party that a message speaks for."""
    if isinstance(command, TellPayment):
        return command.statement.speaker
    return f"{command.statement.country_code}*{command.statement.party_id}"


@dataclass
class Consumer:
    """A consumer of one partition of all topics: its epochs and how far it has read."""

    ledger: Ledger
    partition: int = 0
    topics: tuple[str, ...] = tuple(TOPICS.values())
    received_at: datetime = RECORDED_AT
    next_offsets: dict[str, int] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)

    def take_over(self) -> "Consumer":
        """Become the owner of the partition and continue where the database says."""
        for assigned in self.ledger.store.take_over(self.topics, self.partition):
            self.epochs[assigned.topic] = assigned.epoch
            self.next_offsets[assigned.topic] = assigned.next_offset or 0
        return self

    def send(
        self,
        *commands: MessageCommand,
        sender: str | None = None,
        recorded_at: datetime = RECORDED_AT,
    ) -> dict[Outcome, int]:
        """Hand over one batch; return the outcomes counted."""
        batches: dict[str, list[MessageCommand]] = {}
        for command in commands:
            batches.setdefault(TOPICS[type(command)], []).append(command)
        slices = [self._slice(topic, batch, sender) for topic, batch in batches.items()]
        counted = self.ledger.take(slices, recorded_at=recorded_at)
        self.next_offsets.update({part.topic: part.next_offset for part in slices})
        return counted

    def _slice(self, topic: str, commands: Sequence[MessageCommand], sender: str | None) -> Slice:
        begin = self.next_offsets[topic]
        messages = tuple(
            Received(
                Source(topic, self.partition, offset, sender or sender_of(command)),
                self.received_at,
                command,
                raw=RawMessage(b"key", b"value", (("cw-sender", b"x"),)),
            )
            for offset, command in enumerate(commands, begin)
        )
        end = begin + len(messages)
        return Slice(topic, self.partition, begin, end, self.epochs[topic], messages)


class World:
    """A ledger on a real database, its consumer, and a look at what it recorded."""

    def __init__(self, url: str, *facts: Fact) -> None:
        install(url)
        self.url = url
        # Where a test breaks the log or the connection on purpose, its end proves nothing.
        self.is_spoiled = False
        self.ledger = open_ledger(url, subject_key=SUBJECT_KEY)
        self.consumer = Consumer(self.ledger).take_over()
        register_actor(self.ledger, "anna", ("admin",), by=BY_ADMIN)
        register_actor(self.ledger, "finn", ("finance",), by=BY_ADMIN)
        self.learn(*facts)

    def close(self) -> None:
        """Leave the database; whatever was booked in there followed the posting rules."""
        try:
            assert self.is_spoiled or departures_in(self.events()) == []
        finally:
            self.ledger.store.connection.close()

    def learn(self, *facts: Fact) -> None:
        """Carry out commands of people."""
        for fact in facts:
            fact(self.ledger)

    def send(self, *commands: MessageCommand, **options: Any) -> dict[Outcome, int]:
        """Hand over one batch and draw the consequences of what is recorded."""
        counted = self.consumer.send(*commands, **options)
        self.settle(recorded_at=options.get("recorded_at", RECORDED_AT))
        return counted

    def settle(self, recorded_at: datetime = RECORDED_AT) -> None:
        """Draw the consequences of every recorded fact."""
        while self.ledger.release(recorded_at=recorded_at):
            pass

    def events(self) -> Iterator[Any]:
        """Yield every recorded event in order."""
        position = 0
        while page := self.ledger.store.page_after(position):
            for row in page:
                yield self.ledger.event_mapper.to_domain_event(stored_of(row))
            position = page[-1].position

    def entries(self) -> Iterator[Entry]:
        """Yield every entry that was ever booked, reversals too."""
        for event in self.events():
            yield from (entry for entry, _ in booked_by(event))

    def balances(self, *cdrs: str) -> dict[tuple[str, str, str], Decimal]:
        """Return what every account holds, debits positive, without those that hold nothing.

        Of CDRs that are named only: what was booked for them.
        """
        sums: dict[tuple[str, str, str], Decimal] = {}
        for event in self.events():
            if cdrs and getattr(event, "cdr", None) not in cdrs:
                continue
            for entry, _ in booked_by(event):
                for posting in entry.postings:
                    signed = posting.amount if posting.side == "debit" else -posting.amount
                    key = (entry.book, posting.account, entry.currency)
                    sums[key] = sums.get(key, Decimal(0)) + signed
        return {key: total for key, total in sums.items() if total}

    def topics_of(self, key: str) -> list[str]:
        """Return the topics of a CDR's events, in order."""
        return [event.TOPIC for event in self.events() if getattr(event, "cdr", None) == key]

    def cdr(self, id: str, of: str = CPO) -> Cdr:
        """Return a CDR as recorded."""
        found = Cdr.blank(f"{of}/{id.lower()}")
        for stored in self.ledger.store.events_of([found.id]).get(found.id, ()):
            self.ledger.event_mapper.to_domain_event(stored).mutate(found)
        return found

    def reasons(self, id: str, of: str = CPO) -> list[str]:
        """Return why a CDR is held."""
        return [refusal.reason.value for refusal in self.cdr(id, of).refusals]

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database as its owner."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def decided_state(self) -> dict[str, Any]:
        """Return what is decided: the same, whatever the order in which things arrived."""
        cdrs: dict[str, Cdr] = {}
        booked: dict[tuple[str, ...], list[Decimal]] = {}
        for event in self.events():
            if not event.TOPIC.startswith("cdr."):
                continue
            event.mutate(cdrs.setdefault(event.cdr, Cdr.blank(event.cdr)))
            for entry, service_period in booked_by(event):
                _book(booked, [entry], service_period)
        return {
            "cdrs": {key: _decided(found) for key, found in cdrs.items()},
            "balances": {key: tuple(sums) for key, sums in booked.items() if any(sums)},
        }


def stored_of(row: LoggedEvent) -> StoredEvent:
    """Return a logged event as the mapper reads it."""
    return StoredEvent(row.originator_id, row.originator_version, row.topic, row.state)


def booked_by(event: Any) -> Iterator[tuple[Entry, str]]:
    """Yield the entries that a CDR's event books, each with its service period."""
    if not event.TOPIC.startswith("cdr."):
        return
    if (reversed_to := getattr(event, "reversal_booking", None)) is not None:
        yield from ((entry, reversed_to.service_period) for entry in event.reversal)
    if (decision := getattr(event, "decision", None)) is not None:
        yield from ((entry, decision.booking.service_period) for entry in decision.entries)
    if (booking := getattr(event, "booking", None)) is not None:
        yield from ((entry, booking.service_period) for entry in event.entries)


def _decided(found: Cdr) -> dict[str, Any]:
    decision = found.decision
    if decision is None:
        reasons = sorted(row.reason.value for row in found.refusals)
        return {"state": found.state, "standing": found.standing, "reasons": reasons}
    if found.state == "credited":
        # what it cost until then depends on when the credit came; now it costs nothing
        return {"state": found.state, "standing": found.standing}
    return {
        "state": found.state,
        "standing": found.standing,
        "tariff": (decision.tariff.tariff, decision.tariff.content_sha256),
        "legs": [
            (leg.kind, leg.seller, leg.buyer, leg.currency, leg.net, leg.gross, leg.vat.rule)
            for leg in decision.legs
        ],
        "service": (decision.booking.service_on, decision.booking.service_period),
    }


def _book(
    booked: dict[tuple[str, ...], list[Decimal]], entries: Iterable[Entry], service_period: str
) -> None:
    for entry in entries:
        for posting in entry.postings:
            sign = 1 if posting.side == "debit" else -1
            key = (entry.book, posting.account, entry.currency, service_period)
            sums = booked.setdefault(key, [Decimal(0), Decimal(0)])
            sums[0] += sign * posting.amount
            sums[1] += sign * posting.book_amount


def journal(text: str) -> list[str]:
    """Return a journal written as text, one line a posting, spaces for the eye only."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def as_journal(entries: Iterable[Entry]) -> list[str]:
    """Return entries in the words of `journal`; the book's own amount where it is another."""
    lines = []
    for entry in entries:
        lines.append(f"{entry.book} {entry.rule}{' reversed' if entry.reverses else ''}")
        for posting in entry.postings:
            own = f" = {posting.book_amount} {entry.book_currency}"
            lines.append(
                f"{posting.side} {posting.account} {posting.amount} {entry.currency}"
                + (own if entry.book_currency != entry.currency else "")
            )
    return lines
