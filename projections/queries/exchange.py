"""Conversions, added up per book and rate."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from ledger.fx.convert import rounding_of_cross
from projections.database import Connection, rows


class ConversionSum(NamedTuple):
    """What was converted at one rate: `kind` is book, or settlement for a price.

    `amount` is in `from_currency`, `converted` and `markup` in `to_currency`, scale 4. Where the
    conversion goes over the euro, `…_per_euro` are the two publications.
    """

    kind: str
    book: str
    from_currency: str
    to_currency: str
    source: str
    date_rule: str
    published_on: date | None
    rate: Decimal
    reference_rate: Decimal | None
    markup_bps: int
    from_per_euro: Decimal | None
    to_per_euro: Decimal | None
    conversions: int
    amount: Decimal
    converted: Decimal
    markup: Decimal

    @property
    def triangulation(self) -> Fraction | None:
        """What the twelve decimals of a crossed rate add to the exact cross, on this amount."""
        if self.from_per_euro is None or self.to_per_euro is None:
            return None
        per_unit = rounding_of_cross(
            self.rate if self.reference_rate is None else self.reference_rate,
            from_per_euro=self.from_per_euro,
            to_per_euro=self.to_per_euro,
        )
        return per_unit * Fraction(self.amount)


def conversions(
    connection: Connection,
    *,
    book: str | None = None,
    month: str | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> list[ConversionSum]:
    """Return what was converted, per book, pair of currencies and rate."""
    filters = {"book": book, "month": month, "as_of": as_of, "known_at": known_at}
    return rows(connection, "conversions", ConversionSum, **filters)
