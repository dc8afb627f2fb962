"""Becoming the owner of partitions: the log raises their epochs and says where they go on."""

from collections.abc import Iterable
from typing import NamedTuple

import structlog

from consumers.runner.client import GroupClient
from consumers.runner.errors import TopicDiffers
from consumers.runner.merge import Place
from ledger.application.ledger import Ledger
from ledger.log import log_of

log = structlog.get_logger("clearwatt.consumer")


class TakenOver(NamedTuple):
    """One topic's partition, ours from `next_offset` on under `epoch`."""

    topic: str
    partition: int
    next_offset: int
    epoch: int


def take_over(places: Iterable[Place], client: GroupClient, ledger: Ledger) -> list[TakenOver]:
    """Take over partitions from whoever had them; from now on he is fenced.

    A partition of which the log knows nothing begins where the topic does.
    Raises: LogUnreachable, KafkaUnreachable, TopicDiffers.
    """
    topics_of: dict[int, list[str]] = {}
    for place in sorted(places):
        topics_of.setdefault(place.partition, []).append(place.topic)
    if len({tuple(topics) for topics in topics_of.values()}) > 1:
        # Slower, since more CDRs wait for their sessions, and as right as otherwise.
        log.warning("the topics differ in their number of partitions", partitions=topics_of)
    first, end = client.first_offsets(places), client.end_offsets(places)
    taken = []
    for partition, topics in sorted(topics_of.items()):
        for row in log_of(ledger).take_over(topics, partition):
            place = Place(row.topic, row.partition)
            next_offset = first[place] if row.next_offset is None else row.next_offset
            _refuse_another_topic(place, next_offset, first[place], end[place])
            taken.append(TakenOver(row.topic, row.partition, next_offset, row.epoch))
    log.info("partitions taken over", partitions=sorted(topics_of))
    return taken


def _refuse_another_topic(place: Place, next_offset: int, first: int, end: int) -> None:
    """Refuse a topic that no longer has, or never had, what the log wants next."""
    if not first <= next_offset <= end:
        raise TopicDiffers(
            f"{place.topic}[{place.partition}] holds the offsets from {first} up to {end}, and the "
            f"log goes on at {next_offset}: the topic was made anew, or lost what was not consumed."
        )
