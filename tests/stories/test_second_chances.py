"""What is wrong beyond repair is sent again; above an amount two people do what one proposed."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.application.commands import AcceptCdr
from ledger.application.control import (
    correct_cdrs,
    exclude_cdrs,
    release_cdrs,
    request_resubmissions,
)
from ledger.pricing.tariff import Extension, Price
from tests.ledger_cast import CPO, EMSP, ROAMING, agreement
from tests.ledger_people import (
    C1,
    C2,
    FINN,
    FIONA,
    OLGA,
    OSCAR,
    PER_KWH,
    SALE,
    WHY,
    outcome,
    refused_with,
    staffed_world,
)
from tests.ledger_statements import cdr, october, session
from tests.ledger_world import World


@pytest.fixture
def world(database_url):
    return staffed_world(database_url)


# --- fatal, and asked for again -----------------------------------------------------------------


def refused(world: World) -> None:
    assert world.send(session("C1"), cdr("C1", "5.00", end_date_time=october(10, 9))) == {
        "accepted": 1,
        "held": 1,
    }
    assert world.cdr("C1").state == "refused"
    assert world.topics_of(C1) == ["cdr.refused.v1"]


def test_what_is_fatal_is_never_released_and_can_be_corrected(world):
    refused(world)
    assert refused_with(release_cdrs(world.ledger, [C1], reason=WHY, by=OLGA)) == [
        "FINDING_NOT_RELEASABLE"
    ]
    changes = {"end_date_time": "2026-10-10T11:00:00Z"}
    assert outcome(correct_cdrs(world.ledger, [C1], after=changes, reason=WHY, by=OLGA)) == [
        ("done", "accepted")
    ]
    assert world.balances()[SALE] == 5


def test_a_price_beyond_this_world_refuses_until_the_tariff_is_another(world):
    dear = replace(PER_KWH.statement, last_updated=october(9))
    component = replace(dear.elements[0].price_components[0], price=Decimal(10**9))
    element = replace(dear.elements[0], price_components=(component,))
    world.send(replace(PER_KWH, statement=replace(dear, elements=(element,))))
    world.send(session("C1"), cdr("C1", "5.00"))
    assert (world.cdr("C1").state, world.reasons("C1")) == ("refused", ["NUMBER_OUT_OF_RANGE"])
    world.send(replace(PER_KWH, statement=replace(PER_KWH.statement, last_updated=october(9, 12))))
    assert world.cdr("C1").state == "accepted"


def citing(reject_id: str, *, total: str = "5.00", **more) -> AcceptCdr:
    return cdr("C1", total, clearwatt=Extension(reject_id=reject_id), **more)


def test_what_was_rejected_is_sent_again_and_takes_its_place(world):
    refused(world)
    effects = request_resubmissions(
        world.ledger, [C1], reason="Your end lies before your start.", by=OLGA, until=october(20)
    )
    assert outcome(effects) == [("done", "refused")]
    reject = world.cdr("C1").reject
    assert (reject.text, reject.resubmit_until) == (
        "Your end lies before your start.", october(20),
    )  # fmt: skip
    assert [row.reason for row in reject.findings] == ["END_BEFORE_START", "PERIODS_OUT_OF_ORDER",
        "SESSION_TIMES_DIFFER"]  # fmt: skip
    again = request_resubmissions(world.ledger, [C1], reason="twice", by=OLGA)
    assert refused_with(again) == ["ALREADY_EXISTS"]
    assert world.send(citing(reject.reject_id)) == {"accepted": 1}
    found = world.cdr("C1")
    assert (found.state, found.standing, found.reject) == ("accepted", "valid", None)
    assert world.topics_of(C1) == [
        "cdr.refused.v1",
        "cdr.rejected.v1",
        "cdr.resubmitted.v1",
        "cdr.accepted.v1",
    ]
    # both contents are known now: sent again they are duplicates, and nothing moves
    assert world.send(citing(reject.reject_id)) == {"duplicate": 1}
    assert world.send(cdr("C1", "5.00", end_date_time=october(10, 9))) == {"duplicate": 1}
    # a third content that cites an answered reject is a conflict like any other
    assert world.send(citing(reject.reject_id, total="4.00", kwh="8")) == {"held": 1}
    assert world.balances()[SALE] == 5


def test_a_resubmission_that_cites_another_reject_is_a_conflict(world):
    refused(world)
    assert world.send(citing("r-0")) == {"held": 1}, "nothing was asked for"
    request_resubmissions(world.ledger, [C1], reason="Please again.", by=OLGA)
    assert world.send(citing("r-1", total="5.01")) == {"held": 1}, "the wrong one"
    assert world.topics_of(C1)[-1] == "cdr.conflict_held.v1"
    assert world.cdr("C1").state == "refused"


def test_a_resubmission_that_is_wrong_again_is_held_and_asked_for_again(world):
    refused(world)
    request_resubmissions(world.ledger, [C1], reason="Please again.", by=OLGA)
    first = world.cdr("C1").reject.reject_id
    assert world.send(citing(first, total="5.10")) == {"held": 1}
    assert (world.cdr("C1").state, world.reasons("C1")) == ("held", ["CDR_TOTAL_COST_DIFFERS"])
    request_resubmissions(world.ledger, [C1], reason="And the price.", by=OLGA)
    second = world.cdr("C1").reject.reject_id
    assert second != first
    assert world.send(citing(second)) == {"accepted": 1}


def test_an_accepted_cdr_is_not_asked_for_again(world):
    world.send(session("C1"), cdr("C1", "5.00"))
    effects = request_resubmissions(world.ledger, [C1], reason=WHY, by=OLGA)
    assert refused_with(effects) == ["CDR_NOT_OPEN"]


# --- four eyes ----------------------------------------------------------------------------------


@pytest.fixture
def careful(database_url):
    terms = replace(ROAMING, four_eyes_amount=Decimal("5.00"))
    world = staffed_world(database_url, agreement(CPO, EMSP, terms))
    world.send(session("C1"), session("C2"))
    return world


def test_above_the_amount_a_second_person_does_what_the_first_proposed(careful):
    careful.send(cdr("C1", "5.10"))
    release = {"reason": WHY, "codes": ["CDR_TOTAL_COST_DIFFERS"], "price": "stated"}
    assert outcome(release_cdrs(careful.ledger, [C1], by=OLGA, **release)) == [("proposed", "held")]
    assert careful.balances() == {}
    proposal = careful.cdr("C1").proposal
    assert (proposal.action, proposal.amount, proposal.provenance.actor) == (
        "release", Decimal("5.10"), "olga",
    )  # fmt: skip
    # the same person again is no second one
    same = release_cdrs(careful.ledger, [C1], by=OLGA, **release)
    assert refused_with(same) == ["SECOND_PERSON_REQUIRED"]
    # another person who says something else proposes that instead
    other = release_cdrs(careful.ledger, [C1], by=FINN, **(release | {"price": "computed"}))
    assert outcome(other) == [("proposed", "held")]
    assert careful.cdr("C1").proposal.provenance.actor == "finn"
    stale = release_cdrs(careful.ledger, [C1], by=FIONA, **release)
    assert outcome(stale) == [("proposed", "held")], "what Olga proposed is off the table"
    done = release_cdrs(careful.ledger, [C1], by=OSCAR, **release)
    assert outcome(done) == [("done", "accepted")]
    assert careful.cdr("C1").proposal is None
    assert careful.topics_of(C1) == [
        "cdr.held.v1",
        *["cdr.action_proposed.v1"] * 3,
        "cdr.released.v1",
        "cdr.accepted.v1",
    ]


def test_up_to_the_amount_one_person_is_enough(careful):
    careful.send(cdr("C2", "5.00"))
    assert outcome(exclude_cdrs(careful.ledger, [C2], reason=WHY, by=OLGA)) == [
        ("done", "excluded")
    ]


def test_one_of_two_who_proposed_different_actions_cannot_be_mistaken_for_the_other(careful):
    careful.send(AcceptCdr(replace(cdr("C1", "5.10").statement, total_cost=Price(Decimal("5.10")))))
    release_cdrs(careful.ledger, [C1], reason=WHY, by=OLGA)
    assert outcome(exclude_cdrs(careful.ledger, [C1], reason=WHY, by=FINN)) == [
        ("proposed", "held")
    ]
    assert careful.cdr("C1").proposal.action == "exclude"
