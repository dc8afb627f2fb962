"""The application: batches of messages, the consequences of facts, the commands of people.

Every entry point takes the instant at which it is recorded; the ledger reads no clock. When a
shared fact or an aggregate moved since a batch looked, the batch is decided again from scratch.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import ApplicationRecorder, Recording

from ledger.application.around import near_span_of, spans_of, stated_by, stated_in
from ledger.application.commands import By, Received, Slice, provenance_of
from ledger.application.control_commands import DisputeCommand
from ledger.application.disputes import DISPUTE, load_disputes, take_up
from ledger.application.facts import Facts, View
from ledger.application.intake import Intake, Replay
from ledger.application.launch_places import launch_days
from ledger.application.mapper import EventMapper
from ledger.application.numbering import Numbering, numbers_in
from ledger.application.payments import PAYMENT, decide_payment_again
from ledger.application.permissions import require_role
from ledger.application.personal import Refs, personal_values
from ledger.application.store import (
    ConsumedTo,
    Due,
    FactsMoved,
    LogStore,
    VersionTaken,
    Writes,
)
from ledger.application.tally import (
    Coordinates,
    counts,
    facts_first,
    handle,
    ids_of,
    marks,
    session_of,
)
from ledger.application.work import Work
from ledger.roaming.cdr import Cdr
from ledger.roaming.credits import credited_key_of
from ledger.roaming.occupation import charger_of
from ledger.roaming.session import Session
from ledger.roaming.statements import CdrStatement
from ledger.settlement.payment import Payment
from ledger.values.aggregate import LedgerAggregate, recording_at
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance
from ledger.values.reasons import InvariantBroken, Reason, Refusal, Refused

R = TypeVar("R")
FREE_ATTEMPTS = 5
"""How often a batch is decided without the writer lock before it is decided under it."""


class Ledger(Application[UUID]):
    """The ledger on a log store. One instance belongs to one process and one thread.

    `loads_all`: every shared fact is in memory, for a process that decides much. Without it, facts
    of the large kinds (locations, sites) are asked of the log one by one: a command begins at once.
    """

    name = "clearwatt"

    def __init__(
        self, store: LogStore, recorder: ApplicationRecorder, *, loads_all: bool = True
    ) -> None:
        self.store = store
        self._given_recorder = recorder
        super().__init__()
        self.facts = Facts(self.event_mapper, asked_of=None if loads_all else store)

    def construct_mapper(self) -> EventMapper:
        self.event_mapper = EventMapper()
        return self.event_mapper

    def construct_recorder(self) -> ApplicationRecorder:
        return self._given_recorder

    def save(self, *aggregates: LedgerAggregate, writes: Writes) -> list[Recording[UUID]]:  # type: ignore[override]
        """Record what the aggregates decided, together with its writes, in one transaction.

        Does what the library's `save` does for aggregates, without asking each object at run
        time which protocols it keeps, which costs more than deciding some CDRs.
        """
        events = [event for aggregate in aggregates for event in aggregate.collect_events()]
        return self.events.put(events, writes=writes)

    def refresh(self) -> None:
        """Follow the log: take over the shared facts recorded since."""
        head = self.store.head()
        if head.fact_counter != self.facts.counter or self.facts.position == 0:
            events = self.store.shared_facts_after(self.facts.position, without=self.facts.asked)
            self.facts.follow(events, counter=head.fact_counter)

    def take(self, slices: Sequence[Slice], *, recorded_at: datetime) -> dict[Outcome, int]:
        """Handle a batch of messages and record it whole; return the outcomes counted.

        Raises Fenced where a partition went to another consumer: nothing is recorded then.
        """
        messages = [message for part in slices for message in part.messages]
        refs = self.store.subject_refs(personal_values(message.command for message in messages))
        return self._until_recorded(
            lambda: self._attempt_batch(slices, messages, refs, recorded_at)
        )

    def replay(self, received: Received, *, by: By) -> Outcome:
        """Feed an unreadable message again after a fix; return its outcome this time.

        Read now, its bytes leave the table of unreadable messages; still unreadable, nothing
        changes but the reason. Refuses: ACTOR_UNKNOWN, ROLE_MISSING, ALREADY_EXISTS.
        """
        refs = self.store.subject_refs(personal_values([received.command]))
        return self._until_recorded(lambda: self._attempt_replay(received, refs, by))

    def release(self, *, recorded_at: datetime, limit: int = 500) -> bool:
        """Draw the consequences of recorded facts for some CDRs; False where none are due."""

        def attempt() -> bool:
            due = self.store.due(limit)
            if due:
                self._attempt_release(due, recorded_at, limit)
            return bool(due)

        return self._until_recorded(attempt)

    def command(
        self, decide: Callable[[View, Writes], Sequence[LedgerAggregate]], *, recorded_at: datetime
    ) -> None:
        """Carry out a person's command: `decide` changes aggregates and says which."""

        def attempt() -> None:
            self.refresh()
            writes = Writes(recorded_at, decided_at_counter=self.facts.counter)
            view = View(self.facts)
            with recording_at(recorded_at):
                changed = decide(view, writes)
            pending = [*view.edited, *(row for row in changed if row.pending_events)]
            for aggregate in view.edited:
                writes.raises_counter = True
                writes.shared_fact_ids.add(aggregate.id)
            if pending:
                self.save(*pending, writes=writes)

        self._until_recorded(attempt)

    def act(
        self,
        cdrs: Sequence[str],
        act: Callable[[Work], R],
        *,
        recorded_at: datetime,
        dry_run: bool = False,
    ) -> R:
        """Let a person's command act on recorded CDRs, with all that stands around them.

        `dry_run` decides everything and records nothing.
        """

        def attempt() -> R:
            self.refresh()
            writes = Writes(recorded_at, decided_at_counter=self.facts.counter)
            work = self._work([Cdr.id_of(key) for key in cdrs], {}, writes)
            self.look_around(work, cdrs)
            with recording_at(recorded_at):
                result = act(work)
            if (work.changed or writes.has_rows) and not dry_run:
                self.save(*work.changed, writes=writes)
            return result

        return self._until_recorded(attempt)

    def _until_recorded(self, attempt: Callable[[], R]) -> R:
        """Attempt until nothing moved underneath; at last where nothing can."""
        for _ in range(FREE_ATTEMPTS):
            try:
                return attempt()
            except (FactsMoved, VersionTaken):
                continue
        try:
            with self.store.exclusively():
                return attempt()
        except (FactsMoved, VersionTaken) as moved:
            raise InvariantBroken("something moved while nobody else could write") from moved

    def _attempt_batch(
        self,
        slices: Sequence[Slice],
        messages: Sequence[Received],
        refs: Refs,
        recorded_at: datetime,
    ) -> dict[Outcome, int]:
        self.refresh()
        writes = Writes(recorded_at, decided_at_counter=self.facts.counter)
        work = self._work(ids_of(messages), refs, writes)
        self._look_at_disputes(work, messages)
        self._look_around(work, stated_in(messages), refs)
        numbering = self._numbering(messages, writes)
        outcomes: dict[Coordinates, Outcome] = {}
        refusals: dict[Coordinates, Refusal] = {}
        with recording_at(recorded_at):
            for message in sorted(messages, key=facts_first):
                outcome = handle(work, message, refusals, numbering)
                source = message.source
                outcomes[source.topic, source.partition, source.offset] = outcome
            intakes = self._intakes(slices, outcomes, refusals, writes)
        self.save(*work.changed, *intakes, writes=writes)
        counted: dict[Outcome, int] = {}
        for outcome in outcomes.values():
            counted[outcome] = counted.get(outcome, 0) + 1
        return counted

    def _work(self, ids: Sequence[UUID], refs: Refs, writes: Writes) -> Work:
        return Work(
            view=View(self.facts),
            stored=self.store.events_of(ids),
            mapper=self.event_mapper,
            refs=refs,
            writes=writes,
        )

    def _look_at_disputes(self, work: Work, messages: Sequence[Received]) -> None:
        """Load the disputes that a batch speaks of, and the CDRs that its credits end."""
        said = [
            message.command.statement
            for message in messages
            if isinstance(message.command, DisputeCommand)
        ]
        credited = [credited_key_of(statement) for statement in stated_in(messages)]
        ending = [key for key in credited if key is not None]
        if said or ending:
            named = load_disputes(work, self.store.events_of, statements=said, cdrs=ending)
            self.look_around(work, list(dict.fromkeys([*named, *ending])))

    def _numbering(self, messages: Sequence[Received], writes: Writes) -> Numbering:
        known = self.store.numbers_known(numbers_in(messages))
        return Numbering(known, writes.senders)

    def look_around(self, work: Work, cdrs: Sequence[str]) -> None:
        """Tell the work what stands around recorded CDRs: their sessions, others in their way.

        A credit CDR's original is loaded with it.
        """
        credited = {credited_key_of(statement) for statement in stated_by(work, cdrs)} - {None}
        work.add_stored(self.store.events_of([Cdr.id_of(str(key)) for key in credited]))
        sessions = {session_of(work.cdr(key)) for key in cdrs} - {None}
        work.add_stored(self.store.events_of([Session.id_of(str(key)) for key in sessions]))
        self._look_around(work, stated_by(work, cdrs), {})
        load_disputes(work, self.store.events_of, cdrs=cdrs)

    def _look_around(self, work: Work, stated: Sequence[CdrStatement], refs: Refs) -> None:
        """Ask in two queries for a batch what its CDRs need to know of others."""
        if not stated:
            return
        taken = self.store.occupied([span for row in stated for span in spans_of(row, refs)])
        nearby = self.store.open_sessions_at([near_span_of(row) for row in stated])
        work.add_around(taken, nearby)
        if days := launch_days(work.view, stated):
            work.places.add(days, self.store.launch_places(days))
        unnamed = {charger_of(row) for row in stated if not row.session_id}
        wanted = {key for charger in unnamed for key in nearby.get(charger, ())}
        work.add_stored(self.store.events_of([Session.id_of(key) for key in wanted]))

    def _intakes(
        self,
        slices: Sequence[Slice],
        outcomes: dict[Coordinates, Outcome],
        refusals: dict[Coordinates, Refusal],
        writes: Writes,
    ) -> list[Intake]:
        """Count what became of every message, per topic, partition and sender."""
        versions = self.store.intake_versions([(row.topic, row.partition) for row in slices])
        intakes = []
        for part in slices:
            intake = Intake.blank(f"{part.topic}[{part.partition}]")
            intake.continue_at(versions.get((part.topic, part.partition), 0))
            intake.consume(
                topic=part.topic,
                partition=part.partition,
                from_offset=part.from_offset,
                next_offset=part.next_offset,
                received=len(part.messages),
                epoch=part.epoch,
                counts=counts(part, outcomes),
                unreadable=marks(part, outcomes, refusals),
                provenance=Provenance(
                    "clearwatt", "system", writes.recorded_at, writes.recorded_at
                ),
            )
            intakes.append(intake)
            for message in part.messages:
                source = message.source
                refusal = refusals.get((source.topic, source.partition, source.offset))
                if refusal is not None:
                    writes.unreadable.append((message, refusal))
            writes.consumed.append(
                ConsumedTo(
                    part.topic, part.partition, part.from_offset, part.next_offset, part.epoch
                )
            )
        return intakes

    def _attempt_replay(self, received: Received, refs: Refs, by: By) -> Outcome:
        self.refresh()
        require_role(View(self.facts), by, "operations", "finance")
        source = received.source
        writes = Writes(by.at, decided_at_counter=self.facts.counter)
        replay_id = Replay.id_of(str(source))
        stored = self.store.events_of([replay_id, *ids_of([received])])
        work = self._work([], refs, writes)
        work.add_stored(stored)
        self._look_at_disputes(work, [received])
        self._look_around(work, stated_in([received]), refs)
        replay = work.replay(str(source))
        if replay.is_read:
            raise Refused(Refusal(Reason.ALREADY_EXISTS, str(source), "an unreadable message"))
        numbering = self._numbering([received], writes)
        refusals: dict[Coordinates, Refusal] = {}
        with recording_at(by.at):
            outcome = handle(work, received, refusals, numbering, is_replay=True)
            refusal = refusals.get((source.topic, source.partition, source.offset))
            replay.feed_again(
                topic=source.topic,
                partition=source.partition,
                offset=source.offset,
                sender=source.sender,
                outcome=outcome,
                reason=refusal.reason.value if refusal else "",
                provenance=provenance_of(by),
            )
        if outcome != "unreadable":
            writes.replayed.append((source.topic, source.partition, source.offset))
        self.save(*work.changed, writes=writes)
        return outcome

    def _attempt_release(self, due: Sequence[Due], recorded_at: datetime, limit: int) -> None:
        self.refresh()
        writes = Writes(recorded_at, decided_at_counter=self.facts.counter)
        touched = self._touched(due, writes, limit)
        disputes = [key.removeprefix(DISPUTE) for key in touched if key.startswith(DISPUTE)]
        payments = [key.removeprefix(PAYMENT) for key in touched if key.startswith(PAYMENT)]
        cdrs = [key for key in touched if not key.startswith((DISPUTE, PAYMENT))]
        ids = [Cdr.id_of(key) for key in cdrs] + [Payment.id_of(key) for key in payments]
        work = self._work(ids, {}, writes)
        named = load_disputes(work, self.store.events_of, disputes=disputes)
        self.look_around(work, list(dict.fromkeys([*named, *cdrs])))
        with recording_at(recorded_at):
            for key in cdrs:
                work.decide_again(key, because=touched[key], at=recorded_at)
            for key in disputes:
                take_up(work, key, at=recorded_at)
            for key in payments:
                because = touched[f"{PAYMENT}{key}"]
                decide_payment_again(work, key, because=because, at=recorded_at)
        self.save(*work.changed, writes=writes)

    def _touched(self, due: Sequence[Due], writes: Writes, limit: int) -> dict[str, str]:
        """Return up to about `limit` CDRs, each with the fact that touches it; note what is done.

        A fact that touches more than there is room for goes on after the last CDR taken.
        """
        touched: dict[str, str] = {}
        few = self.store.few_touched_by(due)
        for row in due:
            room = limit - len(touched)
            if room <= 0:
                break
            found = few[row.id][:room] if row.id in few else self.store.cdrs_touched_by(row, room)
            for each in found:
                touched.setdefault(each.cdr, row.fact_key)
            if len(found) < room:
                writes.due_done.append(row.id)
            else:
                writes.due_continues = (row.id, found[-1])
        return touched
