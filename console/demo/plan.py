"""Messages to publish, in order, each with what must become of it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from uuid import uuid5

from ledger.values.identifiers import CLEARWATT
from ledger.values.outcomes import Outcome
from schemas import (
    CONTROL_KINDS,
    KINDS,
    IncomingKind,
    IncomingMessage,
    Registry,
    encode,
    message_key,
)
from schemas.headers import MESSAGE_ID, SENDER, SENT_AT, SEQUENCE

Damage = Callable[[bytes], bytes]
Headers = tuple[tuple[str, bytes], ...]
_ORDER: Final = {kind: place for place, kind in enumerate(("location", *KINDS, *CONTROL_KINDS))}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must have become of a message when everything has arrived.

    `code` is why it is held or unreadable; `is_late` says that a CDR is booked after its period;
    `findings` are what the decision about an accepted CDR notes, or would note once it is.
    """

    outcome: Outcome
    code: str | None = None
    is_late: bool = False
    findings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.outcome} ({self.code})" if self.code else self.outcome


ACCEPTED: Final = Expectation("accepted")


@dataclass(frozen=True, slots=True)
class Planned:
    """A message of a kind's topic. `value` is a model, or bytes to be sent as they are.

    `sent_at` is simulated time, in UTC: the record's timestamp. `fault` names what is wrong with
    the message on purpose; `damage` spoils the encoded bytes. A message that `repeats` a label
    carries the number of the one with the `label`; one that `is_lost` is numbered and never
    arrives; one that `answers` a CDR cites the reject that asked for it.
    """

    kind: IncomingKind
    value: IncomingMessage | bytes
    key: bytes | None
    sender: str
    sent_at: datetime
    expect: Expectation = ACCEPTED
    fault: str | None = None
    damage: Damage | None = None
    label: str | None = None
    repeats: str | None = None
    is_lost: bool = False
    answers: str | None = None
    sequence: int = 0

    @property
    def message_id(self) -> str:
        """The sender's id of the message."""
        return message_id_of(self.sender, self.kind, self.sequence)

    @property
    def headers(self) -> Headers:
        """The record's headers."""
        return headers_of(self.sender, self.kind, self.sequence, self.sent_at)

    def encoded(self, *, topic: str, registry: Registry) -> bytes:
        """Return the record's value for a topic, by its full name."""
        if isinstance(self.value, bytes):
            return self.value
        encoded = encode(self.value, topic=topic, registry=registry)
        return self.damage(encoded) if self.damage else encoded


def message_id_of(sender: str, kind: IncomingKind, sequence: int) -> str:
    """Return the id of a sender's n-th message on a kind's topic: the same in every run."""
    return str(uuid5(CLEARWATT, f"message:{sender}/{kind}/{sequence}"))


def headers_of(sender: str, kind: IncomingKind, sequence: int, sent_at: datetime) -> Headers:
    """Return a record's headers, as `schemas.headers` names them."""
    return (
        (SENDER, sender.encode()),
        (SEQUENCE, str(sequence).encode()),
        (MESSAGE_ID, message_id_of(sender, kind, sequence).encode()),
        (SENT_AT, sent_at.astimezone(UTC).isoformat().encode()),
    )


def planned(
    kind: IncomingKind,
    value: IncomingMessage,
    *,
    sender: str,
    sent_at: datetime,
    expect: Expectation = ACCEPTED,
) -> Planned:
    """Plan a sound message; its key is its CPO's."""
    key = message_key(value.country_code, value.party_id)
    return Planned(kind, value, key, sender, sent_at, expect)


def in_order(messages: Iterable[Planned]) -> tuple[Planned, ...]:
    """Return messages in publishing order, numbered without gaps for each sender and topic.

    Of messages sent at one instant, locations and tariffs go before sessions, those before CDRs.
    A repeat takes the number of what it repeats.
    """
    counts: Counter[tuple[str, IncomingKind]] = Counter()
    labelled: dict[str, int] = {}
    numbered = []
    for message in sorted(messages, key=lambda row: (row.sent_at, _ORDER[row.kind])):
        if message.repeats is not None:
            sequence = labelled[message.repeats]
        else:
            counts[message.sender, message.kind] += 1
            sequence = counts[message.sender, message.kind]
        if message.label is not None:
            labelled[message.label] = sequence
        numbered.append(replace(message, sequence=sequence))
    return tuple(numbered)
