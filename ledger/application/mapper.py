"""Events to stored bytes and back: JSON that an auditor can read, typed on the way in.

The state of an event is the JSON object of its fields; decimals are strings, instants RFC 3339.
An old version of an event is upcast on reading, never rewritten.
"""

import dataclasses
from collections.abc import Callable
from datetime import datetime
from functools import cache
from inspect import signature
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.domain import decorated_funcs
from eventsourcing.persistence import Mapper, StoredEvent

from ledger.application.aggregates import TOPICS
from ledger.values.aggregate import EVENT_TYPES, OWNERS, LedgerAggregate
from ledger.values.reasons import InvariantBroken


def _with_version_at(state: dict[str, Any]) -> dict[str, Any]:
    """Before terms said which tariff version prices, it was the one at the session's start."""
    state["version"]["terms"]["tariffs"]["version_at"] = "session_start"
    return state


def _with_control(state: dict[str, Any]) -> dict[str, Any]:
    """Before terms spoke of control: OCPI's own fields were enough, and half a day of silence."""
    terms = state["version"]["terms"]
    terms["evidence"]["fields"] = []
    terms["sla"]["stuck_h"] = 12
    terms["refunds"]["part"] = None
    return state


def _with_clauses(state: dict[str, Any]) -> dict[str, Any]:
    """Before clauses had an audience, tiers and bounds, every one was for every charge.

    Discounts and launch scopes had no behaviour then: what fell under them was held. The tariff
    inside a CDR was never asked. A session's times counted whatever the order of truth said, and
    a rate was the one published last on or before the day of service, although the rule for that
    was named after the day before.
    """
    terms = state["version"]["terms"]
    terms["truth"]["time"] = ["session", "cdr"]
    terms["truth"]["tariff"] = ["ledger"]
    if terms["fx"]["date_rule"] == "previous_publication":
        terms["fx"]["date_rule"] = "session_end"
    everybody: dict[str, list[str]] = {
        "channels": [],
        "locations": [],
        "site_groups": [],
        "token_groups": [],
        "memberships": [],
    }
    plain = {"minimum": None, "maximum": None, "tiers": None, "audience": everybody}
    for fee in terms["fees"]:
        fee.update(plain)
    money = {"basis": "net", "amount": None, "per": "cdr", "currency": None}
    step = {"name": "", **money, **plain, "vat_kind": "service"}
    terms["split"]["steps"] = [{**row, **step} for row in terms["split"].pop("shares")]
    rated = {"amount": None, "per": "cdr", "currency": None, "dimension": None, "on": "wholesale"}
    terms["discounts"] = [
        {"name": row["name"], "rate": row["rate"], **rated, "audience": everybody}
        for row in terms["discounts"]
    ]
    caps = {name: terms["launch"][name] for name in ("cdrs_per_day", "money_per_day")}
    terms["launch"] = {"required": terms["launch"]["phase"] != 4, **caps}
    return state


UPCASTS: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "agreement.agreed.v1": ("agreement.agreed.v2", _with_version_at),
    "agreement.agreed.v2": ("agreement.agreed.v3", _with_control),
    "agreement.agreed.v3": ("agreement.agreed.v4", _with_clauses),
}
"""Old topic -> (the topic that replaced it, how its fields become the new ones)."""

_ENCODER = msgspec.json.Encoder()
_HEADER = ("originator_id", "originator_version")
_TYPES_OF_THE_LIBRARY = {"timestamp": datetime}


@cache
def owner_of(topic: str) -> type[LedgerAggregate]:
    """Return the aggregate class whose event a topic is, or what it is upcast to."""
    current = topic
    while current in UPCASTS:
        current, _ = UPCASTS[current]
    if current not in TOPICS:
        raise InvariantBroken(f"the log has an event of the unknown topic {topic}")
    return OWNERS[current]


@cache
def topics_of(kind: type[LedgerAggregate]) -> tuple[str, ...]:
    """Return the topics of a kind's events, with those that are upcast to them."""
    return tuple(sorted(row for row in (*TOPICS, *UPCASTS) if owner_of(row) is kind))


@cache
def _decoder(topic: str) -> tuple[type[Any], msgspec.json.Decoder[Any], tuple[str, ...]]:
    """Return event class, decoder and field names of a topic."""
    event_class = EVENT_TYPES.get(topic) if topic in TOPICS else None
    if event_class is None:
        raise InvariantBroken(f"the log has an event of the unknown topic {topic}")
    optional = _optional_fields(topic)
    names = [row.name for row in dataclasses.fields(event_class) if row.name not in _HEADER]
    types = {row.name: row.type for row in dataclasses.fields(event_class)} | _TYPES_OF_THE_LIBRARY
    required = [(name, types[name]) for name in names if name not in optional]
    grown = [(name, types[name], optional[name]) for name in names if name in optional]
    shape = msgspec.defstruct("State", [*required, *grown], module=event_class.__module__)
    return event_class, msgspec.json.Decoder(shape), tuple(names)


@cache
def _optional_fields(topic: str) -> dict[str, Any]:
    """Return the fields an event may go without: those its recording method has a default for.

    An event grows by them: where one says nothing new it is left out, so what was recorded before
    there was such a field reads, and would be recorded, as it was.
    """
    parameters = signature(decorated_funcs[EVENT_TYPES[topic]]).parameters
    return {
        name: parameter.default
        for name, parameter in parameters.items()
        if parameter.default is not parameter.empty
    }


class EventMapper(Mapper[UUID]):
    """Maps domain events to stored events by their explicit topics; one belongs to one thread."""

    def __init__(self) -> None:
        """Needs no transcoder: the types of an event's fields say how it is read."""
        self._buffer = bytearray()

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        fields = dict(domain_event.__dict__)
        originator_id = fields.pop("originator_id")
        originator_version = fields.pop("originator_version")
        for name, default in _optional_fields(domain_event.TOPIC).items():
            if fields[name] == default:
                del fields[name]
        # Into bytes that have grown already: a decision grows new ones ten times (20 -> 13 µs).
        _ENCODER.encode_into(fields, self._buffer)
        return StoredEvent(
            originator_id, originator_version, domain_event.TOPIC, bytes(self._buffer)
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
