"""Price a charge with a tariff version.

What this module cannot price yet is refused with TARIFF_NOT_SUPPORTED and its path, so the CDR
is held; nothing is priced by half a tariff.
"""

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import NamedTuple

from msgspec.structs import replace

from ledger.pricing.charge import ENERGY, FLAT, PARKING_TIME, TIME, Charge
from ledger.pricing.lines import LineKind, Priced, PricedLine
from ledger.pricing.tariff import PriceComponent, TariffStatement
from ledger.values.money import EXACT, ZERO, currency_of, round_to_scale_4, share_out
from ledger.values.reasons import Reason, Refusal, Refused

DIMENSIONS = (ENERGY, TIME, PARKING_TIME, FLAT)
_TIMES = (TIME, PARKING_TIME)
_STEPS_IN_UNIT = {ENERGY: Decimal(1000), TIME: Decimal(3600), PARKING_TIME: Decimal(3600)}
"""How many steps of size 1 (Wh, seconds) make a unit of price (kWh, hour)."""


class _Active(NamedTuple):
    """The component that prices a dimension, and where in the tariff it stands."""

    component: PriceComponent
    element_index: int
    component_index: int


def billed_quantity(consumed: Decimal, *, dimension: str, step_size: int) -> Decimal:
    """Return what is billed, in the unit of price: consumption rounded up to whole steps.

    Source: OCPI 2.3.0, mod_tariffs, PriceComponent.step_size: «Minimum amount to be billed»;
    in Wh for ENERGY, in seconds for TIME and PARKING_TIME. Refuses: STEP_SIZE_NOT_POSITIVE.
    >>> billed_quantity(Decimal("0.1152"), dimension="ENERGY", step_size=25)
    Decimal('0.125')
    """
    if step_size <= 0:
        raise Refused(
            Refusal(Reason.STEP_SIZE_NOT_POSITIVE, "step_size", "1 or more", str(step_size))
        )
    per_unit = _STEPS_IN_UNIT[dimension]
    units = EXACT.multiply(consumed, per_unit)
    if dimension in _TIMES:
        # Clocks count seconds; OCPI's hours have four decimals, so 0.6667 h is 40 minutes.
        units = units.to_integral_value(ROUND_HALF_UP, context=EXACT)
    steps = EXACT.divide(units, Decimal(step_size))
    whole = steps.to_integral_value(ROUND_CEILING, context=EXACT)
    return EXACT.divide(EXACT.multiply(whole, Decimal(step_size)), per_unit)


def price(charge: Charge, tariff: TariffStatement) -> Priced:
    """Return what the charge costs before tax, line by line.

    Source: OCPI 2.3.0, mod_tariffs: the first element that has a component for a dimension
    prices it; step_size rounds once per session, TIME and PARKING_TIME together on the one that
    ran last. Refuses: TARIFF_NOT_SUPPORTED, STEP_SIZE_NOT_POSITIVE, UNKNOWN_CURRENCY.
    """
    currency_of(tariff.currency)
    consumed = _consumed(charge)
    exact: list[PricedLine] = []
    billed = dict.fromkeys(DIMENSIONS, ZERO)
    active = _active_components(tariff)
    rounds_time = _time_that_ran_last(charge, active)
    for dimension, used in active.items():
        quantities = consumed[dimension]
        if not quantities:
            continue
        total = _total(quantity for _, quantity in quantities)
        exact.extend(_line(used, dimension, "consumption", *row) for row in quantities)
        billed[dimension] = total
        if dimension == FLAT or (dimension in _TIMES and dimension != rounds_time):
            continue
        steps = billed_quantity(total, dimension=dimension, step_size=used.component.step_size)
        if steps != total:
            added = EXACT.subtract(steps, total)
            exact.append(_line(used, dimension, "step_rounding", None, added))
            billed[dimension] = steps
    return _result(tariff.currency, exact, consumed, billed)


