"""What the read models read of events about periods: their states, true-ups, approvals, months."""

from typing import ClassVar

import msgspec

from projections.event_base import Event
from projections.event_parts import Booking, Entry, Leg, TrialBalance


class PeriodMoved(Event, kw_only=True, gc=False):
    """settlement_period.*.v1; figures and checkpoint as recorded, where there are any."""

    SUBJECT: ClassVar[str] = "period"
    period: str
    time_zone: str | None = None
    figures: msgspec.Raw = msgspec.Raw(b"null")
    checkpoint: msgspec.Raw = msgspec.Raw(b"null")
    log_root: str | None = None


class Adjustment(msgspec.Struct, gc=False):
    """What a true-up books for one clause: `ledger.settlement.true_up.Adjustment`."""

    leg: Leg
    entries: list[Entry]


class PeriodTruedUp(Event, kw_only=True, gc=False):
    """settlement_period.trued_up.v1"""

    SUBJECT: ClassVar[str] = "period"
    period: str
    booking: Booking
    adjustments: list[Adjustment]


class ApprovalsRecorded(Event, kw_only=True, gc=False):
    """approvals.recorded.v1"""

    SUBJECT: ClassVar[str] = "pair"
    pair: str
    by: str
    cdr_count: int
    cdr_list_sha256: str


class MonthClosed(Event, kw_only=True, gc=False):
    """accounting_period.hard_closed.v1"""

    book: str
    month: str
    trial_balance: TrialBalance

    @property
    def subject(self) -> str:
        return f"{self.book}/{self.month}"


PERIOD_TYPES: dict[str, type[Event]] = {
    "settlement_period.opened.v1": PeriodMoved,
    "settlement_period.cut_off.v1": PeriodMoved,
    "settlement_period.review_begun.v1": PeriodMoved,
    "settlement_period.trued_up.v1": PeriodTruedUp,
    "settlement_period.soft_closed.v1": PeriodMoved,
    "settlement_period.hard_closed.v1": PeriodMoved,
    "accounting_period.hard_closed.v1": MonthClosed,
    "approvals.recorded.v1": ApprovalsRecorded,
}
