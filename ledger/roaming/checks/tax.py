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

    The ledger decides the tax itself; another one stated shows where two sides will argue.
    """
    cdr = candidate.cdr
    after, before = cdr.total_cost.after_taxes, cdr.total_cost.before_taxes
    if after is None or after == before:
        return
    try:
        country = alpha_2(cdr.cdr_location.country)
    except Refused:
        return
    rate = standard_rate(country, cdr.end_date_time.date())
    if rate is None:
        return
    tax = EXACT.divide(EXACT.multiply(before, rate.percent), _PERCENT)
    if abs(EXACT.subtract(after, before) - tax) > _CENT:
        yield Refusal(
            Reason.TAX_IMPLAUSIBLE,
            "total_cost.after_taxes",
            f"{before + tax.quantize(_CENT)} at {rate.percent} %, or no tax",
            str(after),
        )
