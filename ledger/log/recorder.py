"""Record a batch: events, unreadable messages, offsets and waiting rows in one transaction.

The writer lock is the row lock of `log.head`, held only while the batch is copied in. Under it
the shared-fact counter is compared with the one the batch decided on, and each partition's epoch
and offset with what its consumer believes.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import ApplicationRecorder, Notification, StoredEvent
from psycopg import errors, sql
from psycopg.types.json import Jsonb

from ledger.application.commands import Received
from ledger.application.store import FactRecorded, FactsMoved, Fenced, VersionTaken, Writes
from ledger.log.connection import Connection, LogUnreachable
from ledger.log.launches import refuse_places_that_moved, write_places
from ledger.log.rows import COPY_EVENTS, copy_bytes
from ledger.log.sequences import write_sender_rows
from ledger.log.windows import write_windows
from ledger.values.reasons import InvariantBroken, Refusal

CHANNEL = "clearwatt_log"


class LogRecorder(ApplicationRecorder):
    """The eventsourcing library's recorder on `log.stored_event`, for whole batches."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, writes: Writes | None = None, **_: Any
    ) -> Sequence[int]:
        """Record a batch. Nobody asks for the positions, so none are reported back.

        Raises FactsMoved, VersionTaken or Fenced where the batch must be decided again or
        belongs to another consumer; LogUnreachable where PostgreSQL is gone.
        """
        if writes is None:
            raise InvariantBroken("events are recorded with their writes, in one transaction")
        try:
            with self.connection.transaction():
                self._record(stored_events, writes)
        except errors.UniqueViolation as violation:
            raise VersionTaken(str(violation)) from violation
        except psycopg.OperationalError as error:
            raise LogUnreachable(f"DATABASE_UNREACHABLE: {str(error).strip()}") from error
        return ()

    def _record(self, stored_events: Sequence[StoredEvent], writes: Writes) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE log.head SET position = position + %s, fact_counter = fact_counter + %s"
                " RETURNING position - %s, fact_counter - %s",
                (len(stored_events), int(writes.raises_counter)) * 2,
            )
            head = cursor.fetchone()
            if head is None:
                raise InvariantBroken("log.head has no row")
            after_position, counter = head
            if writes.decided_at_counter is not None and counter != writes.decided_at_counter:
                raise FactsMoved(f"decided on {writes.decided_at_counter}, now {counter}")
            _refuse_sessions_that_arrived(cursor, writes)
            refuse_places_that_moved(cursor, writes)
            self._consume(cursor, writes)
            if stored_events:
                with cursor.copy(COPY_EVENTS) as copy:
                    copy.write(
                        copy_bytes(
                            stored_events,
                            after_position=after_position,
                            recorded_at=writes.recorded_at,
                            shared_facts=frozenset(writes.shared_fact_ids),
                        )
                    )
            _write_what_goes_along(cursor, writes)
            last = after_position + len(stored_events)
            cursor.execute("SELECT pg_notify(%s, %s)", (CHANNEL, str(last)))

    def _consume(self, cursor: psycopg.Cursor[Any], writes: Writes) -> None:
        for row in sorted(writes.consumed):  # the order of `take_over`, so neither waits in a ring
            cursor.execute(
                "UPDATE log.consumed SET next_offset = %s, intake_version = intake_version + 1,"
                " first_offset = coalesce(first_offset, %s)"
                " WHERE topic = %s AND partition = %s AND epoch = %s"
                " AND (next_offset = %s OR first_offset IS NULL)",
                (
                    row.next_offset,
                    row.from_offset,
                    row.topic,
                    row.partition,
                    row.epoch,
                    row.from_offset,
                ),
            )
            if cursor.rowcount != 1:
                raise Fenced(f"{row.topic}[{row.partition}] is no longer ours (epoch {row.epoch})")

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return an aggregate's events."""
        query = sql.SQL(
            "SELECT originator_id, originator_version, topic, state FROM log.stored_event"
            " WHERE originator_id = %s AND originator_version > %s"
            " AND originator_version <= %s ORDER BY originator_version {order} LIMIT %s"
        ).format(order=sql.SQL("DESC" if desc else "ASC"))
        bounds = (originator_id, gt or 0, lte or 2**31 - 1, limit)
        return [StoredEvent(*row) for row in self.connection.execute(query, bounds)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return a page of the log in order."""
        first = (start or 0) + (0 if inclusive_of_start else 1)
        rows = self.connection.execute(
            "SELECT originator_id, originator_version, topic, state, position"
            " FROM log.stored_event WHERE position >= %s AND position <= %s"
            " AND (%s OR topic = ANY(%s)) ORDER BY position LIMIT %s",
            (first, stop or 2**63 - 1, not topics, list(topics), limit),
        )
        return [
            Notification(
                originator_id=row[0],
                originator_version=row[1],
                topic=row[2],
                state=row[3],
                id=row[4],
            )
            for row in rows
        ]

    def max_notification_id(self) -> int | None:
        """Return the position of the last row."""
        row = self.connection.execute("SELECT position FROM log.head").fetchone()
        return int(row[0]) if row and row[0] else None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Any:  # noqa: ARG002
        """Followers read `log.stored_event` in pages; see `projections.runner`."""
        raise InvariantBroken("the log is followed in pages, not by subscription")


def _refuse_sessions_that_arrived(cursor: psycopg.Cursor[Any], writes: Writes) -> None:
    """Under the writer lock: a session recorded since a CDR missed it sends the batch back."""
    if not writes.sessions_missed:
        return
    cursor.execute(
        "SELECT EXISTS (SELECT FROM log.stored_event WHERE originator_id = ANY(%s))",
        (list(writes.sessions_missed),),
    )
    row = cursor.fetchone()
    if row and row[0]:
        raise VersionTaken("a session arrived while a CDR was decided without it")


def _write_what_goes_along(cursor: psycopg.Cursor[Any], writes: Writes) -> None:
    """Write the rows that commit with the events.

    Facts come first: what this batch decided, it decided with them, so they touch only what was
    recorded before. What is due only where it is awaited comes last: a CDR of this very batch may
    wait for another that follows it.
    """
    if writes.facts:
        _write_facts(cursor, writes.facts)
    if writes.waits_no_more:
        cursor.execute("DELETE FROM log.waiting_for WHERE cdr = ANY(%s)", (writes.waits_no_more,))
    if writes.waits:
        cursor.execute(
            "INSERT INTO log.waiting_for (fact_key, cdr) SELECT * FROM unnest(%s::text[],"
            " %s::text[]) ON CONFLICT DO NOTHING",
            _columns(set(writes.waits)),
        )
    if writes.undecided:
        cursor.execute(
            "DELETE FROM log.decided_on USING unnest(%s::text[], %s::timestamptz[], %s::text[])"
            " AS gone (fact_key, service_at, cdr) WHERE decided_on.fact_key = gone.fact_key"
            " AND decided_on.service_at = gone.service_at AND decided_on.cdr = gone.cdr",
            _columns(writes.undecided),
        )
    if writes.decided:
        with cursor.copy("COPY log.decided_on (fact_key, service_at, cdr) FROM STDIN") as copy:
            copy.write(
                "".join(
                    f"{_text(row.fact_key)}\t{_instant(row.service_at)}\t{_text(row.cdr)}\n"
                    for row in writes.decided
                )
            )
    _write_occupations(cursor, writes)
    _write_sessions(cursor, writes)
    write_places(cursor, writes)
    write_windows(cursor, writes)
    if writes.facts_if_awaited:
        _write_facts_if_awaited(cursor, writes.facts_if_awaited)
    _write_due(cursor, writes)
    write_sender_rows(cursor, writes.senders, recorded_at=writes.recorded_at)
    for received, refusal in writes.unreadable:
        _write_unreadable(cursor, received, refusal)
    for topic, partition, offset in writes.replayed:
        cursor.execute(
            "DELETE FROM log.unreadable WHERE topic = %s AND partition = %s"
            " AND message_offset = %s",
            (topic, partition, offset),
        )
    for original, received_at in writes.originals:
        cursor.execute(
            "INSERT INTO log.original (sha256, content, received_at) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (original.sha256, original.content, received_at),
        )
    if writes.listed:
        with cursor.copy("COPY log.batch_list (event_id, version, number, cdr) FROM STDIN") as copy:
            for row in writes.listed:
                copy.write_row(row)


def _text(value: str) -> str:
    """Escape a value for text COPY; asking first whether there is anything costs a third."""
    if "\\" not in value and value.isprintable():
        return value
    return (
        value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    )


@lru_cache(maxsize=1024)
def _instant(instant: datetime) -> str:
    """Write an instant for text COPY: a CDR's stand in all of its rows."""
    return instant.isoformat()


def _columns(rows: Iterable[Sequence[Any]]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))


