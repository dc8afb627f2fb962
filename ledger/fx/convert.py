"""Which rate converts an amount into a book's currency."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import msgspec

from ledger.fx.rates import RateHistory
from ledger.values.money import EXACT
from ledger.values.reasons import Reason, Refusal, Refused


class FxDecision(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The rate used: one unit of `from_currency` is `rate` units of `to_currency`."""

    from_currency: str
    to_currency: str
    rate: Decimal
    rate_on: date
    source: str
    rule: str
    published_on: date | None = None


def decide_fx(
    *,
    from_currency: str,
    to_currency: str,
    rate_on: date,
    histories: Mapping[str, RateHistory],
) -> FxDecision:
    """Choose the rate for a day: the last published before or on it, crossed over the euro.

    Refuses: FX_RATE_MISSING, with the currency as path.
    """
    if from_currency == to_currency:
        return FxDecision(from_currency, to_currency, Decimal(1), rate_on, "none", "same_currency")
    per_euro: dict[str, Decimal] = {"EUR": Decimal(1)}
    published_on: date | None = None
    source = ""
    for currency in (from_currency, to_currency):
        if currency == "EUR":
            continue
        history = histories.get(currency)
        found = history.last_published_before_or_on(rate_on) if history else None
        if history is None or found is None:
            raise Refused(
                Refusal(Reason.FX_RATE_MISSING, currency, expected=f"a rate for {rate_on}")
            )
        per_euro[currency] = found.per_euro
        published_on = min(published_on or found.published_on, found.published_on)
        source = history.source
    rate = EXACT.divide(per_euro[to_currency], per_euro[from_currency])
    return FxDecision(
        from_currency,
        to_currency,
        rate.quantize(Decimal("1e-12"), context=EXACT).normalize(),
        rate_on,
        source,
        "previous_publication",
        published_on=published_on,
    )
