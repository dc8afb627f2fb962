"""What any flow booked for a CDR goes with its credit, to the last digit, in every account."""

from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ledger.application.commands import key_of
from tests.flow_arrivals import arrive, assert_every_prefix_balances, flow_state, in_any_order
from tests.flow_terms import FLOWS
from tests.flow_world import CDRS, Month, months
from tests.ledger_statements import credit_of


@pytest.mark.parametrize("flow", FLOWS)
@settings(max_examples=3, phases=[Phase.generate])
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_a_credit_leaves_nothing_of_a_cdr_in_any_account(
    flow: str, data: st.DataObject, seed: int, fresh_world: Any
) -> None:
    month: Month = data.draw(months((flow,)))
    world = fresh_world()
    arrive(world, month, in_any_order(month, Random(seed)))
    decided = flow_state(world)["cdrs"]
    accepted = {key_of(row): row for row in CDRS if "legs" in decided[key_of(row)]}
    assert len(accepted) >= 6
    assert all(world.balances(key) for key in accepted)
    world.send(*(credit_of(row, f"L{row.statement.id}") for row in accepted.values()))
    state = flow_state(world)
    assert {state["cdrs"][key]["state"] for key in accepted} == {"credited"}
    assert (state["balances"], state["windows"]) == ({}, [])
    assert [key for key in decided if world.balances(key)] == []
    assert_every_prefix_balances(world)
