"""Senders' rows in the log: numbers seen, sums of a day, and what the clock is to look at.

They are written in the transaction of the batch, so they count what was recorded, exactly once.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString

import psycopg

from ledger.application.sender_rows import (
    Followed,
    Holes,
    Number,
    Numbered,
    Reset,
    SenderDay,
    SenderWrites,
    TotalsLook,
)
from ledger.log.connection import Cursor
from ledger.roaming.control_statements import StatedAmount
from ledger.roaming.control_totals import ReceivedTotals
from ledger.roaming.sender import PATIENCE, Gap

# In one statement, and so in one snapshot: the holes in order, and last how far the numbers go.
# From the highest number down, so that the least instant so far is one step a row, not a search.
HOLES: LiteralString = """
    WITH seen AS MATERIALIZED (
        SELECT number,
               lead(number, 1, %(followed_until)s::bigint) OVER downwards AS before,
               min(received_at) OVER downwards AS since
        FROM log.sequence
        WHERE sender = %(sender)s AND topic = %(topic)s AND number > %(followed_until)s
        WINDOW downwards AS (ORDER BY number DESC)
    )
    (SELECT before + 1, number - 1, since FROM seen WHERE number > before + 1
     ORDER BY number LIMIT %(limit)s)
    UNION ALL SELECT coalesce(max(number), %(followed_until)s) + 1, NULL, NULL FROM seen
    ORDER BY 1
