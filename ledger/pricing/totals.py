"""From drafts to the priced result: tax, limits, rounding, lines and totals.

Source: OCPI 2.3.0, mod_cdrs, CDR object, the total_* fields. `total_reservation_cost` has the
reservation's fixed fee; a FLAT belongs to parking nowhere in OCPI's model, so every other one is
in `total_fixed_cost`. Only `total_cost` of a credit CDR is negative (mod_cdrs, Credit CDRs).
"""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Final, NamedTuple

from ledger.pricing.amounts import Draft, hours_of
from ledger.pricing.assemble import Taxed, lines_of, settled, shortened, tax_sums
from ledger.pricing.charge import ENERGY, FLAT, PARKING_TIME, RESERVATION_TIME, TIME, Charge
from ledger.pricing.compiled import CompiledTariff
from ledger.pricing.limits import (
    Amounts,
    at_least,
    at_most,
    included_at_least,
    included_at_most,
)
from ledger.pricing.lines import (
    Cost,
    LineKind,
    Priced,
    PricingWarning,
    WarningCode,
)
from ledger.pricing.segments import Segment
from ledger.pricing.taxes import TaxRule, split_tax, tax_on_nothing, tax_rule_of
from ledger.pricing.terms import PricingTerms
from ledger.values.money import SCALE_4, ZERO, minor_unit

_MODES: Final = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "up": ROUND_UP,
    "down": ROUND_DOWN,
}
_RESERVED: Final = "RESERVED"


class _Rounding(NamedTuple):
    """The unit that totals are rounded to, how, and whether each line is too."""

    unit: Decimal
    mode: str
    each: bool

    def of(self, amount: Decimal) -> Decimal:
        """Round an amount; scale 4 in every case."""
        rounded = amount.quantize(self.unit, self.mode)
        return rounded if self.unit is SCALE_4 else rounded.quantize(SCALE_4)


_Sum = tuple[Draft, Decimal, Decimal | None]
"""The first draft of a component, and the amount before tax and the tax of all."""


class _Summed(NamedTuple):
    """Drafts with tax, sums by component, and the whole held to its limits."""

    taxed: Taxed
    sums: list[_Sum]
    limited: Amounts
    changes: list[tuple[LineKind, Amounts]]
    hidden: bool


def result_of(
    charge: Charge,
    tariffs: Sequence[CompiledTariff],
    terms: PricingTerms,
    segments: list[Segment],
    drafts: list[Draft],
    warnings: list[PricingWarning],
) -> Priced:
    """Return the priced result."""
    rounding = _rounding(terms, tariffs[0].currency)
    taxed, sums, limited, changes, hidden = _summed(charge, tariffs, rounding, drafts)
    net = rounding.of(limited.net)
    total = _cost(limited, hidden, rounding)
    _warn(charge, tariffs, total, changes, warnings)
    costs = {
        name: _cost(amounts, hidden, rounding) for name, amounts in _by_dimension(sums).items()
    }
    consumed = _quantities(segments, drafts)
    seconds, billed_s = consumed.seconds, consumed.billed_s
    return Priced(
        currency=tariffs[0].currency,
        net_exact=shortened(limited.net),
        net=net,
        lines=lines_of(net, taxed, changes),
        total_cost=_negative(total) if charge.credit else total,
        total_energy_cost=costs.get(ENERGY),
        total_time_cost=costs.get(TIME),
        total_parking_cost=costs.get(PARKING_TIME),
        total_fixed_cost=costs.get(FLAT),
        total_reservation_cost=costs.get(_RESERVED),
        taxes=tax_sums([(draft.component, net, tax) for draft, net, tax in sums], changes),
        warnings=tuple(warnings),
        energy_kwh=consumed.kwh,
        billed_energy_kwh=consumed.billed_kwh,
        time_h=hours_of(seconds[TIME]),
        billed_time_h=hours_of(billed_s[TIME]),
        parking_time_h=hours_of(seconds[PARKING_TIME]),
        billed_parking_time_h=hours_of(billed_s[PARKING_TIME]),
        reservation_time_h=hours_of(seconds[RESERVATION_TIME]),
        billed_reservation_time_h=hours_of(billed_s[RESERVATION_TIME]),
        time_s=seconds[TIME],
        billed_time_s=billed_s[TIME],
        parking_time_s=seconds[PARKING_TIME],
        billed_parking_time_s=billed_s[PARKING_TIME],
    )


