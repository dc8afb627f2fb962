"""What the read models read of events about periods: their states, true-ups, approvals, months.

What falls due is in here too: what was accrued, by invoice group.
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from projections.event_base import Event
from projections.event_parts import DRIVER, Booking, Entry, Leg, TrialBalance
from projections.month_events import MonthRevalued


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


class Group(msgspec.Struct, gc=False):
    """An invoice group: `ledger.books.invoice_groups.InvoiceGroup`."""

    seller: str
    buyer: str
    currency: str
    place: str
    category: str
    percent: str
    tax_period: str
    rule: str
    seller_book: str
    buyer_book: str = ""
    buyer_percent: str | None = None
    tax_class: str = ""
    supply: str = ""
    seller_number: str = ""
    buyer_number: str = ""
    for_driver: bool = False


class InTaxCurrency(msgspec.Struct, gc=False):
    """What a side declares, in the money of the country that it declares to."""

    net: str
    tax: str


class DueGroup(msgspec.Struct, gc=False):
    """What of a group fell due: `ledger.books.due_groups.GroupDue`; a credit is negative."""

    group: Group
    name: str
    net: str
    tax: str
    accrued_net: str
    accrued_tax: str
    entries: list[Entry]
    seller_country: str
    self_assessed: str = "0.0000"
    buyer_country: str = ""
    seller_declares: InTaxCurrency | None = None
    buyer_declares: InTaxCurrency | None = None
    agreement_versions: Sequence[str] = ()

    @property
    def visible_to(self) -> tuple[str, ...]:
        """The two that trade: a driver is no party."""
        return tuple(party for party in (self.group.seller, self.group.buyer) if party != DRIVER)


class PeriodFellDue(Event, kw_only=True, gc=False):
    """settlement_period.fell_due.v1"""

    SUBJECT: ClassVar[str] = "period"
    period: str
    booking: Booking
    groups: list[DueGroup]


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
    "settlement_period.fell_due.v1": PeriodFellDue,
    "settlement_period.soft_closed.v1": PeriodMoved,
    "settlement_period.hard_closed.v1": PeriodMoved,
    "accounting_period.revalued.v1": MonthRevalued,
    "accounting_period.hard_closed.v1": MonthClosed,
    "approvals.recorded.v1": ApprovalsRecorded,
}
