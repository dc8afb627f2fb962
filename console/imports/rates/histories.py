"""What a file says of each currency, and over which days: what the ledger imports.

Known is a span without holes. The ECB publishes on every day on which TARGET is open: where its own
file has nothing for a currency on such a day, the rates before are left out, because the last one
would be no rate for the days of the hole; a file that somebody made is refused for it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice, pairwise
from typing import Final, NamedTuple

from msgspec.structs import replace

from console.imports.rates.files import MOST_PROBLEMS, RateFile, RateProblem, ReadRate
from ledger.fx.publication_days import ECB, is_published_on, quiet_until
from ledger.fx.rates import PublishedRate, RateHistory, refusals_of
from ledger.values.ended_currencies import ENDED
from ledger.values.money import currency_of
from ledger.values.reasons import Reason, Refusal, Refused

EURO: Final = "EUR"
_DAY: Final = timedelta(days=1)
_COLUMN_OF: Final = {
    Reason.RATE_NOT_POSITIVE: "per_euro",
    Reason.RATE_DATE_IMPOSSIBLE: "date",
    Reason.CURRENCY_ENDED: "currency",
}


class Histories(NamedTuple):
    """What can be imported, everything that is wrong, and what else there is to say of the file."""

    histories: list[RateHistory]
    problems: list[RateProblem]
    notes: list[str]


def histories_of(
    file: RateFile,
    *,
    on: date,
    currencies: Collection[str] = (),
    begin_on: date | None = None,
) -> Histories:
    """Return what a file says of the currencies named, by default of all, as known on a day.

    `begin_on`: from which day on a rate is wanted; the last publication before it is kept. What
    ended before that day is left out unless it is named.
    Problems: those of the file, UNKNOWN_CURRENCY, RATE_NOT_POSITIVE, CURRENCY_ENDED, RATE_TWICE,
    RATE_GAP, RATE_DATE_IMPOSSIBLE also for a day that is still to come, NOT_FOUND for a currency
    that was named and is not in the file.
    """
    found = Histories([], [*file.problems], [])
    by_currency: defaultdict[tuple[str, str], list[ReadRate]] = defaultdict(list)
    for rate in file.rates:
        if not currencies or rate.currency in currencies:
            by_currency[rate.currency, rate.source].append(rate)
    for missing in sorted(set(currencies) - {currency for currency, _ in by_currency}):
        found.problems.append(
            RateProblem(0, Refusal(Reason.NOT_FOUND, file.name, f"rates of {missing}"))
        )
    for (currency, source), rates in sorted(by_currency.items()):
        if begin_on is not None and not currencies and _all_before(rates, begin_on):
            continue
        wrong = list(islice(_wrong_in(currency, rates, on), MOST_PROBLEMS))
        found.problems.extend(wrong)
        if not wrong:
            wanted = _beginning(sorted(rates, key=lambda row: row.published_on), begin_on)
            kept = _without_hole(wanted, file, found)
            found.histories.append(_history(currency, source, kept))
    found.problems.sort(key=lambda row: row.line)
    return found


def _all_before(rates: Iterable[ReadRate], day: date) -> bool:
    last = max(rates, key=lambda row: row.published_on)
    return quiet_until(last.published_on, last.source) < day


def _wrong_in(currency: str, rates: Iterable[ReadRate], on: date) -> Iterator[RateProblem]:
    if currency == EURO or not _is_known(currency):
        line = min(rate.line for rate in rates)
        expected = "ISO 4217, and not the euro itself"
        yield RateProblem(line, Refusal(Reason.UNKNOWN_CURRENCY, "currency", expected, currency))
    seen: dict[date, int] = {}
    for rate in rates:
        day = rate.published_on
        stated = PublishedRate(day, rate.per_euro)
        for refusal in refusals_of(currency, stated, path=""):
            yield RateProblem(rate.line, replace(refusal, path=_COLUMN_OF[refusal.reason]))
        if day > on:
            expected = f"a day until {on}"
            yield RateProblem(
                rate.line,
                Refusal(Reason.RATE_DATE_IMPOSSIBLE, "date", expected, day.isoformat()),
            )
        if day in seen:
            actual = f"{currency} {day} on line {seen[day]} too"
            yield RateProblem(rate.line, Refusal(Reason.RATE_TWICE, "date", actual=actual))
        seen.setdefault(day, rate.line)


def _without_hole(
    rates: Sequence[ReadRate], file: RateFile, found: Histories
) -> Sequence[ReadRate]:
    """Return the rates behind the last hole; in a file that somebody made, a hole is an error."""
    first, source = rates[0], rates[0].source
    if source != ECB:
        return rates
    kept = 0
    for place, (before, after) in enumerate(pairwise(rates), 1):
        missing = _first_missing(before.published_on, after.published_on)
        if missing is None:
            continue
        hole = f"{first.currency}: nothing is published from {missing} to {after.published_on}"
        if file.says_all:
            kept = place
            found.notes.append(f"{hole}; the rates before it are left out.")
        else:
            refusal = Refusal(Reason.RATE_GAP, "date", f"a rate of {missing}", hole)
            found.problems.append(RateProblem(after.line, refusal))
    for rate in rates:
        if not is_published_on(rate.published_on):
            found.notes.append(
                f"{rate.currency}: the ECB publishes nothing on {rate.published_on};"
                f" line {rate.line} is taken as it is."
            )
    return rates[kept:]


def _first_missing(before: date, after: date) -> date | None:
    day = quiet_until(before) + _DAY
    return day if day < after else None


def _beginning(rates: Sequence[ReadRate], begin_on: date | None) -> Sequence[ReadRate]:
    if begin_on is None:
        return rates
    before = [place for place, row in enumerate(rates) if row.published_on <= begin_on]
    return rates[before[-1] :] if before else rates


def _history(currency: str, source: str, rates: Sequence[ReadRate]) -> RateHistory:
    """Return what is known: until the next day on which something may be published.

    Of a money that has ended nothing is known from that day on.
    """
    until = quiet_until(rates[-1].published_on, source)
    if currency in ENDED:
        until = min(until, ENDED[currency].ended_on - _DAY)
    published = tuple(PublishedRate(row.published_on, row.per_euro) for row in rates)
    return RateHistory(currency, source, published[0].published_on, until, published)


def _is_known(currency: str) -> bool:
    try:
        currency_of(currency)
    except Refused:
        return False
    return True
