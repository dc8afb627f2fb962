"""A payment's events stand and book the same, in any order and however often they come."""

from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ledger.application.commands import MessageCommand
from tests.ledger_cast import CAST, CPO, RECORDED_AT, SWISS_CPO, rates
from tests.ledger_statements import october
from tests.paying import PROVIDER, paid_balances, standing, told

SETTINGS = settings(max_examples=15, phases=[Phase.generate])

MESSAGES: list[MessageCommand] = [
    # a whole life: authorised twice, captured in parts, given back in every way
    told(1, "AUTHORISED", "10.00"),
    told(2, "AUTHORISED", "5.00"),
    told(3, "CANCELLED", "2.00"),
    told(4, "CAPTURED", "9.00"),
    told(5, "CAPTURED", "5.00"),  # more than what is left
    told(6, "CAPTURED", "4.00"),
    told(7, "REFUNDED", "3.00"),
    told(8, "CHARGED_BACK", "11.00"),  # more than what is left
    told(9, "CHARGED_BACK", "10.00"),
    told(10, "FAILED", "1.00"),
    # one that nothing authorised, in another currency, and then in a third
    told(1, "CAPTURED", "7.00", id="PAY-2", currency="CHF", occurred_at=october(12)),
    told(2, "CAPTURED", "7.00", id="PAY-2"),
    told(3, "REFUNDED", "7.00", id="PAY-2", currency="CHF", occurred_at=october(13)),
    # the same id at another CPO is another payment; its refund has no capture
    told(2, "REFUNDED", "1.00", of=SWISS_CPO),
]
KEYS = (f"{CPO}/pay-1", f"{CPO}/pay-2", f"{SWISS_CPO}/pay-1")
FACTS = [PROVIDER, rates()]


def decided(world: Any) -> dict[str, Any]:
    """Return what stands of every payment, and what all of them put into the books."""
    return {
        "events": {key: standing(world, key) for key in KEYS},
        "balances": paid_balances(world),
    }


@pytest.fixture(scope="module")
def in_order(fresh_world) -> dict[str, Any]:
    world = fresh_world(*CAST, *FACTS)
    for message in MESSAGES:
        world.send(message)
    return decided(world)


def test_the_events_end_in_every_way(in_order):
    held = {
        key: {number: reasons for number, reasons in events.items() if reasons}
        for key, events in in_order["events"].items()
    }
    assert held == {
        f"{CPO}/pay-1": {5: ["PAYMENT_EXCEEDS_AUTHORISED"], 8: ["PAYMENT_EXCEEDS_CAPTURED"]},
        f"{CPO}/pay-2": {2: ["PAYMENT_CURRENCY_DIFFERS"]},
        f"{SWISS_CPO}/pay-1": {2: ["PAYMENT_EXCEEDS_CAPTURED"]},
    }
    assert in_order["balances"] == {}, "all that was captured was given back"


@SETTINGS
@given(seed=st.integers(0, 2**32), size=st.integers(1, 6))
def test_any_order_and_any_repetition_lead_to_the_same_payments(seed, size, fresh_world, in_order):
    chance = Random(seed)
    steps: list[Any] = [*MESSAGES, *chance.choices(MESSAGES, k=5), *FACTS]
    chance.shuffle(steps)
    world = fresh_world(*CAST)
    batch: list[MessageCommand] = []
    counted: dict[str, int] = {}

    def hand_over() -> None:
        for outcome, number in world.consumer.send(*batch).items():
            counted[outcome] = counted.get(outcome, 0) + number
        batch.clear()

    for step in steps:
        if callable(step):
            world.learn(step)
        else:
            batch.append(step)
        if len(batch) >= size:
            hand_over()
        if chance.random() < 0.3:
            world.ledger.release(recorded_at=RECORDED_AT, limit=2)
    if batch:
        hand_over()
    world.settle()
    assert decided(world) == in_order
    assert sum(counted.values()) == len(MESSAGES) + 5
    assert counted["duplicate"] == 5
    assert world.rows("SELECT count(*) FROM log.waiting_for") == [(0,)]
