"""What a tariff version says, as rows that people read."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from ledger.pricing.tariff import PriceLimit, TariffRestrictions, TariffStatement

_UNITS: Final = {
    "ENERGY": ("per kWh", "Wh"),
    "TIME": ("per hour", "s"),
    "PARKING_TIME": ("per hour parked", "s"),
    "FLAT": ("per session", ""),
}
_WORDS: Final = {
    "start_time": "from {}",
    "end_time": "until {}",
    "start_date": "since {}",
    "end_date": "before {}",
    "min_kwh": "from {} kWh",
    "max_kwh": "below {} kWh",
    "min_current": "from {} A",
    "max_current": "below {} A",
    "min_power": "from {} kW",
    "max_power": "below {} kW",
    "min_duration": "from {} s",
    "max_duration": "below {} s",
    "reservation": "{}",
}
COLUMNS: Final = ("element", "applies", "dimension", "price", "", "step", "VAT %")


def element_rows(tariff: TariffStatement) -> Iterator[tuple[object, ...]]:
    """Yield a row per price component, with when its element applies."""
    for index, element in enumerate(tariff.elements):
        applies = "; ".join(restriction_words(element.restrictions)) or "always"
        for component in element.price_components:
            per, unit = _UNITS.get(component.type, ("", ""))
            step = f"{component.step_size} {unit}" if unit and component.step_size > 1 else ""
            price = f"{component.price:f} {tariff.currency}"
            yield index, applies, component.type, price, per, step, component.vat
            applies = ""


def restriction_words(restrictions: TariffRestrictions | None) -> Iterator[str]:
    """Yield what must hold, in words.

    >>> list(restriction_words(TariffRestrictions(start_time="18:00", max_kwh=Decimal("50"))))
    ['from 18:00', 'below 50 kWh']
    """
    if restrictions is None:
        return
    if restrictions.day_of_week:
        yield ", ".join(day.capitalize()[:3] for day in restrictions.day_of_week)
    for field in msgspec.structs.fields(restrictions):
        value = getattr(restrictions, field.name)
        if value is not None and field.name in _WORDS:
            yield _WORDS[field.name].format(value)


def other_lines(tariff: TariffStatement) -> Iterator[str]:
    """Yield what a tariff says beside its elements: type, tax, limits, texts."""
    yield f"type      {tariff.type or 'any session'}, OCPI {tariff.ocpi_version or '-'}"
    if tariff.tax_included is not None:
        yield f"tax       included: {tariff.tax_included}"
    for name, limit in (("at least", tariff.min_price), ("at most", tariff.max_price)):
        if limit is not None:
            yield f"{name:<9} {_limit(limit, tariff.currency)}"
    for shown in tariff.tariff_alt_text:
        yield f"text      {shown.language}: {shown.text}"
    if tariff.tariff_alt_url is not None:
        yield f"more at   {tariff.tariff_alt_url}"
    if tariff.energy_mix is not None:
        green = "green" if tariff.energy_mix.is_green_energy else "not green"
        yield f"energy    {green}, {tariff.energy_mix.supplier_name or 'no supplier named'}"


def _limit(limit: PriceLimit, currency: str) -> str:
    after = "" if limit.after_taxes is None else f", {_plain(limit.after_taxes)} after"
    return f"{_plain(limit.before_taxes)} {currency} before taxes{after}"


def _plain(amount: Decimal) -> str:
    return f"{amount:f}"
