"""A party that governs its tariffs: made by one person, approved by another, published, withdrawn.

Olga is operations, Finn and Fiona finance, Ada audits.
"""

import pytest
from msgspec.structs import replace

from ledger.application.commands import By
from ledger.application.parties import register_party
from ledger.application.registration import register_actor
from ledger.application.tariffs import (
    acknowledge_tariff,
    approve_tariff,
    draft_tariff,
    publish_tariff,
    submit_tariff,
    withdraw_tariff,
)
from ledger.roaming.tariff import Tariff
from ledger.values.reasons import Refused
from tests.ledger_cast import (
    AGREEMENTS,
    BY_ADMIN,
    BY_FINANCE,
    CAST,
    CPO,
    PARTIES,
    RECORDED_AT,
    SWISS_CPO,
)
from tests.ledger_statements import cdr, october, session, tariff
from tests.ledger_world import World

KEY = f"{CPO}/t1"
OLGA, FINN, FIONA, ADA = (
    By(name, "asserted", RECORDED_AT) for name in ("olga", "finn", "fiona", "ada")
)
OWN = tariff(("ENERGY", "0.50", 1), updated=october(1), ocpi_version="2.2.1")
GOVERNED = replace(PARTIES[CPO], governs_tariffs=True)


def governs(ledger) -> None:
    register_party(ledger, CPO, GOVERNED, by=BY_FINANCE)


@pytest.fixture
def world(database_url):
    world = World(database_url, *CAST, *AGREEMENTS, governs)
    for name, role in (("olga", "operations"), ("fiona", "finance"), ("ada", "auditor")):
        register_actor(world.ledger, name, (role,), by=BY_ADMIN)
    return world


def published(world: World, message=OWN) -> int:
    """Bring a version in force, as three people do; return its number."""
    number = draft_tariff(world.ledger, message.statement, submit=True, by=OLGA).number
    approve_tariff(world.ledger, KEY, number, by=FINN)
    publish_tariff(world.ledger, KEY, number, by=OLGA)
    return number


def head(world: World):
    return world.rows("SELECT position FROM log.head")


def due(world: World):
    return world.rows("SELECT fact_key, affected_from FROM log.release_due")


def topics(world: World) -> list[str]:
    return [event.TOPIC for event in world.events() if event.TOPIC.startswith("tariff_version.")]


def test_a_version_made_here_prices_from_its_publication_on(world):
    # given a CDR that waits for its tariff
    world.send(session("C1"), cdr("C1", "5.00"))
    assert world.reasons("C1") == ["TARIFF_MISSING"]
    # when a version is drafted, submitted and approved, nothing is due
    assert draft_tariff(world.ledger, OWN.statement, by=OLGA) == (KEY, 1, "draft")
    assert submit_tariff(world.ledger, KEY, 1, by=OLGA) == (KEY, 1, "submitted")
    assert approve_tariff(world.ledger, KEY, 1, by=FINN) == (KEY, 1, "approved")
    assert due(world) == []
    # when it is published, what waited for it is money
    assert publish_tariff(world.ledger, KEY, 1, by=OLGA) == (KEY, 1, "published")
    assert due(world) == [(f"tariff:{KEY}", OWN.statement.last_updated)]
    world.settle()
    decision = world.cdr("C1").decision
    assert (decision.tariff.number, decision.tariff.candidates) == (1, (1,))
    # when it comes back over the topic, it is known
    assert world.send(OWN) == {"duplicate": 1}
    assert topics(world) == [
        f"tariff_version.{step}.v1" for step in ("drafted", "submitted", "approved", "published")
    ]


def test_a_draft_is_no_candidate_of_what_is_decided_meanwhile(world):
    published(world)
    later = tariff(("ENERGY", "0.40", 1), updated=october(2), ocpi_version="2.2.1")
    draft_tariff(world.ledger, later.statement, submit=True, by=OLGA)
    world.send(session("C1"), cdr("C1", "5.00"))
    assert world.cdr("C1").decision.tariff.candidates == (1,)


def test_a_withdrawn_version_no_longer_prices_what_started_from_then_on(world):
    published(world)
    for id, day in (("C1", 5), ("C2", 15)):
        world.send(session(id, at=october(day)), cdr(id, "5.00", at=october(day)))
    withdraw_tariff(world.ledger, KEY, 1, reason="wrong", withdrawn_from=october(10), by=FINN)
    assert due(world) == [(f"tariff:{KEY}", october(10))]
    world.settle()
    # what started before stands, what started after is reversed and waits again
    assert world.topics_of(f"{CPO}/c1") == ["cdr.accepted.v1"]
    assert world.topics_of(f"{CPO}/c2") == ["cdr.accepted.v1", "cdr.redecided.v1"]
    assert (world.cdr("C2").state, world.reasons("C2")) == ("held", ["TARIFF_MISSING"])
    # when the next version is published, it is money again
    second = tariff(
        ("ENERGY", "0.50", 1),
        updated=october(11),
        start_date_time=october(10),
        ocpi_version="2.2.1",
    )
    assert published(world, second) == 2
    world.settle()
    assert (world.cdr("C2").state, world.cdr("C2").decision.tariff.number) == ("accepted", 2)
    assert world.cdr("C1").decision.tariff.number == 1


