"""Events to stored bytes and back: JSON that an auditor can read, typed on the way in.

The state of an event is the JSON object of its fields; decimals are strings, instants RFC 3339.
An old version of an event is upcast on reading, never rewritten.
"""

import dataclasses
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.persistence import Mapper, StoredEvent

from ledger.application.aggregates import TOPICS
from ledger.values.aggregate import EVENT_TYPES
from ledger.values.reasons import InvariantBroken


def _with_version_at(state: dict[str, Any]) -> dict[str, Any]:
    """Before terms said which tariff version prices, it was the one at the session's start."""
    state["version"]["terms"]["tariffs"]["version_at"] = "session_start"
    return state


UPCASTS: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "agreement.agreed.v1": ("agreement.agreed.v2", _with_version_at),
}
"""Old topic -> (the topic that replaced it, how its fields become the new ones)."""

_ENCODER = msgspec.json.Encoder()
_HEADER = ("originator_id", "originator_version")
_TYPES_OF_THE_LIBRARY = {"timestamp": datetime}


@cache
def _decoder(topic: str) -> tuple[type[Any], msgspec.json.Decoder[Any], tuple[str, ...]]:
    """Return event class, decoder and field names of a topic."""
    event_class = EVENT_TYPES.get(topic) if topic in TOPICS else None
    if event_class is None:
        raise InvariantBroken(f"the log has an event of the unknown topic {topic}")
    fields = [
        (field.name, _TYPES_OF_THE_LIBRARY.get(field.name, field.type))
        for field in dataclasses.fields(event_class)
        if field.name not in _HEADER
    ]
    shape = msgspec.defstruct("State", fields, module=event_class.__module__)
    return event_class, msgspec.json.Decoder(shape), tuple(name for name, _ in fields)


class EventMapper(Mapper[UUID]):
    """Maps domain events to stored events by their explicit topics."""

    def __init__(self) -> None:
        """Needs no transcoder: the types of an event's fields say how it is read."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        fields = dict(domain_event.__dict__)
        originator_id = fields.pop("originator_id")
        originator_version = fields.pop("originator_version")
        return StoredEvent(
            originator_id, originator_version, domain_event.TOPIC, _ENCODER.encode(fields)
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        topic, state = stored_event.topic, stored_event.state
        while topic in UPCASTS:
            topic, upcast = UPCASTS[topic]
            state = _ENCODER.encode(upcast(msgspec.json.decode(state)))
        event_class, decoder, names = _decoder(topic)
        decoded = decoder.decode(state)
        event = object.__new__(event_class)
        event.__dict__.update({name: getattr(decoded, name) for name in names})
        event.__dict__["originator_id"] = stored_event.originator_id
        event.__dict__["originator_version"] = stored_event.originator_version
        return event
