"""A CDR and its session find each other; others in the way hold it until they are out of it."""

from datetime import timedelta

import pytest

from ledger.application.control import exclude_cdrs, readmit_cdrs, release_cdrs
from tests.ledger_people import C1, C2, OLGA, staffed_world
from tests.ledger_statements import cdr, credit_of, october, session, tariff
from tests.ledger_world import World

MINUTE = timedelta(minutes=1)
AT_TEN = october(10)
WHY = "the charger was restarted"


@pytest.fixture
def world(database_url):
    return staffed_world(database_url)


def at_e1(kind, id, *args, **more):
    """Return a session or a CDR at one and the same EVSE."""
    return kind(id, *args, evse="E1", **more)


def unnamed(id: str, **more):
    """Return a CDR that names no session."""
    return at_e1(cdr, id, "5.00", session_id=None, **more)


def told(world: World, id: str) -> str:
    """Return what a held CDR says of the sessions near it."""
    (refusal,) = world.cdr(id).refusals
    assert refusal.reason == "SESSION_MISSING"
    return refusal.actual


def warnings(world: World, id: str) -> list[str]:
    decision = world.cdr(id).decision
    always = ("LOCATION_UNKNOWN", "DELIVERED_LATE")  # in this world
    return [row.reason.value for row in decision.warnings if row.reason not in always]


# --- without a session id -----------------------------------------------------------------------


def test_a_cdr_without_a_session_id_finds_the_session_that_fits_beyond_doubt(world):
    world.send(at_e1(session, "S1"), at_e1(session, "S2", at=AT_TEN + 65 * MINUTE, uid="FFFF"))
    world.send(unnamed("C1"))
    use = world.cdr("C1").decision.session
    assert (use.session, use.matched_by) == (
        "NL*XYZ/s1",
        "NL*XYZ/s1 100 (token 40, connector 10, start 20, end 15, energy 15)",
    )


def test_the_session_that_arrives_after_the_cdr_is_found_too(world):
    world.send(unnamed("C1"))
    assert told(world, "C1") == "none named"
    world.send(at_e1(session, "S1"))
    assert world.cdr("C1").decision.session.session == "NL*XYZ/s1"
    assert world.rows("SELECT * FROM log.waiting_for") == []


def test_a_session_that_fits_too_little_is_named_and_not_taken(world):
    # another's token: at most 60 points of 70
    world.send(at_e1(session, "S1", uid="FFFF"))
    world.send(unnamed("C1"))
    assert told(world, "C1") == (
        "none named; near it: NL*XYZ/s1 60 (token 0, connector 10, start 20, end 15, energy 15)"
    )


def short(kind, id, *args, begins, **more):
    """Return a session or a CDR of ten minutes at one EVSE."""
    started = AT_TEN + begins
    return at_e1(kind, id, *args, at=started, end_date_time=started + 10 * MINUTE, **more)


def test_two_sessions_that_fit_alike_leave_it_open_until_one_of_them_is_billed(world):
    """Two short charges of one driver, one soon after the other; one CDR says which it bills."""
    world.send(short(session, "S1", begins=0 * MINUTE), short(session, "S2", begins=12 * MINUTE))
    world.send(short(cdr, "C1", "5.00", begins=0 * MINUTE, session_id=None))
    assert [part.split()[:2] for part in told(world, "C1").split("NL*XYZ/")[1:]] == [
        ["s1", "100"],
        ["s2", "89"],
    ]
    world.send(short(cdr, "C2", "5.00", begins=12 * MINUTE, session_id="S2"))
    assert world.cdr("C2").state == "accepted"
    assert world.cdr("C1").decision.session.session == "NL*XYZ/s1"


def test_a_second_session_that_fits_as_well_makes_a_match_doubtful(world):
    """The same messages, the second session last: nothing is guessed, whatever the order."""
    world.send(short(session, "S1", begins=0 * MINUTE))
    world.send(short(cdr, "C1", "5.00", begins=0 * MINUTE, session_id=None))
    assert world.cdr("C1").decision.session.session == "NL*XYZ/s1"
    world.send(short(session, "S2", begins=12 * MINUTE))
    assert "NL*XYZ/s2 89" in told(world, "C1")
    assert world.balances() == {}
    world.send(short(cdr, "C2", "5.00", begins=12 * MINUTE, session_id="S2"))
    assert world.cdr("C1").decision.session.session == "NL*XYZ/s1"


