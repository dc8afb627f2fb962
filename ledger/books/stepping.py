"""What one clause takes of one sale: a rate of its basis, an amount per CDR or kWh, its bounds.

Steps of a split and fees are priced alike, so a fee is read as a step. Everything is exact; who
calls rounds.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from ledger.roaming.clauses import Fee, Step, Tier
from ledger.roaming.discounting import InSaleCurrency
from ledger.values.fractions import fraction_of

Bound = Literal["minimum", "maximum"]
_NOTHING = Fraction(0)
_NO_VOLUME = Decimal(0)


class Taken(NamedTuple):
    """What a clause takes, exactly: of it the fixed amount, and the bound that was reached."""

    rate: str
    fixed: Fraction
    exact: Fraction
    bound: Bound | None = None


def tiers_of(clause: Fee | Step) -> Sequence[Tier]:
    """Return the tiers of a clause; one without tiers has one, from nothing on.

    >>> tiers_of(Step("NL*HST", rate="3/20"))
    (Tier(above=Decimal('0'), rate='3/20', amount=None),)
    """
    if clause.tiers is not None and clause.tiers.rows:
        return clause.tiers.rows
    return (Tier(_NO_VOLUME, clause.rate, clause.amount),)


def taken_by(
    step: Step,
    tier: Tier,
    *,
    basis: Fraction,
    energy_kwh: Fraction,
    in_sale_currency: InSaleCurrency,
) -> Taken:
    """Return what a step takes of a positive sale at the prices of a tier.

    `minimum` and `maximum` bound each CDR; where the amount is less than the minimum the minimum
    is owed, of nothing too.

    >>> fee = Step("NL*CLR", rate="1/100", minimum=Decimal("0.15"))
    >>> taken_by(fee, tiers_of(fee)[0], basis=Fraction(10), energy_kwh=Fraction(20),
    ...     in_sale_currency=lambda amount, currency: Fraction(amount))
    Taken(rate='1/100', fixed=Fraction(0, 1), exact=Fraction(3, 20), bound='minimum')
    """
    fixed = _NOTHING
    if tier.amount is not None:
        fixed = in_sale_currency(tier.amount, step.currency)
        if step.per == "kwh":
            fixed *= energy_kwh
    rate = tier.rate or "0"
    exact = basis * fraction_of(rate) + fixed
    if step.minimum is not None:
        least = in_sale_currency(step.minimum, step.currency)
        if exact < least:
            return Taken(rate, fixed, least, "minimum")
    if step.maximum is not None:
        most = in_sale_currency(step.maximum, step.currency)
        if exact > most:
            return Taken(rate, fixed, most, "maximum")
    return Taken(rate, fixed, exact)


def as_step(fee: Fee) -> Step:
    """Return the step that takes of a sale what a fee does.

    >>> fee = Fee("hub", "seller", "NL*HUB", "per_kwh", amount=Decimal("0.01"), currency="EUR")
    >>> as_step(fee).per
    'kwh'
    """
    return Step(
        payee=fee.payee,
        rate=fee.rate,
        name=fee.name,
        basis="gross" if fee.basis == "gross" else "net",
        amount=fee.amount,
        per="kwh" if fee.basis == "per_kwh" else "cdr",
        currency=fee.currency,
        minimum=fee.minimum,
        maximum=fee.maximum,
        tiers=fee.tiers,
        audience=fee.audience,
    )