def _consumed(charge: Charge) -> dict[str, list[tuple[int | None, Decimal]]]:
    """Return (period index, quantity in the unit of price) per dimension, where there is any."""
    consumed: dict[str, list[tuple[int | None, Decimal]]] = {
        ENERGY: [],
        TIME: [],
        PARKING_TIME: [],
        FLAT: [(None, Decimal(1))],
    }
    for index, period in enumerate(charge.periods):
        if period.energy_kwh:
            consumed[ENERGY].append((index, period.energy_kwh))
        if period.time_h:
            consumed[TIME].append((index, period.time_h))
        if period.parking_time_h:
            consumed[PARKING_TIME].append((index, period.parking_time_h))
    return consumed


def _time_that_ran_last(charge: Charge, active: dict[str, _Active]) -> str:
    """Return the dimension of time that takes the session's step rounding.

    Source: OCPI 2.3.0, mod_tariffs, step_size: when both charging and parking time are billed,
    the step size of the one that ends the session rounds, the other is billed as measured. One
    that the tariff does not price is not billed.
    """
    for period in reversed(charge.periods):
        if period.parking_time_h and PARKING_TIME in active:
            return PARKING_TIME
        if period.time_h and TIME in active:
            return TIME
    return TIME


def _active_components(tariff: TariffStatement) -> dict[str, _Active]:
    """Return the first component per dimension; refuse what is not supported."""
    _refuse_what_is_not_supported(tariff)
    active: dict[str, _Active] = {}
    for element_index, element in enumerate(tariff.elements):
        for component_index, component in enumerate(element.price_components):
            if component.type not in DIMENSIONS:
                path = f"elements[{element_index}].price_components[{component_index}].type"
                raise Refused(Refusal(Reason.TARIFF_NOT_SUPPORTED, path, actual=component.type))
            active.setdefault(component.type, _Active(component, element_index, component_index))
    return active


def _refuse_what_is_not_supported(tariff: TariffStatement) -> None:
    refusals = [
        Refusal(Reason.TARIFF_NOT_SUPPORTED, f"elements[{index}].restrictions")
        for index, element in enumerate(tariff.elements)
        if element.is_restricted
    ]
    for field in ("min_price", "max_price"):
        if getattr(tariff, field) is not None:
            refusals.append(Refusal(Reason.TARIFF_NOT_SUPPORTED, field))
    if tariff.tax_included == "YES":
        refusals.append(Refusal(Reason.TARIFF_NOT_SUPPORTED, "tax_included", actual="YES"))
    if refusals:
        raise Refused(*refusals)


def _line(
    used: _Active, dimension: str, kind: LineKind, period: int | None, quantity: Decimal
) -> PricedLine:
    component = used.component
    net_exact = EXACT.multiply(quantity, component.price)
    return PricedLine(
        dimension,
        kind,
        quantity,
        component.price,
        net_exact,
        net_exact,
        used.element_index,
        used.component_index,
        period,
        component.vat,
    )


def _result(
    currency: str,
    exact: list[PricedLine],
    consumed: dict[str, list[tuple[int | None, Decimal]]],
    billed: dict[str, Decimal],
) -> Priced:
    """Round the total once to scale 4 and cut the lines from it by largest remainder."""
    net_exact = _total(line.net_exact for line in exact)
    net = round_to_scale_4(net_exact)
    nets = share_out(net, [line.net_exact for line in exact]) if exact else []
    lines = tuple(replace(line, net=part) for line, part in zip(exact, nets, strict=True))
    energy, time, parking = (
        _total(quantity for _, quantity in consumed[dimension])
        for dimension in (ENERGY, TIME, PARKING_TIME)
    )
    return Priced(
        currency=currency,
        net_exact=net_exact,
        net=net,
        lines=lines,
        energy_kwh=energy,
        billed_energy_kwh=billed[ENERGY],
        time_h=time,
        billed_time_h=billed[TIME],
        parking_time_h=parking,
        billed_parking_time_h=billed[PARKING_TIME],
    )


def _total(amounts: Iterable[Decimal]) -> Decimal:
    total = ZERO
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total
