"""A partnership goes live in phases: what each lets through, holds, and lets go when it widens."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.application.control import credit_cdr, exclude_cdrs, release_cdrs
from ledger.application.launch_evidence import evidence_behind, evidence_of, sha256_of
from ledger.application.launches import (
    decide_launch,
    find_launch,
    open_launch,
    record_gate,
    sign_off,
)
from ledger.log import open_ledger
from ledger.roaming.launch_plan import Caps
from ledger.roaming.terms import LaunchTerms
from ledger.values.reasons import Reason, Refused
from tests.launching import (
    OPENED_AT,
    PAIR,
    PEOPLE,
    by,
    charge,
    figures,
    launching_world,
    opened,
    phases,
    read_at,
)
from tests.ledger_cast import BY_FINANCE, CPO, EMSP, RECORDED_AT, ROAMING, agreement
from tests.ledger_statements import october, tariff
from tests.ledger_world import SUBJECT_KEY


@pytest.fixture
def world(database_url):
    made = launching_world(database_url, phases())
    yield made
    made.close()


def expand(world, at, **more):
    since = find_launch(world.ledger, PAIR).entry.since
    record_gate(world.ledger, PAIR, figures(since, **more), read_at(), by=by("olga", at))
    for name, role in PEOPLE.items():
        sign_off(world.ledger, PAIR, role, by=by(name, at))
    return decide(world, "expand", at)


def decide(world, decision, at, **more):
    taken = decide_launch(
        world.ledger, PAIR, decision, reason="as planned", by=by("finn", at), **more
    )
    world.settle()
    return taken


def states(world, *ids):
    return [world.cdr(id).state for id in ids]


def test_from_one_path_to_everything(world):
    """Each phase lets through what it has in scope; a wider one lets go what was held."""
    world.send(*charge("C1"), *charge("C2", location="LOC2"), *charge("C3", location="LOC3"))
    assert states(world, "C1", "C2", "C3") == ["accepted", "held", "held"]
    assert world.reasons("C2") == ["OUT_OF_LAUNCH_SCOPE"]
    assert expand(world, october(12)).to_phase == 2
    assert states(world, "C1", "C2", "C3") == ["accepted", "accepted", "held"]
    expand(world, october(14))
    assert states(world, "C3") == ["accepted"]
    expand(world, october(16))
    done = expand(world, october(18))
    launch = find_launch(world.ledger, PAIR)
    assert (done.state, launch.state, launch.phase) == ("completed", "completed", 4)
    assert [row.phase for row in launch.entries] == [1, 2, 3, 4, 4]
    world.send(*charge("C4", location="LOC9", at=october(20)))
    assert states(world, "C4") == ["accepted"]


def test_a_launch_that_is_rolled_back_holds_what_begins_from_then_on(world):
    expand(world, october(8))
    world.send(*charge("C1", location="LOC2"))
    decide(world, "roll_back", october(12))
    assert find_launch(world.ledger, PAIR).phase == 1
    late = charge("C2", location="LOC2", at=october(11))
    world.send(*late, *charge("C3", location="LOC2", at=october(13)))
    assert states(world, "C1", "C2", "C3") == ["accepted", "accepted", "held"]
    world.send(*charge("C4", at=october(13)))
    assert states(world, "C4") == ["accepted"], "the narrower phase goes on"
    decide(world, "roll_back", october(14))
    world.send(*charge("C5", at=october(15)))
    assert find_launch(world.ledger, PAIR).state == "stopped"
    assert states(world, "C5") == ["held"]


def test_a_paused_launch_holds_what_is_new_until_it_goes_on(world):
    decide(world, "pause", october(9))
    world.send(*charge("C1"), *charge("C0", at=october(8)))
    assert states(world, "C0", "C1") == ["accepted", "held"]
    decide(world, "keep_narrow", october(12))
    assert states(world, "C1") == ["accepted"]
    assert find_launch(world.ledger, PAIR).phase == 1


def test_what_was_accepted_stays_when_a_late_fact_decides_it_again(world):
    """A tariff that comes late changes the price of a CDR, never its place in the launch."""
    world.send(*charge("C1"))
    decide(world, "pause", october(12))
    world.send(tariff(("ENERGY", "0.50", 1), ("FLAT", "0.00", 1), updated=october(2)))
    assert world.cdr("C1").state == "accepted"
    assert world.cdr("C1").decision.tariff.number == 2


def test_what_began_before_there_was_a_launch_is_not_held(database_url):
    world = launching_world(database_url, None)
    world.send(*charge("C1", location="LOC2", at=october(2)))
    world.learn(opened(phases(), at=october(5)))
    world.send(
        *charge("C2", location="LOC2", at=october(3)), *charge("C3", location="LOC2", at=october(6))
    )
    assert states(world, "C1", "C2", "C3") == ["accepted", "accepted", "held"]
    world.close()


def test_where_a_launch_is_agreed_nothing_passes_without_one(database_url):
    required = replace(ROAMING, launch=LaunchTerms(required=True))
    world = launching_world(database_url, None, agreement(CPO, EMSP, required))
    world.send(*charge("C1"))
    assert world.reasons("C1") == ["OUT_OF_LAUNCH_SCOPE"]
    world.learn(opened(phases()))
    world.settle()
    assert states(world, "C1") == ["accepted"]
    world.close()


def test_a_person_may_let_one_charge_through(world):
    world.send(*charge("C1", location="LOC2"))
    key = f"{CPO}/c1"
    release_cdrs(world.ledger, [key], reason="agreed by phone", by=by("olga", RECORDED_AT))
    found = world.cdr("C1")
    assert found.state == "accepted"
    assert Reason.OUT_OF_LAUNCH_SCOPE in [row.reason for row in found.decision.warnings]


def test_a_cap_lets_so_many_through_a_day_and_a_wider_phase_the_rest(database_url):
    """Which CDRs of a day fit under a cap is the order in which they came: nothing else is."""
    world = launching_world(database_url, phases(caps=Caps(cdrs_per_day=2)))
    for number in range(1, 4):
        world.send(*charge(f"C{number}", at=october(10, 6 + number)))
    world.send(*charge("C4", at=october(11)))
    assert states(world, "C1", "C2", "C3", "C4") == ["accepted", "accepted", "held", "accepted"]
    assert world.reasons("C3") == ["LAUNCH_CAP_REACHED"]
    expand(world, october(12))
    assert states(world, "C3") == ["accepted"]
    world.close()


def test_a_batch_counts_its_own_cdrs_under_the_cap(database_url):
    world = launching_world(database_url, phases(caps=Caps(cdrs_per_day=1)))
    counted = world.send(*(row for n in range(3) for row in charge(f"C{n}", at=october(10, 6 + n))))
    assert (counted["accepted"], counted["held"]) == (4, 2)
    world.close()


def test_two_processes_never_let_more_through_than_the_cap(database_url):
    """Both see the last place free; the second to record it decides again, and holds its CDR."""
    world = launching_world(database_url, phases(caps=Caps(cdrs_per_day=1)))
    decide(world, "pause", october(2))
    world.send(*charge("C1"), *charge("C2", at=october(10, 14)))
    decide_launch(world.ledger, PAIR, "keep_narrow", reason="go", by=by("finn", october(12)))
    first, second = f"{CPO}/c1", f"{CPO}/c2"
    other = open_ledger(database_url, subject_key=SUBJECT_KEY)
    seen = []

    def decide_the_second(work):
        work.decide_again(second, because="recheck", at=RECORDED_AT)

    def decide_the_first(work):
        work.decide_again(first, because="recheck", at=RECORDED_AT)
        seen.append(work.cdr(first).state)
        if len(seen) == 1:
            other.act([second], decide_the_second, recorded_at=RECORDED_AT)

    world.ledger.act([first], decide_the_first, recorded_at=RECORDED_AT)
    assert seen == ["accepted", "held"]
    assert states(world, "C1", "C2") == ["held", "accepted"]
    other.store.connection.close()
    world.close()


def test_a_person_may_let_one_more_through_than_the_cap(database_url):
    world = launching_world(database_url, phases(caps=Caps(cdrs_per_day=1)))
    world.send(*charge("C1"))
    world.send(*charge("C2", at=october(10, 14)))
    cdrs = [f"{CPO}/c2"]
    release_cdrs(world.ledger, cdrs, reason="agreed by phone", by=by("olga", RECORDED_AT))
    found = world.cdr("C2")
    assert found.state == "accepted"
    assert Reason.LAUNCH_CAP_REACHED in [row.reason for row in found.decision.warnings]
    assert world.rows("SELECT count(*) FROM log.launch_place") == [(2,)]
    world.close()


def test_a_place_that_becomes_free_meanwhile_is_not_lost(database_url, monkeypatch):
    """A batch holds a CDR for want of a place while another process frees one: nobody else would
    wake the CDR, so the batch is decided again.
    """
    world = launching_world(database_url, phases(caps=Caps(cdrs_per_day=1)))
    world.send(*charge("C1"))
    other = open_ledger(database_url, subject_key=SUBJECT_KEY)
    store, asked = world.ledger.store, []

    def looked(days, look=store.launch_places):
        found = look(days)
        asked.append(len(found))
        if len(asked) == 1:
            exclude_cdrs(other, [f"{CPO}/c1"], reason="a test", by=BY_FINANCE)
        return found

    monkeypatch.setattr(store, "launch_places", looked)
    world.send(*charge("C2", at=october(10, 14)))
    assert asked[:2] == [1, 0]
    assert states(world, "C1", "C2") == ["excluded", "accepted"]
    other.store.connection.close()
    world.close()


@pytest.mark.parametrize("ends", ["credited", "excluded"])
def test_a_cdr_that_ends_gives_its_place_to_one_that_waits(database_url, ends):
    world = launching_world(database_url, phases(caps=Caps(cdrs_per_day=1)))
    world.send(*charge("C1"))
    world.send(*charge("C2", at=october(10, 14)))
    assert states(world, "C1", "C2") == ["accepted", "held"]
    key = f"{CPO}/c1"
    if ends == "credited":
        credit_cdr(world.ledger, key, reason="goodwill", by=BY_FINANCE)
    else:
        exclude_cdrs(world.ledger, [key], reason="a test", by=BY_FINANCE)
    world.settle()
    assert states(world, "C1", "C2") == [ends, "accepted"]
    assert world.rows("SELECT pair, service_on::text, cdr FROM log.launch_place") == [
        (PAIR, "2026-10-10", f"{CPO}/c2")
    ]
    world.close()


def test_money_is_capped_by_what_is_sold_before_tax_in_one_currency(database_url):
    caps = Caps(money_per_day=Decimal("9.99"), currency="EUR")
    world = launching_world(database_url, phases(caps=caps))
    world.send(*charge("C1"))
    world.send(*charge("C2", at=october(10, 14)))
    (held,) = world.cdr("C2").refusals
    assert (held.expected, held.actual) == ("at most 9.99 EUR", "10.0000 EUR with this one")
    world.close()


def test_agreed_caps_hold_without_a_launch(database_url):
    capped = replace(ROAMING, launch=LaunchTerms(cdrs_per_day=1))
    world = launching_world(database_url, None, agreement(CPO, EMSP, capped))
    world.send(*charge("C1"))
    world.send(*charge("C2", at=october(10, 14)))
    assert world.reasons("C2") == ["LAUNCH_CAP_REACHED"]
    world.close()


def test_an_expansion_needs_its_evidence_and_three_people(world):
    with pytest.raises(Refused) as refused:
        decide(world, "expand", october(12))
    assert refused.value.reason is Reason.LAUNCH_GATE_NOT_PASSED
    since, at = OPENED_AT, october(12)
    with pytest.raises(Refused) as refused:
        sign_off(world.ledger, PAIR, "support", by=by("sue", at))
    assert refused.value.reason is Reason.WRONG_STATE
    record_gate(world.ledger, PAIR, figures(since, matched=8), read_at(), by=by("olga", at))
    sign_off(world.ledger, PAIR, "support", by=by("sue", at))
    for role, name, reason in (
        ("finance", "sue", Reason.ROLE_MISSING),
        ("finance", "anna", None),
        ("operations", "anna", Reason.SECOND_PERSON_REQUIRED),
        ("support", "anna", Reason.ALREADY_EXISTS),
    ):
        if reason is None:
            sign_off(world.ledger, PAIR, role, by=by(name, at))
            continue
        with pytest.raises(Refused) as refused:
            sign_off(world.ledger, PAIR, role, by=by(name, at))
        assert refused.value.reason is reason
    head = world.rows("SELECT position FROM log.head")
    with pytest.raises(Refused) as refused:
        decide(world, "expand", at)
    said = [(row.reason.value, row.path, row.expected) for row in refused.value.refusals]
    assert said == [
        ("LAUNCH_GATE_NOT_PASSED", "matched_percent", "at least 90 % in 1 CDRs or more"),
        ("SIGN_OFF_MISSING", "phase 1", "operations"),
    ]
    assert world.rows("SELECT position FROM log.head") == head


def test_a_new_phase_or_plan_asks_everybody_again(world):
    expand(world, october(12))
    launch = find_launch(world.ledger, PAIR)
    assert (launch.signed, launch.runs_by_name) == ({}, {})
    plan = phases(caps=Caps(cdrs_per_day=5))
    open_launch(world.ledger, PAIR, plan, by=by("olga", october(13)))
    launch = find_launch(world.ledger, PAIR)
    assert (launch.entry.number, launch.phase, launch.plan) == (3, 2, plan)
    before = world.rows("SELECT position FROM log.head")
    open_launch(world.ledger, PAIR, plan, by=by("olga", october(14)))
    assert world.rows("SELECT position FROM log.head") == before


def test_a_decision_names_the_evidence_it_was_taken_on(world):
    expand(world, october(12))
    decide(world, "pause", october(13))
    launch = find_launch(world.ledger, PAIR)
    for number, taken in enumerate(launch.decisions, 1):
        again = evidence_behind(world.ledger, launch, number)
        assert sha256_of(again) == taken.evidence_sha256
    assert sha256_of(evidence_of(launch)) not in {row.evidence_sha256 for row in launch.decisions}
    with pytest.raises(Refused, match="NOT_FOUND"):
        evidence_behind(world.ledger, launch, 3)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (2, 1, 3, 0), (1, 0, 3, 2), (1, 2, 0, 3)])
def test_when_a_cdr_arrives_makes_no_difference_to_the_scope(database_url, order):
    """Without a cap, what is let through depends on when charges began, not on their delivery."""
    world = launching_world(database_url, phases())
    sent = [
        charge("C1", at=october(3)),
        charge("C2", location="LOC2", at=october(3)),
        charge("C3", location="LOC2", at=october(9)),
        charge("C4", at=october(13)),
    ]
    steps = [
        lambda: None,
        lambda: expand(world, october(8)),
        lambda: decide(world, "pause", october(12)),
        lambda: None,
    ]
    for step, place in zip(steps, order, strict=True):
        step()
        world.send(*sent[place])
    assert states(world, "C1", "C2", "C3", "C4") == ["accepted", "accepted", "accepted", "held"]
    world.close()
