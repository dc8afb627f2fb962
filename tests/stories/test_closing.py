"""A settlement period is opened, cut off, reviewed, soft-closed and hard-closed, in this order."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.application.closing import (
    cut_off_period,
    hard_close_period,
    soft_close_period,
)
from ledger.application.commands import By
from ledger.application.hashing import hash_of_list
from ledger.application.registration import advance_time
from ledger.books.invoice_groups import Accruals
from ledger.roaming.terms import Terms
from ledger.settlement.accounting import TrialBalance
from ledger.settlement.period import Checkpoint, PeriodFigures, SettlementPeriod
from ledger.settlement.true_up import ClauseFigures
from ledger.values.reasons import Refused
from tests.ledger_cast import AGREEMENTS, CAST, CPO, EMSP, agreement
from tests.ledger_statements import cdr, october, session, tariff
from tests.ledger_world import World, as_journal, journal

OCTOBER = "ALL/2026-10"
MONTH_IS_OVER = datetime(2026, 10, 31, 23, tzinfo=UTC)  # midnight in Amsterdam, in winter time
BY = By("finn", "asserted", MONTH_IS_OVER)
PER_KWH = tariff(("ENERGY", "0.50", 1))


@pytest.fixture
def world(database_url):
    world = World(database_url, *CAST, *AGREEMENTS)
    advance_time(world.ledger, october(1))
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"))
    return world


def figures(*cdrs):
    return PeriodFigures(len(cdrs), hash_of_list(cdrs), 0, ())


def cut_off(world, by=BY):
    cut_off_period(world.ledger, OCTOBER, by=by)


def soft_close(world, *cdrs, stated=None):
    soft_close_period(
        world.ledger,
        OCTOBER,
        figures=stated or figures(*cdrs),
        clauses=ClauseFigures(),
        accruals=Accruals(),
        checkpoint=Checkpoint("period", 10, "f" * 64),
        cdrs=cdrs,
        by=BY,
    )


def hard_close(world, debit="6.05", credit="6.05", position=10):
    balance = TrialBalance(Decimal(debit), Decimal(credit), 3, "b" * 64)
    hard_close_period(
        world.ledger,
        OCTOBER,
        figures=figures("NL*XYZ/c1"),
        checkpoint=Checkpoint("period", position, "f" * 64),
        trial_balances={"xyz-bv": balance},
        by=BY,
    )


STEPS = (cut_off, lambda world: soft_close(world, "NL*XYZ/c1"), hard_close)


@pytest.mark.parametrize(
    ("done", "refused"),
    [
        (0, {"soft_close", "hard_close"}),
        (1, {"cut_off", "hard_close"}),
        (2, {"cut_off", "soft_close"}),
        (3, {"cut_off", "soft_close", "hard_close"}),
    ],
)
def test_each_step_follows_the_one_before_and_none_is_done_twice(world, done, refused):
    for step in STEPS[:done]:
        step(world)
    before = world.rows("SELECT position FROM log.head")
    for name, step in zip(("cut_off", "soft_close", "hard_close"), STEPS, strict=True):
        if name in refused:
            with pytest.raises(Refused, match="PERIOD_NOT_OPEN"):
                step(world)
    assert world.rows("SELECT position FROM log.head") == before


def test_a_period_is_not_cut_off_before_it_has_ended_in_its_zone(world):
    a_second_early = By("finn", "asserted", MONTH_IS_OVER.replace(hour=22, minute=59, second=59))
    with pytest.raises(Refused, match="PERIOD_NOT_OVER"):
        cut_off(world, a_second_early)
    cut_off(world)


def test_a_period_that_nobody_opened_cannot_be_cut_off(world):
    with pytest.raises(Refused, match="NOT_FOUND"):
        cut_off_period(world.ledger, "ALL/2026-11", by=BY)


def test_a_list_that_is_not_the_one_the_figures_count_is_refused(world):
    cut_off(world)
    with pytest.raises(Refused, match="FIGURES_MOVED"):
        soft_close(world, "NL*XYZ/c1", stated=figures("NL*XYZ/c1", "NL*XYZ/c2"))
    with pytest.raises(Refused, match="FIGURES_MOVED"):
        soft_close(world, "NL*XYZ/c2", stated=figures("NL*XYZ/c1"))
    soft_close(world, "NL*XYZ/c1")
    assert world.rows("SELECT number, cdr FROM log.batch_list") == [(1, "NL*XYZ/c1")]


def test_a_book_out_of_balance_blocks_the_hard_close(world):
    cut_off(world)
    soft_close(world, "NL*XYZ/c1")
    with pytest.raises(Refused, match="CLOSE_BLOCKED"):
        hard_close(world, credit="6.04")
    hard_close(world)


def test_a_hard_close_names_the_root_of_the_log_it_closed_over(world):
    cut_off(world)
    soft_close(world, "NL*XYZ/c1")
    hard_close(world, position=10)
    closed = next(e for e in world.events() if e.TOPIC == "settlement_period.hard_closed.v1")
    assert closed.log_root == world.ledger.store.merkle_root(10).hex()
    assert closed.log_root != world.ledger.store.merkle_root(11).hex()


def test_time_opens_each_month_once_in_the_zone_of_the_calendar(world):
    assert advance_time(world.ledger, october(31, 22, 59)) == []
    assert advance_time(world.ledger, MONTH_IS_OVER) == ["ALL/2026-11"]
    assert advance_time(world.ledger, MONTH_IS_OVER) == []
    opened = world.ledger.facts.periods
    world.ledger.refresh()
    assert {key: period.state for key, period in opened.items()} == {
        "ALL/2026-10": "OPEN",
        "ALL/2026-11": "OPEN",
    }
    assert isinstance(opened[OCTOBER], SettlementPeriod)


@pytest.mark.parametrize("steps_done", [1, 2, 3])
def test_a_cdr_after_the_cut_off_is_booked_in_the_next_period_as_late(world, steps_done):
    for step in STEPS[:steps_done]:
        step(world)
    world.send(session("C2"), cdr("C2", "5.00"))
    booking = world.cdr("C2").decision.booking
    assert booking.service_period == OCTOBER
    assert str(booking.service_on) == "2026-10-10"
    assert (booking.posted_period, booking.late_of) == ("ALL/2026-11", OCTOBER)
    assert (str(booking.posted_on), booking.accounting_month) == ("2026-11-01", "2026-11")


def test_what_is_decided_again_after_the_close_is_reversed_and_booked_in_the_next(world):
    for step in STEPS:
        step(world)
    world.send(tariff(("ENERGY", "0.501", 1), updated=october(9)))
    again = next(event for event in world.events() if event.TOPIC == "cdr.redecided.v1")
    assert as_journal(again.reversal[:1]) == journal("""
        xyz-bv charging_sold reversed
            credit receivable:DE*EMP  5.0000 EUR
            debit  revenue:charging   5.0000 EUR
    """)
    for booking in (again.reversal_booking, again.decision.booking):
        assert booking.service_period == OCTOBER
        assert (booking.posted_period, booking.late_of) == ("ALL/2026-11", OCTOBER)


def test_an_agreement_may_refuse_late_facts(world):
    refusing = Terms(late_facts="refuse")
    world.learn(agreement(CPO, EMSP, refusing, valid_from=october(2), correction="agreed late"))
    world.settle()
    world.send(session("C2"), cdr("C2", "5.00"))
    world.send(tariff(("ENERGY", "0.501", 1), updated=october(9)))
    assert world.cdr("C2").decision.legs[0].net == Decimal("5.0000")
    assert world.topics_of("NL*XYZ/c2") == ["cdr.accepted.v1"]


def test_a_held_cdr_released_after_the_close_goes_to_the_period_that_is_open_then(world):
    world.send(cdr("C3", "5.00"))
    for step in STEPS:
        step(world)
    world.send(session("C3"))
    assert world.cdr("C3").decision.booking.posted_period == "ALL/2026-11"
