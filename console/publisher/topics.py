"""The topics: their names, what is asked of the broker for them, and whether the broker answers.

All topics have the same number of partitions and the same key, so that a consumer owns partition
p of every incoming topic: what belongs together is decided together.
"""

import contextlib
import logging
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient  # type: ignore[import-untyped]
from kafka.errors import KafkaError, TopicAlreadyExistsError  # type: ignore[import-untyped]
from kafka.partitioner.default import murmur2  # type: ignore[import-untyped]

from console.errors import ServiceError
from schemas import INCOMING, OUTGOING

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
NEVER_MS = 2**63 - 1

TOPIC_CONFIGS: Mapping[str, str] = {
    "max.message.bytes": str(MAX_MESSAGE_BYTES),
    # The topics are the evidence: nothing in them expires.
    "retention.ms": "-1",
    "retention.bytes": "-1",
    # An import publishes months in minutes, on the months' own time; segments roll by size only.
    "segment.ms": str(NEVER_MS),
    "message.timestamp.before.max.ms": str(NEVER_MS),
    "message.timestamp.after.max.ms": str(NEVER_MS),
}

# A call to a broker that answers takes milliseconds; these bound the wait for one that does not.
_CONNECT_TIMEOUT_SECONDS = 3.0
_BOOTSTRAP_TIMEOUT_MS = 5_000
_REQUEST_TIMEOUT_MS = 10_000


@dataclass(frozen=True)
class Broker:
    """A Kafka cluster that answered: its id, how many brokers, the release it speaks."""

    cluster_id: str
    brokers: int
    version: str


@dataclass(frozen=True)
class Topic:
    """One of our topics as the broker has it; `partitions` is 0 where it does not exist."""

    name: str
    partitions: int


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition to which Kafka's own producers send a key.

    >>> partition_of(b"DE*RSL", 6), partition_of(b"CH*LEM", 6)
    (4, 0)
    """
    positive: int = murmur2(key) & 0x7FFF_FFFF
    return positive % partitions


@contextlib.contextmanager
def _admin(options: Mapping[str, Any]) -> Iterator[KafkaAdminClient]:
    """Give an admin client; whatever it raises becomes `KAFKA_UNREACHABLE` with the address."""
    servers = ", ".join(options["bootstrap_servers"])
    if not any(_listens(server) for server in options["bootstrap_servers"]):
        raise ServiceError("KAFKA_UNREACHABLE", f"Nobody listens on {servers}, set for Kafka.")
    # kafka-python logs every attempt to connect; the caller gets one sentence instead.
    kafka_log = logging.getLogger("kafka")
    level, client = kafka_log.level, None
    kafka_log.setLevel(logging.CRITICAL)
    try:
        client = KafkaAdminClient(
            **{"bootstrap_timeout_ms": _BOOTSTRAP_TIMEOUT_MS, **options},
            request_timeout_ms=_REQUEST_TIMEOUT_MS,
        )
        yield client
    except (KafkaError, OSError) as error:
        sentence = f"Kafka at {servers} does not answer: {error}."
        raise ServiceError("KAFKA_UNREACHABLE", sentence) from error
    finally:
        if client is not None:
            client.close()
        kafka_log.setLevel(level)


def _listens(server: str) -> bool:
    # Asked first, because the client tries again for seconds where nobody listens.
    host, _, port = server.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _CONNECT_TIMEOUT_SECONDS):
            return True
    except (OSError, ValueError):
        return False


def broker_health(options: Mapping[str, Any]) -> Broker:
    """Return the cluster behind `options`; raises `ServiceError` KAFKA_UNREACHABLE.

    A broker that answers but is not registered yet counts as unreachable: it takes no messages.
    """
    with _admin(options) as admin:
        cluster = admin.describe_cluster()
        if not cluster["brokers"]:
            raise ServiceError("KAFKA_UNREACHABLE", "Kafka answers, but no broker is registered.")
        newest = admin.get_broker_version_data(cluster["brokers"][0]["broker_id"]).broker_version
    version = ".".join(str(part) for part in newest)
    return Broker(cluster["cluster_id"], len(cluster["brokers"]), version)


def create_topics(
    options: Mapping[str, Any],
    prefix: str,
    partitions: int,
    *,
    timestamp_type: str = "CreateTime",
) -> tuple[Topic, ...]:
    """Create the topics that are missing and return all of them; a second call changes nothing.

    `timestamp_type` is Kafka's: CreateTime (the publisher stamps) or LogAppendTime (the broker).
    Raises `ServiceError`: KAFKA_UNREACHABLE, TOPIC_NOT_CREATED (the broker said no), and
    TOPIC_PARTITIONS_DIFFER: another number of partitions would send a key to another partition
    than its earlier messages, and break the order in which they are decided.
    """
    configs = {**TOPIC_CONFIGS, "message.timestamp.type": timestamp_type}
    missing = [topic.name for topic in describe(options, prefix) if not topic.partitions]
    if missing:
        wanted = {"num_partitions": partitions, "replication_factor": -1, "configs": configs}
        with _admin(options) as admin:
            answer = admin.create_topics(dict.fromkeys(missing, wanted), raise_errors=False)
            _check_created(answer["topics"])
            admin.wait_for_topics(missing)
    topics = describe(options, prefix)
    for topic in topics:
        if topic.partitions != partitions:
            sentence = (
                f"Topic {topic.name} has {topic.partitions} partitions where the settings ask for "
                f"{partitions}; set CLEARWATT_PARTITIONS={topic.partitions} or choose another "
                "CLEARWATT_TOPIC_PREFIX."
            )
            raise ServiceError("TOPIC_PARTITIONS_DIFFER", sentence)
    return topics


def _check_created(answers: Iterable[Mapping[str, Any]]) -> None:
    # Somebody else may create the same topic between our look and our request: that is no error.
    for answer in answers:
        if answer["error_code"] not in (0, TopicAlreadyExistsError.errno):
            sentence = f"Topic {answer['name']} was not created: {answer['error_message']}."
            raise ServiceError("TOPIC_NOT_CREATED", sentence)


def describe(options: Mapping[str, Any], prefix: str) -> tuple[Topic, ...]:
    """Return our topics as the broker has them; raises `ServiceError` KAFKA_UNREACHABLE."""
    names = topic_names(prefix)
    with _admin(options) as admin:
        found = {topic["name"]: topic for topic in admin.describe_topics(list(names))}
    return tuple(Topic(name, len(found[name]["partitions"])) for name in names)


def delete_topics(options: Mapping[str, Any], prefix: str) -> None:
    """Delete our topics under `prefix` with all they hold: for a clean start of the demo."""
    existing = [topic.name for topic in describe(options, prefix) if topic.partitions]
    if existing:
        with _admin(options) as admin:
            admin.delete_topics(existing)


def topic_names(prefix: str) -> tuple[str, ...]:
    """Return the full names of our topics, incoming ones first.

    >>> topic_names("clearwatt.")[2]
    'clearwatt.cdrs.v1'
    """
    return tuple(prefix + name for name in INCOMING + OUTGOING)
