"""What lint says: a published code, where, how bad, and why."""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from ledger.pricing.tariff import PriceComponent, TariffStatement

Severity = Literal["wrong", "doubtful", "note"]

CODES: Final[dict[str, Severity]] = {
    "AFIR_FAST_CHARGER": "doubtful",
    "AFIR_ORDER": "note",
    "COMPONENT_REPEATED": "wrong",
    "CURRENCY_UNKNOWN": "wrong",
    "ELEMENT_EMPTY": "wrong",
    "ENERGY_WITHOUT_PRICE": "doubtful",
    "IMPOSSIBLE_RESTRICTION": "wrong",
    "LIMITS_CROSS": "wrong",
    "NEGATIVE_PRICE": "wrong",
    "NEVER_MATCHES": "wrong",
    "OVERLAP": "doubtful",
    "PARKING_WITHOUT_PRICE": "note",
    "PRICE_TOO_PRECISE": "doubtful",
    "STEP_SIZE_LARGE": "doubtful",
    "STEP_SIZE_ZERO": "wrong",
    "TEXT_CONTRADICTS_PRICE": "doubtful",
    "TEXT_NAMES_OTHER_CURRENCY": "doubtful",
    "TIMES_EQUAL": "doubtful",
    "TIME_WITHOUT_PRICE": "note",
    "TOO_MANY_CASES": "note",
    "VALIDITY_EMPTY": "wrong",
    "VAT_DOUBTFUL": "doubtful",
}
"""Every code and how bad it is: wrong, doubtful, or worth a look."""


class LintFinding(msgspec.Struct, frozen=True):
    """One thing found; `path` begins at the tariff object."""

    code: str
    severity: Severity
    path: str
    explanation: str


def finding(code: str, path: str, explanation: str) -> LintFinding:
    """Make a finding of a published code."""
    return LintFinding(code, CODES[code], path, explanation)


def components_of(tariff: TariffStatement) -> Iterator[tuple[str, PriceComponent]]:
    """Yield every price component with its path, in the tariff's order; null ones are none."""
    for index, element in enumerate(tariff.elements):
        for place, component in enumerate(element.price_components):
            if component.type:
                yield f"elements[{index}].price_components[{place}]", component
