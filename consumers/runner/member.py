"""The loop of one member: fetch, merge, read, record, draw consequences.

Whatever happens between two commits is forgotten: the log knows the offsets, and the member
goes back there. So there is one answer to every trouble - drop what is in memory, wait, ask the
log where it is, go on.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Final

import structlog

from consumers.runner.client import GroupClient
from consumers.runner.config import ConsumerConfig
from consumers.runner.merge import Batch, Merge, Place
from consumers.runner.ownership import Ownership
from consumers.runner.recovery import Recovery, stopped_by_signals
from consumers.runner.summary import OnProgress, RunSummary
from consumers.runner.takeover import take_over
from ledger.application.ledger import Ledger
from ledger.log.memory import collecting_seldom

log = structlog.get_logger("clearwatt.consumer")

_IDLE_POLL_MS: Final = 250
_AWAITED_POLL_MS: Final = 5
_WAITS: Final = 10
_MOST_BYTES_WAITING: Final = 32 * 1024 * 1024
_MOST_RECORDS_WAITING: Final = 50_000
_RELEASES_A_TURN: Final = 4
_TELL_SECONDS: Final = 5.0


def run(
    config: ConsumerConfig,
    *,
    open_ledger: Callable[[], Ledger],
    now: Callable[[], datetime],
    until_caught_up: bool = False,
    stop: threading.Event | None = None,
    on_progress: OnProgress | None = None,
) -> RunSummary:
    """Consume until `stop` is set, or a SIGTERM or SIGINT arrives, or all is caught up.

    `now` gives `recorded_at` (UTC): the wall clock in production, simulated time elsewhere.
    `until_caught_up` ends when every partition of ours is recorded to its end and no recorded
    fact has consequences left to draw; the summary says whether that was reached in time.
    The batch in hand is finished before the group is left. PostgreSQL, Kafka or the schema
    registry being away is waited for. Raises: TopicDiffers, and InvariantBroken for a defect.
    """
    stop = stop or threading.Event()
    with stopped_by_signals(stop), collecting_seldom():
        member = Member(config, open_ledger=open_ledger, now=now, stop=stop)
        return member.work(until_caught_up=until_caught_up, on_progress=on_progress)


class Member:
    """One run of a member; `Recovery` owns the connections and everything about waiting."""

    def __init__(
        self,
        config: ConsumerConfig,
        *,
        open_ledger: Callable[[], Ledger],
        now: Callable[[], datetime],
        stop: threading.Event,
    ) -> None:
        self._config, self._now, self._stop = config, now, stop
        self._merge, self._owned = Merge(), Ownership()
        self._summary = RunSummary()
        self._links = Recovery(config, open_ledger=open_ledger, stop=stop, summary=self._summary)
        self._is_assigned = False
        self._first_waiting_at: float | None = None
        self._awaited_since: float | None = None
        self._tell_at = 0.0
        self._released = False

    def work(self, *, until_caught_up: bool, on_progress: OnProgress | None) -> RunSummary:
        """Run the loop to its end and leave the group."""
        give_up_at = monotonic() + self._config.catch_up_seconds if until_caught_up else None
        try:
            while not self._stop.is_set():
                recorded = self._links.attempt(self._turn, forget=self._forget)
                if recorded and on_progress:
                    on_progress(self._summary.outcomes, self._lag())
                if give_up_at is None:
                    continue
                if not recorded and self._links.attempt(self._is_caught_up, forget=self._forget):
                    self._summary.caught_up = True
                    break
                if monotonic() > give_up_at:
                    log.warning("not caught up in time", seconds=self._config.catch_up_seconds)
                    break
        finally:
            self._links.close()
        return self._summary

    def _turn(self, client: GroupClient, ledger: Ledger) -> bool:
        """Fetch once and record at most one batch; True where something was recorded."""
        self._follow_changes(client, ledger)
        self._fetch(client, ledger)
        batch = self._batch(client)
        if batch:
            self._record(batch, ledger)
            self._tell(client)
        self._released = self._release(ledger)
        return bool(batch) or self._released

    def _fetch(self, client: GroupClient, ledger: Ledger) -> None:
        """Take in what arrived, and what a rebalance changed."""
        if self._is_full():
            return
        with self._summary.stage("poll"):
            arrived = client.poll(self._poll_ms())
        if self._follow_changes(client, ledger):
            return  # what arrived meanwhile belongs to the partitions of before
        for place, records in arrived.items():
            fresh = self._owned.new_records(place, records)
            if fresh:
                self._merge.add(place, fresh)
        if not arrived and not len(self._merge):
            self._links.see_whether_kafka_answers(client, self._owned)

    def _poll_ms(self) -> int:
        """Return how long a poll may wait for something to arrive."""
        if self._first_waiting_at is not None:
            return _AWAITED_POLL_MS
        return 0 if len(self._merge) or self._released else _IDLE_POLL_MS

    def _follow_changes(self, client: GroupClient, ledger: Ledger) -> bool:
        """Drop what is no longer ours, take over what is; True where anything changed."""
        changes = client.changes()
        for change in changes:
            self._is_assigned = False
            self._merge.forget(change.places)
            self._owned.drop(change.places)
            # Each assignment is whole, so only the last counts: an older one may be another's now.
            if change.kind == "assigned" and change is changes[-1]:
                self._merge.open(change.places)
                offsets = {}
                for row in take_over(change.places, client, ledger):
                    place = Place(row.topic, row.partition)
                    self._owned.add(place, epoch=row.epoch, next_offset=row.next_offset)
                    offsets[place] = row.next_offset
                client.begin_at(offsets)
                self._is_assigned = True
        return bool(changes)

    def _is_full(self) -> bool:
        """True where so much waits that memory comes before order: first some of it leaves."""
        return (
            self._merge.bytes_waiting > _MOST_BYTES_WAITING
            or len(self._merge) > _MOST_RECORDS_WAITING
        )

    def _batch(self, client: GroupClient) -> Batch:
        """Return the next batch, empty where it is better to wait for more.

        The wait begins when the member is free to take a batch: while it records one, which may
        take longer than the whole wait, nothing that arrives can be looked at. So that nobody
        waits for ever beside partitions that go on, it ends in any case after ten such waits.
        """
        if not len(self._merge):
            self._first_waiting_at = self._awaited_since = None
            return {}
        if self._first_waiting_at is None:
            self._first_waiting_at = monotonic()
        waited_ms = (monotonic() - self._first_waiting_at) * 1000
        if len(self._merge) < self._config.batch_size and waited_ms < self._config.linger_ms:
            return {}
        awaited_ms = (monotonic() - (self._awaited_since or monotonic())) * 1000
        longest_ms = self._config.merge_wait_ms
        is_patient = waited_ms < longest_ms and awaited_ms < longest_ms * _WAITS
        is_patient = is_patient and not self._is_full()
        behind: set[Place] = set()

        def is_awaited(place: Place) -> bool:
            if not self._is_behind(place, client):
                return False
            behind.add(place)
            return is_patient

        batch = self._merge.take(
            most_records=self._config.batch_size,
            most_bytes=self._config.batch_bytes,
            is_awaited=is_awaited,
        )
        self._awaited_since = (self._awaited_since or monotonic()) if behind else None
        if batch:
            self._first_waiting_at = None
        return batch

    def _is_behind(self, place: Place, client: GroupClient) -> bool:
        end = client.known_end(place)
        return end is None or self._owned[place].next_fetched < end

    def _record(self, batch: Batch, ledger: Ledger) -> None:
        with self._summary.stage("decode and translate"):
            slices = self._owned.slices(batch, self._config.registry)
        with self._summary.stage("decide and record"):
            outcomes = ledger.take(slices, recorded_at=self._now())
        self._owned.recorded(slices)
        self._summary.add(outcomes)
        log.debug("batch recorded", **outcomes)

    def _release(self, ledger: Ledger) -> bool:
        """Draw consequences of facts, a few at a time, so that the intake goes on."""
        released = False
        with self._summary.stage("release"):
            for _ in range(_RELEASES_A_TURN):
                if not ledger.release(recorded_at=self._now()):
                    break
                released = True
        return released

    def _is_caught_up(self, client: GroupClient, ledger: Ledger) -> bool:  # noqa: ARG002
        if not self._is_assigned or len(self._merge):
            return False
        ends = client.end_offsets(self._owned) if len(self._owned) else {}
        return all(self._owned[place].next_recorded >= end for place, end in ends.items())

    def _lag(self) -> int:
        ends = self._links.known_ends(self._owned)
        return sum(max(0, end - self._owned[place].next_recorded) for place, end in ends.items())

    def _tell(self, client: GroupClient) -> None:
        """Tell Kafka from time to time where the log is, for whoever looks at Kafka."""
        if monotonic() < self._tell_at:
            return
        self._tell_at = monotonic() + _TELL_SECONDS
        client.tell({place: self._owned[place].next_recorded for place in self._owned})

    def _forget(self) -> None:
        """Drop what is not recorded; what is ours is asked of the log again."""
        if len(self._owned):
            self._is_assigned = False  # whoever owns nothing has nothing to ask for
        self._merge, self._owned = Merge(), Ownership()
        self._first_waiting_at = self._awaited_since = None
