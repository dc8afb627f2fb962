"""`clearwatt agreement`: documents checked, submitted, approved, compared, suspended, shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import CommandLine, installation

from ledger.application.registration import register_actor
from tests.ledger_cast import BY_ADMIN, CAST, CPO, EMSP

KEY = f"{CPO}>{EMSP}"
FIRST = """\
parties: {seller: NL*XYZ, buyer: DE*EMP}
valid: {from: 2026-01-01}
flow: roaming
fees:
  - name: clearing
    payer: seller
    payee: NL*CLR
    price: 1 % of net
"""
SECOND = FIRST.replace("2026-01-01", "2026-12-01").replace("1 %", "0.75 %")


@pytest.fixture(scope="module")
def clearwatt(services, service_settings, new_database) -> Iterator[CommandLine]:
    with installation(services, service_settings, new_database) as made:
        made.document("projector", "run", "--until-caught-up")
        with made.ledger() as ledger:
            register_actor(ledger, "anna", ("admin",), by=BY_ADMIN)
            for name in ("finn", "fiona"):
                register_actor(ledger, name, ("finance",), by=BY_ADMIN)
            for fact in CAST:
                fact(ledger)
        yield made


def file_of(folder: Path, text: str, name: str = "agreement") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return path


def by(name: str, at: str = "2026-11-03T08:00:00Z") -> tuple[str, ...]:
    return ("--as", name, "--at", at)


def test_a_file_is_checked_without_any_service(clearwatt, tmp_path):
    fine = file_of(tmp_path, FIRST + "---\n" + SECOND)
    assert len(clearwatt.document("agreement", "check", fine)["agreements"]) == 2
    wrong = file_of(tmp_path, FIRST.replace("1 %", "101 %") + "rounding: {mod: up}\n")
    ended = clearwatt.run("agreement", "check", wrong, "--json")
    assert ended.exit_code == 1
    assert [(row["code"], row["path"]) for row in ended.document["errors"]] == [
        ("UNKNOWN_FIELD", f"{wrong}:9 rounding.mod"),
        ("INVALID_DOCUMENT", f"{wrong}:8 fees[0].price"),
    ]
    printed = clearwatt.run("agreement", "check", wrong).output
    assert "UNKNOWN_FIELD" in printed
    assert "mode" in printed, "what was meant is said"


def test_a_document_is_agreed_by_two_people_and_shown_as_it_was_written(clearwatt, tmp_path):
    path = file_of(tmp_path, FIRST)
    planned = clearwatt.document("agreement", "submit", path, "--dry-run", *by("finn"))
    assert [row["outcome"] for row in planned["agreements"]] == ["waits"]
    assert clearwatt.document("agreement", "list") == []
    clearwatt.document("agreement", "submit", path, *by("finn"))
    code, sentence = clearwatt.refusal("agreement", "approve", KEY, *by("finn"))
    assert (code, sentence.partition(":")[0]) == (1, "SECOND_PERSON_REQUIRED")
    agreed = clearwatt.document("agreement", "approve", "NL*XYZ:DE*EMP", *by("fiona"))
    assert [row["version"] for row in agreed["agreed"]] == [1]
    again = clearwatt.document("agreement", "submit", path, *by("finn"))
    assert [row["outcome"] for row in again["agreements"]] == ["known"]
    found = clearwatt.document("agreement", "show", KEY, "--as-of", "2026-11-05")
    assert (found["state"], found["version"], found["text"]) == ("in force", 1, FIRST)
    assert [(row["author"], row["approver"]) for row in found["versions"]] == [("finn", "fiona")]
    assert [(row["party"], row["in_the_agreement"], row["name"]) for row in found["parties"]] == [
        ("NL*XYZ", "seller", "XYZ"),
        ("DE*EMP", "buyer", "EMP"),
        ("NL*CLR", "is paid", "Clearing"),
    ]
    printed = clearwatt.run("agreement", "show", KEY, "--as-of", "2026-11-05", "--history").output
    assert "price: 1 % of net" in printed
    assert "version 1 of draft 1" in printed
    whole = clearwatt.run("agreement", "show", KEY, "--as-of", "2026-11-05", "--whole").output
    assert "due_after: 30 days" in whole


def test_a_file_is_compared_with_what_is_agreed_then(clearwatt, tmp_path):
    path = file_of(tmp_path, SECOND)
    (row,) = clearwatt.document("agreement", "diff", path, "--at", "2026-11-03")
    assert (row["against"], row["valid_from"], row["decided"]) == (1, "2026-11-30T23:00:00Z", 0)
    assert row["differences"] == [
        {"path": "fees.clearing.price", "before": "1 % of net", "after": "0.75 % of net"}
    ]
    made = clearwatt.document("agreement", "import", path, "--approve-as", "fiona", *by("finn"))
    assert [row["outcome"] for row in made["agreements"]] == ["agreed"]
    between = clearwatt.document("agreement", "diff", f"{KEY}#1", "NL*XYZ:DE*EMP#2")
    assert between == row["differences"]
    assert "0.75 % of net" in clearwatt.run("agreement", "diff", f"{KEY}#2", f"{KEY}#1").output
    for as_of, number in (("2026-11-30T22:59:59Z", 1), ("2026-12-01", 2)):
        assert clearwatt.document("agreement", "show", KEY, "--as-of", as_of)["version"] == number
    assert "▶" in clearwatt.run("agreement", "show", KEY).output


def test_a_template_that_nobody_knows_is_shown_as_a_departure(clearwatt, tmp_path):
    text = FIRST.replace("DE*EMP", "FR*MOB") + "template: {name: of-our-own}\n"
    path = file_of(tmp_path, text)
    clearwatt.document("agreement", "import", path, "--approve-as", "fiona", *by("finn"))
    shown = clearwatt.document("agreement", "show", "NL*XYZ:FR*MOB", "--as-of", "2026-11-05")
    (row,) = shown["departures"]
    assert (row["path"], row["agreement"]) == ("template.name", "of-our-own")


def test_a_draft_is_sent_back_with_a_reason(clearwatt, tmp_path):
    path = file_of(tmp_path, SECOND.replace("2026-12-01", "2027-01-01").replace("0.75 %", "5 %"))
    clearwatt.document("agreement", "submit", path, *by("finn"))
    shown = clearwatt.document("agreement", "show", KEY)
    (draft,) = shown["drafts"]
    done = clearwatt.document(
        *("agreement", "reject", KEY, "--draft", draft["number"]),
        *("--reason", "too much", *by("fiona")),
    )
    assert done["outcome"] == f"draft {draft['number']} rejected"
    shown = clearwatt.document("agreement", "show", KEY, "--history")
    assert (shown["drafts"], shown["steps"][-1]["reason"]) == ([], "too much")
    ended, sentence = clearwatt.refusal("agreement", "show", KEY, "--known-at", "2026-11-03")
    assert (ended, sentence.partition(":")[0]) == (1, "NOT_FOUND"), "nothing was known then"


def test_an_agreement_is_suspended_and_resumed(clearwatt):
    suspended = clearwatt.document(
        *("agreement", "suspend", KEY, "--reason", "unpaid"),
        *("--from", "2026-11-10T00:00:00Z", *by("fiona")),
    )
    assert suspended["from"] == "2026-11-10T00:00:00Z"
    (row,) = clearwatt.document("agreement", "list", "--as-of", "2026-11-11", "--party", EMSP)
    assert (row["agreement"], row["state"]) == (KEY, "suspended")
    in_force = ("--party", EMSP, "--state", "in force", "--as-of", "2026-11-11")
    assert clearwatt.document("agreement", "list", *in_force) == []
    clearwatt.document("agreement", "resume", KEY, *by("fiona", "2026-11-12T00:00:00Z"))
    (row,) = clearwatt.document("agreement", "list", "--party", EMSP, "--as-of", "2026-11-13")
    assert row["state"] == "in force"
    then = ("--party", EMSP, "--as-of", "2026-11-13", "--known-at", "2026-11-11T00:00:00Z")
    (row,) = clearwatt.document("agreement", "list", *then)
    assert row["state"] == "suspended", "nobody had let it go on by then"


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("show", "NL*XYZ"), "WRONG_IDENTIFIER", 1),
        (("show", "NL*XYZ:DE*NEW"), "NOT_FOUND", 1),
        (("diff", "NL*XYZ:DE*EMP#1", "NL*XYZ:DE*EMP#9"), "NOT_FOUND", 1),
        (("diff", "NL*XYZ:DE*EMP#1"), "VERSION_MISSING", 2),
        (("approve", KEY, "--as", "fiona"), "NOT_FOUND", 1),
        (("approve", KEY), "ACTOR_MISSING", 2),
    ],
)
def test_what_does_not_exist_is_said_in_a_sentence(clearwatt, arguments, code, exit_code):
    ended, sentence = clearwatt.refusal("agreement", *arguments)
    assert (ended, sentence.partition(":")[0]) == (exit_code, code)
