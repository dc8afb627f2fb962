"""The places that accepted CDRs take of a launch's days."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import psycopg

from ledger.application.store import LaunchPlace, VersionTaken, Writes
from ledger.log.connection import Cursor

READ_PLACES = (
    "SELECT pair, service_on, cdr, net, currency FROM log.launch_place"
    " JOIN unnest(%s::text[], %s::date[]) AS asked (pair, service_on) USING (pair, service_on)"
)


def columns_of(days: Sequence[tuple[str, date]]) -> tuple[list[str], list[date]]:
    """Return days of pairs as the query takes them."""
    return [pair for pair, _ in days], [service_on for _, service_on in days]


def places_in(rows: Cursor) -> list[LaunchPlace]:
    """Return the places that a query found."""
    return [LaunchPlace(*row) for row in rows]


def refuse_places_that_moved(cursor: psycopg.Cursor[Any], writes: Writes) -> None:
    """Under the writer lock: places taken or given back since they were read send it back.

    A batch that holds a CDR for want of a place is sent back, too: the place that became free
    meanwhile would wake nobody.
    """
    if not writes.places_seen:
        return
    cursor.execute(
        "SELECT seen.pair, seen.service_on FROM"
        " unnest(%s::text[], %s::date[], %s::bigint[], %s::numeric[])"
        " AS seen (pair, service_on, cdrs, net)"
        " LEFT JOIN log.launch_place p USING (pair, service_on)"
        " GROUP BY seen.pair, seen.service_on, seen.cdrs, seen.net"
        " HAVING (count(p.cdr), coalesce(sum(p.net), 0)) <> (seen.cdrs, seen.net) LIMIT 1",
        tuple(list(column) for column in zip(*writes.places_seen, strict=True)),
    )
    moved = cursor.fetchone()
    if moved is not None:
        raise VersionTaken(f"a place of {moved[0]} on {moved[1]} moved meanwhile")


def write_places(cursor: psycopg.Cursor[Any], writes: Writes) -> None:
    """Free the places of CDRs that moved, then take those that they have now."""
    if not writes.launch_places:
        return
    cursor.execute(
        "DELETE FROM log.launch_place WHERE cdr = ANY(%s)", (list(writes.launch_places),)
    )
    taken = [row for row in writes.launch_places.values() if row is not None]
    if taken:
        cursor.executemany(
            "INSERT INTO log.launch_place (pair, service_on, cdr, net, currency)"
            " VALUES (%s, %s, %s, %s, %s)",
            taken,
        )
