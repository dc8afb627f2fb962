"""`parties.v1`: what it holds goes through unchanged, and bad messages say what is wrong."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from contract_messages import REGISTRY, control_example, example_bytes

import schemas
from consumers.parties import to_command
from ledger.roaming import entity_documents, party_documents
from schemas import CODES, PartyV1, SchemaError, decode, encode, from_control_json, party

PARTY = json.loads(example_bytes("parties.v1"))
ENTITY = PARTY["entity"]
ACCOUNT = ENTITY["bank_accounts"][0]
REGISTRATION = ENTITY["vat_registrations"][0]
BRANCH = ENTITY["establishments"][0]


def refusal_of(change: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(SchemaError) as refused:
        from_control_json("party", json.dumps({**PARTY, **change}).encode())
    assert refused.value.code in CODES
    return refused.value.code, refused.value.path


def entity(**changes: Any) -> dict[str, Any]:
    return {"entity": {**ENTITY, **changes}}


def test_a_party_is_read_with_its_entity_and_goes_over_the_wire_unchanged() -> None:
    message = control_example("party")
    assert isinstance(message, PartyV1)
    assert message.entity is not None
    assert message.entity.vat_registrations[0].valid_from == date(2026, 1, 1)
    assert message.entity.bank_accounts[0].iban == "NL91 ABNA 0417 1643 00"
    assert message.entity.establishments[0].valid_from == date(2026, 1, 1)
    assert message.last_updated == datetime(2026, 9, 15, 8, tzinfo=UTC)
    topic = schemas.topic_name("clearwatt.", "party")
    sent = encode(message, topic=topic, registry=REGISTRY)
    assert decode(sent, topic=topic, registry=REGISTRY) == message


def test_a_party_may_leave_its_entity_and_everything_optional_out() -> None:
    names = ("country_code", "party_id", "name", "roles", "last_updated")
    bare = {name: PARTY[name] for name in names}
    message = from_control_json("party", json.dumps(bare).encode())
    statement = to_command(message).statement  # type: ignore[arg-type]
    assert (statement.entity, statement.senders, statement.contacts) == (None, (), ())


def test_establishments_reach_the_ledger_as_they_stand_in_a_file() -> None:
    stated = to_command(control_example("party")).statement.entity  # type: ignore[arg-type]
    assert stated is not None
    evidence = entity_documents.Evidence("contract", "BE-2026-3", date(2026, 9, 14))
    branch = entity_documents.Establishment(
        "BE", date(2026, 1, 1), evidence=evidence, is_supplied=True
    )
    assert stated.document.establishments == (branch,)


def test_no_account_in_a_message_says_nothing_about_accounts() -> None:
    message = from_control_json("party", json.dumps({**PARTY, **entity(bank_accounts=[])}).encode())
    stated = to_command(message).statement.entity  # type: ignore[arg-type]
    assert stated is not None
    assert stated.document.bank_accounts is None


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"country_code": "NLD"}, "WRONG_FORMAT", "country_code"),
        ({"name": ""}, "MISSING_FIELD", "name"),
        ({"name": "n" * 256}, "TEXT_TOO_LONG", "name"),
        ({"roles": []}, "MISSING_FIELD", "roles"),
        ({"roles": ["KING"]}, "UNKNOWN_VALUE", "roles.0"),
        ({"roles": "CPO"}, "WRONG_TYPE", "roles"),
        ({"demand_kind": "bank"}, "UNKNOWN_VALUE", "demand_kind"),
        ({"senders": ["NLHUB"]}, "WRONG_FORMAT", "senders.0"),
        ({"governs_tariffs": True}, "UNKNOWN_FIELD", "governs_tariffs"),
        ({"contacts": [{"name": "x", "email": "a@b.example"}]}, "MISSING_FIELD", None),
        ({"entity": "nl-nieuw"}, "WRONG_TYPE", "entity"),
        (entity(id=""), "MISSING_FIELD", "entity.id"),
        (entity(country="NLD"), "WRONG_FORMAT", "entity.country"),
        (entity(currency="euro"), "UNKNOWN_CURRENCY", "entity.currency"),
        (entity(dealer_since="2018-01-01"), "UNKNOWN_FIELD", "entity.dealer_since"),
        (entity(address={"street": "Kade 1"}), "MISSING_FIELD", "entity.address.postal_code"),
        (
            entity(vat_registrations=[{**REGISTRATION, "valid_from": "2026-02-30"}]),
            "WRONG_FORMAT",
            "entity.vat_registrations.0.valid_from",
        ),
        (
            entity(vat_registrations=[{**REGISTRATION, "valid_from": "2026-01-01T00:00:00Z"}]),
            "WRONG_FORMAT",
            "entity.vat_registrations.0.valid_from",
        ),
        (
            entity(reseller=[{"valid_from": "2026-01-01"}]),
            "MISSING_FIELD",
            "entity.reseller.0.evidence",
        ),
        (
            entity(bank_accounts=[{**ACCOUNT, "iban": None}]),
            "MISSING_FIELD",
            "entity.bank_accounts.0.iban",
        ),
        (
            entity(bank_accounts=[{**ACCOUNT, "approved": True}]),
            "UNKNOWN_FIELD",
            "entity.bank_accounts.0.approved",
        ),
        (
            entity(establishments=[{**BRANCH, "country": "Belgium"}]),
            "WRONG_FORMAT",
            "entity.establishments.0.country",
        ),
        (
            entity(establishments=[{"country": "BE"}]),
            "MISSING_FIELD",
            "entity.establishments.0.valid_from",
        ),
        (
            entity(establishments=[{**BRANCH, "is_supplied": "yes"}]),
            "WRONG_TYPE",
            "entity.establishments.0.is_supplied",
        ),
        (entity(establishments="BE"), "WRONG_TYPE", "entity.establishments"),
        ({"last_updated": "2026-09-15"}, "WRONG_FORMAT", "last_updated"),
        ({"last_updated": None}, "MISSING_FIELD", "last_updated"),
    ],
)
def test_a_party_that_makes_no_sense_is_refused(
    change: dict[str, Any], code: str, path: str | None
) -> None:
    assert refusal_of(change) == (code, path or "contacts.0.purpose")


def test_message_and_ledger_know_the_same_words() -> None:
    assert party.Role == party_documents.Role
    assert party.DemandKind == party_documents.DemandKind
    assert party.Purpose == entity_documents.Purpose
