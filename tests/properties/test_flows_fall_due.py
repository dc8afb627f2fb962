"""A month of drawn flows falls due: nothing stays accrued, positions are in cents, all is told.

What is credited after that falls due with the next month.
"""

from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ledger.application.closing import cut_off_period, fall_due_period
from ledger.application.commands import AcceptCdr, By
from ledger.application.registration import advance_time
from ledger.settlement.period import SettlementPeriod
from ledger.values.instants import month_after, start_of_month
from ledger.values.money import minor_unit
from projections.database import reading
from projections.queries.accrual import accrual_checkpoint, accruals
from projections.queries.balance import balances_beside_postings, books_out_of_balance
from projections.queries.control import control_accounts, control_blocks
from projections.queries.period import party_positions
from projections.rebuild import verify
from projections.runner import Projector
from projections.schema import migrate
from tests.conforming import departures_in
from tests.flow_arrivals import arrive, in_any_order
from tests.flow_world import Month, months
from tests.ledger_statements import credit_of
from tests.ledger_world import World

OCTOBER, NOVEMBER = "2026-10", "2026-11"
ZONE = "Europe/Zurich"
ACCRUED = """
    SELECT posted_period, entry.book, account, entry.currency,
           sum(CASE side WHEN 'debit' THEN amount ELSE -amount END),
           sum(CASE side WHEN 'debit' THEN book_amount ELSE -book_amount END)
    FROM journal.entry JOIN journal.posting USING (position, number)
    WHERE account ~ '^(revenue|cost):[a-z]+$|:accrued$' AND NOT starts_with(rule, 'group_')
      AND account <> 'cost:chargeback'
    GROUP BY 1, 2, 3, 4"""
SUMMED = """
    SELECT posted_period, book, account, currency, sum(amount), sum(book_amount)
    FROM accrual.sum WHERE account <> 'fx:markup_income' GROUP BY 1, 2, 3, 4"""


@settings(max_examples=4, deadline=None, phases=[Phase.generate])
@given(month=months(), seed=st.integers(0, 2**32))
def test_whatever_was_sold_falls_due_and_every_cent_is_told(
    month: Month, seed: int, new_database: Any
) -> None:
    world = World(new_database())
    migrate(world.url)
    arrive(world, month, in_any_order(month, Random(seed)))
    sold = fall_due(world, OCTOBER)
    assert_all_is_told(world, OCTOBER)
    accepted = {event.cdr for event in world.events() if event.TOPIC == "cdr.accepted.v1"}
    for number, key in enumerate(sorted(accepted)[:3]):
        seller, _, id = key.partition("/")
        found = world.cdr(id, seller)
        if found.state == "accepted" and found.decision is not None:
            world.send(credit_of(AcceptCdr(found.statement), f"LATE{number}"))
    fall_due(world, NOVEMBER)
    assert_all_is_told(world, NOVEMBER)
    assert not departures_in(world.events())
    assert [row.name for row in verify(world.url) if not row.is_same] == []
    assert sold
    world.close()


def fall_due(world: World, month: str) -> int:
    """Take every period of a month to its review and make it due; return how many groups were."""
    by = By("finn", "asserted", start_of_month(month_after(month), "UTC"))
    advance_time(world.ledger, start_of_month(month, ZONE))
    world.ledger.refresh()
    groups = 0
    for period in sorted(row.key for row in world.ledger.facts.all_of(SettlementPeriod)):
        if not period.endswith(month):
            continue
        cut_off_period(world.ledger, period, by=by)
        for _ in range(2):  # the second time there is nothing left
            Projector(world.url).run(until_caught_up=True)
            with reading(world.url) as connection:
                figures = accruals(connection, period)
                at = accrual_checkpoint(connection, figures)
            due = fall_due_period(world.ledger, period, accruals=figures, checkpoint=at, by=by)
            groups += len(due)
        assert due == ()
    return groups


def assert_all_is_told(world: World, month: str) -> None:
    """Books balance, no accrual of the month is left, positions are in the minor unit."""
    Projector(world.url, page_size=11).run(until_caught_up=True)
    assert sums_of(world, ACCRUED) == sums_of(world, SUMMED)
    with reading(world.url) as connection:
        assert books_out_of_balance(connection) == []
        assert balances_beside_postings(connection) == []
        controls = control_accounts(connection, month)
        assert control_blocks(controls) == []
        for row in controls:
            assert row.control != "accrual" or (row.balance, row.book_balance) == (0, 0), row.items
        disputed = any(row.balance for row in controls if row.control == "disputed")
        for (period,) in connection.execute(b"SELECT DISTINCT period FROM period.clearing"):
            positions = party_positions(connection, period)
            if period.endswith(month) and not disputed:
                assert all(row.net_position % minor_unit(row.currency) == 0 for row in positions)


def sums_of(world: World, query: str) -> dict[tuple[str, ...], tuple[Decimal, Decimal]]:
    """Return what stands accrued per period, book, account and currency, without what is zero."""
    return {row[:4]: row[4:] for row in world.rows(query) if row[4] or row[5]}
