"""kafka-python as a member of a group: joining, fetching, and what a rebalance changes.

kafka-python calls a rebalance listener on its own input and output thread. It may not block there
and must not touch PostgreSQL, so the listener only notes the change; the member takes it up after
the poll. Until then a new partition is paused, so that nothing of it is fetched from a wrong
place.

kafka-python 3.0.12 forgets a rejoin that it began because topics changed, also in the moments
after the first join: it never notes that it needs to rejoin, so when a poll ends after JoinGroup
was answered, no later poll takes what SyncGroup assigns, and the member stays without partitions
and heartbeats for ever. And a join that ends between two polls is thrown away and begun anew.

So `_Listener` notes the need, a poll without an assignment waits for one, and who has none for
long is told by NotAssigned to begin with a new client.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Final, Literal, NamedTuple

import structlog
from kafka import (  # type: ignore[import-untyped]
    ConsumerRebalanceListener,
    KafkaConsumer,
    OffsetAndMetadata,
    TopicPartition,
)
from kafka.coordinator.assignors.range import (  # type: ignore[import-untyped]
    RangePartitionAssignor,
)
from kafka.errors import KafkaError, OffsetOutOfRangeError  # type: ignore[import-untyped]

from consumers.runner.config import ConsumerConfig
from consumers.runner.errors import KafkaUnreachable, NotAssigned, TopicDiffers
from consumers.runner.merge import Place

log = structlog.get_logger("clearwatt.consumer")

_ASK_MS: Final = 5_000
_LEAVE_MS: Final = 3_000
_JOIN_MS: Final = 250


class Change(NamedTuple):
    """Partitions that became ours or ceased to be."""

    kind: Literal["assigned", "revoked"]
    places: frozenset[Place]


class GroupClient:
    """One member of the consumer group. Raises KafkaUnreachable where no broker answers.

    The range assignor gives partition p of all topics to the same member, because all topics
    have the same number of partitions and all members the same subscription.
    """

    def __init__(self, config: ConsumerConfig) -> None:
        self._config = config
        self._changes: SimpleQueue[Change] = SimpleQueue()
        self._unassigned_since: float | None = None
        with asking(config.kafka_options):
            self._consumer = KafkaConsumer(
                **config.client_options(), partition_assignment_strategy=[RangePartitionAssignor]
            )
        self._subscribe()
        try:
            # Known before the join, they do not come as a change after it, which makes all rejoin.
            with asking(config.kafka_options):
                known: set[str] = self._consumer.topics()
            missing = [topic for topic in config.topics if topic not in known]
            if missing:
                raise KafkaUnreachable(f"the topics {', '.join(missing)} do not exist.")
        except KafkaUnreachable:
            self._consumer.close(autocommit=False)
            raise

    def _subscribe(self) -> None:
        self._unassigned_since = monotonic()
        listener = _Listener(self._consumer, self._note)
        self._consumer.subscribe(topics=list(self._config.topics), listener=listener)

    def _note(self, change: Change) -> None:
        self._unassigned_since = monotonic() if change.kind == "revoked" else None
        self._changes.put(change)

    def poll(self, timeout_ms: int) -> Mapping[Place, Sequence[Any]]:
        """Return records that arrived, at most a batch of them.

        Without an assignment it waits a quarter of a second for one, whatever the time-out.
        Raises: TopicDiffers, KafkaUnreachable, and NotAssigned after `join_seconds` without one.
        """
        if self._unassigned_since is not None:
            timeout_ms = max(timeout_ms, _JOIN_MS)
        try:
            with asking(self._config.kafka_options):
                records: Mapping[Place, Sequence[Any]] = self._consumer.poll(timeout_ms=timeout_ms)
        except OffsetOutOfRangeError as error:
            places = ", ".join(f"{tp.topic}[{tp.partition}]" for tp in error.args[0])
            raise TopicDiffers(
                f"{places} no longer has the offset at which the log goes on; the topic was made "
                "anew, or its retention removed what was not consumed."
            ) from error
        self._refuse_to_wait_for_ever()
        return records

    def _refuse_to_wait_for_ever(self) -> None:
        since = self._unassigned_since  # kafka-python's thread may set it to None meanwhile
        if since is not None and monotonic() - since > self._config.join_seconds:
            raise NotAssigned(self._config.group_id, self._config.join_seconds)

    def changes(self) -> list[Change]:
        """Return what rebalances changed since the last call, in their order."""
        changes = []
        while True:
            try:
                changes.append(self._changes.get_nowait())
            except Empty:
                return changes

    def begin_at(self, offsets: Mapping[Place, int]) -> None:
        """Fetch partitions from these offsets on."""
        ours = self._consumer.assignment()
        for place, offset in offsets.items():
            # A rebalance may have taken it again meanwhile; its change is still to come.
            if place in ours:
                self._consumer.seek(TopicPartition(*place), offset)
                self._consumer.resume(TopicPartition(*place))

    def first_offsets(self, places: Iterable[Place]) -> Mapping[Place, int]:
        """Return where partitions begin."""
        with asking(self._config.kafka_options):
            found = self._consumer.beginning_offsets(_partitions(places), timeout_ms=_ASK_MS)
        return {Place(*place): offset for place, offset in found.items()}

    def end_offsets(self, places: Iterable[Place]) -> Mapping[Place, int]:
        """Return where partitions end now, excluded."""
        with asking(self._config.kafka_options):
            found = self._consumer.end_offsets(_partitions(places), timeout_ms=_ASK_MS)
        return {Place(*place): offset for place, offset in found.items()}

    def known_end(self, place: Place) -> int | None:
        """Return the end that the last fetch told, or None where nothing was fetched yet."""
        if place not in self._consumer.assignment():
            return None
        end: int | None = self._consumer.highwater(TopicPartition(*place))
        return end

    def begin_anew(self) -> None:
        """Fetch nothing more, and say of every partition of ours that it is newly assigned.

        Partitions are paused and resumed all together, never one by one: kafka-python 3.0.12
        may keep what it fetched of a single paused partition for ever after it is resumed.
        """
        ours = self._consumer.assignment()
        self._consumer.pause(*ours)
        if ours:
            self._changes.put(Change("assigned", _places(ours)))

    def tell(self, offsets: Mapping[Place, int]) -> None:
        """Let Kafka know how far the log is: information for Kafka's own tools, never read."""
        self._consumer.commit_async(
            {
                TopicPartition(*place): OffsetAndMetadata(offset, "", -1)
                for place, offset in offsets.items()
            },
            callback=_note_untold,
        )

    def rejoin(self) -> None:
        """Leave the group and join again, to learn anew what is ours."""
        self._consumer.unsubscribe()
        self.changes()
        self._subscribe()

    def close(self) -> None:
        """Leave the group, so that others take over at once."""
        try:
            self._consumer.close(autocommit=False, timeout_ms=_LEAVE_MS)
        except KafkaError as error:
            # The group notices by the session's time-out; nothing of the truth is lost.
            log.warning("the group was left without a word", reason=type(error).__name__)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """Notes what a rebalance changes; runs on kafka-python's thread."""

    def __init__(self, consumer: KafkaConsumer, note: Callable[[Change], None]) -> None:
        self._consumer, self._note = consumer, note

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Hold new partitions back until the log has said where they go on."""
        partitions = list(assigned)
        for partition in partitions:
            self._consumer.pause(partition)
            # A position of any kind: without one kafka-python asks Kafka, which is not the truth.
            self._consumer.seek(partition, 0)
        self._note(Change("assigned", _places(partitions)))

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """What is not recorded is dropped: whoever comes next reads it again.

        Each join begins with this call, and ends by clearing the need for it; kafka-python has no
        public way to say what its own check of the topics leaves out.
        """
        self._consumer._coordinator.request_rejoin()
        self._note(Change("revoked", _places(revoked)))


@contextmanager
def asking(options: Mapping[str, Any]) -> Iterator[None]:
    """Turn what kafka-python raises into KafkaUnreachable with the addresses."""
    try:
        yield
    except OffsetOutOfRangeError:
        raise
    except (KafkaError, OSError) as error:
        servers = options.get("bootstrap_servers", "")
        addresses = servers if isinstance(servers, str) else ", ".join(servers)
        raise KafkaUnreachable(f"Kafka at {addresses} does not answer: {error}.") from error


def quieten_kafka() -> None:
    """Silence kafka-python's own lines about every attempt to connect, dozens a second.

    What matters of them is said once, by this package, in a sentence.
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)


def _note_untold(offsets: object, answer: object) -> None:  # noqa: ARG001
    if isinstance(answer, Exception):
        log.debug("Kafka was not told how far the log is", reason=type(answer).__name__)


def _partitions(places: Iterable[Place]) -> list[TopicPartition]:
    return [TopicPartition(*place) for place in places]


def _places(partitions: Iterable[TopicPartition]) -> frozenset[Place]:
    return frozenset(Place(*partition) for partition in partitions)
