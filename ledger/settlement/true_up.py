"""The true-up of a period: what each clause owes over all of its CDRs, less what they booked.

A CDR books its part at scale 4 and at a clause's first tier. Over a period the rounding adds up,
and the volume may have reached another tier; the true-up books the difference once, so that every
payee has the exact share of the period's total. What a tier gives or takes is the remaining
taker's loss or gain, as it would have been in the CDR; a later step of what is left stays what the
CDR booked. Pure: figures, terms and conversions are given.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Literal, NamedTuple

import msgspec

from ledger.books.stepping import as_step, taken_by, tiers_of
from ledger.roaming.clauses import Fee, Step, Tiers, clause_name
from ledger.roaming.legs import Leg
from ledger.roaming.terms import Rounding, Terms
from ledger.settlement.volume import Volume, parts_of_volume
from ledger.values.entries import Entry
from ledger.values.fractions import decimal_of
from ledger.values.money import EXACT, SCALE_4, ZERO, minor_unit
from ledger.values.reasons import InvariantBroken

ClauseKind = Literal["fee", "share", "wholesale"]
"""What the payee sells: a service, for a fee or a share; or the charge itself, as its CPO."""

Convert = Callable[[Decimal, str, str], Fraction]
"""An amount, of which currency, into which other: exactly, at the rate of the period's end."""

_NOTHING = Fraction(0)


class Clause(msgspec.Struct, frozen=True, order=True, gc=False):
    """A clause of an agreement's version between two parties; tax depends on the country.

    A monthly fee is about no charger: it has the country of the party that pays it.
    """

    agreement_version: str
    clause: str
    kind: ClauseKind
    payee: str
    payer: str
    currency: str
    charger_country: str


class ClauseUse(msgspec.Struct, frozen=True, gc=False):
    """What a period's CDRs came to under a clause: exact as a fraction in text, and as booked."""

    clause: Clause
    exact: str
    booked: Decimal


class TieredCharge(msgspec.Struct, frozen=True, gc=False):
    """How often a charge came under a clause with tiers, less how often it was taken back.

    `basis` is what a step of what was left took its rate of; `rest` is who takes what remains.
    """

    clause: Clause
    sale_currency: str
    basis: Decimal
    gross: Decimal
    net: Decimal
    energy_kwh: Decimal
    count: int
    rest: Clause | None = None


class SalesVolume(msgspec.Struct, frozen=True, gc=False):
    """What a period sold under all versions of an agreement, in one currency."""

    agreement: str
    currency: str
    volume: Volume


class ClauseFigures(msgspec.Struct, frozen=True, gc=False):
    """Everything a true-up decides on, as the read model has it."""

    uses: tuple[ClauseUse, ...] = ()
    charges: tuple[TieredCharge, ...] = ()
    sales: tuple[SalesVolume, ...] = ()

    @property
    def sha256(self) -> str:
        """Return the hash of the figures, which the event names."""
        return sha256(msgspec.json.encode(self)).hexdigest()


