"""Prices by the volume of a period: which tiers a volume reaches, and how much of it lies in each.

Pure arithmetic of `ledger.roaming.clauses.Tiers`, in exact fractions.
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import msgspec

from ledger.roaming.clauses import Tiers

_NOTHING, _ALL = Fraction(0), Fraction(1)


class Volume(msgspec.Struct, frozen=True, gc=False):
    """What was sold: CDRs less those taken back, kWh, and their net in the clause's currency."""

    cdrs: int
    energy_kwh: Decimal
    net: Decimal

    def by(self, measure: str) -> Fraction:
        """Return the volume in CDRs, kWh or net money, as tiers measure it."""
        measures = {"cdrs": Decimal(self.cdrs), "kwh": self.energy_kwh, "net": self.net}
        return Fraction(measures[measure])


def parts_of_volume(tiers: Tiers, volume: Fraction) -> list[Fraction]:
    """Return which part of a volume each tier prices; the parts sum to one.

    `marginal`: what lies in the tier, which begins above its bound and ends with the next one.
    `whole_volume`: all of it in the tier that it reaches. No volume is in the first tier.

    >>> from ledger.roaming.clauses import Tier
    >>> rows = Tier(Decimal(0), "1/50"), Tier(Decimal(1000), "1/100"), Tier(Decimal(5000), "1/200")
    >>> [str(part) for part in parts_of_volume(Tiers("marginal", "cdrs", rows), Fraction(4000))]
    ['1/4', '3/4', '0']
    >>> [str(part) for part in parts_of_volume(Tiers("whole_volume", "cdrs", rows), Fraction(1000))]
    ['1', '0', '0']
    """
    rest = [_NOTHING] * (len(tiers.rows) - 1)
    if volume <= 0:
        return [_ALL, *rest]
    lying = [*_lying_in_each(tiers, volume)]
    if tiers.kind == "marginal":
        return [part / volume for part in lying]
    reached = max(index for index, part in enumerate(lying) if part)
    return [_ALL if index == reached else _NOTHING for index in range(len(lying))]


def flat_price(tiers: Tiers, volume: Fraction) -> Decimal:
    """Return a flat price by volume: of the tier that it reaches, or of all that it enters.

    >>> from ledger.roaming.clauses import Tier
    >>> rows = (Tier(Decimal(0), amount=Decimal(100)), Tier(Decimal(1000), amount=Decimal(40)))
    >>> flat_price(Tiers("marginal", "cdrs", rows), Fraction(1001))
    Decimal('140')
    >>> flat_price(Tiers("whole_volume", "cdrs", rows), Fraction(1001))
    Decimal('40')
    """
    parts = parts_of_volume(tiers, volume)
    return sum(
        (row.amount or Decimal(0) for row, part in zip(tiers.rows, parts, strict=True) if part),
        Decimal(0),
    )


def _lying_in_each(tiers: Tiers, volume: Fraction) -> Iterable[Fraction]:
    bounds = [Fraction(row.above) for row in tiers.rows]
    for lower, upper in pairwise([*bounds, max(volume, bounds[-1])]):
        yield max(_NOTHING, min(volume, upper) - lower)
