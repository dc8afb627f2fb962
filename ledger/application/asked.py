"""Facts of a large kind that nobody loads: a process that needs few asks the log for each.

For one command or one look of the clock at a log with hundreds of thousands of locations. What
was asked for is kept until the log is followed again; a fact that is newer than the rest is found
out by the shared-fact counter, and whoever decided on it decides again.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

from ledger.application.mapper import EventMapper, topics_of
from ledger.application.packed import PackedFacts
from ledger.application.store import LogStore
from ledger.values.aggregate import LedgerAggregate

A = TypeVar("A", bound=LedgerAggregate)


class AskedFacts(Generic[A]):
    """All facts of one kind, by key; those that were asked for are decoded."""

    def __init__(self, kind: type[A], mapper: EventMapper, store: LogStore) -> None:
        self._kind = kind
        self._mapper = mapper
        self._store = store
        self._found: dict[str, A | None] = {}
        self._all: PackedFacts[A] | None = None

    def forget(self) -> None:
        """Ask again from now on: the log went on."""
        self._found.clear()
        self._all = None

    def find(self, key: str) -> A | None:
        """Return a fact by its business key."""
        if self._all is not None:
            return self._all.find(key)
        if key not in self._found:
            self._found[key] = self._asked(key)
        return self._found[key]

    def each(self) -> Iterator[A]:
        """Yield all facts by key, one decoded at a time; all are loaded, packed, for this."""
        if self._all is None:
            self._all = PackedFacts(self._kind, self._mapper)
            for row in self._store.shared_facts_after(0, only=topics_of(self._kind)):
                self._all.add(row)
        return self._all.each()

    def _asked(self, key: str) -> A | None:
        originator_id = self._kind.id_of(key)
        events = self._store.events_of([originator_id]).get(originator_id)
        if events is None:
            return None
        aggregate = self._kind.blank(key)
        for event in events:
            self._mapper.to_domain_event(event).mutate(aggregate)
        return aggregate
