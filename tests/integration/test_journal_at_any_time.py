"""Balances of any past time: kept ones and a part of a block are what a replay until then gives."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from projection_events import START, accept, cdr_of, decision, redecide
from projection_log import RecordedLog

from ledger.values.aggregate import recording_at
from projections.database import connect, reading
from projections.journal_rows import BLOCK_SIZE
from projections.queries.balance import (
    balances,
    balances_beside_postings,
    trial_balance,
    trial_balance_rows,
)
from projections.queries.journal import journal, known_until
from projections.queries.ledger import Span, ledger_lines
from projections.rebuild import rebuild, verify
from projections.runner import Projector
from projections.schema import migrate

MONTHS = ("2026-09", "2026-10", "2026-11")
NOTHING = Decimal("0.0000")
FILTERS = (
    {},
    {"book": "xyz-bv"},
    {"account": "revenue:charging"},
    {"month": "2026-10"},
    {"before": "2026-11"},
    {"as_of": date(2026, 10, 5)},
    {"as_of": date(2026, 10, 31), "book": "emp-gmbh", "before": "2026-11"},
)


class Log:
    """A log with projections; events lie far apart in it, as where much else is recorded."""

    def __init__(self, url, *, seed=0, widest=BLOCK_SIZE // 2):
        self.url, self.random, self.widest = url, Random(seed), widest
        self.log = RecordedLog(url).create()
        self.numbers = Random(seed + 1)
        self.cdrs = []
        migrate(url)

    def record(self, recorded_at):
        """Record one event: a CDR, or another decision about one."""
        self.log.position += self.random.randrange(self.widest)
        net = f"{self.numbers.randrange(1, 500)}.{self.numbers.randrange(10**4):04}"
        month = self.numbers.choice(MONTHS)
        with recording_at(recorded_at):
            if self.cdrs and self.numbers.random() < 0.3:
                cdr = self.numbers.choice(self.cdrs)
                if cdr.decision is not None:
                    redecide(cdr, decision(net=net, posted_month=month, late_of="ALL/2026-08"))
            else:
                number = len(self.cdrs)
                decided = decision(number, net=net, posted_month=month, late_of="ALL/2026-08")
                cdr = accept(cdr_of(number), number, decided)
                self.cdrs.append(cdr)
            return self.log.record([cdr])

    def project(self, page_size=7):
        Projector(self.url, page_size=page_size).run(until_caught_up=True)

    def ask(self, question, *args, **filters):
        with reading(self.url) as connection:
            return question(connection, *args, **filters)

    def blocks(self):
        with reading(self.url) as connection:
            return connection.execute("SELECT count(*) FROM journal.log_block").fetchone()[0]


@pytest.fixture(scope="module")
def instants():
    """When each event is recorded, in order."""
    draw = Random(7)
    found, at = [], START
    for _ in range(40):
        at += timedelta(seconds=draw.randrange(1, 5000), microseconds=draw.randrange(10**6))
        found.append(at)
    return found


@pytest.fixture(scope="module")
def whole(new_database, instants):
    """A log of all events."""
    log = Log(new_database())
    for instant in instants:
        log.record(instant)
    log.project()
    return log


def sums(entries, *, month=None, before=None, account=None, as_of=None, **_):
    """Add up what entries say, without any balance."""
    found = defaultdict(lambda: [NOTHING] * 4)
    for entry in entries:
        if (
            (month is not None and entry.accounting_month != month)
            or (before is not None and entry.accounting_month >= before)
            or (as_of is not None and entry.posted_on > as_of)
        ):
            continue
        for posting in entry.postings:
            if account in (None, posting.account):
                place = 0 if posting.side == "debit" else 1
                row = found[entry.book, posting.account, entry.currency]
                row[place] += posting.amount
                row[place + 2] += posting.book_amount
    return dict(found)


def by_account(found):
    return {
        (row.book, row.account, row.currency): [
            row.debit,
            row.credit,
            row.book_debit,
            row.book_credit,
        ]
        for row in found
    }


def test_the_log_of_these_tests_has_many_blocks(whole):
    (blocks,) = whole.ask(
        lambda db: db.execute("SELECT count(*) FROM journal.log_block").fetchone()
    )
    assert blocks > 10


def test_what_was_known_at_any_position_is_what_a_replay_until_there_gives(
    whole, instants, new_database
):
    replay = Log(new_database(), widest=1)
    for instant in instants:
        replay.record(instant)
        replay.project()
        for filters in ({}, {"as_of": date(2026, 10, 31)}, {"month": "2026-10"}):
            then = whole.ask(balances, known_at=instant, **filters)
            assert then == replay.ask(balances, **filters)
            assert then or filters
    assert then == whole.ask(balances, **filters)


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_what_was_known_at_any_time_is_the_sum_of_the_postings_known_then(whole, instants, filters):
    draw = Random(3)
    span = instants[-1] - START
    times = [START + span * draw.random() for _ in range(10)]
    for known_at in [*times, START - span, instants[0], instants[-1], instants[-1] + span, None]:
        booked = whole.ask(journal, known_at=known_at, book=filters.get("book"))
        found = whole.ask(balances, known_at=known_at, **filters)
        assert by_account(found) == sums(booked, **filters)
        assert all(row.balance == row.debit - row.credit for row in found)


def test_clocks_that_differ_by_hours_change_nothing(new_database, instants):
    log, draw = Log(new_database(), seed=5), Random(11)
    skewed = [instant + timedelta(hours=draw.randrange(-30, 30)) for instant in instants]
    for instant in skewed:
        log.record(instant)
    log.project()
    for known_at in (instants[3], skewed[10], skewed[20], instants[30], skewed[-1]):
        booked = log.ask(journal, known_at=known_at)
        assert by_account(log.ask(balances, known_at=known_at)) == sums(booked)
        everything = log.ask(journal)
        assert booked == [row for row in everything if row.recorded_at <= known_at]
        assert len(booked) not in (0, len(everything))
        lines = log.ask(lambda db, at=known_at: [*ledger_lines(db, span=Span(known_at=at))])
        assert {row.entry for row in lines} == {row.id for row in booked}
        assert len(lines) == sum(len(row.postings) for row in booked)


def test_what_is_known_at_an_instant_is_asked_of_the_blocks_until_then(whole, instants):
    everything = whole.ask(journal)
    before_all, *bounds = [
        whole.ask(known_until, at)
        for at in (START - timedelta(seconds=1), instants[5], instants[-1])
    ]
    assert (before_all, whole.ask(known_until, None)) == (0, None)
    for at, bound in zip((instants[5], instants[-1]), bounds, strict=True):
        last = max(row.position for row in everything if row.recorded_at <= at)
        assert last < bound <= last + BLOCK_SIZE
    assert whole.ask(journal, known_at=START - timedelta(seconds=1)) == []


@pytest.mark.parametrize(
    "past", [{}, {"known_at": 20}, {"known_at": 31, "as_of": date(2026, 10, 5)}]
)
def test_a_trial_balance_leads_from_its_opening_to_its_closing(whole, instants, past):
    if "known_at" in past:
        past = {**past, "known_at": instants[past["known_at"]]}
    found = whole.ask(trial_balance_rows, month="2026-10", **past)
    before = {key[:3]: key for key in whole.ask(balances, before="2026-10", **past)}
    added = {key[:3]: key for key in whole.ask(balances, month="2026-10", **past)}
    closed = {key[:3]: key for key in whole.ask(balances, before="2026-11", **past)}
    assert {row[:3] for row in found} == set(closed)
    for row in found:
        opening, turnover, closing = (rows.get(row[:3]) for rows in (before, added, closed))
        assert row.opening == (opening.balance if opening else NOTHING)
        assert row.book_opening == (opening.book_balance if opening else NOTHING)
        assert (row.debit, row.credit) == (
            (turnover.debit, turnover.credit) if turnover else (NOTHING, NOTHING)
        )
        assert (row.closing, row.book_closing) == (closing.balance, closing.book_balance)
        assert row.closing == row.opening + row.debit - row.credit
        assert row.book_closing == row.book_opening + row.book_debit - row.book_credit
    for currency in {row.currency for row in found}:
        assert sum(row.closing for row in found if row.currency == currency) == 0


def test_a_month_is_closed_on_the_same_hash_however_long_its_log_is(whole, instants, new_database):
    short = Log(new_database(), widest=1)
    for instant in instants:
        short.record(instant)
    short.project(page_size=1000)
    (blocks,) = short.ask(
        lambda db: db.execute("SELECT count(*) FROM journal.log_block").fetchone()
    )
    assert blocks == 1
    for month in MONTHS:
        closed_on = whole.ask(trial_balance, "xyz-bv", month)
        assert closed_on.accounts > 0
        assert closed_on == short.ask(trial_balance, "xyz-bv", month)


def test_kept_balances_are_the_sums_of_their_postings_and_rebuilt_the_same(new_database, instants):
    log = Log(new_database(), seed=9)
    for instant in instants[:20]:
        log.record(instant)
    log.project(page_size=3)
    assert log.ask(balances_beside_postings) == []
    (found,) = verify(log.url, ["journal"], page_size=11)
    assert found.is_same
    before = log.ask(balances, known_at=instants[9])
    rebuild(log.url, ["journal"], page_size=1000)
    assert log.ask(balances, known_at=instants[9]) == before
    with connect(log.url) as connection:
        connection.execute(
            "UPDATE journal.balance SET log_block = log_block + 1 WHERE account = 'cost:fee'"
            " AND log_block = (SELECT max(log_block) FROM journal.balance)"
        )
    assert {row.account for row in log.ask(balances_beside_postings)} == {"cost:fee"}
    (found,) = verify(log.url, ["journal"])
    assert not found.is_same
