"""The elements of a tariff: price components and restrictions, as partners write them.

Places are kept: an element or a component that cannot price anything stays where it stands, empty,
so that the indices in a priced result are those of the partner's document.
"""

from typing import Any, Final

from console.pricing import scalars
from console.pricing.findings import DocumentRefused, Notes
from ledger.pricing.tariff import PriceComponent, TariffElement, TariffRestrictions
from ledger.values.money import ZERO

COMPONENT_TYPES: Final = frozenset({"ENERGY", "TIME", "PARKING_TIME", "FLAT"})
DAYS: Final = frozenset(
    {"MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"}
)
RESERVATIONS: Final = frozenset({"RESERVATION", "RESERVATION_EXPIRES"})
_NUMBERS: Final = ("min_kwh", "max_kwh", "min_current", "max_current", "min_power", "max_power")
_PARSED: Final = {
    **dict.fromkeys(("start_time", "end_time"), scalars.clock_time),
    **dict.fromkeys(("start_date", "end_date"), scalars.local_day),
    **dict.fromkeys(_NUMBERS, scalars.optional_number),
    **dict.fromkeys(("min_duration", "max_duration"), scalars.seconds),
}
_NO_COMPONENT: Final = PriceComponent(type="", price=ZERO, step_size=1)
"""Stands where a component is null: without a type nothing is priced by it."""


def read_elements(value: Any, path: str, notes: Notes) -> tuple[TariffElement, ...]:
    """Read a tariff's elements.

    Refuses: MISSING_FIELD, EMPTY_LIST, WRONG_TYPE, UNKNOWN_VALUE, and what `scalars` refuses.
    """
    if value is None:
        raise DocumentRefused("MISSING_FIELD", path)
    if type(value) is not list:
        raise DocumentRefused("WRONG_TYPE", path, scalars.kind_of(value))
    if not any(value):
        raise DocumentRefused("EMPTY_LIST", path)
    return tuple(_element(item, f"{path}[{index}]", notes) for index, item in enumerate(value))


def _element(value: Any, path: str, notes: Notes) -> TariffElement:
    if value is None:
        notes.add("NULL_ENTRY", path)
        return TariffElement(())
    if type(value) is not dict:
        raise DocumentRefused("WRONG_TYPE", path, scalars.kind_of(value))
    place = f"{path}.price_components"
    components = value.get("price_components")
    if not components:
        notes.add("EMPTY_LIST", place)
    return TariffElement(
        _components(components, place, notes),
        _restrictions(value.get("restrictions"), f"{path}.restrictions", notes),
    )


def _components(value: Any, path: str, notes: Notes) -> tuple[PriceComponent, ...]:
    rows = [_NO_COMPONENT] * (len(value) if type(value) is list else 0)
    for index, place, component in scalars.placed_entries(value, path, notes):
        rows[index] = _component(component, place, notes)
    return tuple(rows)


def _component(value: dict[str, Any], path: str, notes: Notes) -> PriceComponent:
    kind = scalars.code(value.get("type"), f"{path}.type", notes)
    if kind not in COMPONENT_TYPES:
        notes.add("UNKNOWN_COMPONENT", f"{path}.type", kind)
    step = scalars.seconds(value.get("step_size"), f"{path}.step_size", notes)
    if step is None:
        notes.add("STEP_SIZE_MISSING", f"{path}.step_size")
        step = 1
    return PriceComponent(
        type=kind,
        price=scalars.number(value.get("price"), f"{path}.price", notes),
        step_size=step,
        vat=scalars.optional_number(value.get("vat"), f"{path}.vat", notes),
    )


def _restrictions(value: Any, path: str, notes: Notes) -> TariffRestrictions | None:
    if value is None:
        return None
    if value in ([], ""):
        # What some languages make of an empty object.
        notes.add("WRONG_FORMAT", path, scalars.kind_of(value))
        return None
    if type(value) is not dict:
        raise DocumentRefused("WRONG_TYPE", path, scalars.kind_of(value))
    parts: dict[str, Any] = {}
    for name, part in value.items():
        place = f"{path}.{name}"
        if part is None:
            continue
        if part == "" and (name in _PARSED or name in ("day_of_week", "reservation")):
            notes.add("WRONG_FORMAT", place, "an empty text")
        elif name in _PARSED:
            parts[name] = _PARSED[name](part, place, notes)
        elif name == "day_of_week":
            parts[name] = _days(part, place, notes)
        elif name == "reservation":
            parts[name] = scalars.one_of(part, RESERVATIONS, place, notes)
        else:
            notes.add("UNKNOWN_FIELD", place)
    return TariffRestrictions(**parts)


def _days(value: Any, path: str, notes: Notes) -> tuple[str, ...]:
    if type(value) is not list:
        raise DocumentRefused("WRONG_TYPE", path, scalars.kind_of(value))
    days = []
    for index, day in enumerate(value):
        if day is None:
            notes.add("NULL_ENTRY", f"{path}[{index}]")
        else:
            days.append(scalars.one_of(day, DAYS, f"{path}[{index}]", notes))
    if value and not days:
        raise DocumentRefused("EMPTY_LIST", path)
    return tuple(days)
