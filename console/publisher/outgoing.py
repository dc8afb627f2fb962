"""Which events of the log go out, and how one becomes a message.

On `settlement-events.v1` the payload is the event's recorded state as it stands: whatever
identifies a person was replaced by a ref before it was recorded, so copying tells nobody who
charged. A tariff version that is published here also goes to `tariff-versions.v1`, as any CPO
sends its own; a withdrawal, which OCPI has no message for, is told by its event. What becomes of
a dispute also goes to `dispute-events.v1`, and a request to send a CDR again to `rejects.v1`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID, uuid5

import msgspec

from console.publisher.disputes import HELD, dispute_event_of
from console.publisher.rejects import reject_of
from ledger.application.store import LoggedEvent
from schemas import DisputeEventV1, RejectV1, SettlementEventV1, TariffVersionV1


class Outgoing(NamedTuple):
    """A message to send: the key that orders it, and the model.

    `version` is set where the event publishes a tariff version, `dispute` where it is about a
    dispute, `reject` where it asks for a CDR again; they go out before it.
    """

    key: str
    event: SettlementEventV1
    version: TariffVersionV1 | None = None
    dispute: DisputeEventV1 | None = None
    reject: RejectV1 | None = None


class _Provenance(msgspec.Struct):
    occurred_at: datetime


class _Decision(msgspec.Struct):
    visible_to: tuple[str, ...]


class _State(msgspec.Struct):
    """The part of a recorded state that stands beside the payload."""

    provenance: _Provenance
    cdr: str = ""
    period: str = ""
    tariff: str = ""
    dispute: str = ""
    withdrawn_from: datetime | None = None
    book: str = ""
    month: str = ""
    visible_to: tuple[str, ...] = ()
    decision: _Decision | None = None


_SUBJECTS: Final[Mapping[str, Callable[[_State], str]]] = MappingProxyType(
    {
        "cdr": lambda state: state.cdr,
        "tariff_version": lambda state: state.tariff,
        "dispute": lambda state: state.dispute,
        "settlement_period": lambda state: state.period,
        "accounting_period": lambda state: f"{state.book}/{state.month}",
    }
)
"""What goes out, by the first part of an event's topic, and the key of what it happened to."""

PUBLISHED: Final = "tariff_version.published.v1"
_WITHDRAWN: Final = "tariff_version.withdrawn.v1"


class _Stated(msgspec.Struct):
    statement: msgspec.Raw


class _Published(msgspec.Struct):
    version: _Stated


_DECODER: Final = msgspec.json.Decoder(_State)
_PUBLISHED: Final = msgspec.json.Decoder(_Published)


def event_id_of(originator_id: UUID, originator_version: int) -> str:
    """Return an event's id, the same in every delivery.

    >>> event_id_of(UUID(int=7), 1)
    '8265c1eb-c133-5642-8dbd-3a722d494f44'
    """
    return str(uuid5(originator_id, str(originator_version)))


def message_of(logged: LoggedEvent) -> Outgoing | None:
    """Return the message that an event becomes, None where it stays inside.

    The key is the CPO of a CDR, tariff or dispute, the group of a settlement period, the book of an
    accounting period: the part of the subject before the slash.
    """
    subject_of = _SUBJECTS.get(logged.topic.partition(".")[0])
    if subject_of is None or logged.topic in HELD:
        return None
    state = _DECODER.decode(logged.state)
    if state.tariff and not _changes_what_is_in_force(logged.topic, state):
        return None
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
    dispute = dispute_event_of(logged, event_id=event.event_id)
    return Outgoing(key, event, version_of(logged), dispute, reject_of(logged))


def _changes_what_is_in_force(topic: str, state: _State) -> bool:
    """True where a version made here enters force or leaves it; who drafts it stays inside."""
    return topic == PUBLISHED or (topic == _WITHDRAWN and state.withdrawn_from is not None)


def version_of(logged: LoggedEvent) -> TariffVersionV1 | None:
    """Return the message of a tariff version that an event publishes: exactly what it recorded.

    Read back by a consumer it is the same statement again, with the same hash.
    """
    if logged.topic != PUBLISHED:
        return None
    stated = _PUBLISHED.decode(logged.state).version.statement
    return TariffVersionV1.model_validate_json(bytes(stated))


def _visible_to(state: _State, *, sender: str) -> tuple[str, ...]:
    """Return the parties of the decisions; a CDR without one, and a tariff, is its sender's alone.

    A period's event holds every party's figures, so no party may see it: it names nobody.
    """
    if not (state.cdr or state.tariff or state.dispute):
        return ()
    decided = state.decision.visible_to if state.decision else ()
    return tuple(dict.fromkeys((*state.visible_to, *decided))) or (sender,)
