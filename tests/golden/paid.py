"""The life of a payment in which every event of it happens."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from ledger.books.payments import entries_of_payment
from ledger.books.rules import BookOf
from ledger.roaming.legs import Booking
from ledger.settlement.payment import Payment
from ledger.settlement.payment_steps import Told
from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal
from tests.paying import KEY, told

DAY = date(2026, 10, 10)
BOOKING = Booking(DAY, "ALL/2026-10", DAY, "ALL/2026-10", "2026-10")
TOO_MUCH = (Refusal(Reason.PAYMENT_EXCEEDS_AUTHORISED, "amount", "at most 5 EUR", "6.05"),)


def paid(message: Provenance) -> Iterator[LedgerAggregate]:
    """Yield a payment that failed, was authorised, captured, given back, and corrected late."""
    payment = Payment.blank(KEY)

    def tell(sequence, status, amount="6.05", **more) -> Told:
        statement = told(sequence, status, amount, **more).statement
        return Told(statement, f"{sequence:064d}", message)

    def accept(event: Told, because: str = "message") -> None:
        book = BookOf("emp-gmbh", "EUR")
        entries = entries_of_payment(event.statement, book=book, fx=None)
        payment.accept(event, entries=entries, booking=BOOKING, because=because)

    refund = tell(5, "REFUNDED", "1.00", reason="broken cable · 故障")
    payment.hold(refund, (Refusal(Reason.PAYMENT_EXCEEDS_CAPTURED, "amount"),))
    accept(tell(1, "FAILED", cdr_id=None, session_id="C1"))
    accept(tell(2, "AUTHORISED", "50.00", cdr_id=None, authorization_reference="ref-1"))
    accept(tell(4, "CAPTURED", card_fee=Decimal("0.22")))
    accept(refund, "party:NL*PSP")
    accept(tell(6, "CHARGED_BACK", "5.05", chargeback_fee=Decimal("15.00")))
    accept(tell(3, "CANCELLED", "45.00"))
    payment.take_back(
        payment.steps[4],
        refusals=TOO_MUCH,
        booking=BOOKING,
        because="message",
        provenance=message,
    )
    payment.hold_conflict(tell(4, "CAPTURED", "6.06"))
    yield payment
