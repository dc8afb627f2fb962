"""The log as the application sees it, and the way to open a ledger on a database."""

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from hashlib import sha256
from hmac import digest
from itertools import islice
from typing import Any, LiteralString
from uuid import UUID

import msgspec
import psycopg
from eventsourcing.persistence import StoredEvent

from ledger.application.ledger import Ledger
from ledger.application.store import Due, Head, LaunchPlace, LoggedEvent, Span, Touched
from ledger.log.connection import Connection, Cursor, LogUnreachable, connect
from ledger.log.kept import Assigned, UnreadableRow, headers_from
from ledger.log.launches import READ_PLACES, columns_of, places_in
from ledger.log.merkle import MerkleTree, broken_positions
from ledger.log.recorder import LogRecorder
from ledger.log.sequences import SenderLog
from ledger.log.touched import READ_FEW, READ_TOUCHED, asked_of, asked_of_few, few_in
from ledger.log.windows import READ_WINDOWS, asked_for
from ledger.roaming.occupation import Taken
from ledger.settlement.approval import ObjectionWindow
from ledger.values.reasons import InvariantBroken

__all__ = ["Assigned", "PostgresLog", "UnreadableRow", "log_of", "open_ledger"]

PAGE = 2000
MAX_REMEMBERED_REFS = 200_000
LONGEST = timedelta(days=14)
"""No charge that overlaps another is longer."""


