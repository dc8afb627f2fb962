"""What the read models read of the events of payments: see `ledger.settlement.payment`."""

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

import msgspec

from projections.event_base import Event
from projections.event_parts import Booking, Entry, Fx, Refusal, Source
from projections.history import Earlier


class PaymentStatement(msgspec.Struct, gc=False):
    """One event of a payment as its collector told it; the amount is tax included."""

    sequence: int
    status: str
    collector: str
    provider: str
    amount: str
    currency: str
    occurred_at: str
    card_fee: str | None = None
    chargeback_fee: str | None = None
    cdr_id: str | None = None
    session_id: str | None = None
    authorization_reference: str | None = None
    reason: str | None = None

    @property
    def traders(self) -> tuple[str, ...]:
        """The two between which the money moves: who may see what is booked of it."""
        return tuple(sorted({self.collector.upper(), self.provider.upper()}))


class PaymentDecision(msgspec.Struct, gc=False):
    """What an event that stands books, and where."""

    statement: PaymentStatement
    booking: Booking
    visible_to: tuple[str, ...]
    entries: tuple[Entry, ...] = ()
    because: str = "message"
    moved_from: str = "new"
    fx: Fx | None = None


class PaymentEvent(Event, kw_only=True, gc=False):
    """An event about a payment."""

    SUBJECT: ClassVar[str] = "payment"
    payment: str


class PaymentAccepted(PaymentEvent, kw_only=True, gc=False):
    """payment.authorised.v1, .captured.v1, .refunded.v1, .charged_back.v1, .failed.v1 and
    .cancelled.v1
    """

    decision: PaymentDecision

    @property
    def statement(self) -> PaymentStatement:
        """What the collector told."""
        return self.decision.statement

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What it books."""
        return self.decision.entries

    @property
    def booking(self) -> Booking:
        """Where it is booked."""
        return self.decision.booking


class PaymentHeld(PaymentEvent, kw_only=True, gc=False):
    """payment.held.v1"""

    statement: PaymentStatement
    refusals: list[Refusal]
    moved_from: str
    visible_to: tuple[str, ...]


class PaymentTakenBack(PaymentEvent, kw_only=True, gc=False):
    """payment.taken_back.v1: what stood is held again."""

    statement: PaymentStatement
    refusals: list[Refusal]
    reversal: tuple[Entry, ...]
    reversal_booking: Booking
    because: str
    visible_to: tuple[str, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What it takes back."""
        return self.reversal

    @property
    def booking(self) -> Booking:
        """Where that is booked."""
        return self.reversal_booking


class PaymentConflictHeld(PaymentEvent, kw_only=True, gc=False):
    """payment.conflict_held.v1"""

    statement: PaymentStatement
    content_sha256: str
    visible_to: tuple[str, ...]


class Stood(NamedTuple):
    """What is taken back: where it was recorded, and the message that brought it."""

    position: int
    message: Source | None


def stood_before(event: PaymentTakenBack, earlier: Iterable[Earlier]) -> Stood:
    """Return what an event takes back. Raises ValueError where nothing stood."""
    stood: Stood | None = None
    for row in earlier:
        told = row.event
        if (
            isinstance(told, PaymentAccepted)
            and told.statement.sequence == event.statement.sequence
        ):
            stood = Stood(row.position, told.source)
    if stood is None:
        raise ValueError(f"payment {event.payment} takes back what never stood")
    return stood


PAYMENT_TYPES: dict[str, type[Event]] = {
    "payment.authorised.v1": PaymentAccepted,
    "payment.captured.v1": PaymentAccepted,
    "payment.refunded.v1": PaymentAccepted,
    "payment.charged_back.v1": PaymentAccepted,
    "payment.failed.v1": PaymentAccepted,
    "payment.cancelled.v1": PaymentAccepted,
    "payment.held.v1": PaymentHeld,
    "payment.taken_back.v1": PaymentTakenBack,
    "payment.conflict_held.v1": PaymentConflictHeld,
}
