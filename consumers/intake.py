"""One Kafka record becomes one `Received`: a command, or the reason why it is unreadable.

Pure: the same record gives the same result, today and when it is fed again. Whatever a record
holds, reading it never raises, with one exception that says nothing about the message: the
schema registry is unreachable. Then the reader waits and asks again.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from consumers import (
    cdrs,
    command_results,
    control_totals,
    disputes,
    locations,
    parties,
    payments,
    sessions,
    tariffs,
)
from consumers.headers import Coordinates, Headers, source_of
from ledger.application.commands import MessageCommand, RawMessage, Received
from ledger.values.instants import BEGINNING
from ledger.values.reasons import Reason, Refusal
from schemas import (
    CdrV1,
    CommandResultV1,
    ControlTotalsV1,
    DisputeCommandV1,
    LocationV1,
    PartyV1,
    PaymentV1,
    Registry,
    SchemaError,
    SessionV1,
    TariffVersionV1,
    check_key,
    decode,
)

# One function per model. A model of another topic than an incoming one has none.
TRANSLATORS: Final[Mapping[type[Any], Callable[[Any], MessageCommand]]] = {
    CdrV1: cdrs.to_command,
    SessionV1: sessions.to_command,
    TariffVersionV1: tariffs.to_command,
    LocationV1: locations.to_command,
    DisputeCommandV1: disputes.to_command,
    ControlTotalsV1: control_totals.to_command,
    CommandResultV1: command_results.to_command,
    PaymentV1: payments.to_command,
    PartyV1: parties.to_command,
}

_LAST_TIMESTAMP_MS: Final = 253_402_300_799_999  # the last millisecond of the year 9999
_LONGEST_FACT: Final = 300


def receive(
    at: Coordinates,
    *,
    timestamp_ms: int,
    key: bytes | None,
    value: bytes | None,
    headers: Headers,
    registry: Registry,
) -> Received:
    """Read one record; `timestamp_ms` is the record's own, in milliseconds since 1970 in UTC.

    The original bytes come along in any case: the ledger keeps them where it finds the sender
    not entitled. Unreadable with a code of `schemas.CODES`, WRONG_HEADER, UNKNOWN_TOPIC_VERSION,
    or NUMBER_OUT_OF_RANGE at `timestamp`. Raises: RegistryUnreachable.
    """
    received_at = received_at_of(timestamp_ms)
    refusal = None
    if received_at is None:
        # Without a time of its own the message is kept, at the beginning of time, and refused.
        received_at = BEGINNING
        refusal = Refusal(Reason.NUMBER_OUT_OF_RANGE, "timestamp", "1970 to 9999")
    return receive_again(
        at,
        received_at=received_at,
        key=key,
        value=value,
        headers=headers,
        registry=registry,
        refusal=refusal,
    )


def receive_again(
    at: Coordinates,
    *,
    received_at: datetime,
    key: bytes | None,
    value: bytes | None,
    headers: Headers,
    registry: Registry,
    refusal: Refusal | None = None,
) -> Received:
    """Read a message that was received before, as of then. Raises: RegistryUnreachable."""
    source, wrong_header = source_of(at, key, headers)
    refusal = refusal or wrong_header
    command = None
    if refusal is None:
        try:
            command = command_of(at.topic, key, value, registry)
        except SchemaError as error:
            refusal = refusal_of(error)
    raw = RawMessage(key, value, tuple((_plain_name(name), content) for name, content in headers))
    return Received(source, received_at, command, refusal, raw)


def command_of(
    topic: str, key: bytes | None, value: bytes | None, registry: Registry
) -> MessageCommand:
    """Return the command in a topic's bytes. Refuses: what `schemas.decode` and `check_key` do."""
    message = decode(value, topic=topic, registry=registry)
    translate = TRANSLATORS.get(type(message))
    if translate is None:
        raise SchemaError("UNKNOWN_TOPIC_VERSION", detail="no topic that is read")
    check_key(key, message)  # type: ignore[arg-type]  # it is one of TRANSLATORS' models
    return translate(message)


def received_at_of(timestamp_ms: int) -> datetime | None:
    """Return a record's time, or None where it has none or one beyond the year 9999.

    >>> received_at_of(1_790_000_000_123).isoformat()
    '2026-09-21T14:13:20.123000+00:00'
    >>> received_at_of(-1) is None
    True
    """
    if not 0 <= timestamp_ms <= _LAST_TIMESTAMP_MS:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=timestamp_ms)


def refusal_of(error: SchemaError) -> Refusal:
    """Return the ledger's word for a refusal of the schemas; codes have the same names.

    >>> str(refusal_of(SchemaError("NEGATIVE_QUANTITY", "total_energy")))
    'NEGATIVE_QUANTITY: A quantity that cannot be negative is. (at total_energy)'
    """
    return Refusal(Reason[error.code], _plain(error.path), actual=_plain(error.detail))


@lru_cache(maxsize=1024)
def _plain_name(name: str) -> str:
    """Return a header's name as `_plain` does; senders use the same few."""
    return _plain(name)


def _plain(text: str) -> str:
    """Return a text that any log and PostgreSQL can hold: printable, and not too long."""
    if text.isprintable() and len(text) <= _LONGEST_FACT:
        return text
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)[
        :_LONGEST_FACT
    ]