class PostgresLog(SenderLog):
    """Everything that is read from the log; writing is the recorder's."""

    def __init__(self, connection: Connection, *, subject_key: bytes) -> None:
        self.connection = connection
        self._subject_key = subject_key
        self._refs: dict[tuple[str, str], str] = {}

    def _execute(self, query: LiteralString, values: Any = (), *, binary: bool = False) -> Cursor:
        """Run a query; a connection that broke is LogUnreachable, whoever asked."""
        try:
            return self.connection.execute(query, values, binary=binary)
        except psycopg.OperationalError as error:
            raise LogUnreachable(f"DATABASE_UNREACHABLE: {str(error).strip()}") from error

    def head(self) -> Head:
        """Return where the log ends now."""
        row = self._execute("SELECT position, fact_counter FROM log.head").fetchone()
        if row is None:
            raise InvariantBroken("log.head has no row")
        return Head(*row)

    def shared_facts_after(
        self, position: int, *, only: Collection[str] = (), without: Collection[str] = ()
    ) -> Iterable[LoggedEvent]:
        """Yield the events of shared facts recorded after a position, in order."""
        while True:
            rows = self._execute(
                "SELECT position, originator_id, originator_version, topic, state, recorded_at"
                " FROM log.stored_event WHERE is_shared_fact AND position > %s"
                " AND (%s OR topic = ANY(%s)) AND topic <> ALL(%s)"
                " ORDER BY position LIMIT %s",
                (position, not only, list(only), list(without), PAGE),
                binary=True,
            ).fetchall()
            for row in rows:
                yield LoggedEvent(*row)
            if len(rows) < PAGE:
                return
            position = rows[-1][0]

    def page_after(self, position: int, limit: int = PAGE) -> list[LoggedEvent]:
        """Return a page of the log in order."""
        rows = self._execute(
            "SELECT position, originator_id, originator_version, topic, state, recorded_at"
            " FROM log.stored_event WHERE position > %s ORDER BY position LIMIT %s",
            (position, limit),
            binary=True,
        )
        return [LoggedEvent(*row) for row in rows]

    def events_of(self, ids: Sequence[UUID]) -> Mapping[UUID, list[StoredEvent]]:
        """Return the events of many aggregates in one query."""
        found: dict[UUID, list[StoredEvent]] = {}
        if not ids:
            return found
        rows = self._execute(
            "SELECT originator_id, originator_version, topic, state FROM log.stored_event"
            " WHERE originator_id = ANY(%s) ORDER BY originator_id, originator_version",
            (list(ids),),
            binary=True,
        )
        for row in rows:
            found.setdefault(row[0], []).append(StoredEvent(*row))
        return found

    def subject_refs(self, values: Mapping[str, set[str]]) -> Mapping[tuple[str, str], str]:
        """Return the ref of each (kind, value); new values get a random ref of their own.

        The ref says nothing of the value: only the erasable row connects the two. Looking a
        value up needs the key (HMAC-SHA-256), so the table alone cannot be searched for people.
        """
        missing = [
            (kind, value)
            for kind, found in values.items()
            for value in found
            if (kind, value) not in self._refs
        ]
        if missing:
            self._refs.update(self._refs_in_table(missing))
        needed = {
            (kind, value): self._refs[kind, value]
            for kind, found in values.items()
            for value in found
        }
        if len(self._refs) > MAX_REMEMBERED_REFS:
            self._refs.clear()
        return needed

    def _refs_in_table(self, missing: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        by_lookup = {
            digest(self._subject_key, f"{kind}\0{value}".encode(), sha256): (kind, value)
            for kind, value in missing
        }
        lookups = sorted(by_lookup)
        self._execute(
            "INSERT INTO log.subject (lookup, ref, kind, value)"
            " SELECT * FROM unnest(%s::bytea[], %s::text[], %s::text[], %s::text[])"
            " ON CONFLICT (lookup) DO NOTHING",
            (
                lookups,
                [f"s-{secrets.token_hex(12)}" for _ in lookups],
                [by_lookup[lookup][0] for lookup in lookups],
                [by_lookup[lookup][1] for lookup in lookups],
            ),
        )
        rows = self._execute(
            "SELECT lookup, ref FROM log.subject WHERE lookup = ANY(%s)", (lookups,)
        )
        return {by_lookup[bytes(lookup)]: ref for lookup, ref in rows}

    def intake_versions(self, keys: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
        """Return how many intake events each topic's partition has."""
        rows = self._execute(
            "SELECT topic, partition, intake_version FROM log.consumed WHERE topic = ANY(%s)",
            ([topic for topic, _ in keys],),
        )
        return {(topic, partition): version for topic, partition, version in rows}

    def occupied(self, spans: Sequence[Span]) -> list[Taken]:
        """Return what accepted CDRs occupy of these spans; of a session, whatever the time.

        Rows are found by their start: a charge that lasts longer than `LONGEST` is not seen by
        one that starts later than that into it.
        """
        if not spans:
            return []
        rows = self._execute(
            "SELECT DISTINCT o.resource, o.kind, o.started_at, o.ended_at, o.cdr"
            " FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[])"
            " AS asked (resource, started_at, ended_at)"
            " JOIN log.occupied o ON o.resource = asked.resource AND (o.kind = 'session'"
            " OR (o.started_at < asked.ended_at AND o.ended_at > asked.started_at"
            " AND o.started_at > asked.started_at - %s::interval))",
            (*(list(column) for column in zip(*spans, strict=True)), LONGEST),
        )
        return [Taken(*row) for row in rows]

    def open_sessions_at(self, spans: Sequence[Span]) -> Mapping[str, Mapping[str, datetime]]:
        """Return, by charger, the sessions that nothing has billed and that started in a span."""
        found: dict[str, dict[str, datetime]] = {}
        if not spans:
            return found
        rows = self._execute(
            "SELECT DISTINCT o.charger, o.session, o.started_at"
            " FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[])"
            " AS asked (charger, started_at, ended_at)"
            " JOIN log.open_session o ON o.charger = asked.charger"
            " AND o.started_at >= asked.started_at AND o.started_at <= asked.ended_at"
            " ORDER BY o.charger, o.session",
            tuple(list(column) for column in zip(*spans, strict=True)),
        )
        for charger, session, started_at in rows:
            found.setdefault(charger, {})[session] = started_at
        return found

    def launch_places(self, days: Sequence[tuple[str, date]]) -> list[LaunchPlace]:
        """Return what accepted CDRs take of days of pairs."""
        return places_in(self._execute(READ_PLACES, columns_of(days)))

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
        asked = asked_for(
            until=until,
            pair=pair,
            posted_period=posted_period,
            cdrs=cdrs,
            after=after,
            limit=limit,
        )
        return [ObjectionWindow(*row) for row in self._execute(READ_WINDOWS, asked)]

    def sessions_to_look_at(self, now: datetime, limit: int) -> list[str]:
        """Return the sessions whose next look is due, the oldest first."""
        rows = self._execute(
            "SELECT session FROM log.open_session WHERE look_at <= %s"
            " ORDER BY look_at, session LIMIT %s",
            (now, limit),
        )
        return [row[0] for row in rows]

    def due(self, limit: int) -> list[Due]:
        """Return the oldest recorded facts whose consequences are to be drawn."""
        rows = self._execute(
            "SELECT id, fact_key, affected_from, after_at, after_cdr FROM log.release_due"
            " ORDER BY id LIMIT %s",
            (limit,),
        )
        return [Due(row[0], row[1], row[2], Touched(row[3], row[4])) for row in rows]

    def cdrs_touched_by(self, due: Due, limit: int) -> list[Touched]:
        """Return the next CDRs that were decided on the fact, then those that wait for it."""
        return [Touched(*row) for row in self._execute(READ_TOUCHED, asked_of(due, limit))]

    def few_touched_by(self, due: Sequence[Due]) -> Mapping[int, list[Touched]]:
        """Return all of them, by the fact's id, of those facts that touch but a few."""
        return few_in(due, self._execute(READ_FEW, asked_of_few(due)))

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Hold the writer lock: nobody else records anything until the block ends.

        For a batch that others keep overtaking: it waits its turn once, and decides under it.
        """
        try:
            with self.connection.transaction():
                self._execute("SELECT FROM log.head FOR UPDATE")
                yield
        except psycopg.OperationalError as error:
            raise LogUnreachable(f"DATABASE_UNREACHABLE: {str(error).strip()}") from error

    def merkle_root(self, position: int) -> bytes:
        """Return the Merkle tree hash of the log's first `position` rows."""
        tree = MerkleTree()
        rows = self._execute(
            "SELECT leaf FROM log.stored_event WHERE position <= %s ORDER BY position",
            (position,),
            binary=True,
        )
        tree.extend(row[0] for row in rows)
        return tree.root()

    def broken_leaves(self, limit: int = 10) -> list[int]:
        """Return positions whose row no longer hashes to its leaf, or that are missing."""
        last = self.head().position
        return list(islice(broken_positions(self._rows_with_leaves(), last=last), limit))

    def _rows_with_leaves(self) -> Iterator[Any]:
        position = 0
        while page := self._execute(
            "SELECT position, originator_id, originator_version, topic, state, recorded_at, leaf"
            " FROM log.stored_event WHERE position > %s ORDER BY position LIMIT %s",
            (position, PAGE),
            binary=True,
        ).fetchall():
            yield from page
            position = page[-1][0]

    def consumed_offsets(self) -> dict[tuple[str, int], int]:
        """Return how far each topic's partition is consumed, by (topic, partition)."""
        rows = self._execute(
            "SELECT topic, partition, next_offset FROM log.consumed WHERE first_offset IS NOT NULL"
        )
        return {(topic, partition): offset for topic, partition, offset in rows}

    def unreadable_messages(
        self,
        *,
        topic: str | None = None,
        partition: int | None = None,
        offset: int | None = None,
        reason: str | None = None,
        limit: int = 1000,
    ) -> list[UnreadableRow]:
        """Return kept unreadable messages with their original bytes, oldest first."""
        rows = self._execute(
            "SELECT topic, partition, message_offset, reason, path, detail, sender, message_key,"
            " value, headers, received_at FROM log.unreadable"
            " WHERE (%s::text IS NULL OR topic = %s) AND (%s::int IS NULL OR partition = %s)"
            " AND (%s::bigint IS NULL OR message_offset = %s)"
            " AND (%s::text IS NULL OR reason = %s)"
            " ORDER BY received_at, topic, partition, message_offset LIMIT %s",
            (*(bound for bound in (topic, partition, offset, reason) for _ in range(2)), limit),
        )
        return [UnreadableRow(*(*row[:9], headers_from(row[9]), row[10])) for row in rows]

    def closed_roots(self) -> list[tuple[str, int, str]]:
        """Return (period, position, Merkle root in hex) of every hard close in the log."""
        rows = self._execute(
            "SELECT state FROM log.stored_event WHERE is_shared_fact AND topic = %s"
            " ORDER BY position",
            ("settlement_period.hard_closed.v1",),
        )
        closes = (msgspec.json.decode(state) for (state,) in rows)
        return [
            (close["period"], close["checkpoint"]["position"], close["log_root"])
            for close in closes
        ]

    def take_over(self, topics: Sequence[str], partition: int) -> list[Assigned]:
        """Become the owner of a partition of all topics: raise its epoch, learn its offsets."""
        try:
            with self.connection.transaction():
                return [self._raise_epoch(topic, partition) for topic in sorted(topics)]
        except psycopg.OperationalError as error:
            raise LogUnreachable(f"DATABASE_UNREACHABLE: {str(error).strip()}") from error

    def _raise_epoch(self, topic: str, partition: int) -> Assigned:
        row = self._execute(
            "INSERT INTO log.consumed (topic, partition, epoch) VALUES (%s, %s, 1)"
            " ON CONFLICT (topic, partition) DO UPDATE SET epoch = consumed.epoch + 1"
            " RETURNING first_offset, next_offset, epoch",
            (topic, partition),
        ).fetchone()
        if row is None:
            raise InvariantBroken("an upsert returned no row")
        return Assigned(topic, partition, None if row[0] is None else int(row[1]), row[2])


def open_ledger(url: str, *, subject_key: bytes, loads_all: bool = True) -> Ledger:
    """Open a ledger on a database whose log is installed. Raises LogUnreachable.

    `loads_all`: see `Ledger`.
    """
    connection = connect(url)
    store = PostgresLog(connection, subject_key=subject_key)
    return Ledger(store, LogRecorder(connection), loads_all=loads_all)


def log_of(ledger: Ledger) -> PostgresLog:
    """Return the log a ledger stands on. Raises InvariantBroken for another kind of store."""
    if not isinstance(ledger.store, PostgresLog):
        raise InvariantBroken("a ledger's log is the one in PostgreSQL")
    return ledger.store
