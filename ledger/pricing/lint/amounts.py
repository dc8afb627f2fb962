"""Prices, steps, taxes, limits and the currency: each looked at by itself."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from ledger.pricing.lint.finding import LintFinding, components_of, finding
from ledger.pricing.tariff import TariffStatement
from ledger.values.money import currency_of
from ledger.values.reasons import Refused

_LARGE_STEPS: Final = {"ENERGY": 1000, "TIME": 3600, "PARKING_TIME": 3600}
"""A step of a whole unit of price, in Wh or seconds: more makes a short charge a long one."""


def amounts(tariff: TariffStatement) -> Iterator[LintFinding]:
    """Yield what is wrong with prices and step sizes.

    Source: OCPI 2.3.0, mod_tariffs, PriceComponent; types, number: four decimals.
    """
    for path, component in components_of(tariff):
        price, step = component.price, component.step_size
        if price < 0:
            yield finding(
                "NEGATIVE_PRICE", f"{path}.price", f"The price is {price}; the driver is paid."
            )
        if _decimals(price) > 4:
            yield finding(
                "PRICE_TOO_PRECISE", f"{path}.price", f"{price} has more than OCPI's 4 decimals."
            )
        if component.type in _LARGE_STEPS:
            if step <= 0:
                yield finding(
                    "STEP_SIZE_ZERO",
                    f"{path}.step_size",
                    f"A step of {step} rounds nothing; the least step is 1.",
                )
            elif step > _LARGE_STEPS[component.type]:
                unit = "Wh" if component.type == "ENERGY" else "s"
                yield finding(
                    "STEP_SIZE_LARGE",
                    f"{path}.step_size",
                    f"Each started step of {step} {unit} is billed whole.",
                )


def taxes(tariff: TariffStatement) -> Iterator[LintFinding]:
    """Yield VAT percentages that cannot be meant: negative, over 100, or a fraction (0.21)."""
    for path, component in components_of(tariff):
        vat = component.vat
        if vat is not None and (vat < 0 or vat > 100 or 0 < vat < 1):
            yield finding("VAT_DOUBTFUL", f"{path}.vat", f"`vat` is in percent; it says {vat}.")


def limits(tariff: TariffStatement) -> Iterator[LintFinding]:
    """Yield least and greatest prices that contradict each other or are negative."""
    least, most = tariff.min_price, tariff.max_price
    for name, limit in (("min_price", least), ("max_price", most)):
        if limit is not None and limit.before_taxes < 0:
            yield finding(
                "NEGATIVE_PRICE", f"{name}.before_taxes", f"The limit is {limit.before_taxes}."
            )
        if limit is not None and limit.after_taxes is not None:
            crosses = 0 <= limit.after_taxes < limit.before_taxes
            if crosses:
                yield finding(
                    "LIMITS_CROSS",
                    f"{name}.after_taxes",
                    f"After taxes {limit.after_taxes} is less than before, {limit.before_taxes}.",
                )
    if least is not None and most is not None and least.before_taxes > most.before_taxes:
        yield finding(
            "LIMITS_CROSS",
            "min_price",
            f"The least price {least.before_taxes} is above the greatest {most.before_taxes}.",
        )


def currency(tariff: TariffStatement) -> Iterator[LintFinding]:
    """Yield a currency that ISO 4217 does not know."""
    try:
        currency_of(tariff.currency)
    except Refused:
        yield finding(
            "CURRENCY_UNKNOWN", "currency", f"ISO 4217 knows no currency {tariff.currency!r}."
        )


def _decimals(price: Decimal) -> int:
    """Return how many decimals a price needs.

    >>> _decimals(Decimal("0.2500000")), _decimals(Decimal("0.12345"))
    (2, 5)
    """
    exponent = price.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
