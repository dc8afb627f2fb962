"""What can be asked of the ledger: by messages, and by people.

A message's command carries the partner's statement and where it came from; the consumers make it
with one pure function per topic.
"""

from datetime import datetime

import msgspec

from ledger.application.control_commands import ControlCommand
from ledger.pricing.tariff import TariffStatement
from ledger.roaming.places import LocationStatement
from ledger.roaming.statements import CdrStatement, SessionStatement
from ledger.values.identifiers import party_key, record_key
from ledger.values.provenance import Proof, Provenance, Source
from ledger.values.reasons import Refusal


class Original(msgspec.Struct, frozen=True, gc=False):
    """The partner's own JSON bytes and their SHA-256."""

    content: bytes
    sha256: bytes


class ReceiveTariff(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A CPO published a version of a tariff."""

    statement: TariffStatement
    original: Original | None = None


class UpdateSession(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A CPO told the state of a session."""

    statement: SessionStatement
    original: Original | None = None


class AcceptCdr(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A CPO sent a CDR to be settled."""

    statement: CdrStatement
    original: Original | None = None


class RecordLocation(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A CPO published a location."""

    statement: LocationStatement
    original: Original | None = None


MessageCommand = ReceiveTariff | UpdateSession | AcceptCdr | RecordLocation | ControlCommand


def key_of(command: MessageCommand) -> str:
    """Return the business key a command speaks of."""
    statement = command.statement
    return record_key(party_key(statement.country_code, statement.party_id), statement.id)


def session_key_of(statement: CdrStatement) -> str | None:
    """Return the key of the session a CDR names."""
    if not statement.session_id:
        return None
    return record_key(party_key(statement.country_code, statement.party_id), statement.session_id)


class RawMessage(msgspec.Struct, frozen=True, gc=False):
    """The bytes of a message as they arrived, kept where the message could not be read."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


class Received(msgspec.Struct, frozen=True, gc=False):
    """One message: a command, or why it is unreadable."""

    source: Source
    received_at: datetime
    command: MessageCommand | None
    refusal: Refusal | None = None
    raw: RawMessage | None = None


class Slice(msgspec.Struct, frozen=True, gc=False):
    """The messages of one topic's partition in a batch; `next_offset` is excluded."""

    topic: str
    partition: int
    from_offset: int
    next_offset: int
    epoch: int
    messages: tuple[Received, ...]


class By(msgspec.Struct, frozen=True, gc=False):
    """Who issues a command, how that was proven, and when."""

    actor: str
    proof: Proof
    at: datetime


def provenance_of(by: By) -> Provenance:
    """Return what an event records about the person who caused it."""
    return Provenance(actor=by.actor, proof=by.proof, occurred_at=by.at, received_at=by.at)
