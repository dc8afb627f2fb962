"""Files to topics: OCPI JSON, JSON Lines or an Avro container, or a file's bytes as they are.

One bad record does not stop the ones behind it: it is reported with its place and its code.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from console.publisher.producer import Producer, check_size, headers_of
from schemas import (
    CONTROL_KINDS,
    KINDS,
    FileRegistry,
    IncomingKind,
    IncomingMessage,
    SchemaError,
    encode,
    read_file,
    topic_name,
)

MESSAGE_IDS: Final = UUID("0f9c1a52-52f0-5d0c-8f0f-3b1e7f1c9a10")
"""Namespace of message ids: the same bytes from the same sender are the same message."""

_AVRO_MAGIC: Final = b"Obj\x01"
_FILES: Final = FileRegistry()


class UnknownTopic(Exception):
    """No topic that a file can be published to has this name: UNKNOWN_TOPIC."""

    code: Final = "UNKNOWN_TOPIC"

    def __init__(self, text: str, prefix: str) -> None:
        known = ", ".join(topic_name(prefix, kind) for kind in KINDS + CONTROL_KINDS)
        super().__init__(f"{self.code}: {text!r} is no topic for files; there are {known}.")


class RefusedRecord(NamedTuple):
    """A record of a file that was not published: where it stands, and why."""

    place: str
    code: str
    sentence: str


@dataclass
class Published:
    """What became of a file's records; `refused` holds every one that was not sent."""

    topic: str
    sent: int = 0
    refused: list[RefusedRecord] = field(default_factory=list)


class Reading(NamedTuple):
    """How a file's objects are to be read: see `schemas.from_ocpi_json`."""

    ocpi_version: str | None = None
    party: str | None = None
    time_zone: str | None = None
    keep_original: bool = False


class Stamp(NamedTuple):
    """What goes beside each message: the sender, the first sequence number, the instant."""

    sender: str | None
    at: datetime
    first_sequence: int | None = None


def kind_of(text: str, prefix: str) -> IncomingKind:
    """Return the kind that a topic's name means; raises UnknownTopic.

    >>> [kind_of(text, "clearwatt.") for text in ("cdrs", "cdrs.v1", "clearwatt.cdrs.v1", "cdr")]
    ['cdr', 'cdr', 'cdr', 'cdr']
    >>> kind_of("invoices", "test.")
    Traceback (most recent call last):
    console.publisher.files.UnknownTopic: UNKNOWN_TOPIC: 'invoices' is no topic for files; ...
    """
    for kind in KINDS + CONTROL_KINDS:
        name = topic_name("", kind)
        if text in (kind, name, name.partition(".")[0], prefix + name):
            return kind
    raise UnknownTopic(text, prefix)


def publish_file(
    producer: Producer | None,
    kind: IncomingKind,
    path: Path,
    *,
    topic: str,
    reading: Reading,
    stamp: Stamp,
    on_record: Callable[[int], object] = lambda _: None,
) -> Published:
    """Publish a file's messages, in its order; without a producer only check them.

    `on_record` is told how many records were handled. The timestamp is `stamp.at`, and the
    message id comes from the content, so that sending a file again sends the same messages.
    Raises: OSError, and what the producer raises.
    """
    done = Published(topic)
    records = zip(_places(path), read_file(path, kind, **reading._asdict()), strict=False)
    for number, (place, record) in enumerate(records, 1):
        try:
            if isinstance(record, SchemaError):
                raise record
            _publish(producer, kind, record, done, stamp)
        except SchemaError as error:
            done.refused.append(_refused(place, error))
        on_record(number)
    if producer is not None:
        producer.flush()
    return done


def publish_bytes(
    producer: Producer | None, path: Path, *, topic: str, key: bytes | None, stamp: Stamp
) -> Published:
    """Publish a file's bytes as one message, whatever they are; raises what the producer does."""
    value = path.read_bytes()
    headers = headers_of(
        sender=stamp.sender,
        sequence=stamp.first_sequence,
        message_id=_message_id(topic, stamp.sender, value),
        sent_at=stamp.at,
    )
    if producer is not None:
        producer.publish_raw(topic, key, value, headers, stamp.at)
        producer.flush()
    return Published(topic, sent=1)


def _publish(
    producer: Producer | None,
    kind: IncomingKind,
    message: IncomingMessage,
    done: Published,
    stamp: Stamp,
) -> None:
    if producer is None:
        check_size(encode(message, topic=topic_name("", kind), registry=_FILES))
    else:
        # The original has its hash beside it; its bytes need not be text.
        content = message.model_dump_json(exclude={"original": {"bytes"}})
        producer.publish(
            kind,
            message,
            sender=stamp.sender,
            timestamp=stamp.at,
            sequence=None if stamp.first_sequence is None else stamp.first_sequence + done.sent,
            message_id=_message_id(done.topic, stamp.sender, content.encode()),
            sent_at=stamp.at,
        )
    done.sent += 1


def _message_id(topic: str, sender: str | None, content: bytes) -> str:
    return str(uuid5(MESSAGE_IDS, f"{topic} {sender} {sha256(content).hexdigest()}"))


def _refused(place: str, error: SchemaError) -> RefusedRecord:
    return RefusedRecord(place, error.code, str(error).partition(": ")[2])


def _places(path: Path) -> Iterator[str]:
    """Yield where each record of `read_file` stands: its line, or its number in a container."""
    with path.open("rb") as file:
        if file.peek(len(_AVRO_MAGIC)).startswith(_AVRO_MAGIC):
            yield from (f"record {number}" for number in count(1))
        for number, line in enumerate(file, 1):
            if line.strip():
                yield f"line {number}"
    yield "the end"
