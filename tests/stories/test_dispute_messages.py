"""What parties say of disputes by messages: in any order, more than once, and in vain."""

from contextlib import suppress
from itertools import permutations

import pytest

from ledger.application.contesting import on_cdr_ended
from ledger.application.control_commands import DisputeCommand
from ledger.application.dispute_desk import uphold_dispute
from ledger.application.disputes import load_disputes, on_command, take_up
from ledger.roaming.control_statements import DisputeStatement
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance, Source
from ledger.values.reasons import Refused
from tests.disputing import (
    FINN,
    answered,
    balances,
    booked,
    clearing,
    dispute,
    disputed_world,
    is_disputed,
    opened,
    said,
)
from tests.ledger_cast import CPO, FRENCH_EMSP, RECORDED_AT
from tests.ledger_statements import cdr, session
from tests.ledger_world import World

KEY = f"{CPO}/d-1"
TOPIC = "clearwatt.dispute-commands.v1"
OPEN = said("OPEN", FRENCH_EMSP, "C1", command_id="b-1")
ANSWER = said("ANSWER", CPO, command_id="s-1")
ACCEPT = said("ACCEPT", CPO, command_id="s-2")
WITHDRAW = said("WITHDRAW", FRENCH_EMSP, command_id="b-2")


@pytest.fixture
def world(database_url):
    world = disputed_world(database_url, "C1", "C2")
    yield world
    world.close()


def from_message(statement: DisputeStatement, offset: int = 0) -> Provenance:
    sender = statement.speaker
    source = Source(TOPIC, 0, offset, sender)
    return Provenance(sender, "message", RECORDED_AT, RECORDED_AT, source)


def hear(world: World, statement: DisputeStatement) -> Outcome:
    """Hand over one message as a consumer's batch does."""

    def act(work):
        events_of = world.ledger.store.events_of
        cdrs = load_disputes(work, events_of, statements=[statement])
        world.ledger.look_around(work, cdrs)
        return on_command(work, DisputeCommand(statement), from_message(statement))

    return world.ledger.act((), act, recorded_at=RECORDED_AT)


def release(world: World, key: str = KEY) -> None:
    """Take up what waits, as the fact that a CDR was accepted makes it."""

    def act(work):
        cdrs = load_disputes(work, world.ledger.store.events_of, disputes=[key])
        world.ledger.look_around(work, cdrs)
        take_up(work, key, at=RECORDED_AT)

    world.ledger.act((), act, recorded_at=RECORDED_AT)


def test_two_parties_settle_by_messages_alone(world):
    assert hear(world, OPEN) == "accepted"
    assert hear(world, ANSWER) == "accepted"
    assert (dispute(world).state, is_disputed(world, "C1")) == ("answered", True)
    assert hear(world, ACCEPT) == "accepted"
    assert (dispute(world).outcome, world.cdr("C1").state) == ("upheld", "credited")
    assert balances(booked(world)) == balances(world.cdr("C2").decision.entries)


def test_the_same_command_again_is_a_duplicate_and_another_of_its_id_is_refused(world):
    assert [hear(world, OPEN), hear(world, OPEN)] == ["accepted", "duplicate"]
    with pytest.raises(Refused, match="ALREADY_EXISTS"):
        hear(world, said("WITHDRAW", FRENCH_EMSP, command_id="b-1"))
    with pytest.raises(Refused, match="ALREADY_EXISTS"):
        hear(world, said("OPEN", FRENCH_EMSP, "C2", command_id="b-9"))


@pytest.mark.parametrize("order", list(permutations((OPEN, ANSWER, WITHDRAW))))
def test_the_order_of_arrival_decides_nothing(world, order):
    for statement in order:
        with suppress(Refused):  # an answer to what is withdrawn by then
            hear(world, statement)
    found = dispute(world)
    assert (found.state, found.outcome, found.held) == ("closed", "withdrawn", ())
    assert not is_disputed(world, "C1")


