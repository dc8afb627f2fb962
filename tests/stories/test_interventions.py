"""What people do to a CDR: release, correct, exclude, ask again; every step can be undone."""

from decimal import Decimal

import pytest

from ledger.application.control import (
    correct_cdrs,
    exclude_cdrs,
    readmit_cdrs,
    recheck_cdrs,
    release_cdrs,
    request_resubmissions,
    undo_releases,
)
from ledger.values.reasons import Refused
from tests.ledger_people import (
    ADA,
    C1,
    C2,
    C3,
    FINN,
    OLGA,
    OSCAR,
    SALE,
    STRANGER,
    WHY,
    head,
    held_for_its_price,
    outcome,
    refused_with,
    staffed_world,
)
from tests.ledger_statements import cdr, october, session
from tests.ledger_world import as_journal, journal


@pytest.fixture
def world(database_url):
    return staffed_world(database_url)


# --- release ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("price", "net"), [("computed", "5.0000"), ("stated", "5.1000")])
def test_a_held_cdr_is_released_at_the_price_that_the_person_names(world, price, net):
    held_for_its_price(world)
    (effect,) = release_cdrs(world.ledger, [C1], reason=WHY, by=OLGA, price=price)
    assert (effect.outcome, effect.state, effect.before, effect.after) == (
        "done", "accepted", Decimal(0), Decimal(net),
    )  # fmt: skip
    assert world.balances()[SALE] == Decimal(net)
    decision = world.cdr("C1").decision
    assert (decision.release.price, decision.release.reason) == (price, WHY)
    # what was let go is told with the CDR for ever
    assert "CDR_TOTAL_COST_DIFFERS" in [row.reason for row in decision.warnings]
    assert world.cdr("C1").standing == "valid"
    assert world.topics_of(C1) == ["cdr.held.v1", "cdr.released.v1", "cdr.accepted.v1"]
    assert world.rows("SELECT * FROM log.waiting_for") == []


def test_a_release_is_undone_and_done_again(world):
    held_for_its_price(world)
    release_cdrs(world.ledger, [C1], reason=WHY, by=OLGA)
    released = world.balances()
    undo_releases(world.ledger, [C1], reason="another charge was meant", by=OSCAR)
    assert world.cdr("C1").state == "held"
    assert world.reasons("C1") == ["CDR_TOTAL_COST_DIFFERS"]
    assert world.balances() == {}
    undone = undo_releases(world.ledger, [C1], reason="twice", by=OSCAR)
    assert refused_with(undone) == ["NOTHING_TO_UNDO"]
    release_cdrs(world.ledger, [C1], reason=WHY, by=OLGA)
    assert world.balances() == released


def test_findings_are_released_one_after_the_other(world):
    world.send(session("C1"), cdr("C1", "5.10", end_date_time=october(10, 11, 5)))
    assert world.reasons("C1") == ["SESSION_TIMES_DIFFER", "CDR_TOTAL_COST_DIFFERS"]
    first = release_cdrs(world.ledger, [C1], codes=["SESSION_TIMES_DIFFER"], reason=WHY, by=OLGA)
    assert outcome(first) == [("done", "held")]
    assert world.reasons("C1") == ["CDR_TOTAL_COST_DIFFERS"]
    assert world.balances() == {}
    second = release_cdrs(world.ledger, [C1], reason=WHY, by=FINN)
    assert outcome(second) == [("done", "accepted")]
    assert world.cdr("C1").decision.release.codes == (
        "SESSION_TIMES_DIFFER",
        "CDR_TOTAL_COST_DIFFERS",
    )


def test_what_is_missing_cannot_be_released_nor_what_is_not_there(world):
    world.send(session("C1"), cdr("C1", "5.00", tariff_id="T9"))
    before = head(world)
    assert refused_with(release_cdrs(world.ledger, [C1], reason=WHY, by=OLGA)) == [
        "FINDING_NOT_RELEASABLE"
    ]
    for code in ("CDR_TOO_OLD", "NO_SUCH_CODE"):
        effects = release_cdrs(world.ledger, [C1], codes=[code], reason=WHY, by=OLGA)
        assert refused_with(effects) == ["FINDING_NOT_THERE"]
    assert refused_with(release_cdrs(world.ledger, ["NL*XYZ/c9"], reason=WHY, by=OLGA)) == [
        "NOT_FOUND"
    ]
    assert head(world) == before


