"""The producer: models and bytes to topics, confirmed by every replica, in order per key.

Idempotent, so a retry inside the client writes nothing twice. Sending is asynchronous: whatever
was not confirmed is raised by the next `publish` or `flush`, never passed over.
"""

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import TracebackType
from typing import Any, Final, Literal, Self

import kafka.errors  # type: ignore[import-untyped]
from kafka import KafkaProducer
from kafka.partitioner import Partitioner  # type: ignore[import-untyped]
from kafka.partitioner.default import murmur2  # type: ignore[import-untyped]

from console.errors import ServiceError
from console.publisher.topics import MAX_MESSAGE_BYTES as MAX_RECORD_BYTES
from schemas import MAX_MESSAGE_BYTES, IncomingMessage, Registry, SchemaError, encode, topic_name
from schemas import message_key as key_of
from schemas.dispute import DisputeEventV1
from schemas.headers import MESSAGE_ID, SENDER, SENT_AT, SEQUENCE, TRACEPARENT
from schemas.reject import RejectV1
from schemas.settlement_event import SettlementEventV1
from schemas.topics import IncomingKind

Headers = Sequence[tuple[str, bytes]]

_OUTGOING: Final[Mapping[type, str]] = {
    SettlementEventV1: "settlement-event",
    DisputeEventV1: "dispute-event",
    RejectV1: "reject",
}

# The client buffers without a limit; this one keeps its memory flat.
_UNCONFIRMED_BYTES: Final = 16 * 1024 * 1024
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)

_OPTIONS: Final[Mapping[str, Any]] = {
    "acks": "all",
    "enable_idempotence": True,
    "allow_auto_create_topics": False,
    "batch_size": 256 * 1024,
    "linger_ms": 5,
    "max_request_size": MAX_RECORD_BYTES,
    "metrics_enabled": False,
    # Long enough for a broker to restart, short enough to be told about one that does not.
    "bootstrap_timeout_ms": 5_000,
    "max_block_ms": 10_000,
    "request_timeout_ms": 10_000,
    "delivery_timeout_ms": 30_000,
    "reconnect_backoff_max_ms": 2_000,
}


class ByKey(Partitioner):  # type: ignore[misc]
    """The partition of a key as Kafka's own clients choose it; without a key, partition 0.

    The party decides the partition, always the same one: its messages are decided in order.
    """

    def partition(
        self,
        topic: str,
        key: object,
        serialized_key: bytes | None,
        value: object,
        serialized_value: bytes | None,
        cluster: Any,
    ) -> int:
        del key, value, serialized_value
        partitions = cluster.partitions_for_topic(topic)
        return partition_of(serialized_key, len(partitions))


def partition_of(key: bytes | None, partitions: int) -> int:
    """Return the partition of a key, by murmur2.

    >>> partition_of(b"NL*XYZ", 6), partition_of(None, 6)
    (1, 0)
    """
    return 0 if key is None else _hash_of(key) % partitions


