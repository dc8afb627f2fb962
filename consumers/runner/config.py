"""What a member of the consumer group is told. Plain data: settings are read elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from schemas import Registry

# What one poll hands over: were it a batch, it would be used up whenever one is taken, and what was
# fetched of one topic would wait, behind that of others, until they too are recorded.
_POLLED_BATCHES: Final = 8
_FETCH_BYTES: Final = 16 * 1024 * 1024
_PARTITION_FETCH_BYTES: Final = 256 * 1024


@dataclass(frozen=True)
class ConsumerConfig:
    """One member's settings.

    `topics` are full names; all have the same number of partitions and the same key.
    `kafka_options` are kafka-python's own (addresses, TLS, SASL) and stay out of reprs.
    """

    topics: tuple[str, ...]
    group_id: str
    registry: Registry
    kafka_options: Mapping[str, Any] = field(repr=False)
    batch_size: int = 500
    """Most messages that are decided and recorded in one transaction."""
    batch_bytes: int = 16 * 1024 * 1024
    """Most bytes of values in one transaction, so that large messages do not add up."""
    linger_ms: int = 20
    """How long a batch that is not full waits for more."""
    merge_wait_ms: int = 200
    """How long a topic's messages wait for older ones of another topic that are on their way."""
    session_timeout_ms: int = 6_000
    """After this silence the group gives a member's partitions to another; the standby's limit."""
    heartbeat_ms: int = 500
    """How soon a member hears that others joined or left; until then nothing changes hands."""
    max_poll_interval_ms: int = 120_000
    """How long one batch may take before the group gives up on the member."""
    join_seconds: float = 30.0
    """How long the group may leave a member without an assignment before it asks anew.

    A healthy group regroups within a session's time-out, unless another member is at a batch that
    takes longer; asking anew does no harm then.
    """
    catch_up_seconds: float = 600.0
    """How long `until_caught_up` may take."""

    def client_options(self) -> dict[str, Any]:
        """Return kafka-python's options for a member.

        A message larger than the fetch limits is fetched all the same (Kafka returns the first
        batch whole); the limits bound memory. `auto_offset_reset` is none: an offset that the
        broker no longer has is an error to be seen, not a reason to begin anew.
        """
        return {
            **self.kafka_options,
            "group_id": self.group_id,
            "enable_auto_commit": False,
            "auto_offset_reset": "none",
            "allow_auto_create_topics": False,
            "max_poll_records": self.batch_size * _POLLED_BATCHES,
            "fetch_max_bytes": _FETCH_BYTES,
            "max_partition_fetch_bytes": _PARTITION_FETCH_BYTES,
            "fetch_max_wait_ms": 100,
            "session_timeout_ms": self.session_timeout_ms,
            "heartbeat_interval_ms": self.heartbeat_ms,
            "max_poll_interval_ms": self.max_poll_interval_ms,
            "request_timeout_ms": 10_000,
            "bootstrap_timeout_ms": 10_000,
            "reconnect_backoff_ms": 100,
            "reconnect_backoff_max_ms": 2_000,
            "metadata_max_age_ms": 30_000,
            "metrics_enabled": False,
        }
