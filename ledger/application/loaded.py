"""What one attempt knows: aggregates as stored, facts as viewed, what stands around its CDRs.

An attempt is thrown away whole when a shared fact or an aggregate moved underneath it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar, cast
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from ledger.application.facts import View
from ledger.application.intake import Replay
from ledger.application.launch_places import LaunchPlaces
from ledger.application.mapper import EventMapper
from ledger.application.personal import Refs
from ledger.application.store import Writes
from ledger.roaming.cdr import Cdr
from ledger.roaming.occupation import Taken
from ledger.roaming.session import Session
from ledger.values.aggregate import LedgerAggregate

A = TypeVar("A", bound=LedgerAggregate)


class Loaded:
    """Aggregates loaded for one attempt, the view it decides on, and what is to be written."""

    def __init__(
        self,
        *,
        view: View,
        stored: Mapping[UUID, Sequence[StoredEvent]],
        mapper: EventMapper,
        refs: Refs,
        writes: Writes,
    ) -> None:
        self.view = view
        self.writes = writes
        self._stored = dict(stored)
        self._mapper = mapper
        self._refs = refs
        self._loaded: dict[tuple[type[LedgerAggregate], str], LedgerAggregate] = {}
        self._taken: dict[str, list[Taken]] = {}
        self._nearby: dict[str, dict[str, datetime]] = {}
        self.places = LaunchPlaces(writes)

    @property
    def changed(self) -> list[LedgerAggregate]:
        """Every aggregate with something to record, shared facts first."""
        own = [row for row in self._loaded.values() if row.pending_events]
        return [*self.view.edited, *own]

    def add_stored(self, stored: Mapping[UUID, Sequence[StoredEvent]]) -> None:
        """Make more stored aggregates known, before they are asked for."""
        self._stored.update(stored)

    def add_around(
        self, taken: Iterable[Taken], nearby: Mapping[str, Mapping[str, datetime]]
    ) -> None:
        """Make known what accepted CDRs occupy, and unbilled sessions by charger."""
        for row in taken:
            self._taken.setdefault(row.resource, []).append(row)
        for charger, sessions in nearby.items():
            self._nearby.setdefault(charger, {}).update(sessions)

    def session(self, key: str) -> Session:
        """Return a session as stored, or blank."""
        return self.load(Session, key)

    def cdr(self, key: str) -> Cdr:
        """Return a CDR as stored, or blank."""
        return self.load(Cdr, key)

    def replay(self, coordinates: str) -> Replay:
        """Return the replay of an unreadable message, blank before the first try."""
        return self.load(Replay, coordinates)

    def load(self, kind: type[A], key: str) -> A:
        """Return an aggregate as stored, or blank: the same one each time it is asked for."""
        known = self._loaded.get((kind, key))
        if known is not None:
            return cast("A", known)
        loaded = kind.blank(key)
        for stored in self._stored.get(loaded.id, ()):
            self._mapper.to_domain_event(stored).mutate(loaded)
        self._loaded[kind, key] = loaded
        return loaded
