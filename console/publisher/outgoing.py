"""Which events of the log go out, and how one becomes a message of `settlement-events.v1`.

The payload is the event's recorded state as it stands: whatever identifies a person was replaced
by a ref before it was recorded, so copying tells nobody who charged.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID, uuid5

import msgspec

from ledger.application.store import LoggedEvent
from schemas import SettlementEventV1


class Outgoing(NamedTuple):
    """A message to send: the key that orders it, and the model."""

    key: str
    event: SettlementEventV1


class _Provenance(msgspec.Struct):
    occurred_at: datetime


class _Decision(msgspec.Struct):
    visible_to: tuple[str, ...]


class _State(msgspec.Struct):
    """The part of a recorded state that stands beside the payload."""

    provenance: _Provenance
    cdr: str = ""
    period: str = ""
    book: str = ""
    month: str = ""
    visible_to: tuple[str, ...] = ()
    decision: _Decision | None = None


_SUBJECTS: Final[Mapping[str, Callable[[_State], str]]] = MappingProxyType(
    {
        "cdr": lambda state: state.cdr,
        "settlement_period": lambda state: state.period,
        "accounting_period": lambda state: f"{state.book}/{state.month}",
    }
)
"""What goes out, by the first part of an event's topic, and the key of what it happened to."""

_DECODER: Final = msgspec.json.Decoder(_State)


def event_id_of(originator_id: UUID, originator_version: int) -> str:
    """Return an event's id, the same in every delivery.

    >>> event_id_of(UUID(int=7), 1)
    '8265c1eb-c133-5642-8dbd-3a722d494f44'
    """
    return str(uuid5(originator_id, str(originator_version)))


def message_of(logged: LoggedEvent) -> Outgoing | None:
    """Return the message that an event becomes, None where it stays inside.

    The key is the CPO of a CDR, the group of a settlement period, the book of an accounting
    period: the part of the subject before the slash.
    """
    subject_of = _SUBJECTS.get(logged.topic.partition(".")[0])
    if subject_of is None:
        return None
    state = _DECODER.decode(logged.state)
    subject = subject_of(state)
    key = subject.partition("/")[0]
    event = SettlementEventV1(
        event_id=event_id_of(logged.originator_id, logged.originator_version),
        position=logged.position,
        topic=logged.topic,
        subject=subject,
        occurred_at=state.provenance.occurred_at.astimezone(UTC),
        recorded_at=logged.recorded_at.astimezone(UTC),
        visible_to=_visible_to(state, sender=key),
        payload=logged.state.decode(),
    )
    return Outgoing(key, event)


def _visible_to(state: _State, *, sender: str) -> tuple[str, ...]:
    """Return the parties of the decisions; a CDR without one is its sender's alone.

    A period's event holds every party's figures, so no party may see it: it names nobody.
    """
    if not state.cdr:
        return ()
    decided = state.decision.visible_to if state.decision else ()
    return tuple(dict.fromkeys((*state.visible_to, *decided))) or (sender,)
