"""Who may command: registered actors, their roles, and two people where two are asked for."""

import pytest

from ledger.application.agreements import agree
from ledger.application.closing import cut_off_period
from ledger.application.commands import By
from ledger.application.parties import register_entity, register_party
from ledger.application.registration import register_actor
from ledger.log import install, open_ledger
from ledger.roaming.clauses import Fee, SplitTerms, Step
from ledger.roaming.entity_documents import EntityDocument
from ledger.roaming.party_documents import PartyDocument
from ledger.roaming.terms import Terms
from ledger.values.reasons import Refused
from tests.ledger_cast import (
    BY_ADMIN,
    BY_FINANCE,
    CAST,
    CPO,
    EMSP,
    RECORDED_AT,
    ROAMING,
    YEAR_BEGINS,
    agreement,
    entity,
)
from tests.ledger_world import World

AUDITOR = By("ada", "asserted", RECORDED_AT)
STRANGER = By("nobody", "asserted", RECORDED_AT)
DOCUMENT = EntityDocument("New B.V.", "NL", "EUR")


@pytest.fixture
def world(database_url):
    world = World(database_url)
    register_actor(world.ledger, "ada", ("auditor",), by=BY_ADMIN)
    return world


def test_the_first_actor_registers_itself_and_is_an_admin(database_url):
    install(database_url)
    ledger = open_ledger(database_url, subject_key=b"key")
    with pytest.raises(Refused, match="ACTOR_UNKNOWN"):
        register_actor(ledger, "finn", ("finance",), by=BY_FINANCE)
    with pytest.raises(Refused, match="ACTOR_UNKNOWN"):
        register_actor(ledger, "anna", ("admin",), by=BY_FINANCE)
    register_actor(ledger, "anna", ("admin",), by=BY_ADMIN)


@pytest.mark.parametrize(("by", "code"), [(AUDITOR, "ROLE_MISSING"), (STRANGER, "ACTOR_UNKNOWN")])
def test_who_has_not_the_role_changes_nothing(world, by, code):
    before = world.rows("SELECT * FROM log.head")
    commands = (
        lambda: register_actor(world.ledger, "eve", ("admin",), by=by),
        lambda: register_entity(world.ledger, "new-bv", DOCUMENT, by=by),
        lambda: register_party(world.ledger, CPO, PartyDocument("x", ("CPO",), "new-bv"), by=by),
        lambda: cut_off_period(world.ledger, "ALL/2026-10", by=by),
    )
    for command in commands:
        with pytest.raises(Refused, match=code):
            command()
    assert world.rows("SELECT * FROM log.head") == before


def test_the_proof_system_belongs_to_the_ledger_itself_alone(world):
    with pytest.raises(Refused, match="ACTOR_UNKNOWN"):
        register_entity(world.ledger, "new-bv", DOCUMENT, by=By("eve", "system", RECORDED_AT))
    with pytest.raises(Refused, match="ACTOR_UNKNOWN"):
        register_entity(
            world.ledger, "new-bv", DOCUMENT, by=By("clearwatt", "asserted", RECORDED_AT)
        )


def test_an_agreement_needs_two_people(world):
    world.learn(*CAST)
    for author, code in (("finn", "SECOND_PERSON_REQUIRED"), ("nobody", "ACTOR_UNKNOWN")):
        with pytest.raises(Refused, match=code):
            agree(
                world.ledger,
                seller=CPO,
                buyer=EMSP,
                terms=ROAMING,
                valid_from=YEAR_BEGINS,
                valid_until=None,
                author=author,
                by=BY_FINANCE,
            )


def test_an_agreement_names_every_party_that_is_not_registered(world):
    shares = SplitTerms(("LOC1",), (Step("NL*AAA", rate="1/2"), Step(CPO, "1/2")))
    terms = Terms(fees=(Fee("hub", "seller", "NL*HUB", "net", rate="1/100"),), split=shares)
    world.learn(*CAST)
    with pytest.raises(Refused) as refused:
        world.learn(agreement(CPO, EMSP, terms))
    assert [(row.path, row.actual) for row in refused.value.refusals] == [
        ("fees[0].payee", "NL*HUB"),
        ("split.steps[0].payee", "NL*AAA"),
    ]


def test_registering_the_same_again_records_nothing(world):
    world.learn(*CAST, agreement(CPO, EMSP))
    before = world.rows("SELECT * FROM log.head")
    register_actor(world.ledger, "ada", ("auditor",), by=BY_ADMIN)
    world.learn(*CAST, agreement(CPO, EMSP))
    assert world.rows("SELECT * FROM log.head") == before


def test_a_party_needs_an_entity_and_an_entity_keeps_its_currency(world):
    with pytest.raises(Refused, match="ENTITY_UNKNOWN"):
        register_party(world.ledger, CPO, PartyDocument("x", ("CPO",), "nil"), by=BY_FINANCE)
    world.learn(entity("xyz-bv"))
    with pytest.raises(Refused, match="ALREADY_EXISTS"):
        world.learn(entity("xyz-bv", EntityDocument("XYZ", "NL", "CHF")))
    with pytest.raises(Refused, match="UNKNOWN_CURRENCY"):
        world.learn(entity("abc-bv", EntityDocument("ABC", "NL", "XXY")))
    with pytest.raises(Refused, match="INVALID_DOCUMENT"):
        register_party(world.ledger, CPO, PartyDocument("x", ("KING",), "xyz-bv"), by=BY_FINANCE)
    with pytest.raises(Refused, match="WRONG_IDENTIFIER"):
        register_party(world.ledger, "NL-X", PartyDocument("x", ("CPO",), "xyz-bv"), by=BY_FINANCE)


def test_every_event_says_who_caused_it_and_how_that_was_proven(world):
    world.learn(*CAST, agreement(CPO, EMSP))
    proven = {(event.provenance.actor, event.provenance.proof) for event in world.events()}
    assert proven == {("anna", "asserted"), ("finn", "asserted")}
