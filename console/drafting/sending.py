"""Drafted messages on their way to the topics, each sent by its own CPO like any other."""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import uuid5

from console.publisher.files import MESSAGE_IDS
from console.publisher.producer import Producer
from ledger.values.identifiers import party_key
from schemas import CdrV1, LocationV1, SessionV1, TariffVersionV1
from schemas.topics import Kind

Drafted = CdrV1 | SessionV1 | LocationV1 | TariffVersionV1
_KINDS: tuple[tuple[type[Drafted], Kind], ...] = (
    (CdrV1, "cdr"),
    (SessionV1, "session"),
    (LocationV1, "location"),
    (TariffVersionV1, "tariff"),
)


def kind_of(message: Drafted) -> Kind:
    """Return the kind whose topic a message belongs to."""
    return next(kind for model, kind in _KINDS if isinstance(message, model))


def send(
    producer: Producer,
    messages: Iterable[Drafted],
    *,
    at: datetime,
    on_sent: Callable[[int], object] = lambda _: None,
) -> int:
    """Publish messages in their order and return how many were confirmed.

    The sender is the CPO; `at` is when it was sent and received. The message id comes from the
    content, so that sending it again is the same message. Raises: what the producer raises.
    """
    count = 0
    for message in messages:
        sender = party_key(message.country_code, message.party_id)
        kind = kind_of(message)
        content = f"{kind} {sender} {message.model_dump_json()}"
        producer.publish(
            kind,
            message,
            sender=sender,
            timestamp=at,
            sent_at=at,
            message_id=str(uuid5(MESSAGE_IDS, content)),
        )
        count += 1
        on_sent(1)
    producer.flush()
    return count
