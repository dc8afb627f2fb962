"""Exchange rates as people look at them: what was published, and which rate a rule picks."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple, get_args

from ledger.application.ledger import Ledger
from ledger.fx.convert import (
    DateRule,
    FxDecision,
    FxTerms,
    decide_fx,
    rate_day,
    rates_key,
)
from ledger.fx.history import ExchangeRates
from ledger.fx.publication_days import is_published_on
from ledger.fx.rates import PublishedRate, RateHistory
from ledger.values.money import currency_of
from ledger.values.reasons import Reason, Refusal, Refused

_DAY: Final = timedelta(days=1)
EURO: Final = "EUR"


class Hole(NamedTuple):
    """Days, both included, on which a source usually publishes and did not."""

    first: date
    last: date


class Picked(NamedTuple):
    """Which rate a rule picks for a day of service, or why none."""

    rule: DateRule
    rate_day: date
    fx: FxDecision | None
    refusals: tuple[Refusal, ...] = ()


class ShownRates(NamedTuple):
    """The rates of a currency by a source: the last publications, and what a rule picks."""

    currency: str
    source: str
    covers_from: date
    covers_until: date
    publications: int
    holes: list[Hole]
    last: list[PublishedRate]
    into: str
    on: date | None
    picked: list[Picked]


def show_rates(
    ledger: Ledger,
    currency: str,
    *,
    source: str,
    into: str = EURO,
    on: date | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
    markup_bps: int = 0,
    last: int = 10,
) -> ShownRates:
    """Return a currency's rates as published by a day and recorded by an instant.

    With `on`, which rate every date rule picks for a service of that day. Refuses: NOT_FOUND,
    UNKNOWN_CURRENCY.
    """
    currency_of(into)
    histories = {
        rates_key(each, source): found
        for each in {currency, into} - {EURO}
        if (found := _recorded(ledger, rates_key(each, source), as_of, known_at)) is not None
    }
    own = histories.get(rates_key(currency, source))
    if own is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "currency", f"rates by {source}", currency))
    rules: tuple[DateRule, ...] = get_args(DateRule)
    return ShownRates(
        currency,
        source,
        own.covers_from,
        own.covers_until,
        len(own.rates),
        holes_in(own),
        list(own.rates[-last:]),
        into,
        on,
        []
        if on is None
        else [_picked(rule, on, currency, into, histories, source, markup_bps) for rule in rules],
    )


def holes_in(history: RateHistory) -> list[Hole]:
    """Return where nothing was published although the source was open.

    >>> days = [PublishedRate(date(2026, 10, day), 1) for day in (1, 2, 7)]
    >>> found = RateHistory("CHF", "ECB", date(2026, 10, 1), date(2026, 10, 7), tuple(days))
    >>> [(hole.first.day, hole.last.day) for hole in holes_in(found)]
    [(5, 6)]
    """
    found = []
    for before, after in pairwise(row.published_on for row in history.rates):
        days = [before + _DAY * place for place in range(1, (after - before).days)]
        silent = [day for day in days if is_published_on(day, history.source)]
        if silent:
            found.append(Hole(silent[0], silent[-1]))
    return found


def _picked(
    rule: DateRule,
    on: date,
    currency: str,
    into: str,
    histories: dict[str, RateHistory],
    source: str,
    markup_bps: int,
) -> Picked:
    day = rate_day(rule, on)
    try:
        fx = decide_fx(
            from_currency=currency,
            to_currency=into,
            rate_on=on,
            histories=histories,
            terms=FxTerms(source, rule, markup_bps),
        )
    except Refused as refused:
        return Picked(rule, day, None, refused.refusals)
    return Picked(rule, day, fx)


def _recorded(
    ledger: Ledger, key: str, as_of: date | None, known_at: datetime | None
) -> RateHistory | None:
    """Return what was recorded by an instant, of what was published by a day."""
    found = ExchangeRates.blank(key)
    for stored in ledger.store.events_of([found.id]).get(found.id, ()):
        event = ledger.event_mapper.to_domain_event(stored)
        if known_at is None or event.timestamp <= known_at:
            event.mutate(found)
    history = found.history
    if history is None or as_of is None or as_of >= history.covers_until:
        return history
    rates = history.within(history.covers_from, as_of)
    if not rates:
        return None
    return RateHistory(history.currency, history.source, history.covers_from, as_of, rates)
