"""Objection windows: they end, the buyer accepts before, a review lets the rest pass."""

from datetime import timedelta

import pytest

from ledger.application.approving import accept_cdrs, accept_pair
from ledger.application.closing import cut_off_period
from ledger.application.dispute_desk import speak
from ledger.application.registration import advance_time
from ledger.application.watch import raise_overdue
from ledger.roaming.terms import Terms, Windows
from ledger.values.reasons import Reason, Refused
from tests.disputing import disputed_world, opened, said
from tests.ledger_cast import CAST, CPO, EMSP, FRENCH_EMSP, RECORDED_AT, agreement
from tests.ledger_people import C1, FINN, OLGA, staffed_world
from tests.ledger_statements import cdr, credit_of, october, session, tariff

PER_KWH = tariff(("ENERGY", "0.50", 1))
C2 = "NL*XYZ/c2"
FIVE_DAYS = Terms(windows=Windows(objection_days=5))
ENDS_AT = RECORDED_AT + timedelta(days=5)


@pytest.fixture
def world(database_url):
    world = staffed_world(database_url, *CAST, agreement(CPO, EMSP, FIVE_DAYS))
    world.send(PER_KWH, session("C1"), session("C2", at=october(11)))
    world.send(cdr("C1", "5.00"), cdr("C2", "5.00", at=october(11)))
    return world


def approved(world):
    return [
        (event.pair, event.by, event.cdr_count, [str(row.gross) for row in event.totals])
        for event in world.events()
        if event.TOPIC == "approvals.recorded.v1"
    ]


def listed(world):
    return [cdr for (cdr,) in world.rows("SELECT cdr FROM log.batch_list ORDER BY number")]


def waiting(world):
    return [cdr for (cdr,) in world.rows("SELECT cdr FROM log.objection_window ORDER BY cdr")]


def test_what_nobody_objects_to_is_approved_when_its_window_ends(world):
    assert world.cdr("C1").decision.objections_until == ENDS_AT
    assert raise_overdue(world.ledger, ENDS_AT - timedelta(seconds=1)).approved == 0
    assert waiting(world) == [C1, C2]
    assert raise_overdue(world.ledger, ENDS_AT).approved == 2
    assert approved(world) == [("NL*XYZ>DE*EMP", "window", 2, ["10.0000"])]
    assert (listed(world), waiting(world)) == ([C1, C2], [])
    assert raise_overdue(world.ledger, ENDS_AT + timedelta(days=1)).approved == 0


def test_without_a_window_a_cdr_is_approved_at_once_and_no_event_says_so(database_url):
    world = staffed_world(database_url, *CAST, agreement(CPO, EMSP, Terms()))
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"))
    assert world.cdr("C1").decision.approval == "at_once"
    raise_overdue(world.ledger, ENDS_AT)
    assert (approved(world), waiting(world)) == ([], [])


def test_the_buyer_may_accept_before_and_is_told_what_does_not_wait(world):
    outcomes = accept_cdrs(world.ledger, [C1, "NL*XYZ/c9"], by=FINN)
    assert outcomes == {C1: None, "NL*XYZ/c9": Reason.CDR_NOT_WAITING}
    assert accept_pair(world.ledger, "NL*XYZ>DE*EMP", by=FINN) == 1
    assert [row[1] for row in approved(world)] == ["acceptance", "acceptance"]


def test_a_dry_run_approves_nothing(world):
    assert accept_cdrs(world.ledger, [C1], by=FINN, dry_run=True) == {C1: None}
    assert waiting(world) == [C1, C2]


def test_operations_may_not_accept(world):
    with pytest.raises(Refused) as refused:
        accept_cdrs(world.ledger, [C1], by=OLGA)
    assert refused.value.reason is Reason.ROLE_MISSING
    assert waiting(world) == [C1, C2]


def test_a_review_lets_the_rest_of_a_period_pass(world):
    advance_time(world.ledger, october(1))
    cut_off_period(world.ledger, "ALL/2026-10", by=FINN)
    assert [row[1:3] for row in approved(world)] == [("review", 2)]


def test_what_is_decided_anew_waits_anew(world):
    raise_overdue(world.ledger, ENDS_AT)
    world.send(tariff(("ENERGY", "0.5005", 1), updated=october(5)))
    assert waiting(world) == [C1, C2]
    assert raise_overdue(world.ledger, ENDS_AT).approved == 2


def test_an_objection_keeps_a_cdr_from_approval_until_it_is_over(database_url):
    terms = agreement(CPO, FRENCH_EMSP, FIVE_DAYS)
    world = disputed_world(database_url, "C1", "C2", agreements=[terms])
    opened(world, "C1", amount="2.00")
    assert raise_overdue(world.ledger, ENDS_AT).approved == 1
    assert waiting(world) == [C1]
    assert accept_cdrs(world.ledger, [C1], by=FINN) == {C1: Reason.CDR_DISPUTED}
    speak(world.ledger, said("WITHDRAW", FRENCH_EMSP), by=OLGA)
    assert raise_overdue(world.ledger, ENDS_AT).approved == 1
    assert waiting(world) == []


def test_a_cdr_that_ends_waits_no_more(world):
    world.send(credit_of(cdr("C1", "5.00"), "K1"))
    assert waiting(world) == [C2]
