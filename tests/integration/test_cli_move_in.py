"""`clearwatt template` and `clearwatt move-in`: from a folder to balanced books, by two people."""

import shutil
from pathlib import Path

import pytest
from command_line import CommandLine, of_settings

from ledger.application.commands import By
from ledger.application.registration import register_actor
from tests.ledger_cast import RECORDED_AT

FOLDER = Path(__file__).parents[1] / "move_in"
AT = ("--at", RECORDED_AT.isoformat())
PROJECT = ("projector", "run", "--until-caught-up")


@pytest.fixture
def clearwatt(settings_of_test) -> CommandLine:
    return of_settings(settings_of_test)


@pytest.fixture
def staffed(clearwatt) -> CommandLine:
    """An installation with people who may act."""
    assert clearwatt.run("up").exit_code == 0
    with clearwatt.ledger() as ledger:
        by = By("anna", "asserted", RECORDED_AT)
        for name, role in (("anna", "admin"), ("finn", "finance"), ("fiona", "finance")):
            register_actor(ledger, name, (role,), by=by)
    return clearwatt


@pytest.fixture
def folder(tmp_path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "move-in"))


def test_what_was_checked_is_done_approved_and_found_by_both_ids(staffed, folder):
    checked = staffed.document("move-in", "check", folder, "--as", "finn", *AT)
    assert (checked["platform"], checked["counts"]["parties"]) == ("oldcharge", 3)
    words = staffed.run("move-in", "check", folder, "--as", "finn", *AT)
    assert f"Plan {checked['plan']}" in words.output
    plan = ("--plan", checked["plan"])
    done = staffed.document("move-in", "run", folder, *plan, "--as", "finn", *AT)
    assert done["plan"] == checked["plan"]
    approved = staffed.document("move-in", "approve", folder, *plan, "--as", "fiona", *AT)
    assert approved["approved"][-1] == "opening of xyz-bv"
    taken = staffed.document("consumer", "run", "--until-caught-up", *AT)
    assert taken["outcomes"] == {"accepted": 2}
    assert staffed.run(*PROJECT).exit_code == 0
    for id in ("OP-17/4711", "NL*XYZ/LOC1"):
        (found,) = staffed.document("move-in", "find", id)
        assert (found["old_id"], found["new_key"]) == ("OP-17/4711", "NL*XYZ/LOC1")
    assert staffed.refusal("move-in", "find", "OP-99")[1].startswith("NOT_FOUND")
    balances = staffed.document("balance", "list", "--book", "xyz-bv", "--as-of", "2026-09-30")
    assert {row["account"]: row["balance"] for row in balances if row["currency"] == "EUR"} == {
        "equity:opening": "-1000.0000",
        "receivable:DE*EMP": "1210.0000",
        "vat:NL:output:accrued": "-210.0000",
    }
    journal = staffed.run("journal", "list", "--book", "clr-bv").output
    assert "clr-bv opening_balance" in journal
    assert "opening balances.csv" in journal


def test_another_plan_than_the_one_that_was_checked_is_refused(staffed, folder):
    exit_code, said = staffed.refusal(
        "move-in", "run", folder, "--plan", "0" * 64, "--as", "finn", *AT
    )
    assert (exit_code, said.partition(":")[0]) == (1, "PLAN_DIFFERS")


def test_everything_that_is_wrong_is_told_with_its_place(staffed, folder):
    csv = folder / "balances.csv"
    csv.write_text(csv.read_text().replace("1210.00", "many"))
    ended = staffed.run("move-in", "check", folder, "--as", "finn", *AT, "--json")
    places = [(row["code"], row["path"]) for row in ended.document["errors"]]
    assert (ended.exit_code, places) == (
        1,
        [("WRONG_TYPE", "balances.csv:2.amount"), ("WRONG_TYPE", "balances.csv:5.amount")],
    )


def test_an_opening_is_reversed_by_two(staffed, folder):
    plan = staffed.document("move-in", "check", folder, "--as", "finn", *AT)["plan"]
    staffed.document("move-in", "run", folder, "--plan", plan, "--as", "finn", *AT)
    staffed.document("move-in", "approve", folder, "--plan", plan, "--as", "fiona", *AT)
    reverse = ("move-in", "reverse", "xyz-bv", "--reason", "a wrong file", *AT)
    assert staffed.document(*reverse, "--as", "finn")["outcome"] == "reversal proposed"
    assert staffed.refusal(*reverse, "--as", "finn")[1].startswith("SECOND_PERSON_REQUIRED")
    assert staffed.document(*reverse, "--as", "fiona")["outcome"] == "reversed"


def test_templates_are_listed_shown_made_and_compared_without_a_service(clearwatt, tmp_path):
    assert len(clearwatt.document("template", "list")) == 6
    shown = clearwatt.document("template", "show", "host-revenue-share")
    assert shown["parameters"]["host_rate"]["default"] == "15 %"
    file = tmp_path / "host.yaml"
    said = ("cpo=NL*XYZ", "host=NL*HST", "locations=LOC1", "valid_from=2026-10-01")
    values = [part for value in said for part in ("--set", value)]
    make = ("template", "new", "host-revenue-share", *values)
    assert clearwatt.run(*make, "--out", file).exit_code == 0
    assert clearwatt.run(*make).output == file.read_text()
    assert clearwatt.run("template", "compare", file).exit_code == 0
    file.write_text(file.read_text().replace("share: 15 %", "share: 20 %"))
    ended = clearwatt.run("template", "compare", file, "--json")
    (departure,) = ended.document[0]["departures"]
    assert (ended.exit_code, departure["agreement"]) == (1, "20 % of net")
    # What is there already is not written over.
    assert clearwatt.refusal(*make, "--out", file)[0] == 3


def test_what_is_missing_for_a_template_is_told_at_once(clearwatt):
    ended = clearwatt.run("template", "new", "bilateral-roaming", "--json")
    assert ended.exit_code == 1
    assert {row["path"] for row in ended.document["errors"]} == {
        "cpo",
        "emsp",
        "clearing_house",
        "valid_from",
    }
    code, said = clearwatt.refusal("template", "new", "bilateral-roaming", "--set", "cpo")
    assert (code, said.partition(":")[0]) == (2, "PARAMETER_INVALID")
