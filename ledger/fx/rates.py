"""Reference rates against the euro, as a source published them.

Source: ECB euro foreign exchange reference rates: units of the currency for one euro; nothing is
published on closed days, for which the last publication before applies. Never interpolated.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Final, NamedTuple

import msgspec

from ledger.fx.publication_days import quiet_until
from ledger.values.ended_currencies import ended_currency
from ledger.values.reasons import Reason, Refusal, Refused

EURO_BEGAN: Final = date(1999, 1, 1)
"""Before it there was no euro that a rate could be against."""
_DAY: Final = timedelta(days=1)
_BY_DAY: Final = attrgetter("published_on")


class PublishedRate(msgspec.Struct, frozen=True):
    """How many units of a currency one euro bought on a publication day."""

    published_on: date
    per_euro: Decimal


class RateChange(NamedTuple):
    """A day on which another rate is stated than is known; None where there is no publication."""

    published_on: date
    known: Decimal | None
    stated: Decimal | None


def refusals_of(currency: str, rate: PublishedRate, *, path: str) -> Iterator[Refusal]:
    """Yield why a rate cannot be right.

    RATE_NOT_POSITIVE, RATE_DATE_IMPOSSIBLE before the euro, CURRENCY_ENDED from the day on which
    the currency was money no more.

    >>> kuna = PublishedRate(date(2023, 1, 2), Decimal("7.53"))
    >>> [row.reason.value for row in refusals_of("HRK", kuna, path="rates[0]")]
    ['CURRENCY_ENDED']
    """
    if not rate.per_euro.is_finite() or rate.per_euro <= 0:
        yield Refusal(Reason.RATE_NOT_POSITIVE, path, actual=str(rate.per_euro))
    if rate.published_on < EURO_BEGAN:
        expected = f"a day from {EURO_BEGAN} on"
        yield Refusal(Reason.RATE_DATE_IMPOSSIBLE, path, expected, rate.published_on.isoformat())
    ended = ended_currency(currency, rate.published_on)
    if ended is not None:
        expected = f"{ended.replaced_by} since {ended.ended_on}"
        yield Refusal(Reason.CURRENCY_ENDED, path, expected, f"{currency} {rate.published_on}")


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
        """Return itself. Refuses: what `refusals_of` finds, INVALID_DOCUMENT."""
        refusals = [
            refusal
            for index, rate in enumerate(self.rates)
            for refusal in refusals_of(self.currency, rate, path=f"rates[{index}]")
        ]
        days = [rate.published_on for rate in self.rates]
        if days != sorted(set(days)):
            refusals.append(Refusal(Reason.INVALID_DOCUMENT, "rates", "ascending days"))
        if not days or self.covers_from > days[0] or self.covers_until < days[-1]:
            refusals.append(Refusal(Reason.INVALID_DOCUMENT, "covers_from", "a span of its rates"))
        if refusals:
            raise Refused(*refusals)
        return self

    def within(self, first: date, last: date) -> tuple[PublishedRate, ...]:
        """Return what was published from one day to another, both included."""
        begin = bisect_right(self.rates, first - _DAY, key=_BY_DAY)
        return self.rates[begin : bisect_right(self.rates, last, key=_BY_DAY)]

    def changes_of(self, known: "RateHistory") -> tuple[RateChange, ...]:
        """Return the days that both cover and of which they say something else."""
        first = max(self.covers_from, known.covers_from)
        last = min(self.covers_until, known.covers_until)
        was = {row.published_on: row.per_euro for row in known.within(first, last)}
        now = {row.published_on: row.per_euro for row in self.within(first, last)}
        return tuple(
            RateChange(day, was.get(day), now.get(day))
            for day in sorted(was.keys() | now.keys())
            if was.get(day) != now.get(day)
        )

    def merged_into(self, known: "RateHistory") -> "RateHistory":
        """Return what is known with these publications: they stand on all days they cover.

        Refuses: RATE_GAP where a day between the two is covered by neither, unless it is one on
        which the source publishes nothing.
        """
        for earlier, later in ((known, self), (self, known)):
            first = quiet_until(earlier.covers_until, self.source) + _DAY
            if first < later.covers_from:
                path, last = f"{self.currency} by {self.source}", later.covers_from - _DAY
                raise Refused(
                    Refusal(Reason.RATE_GAP, path, actual=f"nothing from {first} to {last}")
                )
        return RateHistory(
            self.currency,
            self.source,
            min(self.covers_from, known.covers_from),
            max(self.covers_until, known.covers_until),
            (
                *known.within(date.min + _DAY, self.covers_from - _DAY),
                *self.rates,
                *known.within(self.covers_until + _DAY, date.max),
            ),
        )

    def extended(self, rates: tuple[PublishedRate, ...], covers_until: date) -> "RateHistory":
        """Return itself with the publications of later days, up to `covers_until`."""
        return RateHistory(
            self.currency, self.source, self.covers_from, covers_until, (*self.rates, *rates)
        )

    def last_published_before_or_on(self, day: date) -> PublishedRate | None:
        """Return the rate for a day, or None outside the covered span."""
        if not self.covers_from <= day <= self.covers_until:
            return None
        index = bisect_right(self.rates, day, key=_BY_DAY)
        return self.rates[index - 1] if index else None
