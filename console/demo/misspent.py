"""Payments on the spot that are not what the driver owes: too much, given back; and too little."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from console.demo.charge import Charge, Context, Fault
from console.demo.on_the_spot import another_event, gross_of
from schemas import PaymentV1

PAIR: Final = ("DE*RSL", "DE*LPZ")
_OFF_BY: Final = Decimal("0.50")
_NEXT_DAY: Final = timedelta(days=1)


def captured_too_much(charge: Charge, _: Context) -> Charge:
    """The terminal captures too much; the platform gives back the difference the day after."""
    charge = _capturing(charge, gross_of(charge) + _OFF_BY)
    refund = another_event(
        charge.extras[-1],
        _NEXT_DAY,
        sequence=3,
        status="REFUNDED",
        amount=_OFF_BY,
        reason="The terminal captured too much.",
    )
    return charge._replace(extras=(*charge.extras, refund))


def captured_too_little(charge: Charge, _: Context) -> Charge:
    """The terminal captures less than the charge costs, and nobody has asked for the rest."""
    return _capturing(charge, gross_of(charge) - _OFF_BY)


def _capturing(charge: Charge, amount: Decimal) -> Charge:
    """Return the charge with another amount captured, which is authorised, too."""
    first, capture = charge.extras
    if not isinstance(first.value, PaymentV1) or not isinstance(capture.value, PaymentV1):
        raise TypeError("a charge that is paid on the spot has a payment")
    authorised = max(first.value.amount, amount)
    return charge._replace(
        extras=(
            replace(first, value=first.value.model_copy(update={"amount": authorised})),
            replace(capture, value=capture.value.model_copy(update={"amount": amount})),
        )
    )


MISSPENT: Final[tuple[Fault, ...]] = (
    Fault(
        "captured_too_much",
        "a terminal captures 0.50 too much, and it is given back",
        1,
        captured_too_much,
        pair=PAIR,
    ),
    Fault(
        "captured_too_little",
        "a terminal captures 0.50 too little",
        1,
        captured_too_little,
        pair=PAIR,
    ),
)
