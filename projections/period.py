"""Settlement periods: their steps, who owes whom, and how each CDR stands in them.

`clearing` sums the postings on `receivable:*` and `payable:*` per period, party and counterparty:
what is disputed stands on other accounts, and is left out until it comes back. `cdr` (module
`standing`) has a row for each CDR in every period that has entries of it; `unbooked` has the
CDRs that wait, were refused, or were excluded before anything was booked.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import ClassVar

from projections.amounts import decimal_of, ten_thousandths
from projections.cdr_events import (
    CdrAccepted,
    CdrAdjusted,
    CdrCreditAccepted,
    CdrCredited,
    CdrEvent,
    CdrExcluded,
    CdrHeld,
    CdrRedecided,
    CdrResubmitted,
)
from projections.database import Connection, copy_rows, for_each, text
from projections.dispute_events import Contested, DisputeOpened, DisputeReturned
from projections.event_parts import (
    DRIVER,
    Booking,
    CdrStatement,
    Decision,
    Entry,
    Refusal,
    location_of,
)
from projections.events import PartyRegistered
from projections.pages import Recorded
from projections.period_events import PeriodFellDue, PeriodMoved, PeriodTruedUp
from projections.standing import Standings

STATES = {
    "settlement_period.opened.v1": "OPEN",
    "settlement_period.cut_off.v1": "CUT_OFF",
    "settlement_period.review_begun.v1": "IN_REVIEW",
    "settlement_period.soft_closed.v1": "SOFT_CLOSED",
    "settlement_period.hard_closed.v1": "HARD_CLOSED",
}
_BOOKED = (CdrAccepted, CdrCreditAccepted)
_CONTESTED = "contested_cdr.contested.v1"
_SINCE = 8
"""Where a row of `unbooked` has the instant since which its CDR waits."""
_COLUMN = {"receivable": 0, "payable": 2}
"""Where clearing sums have an account's debits; its credits come next."""


@lru_cache(maxsize=4096)
def _clearing(account: str) -> tuple[int, str] | None:
    """Return the column of a clearing account's debits and its counterparty; None for any other.

    What drivers owe is no clearing account: no other book has the opposite.
    """
    kind, _, counterparty = account.partition(":")
    column = None if counterparty == DRIVER else _COLUMN.get(kind)
    return None if column is None else (column, counterparty)


