"""Becoming the owner of partitions: the log raises their epochs and says where they go on."""

from collections.abc import Iterable
from typing import NamedTuple

import structlog

from consumers.runner.client import GroupClient
from consumers.runner.merge import Place
from ledger.application.ledger import Ledger
from ledger.log.store import PostgresLog
from ledger.values.reasons import InvariantBroken

log = structlog.get_logger("clearwatt.consumer")


class TakenOver(NamedTuple):
    """One topic's partition, ours from `next_offset` on under `epoch`."""

    topic: str
    partition: int
    next_offset: int
    epoch: int


def log_of(ledger: Ledger) -> PostgresLog:
    """Return the log a ledger stands on; a consumer's offsets live there."""
    if not isinstance(ledger.store, PostgresLog):
        raise InvariantBroken("a consumer needs the log in PostgreSQL")
    return ledger.store


def take_over(places: Iterable[Place], client: GroupClient, ledger: Ledger) -> list[TakenOver]:
    """Take over partitions from whoever had them; from now on he is fenced.

    A partition of which the log knows nothing begins where the topic does.
    Raises: LogUnreachable, KafkaUnreachable.
    """
    topics_of: dict[int, list[str]] = {}
    for place in sorted(places):
        topics_of.setdefault(place.partition, []).append(place.topic)
    assigned = [
        row
        for partition, topics in sorted(topics_of.items())
        for row in log_of(ledger).take_over(topics, partition)
    ]
    unknown = [Place(row.topic, row.partition) for row in assigned if row.next_offset is None]
    first = client.first_offsets(unknown) if unknown else {}
    if len({tuple(topics) for topics in topics_of.values()}) > 1:
        # Slower, since more CDRs wait for their sessions, and as right as otherwise.
        log.warning("the topics differ in their number of partitions", partitions=topics_of)
    log.info("partitions taken over", partitions=sorted(topics_of))
    return [
        TakenOver(
            row.topic,
            row.partition,
            first[Place(row.topic, row.partition)] if row.next_offset is None else row.next_offset,
            row.epoch,
        )
        for row in assigned
    ]