def test_a_cdr_that_is_money_already_is_not_released(world):
    world.send(session("C1"), cdr("C1", "5.00"))
    assert refused_with(release_cdrs(world.ledger, [C1], reason=WHY, by=OLGA)) == ["CDR_NOT_HELD"]


def test_a_release_holds_against_what_arrives_later(world):
    """What a person let go does not hold the CDR again; what is new does."""
    held_for_its_price(world)
    release_cdrs(world.ledger, [C1], reason=WHY, by=OLGA)
    world.send(session("C1", updated=october(10, 12), kwh="10.0001"))
    assert world.cdr("C1").state == "accepted"
    world.send(session("C1", updated=october(10, 13), status="INVALID"))
    assert (world.cdr("C1").state, world.reasons("C1")) == ("held", ["SESSION_INVALID"])
    assert world.balances() == {}


# --- who may, and why ---------------------------------------------------------------------------

ACTIONS = {
    "release": lambda world, **more: release_cdrs(world.ledger, [C1], **more),
    "undo": lambda world, **more: undo_releases(world.ledger, [C1], **more),
    "correct": lambda world, **more: correct_cdrs(
        world.ledger, [C1], after={"total_cost.before_taxes": "5.00"}, **more
    ),
    "exclude": lambda world, **more: exclude_cdrs(world.ledger, [C1], **more),
    "readmit": lambda world, **more: readmit_cdrs(world.ledger, [C1], **more),
    "resubmit": lambda world, **more: request_resubmissions(world.ledger, [C1], **more),
}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
@pytest.mark.parametrize(
    ("by", "reason", "code"),
    [
        (OLGA, " ", "REASON_MISSING"),
        (ADA, WHY, "ROLE_MISSING"),
        (STRANGER, WHY, "ACTOR_UNKNOWN"),
    ],
)
def test_without_a_reason_or_a_role_nothing_changes(world, action, by, reason, code):
    held_for_its_price(world)
    before = head(world)
    with pytest.raises(Refused, match=code):
        action(world, by=by, reason=reason)
    assert head(world) == before


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_a_dry_run_decides_everything_and_records_nothing(world, action):
    held_for_its_price(world)
    before, decided = head(world), world.decided_state()
    (effect,) = action(world, by=OLGA, reason=WHY, dry_run=True)
    assert (effect.cdr, effect.currency) == (C1, "EUR")
    assert head(world) == before
    assert world.decided_state() == decided


def test_a_dry_run_shows_what_would_be_booked(world):
    held_for_its_price(world)
    (effect,) = release_cdrs(world.ledger, [C1], by=OLGA, reason=WHY, dry_run=True)
    assert (effect.before, effect.after) == (Decimal(0), Decimal("5.0000"))
    assert as_journal(effect.entries[:1]) == journal("""
        xyz-bv charging_sold
            debit  receivable:DE*EMP  5.0000 EUR
            credit revenue:charging   5.0000 EUR
    """)


def test_of_many_cdrs_each_has_its_own_outcome(world):
    world.send(session("C1"), session("C2"), session("C3"))
    world.send(cdr("C1", "5.10"), cdr("C2", "5.00"), cdr("C3", "5.20", tariff_id="T9"))
    effects = release_cdrs(world.ledger, [C1, C2, C3, C1], reason=WHY, by=OLGA)
    assert [(row.cdr, row.outcome) for row in effects] == [
        (C1, "done"),
        (C2, "refused"),
        (C3, "refused"),
    ]
    assert world.cdr("C1").state == "accepted"


# --- correct ------------------------------------------------------------------------------------


def test_a_held_cdr_is_corrected_and_both_values_are_kept(world):
    held_for_its_price(world)
    correct_cdrs(world.ledger, [C1], after={"total_cost.before_taxes": "5.00"}, reason=WHY, by=OLGA)
    found = world.cdr("C1")
    assert (found.state, found.standing) == ("accepted", "adjusted")
    (event,) = [row for row in world.events() if row.TOPIC == "cdr.corrected.v1"]
    assert [(row.path, row.before, row.after) for row in event.changes] == [
        ("total_cost.before_taxes", '"5.10"', '"5.00"')
    ]
    assert (event.reason, event.provenance.actor) == (WHY, "olga")


