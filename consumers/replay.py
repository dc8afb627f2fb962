"""Unreadable messages, fed again after a fix: of the schema, of an entitlement, of our code."""

from collections.abc import Iterator
from typing import NamedTuple

from consumers.headers import Coordinates
from consumers.intake import receive_again
from ledger.application.commands import By, Received
from ledger.application.ledger import Ledger
from ledger.log.store import PostgresLog, UnreadableRow
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Source
from ledger.values.reasons import Refusal
from schemas import Registry


class Replayed(NamedTuple):
    """What became of one message this time; `refusal` says why it is still unreadable.

    Where the ledger itself refuses it (SENDER_NOT_ENTITLED), its reason stands in the log.
    """

    source: Source
    was: str
    outcome: Outcome
    refusal: Refusal | None


def received_from(row: UnreadableRow, registry: Registry) -> Received:
    """Read a kept message again, with its coordinates and its time of then."""
    return receive_again(
        Coordinates(row.topic, row.partition, row.offset),
        received_at=row.received_at,
        key=row.key,
        value=row.value,
        headers=row.headers,
        registry=registry,
    )


def replay(
    ledger: Ledger,
    log: PostgresLog,
    *,
    registry: Registry,
    by: By,
    topic: str | None = None,
    partition: int | None = None,
    offset: int | None = None,
    reason: str | None = None,
    limit: int = 1000,
) -> Iterator[Replayed]:
    """Feed the unreadable messages that match once more, and say of each what became of it.

    One message is one transaction: what cannot be read now either stops nothing behind it.
    Raises: RegistryUnreachable, LogUnreachable.
    """
    for row in log.unreadable_messages(
        topic=topic, partition=partition, offset=offset, reason=reason, limit=limit
    ):
        received = received_from(row, registry)
        outcome = ledger.replay(received, by=by)
        yield Replayed(received.source, row.reason, outcome, received.refusal)
