"""A party's life: registered, completed, active, suspended, moved to another book, gone."""

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.application.commands import By
from ledger.application.parties import (
    Documents,
    approve_accounts,
    propose_accounts,
    register_documents,
    register_party,
    reject_accounts,
)
from ledger.application.party_states import activate_party, leave_party, suspend_party
from ledger.roaming.entity import LegalEntity
from ledger.roaming.entity_documents import EntityDocument
from ledger.roaming.party import Party
from ledger.values.reasons import Refused
from tests.golden.partied import ACCOUNT, CONTACT, DOCUMENT
from tests.golden.partied import PARTY as WHOLE
from tests.ledger_cast import (
    AGREEMENTS,
    BY_ADMIN,
    BY_FINANCE,
    CPO,
    EMSP,
    ENTITIES,
    HOST,
    PARTIES,
    RECORDED_AT,
    ROAMING,
    agreement,
    entity,
    registered,
)
from tests.ledger_people import FIONA, OLGA, staffed_world
from tests.ledger_statements import cdr, october, session
from tests.ledger_world import World

NEW = "NL*NEW"
FROM_5TH = october(5, 0)
COMPLETE = replace(
    WHOLE,
    roles=("CPO",),
    demand_kind=None,
    contacts=tuple(
        replace(CONTACT, purpose=purpose) for purpose in ("operations", "disputes", "technical")
    ),
)


@pytest.fixture
def world(database_url):
    return staffed_world(database_url, *AGREEMENTS)


def sold(world: World, id: str, day: int, **more: Any) -> None:
    """Let the CPO report a charge of that day, with its session."""
    at = october(day)
    told = session(id, at=at, **more)
    world.send(told, cdr(id, "5.00", at=at, **more))


def books_of(world: World, id: str) -> set[str]:
    found = world.cdr(id)
    return {entry.book for entry in found.decision.entries} if found.decision else set()


def refusals(refused: Any) -> list[str]:
    return [f"{row.reason.value} {row.path}" for row in refused.value.refusals]


def test_a_new_party_trades_when_it_is_complete_and_two_people_saw_its_account(world):
    ledger = world.ledger
    documents = Documents({"new-bv": DOCUMENT}, {NEW: replace(COMPLETE, contacts=(CONTACT,))})
    # given a file with a party and its entity
    assert register_documents(ledger, documents, by=OLGA) == ("new-bv", NEW)
    assert register_documents(ledger, documents, by=OLGA) == ()
    # then it cannot begin, and everything that is missing is said
    with pytest.raises(Refused) as refused:
        activate_party(ledger, NEW, by=OLGA)
    assert refusals(refused) == [
        "ONBOARDING_INCOMPLETE entity.bank_accounts",
        "ONBOARDING_INCOMPLETE contacts.disputes",
        "ONBOARDING_INCOMPLETE contacts.technical",
    ]
    # when the contacts are there and somebody else approved the account, it does
    register_documents(ledger, Documents({}, {NEW: COMPLETE}), by=OLGA)
    approve_accounts(ledger, "new-bv", number=1, by=BY_FINANCE)
    activate_party(ledger, NEW, valid_from=FROM_5TH, reason="complete", by=OLGA)
    ledger.refresh()
    party = ledger.facts.find(Party, NEW)
    assert [row.state for row in party.states] == ["onboarding", "active"]


def test_a_charge_from_before_the_first_day_of_trade_is_held(world):
    newcomer = replace(COMPLETE, entity="new-bv", roles=("EMSP",))
    documents = Documents({"new-bv": DOCUMENT}, {NEW: newcomer})
    register_documents(world.ledger, documents, by=OLGA)
    approve_accounts(world.ledger, "new-bv", by=BY_FINANCE)
    # given charges of a party that nobody activated, and with which nothing is agreed
    sold(world, "C1", 4, by=NEW)
    sold(world, "C2", 6, by=NEW)
    assert world.reasons("C1") == world.reasons("C2") == ["AGREEMENT_MISSING"]
    activate_party(world.ledger, NEW, valid_from=FROM_5TH, by=OLGA)
    world.learn(agreement(CPO, NEW))
    world.settle()
    assert (world.reasons("C1"), world.cdr("C2").state) == (["PARTY_NOT_ACTIVE"], "accepted")


@pytest.mark.parametrize("stop", [suspend_party, leave_party])
def test_who_stopped_trading_is_held_from_then_on_and_settled_before(world, stop):
    sold(world, "C1", 9)
    stop(world.ledger, EMSP, valid_from=october(10, 0), reason="does not pay", by=OLGA)
    world.settle()
    sold(world, "C2", 9)
    sold(world, "C3", 10)
    states = [world.cdr(id).state for id in ("C1", "C2", "C3")]
    assert states == ["accepted", "accepted", "held"]
    assert world.reasons("C3") == ["PARTY_NOT_ACTIVE"]