class Periods:
    """Steps, clearing sums, CDR standing, CDRs that are not booked, and which book is whose."""

    NAME: ClassVar[str] = "period"
    TABLES: ClassVar[Mapping[str, str]] = {
        "step": "position",
        "clearing": 'period COLLATE "C", book COLLATE "C", party, counterparty, currency',
        "cdr": 'posted_period COLLATE "C", cdr COLLATE "C"',
        "unbooked": 'cdr COLLATE "C"',
        "contested": 'cdr COLLATE "C"',
        "party": 'party COLLATE "C"',
    }

    def __init__(self) -> None:
        self._steps: list[str] = []
        self._sums: defaultdict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        self._standings = Standings()
        self._unbooked: dict[str, tuple[object, ...]] = {}
        self._booked: dict[str, None] = {}
        self._contested: defaultdict[str, int] = defaultdict(int)
        self._parties: dict[str, str] = {}

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, CdrEvent):
            self._standings.take(recorded)
            self._clear_cdr(recorded, event)
            self._keep_unbooked(recorded, event)
        elif isinstance(event, DisputeOpened):
            for part in event.parts:
                self._clear_all(part.entries, event.claim.seller, event.claim.buyer, part.booking)
        elif isinstance(event, DisputeReturned):
            for back in event.returned:
                self._clear_all(back.reversal, event.claim.seller, event.claim.buyer, back.booking)
        elif isinstance(event, PeriodTruedUp):
            for row in event.adjustments:
                self._clear_all(row.entries, row.leg.seller, row.leg.buyer, event.booking)
        elif isinstance(event, PeriodFellDue):
            for due in event.groups:
                self._clear_all(due.entries, due.group.seller, due.group.buyer, event.booking)
        elif isinstance(event, Contested):
            self._contested[event.cdr] += 1 if recorded.topic == _CONTESTED else -1
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
        self._standings.write(connection, schema)
        for_each(connection, "drop_unbooked", schema, [(cdr,) for cdr in self._booked])
        for_each(connection, "keep_unbooked", schema, self._unbooked.values())
        for_each(connection, "count_contested", schema, sorted(self._contested.items()))
        for_each(connection, "keep_parties", schema, sorted(self._parties.items()))

    def _clear_cdr(self, recorded: Recorded, event: CdrEvent) -> None:
        if isinstance(event, CdrAccepted):
            self._clear_legs(event.decision.entries, event.decision, event.decision.booking)
        elif isinstance(event, CdrRedecided | CdrCredited | CdrExcluded):
            if event.reversal_booking is not None:
                self._clear_back(recorded, event.reversal, event.reversal_booking)
            if isinstance(event, CdrRedecided) and event.decision is not None:
                self._clear_legs(event.decision.entries, event.decision, event.decision.booking)
        elif isinstance(event, CdrAdjusted):
            decided = recorded.history().decided
            if decided is not None:
                self._clear_legs(event.entries, decided.decision, event.booking)

    def _clear_back(self, recorded: Recorded, reversal: Sequence[Entry], booking: Booking) -> None:
        booked = recorded.history().booked()[: len(reversal)]
        for entry, was in zip(reversal, booked, strict=True):
            self._clear(entry, was.leg.seller, was.leg.buyer, booking)

    def _clear_legs(self, entries: Iterable[Entry], decision: Decision, booking: Booking) -> None:
        for entry in entries:
            leg = decision.legs[entry.leg]
            self._clear(entry, leg.seller, leg.buyer, booking)

    def _clear_all(
        self, entries: Iterable[Entry], seller: str, buyer: str, booking: Booking
    ) -> None:
        for entry in entries:
            self._clear(entry, seller, buyer, booking)

    def _clear(self, entry: Entry, seller: str, buyer: str, booking: Booking) -> None:
        """Add the clearing accounts' postings: the sale's other party owns the account."""
        for posting in entry.postings:
            clearing = _clearing(posting.account)
            if clearing is None:
                continue
            debits, counterparty = clearing
            party = seller if counterparty == buyer else buyer
            key = (booking.posted_period, entry.book, party, counterparty, entry.currency)
            column = debits if posting.side == "debit" else debits + 1
            self._sums[key][column] += ten_thousandths(posting.amount)

    def _keep_unbooked(self, recorded: Recorded, event: CdrEvent) -> None:
        if isinstance(event, CdrHeld):
            self._wait(recorded, event.cdr, event.STATE, event.statement, event.refusals)
        elif isinstance(event, _BOOKED):
            if recorded.version > 1:
                self._book(event.cdr)
        elif isinstance(event, CdrResubmitted):
            self._book(event.cdr)
        elif isinstance(event, CdrRedecided) and event.decision is None:
            statement = recorded.history().statement
            if statement is not None:
                self._wait(recorded, event.cdr, "held", statement, event.refusals)
        elif isinstance(event, CdrExcluded) and event.reversal_booking is None:
            before = recorded.history()
            if before.statement is not None:
                held = event.cdr, "excluded", before.statement, before.refusals
                self._wait(recorded, *held)

    def _wait(
        self,
        recorded: Recorded,
        cdr: str,
        state: str,
        statement: CdrStatement,
        refusals: Sequence[Refusal],
    ) -> None:
        reasons = ", ".join(dict.fromkeys(refusal.reason for refusal in refusals))
        price = statement.total_cost.before_taxes
        # Held again with other reasons: it waits since the first time.
        since = self._unbooked[cdr][_SINCE] if cdr in self._unbooked else recorded.recorded_at
        seller = cdr.partition("/")[0]
        ended_at, currency = statement.end_date_time, statement.currency
        row = cdr, state, seller, statement.buyer, ended_at, reasons, price, currency, since
        self._unbooked[cdr] = *row, location_of(cdr, statement)

    def _book(self, cdr: str) -> None:
        self._unbooked.pop(cdr, None)
        self._booked[cdr] = None

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