def test_what_comes_before_its_cdr_waits_for_it(world):
    later = said("OPEN", FRENCH_EMSP, "C9", command_id="b-1")
    assert [hear(world, later), hear(world, ANSWER), hear(world, later)] == [
        "held",
        "held",
        "duplicate",
    ]
    waits = world.rows("SELECT fact_key, cdr FROM log.waiting_for WHERE cdr LIKE 'dispute:%%'")
    assert waits == [(f"cdr:{CPO}/c9", f"dispute:{KEY}")]
    release(world)
    assert (dispute(world).state, len(dispute(world).held)) == ("new", 2)
    told = session("C9", by=FRENCH_EMSP)
    world.consumer.send(told, cdr("C9", "5.00", by=FRENCH_EMSP))
    assert world.cdr("C9").state == "accepted"
    release(world)
    assert (dispute(world).state, dispute(world).held) == ("answered", ())
    assert world.rows("SELECT FROM log.waiting_for WHERE cdr LIKE 'dispute:%%'") == []
    moved = [
        (event.TOPIC, event.moved_from)
        for event in world.events()
        if getattr(event, "moved_from", "") == "held" and event.TOPIC.startswith("dispute.")
    ]
    assert moved == [("dispute.opened.v1", "held"), ("dispute.answered.v1", "held")]


def test_a_word_that_waited_in_vain_is_refused_with_its_reason(world):
    assert hear(world, said("ANSWER", "DE*EMP", command_id="x-1")) == "held"
    assert hear(world, OPEN) == "accepted"
    assert (dispute(world).state, dispute(world).held) == ("opened", ())
    (refused,) = (event for event in world.events() if event.TOPIC == "dispute.refused.v1")
    assert [refusal.reason.value for refusal in refused.refusals] == ["WRONG_PARTY"]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (said("OPEN", "DE*EMP", "C1"), "WRONG_PARTY"),
        (said("OPEN", FRENCH_EMSP, "C1", amount="5.01"), "AMOUNT_TOO_LARGE"),
        (said("OPEN", FRENCH_EMSP, "C1", amount="1", currency="CHF"), "CURRENCY_DIFFERS"),
        (said("OPEN", FRENCH_EMSP, "C1", "c1"), "NAMED_TWICE"),
        (said("OPEN", FRENCH_EMSP, "C1", reason="MOOD"), "UNKNOWN_VALUE"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(world, statement, code):
    before = world.rows("SELECT * FROM log.head")
    with pytest.raises(Refused, match=code):
        hear(world, statement)
    assert world.rows("SELECT * FROM log.head") == before


def credit(world: World, id: str, because: str = "credited") -> None:
    """Credit a CDR as a credit CDR does, and let its disputes know."""
    key = f"{CPO}/{id.lower()}"

    def act(work):
        load_disputes(work, world.ledger.store.events_of, cdrs=[key])
        provenance = from_message(OPEN)
        work.credit(work.cdr(key), by=f"{CPO}/credit-{id}", reason="ours", provenance=provenance)
        on_cdr_ended(work, key, because=because, provenance=provenance)

    world.ledger.act([key], act, recorded_at=RECORDED_AT)


def test_a_credit_that_comes_first_settles_the_dispute(world):
    opened(world, "C1")
    credit(world, "C1")
    found = dispute(world)
    assert (found.state, found.outcome, found.parts) == ("closed", "settled", ())
    assert balances(booked(world)) == balances(world.cdr("C2").decision.entries)
    assert clearing(booked(world)) == 0


def test_of_two_disputed_cdrs_the_other_one_stays_disputed(world):
    opened(world, "C1", "C2")
    credit(world, "C1")
    assert (dispute(world).state, [part.cdr for part in dispute(world).parts]) == (
        "opened",
        [f"{CPO}/c2"],
    )
    assert (is_disputed(world, "C1"), is_disputed(world, "C2")) == (False, True)
    answered(world)
    uphold_dispute(world.ledger, KEY, text="so be it", by=FINN)
    assert balances(booked(world)) == {}
