"""Parties: what their documents may say, their states, and the entity they belong to when."""

from typing import Any

import pytest
from msgspec.structs import replace

from ledger.roaming.entity import LegalEntity
from ledger.roaming.onboarding import REQUIREMENTS, expired_registrations, missing_of
from ledger.roaming.party import Party
from ledger.roaming.party_documents import PARTY_ROLES, PartyDocument
from ledger.roaming.party_spans import STATES, Membership, entity_at, first_difference, joined
from ledger.values.aggregate import recording_at
from ledger.values.instants import BEGINNING
from ledger.values.provenance import Provenance
from ledger.values.reasons import Refused
from tests.golden.partied import CONTACT, DOCUMENT
from tests.golden.partied import PARTY as WHOLE
from tests.ledger_cast import RECORDED_AT
from tests.ledger_statements import october

FINN = Provenance("finn", "asserted", RECORDED_AT, RECORDED_AT)
FIONA = replace(FINN, actor="fiona")
PLAIN = PartyDocument("New", ("CPO",), "new-bv")


@pytest.fixture(autouse=True)
def recorded_now():
    with recording_at(RECORDED_AT):
        yield


def codes(document: PartyDocument, key: str = "NL*NEW") -> list[str]:
    found = Party.blank(key).refusals_of(document)
    return [f"{row.reason.value} {row.path}" for row in found]


@pytest.mark.parametrize("role", PARTY_ROLES)
def test_every_role_may_be_registered(role):
    assert codes(replace(PLAIN, roles=(role,))) == []


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"roles": ("KING",)}, ["INVALID_DOCUMENT roles"]),
        ({"roles": ()}, ["INVALID_DOCUMENT roles"]),
        ({"roles": ("CPO", "CPO")}, ["NAMED_TWICE roles"]),
        ({"name": ""}, ["MISSING_FIELD name"]),
        ({"senders": ("NL*HUB", "nl*hub")}, ["WRONG_IDENTIFIER senders[1]"]),
        ({"senders": ("the hub",)}, ["WRONG_IDENTIFIER senders[0]"]),
        ({"demand_kind": "fleet"}, ["INVALID_DOCUMENT demand_kind"]),
        ({"demand_kind": "fleet", "roles": ("DEMAND_PARTNER",)}, []),
        ({"contacts": (replace(CONTACT, email="@"),)}, ["INVALID_DOCUMENT contacts[0].email"]),
        ({"name": " ", "roles": ("CPO", "KING")}, ["MISSING_FIELD name", "INVALID_DOCUMENT roles"]),
    ],
)
def test_a_document_says_everything_that_is_wrong_with_it(change: dict[str, Any], errors):
    assert codes(replace(PLAIN, **change)) == errors


def test_a_party_is_named_as_it_is_printed():
    assert codes(PLAIN, "nl*new") == codes(PLAIN, "NLNEW") == ["WRONG_IDENTIFIER party"]


def onboarding() -> Party:
    party = Party.blank("NL*NEW")
    party.register(PLAIN, begins_as="onboarding", provenance=FINN)
    return party


def move(party: Party, to: str, day: int) -> None:
    steps = {"active": party.activate, "suspended": party.suspend, "left": party.leave}
    steps[to](valid_from=october(day), reason="because", provenance=FINN)


def test_a_party_of_before_there_were_states_is_active():
    party = Party.blank("NL*NEW")
    party.register(PLAIN, provenance=FINN)
    assert party.state_at(BEGINNING).state == "active"


def test_a_state_holds_from_its_instant_to_the_next():
    party = onboarding()
    for to, day in (("active", 5), ("suspended", 10), ("active", 12), ("left", 20)):
        move(party, to, day)
    found = [party.state_at(october(day)).state for day in (1, 5, 9, 10, 12, 19, 20, 31)]
    assert found == [
        *("onboarding", "active", "active", "suspended", "active", "active", "left", "left")
    ]


ALLOWED = {
    ("onboarding", "active"),
    ("onboarding", "left"),
    ("active", "suspended"),
    ("active", "left"),
    ("suspended", "active"),
    ("suspended", "left"),
}
WAYS = {
    "onboarding": (),
    "active": ("active",),
    "suspended": ("active", "suspended"),
    "left": ("active", "left"),
}


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", ["active", "suspended", "left"])
def test_a_state_follows_only_where_the_life_of_a_party_goes_that_way(before, after):
    party = onboarding()
    for to in WAYS[before]:
        move(party, to, 5)
    if (before, after) in ALLOWED:
        move(party, after, 5)
        assert party.state == after
    else:
        with pytest.raises(Refused, match="WRONG_STATE"):
            move(party, after, 6)


def test_a_state_does_not_begin_before_the_last_one_and_stopping_has_a_reason():
    party = onboarding()
    move(party, "active", 5)
    with pytest.raises(Refused, match="VALIDITY_OVERLAPS"):
        move(party, "suspended", 4)
    with pytest.raises(Refused, match="REASON_MISSING"):
        party.suspend(valid_from=october(6), reason=" ", provenance=FINN)


OLD = (Membership("old", BEGINNING),)
MOVED = (*OLD, Membership("new", october(10)))


