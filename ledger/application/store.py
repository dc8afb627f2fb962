"""What the log must offer the application; `ledger.log` offers it on PostgreSQL."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, Protocol
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from ledger.application.commands import Original, Received
from ledger.application.sender_rows import SenderStore, SenderWrites
from ledger.roaming.occupation import Taken
from ledger.settlement.approval import ObjectionWindow
from ledger.values.reasons import Refusal


class FactsMoved(Exception):
    """A shared fact was recorded since the batch looked: it must decide again."""


class Fenced(Exception):
    """The partition belongs to another consumer now; nothing of this batch is recorded."""


class VersionTaken(Exception):
    """Another process changed an aggregate since the batch looked: it must decide again."""


class Head(NamedTuple):
    """Where the log ends, and how many shared facts it holds."""

    position: int
    fact_counter: int


class LoggedEvent(NamedTuple):
    """A stored event with its place in the log."""

    position: int
    originator_id: UUID
    originator_version: int
    topic: str
    state: bytes
    recorded_at: datetime


class FactRecorded(NamedTuple):
    """A fact whose consequences are to be drawn, and the service instant from which on."""

    fact_key: str
    affected_from: datetime


class Touched(NamedTuple):
    """A CDR that a fact touches, and its service instant: never where it is held."""

    service_at: datetime
    cdr: str


class Due(NamedTuple):
    """A recorded fact whose consequences are still to be drawn for some CDRs."""

    id: int
    fact_key: str
    affected_from: datetime
    after: Touched


class ConsumedTo(NamedTuple):
    """How far a topic's partition is consumed by a batch, under which epoch."""

    topic: str
    partition: int
    from_offset: int
    next_offset: int
    epoch: int


class DecidedOn(NamedTuple):
    """An accepted CDR and one fact it was decided on."""

    fact_key: str
    service_at: datetime
    cdr: str


class Span(NamedTuple):
    """A resource and a span of time, to ask who else occupies it."""

    resource: str
    started_at: datetime
    ended_at: datetime


class OpenSession(NamedTuple):
    """A session that nothing has billed yet, and when the clock looks at it next."""

    session: str
    charger: str
    started_at: datetime
    look_at: datetime | None


class LaunchPlace(NamedTuple):
    """What an accepted CDR takes of a launch's day: one of its CDRs, and a part of its money."""

    pair: str
    service_on: date
    cdr: str
    net: Decimal
    currency: str


class PlacesSeen(NamedTuple):
    """What was taken of a day when the batch looked: if that moved, decide again."""

    pair: str
    service_on: date
    cdrs: int
    net: Decimal


class ListedCdr(NamedTuple):
    """One row of a close's ordered CDR list."""

    event_id: UUID
    version: int
    number: int
    cdr: str


@dataclass
class Writes:
    """Everything that commits with the events, in the same transaction."""

    recorded_at: datetime
    decided_at_counter: int | None = None
    raises_counter: bool = False
    shared_fact_ids: set[UUID] = field(default_factory=set)
    sessions_missed: set[UUID] = field(default_factory=set)
    """Sessions that had not arrived when a CDR was decided: if one has by now, decide again."""
    consumed: list[ConsumedTo] = field(default_factory=list)
    unreadable: list[tuple[Received, Refusal]] = field(default_factory=list)
    originals: list[tuple[Original, datetime]] = field(default_factory=list)
    waits: list[tuple[str, str]] = field(default_factory=list)
    waits_no_more: list[str] = field(default_factory=list)
    decided: list[DecidedOn] = field(default_factory=list)
    undecided: list[DecidedOn] = field(default_factory=list)
    facts: list[FactRecorded] = field(default_factory=list)
    facts_if_awaited: list[FactRecorded] = field(default_factory=list)
    occupies: list[Taken] = field(default_factory=list)
    occupies_no_more: list[str] = field(default_factory=list)
    opens: list[OpenSession] = field(default_factory=list)
    billed: list[str] = field(default_factory=list)
    """Sessions that are billed now: nobody looks at them any more."""
    launch_places: dict[str, LaunchPlace | None] = field(default_factory=dict)
    """CDRs of launching pairs by key, with the place each has now; None: it has none any more."""
    places_seen: list[PlacesSeen] = field(default_factory=list)
    due_done: list[int] = field(default_factory=list)
    due_continues: tuple[int, Touched] | None = None
    windows: list[ObjectionWindow] = field(default_factory=list)
    windows_over: list[str] = field(default_factory=list)
    """CDRs whose objection window is over, or whose decision is; freed before any is opened."""
    listed: list[ListedCdr] = field(default_factory=list)
    replayed: list[tuple[str, int, int]] = field(default_factory=list)
    senders: SenderWrites = field(default_factory=SenderWrites)

    @property
    def has_rows(self) -> bool:
        """True where there is something to write beside events."""
        return self != Writes(self.recorded_at, self.decided_at_counter)


class LogStore(SenderStore, Protocol):
    """Reads the application needs; it writes through the recorder's `insert_events`."""

    def head(self) -> Head:
        """Return where the log ends now."""

    def shared_facts_after(
        self, position: int, *, only: Collection[str] = (), without: Collection[str] = ()
    ) -> Iterable[LoggedEvent]:
        """Yield the events of shared facts recorded after a position, in order.

        `only` these topics, where any are named, `without` those.
        """

    def events_of(self, ids: Sequence[UUID]) -> Mapping[UUID, list[StoredEvent]]:
        """Return the events of many aggregates in one query."""

    def subject_refs(self, values: Mapping[str, set[str]]) -> Mapping[tuple[str, str], str]:
        """Return the ref of each (kind, value), making those that are new."""

    def intake_versions(self, keys: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
        """Return how many intake events each topic's partition has."""

    def due(self, limit: int) -> list[Due]:
        """Return the oldest recorded facts whose consequences are to be drawn."""

    def cdrs_touched_by(self, due: Due, limit: int) -> list[Touched]:
        """Return the next CDRs that wait for the fact or were decided on it."""

    def few_touched_by(self, due: Sequence[Due]) -> Mapping[int, list[Touched]]:
        """Return all those CDRs, by the fact's id, of facts that touch but a few, in one query."""

    def occupied(self, spans: Sequence[Span]) -> list[Taken]:
        """Return what accepted CDRs occupy of these spans; of a session, whatever the time."""

    def open_sessions_at(self, spans: Sequence[Span]) -> Mapping[str, Mapping[str, datetime]]:
        """Return, by charger, sessions that nothing has billed and when they started, in spans."""

    def launch_places(self, days: Sequence[tuple[str, date]]) -> list[LaunchPlace]:
        """Return what accepted CDRs take of days of pairs."""

    def objection_windows(
        self,
        *,
        until: datetime | None = None,
        pair: str | None = None,
        posted_period: str | None = None,
        cdrs: Sequence[str] | None = None,
        after: ObjectionWindow | None = None,
        limit: int,
    ) -> list[ObjectionWindow]:
        """Return open windows in the order of their ends, those behind `after`."""

    def sessions_to_look_at(self, now: datetime, limit: int) -> list[str]:
        """Return the sessions whose next look is due, the oldest first."""

    def exclusively(self) -> AbstractContextManager[None]:
        """Hold the writer lock: nobody else records anything until the block ends."""

    def merkle_root(self, position: int) -> bytes:
        """Return the Merkle tree hash of the log's first `position` rows."""
