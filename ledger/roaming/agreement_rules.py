"""What makes terms wrong in themselves, before anybody asks the register: every error at once.

A refusal's path is the term's (`fees[0].rate`); whoever read the terms from a document knows the
line. What an agreement's versions say together is in `agreement_validity`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from ledger.roaming.clauses import EVERYBODY, Audience, Discount, Fee, Step, Tiers
from ledger.roaming.terms import SOURCES, Refunds, Terms, Truth, VatTerms
from ledger.values.ended_currencies import ended_currency
from ledger.values.fractions import fraction_of
from ledger.values.instants import zone_of
from ledger.values.money import currency_of
from ledger.values.reasons import Reason, Refusal, Refused
from ledger.vat.overrides import errors_of_overrides

_OF_THE_SALE = frozenset({"net", "gross"})
_MOST_OBJECTION_DAYS = 365
_MOST_MARKUP_BPS = 10_000


def errors_of(terms: Terms, *, valid_from: datetime) -> list[Refusal]:
    """Return everything that is wrong in the terms, valid from an instant.

    Codes: INVALID_DOCUMENT, CURRENCY_MISSING, UNKNOWN_CURRENCY, CURRENCY_ENDED,
    MINIMUM_ABOVE_MAXIMUM, TIERS_OUT_OF_ORDER, SPLIT_NOT_WHOLE, NAMED_TWICE, TIME_ZONE_UNKNOWN,
    and what `errors_of_overrides` says of VAT rates.
    """
    found: list[Refusal] = []
    for place, fee in enumerate(terms.fees):
        found.extend(_errors_of_fee(fee, f"fees[{place}]"))
    for place, step in enumerate(terms.split.steps):
        found.extend(_errors_of_step(step, f"split.steps[{place}]"))
    found.extend(_errors_of_the_whole(terms.split.steps))
    for place, discount in enumerate(terms.discounts):
        found.extend(_errors_of_discount(discount, f"discounts[{place}]"))
    found.extend(_named_twice(terms))
    found.extend(_errors_of_refunds(terms.refunds))
    found.extend(_errors_of_scalars(terms))
    if terms.vat.model == "AGENT" and terms.tariffs.retail is not None:
        # An agent sells its driver nothing: what the driver pays is what the seller asks.
        found.append(_invalid("tariffs.retail", "none where vat.model is AGENT"))
    found.extend(_errors_of_classes(terms.vat))
    found.extend(errors_of_overrides(terms.vat.overrides, "vat.overrides"))
    found.extend(_errors_of_truth(terms.truth))
    found.extend(_errors_of_currencies(terms, valid_from))
    return found


def _invalid(path: str, expected: str, actual: str = "") -> Refusal:
    return Refusal(Reason.INVALID_DOCUMENT, path, expected, actual)


def _errors_of_fee(fee: Fee, path: str) -> Iterator[Refusal]:
    wants_rate = fee.basis in _OF_THE_SALE
    if fee.tiers is not None:
        yield from _errors_of_tiers(fee.tiers, f"{path}.tiers", wants_rate=wants_rate)
        if fee.rate is not None or fee.amount is not None:
            yield _invalid(path, "tiers, or a rate or amount")
    elif wants_rate and (fee.rate is None or fee.amount is not None):
        yield _invalid(path, "a rate and no amount")
    elif not wants_rate and (fee.amount is None or fee.rate is not None):
        yield _invalid(path, "an amount and no rate")
    if fee.rate is not None:
        yield from _errors_of_rate(fee.rate, f"{path}.rate")
    if fee.amount is not None and fee.amount < 0:
        yield _invalid(f"{path}.amount", "0 or more", str(fee.amount))
    if not wants_rate and fee.currency is None:
        yield Refusal(Reason.CURRENCY_MISSING, f"{path}.currency")
    yield from _errors_of_bounds(fee, path)


def _errors_of_step(step: Step, path: str) -> Iterator[Refusal]:
    given = step.rate is not None or step.amount is not None or step.tiers is not None
    if step.remaining == given:
        yield _invalid(path, "a rate, an amount, tiers, or remaining")
    if step.tiers is not None:
        wants_rate = any(row.rate is not None for row in step.tiers.rows)
        yield from _errors_of_tiers(step.tiers, f"{path}.tiers", wants_rate=wants_rate)
        if step.rate is not None or step.amount is not None:
            yield _invalid(path, "tiers, or a rate and amount")
        if not wants_rate and step.currency is None:
            yield Refusal(Reason.CURRENCY_MISSING, f"{path}.currency")
    if step.rate is not None:
        yield from _errors_of_rate(step.rate, f"{path}.rate")
    if step.amount is not None:
        if step.amount < 0:
            yield _invalid(f"{path}.amount", "0 or more", str(step.amount))
        if step.currency is None:
            yield Refusal(Reason.CURRENCY_MISSING, f"{path}.currency")
    yield from _errors_of_bounds(step, path)


def _errors_of_bounds(clause: Fee | Step, path: str) -> Iterator[Refusal]:
    low, high = clause.minimum, clause.maximum
    for name, bound in (("minimum", low), ("maximum", high)):
        if bound is not None and bound < 0:
            yield _invalid(f"{path}.{name}", "0 or more", str(bound))
    if low is not None and high is not None and low > high:
        yield Refusal(Reason.MINIMUM_ABOVE_MAXIMUM, f"{path}.minimum", f"{high} or less", str(low))


def _errors_of_tiers(tiers: Tiers, path: str, *, wants_rate: bool) -> Iterator[Refusal]:
    """Tiers begin at zero and ascend, and each has a rate, or each has an amount."""
    if not tiers.rows:
        yield Refusal(Reason.EMPTY_LIST, f"{path}.rows")
        return
    if tiers.rows[0].above != 0:
        first = str(tiers.rows[0].above)
        yield Refusal(Reason.TIERS_OUT_OF_ORDER, f"{path}.rows[0].above", "0", first)
    for place, (lower, upper) in enumerate(pairwise(tiers.rows), 1):
        if upper.above <= lower.above:
            wanted = f"more than {lower.above}"
            where = f"{path}.rows[{place}].above"
            yield Refusal(Reason.TIERS_OUT_OF_ORDER, where, wanted, str(upper.above))
    for place, row in enumerate(tiers.rows):
        where = f"{path}.rows[{place}]"
        if (row.rate is not None) != wants_rate or (row.amount is None) != wants_rate:
            yield _invalid(where, "a rate" if wants_rate else "an amount")
        if row.rate is not None:
            yield from _errors_of_rate(row.rate, f"{where}.rate")
        if row.amount is not None and row.amount < 0:
            yield _invalid(f"{where}.amount", "0 or more", str(row.amount))


def _errors_of_discount(discount: Discount, path: str) -> Iterator[Refusal]:
    if discount.rate is None and discount.amount is None:
        yield _invalid(path, "a rate or an amount")
    sign = Fraction(discount.amount or 0)
    if discount.rate is not None:
        errors = list(_errors_of_rate(discount.rate, f"{path}.rate", lowest=-1))
        yield from errors
        if not errors and fraction_of(discount.rate) * sign < 0:
            yield _invalid(path, "a discount or a surcharge, not both")
    if discount.amount is not None and discount.currency is None:
        yield Refusal(Reason.CURRENCY_MISSING, f"{path}.currency")


def _errors_of_rate(rate: str, path: str, *, lowest: int = 0) -> Iterator[Refusal]:
    try:
        fraction = fraction_of(rate)
    except Refused:
        yield _invalid(path, "an exact fraction such as 3/20", rate)
        return
    if not lowest <= fraction <= 1:
        yield _invalid(path, f"between {lowest} and 1", rate)


def _errors_of_the_whole(steps: Sequence[Step]) -> Iterator[Refusal]:
    """For every audience, shares of the net sum to exactly one, or exactly one takes the rest.

    A step for everybody is among the steps of each audience.
    """
    everybody = [step for step in steps if step.audience == EVERYBODY]
    audiences: list[Audience] = [] if not everybody else [EVERYBODY]
    audiences.extend(step.audience for step in steps if step.audience not in audiences)
    for audience in dict.fromkeys(audiences):
        own = [step for step in steps if step.audience in (EVERYBODY, audience)]
        takers = sum(step.remaining for step in own)
        total = sum((_net_rate(step) for step in own), Fraction(0))
        is_whole = total == 1 and all(step.rate is not None for step in own)
        if takers > 1 or total > 1 or (takers == 0 and not is_whole):
            found = "two that take what remains" if takers > 1 else f"{total} in all"
            yield Refusal(
                Reason.SPLIT_NOT_WHOLE, "split.steps", "1 in all, or one that takes the rest", found
            )


def _net_rate(step: Step) -> Fraction:
    """Return the part of the net that a step takes for certain; 0 where that cannot be said."""
    first = step.tiers.rows[0] if step.tiers is not None and step.tiers.rows else step
    if step.basis != "net" or first.rate is None:
        return Fraction(0)
    try:
        return fraction_of(first.rate)
    except Refused:
        return Fraction(0)  # said where the rate stands


def _named_twice(terms: Terms) -> Iterator[Refusal]:
    """Clauses of a kind have names of their own: a name is how people speak of one."""
    kinds: dict[str, Sequence[Fee | Discount]] = {"fees": terms.fees, "discounts": terms.discounts}
    for kind, clauses in kinds.items():
        seen: set[str] = set()
        for place, clause in enumerate(clauses):
            if clause.name in seen:
                yield Refusal(Reason.NAMED_TWICE, f"{kind}[{place}].name", "", clause.name)
            seen.add(clause.name)


def _errors_of_refunds(refunds: Refunds) -> Iterator[Refusal]:
    if (refunds.rule == "partial") != (refunds.part is not None):
        yield _invalid("refunds.part", "where refunds are partial, and only there")
    elif refunds.part is not None:
        yield from _errors_of_rate(refunds.part, "refunds.part")


def _errors_of_scalars(terms: Terms) -> Iterator[Refusal]:
    for name, zone in (
        ("calendar.time_zone", terms.calendar.time_zone),
        ("clock.time_zone", terms.clock.time_zone),
    ):
        try:
            zone_of(zone)
        except Refused:
            yield Refusal(Reason.TIME_ZONE_UNKNOWN, name, "a zone such as Europe/Berlin", zone)
    least: dict[str, int | Decimal] = {
        "clock.skew_s": terms.clock.skew_s,
        "sla.delivery_h": terms.sla.delivery_h,
        "sla.correction_h": terms.sla.correction_h,
        "sla.stuck_h": terms.sla.stuck_h,
        "age_limit_days": terms.age_limit_days,
        "windows.objection_days": terms.windows.objection_days,
        "windows.dispute_days": terms.windows.dispute_days,
        "payment.due_days": terms.payment.due_days,
        "payment.minimum": terms.payment.minimum,
        "four_eyes_amount": terms.four_eyes_amount or 0,
        "fx.markup_bps": terms.fx.markup_bps,
    }
    yield from (_invalid(name, "0 or more", str(it)) for name, it in least.items() if it < 0)
    if terms.windows.objection_days > _MOST_OBJECTION_DAYS:
        days = str(terms.windows.objection_days)
        yield _invalid("windows.objection_days", f"{_MOST_OBJECTION_DAYS} or fewer", days)
    if terms.fx.markup_bps > _MOST_MARKUP_BPS:
        yield _invalid("fx.markup_bps", f"{_MOST_MARKUP_BPS} or fewer", str(terms.fx.markup_bps))
    caps = {
        "launch.cdrs_per_day": terms.launch.cdrs_per_day,
        "launch.money_per_day": terms.launch.money_per_day,
    }
    for name, cap in caps.items():
        if cap is not None and cap <= 0:
            yield _invalid(name, "more than 0", str(cap))


def _errors_of_classes(vat: VatTerms) -> Iterator[Refusal]:
    """A price component has one tax class."""
    seen: set[str] = set()
    for place, row in enumerate(vat.classes):
        if row.dimension in seen:
            yield Refusal(Reason.NAMED_TWICE, f"vat.classes[{place}]", "", row.dimension)
        seen.add(row.dimension)


def _errors_of_truth(truth: Truth) -> Iterator[Refusal]:
    """Each order names sources there are, each at most once, and one at least."""
    for name, sources in SOURCES.items():
        order: tuple[str, ...] = getattr(truth, name)
        if not order or len(set(order)) < len(order) or not set(order) <= set(sources):
            yield _invalid(f"truth.{name}", f"an order of {', '.join(sources)}", ", ".join(order))


def _errors_of_currencies(terms: Terms, valid_from: datetime) -> Iterator[Refusal]:
    named = {"currency": terms.currency}
    named |= {f"fees[{place}].currency": row.currency for place, row in enumerate(terms.fees)}
    steps = enumerate(terms.split.steps)
    named |= {f"split.steps[{place}].currency": row.currency for place, row in steps}
    rows = enumerate(terms.discounts)
    named |= {f"discounts[{place}].currency": row.currency for place, row in rows}
    for path, code in named.items():
        if code is None:
            continue
        try:
            currency_of(code)
        except Refused:
            yield Refusal(Reason.UNKNOWN_CURRENCY, path, "ISO 4217", code)
            continue
        ended = ended_currency(code, valid_from.date())
        if ended is not None:
            yield Refusal(Reason.CURRENCY_ENDED, path, ended.replaced_by, code)
