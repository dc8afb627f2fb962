"""Dated overrides: a rate that two parties agree to use instead of the standard one.

Where a court, a ministry or a reduced rate says otherwise than the table of standard rates, the
agreement says so, for a country, a tax class and a span of days, with its source. Example: a
tribunal held that 5 % applies to public charging below a quantity (Charge My Street, First-tier
Tribunal, TC09802, 2026), and the tax authority is reported to appeal.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from ledger.values.reasons import Reason, Refusal
from ledger.vat.areas import COVERED
from ledger.vat.parties import SupplyKind

OverrideCategory = Literal["S", "E", "Z"]


class RateOverride(msgspec.Struct, frozen=True, gc=False):
    """A rate in percent for a tax class in a country, from a day until before another.

    `category` is EN 16931's: S with a rate, E exempt and Z zero-rated with none. The `source`
    names the law, the ruling or the agreement with the authority.
    """

    country: str
    tax_class: SupplyKind
    percent: Decimal
    category: OverrideCategory
    valid_from: date
    valid_until: date | None
    source: str

    def covers(self, country: str, tax_class: str, day: date) -> bool:
        """True where it speaks of a class in a country on a day."""
        return (
            self.country == country
            and self.tax_class == tax_class
            and self.valid_from <= day
            and (self.valid_until is None or day < self.valid_until)
        )


def override_for(
    overrides: Sequence[RateOverride], country: str, tax_class: str, tax_point: date
) -> RateOverride | None:
    """Return the override of a class in a country on the tax point; the first agreed one counts."""
    return next((row for row in overrides if row.covers(country, tax_class, tax_point)), None)


def errors_of_overrides(overrides: Sequence[RateOverride], path: str) -> Iterator[Refusal]:
    """Yield what is wrong with overrides: VAT_RATE_MISSING (a country without any rule here),
    INVALID_DOCUMENT (a percentage, a category, a span), MISSING_FIELD (the source), NAMED_TWICE
    (two for one class on one day).
    """
    for place, row in enumerate(overrides):
        at = f"{path}[{place}]"
        if row.country not in COVERED:
            countries = "a country whose VAT rules are known"
            yield Refusal(Reason.VAT_RATE_MISSING, f"{at}.country", countries, row.country)
        if row.category == "S" and not 0 < row.percent <= 100:
            wanted = "more than 0 and at most 100"
            yield Refusal(Reason.INVALID_DOCUMENT, f"{at}.percent", wanted, str(row.percent))
        if row.category != "S" and row.percent != 0:
            # EN 16931 BR-E-05 and BR-Z-05: exempt and zero-rated carry 0.
            yield Refusal(Reason.INVALID_DOCUMENT, f"{at}.percent", "0", str(row.percent))
        if row.valid_until is not None and row.valid_until <= row.valid_from:
            until = row.valid_until.isoformat()
            yield Refusal(Reason.INVALID_DOCUMENT, f"{at}.valid_until", "after valid_from", until)
        if not row.source.strip():
            yield Refusal(Reason.MISSING_FIELD, f"{at}.source")
        if any(_overlap(row, other) for other in overrides[:place]):
            yield Refusal(Reason.NAMED_TWICE, at, "", f"{row.country} {row.tax_class}")


def _overlap(one: RateOverride, other: RateOverride) -> bool:
    if (one.country, one.tax_class) != (other.country, other.tax_class):
        return False
    first, second = sorted((one, other), key=lambda row: row.valid_from)
    return first.valid_until is None or second.valid_from < first.valid_until
