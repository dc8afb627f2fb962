"""The exception queue: what waits on a fact or a person, and how it was resolved.

One row per exception: a held CDR, a conflicting CDR, session, tariff version or location, a tariff
version that nobody approved, an unreadable message. A CDR held again with other reasons changes
its row; once resolved, a row stays, and a CDR held anew opens another.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import msgspec

from projections.database import Connection, copy_rows, for_each, text
from projections.event_parts import CdrStatement, Refusal, Source
from projections.events import (
    CdrAccepted,
    CdrConflictHeld,
    CdrHeld,
    CdrRedecided,
    IntakeConsumed,
    IntakeReplayed,
    LocationConflictHeld,
    SessionEvent,
    TariffHeld,
    TariffStated,
)
from projections.pages import Recorded

Kind = Literal["cdr", "session", "tariff", "location", "message"]
Key = tuple[Kind, str]
_SESSION_CONFLICT = "session.conflict_held.v1"
_NOT_APPROVED = "tariff_version.unapproved_held.v1"
_IN_FORCE = {
    "tariff_version.received.v1": "accepted",
    "tariff_version.published.v1": "published",
}


class Item(msgspec.Struct, kw_only=True):
    """One exception as it is collected; the first refusal is the one that lists show."""

    position: int
    number: int
    kind: Kind
    key: str
    record: str
    source: Source | None
    refusals: Sequence[Refusal]
    statement: CdrStatement | None
    opened_at: str
    changed_at: str
    resolved_at: str | None = None
    resolved_by: int | None = None
    resolution: str | None = None


class Exceptions:
    """Open and resolved exceptions, with the money that the partner states for a CDR."""

    NAME: ClassVar[str] = "exception"
    TABLES: ClassVar[Mapping[str, str]] = {"item": "position, number"}

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._open: dict[Key, Item] = {}
        self._changed: dict[Key, tuple[Sequence[Refusal], str]] = {}
        self._resolved: list[tuple[str, str, str, int, str]] = []

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, CdrAccepted):
            if event.moved_from == "held":
                self._resolve(recorded, ("cdr", event.cdr), "accepted")
        elif isinstance(event, CdrHeld):
            self._hold(recorded, event)
        elif isinstance(event, CdrRedecided):
            before = recorded.reversed
            if event.moved_to == "held" and before is not None:
                key: Key = ("cdr", event.cdr)
                self._add(recorded, key, event.refusals, before.message, before.statement)
        elif isinstance(event, IntakeConsumed):
            self._keep_unreadable(recorded, event)
        elif isinstance(event, IntakeReplayed):
            self._replay(recorded, event)
        elif isinstance(event, TariffStated):
            self._resolve_a_held_version(recorded, event)
        else:
            self._keep_conflict(recorded)

    def write(self, connection: Connection, schema: str) -> None:
        changed = [
            (*key, *_first(refusals), _json(refusals), changed_at)
            for key, (refusals, changed_at) in self._changed.items()
        ]
        for_each(connection, "change_exceptions", schema, changed)
        for_each(connection, "resolve_exceptions", schema, self._resolved)
        copy_rows(connection, "insert_exceptions", schema, [_row(item) for item in self._items])

    def _hold(self, recorded: Recorded, event: CdrHeld) -> None:
        key: Key = ("cdr", event.cdr)
        if event.moved_from == "held":
            self._change(recorded, key, event.refusals)
        else:
            source = event.provenance.source if event.provenance else None
            self._add(recorded, key, event.refusals, source, event.statement)

    def _keep_conflict(self, recorded: Recorded) -> None:
        event = recorded.event
        kind: Kind
        if isinstance(event, CdrConflictHeld):
            kind = "cdr"
        elif isinstance(event, SessionEvent) and recorded.topic == _SESSION_CONFLICT:
            kind = "session"
        elif isinstance(event, TariffHeld):
            kind = "tariff"
        elif isinstance(event, LocationConflictHeld):
            kind = "location"
        else:
            return
        reason = f"{kind.upper()}_CONFLICT"
        if recorded.topic == _NOT_APPROVED:
            reason = "TARIFF_NOT_APPROVED"
        refusal = Refusal(reason, actual=event.content_sha256)
        statement = event.statement if isinstance(event, CdrConflictHeld) else None
        key: Key = (kind, f"{event.subject} {event.content_sha256}")
        source = event.provenance.source if event.provenance else None
        self._add(recorded, key, [refusal], source, statement, record=event.subject)

    def _resolve_a_held_version(self, recorded: Recorded, event: TariffStated) -> None:
        """A version that was held as not approved is in force with the same content now."""
        resolution = _IN_FORCE.get(recorded.topic)
        if resolution is not None:
            key: Key = ("tariff", f"{event.tariff} {event.version.content_sha256}")
            self._resolve(recorded, key, resolution)

    def _keep_unreadable(self, recorded: Recorded, event: IntakeConsumed) -> None:
        for number, mark in enumerate(event.unreadable, 1):
            message = Source(event.topic, event.partition, mark.offset, mark.sender)
            refusal = Refusal(mark.reason, mark.path, actual=mark.detail)
            self._add(recorded, ("message", _place(message)), [refusal], message, number=number)

    def _replay(self, recorded: Recorded, event: IntakeReplayed) -> None:
        key: Key = ("message", event.subject)
        if event.outcome == "unreadable":
            self._change(recorded, key, [Refusal(event.reason)])
        else:
            self._resolve(recorded, key, event.outcome)

    def _add(
        self,
        recorded: Recorded,
        key: Key,
        refusals: Sequence[Refusal],
        source: Source | None,
        statement: CdrStatement | None = None,
        *,
        record: str | None = None,
        number: int = 1,
    ) -> None:
        item = Item(
            position=recorded.position,
            number=number,
            kind=key[0],
            key=key[1],
            record=record or key[1],
            source=source,
            refusals=refusals,
            statement=statement,
            opened_at=recorded.recorded_at,
            changed_at=recorded.recorded_at,
        )
        self._items.append(item)
        self._open[key] = item

    def _change(self, recorded: Recorded, key: Key, refusals: Sequence[Refusal]) -> None:
        item = self._open.get(key)
        if item is None:
            self._changed[key] = refusals, recorded.recorded_at
        else:
            item.refusals, item.changed_at = refusals, recorded.recorded_at

    def _resolve(self, recorded: Recorded, key: Key, resolution: str) -> None:
        item = self._open.pop(key, None)
        if item is None:
            at = recorded.recorded_at, recorded.position
            self._resolved.append((*key, *at, resolution))
        else:
            item.resolved_at, item.resolved_by = recorded.recorded_at, recorded.position
            item.resolution = resolution


def _place(message: Source) -> str:
    return f"{message.topic}[{message.partition}]@{message.offset}"


def _first(refusals: Sequence[Refusal]) -> tuple[str, str, str, str]:
    first = refusals[0]
    return first.reason, first.path, first.expected, first.actual


def _json(refusals: Sequence[Refusal]) -> str:
    return msgspec.json.encode(refusals).decode()


def _row(item: Item) -> str:
    source, statement = item.source, item.statement
    place = f"{source.topic}\t{source.partition}\t{source.offset}" if source else "\\N\t\\N\t\\N"
    stated = f"{statement.total_cost.before_taxes}\t{statement.currency}" if statement else None
    party, slash, _ = item.record.partition("/")
    return "\t".join(
        (
            f"{item.position}\t{item.number}\t{item.kind}\t{text(item.key)}\t{text(item.record)}",
            place,
            *map(text, _first(item.refusals)),
            text(_json(item.refusals)),
            stated or "\\N\t\\N",
            text(source.sender if source else None),
            text(party if slash else None),
            item.opened_at,
            item.changed_at,
            text(item.resolved_at),
            r"\N" if item.resolved_by is None else str(item.resolved_by),
            text(item.resolution),
        )
    )