def total_cost_of(
    charge: Charge, tariffs: Sequence[CompiledTariff], terms: PricingTerms, drafts: list[Draft]
) -> Cost:
    """Return the `total_cost` that `result_of` gives, and nothing else of it."""
    rounding = _rounding(terms, tariffs[0].currency)
    summed = _summed(charge, tariffs, rounding, drafts)
    total = _cost(summed.limited, summed.hidden, rounding)
    return _negative(total) if charge.credit else total


def net_of(
    charge: Charge, tariffs: Sequence[CompiledTariff], terms: PricingTerms, drafts: list[Draft]
) -> Decimal:
    """Return the rounded total before tax alone: what `result_of` gives as `net`."""
    rounding = _rounding(terms, tariffs[0].currency)
    return rounding.of(_summed(charge, tariffs, rounding, drafts).limited.net)


def _rounding(terms: PricingTerms, currency: str) -> _Rounding:
    unit = SCALE_4 if terms.rounding_level == "invoice" else minor_unit(currency)
    return _Rounding(unit, _MODES[terms.rounding_mode], terms.rounding_level == "per_period")


def _summed(
    charge: Charge, tariffs: Sequence[CompiledTariff], rounding: _Rounding, drafts: list[Draft]
) -> _Summed:
    rules = [tax_rule_of(tariff, charge.ocpi_version) for tariff in tariffs]
    used = (
        [0]
        if len(tariffs) == 1
        else sorted({draft.segment.tariff_number for draft in drafts}) or [0]
    )
    taxed = _taxed(drafts, rules, rounding)
    sums = _sums(taxed)
    net, tax = ZERO, None if "absent" in rules else ZERO
    for _, sum_net, sum_tax in sums:
        net += sum_net
        tax = None if tax is None or sum_tax is None else tax + sum_tax
    hidden = "unknown_included" in [rules[number] for number in used]
    whole = _whole_thirds(Amounts(net, tax))
    limited, changes = _limited(whole, [tariffs[number] for number in used], hidden)
    if limited.tax is None and whole.tax is not None:
        shown = tax_on_nothing(limited.net, tariffs[used[0]], rules[used[0]])
        limited = Amounts(limited.net, shown)
        changes = [(kind, Amounts(change.net, shown)) for kind, change in changes]
    return _Summed(taxed, sums, limited, changes, hidden)


def _warn(
    charge: Charge,
    tariffs: Sequence[CompiledTariff],
    total: Cost,
    changes: list[tuple[LineKind, Amounts]],
    warnings: list[PricingWarning],
) -> None:
    absent = total.after_taxes is None and tax_rule_of(tariffs[0], charge.ocpi_version) == "absent"
    if not absent and (total.before_taxes is None or total.after_taxes is None):
        warnings.append(PricingWarning(WarningCode.TAX_NOT_DETERMINED, "tax_included"))
    if len(changes) > 1:
        warnings.append(PricingWarning(WarningCode.LIMITS_CONTRADICT, "max_price"))


def _taxed(drafts: list[Draft], rules: list[TaxRule], rounding: _Rounding) -> Taxed:
    nets: list[Decimal] = []
    taxes: list[Decimal | None] = []
    if not rounding.each and set(rules) == {"added"}:
        # The common case, in a third of the time.
        for draft in drafts:
            amount, share = draft.amount, draft.component.vat_share
            nets.append(amount)
            taxes.append(amount * share if share and amount else ZERO)
        return Taxed(drafts, nets, taxes)
    for draft in drafts:
        net, tax = split_tax(draft.amount, draft.component, rules[draft.segment.tariff_number])
        if rounding.each:
            whole = net if tax is None else net + tax
            net = rounding.of(net)
            tax = None if tax is None else rounding.of(whole) - net
        nets.append(net)
        taxes.append(tax)
    return Taxed(drafts, nets, taxes)


