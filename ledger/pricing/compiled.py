"""A tariff compiled for pricing: components in order of precedence, and the bounds to watch.

Compiling is pure, so the result is kept: first by the statement object, then by its content.
"""

from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256
from typing import Final, NamedTuple, TypeVar

import msgspec

from ledger.pricing.charge import ENERGY, FLAT, PARKING_TIME, TIME
from ledger.pricing.elements import Bounds, Component, Element, Elements
from ledger.pricing.restrictions import clock_span, conditions_of, ordinal_of
from ledger.pricing.tariff import PriceLimit, TariffElement, TariffStatement
from ledger.values.money import EXACT, ZERO, currency_of
from ledger.values.reasons import Reason, Refusal, Refused

DIMENSIONS: Final = (ENERGY, TIME, PARKING_TIME, FLAT)
_PLACES: Final = {name: place for place, name in enumerate(DIMENSIONS)}
_KEPT: Final = 4096
_HUNDRED: Final = Decimal(100)
Bound = TypeVar("Bound", int, Decimal)


class CompiledTariff(NamedTuple):
    """One tariff, ready to price.

    `charging` holds the elements without a reservation restriction, `reserved` those for a
    reservation that was used, `expired` those for one that was not: RESERVATION_EXPIRES before
    RESERVATION, per dimension. `sole_vat_percent` is the VAT where all components have the same.
    """

    id: str
    currency: str
    tax_included: str | None
    states_vat: bool
    ocpi_version: str | None
    min_price: PriceLimit | None
    max_price: PriceLimit | None
    sole_vat_percent: Decimal | None
    charging: Elements
    reserved: Elements
    expired: Elements
    bounds: Bounds
    uses_clock: bool
    uses_current: bool
    uses_power: bool
    steps_of_zero: tuple[str, ...]


_by_identity: dict[int, tuple[TariffStatement, CompiledTariff]] = {}
_by_content: dict[bytes, CompiledTariff] = {}
_encode: Final = msgspec.msgpack.Encoder().encode


def compiled(tariff: TariffStatement) -> CompiledTariff:
    """Return the compiled tariff, kept by content. Refuses what `compile_tariff` refuses."""
    kept = _by_identity.get(id(tariff))
    if kept is not None and kept[0] is tariff:
        return kept[1]
    content = sha256(
        _encode(
            (
                tariff.id,
                tariff.currency,
                tariff.elements,
                tariff.tax_included,
                tariff.min_price,
                tariff.max_price,
                tariff.ocpi_version,
            )
        )
    ).digest()
    found = _by_content.get(content)
    if found is None:
        found = compile_tariff(tariff)
        if len(_by_content) >= _KEPT:
            _by_content.clear()
        _by_content[content] = found
    if len(_by_identity) >= _KEPT:
        _by_identity.clear()
    _by_identity[id(tariff)] = (tariff, found)
    return found


def compile_tariff(tariff: TariffStatement) -> CompiledTariff:
    """Compile a tariff.

    Refuses: UNKNOWN_CURRENCY, EMPTY_LIST (no elements), TARIFF_NOT_SUPPORTED (a component or
    reservation type that OCPI does not know), STEP_SIZE_NOT_POSITIVE (below zero), WRONG_FORMAT
    and UNKNOWN_VALUE (restrictions).
    """
    currency_of(tariff.currency)
    if not tariff.elements:
        raise Refused(Refusal(Reason.EMPTY_LIST, "elements"))
    by_kind: dict[str | None, list[Element]] = {None: [], "RESERVATION": []}
    by_kind["RESERVATION_EXPIRES"] = []
    zero_steps: list[str] = []
    for index, element in enumerate(tariff.elements):
        path = f"elements[{index}].restrictions"
        kind = element.restrictions.reservation if element.restrictions else None
        if kind not in by_kind:
            raise Refused(
                Refusal(Reason.TARIFF_NOT_SUPPORTED, f"{path}.reservation", actual=str(kind))
            )
        by_kind[kind].append(
            Element(
                conditions_of(element.restrictions, path), _components(element, index, zero_steps)
            )
        )
    bounds = _bounds(tariff)
    percents = [
        row.vat for element in tariff.elements for row in element.price_components if row.type
    ]
    known = {percent or ZERO for percent in percents}
    return CompiledTariff(
        id=tariff.id.lower(),
        currency=tariff.currency,
        tax_included=tariff.tax_included,
        states_vat=percents.count(None) < len(percents),
        ocpi_version=tariff.ocpi_version,
        min_price=tariff.min_price,
        max_price=tariff.max_price,
        sole_vat_percent=known.pop() if len(known) == 1 else None,
        charging=Elements(tuple(by_kind[None])),
        reserved=Elements(tuple(by_kind["RESERVATION"])),
        expired=Elements((*by_kind["RESERVATION_EXPIRES"], *by_kind["RESERVATION"])),
        bounds=bounds,
        uses_clock=bool(bounds.minutes),
        uses_current=bool(bounds.currents_a),
        uses_power=bool(bounds.powers_kw),
        steps_of_zero=tuple(zero_steps),
    )


def _components(
    element: TariffElement, index: int, zero_steps: list[str]
) -> tuple[tuple[int, Component], ...]:
    rows: dict[int, Component] = {}
    for number, row in enumerate(element.price_components):
        path = f"elements[{index}].price_components[{number}]"
        if not row.type:
            # Nothing stands here: the place is kept, so that the next one has its own index.
            continue
        if row.type not in _PLACES:
            raise Refused(Refusal(Reason.TARIFF_NOT_SUPPORTED, f"{path}.type", actual=row.type))
        if row.type != FLAT and row.step_size <= 0:
            step_path = f"{path}.step_size"
            if row.step_size < 0:
                raise Refused(
                    Refusal(
                        Reason.STEP_SIZE_NOT_POSITIVE, step_path, "1 or more", str(row.step_size)
                    )
                )
            zero_steps.append(step_path)
        share = None if row.vat is None else EXACT.divide(row.vat, _HUNDRED)
        rows.setdefault(
            _PLACES[row.type], Component(row.price, row.vat, row.step_size, index, number, share)
        )
    return tuple(rows.items())


def _bounds(tariff: TariffStatement) -> Bounds:
    """Return every value at which some restriction may change."""
    given = [element.restrictions for element in tariff.elements if element.restrictions]
    return Bounds(
        minutes=_minutes(tariff),
        days=_ascending(
            ordinal_of(text, "restrictions")
            for row in given
            for text in (row.start_date, row.end_date)
            if text
        ),
        energies_kwh=_ascending(value for row in given for value in (row.min_kwh, row.max_kwh)),
        durations_s=_ascending(
            value for row in given for value in (row.min_duration, row.max_duration)
        ),
        currents_a=_ascending(
            value for row in given for value in (row.min_current, row.max_current)
        ),
        powers_kw=_ascending(value for row in given for value in (row.min_power, row.max_power)),
    )


def _minutes(tariff: TariffStatement) -> tuple[int, ...]:
    """Return the minutes of the local day at which some restriction may change."""
    minutes: set[int] = set()
    for index, element in enumerate(tariff.elements):
        given = element.restrictions
        if given is None:
            continue
        span = clock_span(given, f"elements[{index}].restrictions")
        if span is not None:
            minutes.update(minute % (24 * 60) for minute in span)
        if given.start_date or given.end_date or given.day_of_week:
            minutes.add(0)
    return tuple(sorted(minutes))


def _ascending(given: Iterable[Bound | None]) -> tuple[Bound, ...]:
    return tuple(sorted({bound for bound in given if bound is not None}))
