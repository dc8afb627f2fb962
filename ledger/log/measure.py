"""What PostgreSQL itself can take: the limit that the log is measured against."""

from datetime import datetime
from time import monotonic

import psycopg

from ledger.log.rows import HEADER, TRAILER
from ledger.values.instants import BEGINNING


def copy_again(url: str, *, batch: int) -> tuple[int, float]:
    """COPY the log's own rows into a table without index or check; return rows and seconds.

    Rows are read beforehand; each `batch` of them is one transaction, as the recorder's are.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS log.copied_again")
        connection.execute("CREATE TABLE log.copied_again (LIKE log.stored_event)")
        rows, spent, position = 0, 0.0, 0
        while True:
            with (
                connection.cursor() as cursor,
                cursor.copy(
                    "COPY (SELECT * FROM log.stored_event WHERE position > %s ORDER BY position"
                    " LIMIT %s) TO STDOUT (FORMAT BINARY)",
                    (position, batch),
                ) as copy,
            ):
                data = b"".join(bytes(part) for part in copy)
            if len(data) <= len(HEADER) + len(TRAILER):
                break
            began = monotonic()
            with connection.transaction(), connection.cursor() as cursor:
                with cursor.copy("COPY log.copied_again FROM STDIN (FORMAT BINARY)") as copy:
                    copy.write(data)
                rows += cursor.rowcount
            spent += monotonic() - began
            position += batch
        connection.execute("DROP TABLE log.copied_again")
    return rows, spent


def recorded_between(url: str, *, after: datetime = BEGINNING) -> tuple[datetime, datetime, int]:
    """Return when the first and the last batch after an instant were recorded, and how many."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT min(recorded_at), max(recorded_at), count(DISTINCT recorded_at)"
            " FROM log.stored_event"
            " WHERE topic = 'intake.consumed.v1' AND recorded_at > %s",
            (after,),
        ).fetchone()
    if row is None or row[0] is None:
        raise LookupError("nothing was consumed")
    return row[0], row[1], row[2]