def test_a_match_stands_when_something_else_decides_again(world):
    world.send(at_e1(session, "S1"), unnamed("C1"))
    world.send(tariff(("ENERGY", "0.501", 1), updated=october(9)))
    found = world.cdr("C1").decision
    assert (found.session.session, str(found.legs[0].net)) == ("NL*XYZ/s1", "5.0100")


def test_a_session_that_fits_only_when_it_is_completed_is_found_then(world):
    begun = at_e1(session, "S1", kwh="0", status="ACTIVE", updated=october(10, 10, 5), uid="FFFF")
    world.send(begun, unnamed("C1"))
    assert told(world, "C1").startswith("none named; near it: NL*XYZ/s1 30")
    world.send(at_e1(session, "S1"))
    assert world.cdr("C1").state == "accepted"


def test_a_credit_gives_a_matched_session_back(world):
    first = unnamed("C1")
    world.send(at_e1(session, "S1"), first)
    world.send(credit_of(first, "K1"))
    world.send(unnamed("C2"))
    assert world.cdr("C2").decision.session.session == "NL*XYZ/s1"


def test_of_two_sessions_one_after_the_other_each_cdr_finds_its_own(world):
    later = AT_TEN + 61 * MINUTE
    world.send(at_e1(session, "S1"), at_e1(session, "S2", at=later))
    world.send(unnamed("C2", at=later), unnamed("C1"))
    assert world.cdr("C1").decision.session.session == "NL*XYZ/s1"
    assert world.cdr("C2").decision.session.session == "NL*XYZ/s2"


def test_a_session_that_another_cdr_has_billed_is_no_candidate(world):
    world.send(short(session, "S1", begins=0 * MINUTE))
    world.send(short(cdr, "C1", "5.00", begins=0 * MINUTE, session_id="S1"))
    world.send(short(cdr, "C2", "5.00", begins=12 * MINUTE, session_id=None))
    assert told(world, "C2") == "none named"


# --- what the session says later ----------------------------------------------------------------


def test_a_later_update_that_differs_decides_again(world):
    world.send(session("C1"), cdr("C1", "5.00"))
    later = {"updated": october(10, 12)}
    world.send(session("C1", end_date_time=october(10, 11, 20), **later))
    assert (world.cdr("C1").state, world.reasons("C1")) == ("held", ["SESSION_TIMES_DIFFER"])
    assert world.balances() == {}
    world.send(session("C1", updated=october(10, 13)))
    assert world.cdr("C1").state == "accepted"
    assert world.topics_of(C1) == ["cdr.accepted.v1", "cdr.redecided.v1", "cdr.accepted.v1"]


def test_a_session_that_becomes_invalid_takes_its_cdr_along(world):
    world.send(session("C1"), cdr("C1", "5.00"))
    world.send(session("C1", status="INVALID", updated=october(10, 12)))
    assert world.reasons("C1") == ["SESSION_INVALID"]
    assert world.balances() == {}


def test_local_time_sent_as_utc_is_recognised_by_its_offset(world):
    world.send(session("C1"), cdr("C1", "5.00", at=AT_TEN + 120 * MINUTE))
    assert world.reasons("C1") == ["LOCAL_TIME_AS_UTC", *["SESSION_TIMES_DIFFER"] * 2]
    assert "off by +02:00, the offset of Europe/Amsterdam" in str(world.cdr("C1").refusals[0])


def test_energy_that_the_session_tells_otherwise_is_noted(world):
    world.send(session("C1", kwh="10.2"), cdr("C1", "5.00"))
    assert warnings(world, "C1") == ["ENERGY_SOURCES_DIFFER"]


# --- several for one, one for several -----------------------------------------------------------


