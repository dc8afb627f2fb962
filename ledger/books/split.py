"""The split: an ordered waterfall that shares the net of a sale, to the last unit.

Each step takes its part in declared order; one payee takes what remains. Everything is computed
in exact fractions and cut to scale 4 once, at the end.

Source: portions as in Numscript (exact rationals that sum to one, or one remaining taker), but
cut by largest remainder on |amount| with ties in declared order, so a reversal is the exact
negation and no payee is favoured for standing first.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Literal, NamedTuple

from ledger.books.stepping import Taken, taken_by, tiers_of
from ledger.roaming.clauses import Step
from ledger.roaming.discounting import InSaleCurrency
from ledger.roaming.legs import SplitStep
from ledger.values.fractions import scale_4_of
from ledger.values.money import EXACT, SCALE_4
from ledger.values.reasons import InvariantBroken, Reason, Refusal, Refused

THE_REST = "split"
"""The clause of what the seller keeps because no step takes what remains."""

_NOTHING = Fraction(0)
_UNITS = 10_000
"""Units of scale 4 in one unit of a currency."""


class Portion(NamedTuple):
    """A step of the split with the clause it stands in, of which agreement's version."""

    step: Step
    clause: str
    agreement_version: str


class _Sale(NamedTuple):
    """A sale that is not negative, in exact fractions of its currency."""

    gross: Fraction
    net: Fraction
    energy_kwh: Fraction
    in_sale_currency: InSaleCurrency


class _Part(NamedTuple):
    """What a step takes, of which basis."""

    basis_kind: Literal["gross", "net", "left"]
    basis: Fraction
    taken: Taken


def waterfall(
    *,
    gross: Decimal,
    net: Decimal,
    energy_kwh: Decimal,
    steps: Sequence[Portion],
    seller: str,
    in_sale_currency: InSaleCurrency,
) -> tuple[SplitStep, ...]:
    """Share `net` (scale 4, the sale's currency) among the payees; the amounts sum to `net`.

    Fixed amounts and minimums are owed in full: where they are more than the net, the remaining
    taker bears the loss. Where no step takes what remains, the seller does, in a last step of the
    clause THE_REST. A negative sale gives the exact negation. A tiered step books its first tier;
    the close of the period trues it up. Refuses: SPLIT_NOT_WHOLE where two take what remains.

    >>> host, rest = Step("NL*HST", rate="3/20"), Step("NL*XYZ", remaining=True)
    >>> [str(row.amount) for row in waterfall(
    ...     gross=Decimal("12.1001"), net=Decimal("10.0001"), energy_kwh=Decimal(20),
    ...     steps=[Portion(host, "split.steps[0]", "NL*HST>NL*XYZ#1"),
    ...            Portion(rest, "split.steps[1]", "NL*HST>NL*XYZ#1")],
    ...     seller="NL*XYZ", in_sale_currency=lambda amount, currency: Fraction(amount))]
    ['1.5000', '8.5001']
    """
    if not steps:
        return ()
    sign = -1 if (net or gross) < 0 else 1
    sale = _Sale(
        Fraction(gross * sign), Fraction(net * sign), Fraction(energy_kwh), in_sale_currency
    )
    parts = _parts(sale, steps)
    if not any(portion.step.remaining for portion in steps):
        left = sale.net - sum((part.taken.exact for part in parts), _NOTHING)
        if left:
            rest = Portion(Step(seller, remaining=True), THE_REST, steps[0].agreement_version)
            steps = (*steps, rest)
            parts.append(_remaining(sale, left))
    amounts = _cut([part.taken.exact for part in parts])
    stated = {"gross": gross, "net": net}
    return tuple(
        _recorded(portion, part, amount, sign, stated)
        for portion, part, amount in zip(steps, parts, amounts, strict=True)
    )


def _recorded(
    portion: Portion, part: _Part, amount: Decimal, sign: int, stated: Mapping[str, Decimal]
) -> SplitStep:
    """Return a step as it is recorded: what was computed of a sale without its sign, with it."""
    return SplitStep(
        payee=portion.step.payee,
        basis=stated.get(part.basis_kind) or scale_4_of(part.basis * sign),
        rate=part.taken.rate,
        exact=str(part.taken.exact * sign),
        amount=amount * sign if amount else amount,
        remaining=portion.step.remaining,
        name=portion.step.name,
        clause=portion.clause,
        agreement_version=portion.agreement_version,
        basis_kind=part.basis_kind,
        fixed=str(part.taken.fixed * sign) if part.taken.fixed else None,
        bound=part.taken.bound,
    )


def _parts(sale: _Sale, steps: Sequence[Portion]) -> list[_Part]:
    """Return what each step takes, in declared order; what remains is known at the end."""
    left = sale.net
    parts: list[_Part] = []
    taker: int | None = None
    for index, portion in enumerate(steps):
        step = portion.step
        if step.remaining:
            if taker is not None:
                raise Refused(
                    Refusal(Reason.SPLIT_NOT_WHOLE, portion.clause, "one remaining taker", "two")
                )
            taker = index
            parts.append(_remaining(sale, _NOTHING))
            continue
        bases = {"gross": sale.gross, "net": sale.net, "left": max(left, _NOTHING)}
        taken = taken_by(
            step,
            tiers_of(step)[0],
            basis=bases[step.basis],
            energy_kwh=sale.energy_kwh,
            in_sale_currency=sale.in_sale_currency,
        )
        left -= taken.exact
        parts.append(_Part(step.basis, bases[step.basis], taken))
    if taker is not None:
        parts[taker] = _remaining(sale, left)
    return parts


def _remaining(sale: _Sale, left: Fraction) -> _Part:
    """Return what the remaining taker gets; its rate is the part of the net that it comes to."""
    rate = str(left / sale.net) if sale.net else "0"
    return _Part("net", sale.net, Taken(rate, _NOTHING, left))


def _cut(exact: Sequence[Fraction]) -> list[Decimal]:
    """Cut exact parts, whose sum has scale 4, to scale 4 by largest remainder.

    Ties go to the step declared first. No part is off by a unit or more.
    """
    units = [part * _UNITS for part in exact]
    whole = [floor(unit) for unit in units]
    total = sum(units, _NOTHING)
    if total.denominator != 1:
        raise InvariantBroken(f"a sale of {total / _UNITS} before tax has more than 4 decimals")
    missing = total.numerator - sum(whole)
    if missing:
        by_remainder = sorted(range(len(units)), key=lambda index: whole[index] - units[index])
        for index in by_remainder[:missing]:
            whole[index] += 1
    return [EXACT.multiply(Decimal(part), SCALE_4) for part in whole]
