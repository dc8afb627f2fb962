"""Tax as a partner states it: a rate that the charger's country has, or none."""

from collections.abc import Iterator
from decimal import Decimal

from ledger.roaming.checks.candidate import Candidate
from ledger.values.countries import alpha_2
from ledger.values.money import EXACT
from ledger.values.reasons import Reason, Refusal, Refused
from ledger.vat.rates import standard_rate

_PERCENT = Decimal(100)
_CENT = Decimal("0.01")


def states_a_tax_that_exists(candidate: Candidate) -> Iterator[Refusal]:
    """The tax stated is none, or the standard rate of the charger's country, to the cent.

    Where other rates are agreed for the country, it may be at any of them, or at some of each. The
    ledger decides the tax itself; another one stated shows where two sides will argue.
    """
    cdr = candidate.cdr
    after, before = cdr.total_cost.after_taxes, cdr.total_cost.before_taxes
    if after is None or after == before:
        return
    try:
        country = alpha_2(cdr.cdr_location.country)
    except Refused:
        return
    day = cdr.end_date_time.date()
    rate = standard_rate(country, day)
    if rate is None:
        return
    agreed = candidate.terms.vat.overrides
    percents = [row.percent for row in agreed if row.covers(country, row.tax_class, day)]
    taxes = sorted(_tax(before, percent) for percent in (rate.percent, *percents))
    stated = EXACT.subtract(after, before)
    if not taxes[0] - _CENT <= stated <= taxes[-1] + _CENT:
        standard = before + _tax(before, rate.percent).quantize(_CENT)
        wanted = f"{standard} at {rate.percent} %, or no tax"
        yield Refusal(Reason.TAX_IMPLAUSIBLE, "total_cost.after_taxes", wanted, str(after))


def _tax(net: Decimal, percent: Decimal) -> Decimal:
    return EXACT.divide(EXACT.multiply(net, percent), _PERCENT)
