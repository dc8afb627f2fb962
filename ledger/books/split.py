"""The split: how the net of a sale is shared among payees, to the last unit.

Source: portions as in Numscript (exact rationals that sum to one, or one remaining taker), but
cut by largest remainder on |amount| with ties in declared order, so a reversal is the exact
negation and no payee is favoured for standing first.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm

from ledger.roaming.agreement import fraction_of
from ledger.roaming.legs import SplitStep
from ledger.roaming.terms import SplitShare
from ledger.values.money import share_out


def split_net(net: Decimal, shares: Sequence[SplitShare]) -> tuple[SplitStep, ...]:
    """Share `net` (scale 4) among the payees; the amounts sum to `net`.

    >>> [str(step.amount) for step in split_net(Decimal("10.0001"), (
    ...     SplitShare("NL*HST", rate="15/100"), SplitShare("NL*XYZ", remaining=True)))]
    ['1.5000', '8.5001']
    """
    taken = sum((fraction_of(share.rate) for share in shares if share.rate), Fraction(0))
    portions = [fraction_of(share.rate) if share.rate else 1 - taken for share in shares]
    whole = Fraction(net)
    exact = [whole * portion for portion in portions]
    common = lcm(*(portion.denominator for portion in portions))
    weights = [Decimal(int(portion * common)) for portion in portions]
    amounts = share_out(net, weights)
    return tuple(
        SplitStep(share.payee, net, str(portion), str(part), amount, share.remaining)
        for share, portion, part, amount in zip(shares, portions, exact, amounts, strict=True)
    )
