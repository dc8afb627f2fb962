"""Which rate converts an amount: by which source's publication, of which day, with which markup."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec

from ledger.fx.rates import PublishedRate, RateHistory
from ledger.values.instants import first_day, last_day, month_of
from ledger.values.money import EXACT
from ledger.values.reasons import Reason, Refusal, Refused

DateRule = Literal["session_end", "cut_off_day", "previous_publication", "fixed_monthly"]
DEFAULT_SOURCE = "ECB"
_DIGITS = Decimal("1e-12")
_BASIS_POINTS = Decimal(10_000)
_DAY = timedelta(days=1)


class FxTerms(msgspec.Struct, frozen=True, gc=False):
    """Which rate converts: source, day, markup in basis points.

    Always the last publication there is: `session_end` on or before the day of service;
    `previous_publication` before it; `cut_off_day` on or before the last day of the settlement
    period; `fixed_monthly` on or before the last day of the month before, for the whole month.
    """

    source: str = DEFAULT_SOURCE
    date_rule: DateRule = "session_end"
    markup_bps: int = 0


OF_THE_DAY = FxTerms()
"""How a book converts into its own currency, whatever its parties agreed about theirs."""


class Crossed(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One publication of a conversion that goes over the euro: units for one euro."""

    currency: str
    per_euro: Decimal
    published_on: date


class FxDecision(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The rate used: one unit of `from_currency` is `rate` units of `to_currency`.

    With a markup, `reference_rate` is the source's; where neither is the euro, `crossed` has both
    publications. A reference rate is rounded half even to twelve decimals.
    """

    from_currency: str
    to_currency: str
    rate: Decimal
    rate_on: date
    source: str
    rule: str
    published_on: date | None = None
    reference_rate: Decimal | None = None
    markup_bps: int = 0
    crossed: tuple[Crossed, ...] = ()


def rates_key(currency: str, source: str = DEFAULT_SOURCE) -> str:
    """Return under which key the rates of a currency by a source are kept.

    >>> rates_key("CHF"), rates_key("CHF", "BANK")
    ('CHF', 'CHF@BANK')
    """
    return currency if source == DEFAULT_SOURCE else f"{currency}@{source}"


def rate_day(rule: DateRule, service_on: date) -> date:
    """Return the day on or before which the rate of a service was published.

    >>> rate_day("cut_off_day", date(2026, 2, 10)), rate_day("fixed_monthly", date(2026, 2, 10))
    (datetime.date(2026, 2, 28), datetime.date(2026, 1, 31))
    """
    month = month_of(service_on)
    if rule == "previous_publication":
        return service_on - _DAY
    if rule == "cut_off_day":
        return last_day(month)
    if rule == "fixed_monthly":
        return first_day(month) - _DAY
    return service_on


def decide_fx(
    *,
    from_currency: str,
    to_currency: str,
    rate_on: date,
    histories: Mapping[str, RateHistory],
    terms: FxTerms = OF_THE_DAY,
) -> FxDecision:
    """Choose the rate for a day of service, crossed over the euro; a markup is the buyer's to pay.

    Refuses: FX_RATE_MISSING, with the key of the missing rates as path.
    """
    if from_currency == to_currency:
        return FxDecision(from_currency, to_currency, Decimal(1), rate_on, "none", "same_currency")
    rate_on = rate_day(terms.date_rule, rate_on)
    found = {
        currency: _published(currency, terms.source, rate_on, histories)
        for currency in (from_currency, to_currency)
        if currency != "EUR"
    }
    per_euro = {currency: row.per_euro for currency, row in found.items()} | {"EUR": Decimal(1)}
    exact = EXACT.divide(per_euro[to_currency], per_euro[from_currency])
    reference = exact.quantize(_DIGITS, context=EXACT).normalize(EXACT)
    factor = EXACT.divide(_BASIS_POINTS + terms.markup_bps, _BASIS_POINTS)
    return FxDecision(
        from_currency,
        to_currency,
        EXACT.multiply(reference, factor) if terms.markup_bps else reference,
        rate_on,
        terms.source,
        terms.date_rule,
        published_on=min(row.published_on for row in found.values()),
        reference_rate=reference if terms.markup_bps else None,
        markup_bps=terms.markup_bps,
        crossed=tuple(
            Crossed(currency, row.per_euro, row.published_on) for currency, row in found.items()
        )
        if len(found) == 2
        else (),
    )


def rounding_of_cross(
    recorded: Decimal, *, from_per_euro: Decimal, to_per_euro: Decimal
) -> Fraction:
    """Return what twelve decimals add to the exact quotient of two publications, per unit.

    >>> cross = {"from_per_euro": Decimal(3), "to_per_euro": Decimal(1)}
    >>> rounding_of_cross(Decimal("0.333333333333"), **cross)
    Fraction(-1, 3000000000000)
    """
    return Fraction(recorded) - Fraction(to_per_euro) / Fraction(from_per_euro)


def _published(
    currency: str, source: str, rate_on: date, histories: Mapping[str, RateHistory]
) -> PublishedRate:
    key = rates_key(currency, source)
    history = histories.get(key)
    found = history.last_published_before_or_on(rate_on) if history else None
    if found is None:
        raise Refused(Refusal(Reason.FX_RATE_MISSING, key, expected=f"a rate for {rate_on}"))
    return found