def test_a_suspended_party_that_is_active_again_gets_what_waited(world):
    # the cast is of before there was a list: it takes the whole documents to activate it again
    suspend_party(world.ledger, EMSP, valid_from=FROM_5TH, reason="papers", by=OLGA)
    sold(world, "C1", 10)
    with pytest.raises(Refused, match="ONBOARDING_INCOMPLETE"):
        activate_party(world.ledger, EMSP, valid_from=october(8), by=OLGA)
    german = (*DOCUMENT.vat_registrations, registered("DE"))
    whole = replace(DOCUMENT, name="EMP GmbH", country="DE", vat_registrations=german)
    party = replace(COMPLETE, name="EMP", roles=("EMSP",), entity="emp-gmbh")
    register_documents(world.ledger, Documents({"emp-gmbh": whole}, {EMSP: party}), by=OLGA)
    approve_accounts(world.ledger, "emp-gmbh", by=BY_FINANCE)
    activate_party(world.ledger, EMSP, valid_from=october(8), by=OLGA)
    world.settle()
    assert world.cdr("C1").state == "accepted"


def test_stopping_in_the_past_is_refused_where_charges_are_decided_but_for_a_correction(world):
    sold(world, "C1", 10)
    before = world.rows("SELECT position FROM log.head")
    with pytest.raises(Refused, match="DECISIONS_AFFECTED") as refused:
        suspend_party(world.ledger, EMSP, valid_from=FROM_5TH, reason="late", by=OLGA)
    assert "NL*XYZ/c1" in str(refused.value)
    assert world.rows("SELECT position FROM log.head") == before
    suspend_party(
        world.ledger, EMSP, valid_from=FROM_5TH, reason="late", is_correction=True, by=OLGA
    )
    world.settle()
    assert world.reasons("C1") == ["PARTY_NOT_ACTIVE"]
    assert world.balances("NL*XYZ/c1") == {}


def moved_to(world: World, at: datetime, **more: Any) -> None:
    """Move the CPO to another entity of the same country."""
    world.learn(entity("next-bv", replace(ENTITIES["xyz-bv"], name="Next B.V.")))
    moved = replace(PARTIES[CPO], entity="next-bv", entity_from=at)
    register_party(world.ledger, CPO, moved, by=BY_FINANCE, **more)
    world.settle()


def test_a_party_moves_to_another_book_from_a_day_on_and_the_past_stays(world):
    sold(world, "C1", 9)
    moved_to(world, october(10, 0))
    sold(world, "C2", 9)
    sold(world, "C3", 10)
    assert "xyz-bv" in books_of(world, "C1") & books_of(world, "C2")
    assert books_of(world, "C3") >= {"next-bv"}
    assert "xyz-bv" not in books_of(world, "C3")
    assert world.topics_of("NL*XYZ/c1") == ["cdr.accepted.v1"]


def test_a_move_into_recorded_decisions_is_refused_but_for_a_correction(world):
    sold(world, "C1", 12)
    with pytest.raises(Refused, match="DECISIONS_AFFECTED"):
        moved_to(world, october(10, 0))
    world.ledger.refresh()
    assert world.ledger.facts.find(Party, CPO).entities == ("xyz-bv",)


def test_a_dry_run_checks_the_same_and_records_nothing(world):
    sold(world, "C1", 10)
    before = world.rows("SELECT * FROM log.head")
    documents = Documents({"new-bv": DOCUMENT}, {NEW: COMPLETE})
    assert register_documents(world.ledger, documents, by=OLGA, dry_run=True) == ("new-bv", NEW)
    with pytest.raises(Refused, match="DECISIONS_AFFECTED"):
        suspend_party(world.ledger, EMSP, valid_from=FROM_5TH, reason="x", by=OLGA, dry_run=True)
    suspend_party(world.ledger, EMSP, valid_from=october(20), reason="x", by=OLGA, dry_run=True)
    assert world.rows("SELECT * FROM log.head") == before


def test_all_that_is_wrong_in_all_documents_is_refused_at_once_and_nothing_recorded(world):
    before = world.rows("SELECT * FROM log.head")
    wrong = replace(DOCUMENT, bank_accounts=(replace(ACCOUNT, iban="NL1"),), country="ZZ")
    documents = Documents(
        {"new-bv": wrong, "other-bv": DOCUMENT},
        {
            NEW: replace(COMPLETE, roles=("KING",)),
            "NL*ONE": replace(COMPLETE, entity="nobody"),
            CPO: replace(PARTIES[CPO], entity="hst-bv"),
        },
    )
    with pytest.raises(Refused) as refused:
        register_documents(world.ledger, documents, by=OLGA)
    assert refusals(refused) == [
        "COUNTRY_UNKNOWN entities.new-bv.country",
        "IBAN_INVALID entities.new-bv.bank_accounts[0].iban",
        "INVALID_DOCUMENT parties.NL*NEW.roles",
        "ENTITY_UNKNOWN parties.NL*ONE.entity",
        "ALREADY_EXISTS parties.NL*XYZ.entity",
    ]
    assert world.rows("SELECT * FROM log.head") == before


