"""Payments of drivers, each event as it was told, and what drivers owe for CDRs beside them.

Rows are only added: of a payment's event the last row stands, and what a driver owes for a CDR is
the sum of its rows. Both are copied from what was recorded; whether they agree is asked of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, NamedTuple

import msgspec

from projections.amounts import decimal_of, ten_thousandths
from projections.cdr_events import CdrAccepted, CdrAdjusted, CdrCredited, CdrExcluded, CdrRedecided
from projections.database import Connection, copy_rows, text, text_array
from projections.event_parts import (
    DRIVER,
    Booking,
    CdrStatement,
    Decision,
    Entry,
    Leg,
    Refusal,
)
from projections.pages import Recorded
from projections.payment_events import (
    PaymentAccepted,
    PaymentConflictHeld,
    PaymentEvent,
    PaymentHeld,
    PaymentTakenBack,
)

_DRIVERS = f"receivable:{DRIVER}"
_CdrMoney = CdrAccepted | CdrRedecided | CdrCredited | CdrExcluded | CdrAdjusted


class _Booked(NamedTuple):
    """Entries of a decision, or those that take some of them back, and where they are booked.

    `legs` has the sale of each entry.
    """

    decision: Decision
    booking: Booking
    entries: Sequence[Entry]
    legs: Sequence[Leg]


class Payments:
    """Events of payments, and what drivers owe."""

    NAME: ClassVar[str] = "payment"
    TABLES: ClassVar[Mapping[str, str]] = {"step": "position", "owed": "position, number"}

    def __init__(self) -> None:
        self._steps: list[str] = []
        self._owed: list[str] = []

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, PaymentEvent):
            self._steps.append(_step(recorded, event))
        elif isinstance(event, _CdrMoney):
            self._owed.extend(_owed_by_driver(recorded, event))

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_payment_steps", schema, self._steps)
        copy_rows(connection, "insert_payment_owed", schema, self._owed)


def _step(recorded: Recorded, event: PaymentEvent) -> str:
    """Return a row of one event: what was told, and whether it stands."""
    if not isinstance(
        event, PaymentAccepted | PaymentHeld | PaymentTakenBack | PaymentConflictHeld
    ):
        raise TypeError(f"{recorded.topic} is no event of a payment that is known")
    state, refusals, booking, because = "accepted", None, None, "message"
    if isinstance(event, PaymentAccepted):
        booking, because = event.booking, event.decision.because
        visible_to = event.decision.visible_to
    else:
        visible_to = event.visible_to
        state = "conflict" if isinstance(event, PaymentConflictHeld) else "held"
    if isinstance(event, PaymentHeld | PaymentTakenBack):
        refusals = event.refusals
    if isinstance(event, PaymentTakenBack):
        because = event.because
    told, cpo = event.statement, event.payment.partition("/")[0]
    columns = (
        event.payment,
        str(told.sequence),
        told.status,
        state,
        cpo,
        told.collector.upper(),
        told.provider.upper(),
        told.currency,
        told.amount,
        told.card_fee,
        told.chargeback_fee,
        _key(cpo, told.cdr_id),
        _key(cpo, told.session_id),
        told.authorization_reference,
        told.reason,
        told.occurred_at,
        booking.posted_on if booking else None,
        _json(refusals),
        because,
        event.actor,
        recorded.recorded_at,
    )
    line = "\t".join(map(text, columns))
    return f"{recorded.position}\t{line}\t{text_array(visible_to)}"


def _key(cpo: str, record_id: str | None) -> str | None:
    return f"{cpo}/{record_id.lower()}" if record_id else None


def _json(refusals: Sequence[Refusal] | None) -> str | None:
    return None if refusals is None else msgspec.json.encode(refusals).decode()


def _owed_by_driver(recorded: Recorded, event: _CdrMoney) -> Iterator[str]:
    """Yield what an event about a CDR adds to what its driver owes, per booking and currency."""
    if isinstance(event, CdrAccepted) and not any(map(_is_owed_by_driver, event.decision.legs)):
        return  # nearly all CDRs: nothing of them need be read
    statement, booked = _money_of(recorded, event)
    number, cpo = 0, event.cdr.partition("/")[0]
    for decision, booking, entries, legs in booked:
        session = decision.session.session if decision.session else None
        for (collector, currency), units in _driver_sums(legs, entries).items():
            number += 1
            about = (
                event.cdr,
                session or _key(cpo, statement.session_id),
                statement.authorization_reference,
                collector,
                "t" if decision.legs[0].buyer == DRIVER else "f",
                statement.end_date_time,
                currency,
            )
            yield (
                f"{recorded.position}\t{number}\t" + "\t".join(map(text, about)) + "\t"
                f"{decimal_of(units)}\t{booking.posted_on}\t{recorded.recorded_at}"
                f"\t{text_array((collector,))}"
            )


def _money_of(recorded: Recorded, event: _CdrMoney) -> tuple[CdrStatement, list[_Booked]]:
    """Return what a CDR states, and what an event books of it, by the decision it was booked by."""
    if isinstance(event, CdrAccepted):
        decision = event.decision
        return event.statement, [_decided(decision)]
    before = recorded.history()
    if before.statement is None:
        raise ValueError(f"event {recorded.position} is about a CDR that states nothing")
    decided = before.decided.decision if before.decided is not None else None
    booked = []
    if decided is not None and isinstance(event, CdrAdjusted):
        legs = [decided.legs[entry.leg] for entry in event.entries]
        booked.append(_Booked(decided, event.booking, event.entries, legs))
    elif decided is not None and not isinstance(event, CdrAdjusted):
        back = event.reversal_booking
        legs = [row.leg for row in before.booked()[: len(event.reversal)]]
        booked += [] if back is None else [_Booked(decided, back, event.reversal, legs)]
    if isinstance(event, CdrRedecided) and event.decision is not None:
        booked.append(_decided(event.decision))
    return before.statement, booked


def _decided(decision: Decision) -> _Booked:
    legs = [decision.legs[entry.leg] for entry in decision.entries]
    return _Booked(decision, decision.booking, decision.entries, legs)


def _is_owed_by_driver(leg: Leg) -> bool:
    """True for a sale that a driver pays, to its seller or to the agent that buys for it."""
    return leg.for_driver or leg.buyer == DRIVER


def _driver_sums(legs: Sequence[Leg], entries: Sequence[Entry]) -> dict[tuple[str, str], int]:
    """Return what entries add to what drivers owe, in ten-thousandths by collector and currency.

    `legs` has the sale of each entry. The seller collects of its driver, or else the agent that
    buys for it.
    """
    sums: dict[tuple[str, str], int] = {}
    for leg, entry in zip(legs, entries, strict=True):
        for posting in entry.postings:
            if posting.account == _DRIVERS:
                key = leg.seller if leg.buyer == DRIVER else leg.buyer, entry.currency
                units = ten_thousandths(posting.amount)
                sums[key] = sums.get(key, 0) + (units if posting.side == "debit" else -units)
    return sums
