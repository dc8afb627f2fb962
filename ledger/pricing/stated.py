"""A charge at its stated total, where a person accepts that in place of the tariff's."""

from msgspec.structs import replace

from ledger.pricing.lines import TOTAL, Cost, Priced, PricedLine
from ledger.pricing.tariff import Price
from ledger.values.money import EXACT, SCALE_4


def at_stated_total(priced: Priced, stated: Price) -> Priced:
    """Return the charge with a line of its own for what the stated total differs by.

    The tariff's lines stay as they are: who reads them sees what the tariff gives, and the
    difference that a person accepted. A stated total has at most four decimals that count.
    """
    net = stated.before_taxes.quantize(SCALE_4, context=EXACT)
    difference = EXACT.subtract(net, priced.net)
    if not difference:
        return priced
    one = SCALE_4 / SCALE_4
    line = PricedLine(TOTAL, "accepted", one, difference, difference, difference, -1, -1)
    return replace(
        priced,
        net_exact=EXACT.add(priced.net_exact, difference),
        net=net,
        lines=(*priced.lines, line),
        total_cost=Cost(net, stated.after_taxes),
    )