def _write_facts(cursor: psycopg.Cursor[Any], facts: Sequence[FactRecorded]) -> None:
    """Note what is due, under the writer lock: every row recorded before is visible here."""
    cursor.execute(
        "INSERT INTO log.release_due (fact_key, affected_from)"
        " SELECT fact.fact_key, min(fact.affected_from)"
        " FROM unnest(%s::text[], %s::timestamptz[]) AS fact (fact_key, affected_from)"
        " WHERE EXISTS (SELECT FROM log.waiting_for w WHERE w.fact_key = fact.fact_key)"
        " OR EXISTS (SELECT FROM log.decided_on d WHERE d.fact_key = fact.fact_key"
        " AND d.service_at >= fact.affected_from) GROUP BY fact.fact_key",
        _columns(facts),
    )


def _write_facts_if_awaited(cursor: psycopg.Cursor[Any], facts: Sequence[FactRecorded]) -> None:
    """Note what is due because something waits for it, of this transaction too."""
    cursor.execute(
        "INSERT INTO log.release_due (fact_key, affected_from)"
        " SELECT DISTINCT fact.fact_key, fact.affected_from"
        " FROM unnest(%s::text[], %s::timestamptz[]) AS fact (fact_key, affected_from)"
        " JOIN log.waiting_for w ON w.fact_key = fact.fact_key",
        _columns(facts),
    )


