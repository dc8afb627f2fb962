"""Discounts and surcharges: lines of their own, so that price, receipt and VAT base show them."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction

from msgspec.structs import replace

from ledger.pricing.lines import TOTAL, Cost, Priced, PricedLine
from ledger.roaming.clauses import Discount
from ledger.values.fractions import fraction_of, scale_4_of
from ledger.values.money import EXACT, ZERO

InSaleCurrency = Callable[[Decimal, str | None], Fraction]
"""An agreed amount of a currency (None: the sale's own) as an exact amount in the sale's."""

_ONE = Decimal(1)


def discounted(
    priced: Priced, discounts: Iterable[tuple[int, Discount]], in_sale_currency: InSaleCurrency
) -> Priced:
    """Return the charge with one line per discount, each of what it cost before any of them.

    `discounts` are those that concern the charge, with their place in the agreement, which their
    line names as its `component`. Together they give at most what the charge costs. A charge
    whose price includes tax is discounted with the tax in it.
    """
    lines: list[PricedLine] = []
    left = Fraction(priced.net)
    for place, discount in discounts:
        basis = _basis_of(discount, priced)
        exact = fraction_of(discount.rate) * basis if discount.rate else Fraction(0)
        if discount.amount is not None:
            times = priced.billed_energy_kwh if discount.per == "kwh" else _ONE
            exact += in_sale_currency(discount.amount, discount.currency) * Fraction(times)
        if exact > left >= 0:
            exact = left
        net = -scale_4_of(exact)
        if not net:
            continue
        left += Fraction(net)
        lines.append(
            PricedLine(
                dimension=discount.dimension or TOTAL,
                kind="discount" if net < 0 else "surcharge",
                quantity=_ONE,
                unit_price=net,
                net_exact=net,
                net=net,
                element=-1,
                component=place,
                name=discount.name,
            )
        )
    if not lines:
        return priced
    change = sum((line.net for line in lines), ZERO)
    net = EXACT.add(priced.net, change)
    total = priced.total_cost
    before = None if total.before_taxes is None else net
    return replace(
        priced,
        net_exact=EXACT.add(priced.net_exact, change),
        net=net,
        lines=(*priced.lines, *lines),
        total_cost=Cost(before, net if before is None else None),
    )


def _basis_of(discount: Discount, priced: Priced) -> Fraction:
    if discount.dimension is None:
        return Fraction(priced.net)
    return sum(
        (Fraction(line.net) for line in priced.lines if line.dimension == discount.dimension),
        Fraction(0),
    )