"""


class SenderLog:
    """The reads that `ledger.application.sender_rows.SenderStore` promises."""

    def _execute(self, query: LiteralString, values: Any = (), *, binary: bool = False) -> Cursor:
        raise NotImplementedError

    def numbers_known(self, numbers: Sequence[Number]) -> Mapping[Number, bytes]:
        """Return the SHA-256 of the first message of each number that is known.

        Numbers above the highest of their sender, which is most of them, are not looked up.
        """
        if not numbers:
            return {}
        senders = {(number.sender, number.topic) for number in numbers}
        highest = {
            (sender, topic): number
            for sender, topic, number in self._execute(
                "SELECT sender, topic, highest FROM log.sender_numbering"
                " JOIN unnest(%s::text[], %s::text[]) AS asked (sender, topic)"
                " USING (sender, topic)",
                _columns(senders),
            )
        }
        perhaps = [row for row in numbers if row.number <= highest.get((row.sender, row.topic), -1)]
        if not perhaps:
            return {}
        rows = self._execute(
            "SELECT sender, topic, number, sha256 FROM log.sequence"
            " JOIN unnest(%s::text[], %s::text[], %s::bigint[]) AS asked (sender, topic, number)"
            " USING (sender, topic, number)",
            _columns(perhaps),
            binary=True,
        )
        return {Number(*number): bytes(sha256) for *number, sha256 in rows}

    def sender_to_look_at(self, after: tuple[str, str]) -> Followed | None:
        """Return the next (sender, topic) in order that has news or gaps."""
        row = self._execute(
            "SELECT sender, topic, followed_until, has_gaps FROM log.sender_numbering"
            " WHERE (sender, topic) > (%s, %s) AND (highest > followed_until OR has_gaps)"
            " ORDER BY sender, topic LIMIT 1",
            after,
        ).fetchone()
        return Followed(*row) if row else None

    def holes_of(self, followed: Followed, *, seen_before: datetime, limit: int) -> Holes:
        """Return what is missing though a later number was received by `seen_before`.

        The further behind a hole, the later its first later number came: those due come first.
        """
        rows = self._execute(HOLES, {**followed._asdict(), "limit": limit}).fetchall()
        gaps: list[Gap] = []
        for first, last, since in rows:
            if last is None or since > seen_before:
                return Holes(gaps, first - 1)
            gaps.append(Gap(first, last, since))
            if len(gaps) == limit:
                break
        return Holes(gaps, gaps[-1].last)

    def arrived_in(self, followed: Followed, gaps: Sequence[Gap], limit: int) -> list[int]:
        """Return the numbers inside gaps that have come, in order."""
        if not gaps:
            return []
        rows = self._execute(
            "SELECT found.number FROM unnest(%s::bigint[], %s::bigint[]) AS gap (first, last)"
            " CROSS JOIN LATERAL (SELECT number FROM log.sequence WHERE sender = %s AND topic = %s"
            " AND number BETWEEN gap.first AND gap.last ORDER BY number LIMIT %s) AS found"
            " ORDER BY found.number LIMIT %s",
            (
                [gap.first for gap in gaps],
                [gap.last for gap in gaps],
                *(followed.sender, followed.topic),
                *(limit, limit),
            ),
        )
        return [row[0] for row in rows]

    def sessions_with_cdr(self, sessions: Sequence[str]) -> set[str]:
        """Return those sessions for which a CDR has arrived that is held."""
        rows = self._execute(
            "SELECT DISTINCT fact_key FROM log.waiting_for WHERE fact_key = ANY(%s)",
            ([f"session:{key}" for key in sessions],),
        )
        return {row[0].removeprefix("session:") for row in rows}

    def totals_to_look_at(self, now: datetime, limit: int) -> list[SenderDay]:
        """Return the stated totals whose comparison is due, the oldest first."""
        rows = self._execute(
            "SELECT sender, topic, day FROM log.control_total WHERE look_at <= %s"
            " ORDER BY look_at, sender, topic, day LIMIT %s",
            (now, limit),
        )
        return [SenderDay(*row) for row in rows]

    def received_of(self, days: Sequence[SenderDay]) -> Mapping[SenderDay, ReceivedTotals]:
        """Return what was received of senders in days."""
        amounts: dict[SenderDay, list[StatedAmount]] = {}
        for sender, topic, day, currency, amount in self._execute(
            "SELECT sender, topic, day, currency, before_taxes FROM log.sender_day_amount"
            " JOIN unnest(%s::text[], %s::text[], %s::date[]) AS asked (sender, topic, day)"
            " USING (sender, topic, day) ORDER BY currency",
            _columns(days),
        ):
            amount_of_currency = StatedAmount(currency, amount)
            amounts.setdefault(SenderDay(sender, topic, day), []).append(amount_of_currency)
        rows = self._execute(
            "SELECT sender, topic, day, messages, energy_kwh, first_number, last_number"
            " FROM log.sender_day"
            " JOIN unnest(%s::text[], %s::text[], %s::date[]) AS asked (sender, topic, day)"
            " USING (sender, topic, day)",
            _columns(days),
        )
        found = {}
        for sender, topic, day, messages, energy_kwh, first_number, last_number in rows:
            key = SenderDay(sender, topic, day)
            stated = tuple(amounts.get(key, ()))
            found[key] = ReceivedTotals(messages, energy_kwh, first_number, last_number, stated)
        return found


def write_sender_rows(
    cursor: psycopg.Cursor[Any], writes: SenderWrites, *, recorded_at: datetime
) -> None:
    """Write what goes along with a batch. A number taken meanwhile is a UniqueViolation."""
    for reset in writes.resets:
        _write_reset(cursor, reset)
    if writes.numbered:
        _write_numbers(cursor, writes.numbered)
    if writes.days:
        _write_days(cursor, writes, recorded_at)
    if writes.followed:
        cursor.executemany(
            "UPDATE log.sender_numbering SET followed_until = %(followed_until)s,"
            " has_gaps = %(has_gaps)s WHERE sender = %(sender)s AND topic = %(topic)s",
            [row._asdict() for row in writes.followed],
        )
    for look in writes.totals:
        _write_look(cursor, look)


def _write_numbers(cursor: psycopg.Cursor[Any], numbered: Sequence[Numbered]) -> None:
    # Senders and topics are of a shape without signs that COPY would read otherwise.
    with cursor.copy(
        "COPY log.sequence (sender, topic, number, sha256, received_at) FROM STDIN"
    ) as copy:
        copy.write(
            "".join(
                f"{row.sender}\t{row.topic}\t{row.number}\t\\\\x{row.sha256.hex()}"
                f"\t{row.received_at.isoformat()}\n"
                for row in numbered
            )
        )
    highest: dict[tuple[str, str], int] = {}
    for row in numbered:
        key = (row.sender, row.topic)
        highest[key] = max(highest.get(key, 0), row.number)
    cursor.execute(
        "INSERT INTO log.sender_numbering AS known (sender, topic, highest)"
        " SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[])"
        " ON CONFLICT (sender, topic)"
        " DO UPDATE SET highest = greatest(known.highest, excluded.highest)",
        _columns((*key, number) for key, number in highest.items()),
    )


def _write_days(cursor: psycopg.Cursor[Any], writes: SenderWrites, recorded_at: datetime) -> None:
    """Add to the sums; totals that were stated of such a day are compared again soon."""
    cursor.execute(
        "INSERT INTO log.sender_day AS known"
        " (sender, topic, day, messages, energy_kwh, first_number, last_number)"
        " SELECT * FROM unnest(%s::text[], %s::text[], %s::date[], %s::bigint[], %s::numeric[],"
        " %s::bigint[], %s::bigint[]) ON CONFLICT (sender, topic, day) DO UPDATE"
        " SET messages = known.messages + excluded.messages,"
        " energy_kwh = known.energy_kwh + excluded.energy_kwh,"
        " first_number = least(known.first_number, excluded.first_number),"
        " last_number = greatest(known.last_number, excluded.last_number)",
        _columns(
            (*day, total.messages, total.energy_kwh, total.first_number, total.last_number)
            for day, total in writes.days.items()
        ),
    )
    amounts = [
        (*day, currency, amount)
        for day, total in writes.days.items()
        for currency, amount in total.amounts.items()
    ]
    if amounts:
        cursor.execute(
            "INSERT INTO log.sender_day_amount AS known"
            " (sender, topic, day, currency, before_taxes)"
            " SELECT * FROM unnest(%s::text[], %s::text[], %s::date[], %s::text[], %s::numeric[])"
            " ON CONFLICT (sender, topic, day, currency) DO UPDATE"
            " SET before_taxes = known.before_taxes + excluded.before_taxes",
            _columns(amounts),
        )
    cursor.execute(
        "UPDATE log.control_total AS stated SET look_at = least(stated.look_at, %s)"
        " FROM unnest(%s::text[], %s::text[], %s::date[]) AS grown (sender, topic, day)"
        " WHERE (stated.sender, stated.topic, stated.day)"
        " = (grown.sender, grown.topic, grown.day)",
        (recorded_at + PATIENCE, *_columns(writes.days)),
    )


def _write_reset(cursor: psycopg.Cursor[Any], reset: Reset) -> None:
    """Await nothing below a number any more; where the sender counts anew, forget its numbers."""
    below = reset.from_number - 1
    if reset.is_restart:
        cursor.execute(
            "DELETE FROM log.sequence WHERE sender = %s AND topic = %s",
            (reset.sender, reset.topic),
        )
        cursor.execute(
            "DELETE FROM log.sender_numbering WHERE sender = %s AND topic = %s",
            (reset.sender, reset.topic),
        )
    cursor.execute(
        "INSERT INTO log.sender_numbering AS known (sender, topic, highest, followed_until)"
        " VALUES (%s, %s, %s, %s) ON CONFLICT (sender, topic) DO UPDATE"
        " SET followed_until = greatest(known.followed_until, excluded.followed_until)",
        (reset.sender, reset.topic, below, below),
    )


def _write_look(cursor: psycopg.Cursor[Any], look: TotalsLook) -> None:
    if look.look_at is None:
        cursor.execute(
            "DELETE FROM log.control_total WHERE sender = %s AND topic = %s AND day = %s", look.of
        )
    else:
        cursor.execute(
            "INSERT INTO log.control_total (sender, topic, day, look_at) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (sender, topic, day) DO UPDATE SET look_at = excluded.look_at",
            (*look.of, look.look_at),
        )


def _columns(rows: Iterable[Sequence[Any]]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))
