"""What parties say of themselves by message: taken over, held, refused, or left for people."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.application.control_commands import StateParty
from ledger.application.parties import Documents, approve_accounts, register_documents
from ledger.application.party_states import activate_party
from ledger.roaming.entity import LegalEntity
from ledger.roaming.entity_documents import Establishment
from ledger.roaming.party import Party
from ledger.roaming.party_documents import PartyDocument
from ledger.roaming.party_statements import EntityStatement, PartyStatement
from tests.golden.partied import ACCOUNT, CONTACT, DOCUMENT, PROOF
from tests.ledger_cast import BY_FINANCE, CAST, CLEARING, CPO, EMSP, ENTITIES, HOST, agreement
from tests.ledger_statements import cdr, october, session, tariff
from tests.ledger_world import World

NEW = "NL*NEW"
CONTACTS = tuple(
    replace(CONTACT, purpose=purpose) for purpose in ("operations", "disputes", "technical")
)
ENTITY = EntityStatement(
    "new-bv",
    "New B.V.",
    "NL",
    "EUR",
    DOCUMENT.vat_registrations,
    DOCUMENT.address,
    DOCUMENT.company_number,
    DOCUMENT.reseller,
    DOCUMENT.invoice_contacts,
    (ACCOUNT,),
)


@pytest.fixture
def world(database_url):
    return World(database_url, *CAST)


def told(of: str = NEW, *, day: int = 1, **changes: Any) -> StateParty:
    """Return what a party says of itself, changed."""
    country, party_id = of.split("*")
    said = {"roles": ("CPO",), "contacts": CONTACTS, "entity": ENTITY, **changes}
    return StateParty(PartyStatement(country, party_id, "New", last_updated=october(day), **said))


def of_the_cpo(*, day: int = 1, **changes: Any) -> StateParty:
    return told(CPO, day=day, **{"entity": None, **changes})


def party(world: World, key: str = NEW) -> Party | None:
    world.ledger.refresh()
    return world.ledger.facts.find(Party, key)


def entity(world: World, key: str = "new-bv") -> LegalEntity | None:
    world.ledger.refresh()
    return world.ledger.facts.find(LegalEntity, key)


def unreadable(world: World) -> list[tuple[str, str]]:
    return [(row.reason, row.path) for row in world.ledger.store.unreadable_messages()]


def test_a_party_that_the_clearing_house_introduces_is_onboarded_by_people(world):
    assert world.send(told(), sender=CLEARING) == {"accepted": 1}
    introduced = party(world)
    assert (introduced.state, introduced.document.entity) == ("onboarding", "new-bv")
    # the account is proposed and in force only when a person says so
    assert (entity(world).bank_accounts, entity(world).proposal.accounts[0].id) == ((), "main")
    assert entity(world).proposal.provenance.actor == CLEARING
    approve_accounts(world.ledger, "new-bv", by=BY_FINANCE)
    activate_party(world.ledger, NEW, by=BY_FINANCE)
    assert party(world).state == "active"


@pytest.mark.parametrize("sender", [NEW, EMSP, HOST, "UNKNOWN"])
def test_nobody_introduces_itself_and_no_other_party_does(world, sender):
    assert world.send(told(), sender=sender) == {"unreadable": 1}
    assert unreadable(world) == [("SENDER_NOT_ENTITLED", "cw-sender")]
    assert party(world) is None


def test_a_hub_introduces_others_once_it_is_active(world):
    hub = PartyDocument("Hub", ("HUB",), "hst-bv")
    register_documents(world.ledger, Documents({}, {"NL*HUB": hub}), by=BY_FINANCE)
    assert world.send(told(), sender="NL*HUB") == {"unreadable": 1}
    activated = replace(hub, contacts=CONTACTS)
    whole = replace(DOCUMENT, name="Host B.V.")
    documents = Documents({"hst-bv": whole}, {"NL*HUB": activated})
    register_documents(world.ledger, documents, by=BY_FINANCE)
    by_second = replace(BY_FINANCE, actor="anna")
    approve_accounts(world.ledger, "hst-bv", by=by_second)
    activate_party(world.ledger, "NL*HUB", valid_from=october(1), by=by_second)
    assert world.send(told(), sender="NL*HUB") == {"accepted": 1}


def test_the_same_again_is_a_duplicate_an_older_one_superseded_another_held(world):
    assert world.send(of_the_cpo(day=5)) == {"accepted": 1}
    assert world.send(of_the_cpo(day=5)) == {"duplicate": 1}
    assert world.send(of_the_cpo(day=4, senders=(EMSP,))) == {"superseded": 1}
    assert world.send(of_the_cpo(day=5, senders=(EMSP,))) == {"held": 1}
    assert world.send(of_the_cpo(day=5, senders=(EMSP,))) == {"duplicate": 1}
    assert world.send(of_the_cpo(day=6, senders=(EMSP,))) == {"accepted": 1}
    assert party(world, CPO).document.senders == (EMSP,)
    assert party(world, CPO).versions == 3  # registered, of day 5, of day 6


def test_the_newest_word_stands_in_any_order(world, new_database):
    other = World(new_database(), *CAST)
    said = [of_the_cpo(day=day, senders=(f"NL*H0{day}",)) for day in (1, 2, 3)]
    world.send(*said)
    for message in reversed(said):
        other.send(message)
    found = [party(each, CPO) for each in (world, other)]
    assert found[0].document == found[1].document
    assert found[0].document.senders == ("NL*H03",)
    other.close()


def test_what_people_set_stays_as_they_set_it(world):
    governed = PartyDocument("XYZ", ("CPO",), "xyz-bv", governs_tariffs=True)
    register_documents(world.ledger, Documents({}, {CPO: governed}), by=BY_FINANCE)
    world.send(of_the_cpo(senders=(EMSP,)))
    found = party(world, CPO)
    assert (found.document.governs_tariffs, found.document.entity) == (True, "xyz-bv")
    assert (found.document.name, found.state) == ("New", "active")


def test_what_a_message_leaves_out_stays_too(world):
    branch = Establishment("BE", date(2026, 1, 1))
    people = replace(ENTITIES["xyz-bv"], establishments=(branch,))
    register_documents(world.ledger, Documents({"xyz-bv": people}, {}), by=BY_FINANCE)
    world.send(of_the_cpo(entity=own_entity()))
    assert entity(world, "xyz-bv").document.establishments == (branch,)
    assert entity(world, "xyz-bv").document.address == DOCUMENT.address


def test_a_message_states_establishments_and_people_may_state_others(world):
    supplied = Establishment("BE", date(2026, 1, 1), evidence=PROOF, is_supplied=True)
    closed = replace(supplied, valid_until=date(2026, 12, 1))
    for day, stated in enumerate((supplied, closed), 1):
        message = of_the_cpo(day=day, entity=own_entity(establishments=(stated,)))
        assert world.send(message) == {"accepted": 1}
        assert entity(world, "xyz-bv").document.establishments == (stated,)
    assert entity(world, "xyz-bv").as_vat_party(date(2026, 11, 30)).supplied_at == ("BE",)
    assert entity(world, "xyz-bv").as_vat_party(date(2026, 12, 1)).supplied_at == ()
    people = replace(entity(world, "xyz-bv").document, establishments=())
    register_documents(world.ledger, Documents({"xyz-bv": people}, {}), by=BY_FINANCE)
    assert entity(world, "xyz-bv").document.establishments == ()


def test_what_was_sold_to_an_establishment_of_a_message_is_decided_again(world):
    world.learn(agreement(CPO, EMSP))
    world.send(tariff(("ENERGY", "0.50", 1)), session("C1"), cdr("C1", "5"))
    assert world.cdr("C1").decision.legs[0].vat.place == "DE"
    branch = Establishment("NL", date(2026, 1, 1), evidence=PROOF, is_supplied=True)
    numbers = ENTITIES["emp-gmbh"].vat_registrations
    german = replace(
        ENTITY,
        id="emp-gmbh",
        country="DE",
        vat_registrations=(*numbers, *DOCUMENT.vat_registrations),
        establishments=(branch,),
    )
    assert world.send(told(EMSP, roles=("EMSP",), entity=german)) == {"accepted": 1}
    assert world.cdr("C1").decision.legs[0].vat.place == "NL"
    assert world.topics_of("NL*XYZ/c1")[-1] == "cdr.redecided.v1"


def own_entity(**changes: Any) -> EntityStatement:
    return replace(ENTITY, id="xyz-bv", name="XYZ B.V.", **changes)


def test_a_party_speaks_of_its_own_entity(world):
    world.send(of_the_cpo(entity=own_entity()))
    assert entity(world, "xyz-bv").document.address == DOCUMENT.address
    assert entity(world, "xyz-bv").bank_accounts == ()
    before = entity(world, "xyz-bv").version
    world.send(of_the_cpo(day=2, entity=own_entity(bank_accounts=())))
    assert entity(world, "xyz-bv").version == before, "it said nothing new, nor of its accounts"


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"roles": ("CPO", "CLEARING_HOUSE")}, "WRONG_STATE", "roles"),
        ({"entity": replace(ENTITY, id="emp-gmbh")}, "ALREADY_EXISTS", "entity"),
        ({"entity": replace(ENTITY, id="fresh-bv")}, "ALREADY_EXISTS", "entity"),
        ({"entity": own_entity(currency="CHF")}, "ALREADY_EXISTS", "entity.currency"),
        (
            {"entity": own_entity(bank_accounts=(replace(ACCOUNT, iban="NL1"),))},
            "IBAN_INVALID",
            "entity.bank_accounts[0].iban",
        ),
        (
            {"entity": own_entity(establishments=(Establishment("NL", date(2026, 1, 1)),))},
            "INVALID_DOCUMENT",
            "entity.establishments[0].country",
        ),
        (
            {"entity": own_entity(establishments=(Establishment("ZZ", date(2026, 1, 1)),))},
            "COUNTRY_UNKNOWN",
            "entity.establishments[0].country",
        ),
        (
            {
                "entity": own_entity(
                    establishments=(Establishment("BE", date(2026, 1, 1), is_supplied=True),)
                )
            },
            "MISSING_FIELD",
            "entity.establishments[0].evidence",
        ),
        (
            {
                "entity": own_entity(
                    establishments=(Establishment("BE", date(2026, 1, 1), date(2026, 1, 1)),)
                )
            },
            "INVALID_DOCUMENT",
            "entity.establishments[0].valid_until",
        ),
        ({"senders": ("everybody",)}, "WRONG_IDENTIFIER", "senders[0]"),
        ({"contacts": (replace(CONTACT, email="x"),)}, "INVALID_DOCUMENT", "contacts[0].email"),
    ],
)
def test_what_a_message_may_not_say_is_refused_whole(world, change, code, path):
    before = (party(world, CPO).version, entity(world, "xyz-bv").version)
    assert world.send(of_the_cpo(**change)) == {"unreadable": 1}
    assert unreadable(world) == [(code, path)]
    assert (party(world, CPO).version, entity(world, "xyz-bv").version) == before
    assert entity(world, "fresh-bv") is None


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"entity": None}, "MISSING_FIELD", "entity"),
        ({"entity": replace(ENTITY, country="ZZ")}, "COUNTRY_UNKNOWN", "entity.country"),
        ({"entity": replace(ENTITY, currency="HRK")}, "CURRENCY_ENDED", "entity.currency"),
    ],
)
def test_a_new_party_that_is_refused_leaves_nothing_behind(world, change, code, path):
    # in one batch with a CDR of the same party: to that one it is unknown, as before
    charge = (tariff(("ENERGY", "0.50", 1), of=NEW), session("C1", of=NEW), cdr("C1", "5", of=NEW))
    counted = world.consumer.send(told(**change), *charge, sender=CLEARING)
    assert counted == {"unreadable": 4}
    assert (code, path) in unreadable(world)
    assert (party(world), entity(world)) == (None, None)


def test_a_message_introduces_nobody_into_the_book_of_others_but_for_the_clearing_house(world):
    joined = replace(ENTITY, id="hst-bv", name="Host B.V.", bank_accounts=())
    assert world.send(told(entity=joined), sender=CLEARING) == {"accepted": 1}
    assert party(world).document.entity == "hst-bv"


def test_while_it_is_onboarded_a_party_may_still_say_what_it_is(world):
    world.send(told(), sender=CLEARING)
    world.send(told(day=2, roles=("CPO", "EMSP")))
    assert party(world).document.roles == ("CPO", "EMSP")
    assert date(2026, 10, 2) == party(world).stated.last_updated.date()
