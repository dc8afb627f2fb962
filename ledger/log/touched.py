"""The CDRs that a recorded fact touches: those decided on it, and those that wait for it.

In this order the held ones, once accepted, are not met again as decided. A fact that touches many
is asked for again from the last CDR on.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, LiteralString

from ledger.application.store import Due, Touched
from ledger.values.instants import NEVER

FEW: Final = 20
"""A fact that touches so many CDRs, or more, is asked for by itself."""

READ_TOUCHED: Final[LiteralString] = """
    (SELECT service_at, cdr FROM log.decided_on WHERE fact_key = %(fact)s
     AND service_at >= %(affected_from)s AND (service_at, cdr) > (%(after_at)s, %(after_cdr)s)
     ORDER BY service_at, cdr LIMIT %(limit)s)
    UNION ALL (SELECT %(held)s, cdr FROM log.waiting_for WHERE fact_key = %(fact)s
     AND cdr > CASE WHEN %(after_at)s = %(held)s THEN %(after_cdr)s ELSE '' END
     ORDER BY cdr LIMIT %(limit)s) ORDER BY service_at, cdr LIMIT %(limit)s
"""

# The same of many facts at once. A session that was waited for touches one CDR: 500 of them are
# found in 10 ms instead of 60, one by one.
READ_FEW: Final[LiteralString] = """
    SELECT due.id, touched.service_at, touched.cdr
    FROM unnest(%(ids)s::bigint[], %(facts)s::text[], %(affected_from)s::timestamptz[],
                %(after_at)s::timestamptz[], %(after_cdr)s::text[])
        AS due (id, fact_key, affected_from, after_at, after_cdr)
    CROSS JOIN LATERAL (
        (SELECT d.service_at, d.cdr FROM log.decided_on d WHERE d.fact_key = due.fact_key
         AND d.service_at >= due.affected_from
         AND (d.service_at, d.cdr) > (due.after_at, due.after_cdr)
         ORDER BY d.service_at, d.cdr LIMIT %(few)s)
        UNION ALL (SELECT %(held)s, w.cdr FROM log.waiting_for w WHERE w.fact_key = due.fact_key
         AND w.cdr > CASE WHEN due.after_at = %(held)s THEN due.after_cdr ELSE '' END
         ORDER BY w.cdr LIMIT %(few)s)
    ) AS touched (service_at, cdr)
    ORDER BY touched.service_at, touched.cdr
"""


def asked_of(due: Due, limit: int) -> dict[str, Any]:
    """Return the values that READ_TOUCHED takes."""
    return {
        "held": NEVER,
        "fact": due.fact_key,
        "affected_from": due.affected_from,
        "after_at": due.after.service_at,
        "after_cdr": due.after.cdr,
        "limit": limit,
    }


def asked_of_few(due: Sequence[Due]) -> dict[str, Any]:
    """Return the values that READ_FEW takes."""
    return {
        "held": NEVER,
        "few": FEW,
        "ids": [row.id for row in due],
        "facts": [row.fact_key for row in due],
        "affected_from": [row.affected_from for row in due],
        "after_at": [row.after.service_at for row in due],
        "after_cdr": [row.after.cdr for row in due],
    }


def few_in(due: Sequence[Due], rows: Iterable[Sequence[Any]]) -> Mapping[int, list[Touched]]:
    """Return what was found of each fact that touches but a few, in the database's order."""
    found: dict[int, list[Touched]] = {row.id: [] for row in due}
    for id_, service_at, cdr in rows:
        found[id_].append(Touched(service_at, cdr))
    return {id_: touched for id_, touched in found.items() if len(touched) < FEW}
