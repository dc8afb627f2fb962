"""Record a batch: events, unreadable messages, offsets and waiting rows in one transaction.

The writer lock is the row lock of `log.head`, held only while the batch is copied in. Under it
the shared-fact counter is compared with the one the batch decided on, and each partition's epoch
and offset with what its consumer believes.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import ApplicationRecorder, Notification, StoredEvent
from psycopg import errors, sql

from ledger.application.store import FactsMoved, Fenced, VersionTaken, Writes
from ledger.log.along import write_along
from ledger.log.connection import Connection, LogUnreachable
from ledger.log.launches import refuse_places_that_moved
from ledger.log.rows import COPY_EVENTS, copy_bytes
from ledger.values.reasons import InvariantBroken

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
            write_along(cursor, writes)
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
