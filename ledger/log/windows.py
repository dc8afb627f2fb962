"""The objection windows that are open, kept with the decisions they belong to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

from ledger.application.store import Writes
from ledger.settlement.approval import ObjectionWindow

READ_WINDOWS = """
    SELECT cdr, pair, posted_period, until FROM log.objection_window
    WHERE (%(until)s::timestamptz IS NULL OR until <= %(until)s)
      AND (%(pair)s::text IS NULL OR pair = %(pair)s)
      AND (%(posted_period)s::text IS NULL OR posted_period = %(posted_period)s)
      AND (%(cdrs)s::text[] IS NULL OR cdr = ANY(%(cdrs)s))
      AND (%(after_until)s::timestamptz IS NULL
           OR (until, cdr) > (%(after_until)s, %(after_cdr)s::text))
    ORDER BY until, cdr LIMIT %(limit)s
"""


def asked_for(
    *,
    until: datetime | None,
    pair: str | None,
    posted_period: str | None,
    cdrs: Sequence[str] | None,
    after: ObjectionWindow | None,
    limit: int,
) -> dict[str, Any]:
    """Return what the query is asked with; None asks nothing."""
    return {
        "until": until,
        "pair": pair,
        "posted_period": posted_period,
        "cdrs": None if cdrs is None else list(cdrs),
        "after_until": None if after is None else after.until,
        "after_cdr": None if after is None else after.cdr,
        "limit": limit,
    }


def write_windows(cursor: psycopg.Cursor[Any], writes: Writes) -> None:
    """Close the windows that are over, then open those of new decisions."""
    if writes.windows_over:
        cursor.execute(
            "DELETE FROM log.objection_window WHERE cdr = ANY(%s)", (writes.windows_over,)
        )
    if writes.windows:
        cursor.executemany(
            "INSERT INTO log.objection_window (cdr, pair, posted_period, until)"
            " VALUES (%s, %s, %s, %s)",
            writes.windows,
        )
