"""The settlement period: opened, cut off, reviewed, trued up, fallen due, soft- and hard-closed.

Every step is one event for the whole batch of CDRs: counts, totals and the hash of the ordered
CDR list; the list itself stands in a table.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec
from eventsourcing.domain import event

from ledger.books.due_groups import GROUPS_PER_EVENT, Fallen, GroupDue
from ledger.books.invoice_groups import InvoiceGroup
from ledger.roaming.legs import DRIVER, Booking, Leg
from ledger.settlement.true_up import Adjustment, Clause
from ledger.values.aggregate import LedgerAggregate
from ledger.values.instants import month_after, start_of_month
from ledger.values.money import ZERO
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused

PeriodState = Literal["NEW", "OPEN", "CUT_OFF", "IN_REVIEW", "SOFT_CLOSED", "HARD_CLOSED"]
BOOKABLE: tuple[PeriodState, ...] = ("NEW", "OPEN")
"""States in which a CDR can still be booked into its own period."""


class Checkpoint(msgspec.Struct, frozen=True):
    """The read model a close decided on: its log position and a hash of its figures."""

    projection: str
    position: int
    figures_sha256: str


class NetPosition(msgspec.Struct, frozen=True):
    """What a party is owed (positive) or owes (negative) in a period, per currency, scale 4."""

    party: str
    currency: str
    net_position: Decimal


class PeriodFigures(msgspec.Struct, frozen=True):
    """The figures of a period: what the close is about."""

    cdr_count: int
    cdr_list_sha256: str
    held_count: int
    positions: tuple[NetPosition, ...]

    def same_money_as(self, other: "PeriodFigures") -> bool:
        """True where both are about the same CDRs and positions; what is held may have moved."""
        return (self.cdr_list_sha256, self.positions) == (other.cdr_list_sha256, other.positions)


class SettlementPeriod(LedgerAggregate):
    """A settlement period of a group and a month; key `ALL/2026-10`."""

    KIND = "settlement_period"
    KEY_FIELD = "period"
    IS_SHARED_FACT = True

    state: PeriodState
    time_zone: str
    figures: PeriodFigures | None
    trued_up: Mapping[Clause, Decimal]
    """What true-ups booked per clause, net; forgotten once the period is immutable."""
    fell_due: Mapping[InvoiceGroup, Fallen]
    """What fell due per invoice group; forgotten once the period is immutable."""

    def begin(self) -> None:
        self.state = "NEW"
        self.time_zone = "UTC"
        self.figures = None
        self.trued_up = {}
        self.fell_due = {}

    @property
    def group(self) -> str:
        """The group of the calendar, `ALL`."""
        return self.key.split("/")[0]

    @property
    def month(self) -> str:
        """The month of the period, `2026-10`."""
        return self.key.split("/")[1]

    @property
    def ends_at(self) -> datetime:
        """The first instant after the period: its cut-off."""
        return start_of_month(month_after(self.month), self.time_zone)

    def open(self, *, time_zone: str, provenance: Provenance) -> None:
        """Open the period, once."""
        if self.state == "NEW":
            self._record_opening(period=self.key, time_zone=time_zone, provenance=provenance)

    def cut_off(self, *, now: datetime, provenance: Provenance) -> None:
        """Let nothing more in. Refuses: PERIOD_NOT_OPEN, PERIOD_NOT_OVER."""
        self._expect("OPEN")
        self.refuse_before_its_end(now)
        self._record_cut_off(period=self.key, cut_off_at=now, provenance=provenance)

    def refuse_before_its_end(self, now: datetime) -> None:
        """Refuse what may not be done while the period lasts: PERIOD_NOT_OVER."""
        if now < self.ends_at:
            raise Refused(
                Refusal(Reason.PERIOD_NOT_OVER, self.key, self.ends_at.isoformat(), now.isoformat())
            )

    def review(self, *, provenance: Provenance) -> None:
        """Begin the review. Refuses: PERIOD_NOT_OPEN."""
        self._expect("CUT_OFF")
        self._record_review(period=self.key, provenance=provenance)

    def true_up(
        self,
        adjustments: Sequence[Adjustment],
        *,
        booking: Booking,
        checkpoint: Checkpoint,
        provenance: Provenance,
    ) -> None:
        """Book what the clauses owe beyond what the CDRs booked. Refuses: PERIOD_NOT_OPEN.

        Nothing to book is no event, so the same figures again change nothing.
        """
        self._expect("IN_REVIEW")
        if adjustments:
            self._record_true_up(
                period=self.key,
                booking=booking,
                adjustments=tuple(adjustments),
                checkpoint=checkpoint,
                visible_to=_traders_in(row.leg for row in adjustments),
                provenance=provenance,
            )

    def fall_due(
        self,
        groups: Sequence[GroupDue],
        *,
        booking: Booking,
        checkpoint: Checkpoint,
        provenance: Provenance,
    ) -> None:
        """Make due what was accrued, by invoice group. Refuses: PERIOD_NOT_OPEN.

        Nothing to book is no event, so the same figures again change nothing.
        """
        self._expect("IN_REVIEW")
        for first in range(0, len(groups), GROUPS_PER_EVENT):
            part = tuple(groups[first : first + GROUPS_PER_EVENT])
            self._record_falling_due(
                period=self.key,
                booking=booking,
                groups=part,
                checkpoint=checkpoint,
                visible_to=_traders_in(row.group for row in part),
                provenance=provenance,
            )

    def soft_close(
        self, *, figures: PeriodFigures, checkpoint: Checkpoint, provenance: Provenance
    ) -> None:
        """Fix the figures; from here on only adjustments. Refuses: PERIOD_NOT_OPEN."""
        self._expect("IN_REVIEW")
        self._record_soft_close(
            period=self.key, figures=figures, checkpoint=checkpoint, provenance=provenance
        )

    def hard_close(
        self,
        *,
        figures: PeriodFigures,
        checkpoint: Checkpoint,
        log_root: str,
        provenance: Provenance,
    ) -> None:
        """Make the period immutable, under the Merkle root of the log.

        Refuses: PERIOD_NOT_OPEN, FIGURES_MOVED where they are not those of the soft close.
        """
        self._expect("SOFT_CLOSED")
        if self.figures is not None and not figures.same_money_as(self.figures):
            raise Refused(Refusal(Reason.FIGURES_MOVED, self.key))
        self._record_hard_close(
            period=self.key,
            figures=figures,
            checkpoint=checkpoint,
            log_root=log_root,
            provenance=provenance,
        )

    def _expect(self, state: PeriodState) -> None:
        if self.state != state:
            raise Refused(Refusal(Reason.PERIOD_NOT_OPEN, self.key, state, self.state))

    @event("Opened", topic="settlement_period.opened.v1")
    def _record_opening(self, period: str, time_zone: str, provenance: Provenance) -> None:
        self.state, self.time_zone = "OPEN", time_zone

    @event("CutOff", topic="settlement_period.cut_off.v1")
    def _record_cut_off(self, period: str, cut_off_at: datetime, provenance: Provenance) -> None:
        self.state = "CUT_OFF"

    @event("ReviewBegun", topic="settlement_period.review_begun.v1")
    def _record_review(self, period: str, provenance: Provenance) -> None:
        self.state = "IN_REVIEW"

    @event("TruedUp", topic="settlement_period.trued_up.v1")
    def _record_true_up(
        self,
        period: str,
        booking: Booking,
        adjustments: tuple[Adjustment, ...],
        checkpoint: Checkpoint,
        visible_to: tuple[str, ...],
        provenance: Provenance,
    ) -> None:
        sums = dict(self.trued_up)
        for row in adjustments:
            sums[row.clause] = sums.get(row.clause, ZERO) + row.leg.net
        self.trued_up = sums

    @event("FellDue", topic="settlement_period.fell_due.v1")
    def _record_falling_due(
        self,
        period: str,
        booking: Booking,
        groups: tuple[GroupDue, ...],
        checkpoint: Checkpoint,
        visible_to: tuple[str, ...],
        provenance: Provenance,
    ) -> None:
        fallen = dict(self.fell_due)
        for row in groups:
            fallen[row.group] = fallen.get(row.group, Fallen()).and_then(row)
        self.fell_due = fallen

    @event("SoftClosed", topic="settlement_period.soft_closed.v1")
    def _record_soft_close(
        self,
        period: str,
        figures: PeriodFigures,
        checkpoint: Checkpoint,
        provenance: Provenance,
    ) -> None:
        self.state, self.figures = "SOFT_CLOSED", figures

    @event("HardClosed", topic="settlement_period.hard_closed.v1")
    def _record_hard_close(
        self,
        period: str,
        figures: PeriodFigures,
        checkpoint: Checkpoint,
        log_root: str,
        provenance: Provenance,
    ) -> None:
        self.state, self.trued_up, self.fell_due = "HARD_CLOSED", {}, {}


def _traders_in(sales: Iterable[Leg | InvoiceGroup]) -> tuple[str, ...]:
    """Return the parties to sales, in order: they may see what is booked of them."""
    return tuple(sorted({each for row in sales for each in (row.seller, row.buyer)} - {DRIVER}))
