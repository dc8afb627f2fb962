"""Whatever a book holds in another currency, its exchange differences come to what they must."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ledger.books.entries import reversal_of
from ledger.books.revaluation import (
    Day,
    ForeignFigures,
    Pool,
    entries_of_revaluation,
    held_in,
    revalued,
    taken_back_of,
)
from ledger.fx.convert import FxDecision
from ledger.fx.history import ExchangeRates
from ledger.fx.rates import PublishedRate, RateHistory
from ledger.values.aggregate import recording_at
from ledger.values.money import round_to_scale_4
from ledger.values.provenance import Provenance

DAY = date(2026, 10, 1)
PERSON = Provenance("finn", "asserted", *[datetime(2026, 11, 1, tzinfo=UTC)] * 2)
ACCOUNTS = ("receivable:driver", "payable:CH*ALP", "psp:NL*PSP", "disputed:receivable:DE*EMP")
amounts = st.integers(-(10**9), 10**9).map(lambda units: Decimal(units).scaleb(-4))
rates = st.integers(1, 10**6).map(lambda units: Decimal(units).scaleb(-4))


@st.composite
def days(draw, number: int) -> Day:
    """Draw a day on which things come in at its rate, and others are settled at it."""
    came, settled, rate = draw(amounts), draw(amounts), draw(rates)
    at = [round_to_scale_4(amount * rate) for amount in (came, settled)]
    return Day(DAY + timedelta(days=number), came, at[0], settled, at[1])


@st.composite
def pools(draw) -> Pool:
    account, currency = draw(st.sampled_from(ACCOUNTS)), draw(st.sampled_from(("CHF", "NOK")))
    moved = tuple(draw(days(number)) for number in range(draw(st.integers(0, 5))))
    amount = draw(amounts)
    return Pool(account, currency, amount, round_to_scale_4(amount * draw(rates)), moved)


@st.composite
def books(draw) -> tuple[ForeignFigures, dict[str, Decimal]]:
    held = {(row.account, row.currency): row for row in draw(st.lists(pools(), max_size=6))}
    figures = ForeignFigures("emp-gmbh", "EUR", "2026-10", tuple(held.values()))
    return figures, {"CHF": draw(rates), "NOK": draw(rates)}


def at(rate_of: dict[str, Decimal]):
    return lambda currency, into: FxDecision(
        currency, into, rate_of[currency], date(2026, 10, 31), "ECB", "session_end"
    )


def sums(entries):
    """Return what entries come to per account and currency: in it, and in the book's."""
    found: dict[tuple[str, str], list[Decimal]] = {}
    for entry in entries:
        for row in entry.postings:
            sign = 1 if row.side == "debit" else -1
            kept = found.setdefault((row.account, entry.currency), [Decimal(0), Decimal(0)])
            kept[0] += sign * row.amount
            kept[1] += sign * row.book_amount
    return found


@given(books())
def test_a_revaluation_and_its_reversal_cancel_per_account_and_currency(drawn):
    figures, rate_of = drawn
    entries = entries_of_revaluation(figures, revalued(figures, at(rate_of)))
    revaluation = [row for row in entries if row.rule == "fx_revalued"]
    back = taken_back_of(entries)
    assert len(back) == len(revaluation)
    assert all(value == [0, 0] for value in sums([*revaluation, *back]).values())
    assert [reversal_of(row) for row in back] == revaluation


@given(books())
def test_every_entry_balances_and_moves_nothing_but_its_worth(drawn):
    figures, rate_of = drawn
    for entry in entries_of_revaluation(figures, revalued(figures, at(rate_of))):
        debit, credit = sorted(entry.postings, key=lambda row: row.side == "credit")
        assert (debit.side, credit.side) == ("debit", "credit")
        assert debit.book_amount == credit.book_amount > 0
        assert str(debit.amount) == str(credit.amount) == "0.0000"
        assert debit.book_amount.as_tuple().exponent == -4


@given(books())
def test_what_is_open_is_worth_its_rate_and_what_is_not_is_worth_nothing(drawn):
    figures, rate_of = drawn
    items = revalued(figures, at(rate_of))
    booked = sums(entries_of_revaluation(figures, items))
    before = {(row.account, row.currency): row for row in figures.pools}
    for item in items:
        pool = before[item.account, item.currency]
        in_book = pool.book_amount + sum(
            (day.book_amount + day.book_settled for day in pool.days), Decimal(0)
        )
        change = booked.get((item.account, item.currency), [0, Decimal(0)])[1]
        assert in_book + change == item.worth
        assert item.worth == round_to_scale_4(item.amount * rate_of[item.currency])
        assert (item.fx is None) == (item.amount == 0)


@given(pools(), rates)
def test_over_a_life_the_differences_are_what_was_settled_less_what_was_booked(pool, rate):
    """Whatever the days before were: settled whole on the last one, nothing is left of it."""
    held = held_in(pool)
    worth = round_to_scale_4(-held.amount * rate)
    last = Day(DAY + timedelta(days=30), settled=-held.amount, book_settled=worth)
    end = held_in(Pool(pool.account, pool.currency, pool.amount, pool.book_amount,
                       (*pool.days, last)))  # fmt: skip
    moved = pool.book_amount + worth
    moved += sum((day.book_amount + day.book_settled for day in pool.days), Decimal(0))
    assert (end.amount, end.carrying, end.realised) == (0, 0, -moved)


@given(amounts, rates, rates)
def test_the_exact_reversal_on_another_day_realises_nothing(amount, rate, another):
    booked = round_to_scale_4(amount * rate)
    days = (Day(DAY, amount, booked), Day(DAY + timedelta(days=3), -amount, -booked))
    held = held_in(Pool("receivable:DE*EMP", "CHF", Decimal(0), Decimal(0), days))
    assert held == (0, 0, 0)


def francs(rows: list[PublishedRate], until: date) -> RateHistory:
    return RateHistory("CHF", "BANK", rows[0].published_on, until, tuple(rows))


@given(st.lists(rates, min_size=1, max_size=30), st.lists(st.integers(1, 29)), st.randoms())
def test_rates_imported_piece_by_piece_in_any_order_are_those_imported_at_once(drawn, cuts, chance):
    """Pieces that touch, from the first on and then from the others on as they come."""
    published = [PublishedRate(DAY + timedelta(days=n), rate) for n, rate in enumerate(drawn)]
    places = sorted({0, *(cut for cut in cuts if cut < len(published)), len(published)})
    pieces = [
        francs(published[begin:end], published[end - 1].published_on)
        for begin, end in pairwise(places)
    ]
    whole, last = ExchangeRates.blank("CHF@BANK"), published[-1].published_on
    with recording_at(datetime(2026, 11, 1, tzinfo=UTC)):
        whole.import_history(francs(published, last), provenance=PERSON)
        parts = ExchangeRates.blank("CHF@BANK")
        begun = chance.randrange(len(pieces))
        for piece in [*pieces[begun:], *reversed(pieces[:begun])]:
            kind = parts.import_history(piece, provenance=PERSON)
            assert kind in ("new", "extended", "completed")
        again = chance.choice(pieces)
        assert parts.import_history(again, provenance=PERSON) == "unchanged"
    assert parts.history == whole.history
    replayed = ExchangeRates.blank("CHF@BANK")
    for happened in parts.pending_events:
        happened.mutate(replayed)
    assert replayed.history == whole.history
