"""Price a charge with a tariff version.

What this module cannot price yet is refused with TARIFF_NOT_SUPPORTED and its path, so the CDR
is held; nothing is priced by half a tariff.
"""

from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from ledger.pricing.charge import ENERGY, FLAT, PARKING_TIME, TIME, Charge
from ledger.pricing.lines import LineKind, Priced, PricedLine
from ledger.pricing.tariff import PriceComponent, TariffStatement
from ledger.values.money import EXACT, ZERO, currency_of, round_to_scale_4, share_out
from ledger.values.reasons import Reason, Refusal, Refused

DIMENSIONS = (ENERGY, TIME, PARKING_TIME, FLAT)
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
    steps = EXACT.divide(EXACT.multiply(consumed, per_unit), Decimal(step_size))
    # A duration sent as a decimal fraction of an hour (0.6667 h) is a whole second's rounding.
    whole = steps.quantize(Decimal("0.000001")).to_integral_value(ROUND_CEILING)
    return EXACT.divide(EXACT.multiply(whole, Decimal(step_size)), per_unit)


def price(charge: Charge, tariff: TariffStatement) -> Priced:
    """Return what the charge costs before tax, line by line.

    Source: OCPI 2.3.0, mod_tariffs: the first element that has a component for a dimension
    prices it; step_size rounds once per session, TIME and PARKING_TIME together on the one that
    ran last. Refuses: TARIFF_NOT_SUPPORTED, STEP_SIZE_NOT_POSITIVE, UNKNOWN_CURRENCY.
    """
    currency_of(tariff.currency)
    active = _active_components(tariff)
    exact: list[PricedLine] = []
    for dimension, used in active.items():
        exact.extend(_lines_of(dimension, used, charge, is_last_time=_runs_last(dimension, charge)))
    return _result(charge, tariff.currency, exact)


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


def _volume(charge: Charge, dimension: str) -> Iterator[tuple[int, Decimal]]:
    """Yield (period index, quantity in the unit of price) where there is any."""
    for index, period in enumerate(charge.periods):
        quantity = {
            ENERGY: period.energy_kwh,
            TIME: period.time_h,
            PARKING_TIME: period.parking_time_h,
        }[dimension]
        if quantity:
            yield index, quantity


def _runs_last(dimension: str, charge: Charge) -> bool:
    """True where the dimension takes the session's step rounding.

    Source: OCPI 2.3.0, mod_tariffs, step_size: when both charging and parking time are billed,
    the step size of the one that ends the session rounds, the other is billed as measured.
    """
    if dimension not in (TIME, PARKING_TIME):
        return True
    for period in reversed(charge.periods):
        if period.parking_time_h:
            return dimension == PARKING_TIME
        if period.time_h:
            return dimension == TIME
    return True


def _lines_of(
    dimension: str, used: _Active, charge: Charge, *, is_last_time: bool
) -> Iterator[PricedLine]:
    """Yield the lines of one dimension, their step rounding last."""
    component = used.component

    def line(quantity: Decimal, kind: LineKind, period: int | None) -> PricedLine:
        net_exact = EXACT.multiply(quantity, component.price)
        return PricedLine(
            dimension=dimension,
            kind=kind,
            quantity=quantity,
            unit_price=component.price,
            net_exact=net_exact,
            net=net_exact,
            element=used.element_index,
            component=used.component_index,
            period=period,
            stated_vat_percent=component.vat,
        )

    if dimension == FLAT:
        yield line(Decimal(1), "consumption", None)
        return
    consumed = ZERO
    for index, quantity in _volume(charge, dimension):
        consumed = EXACT.add(consumed, quantity)
        yield line(quantity, "consumption", index)
    if consumed and is_last_time:
        billed = billed_quantity(consumed, dimension=dimension, step_size=component.step_size)
        if billed != consumed:
            yield line(EXACT.subtract(billed, consumed), "step_rounding", None)


def _result(charge: Charge, currency: str, exact: list[PricedLine]) -> Priced:
    """Round the total once to scale 4 and cut the lines from it by largest remainder."""
    net_exact = sum((line.net_exact for line in exact), ZERO)
    net = round_to_scale_4(net_exact)
    nets = share_out(net, [line.net_exact for line in exact]) if exact else []
    lines = tuple(
        PricedLine(
            line.dimension,
            line.kind,
            line.quantity,
            line.unit_price,
            line.net_exact,
            part,
            line.element,
            line.component,
            line.period,
            line.stated_vat_percent,
        )
        for line, part in zip(exact, nets, strict=True)
    )
    billed = {
        dimension: sum((line.quantity for line in lines if line.dimension == dimension), ZERO)
        for dimension in (ENERGY, TIME, PARKING_TIME)
    }
    consumed = {
        dimension: sum((quantity for _, quantity in _volume(charge, dimension)), ZERO)
        for dimension in (ENERGY, TIME, PARKING_TIME)
    }
    return Priced(
        currency=currency,
        net_exact=net_exact,
        net=net,
        lines=lines,
        energy_kwh=consumed[ENERGY],
        billed_energy_kwh=billed[ENERGY],
        time_h=consumed[TIME],
        billed_time_h=billed[TIME],
        parking_time_h=consumed[PARKING_TIME],
        billed_parking_time_h=billed[PARKING_TIME],
    )