def test_a_message_that_nobody_approved_is_held_once_and_prices_nothing(world):
    stranger = tariff(("ENERGY", "0.10", 1), updated=october(3), ocpi_version="2.2.1")
    assert world.send(stranger) == {"held": 1}
    assert world.send(stranger) == {"duplicate": 1}
    assert topics(world) == ["tariff_version.unapproved_held.v1"]
    world.send(session("C1"), cdr("C1", "1.00"))
    assert world.reasons("C1") == ["TARIFF_MISSING"]
    # when people make the very same version, it is in force
    published(world, stranger)
    world.settle()
    assert world.cdr("C1").state == "accepted"


def test_a_partners_version_prices_before_anybody_acknowledges_it(world):
    key = f"{SWISS_CPO}/t1"
    world.send(tariff(("ENERGY", "0.60", 1), of=SWISS_CPO, currency="CHF"))
    before = world.ledger.store.head().position
    for by, code in ((ADA, "ROLE_MISSING"), (By("x", "asserted", RECORDED_AT), "ACTOR_UNKNOWN")):
        with pytest.raises(Refused, match=code):
            acknowledge_tariff(world.ledger, key, 1, by=by)
    assert acknowledge_tariff(world.ledger, key, 1, by=OLGA).state == "acknowledged"
    assert world.ledger.store.head().position == before + 1
    assert due(world) == []
    with pytest.raises(Refused, match="WRONG_STATE"):
        acknowledge_tariff(world.ledger, key, 1, by=FINN)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (lambda ledger: draft_tariff(ledger, OWN.statement, by=ADA), "ROLE_MISSING"),
        (lambda ledger: submit_tariff(ledger, KEY, 1, by=ADA), "ROLE_MISSING"),
        (lambda ledger: approve_tariff(ledger, KEY, 2, by=OLGA), "ROLE_MISSING"),
        (lambda ledger: approve_tariff(ledger, KEY, 2, by=FIONA), "SECOND_PERSON_REQUIRED"),
        (lambda ledger: publish_tariff(ledger, KEY, 2, by=OLGA), "WRONG_STATE"),
        (lambda ledger: withdraw_tariff(ledger, KEY, 1, reason="x", by=OLGA), "ROLE_MISSING"),
        (lambda ledger: withdraw_tariff(ledger, KEY, 1, reason="", by=FINN), "INVALID_DOCUMENT"),
        (lambda ledger: submit_tariff(ledger, KEY, 9, by=OLGA), "NOT_FOUND"),
        (
            lambda ledger: draft_tariff(
                ledger, replace(OWN.statement, party_id="ALP", country_code="CH"), by=OLGA
            ),
            "TARIFF_NOT_GOVERNED",
        ),
        (
            lambda ledger: draft_tariff(ledger, replace(OWN.statement, party_id="ZZZ"), by=OLGA),
            "PARTY_UNKNOWN",
        ),
        (
            lambda ledger: draft_tariff(ledger, replace(OWN.statement, ocpi_version=None), by=OLGA),
            "INVALID_DOCUMENT",
        ),
    ],
)
def test_what_is_refused_changes_nothing(world, command, code):
    published(world)
    second = tariff(("ENERGY", "0.40", 1), updated=october(2), ocpi_version="2.2.1")
    draft_tariff(world.ledger, second.statement, submit=True, by=FIONA)
    before = head(world)
    with pytest.raises(Refused, match=code):
        command(world.ledger)
    assert head(world) == before


def test_sent_back_a_version_was_never_in_force_and_operations_may_do_it(world):
    draft_tariff(world.ledger, OWN.statement, submit=True, by=OLGA)
    assert withdraw_tariff(world.ledger, KEY, 1, reason="typo", by=OLGA).state == "withdrawn"
    assert due(world) == []
    assert draft_tariff(world.ledger, OWN.statement, by=OLGA).number == 2


def test_drafting_and_submitting_in_one_go_records_both_or_neither(world):
    before = head(world)
    wrong = tariff(("ENERGY", "-1", 1), updated=october(1), ocpi_version="2.2.1").statement
    with pytest.raises(Refused, match="TARIFF_HAS_ERRORS"):
        draft_tariff(world.ledger, wrong, submit=True, by=OLGA)
    assert head(world) == before


def test_a_dry_run_says_what_would_be_and_records_nothing(world):
    before = head(world)
    reached = draft_tariff(world.ledger, OWN.statement, submit=True, by=OLGA, dry_run=True)
    assert reached == (KEY, 1, "submitted")
    assert head(world) == before
    published(world)
    before = head(world)
    assert withdraw_tariff(world.ledger, KEY, 1, reason="x", by=FINN, dry_run=True).state == (
        "withdrawn"
    )
    assert head(world) == before
    world.ledger.refresh()
    assert world.ledger.facts.find(Tariff, KEY).state_of(1) == "published"
