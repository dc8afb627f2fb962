"""Which part of a sale is taxed by a class of its own: by the lines of its price."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from ledger.pricing.lines import PricedLine
from ledger.values.money import ZERO, share_out
from ledger.vat.parties import SupplyKind

OWN: Final = ""
"""The class of what is taxed as the sale itself."""
_APART: Final = frozenset({"ENERGY", "TIME", "PARKING_TIME", "FLAT", "RESERVATION_TIME"})
"""Lines of these are of one component; every other one is of the charge as a whole."""


def shares_by_class(
    amount: Decimal, lines: Sequence[PricedLine], class_of: Mapping[str, SupplyKind]
) -> tuple[tuple[str, Decimal], ...]:
    """Cut an amount (scale 4) by the tax classes of the lines it is the sum of, its own first.

    What lines add or take for the charge as a whole, such as a least price or a discount on all of
    it, is spread over the classes by what they cost (Directive 2006/112/EC Article 79 b: a discount
    is no part of what is taxed). A class that comes to nothing, or to less, has no part.
    The amount may be in another currency than the lines.
    """
    if not class_of:
        return ((OWN, amount),)
    sums: dict[str, Decimal] = {OWN: ZERO}
    for line in lines:
        if line.dimension in _APART:
            name = class_of.get(line.dimension, OWN)
            sums[name] = sums.get(name, ZERO) + line.net
    sign = -1 if amount < 0 else 1
    weights = [max(ZERO, weight * sign) for weight in sums.values()]
    if len(sums) == 1 or not any(weights):
        return ((OWN, amount),)
    shares = zip(sums, share_out(amount, weights), strict=True)
    return tuple((name, share) for name, share in shares if share or name == OWN)
