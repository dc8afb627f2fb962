"""Reference rates against the euro, as a source published them.

Source: ECB euro foreign exchange reference rates: units of the currency for one euro; nothing is
published on closed days, for which the last publication before applies. Never interpolated.
"""

from bisect import bisect_right
from datetime import date
from decimal import Decimal

import msgspec

from ledger.values.reasons import Reason, Refusal, Refused


class PublishedRate(msgspec.Struct, frozen=True):
    """How many units of a currency one euro bought on a publication day."""

    published_on: date
    per_euro: Decimal


class RateHistory(msgspec.Struct, frozen=True):
    """The publications of one currency by one source over a covered span.

    `covers_until` is inclusive: for a later day the rate is missing, even though an older
    publication exists, because a publication for that day may still arrive.
    """

    currency: str
    source: str
    covers_from: date
    covers_until: date
    rates: tuple[PublishedRate, ...]

    def checked(self) -> "RateHistory":
        """Return itself. Refuses: RATE_NOT_POSITIVE, INVALID_DOCUMENT."""
        refusals = [
            Refusal(Reason.RATE_NOT_POSITIVE, f"rates[{i}]", actual=str(rate.per_euro))
            for i, rate in enumerate(self.rates)
            if not rate.per_euro.is_finite() or rate.per_euro <= 0
        ]
        days = [rate.published_on for rate in self.rates]
        if days != sorted(set(days)):
            refusals.append(Refusal(Reason.INVALID_DOCUMENT, "rates", "ascending days"))
        if not days or self.covers_from > days[0] or self.covers_until < days[-1]:
            refusals.append(Refusal(Reason.INVALID_DOCUMENT, "covers_from", "a span of its rates"))
        if refusals:
            raise Refused(*refusals)
        return self

    def continues(self, earlier: "RateHistory") -> bool:
        """True where every day that `earlier` covers has the rate it had there."""
        again = tuple(
            rate
            for rate in self.rates
            if earlier.covers_from <= rate.published_on <= earlier.covers_until
        )
        spans = (
            self.covers_from <= earlier.covers_from and earlier.covers_until <= self.covers_until
        )
        return spans and again == earlier.rates

    def last_published_before_or_on(self, day: date) -> PublishedRate | None:
        """Return the rate for a day, or None outside the covered span."""
        if not self.covers_from <= day <= self.covers_until:
            return None
        index = bisect_right([rate.published_on for rate in self.rates], day)
        return self.rates[index - 1] if index else None
