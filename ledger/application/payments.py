"""What collectors tell of drivers' payments: booked where it stands, held where it waits.

With every new event the whole payment is looked at again, because one that comes late may belong
before others: `ledger.settlement.payment_rules`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from ledger.application.facts import View
from ledger.application.hashing import hash_of
from ledger.application.loaded import Loaded
from ledger.application.permissions import SYSTEM
from ledger.application.selling import Trader, trader_of
from ledger.books.payments import MOVES_MONEY, entries_of_payment
from ledger.books.rules import BookOf
from ledger.fx.convert import FxDecision
from ledger.roaming.legs import Booking
from ledger.roaming.payment_statements import PaymentStatement, refuse_what_cannot_be_paid
from ledger.roaming.terms import Calendar
from ledger.settlement.calendar import booking_of, rebooked
from ledger.settlement.payment import Payment
from ledger.settlement.payment_rules import verdicts_on
from ledger.settlement.payment_steps import PaymentStep, Told
from ledger.values.entries import Entry
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance
from ledger.values.reasons import Refusal, Refused

PAYMENT = "payment:"
"""How a payment is named among what waits for a fact: `payment:NL*XYZ/pay-1`."""

_CALENDAR = Calendar()
"""A payment is no sale between two parties: it is booked by the clearing house's own calendar."""


class _Ready(NamedTuple):
    """What an event would book; `refusals` and the `facts` it waits for where it cannot yet."""

    entries: tuple[Entry, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    facts: tuple[str, ...] = ()
    fx: FxDecision | None = None


def on_payment(
    work: Loaded, statement: PaymentStatement, key: str, provenance: Provenance
) -> Outcome:
    """Take an event of a payment: accepted, held, a duplicate or a conflict.

    It names its driver by a ref. Told again with another `last_updated` it is the same.
    Refuses: UNKNOWN_CURRENCY, WRONG_IDENTIFIER, AMOUNT_SCALE; the message is then unreadable.
    """
    refuse_what_cannot_be_paid(statement)
    payment = work.load(Payment, key)
    told = Told(statement, _hash_of(statement), provenance)
    if payment.knows(told.content_sha256):
        return "duplicate"
    if payment.contradicts(statement):
        payment.hold_conflict(told)
        return "held"
    _decide(work, payment, told, because="message", by=provenance)
    return "accepted" if payment.steps[statement.sequence].decision is not None else "held"


def decide_payment_again(work: Loaded, key: str, *, because: str, at: datetime) -> None:
    """Look at a payment again with the facts of now."""
    by = Provenance(SYSTEM, "system", occurred_at=at, received_at=at)
    _decide(work, work.load(Payment, key), None, because=because, by=by)


def _decide(
    work: Loaded, payment: Payment, new: Told | None, *, because: str, by: Provenance
) -> None:
    """Let every event of a payment stand that can, and only those."""
    was_waiting = payment.is_waiting
    told = {number: step.told for number, step in payment.steps.items()}
    if new is not None:
        told[new.statement.sequence] = new
    standing = {number for number, step in payment.steps.items() if step.decision is not None}
    ready = {number: _ready(work.view, told[number]) for number in sorted(set(told) - standing)}
    verdicts = verdicts_on(
        (row.statement for row in told.values()),
        {number: row.refusals for number, row in ready.items()},
    )
    for number, refusals in verdicts.items():
        if number in standing and refusals:
            _take_back(work, payment, payment.steps[number], refusals, because, by)
        elif refusals:
            payment.hold(told[number], refusals)
        elif number not in standing:
            payment.accept(
                told[number],
                entries=ready[number].entries,
                booking=_booking_of(work.view, told[number].statement),
                because=because,
                fx=ready[number].fx,
            )
    if was_waiting:
        work.writes.waits_no_more.append(f"{PAYMENT}{payment.key}")
    facts = {fact for row in ready.values() for fact in row.facts}
    work.writes.waits.extend((fact, f"{PAYMENT}{payment.key}") for fact in sorted(facts))


def _take_back(
    work: Loaded,
    payment: Payment,
    step: PaymentStep,
    refusals: tuple[Refusal, ...],
    because: str,
    by: Provenance,
) -> None:
    booking = payment.decision_on(step).booking
    payment.take_back(
        step,
        refusals=refusals,
        booking=rebooked(booking, calendar=_CALENDAR, periods=work.view.periods),
        because=because,
        provenance=by,
    )


def _ready(view: View, told: Told) -> _Ready:
    """Return what an event books, or the facts that are missing for it, all at once."""
    statement = told.statement
    refusals: list[Refusal] = []
    facts: list[str] = []
    traders: list[Trader] = []
    for party in (statement.speaker, statement.psp):
        try:
            traders.append(trader_of(view, party, statement.occurred_at))
        except Refused as refused:
            refusals.extend(refused.refusals)
            facts.append(f"party:{party}")
    if not refusals and statement.status in MOVES_MONEY:
        collector = traders[0].entity
        book = BookOf(collector.key, collector.document.currency)
        try:
            fx = _conversion(view, statement, book.currency)
            return _Ready(entries_of_payment(statement, book=book, fx=fx), fx=fx)
        except Refused as refused:
            refusals.extend(refused.refusals)
            facts.extend(_rates_between(statement.currency, book.currency))
    return _Ready((), tuple(refusals), tuple(facts))


def _conversion(view: View, statement: PaymentStatement, currency: str) -> FxDecision | None:
    """Return the rate of the day of the payment into the book's currency; None for the same.

    Refuses: FX_RATE_MISSING.
    """
    if statement.currency == currency:
        return None
    return view.fx(
        from_currency=statement.currency,
        to_currency=currency,
        rate_on=_booking_of(view, statement).service_on,
    )


def _rates_between(*currencies: str) -> Iterator[str]:
    return (f"fx:{currency}" for currency in sorted({*currencies} - {"EUR"}))


def _booking_of(view: View, statement: PaymentStatement) -> Booking:
    """Return where an event is booked: its own day, or the first open period behind it."""
    return booking_of(
        ended_at=statement.occurred_at,
        charger_zone=_CALENDAR.time_zone,
        calendar=_CALENDAR,
        periods=view.periods,
    )


def _hash_of(statement: PaymentStatement) -> str:
    """Return what identifies an event's content: all of it but when it was told."""
    return hash_of(replace(statement, last_updated=statement.occurred_at))