def _sums(taxed: Taxed) -> list[_Sum]:
    """Return the sums by component: there are far fewer than drafts."""
    sums: dict[int, _Sum] = {}
    for draft, net, tax in zip(*taxed, strict=True):
        key = id(draft.component)
        if key in sums:
            first, known_net, known_tax = sums[key]
            both = None if tax is None or known_tax is None else known_tax + tax
            sums[key] = first, known_net + net, both
        else:
            sums[key] = draft, net, tax
    return list(sums.values())


def _added(first: Amounts, second: Amounts) -> Amounts:
    tax = None if first.tax is None or second.tax is None else first.tax + second.tax
    return Amounts(first.net + second.net, tax)


def _whole_thirds(amounts: Amounts) -> Amounts:
    return Amounts(settled(amounts.net), None if amounts.tax is None else settled(amounts.tax))


def _by_dimension(sums: list[_Sum]) -> dict[str, Amounts]:
    """Return the sums by dimension, all of a reservation as one; thirds of an hour add up."""
    found: dict[str, Amounts] = {}
    for draft, net, tax in sums:
        name = _RESERVED if draft.reservation else draft.dimension
        whole = Amounts(net, tax)
        if name in found:
            whole = _added(found[name], whole)
        if draft.seconds:
            whole = _whole_thirds(whole)
        found[name] = whole
    return found


def _limited(
    whole: Amounts, tariffs: list[CompiledTariff], hidden: bool
) -> tuple[Amounts, list[tuple[LineKind, Amounts]]]:
    """Hold a charge to its limits; return it and what each limit changed."""
    least = [tariff.min_price for tariff in tariffs if tariff.min_price is not None]
    most = [tariff.max_price for tariff in tariffs if tariff.max_price is not None]
    changes: list[tuple[LineKind, Amounts]] = []
    if least:
        raised = (included_at_least if hidden else at_least)(whole, least)
        if raised != whole:
            changes.append(("min_price", _difference(raised, whole)))
        whole = raised
    if most:
        lowered = (included_at_most if hidden else at_most)(whole, most)
        if lowered != whole:
            changes.append(("max_price", _difference(lowered, whole)))
        whole = lowered
    return whole, changes


def _difference(after: Amounts, before: Amounts) -> Amounts:
    tax = None if after.tax is None or before.tax is None else after.tax - before.tax
    return Amounts(after.net - before.net, tax)


def _cost(amounts: Amounts, hidden: bool, rounding: _Rounding) -> Cost:
    net, tax = amounts
    before = rounding.of(net)
    if hidden:
        return Cost(None, before)
    if tax is None:
        return Cost(before, None)
    return Cost(before, rounding.of(net + tax) if tax else before)


def _negative(cost: Cost) -> Cost:
    before, after = cost.before_taxes, cost.after_taxes
    return Cost(None if before is None else -before, None if after is None else -after)


class _Quantities(NamedTuple):
    """What was consumed and what is billed: kWh, and seconds by dimension."""

    kwh: Decimal
    billed_kwh: Decimal
    seconds: dict[str, int]
    billed_s: dict[str, int]


def _quantities(segments: list[Segment], drafts: list[Draft]) -> _Quantities:
    kwh = billed_kwh = ZERO
    time_s = parking_s = reservation_s = 0
    billed_s = {TIME: 0, PARKING_TIME: 0, RESERVATION_TIME: 0, FLAT: 0}
    for segment in segments:
        if segment.energy_kwh:
            kwh += segment.energy_kwh
        time_s += segment.time_s
        parking_s += segment.parking_s
        reservation_s += segment.reservation_s
    for draft in drafts:
        if draft.dimension == ENERGY:
            billed_kwh += draft.quantity
        else:
            billed_s[draft.dimension] += draft.seconds
    seconds = {TIME: time_s, PARKING_TIME: parking_s, RESERVATION_TIME: reservation_s}
    return _Quantities(kwh, billed_kwh, seconds, billed_s)
