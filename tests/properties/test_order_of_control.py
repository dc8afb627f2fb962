"""Sessions, CDRs, credits and what they are judged by decide the same in any order."""

from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ledger.application.commands import MessageCommand
from ledger.pricing.tariff import Price
from tests.ledger_cast import (
    AGREEMENTS,
    CAST,
    CPO,
    EMSP,
    ROAMING,
    agreement,
)
from tests.ledger_people import PER_KWH
from tests.ledger_statements import cdr, credit_of, october, session, tariff

MINUTE = timedelta(minutes=1)
TEN, ELEVEN = october(10), october(10, 11)
SETTINGS = settings(max_examples=12, phases=[Phase.generate])


def at_e(number: int, kind: Any, id: str, *args: Any, **more: Any) -> MessageCommand:
    return kind(id, *args, evse=f"E{number}", **more)


def short(number: int, kind: Any, id: str, *args: Any, begins: int, **more: Any) -> MessageCommand:
    started = TEN + begins * MINUTE
    ended = {"end_date_time": started + 10 * MINUTE}
    return at_e(number, kind, id, *args, at=started, **(ended | more))


CREDITED = cdr("C2", "5.00", uid="0002")
MESSAGES: list[MessageCommand] = [
    PER_KWH,
    tariff(("ENERGY", "0.50", 1), ("FLAT", "0.005", 1), updated=october(9)),
    # a session with updates, and its CDR
    session("C1", status="ACTIVE", kwh="3", updated=TEN + MINUTE),
    session("C1", end_date_time=ELEVEN + 20 * MINUTE, updated=ELEVEN),
    session("C1", updated=ELEVEN + MINUTE),
    cdr("C1", "5.00"),
    # one that is credited, and sent again corrected for the same session
    session("C2", uid="0002"),
    CREDITED,
    credit_of(CREDITED, "K2"),
    credit_of(CREDITED, "K9", credit_reference_id="C1", total_cost=Price(Decimal("-3.00"))),
    credit_of(CREDITED, "K8", credit_reference_id="C-never"),
    # two short charges at one EVSE: one CDR names its session, the other has to find it
    short(3, session, "S3", begins=0, uid="0003"),
    short(3, session, "S4", begins=12, uid="0003"),
    short(3, cdr, "C3", "5.00", begins=0, uid="0003", session_id=None),
    short(3, cdr, "C4", "5.00", begins=12, uid="0003", session_id="S4"),
    # one that fits nothing enough, one whose session was none, local time as UTC, and fatal
    at_e(5, session, "S5", uid="0005"),
    at_e(5, cdr, "C5", "5.00", uid="FFFF", session_id=None),
    session("C6", uid="0006"),
    session("C6", uid="0006", status="INVALID", updated=october(10, 12)),
    cdr("C6", "5.00", uid="0006"),
    session("C7", uid="0007"),
    cdr("C7", "5.00", uid="0007", at=TEN + 120 * MINUTE),
    cdr("C8", "5.00", uid="0008", end_date_time=october(10, 9)),
]
FACTS = (*CAST, *AGREEMENTS)
FREE = agreement(CPO, EMSP, ROAMING, valid_from=october(9), correction="agreed late")


@pytest.fixture(scope="module")
def in_order(fresh_world) -> dict[str, Any]:
    world = fresh_world(*FACTS, FREE)
    for message in MESSAGES:
        world.send(message)
    return world.decided_state()


def test_the_messages_end_in_every_way(in_order):
    told = {key[7:]: row.get("reasons") or row["state"] for key, row in in_order["cdrs"].items()}
    assert told == {
        "c1": "accepted",
        "c2": "credited",
        "c3": "accepted",
        "c4": "accepted",
        "c5": ["SESSION_MISSING"],
        "c6": ["SESSION_INVALID"],
        "c7": ["LOCAL_TIME_AS_UTC", "SESSION_TIMES_DIFFER", "SESSION_TIMES_DIFFER"],
        "c8": ["END_BEFORE_START", "PERIODS_OUT_OF_ORDER", "SESSION_MISSING"],
        "k2": "accepted",
        "k8": ["CREDIT_ORIGINAL_MISSING"],
        "k9": ["CREDIT_NOT_IN_FULL"],
    }


@SETTINGS
@given(seed=st.integers(0, 2**32), size=st.integers(1, 8))
def test_sessions_cdrs_tariffs_agreements_and_credits_decide_the_same_in_any_order(
    seed, size, fresh_world, in_order
):
    chance = Random(seed)
    order = [*MESSAGES, *chance.choices(MESSAGES, k=4), FREE]
    chance.shuffle(order)
    world = fresh_world(*FACTS)
    batch: list[MessageCommand] = []
    for step in order:
        if step is FREE:
            world.learn(step)
        else:
            batch.append(step)
        if len(batch) >= size:
            world.consumer.send(*batch)
            batch = []
        if chance.random() < 0.3:
            world.ledger.release(recorded_at=october(31), limit=2)
    if batch:
        world.consumer.send(*batch)
    world.settle()
    assert world.decided_state() == in_order
