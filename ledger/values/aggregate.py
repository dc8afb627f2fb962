"""How an aggregate records what it decided.

Checks stand in an aggregate's public methods; what they decide is recorded by private methods
decorated with `@event("Name", topic="thing.name.v1")`, which run again at every replay and so
never check, compute or read a clock. An aggregate starts blank: its first event is already a
fact that finance would say aloud, not a technical «created».
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from inspect import signature
from typing import Any, ClassVar, Literal, Self
from uuid import UUID

from eventsourcing.domain import Aggregate, CanMutateAggregate, decorated_funcs
from eventsourcing.utils import register_topic

from ledger.values.identifiers import aggregate_id
from ledger.values.instants import BEGINNING
from ledger.values.reasons import InvariantBroken

_recorded_at: ContextVar[datetime | None] = ContextVar("recorded_at", default=None)

EVENT_TYPES: dict[str, type[Any]] = {}
"""Every event class by its topic, for the mapper and for the golden histories."""

OWNERS: dict[str, type["LedgerAggregate"]] = {}
"""The aggregate class that records a topic."""


@contextmanager
def recording_at(instant: datetime) -> Iterator[None]:
    """Give the instant at which the events decided inside are recorded.

    The ledger reads no clock: the runner (consumer, clock, console, test) calls this.
    """
    token = _recorded_at.set(instant)
    try:
        yield
    finally:
        _recorded_at.reset(token)


def recorded_at_now() -> datetime:
    """Return the instant the runner gave. Raises InvariantBroken outside `recording_at`."""
    instant = _recorded_at.get()
    if instant is None:
        raise InvariantBroken("an event was recorded outside recording_at(...)")
    return instant


@cache
def _applied_by(event_class: type[Any]) -> tuple[Callable[..., None], tuple[str, ...]]:
    """Return the method that an event's type runs, and the fields it takes of the event."""
    method = decorated_funcs[event_class]
    named = [name for name in signature(method).parameters if name != "self"]
    return method, tuple(named)


class LedgerAggregate(Aggregate):
    """Base of all aggregates: identity from the business key, time from the runner."""

    KIND: ClassVar[str] = ""
    IS_SHARED_FACT: ClassVar[bool] = False
    """Recording such an event raises the shared-fact counter, and batches decide again."""
    KEPT: ClassVar[Literal["whole", "in_pieces", "packed"]] = "whole"
    """How a process keeps such facts in memory: as they are; what is equal in them once (where
    there are many alike); or as their compressed events, decoded when asked for (where there are
    hundreds of thousands)."""
    KEY_FIELD: ClassVar[str] = ""
    """The field of the aggregate's events that holds its business key."""

    key: str

    class Event(Aggregate.Event):
        """Base of all events; its timestamp is `recorded_at`."""

        @staticmethod
        def create_timestamp() -> datetime:
            return recorded_at_now()

        def mutate(self, aggregate: Any) -> Any:
            """Apply the event to its aggregate, as the library does, in half its time.

            Which of an event's fields its method takes is looked up once for its type, not anew
            for each event: 5 µs an event, whether recorded or replayed.
            """
            fields = self.__dict__
            if (
                fields["originator_id"] != aggregate.id
                or fields["originator_version"] != aggregate.version + 1
            ):
                return super().mutate(aggregate)  # which says what is wrong
            apply, names = _applied_by(type(self))
            apply(aggregate, **{name: fields[name] for name in names})
            aggregate.version = fields["originator_version"]
            aggregate.modified_on = fields["timestamp"]
            return aggregate

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        events = [value for base in cls.__mro__[:-1] for value in base.__dict__.values()]
        for value in events:
            if isinstance(value, type) and issubclass(value, CanMutateAggregate):
                topic = value.__dict__.get("TOPIC")
                if topic:
                    OWNERS[topic] = cls
                    if topic not in EVENT_TYPES:
                        register_topic(topic, value)
                        EVENT_TYPES[topic] = value

    def trigger_event(self, event_class: type[Any], **kwargs: Any) -> None:
        """Make the next event, apply it and keep it to be recorded, as the library does."""
        event = event_class(
            originator_id=self.id,
            originator_version=self.version + 1,
            timestamp=recorded_at_now(),
            **kwargs,
        )
        event.mutate(self)
        self._pending_events.append(event)

    @classmethod
    def id_of(cls, key: str) -> UUID:
        """Return the aggregate's id for a business key."""
        return aggregate_id(cls.KIND, key)

    @classmethod
    def blank(cls, key: str, recorded_id: UUID | None = None) -> Self:
        """Return the aggregate before its first event; a recorded id need not be made again."""
        aggregate = cls.__new__(cls)
        aggregate.__base_init__(recorded_id or cls.id_of(key), 0, BEGINNING)
        aggregate.key = key
        aggregate.begin()
        return aggregate

    def begin(self) -> None:
        """Set the state from which the first event starts."""

    @classmethod
    def key_of(cls, event: Any) -> str:
        """Return the business key that an event of this aggregate names."""
        key: str = getattr(event, cls.KEY_FIELD)
        return key

    def copy(self) -> Self:
        """Return a copy to decide on: the state is immutable, so a shallow one is enough."""
        aggregate = type(self).__new__(type(self))
        aggregate.__dict__.update(self.__dict__)
        aggregate._pending_events = []
        return aggregate

    @property
    def is_new(self) -> bool:
        """True before the first event."""
        return self.version == 0
