"""`clearwatt party`: documents from files, two people for an account, states, what was known."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine, of_settings

import schemas
from console.demo.world.load import FOLDER
from tests.ledger_cast import AGREEMENTS, CLEARING, CPO, EMSP, RECORDED_AT
from tests.ledger_people import staffed_world
from tests.ledger_world import World
from tests.stories.test_party_messages import of_the_cpo

AT = RECORDED_AT.isoformat()
LATER = (RECORDED_AT + timedelta(days=1)).isoformat()
NEW = "NL*NEW"
FILE = """
entities:
  new-bv:
    name: New B.V.
    country: NL
    currency: EUR
    address: {street: Kade 1, postal_code: 3511 AA, city: Utrecht, country: NL}
    company_number: "99000012"
    vat_registrations:
      - {country: NL, number: NL000990012B01, valid_from: 2026-01-01, valid_until: 2028-01-01}
    reseller:
      - valid_from: 2026-01-01
        evidence: {kind: declaration, reference: 2026/17, checked_on: 2026-09-14}
    bank_accounts:
      - {id: main, iban: NL91 ABNA 0417 1643 00, holder: New B.V., currency: EUR,
         valid_from: 2026-01-01, bic: ABNANL2A}
    invoice_contacts:
      - {name: Invoices, email: invoices@new.example, purpose: invoices}
parties:
  NL*NEW:
    name: New
    roles: [CPO]
    entity: new-bv
    contacts:
      - {name: Operations, email: control@new.example, purpose: operations}
      - {name: Disputes, email: disputes@new.example, purpose: disputes}