def test_an_accepted_cdr_is_corrected_by_the_difference(world):
    world.send(session("C1"), cdr("C1", "5.00"))
    changes = {
        "total_energy": "8",
        "charging_periods[0].dimensions[0].volume": "8",
        "total_cost.before_taxes": "4.00",
    }
    (effect,) = correct_cdrs(world.ledger, [C1], after=changes, reason=WHY, by=OLGA)
    assert (effect.before, effect.after) == (Decimal("5.0000"), Decimal("4.0000"))
    assert world.balances()[SALE] == 4
    assert world.cdr("C1").standing == "adjusted"
    assert world.topics_of(C1) == ["cdr.accepted.v1", "cdr.corrected.v1", "cdr.redecided.v1"]
    # the same back again is another correction: the books are as before, the story is not
    back = {path: {"8": "10", "4.00": "5.00"}[value] for path, value in changes.items()}
    correct_cdrs(world.ledger, [C1], after=back, reason="it was right", by=OLGA)
    assert world.balances()[SALE] == 5
    assert world.cdr("C1").standing == "adjusted"


def test_a_correction_that_makes_it_wrong_holds_it(world):
    world.send(session("C1"), cdr("C1", "5.00"))
    changes = {"total_cost.before_taxes": "6.00"}
    assert outcome(correct_cdrs(world.ledger, [C1], after=changes, reason=WHY, by=OLGA)) == [
        ("done", "held")
    ]
    assert world.balances() == {}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"nothing": 1}, "a field of the CDR"),
        ({"charging_periods[7].tariff_id": "T1"}, "a field of the CDR"),
        ({"charging_periods[-1]": 1}, "a field that may change"),
        ({"": 1}, "a field that may change"),
        ({"id": "C9"}, "a field that may change"),
        ({"country_code": "DE"}, "a field that may change"),
        ({"credit": True}, "a field that may change"),
        ({"total_energy": "much"}, "total_energy"),
        ({"end_date_time": "yesterday"}, "end_date_time"),
        ({"total_energy": "10"}, "something that changes"),
        ({"cdr_token.uid": "04A1B2C3"}, "a field that may change"),  # a ref stands there
        ({"signed_data.public_key": "00"}, "a field that may change"),
    ],
)
def test_a_correction_that_is_none_is_refused_and_changes_nothing(world, changes, says):
    held_for_its_price(world)
    before = head(world)
    (effect,) = correct_cdrs(world.ledger, [C1], after=changes, reason=WHY, by=OLGA)
    assert effect.outcome == "refused"
    assert effect.refusals[0].reason == "INVALID_DOCUMENT"
    assert says in str(effect.refusals[0])
    assert head(world) == before


# --- exclude ------------------------------------------------------------------------------------


def test_an_accepted_cdr_is_excluded_and_readmitted(world):
    world.send(session("C1"), cdr("C1", "5.00"))
    before = world.balances()
    (effect,) = exclude_cdrs(world.ledger, [C1], reason="a test charge", by=OLGA)
    assert (effect.before, effect.after, effect.state) == (5, 0, "excluded")
    assert world.balances() == {}
    assert world.cdr("C1").standing == "excluded"
    again = exclude_cdrs(world.ledger, [C1], reason="twice", by=OLGA)
    assert refused_with(again) == ["CDR_NOT_OPEN"]
    # what arrives meanwhile leaves it out
    world.send(session("C1", updated=october(10, 12), kwh="10.0001"))
    recheck_cdrs(world.ledger, [C1], by=OLGA)
    assert world.cdr("C1").state == "excluded"
    readmit_cdrs(world.ledger, [C1], reason="it was none", by=OLGA)
    assert world.balances() == before
    assert (world.cdr("C1").state, world.cdr("C1").standing) == ("accepted", "valid")
    again = readmit_cdrs(world.ledger, [C1], reason="twice", by=OLGA)
    assert refused_with(again) == ["CDR_NOT_OPEN"]


def test_a_held_cdr_is_excluded_and_nothing_brings_it_back_but_a_person(world):
    world.send(cdr("C1", "5.00"))
    exclude_cdrs(world.ledger, [C1], reason="nobody knows the session", by=OLGA)
    world.send(session("C1"))
    assert world.cdr("C1").state == "excluded"
    assert world.balances() == {}
    assert world.rows("SELECT * FROM log.waiting_for") == []
    readmit_cdrs(world.ledger, [C1], reason="it arrived", by=OLGA)
    assert world.cdr("C1").state == "accepted"
