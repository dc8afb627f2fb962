"""min_price and max_price: what a charge costs at least and at most.

Source: OCPI 2.3.0, mod_tariffs, Tariff, the notes on min_price and max_price: before and after
tax each have their own limit, and both apply. Where a limit says nothing about after tax, tax
follows the price: the amount after tax changes in the same proportion. With several tariffs in
one charge every limit holds («a Charging Session with this tariff»); where they contradict each
other, the driver pays no more than the greatest price.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import NamedTuple

from ledger.pricing.tariff import PriceLimit
from ledger.values.money import EXACT


class Amounts(NamedTuple):
    """Exact amounts of a charge; `tax` is None where the tariff does not determine it."""

    net: Decimal
    tax: Decimal | None


def at_least(amounts: Amounts, limits: Iterable[PriceLimit]) -> Amounts:
    """Raise the amounts to the limits; the tax on what costs nothing is not known here.

    >>> at_least(Amounts(Decimal("0.375"), Decimal("0.0375")), [PriceLimit(Decimal("0.5"))])
    Amounts(net=Decimal('0.5'), tax=Decimal('0.05'))
    """
    for limit in limits:
        amounts = _held(amounts, limit, max)
    return amounts


def at_most(amounts: Amounts, limits: Iterable[PriceLimit]) -> Amounts:
    """Lower the amounts to the limits."""
    for limit in limits:
        amounts = _held(amounts, limit, min)
    return amounts


def included_at_least(amounts: Amounts, limits: Iterable[PriceLimit]) -> Amounts:
    """Raise an amount whose tax is in it and not known: only the limit after tax applies."""
    after = [limit.after_taxes for limit in limits if limit.after_taxes is not None]
    return Amounts(max([amounts.net, *after]), amounts.tax)


def included_at_most(amounts: Amounts, limits: Iterable[PriceLimit]) -> Amounts:
    """Lower an amount whose tax is in it and not known: only the limit after tax applies."""
    after = [limit.after_taxes for limit in limits if limit.after_taxes is not None]
    return Amounts(min([amounts.net, *after]), amounts.tax)


def _held(
    amounts: Amounts, limit: PriceLimit, choose: Callable[[Decimal, Decimal], Decimal]
) -> Amounts:
    net = choose(amounts.net, limit.before_taxes)
    if amounts.tax is None:
        return Amounts(net, None)
    if limit.after_taxes is not None:
        gross = choose(EXACT.add(amounts.net, amounts.tax), limit.after_taxes)
        return Amounts(net, EXACT.subtract(gross, net))
    if net == amounts.net:
        return amounts
    if not amounts.net:
        return Amounts(net, None)
    return Amounts(net, EXACT.divide(EXACT.multiply(amounts.tax, net), amounts.net))
