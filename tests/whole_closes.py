"""Months of any world taken through their whole close, in all calendars and books at once."""

from collections.abc import Callable
from datetime import datetime, timedelta

from console.close_preview import Place, clauses_of
from console.closing import fall_due, true_up
from console.revaluing import foreign_in, revalue
from ledger.application.closing import cut_off_period, hard_close_period, soft_close_period
from ledger.application.commands import By
from ledger.application.registration import advance_time
from ledger.roaming.entity import LegalEntity
from ledger.settlement.period import SettlementPeriod
from ledger.values.instants import month_after, start_of_month
from projections.database import reading
from projections.queries.accrual import accruals
from projections.queries.balance import trial_balance
from projections.queries.period import checkpoint, figures, period_cdrs
from projections.runner import Projector
from tests.ledger_world import World


def close_month(
    world: World, month: str, at: datetime, meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Take every period of a month through its close, and with the last one the books' month.

    After every step something may happen `meanwhile`; and a step that is taken again does nothing.
    """
    by, place = By("finn", "asserted", at), Place(world.url, {}, "")
    advance_time(world.ledger, start_of_month(month, "UTC") + timedelta(days=1))
    advance_time(world.ledger, at)
    periods = periods_of(world, month)
    for period in periods:
        cut_off_period(world.ledger, period, by=by)
        meanwhile()
        true_up(world.ledger, place, period, by=by)
        meanwhile()
        fall_due(world.ledger, place, period, by=by)
        meanwhile()
        for step in (true_up, fall_due):  # a rate that was corrected meanwhile moves them again
            step(world.ledger, place, period, by=by)
            assert step(world.ledger, place, period, by=by) == ()
        soft_close(world, period, by)
        meanwhile()
    for period in periods:
        revalue(world.ledger, world.url, month, by=by)
        meanwhile()
        revalued = revalue(world.ledger, world.url, month, by=by)
        assert revalue(world.ledger, world.url, month, by=by) == revalued
        hard_close(world, period, by)
        meanwhile()


def periods_of(world: World, month: str) -> list[str]:
    """Return the settlement periods of a month, of all calendars."""
    world.ledger.refresh()
    known = world.ledger.facts.all_of(SettlementPeriod)
    return sorted(row.key for row in known if row.month == month)


def soft_close(world: World, period: str, by: By) -> None:
    """Fix the figures of a period, as they are projected."""
    Projector(world.url).run(until_caught_up=True)
    with reading(world.url) as connection:
        cdrs = [row.cdr for row in period_cdrs(connection, period)]
        exact = figures(connection, period)
        soft_close_period(
            world.ledger,
            period,
            figures=exact,
            clauses=clauses_of(world.ledger, connection, period),
            accruals=accruals(connection, period),
            checkpoint=checkpoint(connection, exact),
            cdrs=cdrs,
            by=by,
        )


def hard_close(world: World, period: str, by: By) -> None:
    """Make a period immutable, and every book's month with the last one."""
    Projector(world.url).run(until_caught_up=True)
    month = period.partition("/")[2]
    world.ledger.refresh()
    books = [row.key for row in world.ledger.facts.all_of(LegalEntity)]
    with reading(world.url) as connection:
        exact = figures(connection, period)
        hard_close_period(
            world.ledger,
            period,
            figures=exact,
            checkpoint=checkpoint(connection, exact),
            trial_balances={book: trial_balance(connection, book, month) for book in books},
            foreign=foreign_in(world.ledger, connection, month),
            by=by,
        )


def closes_at(month: str) -> datetime:
    """Return when people close a month: on the third of the next."""
    return start_of_month(month_after(month), "UTC") + timedelta(days=2, hours=10)
