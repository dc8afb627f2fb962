"""The rows that commit with a batch: what waits, what was decided on what, what is taken."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from ledger.application.commands import Received
from ledger.application.store import FactRecorded, Writes
from ledger.log.launches import write_places
from ledger.log.sequences import write_sender_rows
from ledger.log.windows import write_windows
from ledger.values.reasons import Refusal


def write_along(cursor: psycopg.Cursor[Any], writes: Writes) -> None:
    """Write the rows that commit with a batch's events.

    Facts come first: what this batch decided, it decided with them, so they touch only what was
    recorded before. What is due only where it is awaited comes last: a CDR of this very batch may
    wait for another that follows it.
    """
    if writes.facts:
        _write_facts(cursor, writes.facts)
    _write_waits(cursor, writes)
    _write_decided(cursor, writes)
    _write_occupations(cursor, writes)
    _write_sessions(cursor, writes)
    write_places(cursor, writes)
    write_windows(cursor, writes)
    if writes.facts_if_awaited:
        _write_facts_if_awaited(cursor, writes.facts_if_awaited)
    _write_due(cursor, writes)
    write_sender_rows(cursor, writes.senders, recorded_at=writes.recorded_at)
    _write_messages(cursor, writes)
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


def _write_waits(cursor: psycopg.Cursor[Any], writes: Writes) -> None:
    if writes.waits_no_more:
        cursor.execute("DELETE FROM log.waiting_for WHERE cdr = ANY(%s)", (writes.waits_no_more,))
    if writes.waits:
        cursor.execute(
            "INSERT INTO log.waiting_for (fact_key, cdr) SELECT * FROM unnest(%s::text[],"
            " %s::text[]) ON CONFLICT DO NOTHING",
            _columns(set(writes.waits)),
        )


def _write_decided(cursor: psycopg.Cursor[Any], writes: Writes) -> None:
    """Keep on which facts each CDR was decided, in place of those of its decision before."""
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


def _write_messages(cursor: psycopg.Cursor[Any], writes: Writes) -> None:
    """Keep what could not be read, and originals; let go of what was read at last."""
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
