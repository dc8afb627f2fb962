"""Settlement periods: their steps, who owes whom, and how each CDR stands in them.

`clearing` sums the postings on `receivable:*` and `payable:*` per period, party and counterparty;
`cdr` has a row for each CDR in the period where it is booked. What is decided again inside an
open period replaces the row; where the period is closed by then, the row stays as `adjusted`, and
the new decision stands in the later period.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import ClassVar

from projections.amounts import decimal_of, ten_thousandths
from projections.database import Connection, copy_rows, for_each, text, text_array
from projections.event_parts import Booking, CdrStatement, Decision, Entry, Leg, Refusal
from projections.events import CdrAccepted, CdrHeld, CdrRedecided, PartyRegistered, PeriodMoved
from projections.pages import Recorded

STATES = {
    "settlement_period.opened.v1": "OPEN",
    "settlement_period.cut_off.v1": "CUT_OFF",
    "settlement_period.review_begun.v1": "IN_REVIEW",
    "settlement_period.soft_closed.v1": "SOFT_CLOSED",
    "settlement_period.hard_closed.v1": "HARD_CLOSED",
}
_COLUMN = {
    ("receivable", "debit"): 0,
    ("receivable", "credit"): 1,
    ("payable", "debit"): 2,
    ("payable", "credit"): 3,
}


@lru_cache(maxsize=4096)
def _clearing(account: str, side: str) -> tuple[int | None, str]:
    """Return the column and the counterparty of a clearing account, no column for any other."""
    kind, _, counterparty = account.partition(":")
    return _COLUMN.get((kind, side)), counterparty


class Periods:
    """Steps, clearing sums, CDR standing, held CDRs, and which book is whose."""

    NAME: ClassVar[str] = "period"
    TABLES: ClassVar[Mapping[str, str]] = {
        "step": "position",
        "clearing": 'period COLLATE "C", book COLLATE "C", party, counterparty, currency',
        "cdr": 'posted_period COLLATE "C", cdr COLLATE "C"',
        "held": 'cdr COLLATE "C"',
        "party": 'party COLLATE "C"',
    }

    def __init__(self) -> None:
        self._steps: list[str] = []
        self._sums: defaultdict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        self._standing: dict[tuple[str, str], tuple[str, str]] = {}
        self._removed: list[tuple[str, str]] = []
        self._adjusted: list[tuple[str, str]] = []
        self._held: dict[str, tuple[object, ...]] = {}
        self._released: list[tuple[str]] = []
        self._parties: dict[str, str] = {}

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, CdrAccepted):
            self._decide(recorded, event.cdr, event.decision, event.statement)
            if event.moved_from == "held":
                self._held.pop(event.cdr, None)
                self._released.append((event.cdr,))
        elif isinstance(event, CdrHeld):
            self._hold(recorded, event.cdr, event.statement, event.refusals)
        elif isinstance(event, CdrRedecided):
            self._decide_again(recorded, event)
        elif isinstance(event, PartyRegistered):
            self._parties[event.party] = event.document.entity
        elif isinstance(event, PeriodMoved):
            self._move(recorded, event)

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_period_steps", schema, self._steps)
        sums = sorted(self._sums.items())
        for_each(
            connection,
            "add_to_clearing",
            schema,
            ((*key, *map(decimal_of, amounts)) for key, amounts in sums),
        )
        for_each(connection, "remove_period_cdrs", schema, self._removed)
        for_each(connection, "adjust_period_cdrs", schema, self._adjusted)
        standing = [
            f"{text(period)}\t{text(cdr)}\t{standing}\t{rest}"
            for (period, cdr), (standing, rest) in self._standing.items()
        ]
        copy_rows(connection, "insert_period_cdrs", schema, standing)
        for_each(connection, "release_held", schema, self._released)
        for_each(connection, "keep_held", schema, self._held.values())
        for_each(connection, "keep_parties", schema, sorted(self._parties.items()))

    def _decide(
        self, recorded: Recorded, cdr: str, decision: Decision, statement: CdrStatement
    ) -> None:
        booking, sale = decision.booking, decision.legs[0]
        self._clear(decision.entries, decision.legs, booking)
        self._standing[booking.posted_period, cdr] = (
            "valid",
            f"{text(booking.service_period)}\t{decision.seller}\t{decision.buyer}"
            f"\t{sale.currency}\t{sale.net}\t{sale.gross}\t{text(booking.late_of)}"
            f"\t{statement.end_date_time}\t{recorded.position}"
            f"\t{text_array(decision.visible_to)}",
        )

    def _decide_again(self, recorded: Recorded, event: CdrRedecided) -> None:
        before = recorded.reversed
        if before is None:
            raise ValueError(f"event {recorded.position} does not reverse what it names")
        self._clear(event.reversal, before.decision.legs, event.reversal_booking)
        key = before.decision.booking.posted_period, event.cdr
        if event.reversal_booking.posted_period != key[0]:
            self._adjust(key)
        elif self._standing.pop(key, None) is None:
            self._removed.append(key)
        if event.decision is not None:
            self._decide(recorded, event.cdr, event.decision, before.statement)
        else:
            self._hold(recorded, event.cdr, before.statement, event.refusals)

    def _adjust(self, key: tuple[str, str]) -> None:
        row = self._standing.get(key)
        if row is None:
            self._adjusted.append(key)
        else:
            self._standing[key] = "adjusted", row[1]

    def _hold(
        self, recorded: Recorded, cdr: str, statement: CdrStatement, refusals: Sequence[Refusal]
    ) -> None:
        reasons = ", ".join(dict.fromkeys(refusal.reason for refusal in refusals))
        price = statement.total_cost.before_taxes
        # Held again with other reasons: it waits since the first time.
        held_at = self._held[cdr][-1] if cdr in self._held else recorded.recorded_at
        ended_at = statement.end_date_time
        self._held[cdr] = (cdr, ended_at, reasons, price, statement.currency, held_at)

    def _clear(self, entries: Sequence[Entry], legs: Sequence[Leg], booking: Booking) -> None:
        """Add the clearing accounts' postings: the leg's other party owns the account."""
        for entry in entries:
            leg = legs[entry.leg]
            for posting in entry.postings:
                column, counterparty = _clearing(posting.account, posting.side)
                if column is None:
                    continue
                party = leg.seller if counterparty == leg.buyer else leg.buyer
                key = (booking.posted_period, entry.book, party, counterparty, entry.currency)
                self._sums[key][column] += ten_thousandths(posting.amount)

    def _move(self, recorded: Recorded, event: PeriodMoved) -> None:
        provenance = event.provenance
        self._steps.append(
            "\t".join(
                (
                    str(recorded.position),
                    text(event.period),
                    STATES[recorded.topic],
                    text(event.time_zone),
                    text(provenance.actor if provenance else None),
                    text(provenance.occurred_at if provenance else None),
                    recorded.recorded_at,
                    text(bytes(event.figures).decode()),
                    text(bytes(event.checkpoint).decode()),
                    text(event.log_root),
                )
            )
        )