class Adjustment(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What one clause owes over a period, less what was booked: the leg that books the rest.

    `leg.net` is `owed` less `booked` by CDRs less what true-ups of the period booked `before`.
    """

    clause: Clause
    leg: Leg
    entries: tuple[Entry, ...]
    owed_exact: str
    owed: Decimal
    booked: Decimal
    before: Decimal = ZERO
    volume: Volume | None = None


class Owed(NamedTuple):
    """What a clause owes over a period, exactly and rounded, against what is booked of it."""

    clause: Clause
    exact: Fraction
    owed: Decimal
    booked: Decimal
    before: Decimal
    volume: Volume | None

    @property
    def missing(self) -> Decimal:
        """What is still to be booked, at scale 4; negative where too much was."""
        return EXACT.subtract(EXACT.subtract(self.owed, self.booked), self.before)


def owed_by_clauses(
    figures: ClauseFigures,
    *,
    before: Mapping[Clause, Decimal],
    terms_of: Callable[[str], Terms],
    convert: Convert,
) -> list[Owed]:
    """Return what each clause owes over the period's CDRs, in the order of the clauses.

    What a party owes itself is no debt. `terms_of` gives the terms of an agreement's version.
    """
    changes, volumes = _tiers_reached(figures.charges, terms_of, convert)
    found = []
    for use in sorted(figures.uses, key=lambda row: row.clause):
        clause = use.clause
        if clause.payee == clause.payer:
            continue
        exact = Fraction(use.exact) + changes.get(clause, _NOTHING)
        rounding = terms_of(clause.agreement_version).rounding
        owed = rounded(exact, clause.currency, rounding)
        past = before.get(clause, ZERO)
        found.append(Owed(clause, exact, owed, use.booked, past, volumes.get(clause)))
    return found


def rounded(exact: Fraction, currency: str, rounding: Rounding) -> Decimal:
    """Round what a period owes: to scale 4, or to the minor unit where that is agreed per period.

    >>> rounded(Fraction(2, 3), "EUR", Rounding())
    Decimal('0.6667')
    >>> rounded(Fraction(1, 40), "EUR", Rounding(level="per_period", mode="half_even"))
    Decimal('0.0200')
    """
    mode = ROUND_HALF_EVEN if rounding.mode == "half_even" else ROUND_HALF_UP
    unit = minor_unit(currency) if rounding.level == "per_period" else SCALE_4
    return decimal_of(exact).quantize(unit, mode, context=EXACT).quantize(SCALE_4, context=EXACT)


def clause_of(terms: Terms, clause: str) -> Fee | Step:
    """Return the fee or step that a clause names. Raises InvariantBroken where there is none.

    >>> from ledger.roaming.clauses import SplitTerms
    >>> steps = (Step("NL*HST", rate="3/20", name="host"), Step("NL*XYZ", remaining=True))
    >>> clause_of(Terms(split=SplitTerms(steps=steps)), "split.steps[0] host").payee
    'NL*HST'
    """
    for place, fee in enumerate(terms.fees):
        if clause_name("fees", place, fee.name) == clause:
            return fee
    for place, step in enumerate(terms.split.steps):
        if clause_name("split.steps", place, step.name) == clause:
            return step
    raise InvariantBroken(f"no agreed clause is called {clause}")


def _tiers_reached(
    charges: Iterable[TieredCharge], terms_of: Callable[[str], Terms], convert: Convert
) -> tuple[dict[Clause, Fraction], dict[Clause, Volume]]:
    """Return what tiers change of what clauses owe, and the volume that each of them had.

    A volume is counted per clause, payer and currency, over all countries.
    """
    pools: defaultdict[tuple[str, ...], list[TieredCharge]] = defaultdict(list)
    for charge in charges:
        clause = charge.clause
        parties = clause.agreement_version, clause.clause, clause.payee, clause.payer
        pools[*parties, clause.currency].append(charge)
    changes: defaultdict[Clause, Fraction] = defaultdict(Fraction)
    volumes: dict[Clause, Volume] = {}
    for pool in pools.values():
        volume = _volume_of(pool, convert)
        named = clause_of(terms_of(pool[0].clause.agreement_version), pool[0].clause.clause)
        step = as_step(named) if isinstance(named, Fee) else named
        if step.tiers is None:
            raise InvariantBroken(f"{pool[0].clause.clause} has no tiers")
        for charge in pool:
            change = _change(charge, step, step.tiers, volume, convert)
            volumes[charge.clause] = volume
            changes[charge.clause] += change
            if charge.rest is not None:
                changes[charge.rest] -= change
    return changes, volumes


def _volume_of(pool: Iterable[TieredCharge], convert: Convert) -> Volume:
    """Return the volume of a clause, whatever the country; its net in the clause's currency."""
    cdrs, energy_kwh, net = 0, _NOTHING, _NOTHING
    for row in pool:
        cdrs += row.count
        energy_kwh += Fraction(row.energy_kwh) * row.count
        net += convert(row.net, row.sale_currency, row.clause.currency) * row.count
    return Volume(cdrs, decimal_of(energy_kwh), decimal_of(net))


def _change(
    charge: TieredCharge, step: Step, tiers: Tiers, volume: Volume, convert: Convert
) -> Fraction:
    """Return what a charge owes at the tiers the volume reached, less at the first tier."""
    sign = -1 if charge.net < 0 else 1
    amounts = {"gross": charge.gross, "net": charge.net, "left": charge.basis}
    basis = convert(amounts[step.basis] * sign, charge.sale_currency, charge.clause.currency)

    def into_clause(amount: Decimal, currency: str | None) -> Fraction:
        own = charge.clause.currency
        return convert(amount, currency or charge.sale_currency, own)

    owed = [
        taken_by(
            step,
            tier,
            basis=basis,
            energy_kwh=Fraction(charge.energy_kwh),
            in_sale_currency=into_clause,
        ).exact
        for tier in tiers_of(step)
    ]
    parts = parts_of_volume(tiers, volume.by(tiers.by))
    reached = sum((part * at for part, at in zip(parts, owed, strict=True)), _NOTHING)
    return (reached - owed[0]) * sign * charge.count
