"""What drivers are shown: texts against prices, and the order the law wants.

Source: AFIR, Regulation (EU) 2023/1804, Art. 5: from 50 kW on the ad hoc price is per kWh, with at
most an occupancy fee per minute; below, components are shown per kWh, per minute, per session.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from ledger.pricing.lint.finding import LintFinding, components_of, finding
from ledger.pricing.tariff import TariffStatement

_RANKS: Final = {"ENERGY": 0, "TIME": 1, "PARKING_TIME": 1, "FLAT": 2}
_EEA: Final = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE"}
    | {"IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"}
)
_FAST_KW: Final = 50
_NEAR: Final = Decimal("0.006")

_AMOUNT: Final = r"(?P<amount>\d{1,5}(?:[.,]\d{1,5})?)"
_CURRENCY: Final = r"(?P<currency>€|£|\$|[Ee]uros?|ct|[Cc]ents?|[A-Z]{3})?"
_PER: Final = r"(?:/|p/|per\s|pro\s|par\s|je\s|a\s|an\s)"
_UNIT: Final = r"(?P<unit>kwh|hour|hr|h|stunde|uur|heure|minute|minuut|min)\b"
_STATED: Final = re.compile(rf"{_AMOUNT}\s*{_CURRENCY}\s*{_PER}\s*{_UNIT}", re.IGNORECASE)
_SYMBOLS: Final = {"€": "EUR", "£": "GBP", "EURO": "EUR", "EUROS": "EUR"}
_FREE: Final = re.compile(r"\b(free of charge|for free|kostenlos|gratis|gratuit)\b", re.IGNORECASE)
_HUNDREDTHS: Final = {"CT", "CENT", "CENTS"}


def afir(tariff: TariffStatement) -> Iterator[LintFinding]:
    """Yield prices that an ad hoc driver in the EEA could not be shown in the law's order."""
    if tariff.type not in {None, "AD_HOC_PAYMENT"}:
        return
    if tariff.country_code and tariff.country_code not in _EEA:
        return
    highest = 0
    seen: set[str] = set()
    reserved = {
        f"elements[{index}]."
        for index, element in enumerate(tariff.elements)
        if element.restrictions is not None and element.restrictions.reservation is not None
    }
    for path, component in components_of(tariff):
        rank = None if path.startswith(tuple(reserved)) else _RANKS.get(component.type)
        if rank is None or component.type in seen:
            continue
        seen.add(component.type)
        if rank < highest:
            yield finding(
                "AFIR_ORDER",
                path,
                f"{component.type} comes after a later kind: show kWh, then minute, then session.",
            )
        highest = max(highest, rank)
    for index, element in enumerate(tariff.elements):
        found = element.restrictions
        if found is None or found.min_power is None or found.min_power < _FAST_KW:
            continue
        for place, component in enumerate(element.price_components):
            if component.type in {"TIME", "FLAT"} and component.price > 0:
                yield finding(
                    "AFIR_FAST_CHARGER",
                    f"elements[{index}].price_components[{place}]",
                    f"From {_FAST_KW} kW on, an ad hoc price has no {component.type} component.",
                )


def texts(tariff: TariffStatement) -> Iterator[LintFinding]:
    """Yield texts that name a price no component has, as far as a text can be told.

    A price in a text may be before or after tax; a price per minute is a sixtieth of OCPI's.
    """
    for index, shown in enumerate(tariff.tariff_alt_text):
        path = f"tariff_alt_text[{index}].text"
        for match in _STATED.finditer(shown.text):
            yield from _stated(match, tariff, path)
        is_priced = any(component.price > 0 for _, component in components_of(tariff))
        if is_priced and not _STATED.search(shown.text) and _FREE.search(shown.text):
            yield finding(
                "TEXT_CONTRADICTS_PRICE", path, "The text says it is free, but there are prices."
            )


def _stated(match: re.Match[str], tariff: TariffStatement, path: str) -> Iterator[LintFinding]:
    amount = Decimal(match["amount"].replace(",", "."))
    written = (match["currency"] or "").upper()
    named = _SYMBOLS.get(written, written)
    if named in _HUNDREDTHS:
        amount /= 100
    elif len(named) == 3 and named.isalpha() and named != tariff.currency:
        yield finding(
            "TEXT_NAMES_OTHER_CURRENCY",
            path,
            f"{match[0]!r}, but the tariff is in {tariff.currency}.",
        )
        return
    unit = match["unit"].lower()
    per_kwh, per_minute = unit == "kwh", unit.startswith("min")
    kinds = {"ENERGY"} if per_kwh else {"TIME", "PARKING_TIME"}
    prices = _prices(tariff, kinds, Decimal(60) if per_minute else Decimal(1))
    if not any(abs(price - amount) < _NEAR for price in prices):
        listed = ", ".join(f"{price:.4f}" for price in sorted(prices)) or "none"
        yield finding(
            "TEXT_CONTRADICTS_PRICE",
            path,
            f"The text says {match[0]!r}; the prices of that unit, before and after tax: {listed}.",
        )


def _prices(tariff: TariffStatement, kinds: set[str], parts: Decimal) -> set[Decimal]:
    found = set()
    for _, component in components_of(tariff):
        if component.type in kinds:
            price = component.price / parts
            found |= {price, price * (1 + (component.vat or Decimal(0)) / 100)}
    return found