def _write_occupations(cursor: psycopg.Cursor[Any], writes: Writes) -> None:
    """Free what is occupied no more, then occupy; a session taken twice is VersionTaken."""
    if writes.occupies_no_more:
        cursor.execute("DELETE FROM log.occupied WHERE cdr = ANY(%s)", (writes.occupies_no_more,))
    if writes.occupies:
        with cursor.copy(
            "COPY log.occupied (resource, kind, started_at, ended_at, cdr) FROM STDIN"
        ) as copy:
            copy.write(
                "".join(
                    f"{_text(row.resource)}\t{row.kind}\t{_instant(row.started_at)}"
                    f"\t{_instant(row.ended_at)}\t{_text(row.cdr)}\n"
                    for row in writes.occupies
                )
            )


def _write_sessions(cursor: psycopg.Cursor[Any], writes: Writes) -> None:
    """Keep the sessions that nothing has billed, with the instant of the next look."""
    if writes.opens:
        cursor.execute(
            "INSERT INTO log.open_session (session, charger, started_at, look_at)"
            " SELECT * FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[])"
            " AS open (session, charger, started_at, look_at)"
            " WHERE NOT EXISTS (SELECT FROM log.occupied o WHERE o.kind = 'session'"
            " AND o.resource = 'session:' || open.session)"
            " ON CONFLICT (session) DO UPDATE SET charger = excluded.charger,"
            " started_at = excluded.started_at, look_at = excluded.look_at",
            _columns({row.session: row for row in writes.opens}.values()),
        )
    if writes.billed:
        cursor.execute("DELETE FROM log.open_session WHERE session = ANY(%s)", (writes.billed,))


def _write_due(cursor: psycopg.Cursor[Any], writes: Writes) -> None:
    if writes.due_done:
        cursor.execute("DELETE FROM log.release_due WHERE id = ANY(%s)", (writes.due_done,))
    if writes.due_continues is not None:
        due, after = writes.due_continues
        cursor.execute(
            "UPDATE log.release_due SET after_at = %s, after_cdr = %s WHERE id = %s", (*after, due)
        )


def _write_unreadable(cursor: psycopg.Cursor[Any], received: Received, refusal: Refusal) -> None:
    source, raw = received.source, received.raw
    headers = [
        [name, value.hex() if value is not None else None]
        for name, value in (raw.headers if raw else ())
    ]
    cursor.execute(
        "INSERT INTO log.unreadable (topic, partition, message_offset, reason, path, detail,"
        " sender, message_key, value, headers, received_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (topic, partition, message_offset) DO UPDATE"
        " SET reason = excluded.reason, path = excluded.path, detail = excluded.detail",
        (
            source.topic,
            source.partition,
            source.offset,
            refusal.reason.value,
            refusal.path,
            refusal.actual,
            source.sender,
            raw.key if raw else None,
            raw.value if raw else None,
            Jsonb(headers),
            received.received_at,
        ),
    )