def test_of_two_cdrs_for_one_session_the_first_stands_and_the_other_waits(world):
    world.send(session("C1"), cdr("C1", "5.00"))
    assert world.send(cdr("C2", "5.00", session_id="C1", evse="E-C1")) == {"held": 1}
    assert world.reasons("C2") == ["CDR_FOR_SAME_SESSION", "CONNECTOR_OVERLAP"]
    once = world.balances()
    # nobody can make two of one session: one of them has to go
    (effect,) = release_cdrs(world.ledger, [C2], reason=WHY, by=OLGA)
    assert [row.reason for row in effect.refusals] == ["FINDING_NOT_RELEASABLE"]
    # when the first turns out to be the wrong one, the other takes its place
    exclude_cdrs(world.ledger, [C1], reason="sent twice under two ids", by=OLGA)
    world.settle()
    assert world.cdr("C2").state == "accepted"
    assert world.balances() == once
    # and the first that is readmitted is now the one too many
    readmit_cdrs(world.ledger, [C1], reason="no, the other", by=OLGA)
    assert world.reasons("C1") == ["CDR_FOR_SAME_SESSION", "CONNECTOR_OVERLAP"]
    assert world.balances() == once


def test_the_credit_of_the_first_lets_the_second_in(world):
    first = cdr("C1", "5.00")
    world.send(session("C1"), first, cdr("C2", "5.00", session_id="C1", evse="E-C1"))
    world.send(credit_of(first, "K1"))
    assert (world.cdr("C1").state, world.cdr("C2").state) == ("credited", "accepted")


def test_in_one_batch_the_second_of_a_session_is_held_too(world):
    sent = [session("C1"), cdr("C1", "5.00"), cdr("C2", "5.00", session_id="C1", evse="E-C1")]
    assert world.send(*sent) == {"accepted": 2, "held": 1}


@pytest.mark.parametrize(
    ("begins", "reasons"),
    [
        (60 * MINUTE, []),
        (55 * MINUTE, []),  # by what clocks may be off
        (55 * MINUTE - timedelta(seconds=1), ["CONNECTOR_OVERLAP"]),
        (-55 * MINUTE, []),
        (-55 * MINUTE + timedelta(seconds=1), ["CONNECTOR_OVERLAP"]),
    ],
)
def test_two_charges_at_one_plug_at_once_are_one_too_many(world, begins, reasons):
    world.send(at_e1(session, "C1"), at_e1(cdr, "C1", "5.00"))
    world.send(at_e1(session, "C2", at=AT_TEN + begins))
    world.send(at_e1(cdr, "C2", "5.00", at=AT_TEN + begins))
    assert world.reasons("C2") == reasons


def test_an_overlap_ends_when_the_other_is_out_of_the_way(world):
    later = AT_TEN + 30 * MINUTE
    world.send(at_e1(session, "C1"), at_e1(cdr, "C1", "5.00"))
    world.send(at_e1(session, "C2", at=later), at_e1(cdr, "C2", "5.00", at=later))
    assert world.reasons("C2") == ["CONNECTOR_OVERLAP"]
    exclude_cdrs(world.ledger, [C1], reason="it never took place", by=OLGA)
    world.settle()
    assert world.cdr("C2").state == "accepted"


def test_an_overlap_may_be_released(world):
    later = AT_TEN + 30 * MINUTE
    world.send(at_e1(session, "C1"), at_e1(cdr, "C1", "5.00"))
    world.send(at_e1(session, "C2", at=later), at_e1(cdr, "C2", "5.00", at=later))
    release_cdrs(world.ledger, [C2], reason=WHY, by=OLGA)
    assert world.cdr("C2").state == "accepted"
    assert "CONNECTOR_OVERLAP" in warnings(world, "C2")


def test_a_token_at_two_chargers_at_once_is_noted_and_bills(world):
    world.send(session("C1"), session("C2"), cdr("C1", "5.00"))
    world.send(cdr("C2", "5.00"))
    assert warnings(world, "C2") == ["TOKEN_OVERLAP"]
    assert warnings(world, "C1") == []


def test_a_cdr_whose_time_holds_another_unbilled_session_says_so(world):
    within = AT_TEN + 20 * MINUTE
    world.send(at_e1(session, "C1"), at_e1(session, "S2", at=within))
    world.send(at_e1(cdr, "C1", "5.00"))
    assert warnings(world, "C1") == ["CDR_COVERS_SEVERAL_SESSIONS"]