def accounts(world: World) -> list[str]:
    world.ledger.refresh()
    return [row.iban for row in world.ledger.facts.find(LegalEntity, "xyz-bv").bank_accounts]


def test_a_bank_account_changes_by_the_word_of_two_people_of_finance(world):
    ledger = world.ledger
    with_account = replace(ENTITIES["xyz-bv"], bank_accounts=(ACCOUNT,))
    world.learn(entity("xyz-bv", with_account))
    assert accounts(world) == []
    for by, code in ((BY_FINANCE, "SECOND_PERSON_REQUIRED"), (OLGA, "ROLE_MISSING")):
        with pytest.raises(Refused, match=code):
            approve_accounts(ledger, "xyz-bv", by=by)
    approve_accounts(ledger, "xyz-bv", by=FIONA)
    assert accounts(world) == ["NL91ABNA0417164300"]
    # a wrong change is proposed, and dropped
    other = replace(ACCOUNT, iban="DE89 3704 0044 0532 0130 00", bic=None)
    assert propose_accounts(ledger, {"xyz-bv": (other,)}, by=OLGA) == ("xyz-bv",)
    reject_accounts(ledger, "xyz-bv", reason="they know nothing of it", by=BY_FINANCE)
    assert accounts(world) == ["NL91ABNA0417164300"]
    told = [event.TOPIC for event in world.events() if event.TOPIC.startswith("entity.bank")]
    assert told == [
        "entity.bank_accounts_proposed.v1",
        "entity.bank_accounts_approved.v1",
        "entity.bank_accounts_proposed.v1",
        "entity.bank_accounts_rejected.v1",
    ]


def expired(document: EntityDocument) -> EntityDocument:
    """Return a document whose registrations ended on the first of November."""
    ended = tuple(
        replace(row, valid_until=RECORDED_AT.date().replace(day=1))
        for row in document.vat_registrations
    )
    return replace(document, vat_registrations=ended)


def test_an_expired_registration_lets_nobody_begin_and_nothing_be_agreed(world):
    late = Documents({"new-bv": expired(DOCUMENT)}, {NEW: COMPLETE})
    register_documents(world.ledger, late, by=OLGA)
    approve_accounts(world.ledger, "new-bv", by=BY_FINANCE)
    with pytest.raises(Refused) as refused:
        activate_party(world.ledger, NEW, by=OLGA)
    assert refusals(refused) == [
        "REGISTRATION_EXPIRED entities.new-bv.vat_registrations[0]",
        "ONBOARDING_INCOMPLETE entity.vat_registrations",
    ]
    world.learn(entity("emp-gmbh", expired(ENTITIES["emp-gmbh"])))
    with pytest.raises(Refused, match="REGISTRATION_EXPIRED"):
        world.learn(agreement(CPO, EMSP, ROAMING, valid_from=RECORDED_AT))
    # what was agreed for days on which it was valid is no reason to refuse
    world.learn(agreement(HOST, EMSP, ROAMING, valid_from=october(2), valid_until=october(3)))


def test_who_has_not_the_role_changes_nothing_of_a_party(world):
    stranger = By("ada", "asserted", RECORDED_AT)
    commands = (
        lambda: register_documents(world.ledger, Documents({"x": DOCUMENT}, {}), by=stranger),
        lambda: suspend_party(world.ledger, EMSP, reason="x", by=stranger),
        lambda: approve_accounts(world.ledger, "xyz-bv", by=stranger),
        lambda: reject_accounts(world.ledger, "xyz-bv", reason="x", by=stranger),
    )
    for command in commands:
        with pytest.raises(Refused, match="ROLE_MISSING"):
            command()
    for known in (NEW, "xyz"):
        with pytest.raises(Refused, match=r"NOT_FOUND|WRONG_IDENTIFIER"):
            activate_party(world.ledger, known, by=BY_ADMIN)


def test_a_correction_books_in_the_other_book_what_was_decided(world):
    sold(world, "C1", 9)
    sold(world, "C2", 12)
    moved_to(world, october(10, 0), is_correction=True)
    assert world.topics_of("NL*XYZ/c1") == ["cdr.accepted.v1"]
    assert world.topics_of("NL*XYZ/c2") == ["cdr.accepted.v1", "cdr.redecided.v1"]
    assert "xyz-bv" in {book for book, _, _ in world.balances("NL*XYZ/c1")}
    books = {book for book, _, _ in world.balances("NL*XYZ/c2")}
    assert "next-bv" in books and "xyz-bv" not in books
