"""Every flow and clause decides and books the same, whatever comes when and how often.

The terms of both pairs are drawn, and a seed for the orders. Shrinking would take minutes: every
example is five months on a database.
"""

from random import Random
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.flow_arrivals import (
    arrive,
    assert_every_prefix_balances,
    flow_state,
    in_any_order,
    in_time,
)
from tests.flow_world import Month, months

ORDERS = 4
"""In how many orders a month arrives, beside the one in which everybody is in time."""


@settings(max_examples=10, phases=[Phase.generate])
@given(month=months(), seed=st.integers(0, 2**32))
def test_any_order_and_repetition_of_any_flows_decides_the_same(
    month: Month, seed: int, fresh_world: Any
) -> None:
    world = fresh_world()
    arrive(world, month, in_time(month))
    in_order = flow_state(world)
    assert_every_prefix_balances(world)
    for number in range(ORDERS):
        chance, world = Random(f"{seed}/{number}"), fresh_world()
        sizes = {"batch_size": chance.randint(1, 20), "release_every": chance.randint(1, 6)}
        arrive(world, month, in_any_order(month, chance), **sizes)
        assert flow_state(world) == in_order
        assert_every_prefix_balances(world)
