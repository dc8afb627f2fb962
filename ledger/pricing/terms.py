"""What partners agree on where OCPI leaves a choice."""

from typing import Literal

import msgspec

RoundingLevel = Literal["invoice", "per_cdr", "per_period"]
RoundingMode = Literal["half_up", "half_even", "up", "down"]
StepSizeRule = Literal["per_session", "per_period"]


class PricingTerms(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The choices of one agreement; the defaults are what the specification's examples show.

    - `rounding_level`: OCPI sets no price rounding (2.3.0, mod_tariffs, Tariff, first NOTE).
      `invoice` keeps four decimals; `per_cdr` rounds the total, `per_period` each quantity's
      amount, to the currency's minor unit. Limits (min_price, max_price) are not rounded.
    - `step_size`: `per_session` is OCPI's rule; `per_period` rounds every charging period.
    - `cut_periods`: price a charging period that straddles a bound as if it had been cut there.
    """

    rounding_level: RoundingLevel = "invoice"
    rounding_mode: RoundingMode = "half_up"
    step_size: StepSizeRule = "per_session"
    cut_periods: bool = False


DEFAULT_TERMS = PricingTerms()
