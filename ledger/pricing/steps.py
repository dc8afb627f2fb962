"""Whole steps: what is billed is consumption rounded up, once a session.

Source: OCPI 2.3.0, mod_cdrs, step_size: once per session for ENERGY and once for TIME and
PARKING_TIME combined, on the total that is billed, with the step size of the last relevant price
component; what is added costs that component's price. So says every example: charging followed by
parking is not rounded, parking that became free is rounded on the part that was not (mod_tariffs,
switching to Free-of-Charge), and changing the tariff changes nothing of it. A reservation's time
is rounded on its own (mod_tariffs, example 16). A step size of 0 rounds nothing.
"""

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from ledger.pricing.charge import ENERGY, PARKING_TIME, RESERVATION_TIME, TIME
from ledger.values.money import EXACT
from ledger.values.reasons import Reason, Refusal, Refused

_STEPS_IN_UNIT = {
    ENERGY: Decimal(1000),
    TIME: Decimal(3600),
    PARKING_TIME: Decimal(3600),
    RESERVATION_TIME: Decimal(3600),
}
"""How many steps of size 1 (Wh, seconds) make a unit of price (kWh, hour)."""
_WH_IN_KWH = _STEPS_IN_UNIT[ENERGY]
_ONE = Decimal(1)


def billed_quantity(consumed: Decimal, *, dimension: str, step_size: int) -> Decimal:
    """Return what is billed, in the unit of price: consumption rounded up to whole steps.

    Source: OCPI 2.3.0, mod_tariffs, PriceComponent.step_size: «Minimum amount to be billed»;
    in Wh for ENERGY, in seconds for times. Refuses: STEP_SIZE_NOT_POSITIVE.
    >>> billed_quantity(Decimal("0.1152"), dimension="ENERGY", step_size=25)
    Decimal('0.125')
    """
    if step_size <= 0:
        raise Refused(
            Refusal(Reason.STEP_SIZE_NOT_POSITIVE, "step_size", "1 or more", str(step_size))
        )
    if dimension == ENERGY:
        return billed_kwh(consumed, step_size)
    per_unit = _STEPS_IN_UNIT[dimension]
    seconds = EXACT.multiply(consumed, per_unit).quantize(_ONE, ROUND_HALF_UP, context=EXACT)
    return EXACT.divide(Decimal(billed_seconds(int(seconds), step_size)), per_unit)


def billed_kwh(consumed_kwh: Decimal, step_size_wh: int) -> Decimal:
    """Return energy rounded up to whole steps; unchanged where it is whole, or not positive.

    >>> billed_kwh(Decimal("5.4"), 500), billed_kwh(Decimal("5.50"), 500)
    (Decimal('5.5'), Decimal('5.50'))
    """
    if step_size_wh <= 0 or consumed_kwh <= 0:
        return consumed_kwh
    step = Decimal(step_size_wh)
    steps = EXACT.divide(EXACT.multiply(consumed_kwh, _WH_IN_KWH), step)
    whole = steps.to_integral_value(ROUND_CEILING, context=EXACT)
    if whole == steps:
        return consumed_kwh
    return EXACT.divide(EXACT.multiply(whole, step), _WH_IN_KWH)


def billed_seconds(consumed_s: int, step_size_s: int) -> int:
    """Return seconds rounded up to whole steps.

    >>> billed_seconds(2520, 300), billed_seconds(2520, 0)
    (2700, 2520)
    """
    if step_size_s <= 0 or consumed_s <= 0:
        return consumed_s
    return -(-consumed_s // step_size_s) * step_size_s