@lru_cache(maxsize=65536)
def _hash_of(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF


class Producer:
    """Publishes to the topics under a prefix; one thread, closed by `with`.

    Raises `ServiceError`: KAFKA_UNREACHABLE where the broker does not answer or does not confirm
    in time, after tries with back-off; KAFKA_REFUSED where it says no.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        *,
        prefix: str,
        registry: Registry,
        compression: Literal["gzip"] | None = "gzip",
    ) -> None:
        self._prefix, self._registry = prefix, registry
        self._address = ", ".join(options["bootstrap_servers"])
        self._unconfirmed_bytes = 0
        self._failures: list[Exception] = []
        # The client logs each attempt to connect; the caller gets one sentence instead.
        logging.getLogger("kafka").setLevel(logging.CRITICAL)
        with self._translated():
            self._kafka = KafkaProducer(
                **{**_OPTIONS, **options}, partitioner=ByKey(), compression_type=compression
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            # Whoever leaves with an error has nothing to wait for.
            if error is None:
                self.flush()
        finally:
            self._kafka.close(timeout=1)

    def publish(
        self,
        kind: IncomingKind,
        message: IncomingMessage,
        *,
        sender: str | None = None,
        timestamp: datetime | None = None,
        sequence: int | None = None,
        message_id: str | None = None,
        sent_at: datetime | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Send a message under its party's key; headers that are None are left out.

        `timestamp` becomes `received_at` where the topic is stamped by its publisher (None: now);
        `sequence` counts a sender's messages on a topic from 1, which is the caller's to keep.
        Refuses: MESSAGE_TOO_LARGE over 4 MiB, and what `schemas.encode` refuses.
        """
        topic = topic_name(self._prefix, kind)
        value = encode(message, topic=topic, registry=self._registry)
        check_size(value)
        headers = headers_of(
            sender=sender,
            sequence=sequence,
            message_id=message_id,
            sent_at=sent_at,
            traceparent=traceparent,
        )
        key = key_of(message.country_code, message.party_id)
        self.publish_raw(topic, key, value, headers, timestamp)

    def publish_event(
        self,
        event: SettlementEventV1 | DisputeEventV1 | RejectV1,
        *,
        key: str,
        headers: Headers,
        timestamp: datetime,
    ) -> None:
        """Send an event of the log under the key of the party that it is ordered by."""
        topic = topic_name(self._prefix, _OUTGOING[type(event)])
        value = encode(event, topic=topic, registry=self._registry)
        self.publish_raw(topic, key.encode(), value, headers, timestamp)

    def publish_raw(
        self,
        topic: str,
        key: bytes | None,
        value: bytes,
        headers: Headers = (),
        timestamp: datetime | None = None,
    ) -> None:
        """Send bytes to a topic (its full name) as they are, also bytes nobody can read.

        Refuses: MESSAGE_TOO_LARGE beyond the 16 MiB that a topic takes.
        """
        self._raise_failures()
        stamp = None if timestamp is None else (timestamp - _EPOCH) // _MILLISECOND
        with self._translated():
            future = self._kafka.send(
                topic, value, key=key, headers=list(headers), timestamp_ms=stamp
            )
        future.add_errback(self._failures.append)
        self._unconfirmed_bytes += len(value)
        if self._unconfirmed_bytes > _UNCONFIRMED_BYTES:
            self.flush()

    def flush(self) -> None:
        """Wait until everything sent is confirmed; raises what was not."""
        with self._translated():
            self._kafka.flush()
        self._unconfirmed_bytes = 0
        self._raise_failures()

    def _raise_failures(self) -> None:
        if self._failures:
            first = self._failures[0]
            count = len(self._failures)
            self._failures.clear()
            raise self._service_error(first, f"{count} messages were not confirmed") from first

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except kafka.errors.MessageSizeTooLargeError as error:
            sentence = f"the topic takes {MAX_RECORD_BYTES} bytes with key and headers"
            raise SchemaError("MESSAGE_TOO_LARGE", detail=sentence) from error
        except (kafka.errors.KafkaError, OSError) as error:
            raise self._service_error(error, "it takes no messages") from error

    def _service_error(self, error: Exception, what: str) -> ServiceError:
        is_refusal = isinstance(error, kafka.errors.BrokerResponseError) and not error.retriable
        code = "KAFKA_REFUSED" if is_refusal else "KAFKA_UNREACHABLE"
        return ServiceError(code, f"Kafka at {self._address}: {what} ({error}).")


def check_size(value: bytes) -> None:
    """Refuse MESSAGE_TOO_LARGE: a value that no consumer would read."""
    if len(value) > MAX_MESSAGE_BYTES:
        raise SchemaError("MESSAGE_TOO_LARGE", detail=f"{len(value)} bytes")


def headers_of(
    *,
    sender: str | None = None,
    sequence: int | None = None,
    message_id: str | None = None,
    sent_at: datetime | None = None,
    traceparent: str | None = None,
) -> list[tuple[str, bytes]]:
    """Return the headers of a message, those that are None left out.

    >>> headers_of(sender="NL*XYZ", sequence=1)
    [('cw-sender', b'NL*XYZ'), ('cw-sequence', b'1')]
    """
    sent = None if sent_at is None else sent_at.isoformat().replace("+00:00", "Z")
    stated = (
        (SENDER, sender),
        (SEQUENCE, sequence),
        (MESSAGE_ID, message_id),
        (SENT_AT, sent),
        (TRACEPARENT, traceparent),
    )
    return [(name, str(value).encode()) for name, value in stated if value is not None]