"""
TECHNICAL = "      - {name: Back end, email: ocpi@new.example, purpose: technical}\n"


@pytest.fixture
def clearwatt(settings_of_test) -> Iterator[CommandLine]:
    made = of_settings(settings_of_test)
    made.run("up")
    staffed_world(made.database_url, *AGREEMENTS).close()
    yield made


def by(name: str, at: str = AT) -> tuple[str, ...]:
    return ("--as", name, "--at", at)


def written(folder: Path, text: str, name: str = "parties.yaml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def outcomes(document: Any) -> dict[str, str]:
    return {row["record"]: row["outcome"] for row in document["records"]}


def test_a_party_from_its_file_to_its_first_day_and_its_last(clearwatt, tmp_path):
    run = clearwatt.document
    file = written(tmp_path, FILE)
    new, same = {"new-bv": "recorded", NEW: "recorded"}, {"new-bv": "unchanged", NEW: "unchanged"}
    assert outcomes(run("party", "import", file, "--dry-run", *by("olga"))) == new
    assert clearwatt.refusal("party", "show", NEW)[0] == 1
    assert outcomes(run("party", "import", file, *by("olga"))) == new
    assert outcomes(run("party", "import", file, *by("olga"))) == same

    # what is missing is shown, and the same is refused
    incomplete = clearwatt.run("party", "complete", "--at", AT, "--json")
    assert incomplete.exit_code == 1
    (row,) = incomplete.document
    assert [one["path"] for one in row["missing"]] == ["entity.bank_accounts", "contacts.technical"]
    refused = clearwatt.run("party", "activate", NEW, *by("olga"), "--json")
    assert refused.exit_code == 1
    codes = [(one["code"], one["path"]) for one in refused.document["errors"]]
    assert codes == [
        ("ONBOARDING_INCOMPLETE", "entity.bank_accounts"),
        ("ONBOARDING_INCOMPLETE", "contacts.technical"),
    ]

    # completed: a contact more, and the account by the word of another person
    written(tmp_path, FILE + TECHNICAL)
    changes = run("party", "diff", file)
    assert {(row["record"], row["path"].partition(".")[0]) for row in changes} == {
        (NEW, "contacts[2]"),
        ("new-bv", "bank_accounts[0]"),  # they are proposed, and not in force
    }
    assert outcomes(run("party", "import", file, *by("finn"))) == {**same, NEW: "recorded"}
    code, sentence = clearwatt.refusal("party", "approve", NEW, *by("olga"))
    assert (code, sentence.partition(":")[0]) == (1, "ROLE_MISSING")
    run("party", "approve", NEW, "--number", 1, *by("finn"))
    activated = run("party", "activate", NEW, "--from", "2026-11-01", *by("olga"))
    assert (activated["state"], activated["valid_from"]) == ("active", "2026-11-01T00:00:00Z")
    assert clearwatt.run("party", "complete", NEW, "--at", AT).output == "Nothing is missing.\n"

    assert run("party", "diff", file) == []

    # suspended and gone
    run("party", "suspend", NEW, "--reason", "papers", *by("olga"))
    run("party", "leave", NEW, "--reason", "sold", *by("olga", LATER))
    shown = run("party", "show", NEW, "--history", "--as-of", LATER)
    assert [row["state"] for row in shown["states"]] == [
        *("onboarding", "active", "suspended", "left")
    ]
    # all but the last happened at one instant of simulated time
    assert {(row["event"], row["number"], row["actor"]) for row in shown["history"]} == {
        ("party.registered.v1", 1, "olga"),
        ("entity.registered.v1", 1, "olga"),
        ("entity.bank_accounts_proposed.v1", None, "olga"),
        ("party.registered.v1", 2, "finn"),
        ("entity.bank_accounts_approved.v1", None, "finn"),
        ("party.activated.v1", None, "olga"),
        ("party.suspended.v1", None, "olga"),
        ("party.left.v1", None, "olga"),
    }
    assert shown["history"][-1]["event"] == "party.left.v1"
    assert run("party", "show", NEW, "--as-of", "2026-11-01")["state"]["state"] == "active"
    (difference, *_) = run("party", "diff", f"{NEW}#1", f"{NEW}#2")
    assert difference["path"].startswith("contacts[2]")
    printed = clearwatt.run("party", "show", NEW, "--history").output
    assert all(word in printed for word in ("Utrecht", "NL91ABNA0417164300", "sold", "History"))


def test_everything_that_is_wrong_in_a_file_is_said_at_once(clearwatt, tmp_path):
    wrong = (
        FILE.replace("NL91 ABNA", "NL92 ABNA")
        .replace("NL000990012B01", "NL000990013B01")
        .replace("    currency: EUR\n", "    currency: HRK\n")
        .replace("checked_on: 2026-09-14", "checked_on: soon")
        .replace("roles: [CPO]", "roles: [KING]\n    colour: red")
    )
    other = "  NL*TWO: {name: Two, roles: [KING], entity: nobody}\n"
    ended = clearwatt.run(
        "party", "import", written(tmp_path, wrong + other), *by("olga"), "--json"
    )
    assert ended.exit_code == 1
    found = [(row["code"], row["path"]) for row in ended.document["errors"]]
    assert found == [
        ("WRONG_TYPE", "entities.new-bv.reseller[0].evidence.checked_on"),
        ("UNKNOWN_FIELD", "parties.NL*NEW.colour"),
        ("INVALID_DOCUMENT", "parties.NL*TWO.roles"),
        ("ENTITY_UNKNOWN", "parties.NL*TWO.entity"),
    ]
    # those that can be read are checked for what they say
    readable = wrong.replace("soon", "2026-09-14").replace("\n    colour: red", "")
    ended = clearwatt.run("party", "import", written(tmp_path, readable), *by("olga"), "--json")
    found = [(row["code"], row["path"]) for row in ended.document["errors"]]
    assert found == [
        ("VAT_NUMBER_INVALID", "entities.new-bv.vat_registrations[0].number"),
        ("IBAN_INVALID", "entities.new-bv.bank_accounts[0].iban"),
        ("CURRENCY_ENDED", "entities.new-bv.currency"),
        ("INVALID_DOCUMENT", "parties.NL*NEW.roles"),
    ]
    assert clearwatt.document("party", "list", "--role", "CPO") != []
    assert clearwatt.refusal("party", "show", NEW)[0] == 1


def test_a_bank_account_is_submitted_alone_approved_or_rejected_by_another(clearwatt, tmp_path):
    run = clearwatt.document
    run("party", "import", written(tmp_path, FILE), *by("olga"))
    run("party", "reject", "new-bv", "--reason", "not heard of it", *by("finn"))
    assert run("party", "show", NEW)["proposal"] is None
    other = "DE89370400440532013000"
    changed = FILE.replace("Kade 1", "Kade 2").replace("NL91 ABNA 0417 1643 00", other)
    file = written(tmp_path, changed)
    assert outcomes(run("party", "submit", file, *by("finn"))) == {"new-bv": "recorded"}
    shown = run("party", "show", NEW)
    assert shown["entity_document"]["address"]["street"] == "Kade 1"
    assert shown["proposal"]["accounts"][0]["iban"] == other
    code, sentence = clearwatt.refusal("party", "approve", "new-bv", *by("finn"))
    assert (code, sentence.partition(":")[0]) == (1, "SECOND_PERSON_REQUIRED")
    run("party", "approve", "new-bv", *by("fiona"))
    (account,) = run("party", "show", NEW)["bank_accounts"]
    assert account["iban"] == other


def test_parties_are_listed_by_role_state_and_country_as_it_was_known(clearwatt, tmp_path):
    run = clearwatt.document
    run("party", "import", written(tmp_path, FILE), *by("olga", LATER))

    def keys(*options: object) -> list[str]:
        return [row["party"] for row in run("party", "list", *options)]

    assert keys("--state", "onboarding") == [NEW]
    assert keys("--role", "emsp") == ["DE*EMP", "FR*MOB"]
    assert keys("--country", "fr") == ["FR*MOB"]
    assert NEW not in keys("--known-at", AT)
    run("party", "suspend", EMSP, "--reason", "papers", "--from", "2026-12-01", *by("olga"))
    assert keys("--state", "suspended", "--as-of", "2026-11-30") == []
    assert keys("--state", "suspended", "--as-of", "2026-12-01") == [EMSP]
    assert clearwatt.refusal("party", "list", "--state", "gone")[0] == 2
    assert "DE*EMP" in clearwatt.run("party", "list").output


def test_the_demos_documents_can_be_imported_as_they_are(settings_of_test):
    clearwatt = of_settings(settings_of_test)
    clearwatt.run("up")
    World(clearwatt.database_url).close()
    run = clearwatt.document
    for name, records in (("entities", 13), ("parties", 13)):
        imported = outcomes(run("party", "import", FOLDER / f"{name}.yaml", *by("anna")))
        assert (len(imported), set(imported.values())) == (records, {"recorded"})
    found = run("party", "list", "--state", "onboarding")
    assert {row["missing"] for row in found} == {1}, "only the accounts wait for approval"
    assert all(row["proposed_accounts"] for row in found)


def test_a_message_that_says_something_else_waits_in_the_queue(clearwatt):
    world = World(clearwatt.database_url)
    assert world.send(of_the_cpo(day=5)) == {"accepted": 1}
    assert world.send(of_the_cpo(day=5, senders=(EMSP,))) == {"held": 1}
    world.close()
    clearwatt.document("projector", "run", "--until-caught-up")
    (row,) = clearwatt.document("exception", "list", "--kind", "party")
    assert (row["reason"], row["record"], row["owner"]) == ("PARTY_CONFLICT", CPO, "operations")
    shown = clearwatt.document("party", "show", CPO)
    assert shown["document"].get("senders", []) == []


def test_a_party_arrives_by_its_topic_and_is_completed_by_people(clearwatt, tmp_path):
    example = Path(schemas.__file__).parent / "examples" / "parties.v1.json"
    run = clearwatt.document
    assert run("publish", "parties", example, "--sender", EMSP)["sent"] == 1
    taken = run("consumer", "run", "--until-caught-up")
    assert taken["outcomes"] == {"unreadable": 1}, "another party may not speak for it"
    assert run("publish", "parties", example)["sent"] == 1
    # it names an entity of its own, and it is a member of another one
    assert run("consumer", "run", "--until-caught-up")["outcomes"] == {"unreadable": 1}
    run("projector", "run", "--until-caught-up")
    found = {row["reason"] for row in run("exception", "list", "--kind", "message")}
    assert found == {"SENDER_NOT_ENTITLED", "ALREADY_EXISTS"}
    # a new one, that the clearing house introduces
    text = example.read_text().replace('"party_id": "XYZ"', '"party_id": "NEW"')
    assert run("publish", "parties", written(tmp_path, text), "--sender", CLEARING)["sent"] == 1
    assert run("consumer", "run", "--until-caught-up")["outcomes"] == {"accepted": 1}
    row = run("party", "show", NEW)
    assert (row["state"]["state"], row["proposal"]["provenance"]["actor"]) == (
        "onboarding",
        CLEARING,
    )
    assert [one["path"] for one in row["missing"]] == ["entity.bank_accounts"]
    # a file that states the same of its entity, establishments too, says nothing new
    stated = json.loads(text)["entity"]
    entities = {stated.pop("id"): stated}
    assert stated.pop("bank_accounts"), "these wait"
    assert run("party", "diff", written(tmp_path, json.dumps({"entities": entities}))) == []
    stated["establishments"][0]["is_supplied"] = False
    (changed,) = run("party", "diff", written(tmp_path, json.dumps({"entities": entities})))
    assert (changed["record"], changed["path"]) == ("nl-nieuw", "establishments[0].is_supplied")
    # what is wrong in a later message is refused as it is in a file
    later = text.replace("2026-09-15T08", "2026-09-15T09")
    later = later.replace('"country": "BE"', '"country": "NL"')
    assert run("publish", "parties", written(tmp_path, later))["sent"] == 1
    assert run("consumer", "run", "--until-caught-up")["outcomes"] == {"unreadable": 1}
    run("projector", "run", "--until-caught-up")
    reasons = {row["reason"] for row in run("exception", "list", "--kind", "message")}
    assert reasons - found == {"INVALID_DOCUMENT"}