@pytest.mark.parametrize(
    ("before", "entity", "valid_from", "after", "differs_from"),
    [
        ((), "old", None, OLD, BEGINNING),
        ((), "old", october(1), (Membership("old", october(1)),), october(1)),
        (OLD, "old", None, OLD, None),
        (OLD, "old", october(5), OLD, None),
        (OLD, "new", october(10), MOVED, october(10)),
        (MOVED, "new", None, MOVED, None),
        (MOVED, "new", october(10), MOVED, None),
        (MOVED, "new", october(20), (*OLD, Membership("new", october(20))), october(10)),
        (MOVED, "new", october(5), (*OLD, Membership("new", october(5))), october(5)),
        (MOVED, "old", october(10), OLD, october(10)),
        (MOVED, "old", october(20), (*MOVED, Membership("old", october(20))), october(20)),
        (MOVED, "other", october(5), (*OLD, Membership("other", october(5))), october(5)),
    ],
)
def test_a_membership_begins_when_the_document_says(
    before, entity, valid_from, after, differs_from
):
    assert joined(before, entity, valid_from) == after
    assert first_difference(before, after) == differs_from


def test_before_its_first_entity_a_party_belongs_to_none():
    spans = joined((), "old", october(1))
    assert [entity_at(spans, october(1)), entity_at(spans, BEGINNING)] == ["old", None]


def test_another_entity_needs_its_instant_and_the_past_stays():
    party = onboarding()
    with pytest.raises(Refused, match="ALREADY_EXISTS"):
        party.register(replace(PLAIN, entity="other"), provenance=FINN)
    party.register(replace(PLAIN, entity="other", entity_from=october(10)), provenance=FINN)
    assert [party.entity_at(october(day)) for day in (9, 10)] == ["new-bv", "other"]
    # a document that says no instant leaves it
    party.register(replace(PLAIN, entity="other"), provenance=FINN)
    assert (party.version, party.entities) == (2, ("new-bv", "other"))


def whole_entity() -> LegalEntity:
    entity = LegalEntity.blank("new-bv")
    entity.register(DOCUMENT, provenance=FINN)
    entity.approve_accounts(provenance=FIONA)
    return entity


def paths(document: PartyDocument, entity: LegalEntity) -> list[str]:
    return [row.path for row in missing_of(document, entity, on=RECORDED_AT.date())]


EMPTY = {
    "CPO": ["contacts.operations", "entity.address", "entity.company_number",
            "entity.vat_registrations", "entity.bank_accounts", "entity.invoice_contacts",
            "entity.reseller", "contacts.disputes", "contacts.technical"],
    "EMSP": ["contacts.operations", "entity.address", "entity.company_number",
             "entity.vat_registrations", "entity.bank_accounts", "entity.invoice_contacts",
             "entity.reseller", "contacts.disputes"],
    "NAVIGATION": ["contacts.operations", "entity.address", "entity.company_number"],
    "SITE_HOST": ["contacts.operations", "entity.address", "entity.company_number",
                  "entity.vat_registrations", "entity.bank_accounts", "entity.invoice_contacts"],
    "DEMAND_PARTNER": ["contacts.operations", "entity.address", "entity.company_number",
                       "entity.vat_registrations", "entity.bank_accounts",
                       "entity.invoice_contacts", "demand_kind"],
}  # fmt: skip


@pytest.mark.parametrize("role", EMPTY)
def test_a_role_that_has_nothing_yet_needs_all_of_its_list(role):
    entity = LegalEntity.blank("new-bv")
    bare = replace(DOCUMENT, vat_registrations=(), address=None, company_number=None, reseller=(),
                   invoice_contacts=(), bank_accounts=None)  # fmt: skip
    entity.register(bare, provenance=FINN)
    assert paths(replace(PLAIN, roles=(role,)), entity) == EMPTY[role]


def contacts(*purposes: Any) -> PartyDocument:
    return replace(WHOLE, contacts=tuple(replace(CONTACT, purpose=row) for row in purposes))


def test_a_whole_party_needs_nothing_and_names_who_needs_what_is_missing():
    assert paths(contacts("operations", "disputes", "technical"), whole_entity()) == []
    found = missing_of(contacts("disputes"), whole_entity(), on=RECORDED_AT.date())
    assert [(row.path, row.roles) for row in found] == [
        ("contacts.operations", ("CPO", "DEMAND_PARTNER")),
        ("contacts.technical", ("CPO",)),
    ]


def test_accounts_that_are_only_proposed_and_papers_that_ran_out_are_missing():
    whole = contacts("operations", "disputes", "technical")
    entity = LegalEntity.blank("new-bv")
    entity.register(DOCUMENT, provenance=FINN)
    assert paths(whole, entity) == ["entity.bank_accounts"]
    entity.approve_accounts(provenance=FIONA)
    later = RECORDED_AT.date().replace(year=2028)
    assert [row.path for row in missing_of(whole, entity, on=later)] == [
        "entity.vat_registrations",
        "entity.reseller",
    ]
    (expired,) = expired_registrations(entity, on=later)
    assert (expired.reason, expired.path) == (
        "REGISTRATION_EXPIRED",
        "entities.new-bv.vat_registrations[0]",
    )


def test_the_table_speaks_of_roles_that_exist_and_says_why():
    assert {role for row in REQUIREMENTS for role in row.roles} == set(PARTY_ROLES)
    assert all(row.why and not row.why.endswith(".") for row in REQUIREMENTS)
    assert len({row.path for row in REQUIREMENTS}) == len(REQUIREMENTS)
