"""`clearwatt launch`: the gate by real evidence, the acceptance tests, people, and the file."""

import json
from collections.abc import Iterator
from hashlib import sha256

import pytest
from command_line import CommandLine, of_settings
from msgspec.structs import replace

from ledger.roaming.places import Connector, Evse
from tests.launching import PAIR, charge, command_result, launching_world
from tests.ledger_cast import CPO, RECORDED_AT, YEAR_BEGINS
from tests.ledger_statements import location, october

AT = RECORDED_AT.isoformat()
OPENED = october(1).isoformat()
PLAN = """
phases:
  - phase: 1
    scope: {locations: [LOC1], token_types: [RFID], tariffs: [T1]}
    caps: {cdrs_per_day: 20, money_per_day: 500.00, currency: EUR}
    exit: &exit
      - {criterion: matched_percent, threshold: 90, minimum: 3}
      - {criterion: exceptions_open, threshold: 0, minimum: 3}
      - {criterion: command_success_percent, threshold: 90, minimum: 2}
      - {criterion: session_matching, threshold: 0, minimum: 3}
      - {criterion: tariff_replay, threshold: 0, minimum: 3}
      - {criterion: rounding_checks, threshold: 0, minimum: 3}
      - {criterion: partner_reconciliation, threshold: 0, minimum: 3}
  - {phase: 2, scope: {locations: [LOC1, LOC2]}, exit: *exit}
  - {phase: 3, not_before: 2027-01-01T00:00:00Z}
  - {phase: 4}
"""
TESTS = ("session-matching", "tariff-replay", "rounding-checks")
LINES = [
    "matched_percent",
    "exceptions_open",
    "command_success_percent",
    "session_matching",
    "tariff_replay",
    "rounding_checks",
    "partner_reconciliation",
    "entry_time",
    "entry_agreement",
    "entry_sites",
    "entry_tariffs",
]


def site() -> object:
    """Return the first site with an EVSE of one connector."""
    connector = Connector("1", "IEC_62196_T2", "CABLE", "AC_3_PHASE", 230, 16, YEAR_BEGINS)
    evse = Evse("E1", "AVAILABLE", (connector,), YEAR_BEGINS)
    sent = location("LOC1", "Europe/Amsterdam", updated=october(1, 1))
    return replace(sent, statement=replace(sent.statement, evses=(evse,)))


@pytest.fixture
def clearwatt(settings_of_test, tmp_path) -> Iterator[CommandLine]:
    made = of_settings(settings_of_test)
    made.run("up")
    world = launching_world(made.database_url, None)
    world.send(site())
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    made.document("launch", "open", PAIR, plan, "--as", "olga", "--at", OPENED)
    for number in range(1, 5):
        world.send(*charge(f"C{number}", at=october(9 + number)))
    world.send(*charge("OUT", location="LOC2", at=october(20)))
    world.send(command_result("K1"), command_result("K2"), sender=CPO)
    world.close()
    yield made


def own(clearwatt: CommandLine, *arguments: object, who: str = "olga"):
    return clearwatt.run(*arguments, "--as", who, "--at", AT, "--json")


def prove(clearwatt: CommandLine, tmp_path) -> None:
    """Run and record all that the plan asks for."""
    for name in TESTS:
        ran = own(clearwatt, "launch", "test", name, PAIR, "--record")
        assert (ran.exit_code, ran.document["cases"]) == (0, 4), ran.output + ran.errors
    file = tmp_path / "theirs.csv"
    rows = [f"C{number},10,5.00,EUR\n" for number in range(1, 5)]
    file.write_text("id,total_energy,total_cost.before_taxes,currency\n" + "".join(rows))
    arguments = ("launch", "test", "partner-reconciliation", PAIR, "--file", file, "--record")
    assert own(clearwatt, *arguments).exit_code == 0


def test_a_launch_from_its_plan_to_the_evidence_file(clearwatt, tmp_path):
    before = clearwatt.run("launch", "gate", PAIR, "--json")
    assert before.exit_code == 1
    lines = {row["criterion"]: row for row in before.document["results"]}
    assert list(lines) == LINES
    assert before.document["figures"]["cdrs"] == 4, "what is held outside does not count"
    assert (lines["matched_percent"]["value"], lines["matched_percent"]["cases"]) == ("100.00", 4)
    assert lines["command_success_percent"]["of"] == "IEC_62196_T2"
    assert not lines["tariff_replay"]["is_passed"], "nobody ran it yet"
    refused = own(clearwatt, "launch", "decide", PAIR, "expand", "--reason", "soon")
    assert refused.exit_code == 1
    assert "LAUNCH_GATE_NOT_PASSED" in refused.errors
    assert "SIGN_OFF_MISSING" in refused.errors
    prove(clearwatt, tmp_path)
    gate = own(clearwatt, "launch", "gate", PAIR, "--record")
    assert gate.exit_code == 0, gate.output
    for who, role in (("olga", "operations"), ("sue", "support"), ("finn", "finance")):
        signed = own(clearwatt, "launch", "sign-off", PAIR, "--as-role", role, who=who)
        assert signed.exit_code == 0, signed.errors
    decided = own(clearwatt, "launch", "decide", PAIR, "expand", "--reason", "it is proven")
    assert (decided.exit_code, decided.document["to_phase"]) == (0, 2), decided.errors
    out = tmp_path / "evidence.json"
    written = clearwatt.document("launch", "evidence", PAIR, "--out", out, "--decision", "1")
    digest = sha256(out.read_bytes()).hexdigest()
    assert (written["sha256"], written["decisions"]) == (digest, [1])
    assert decided.document["evidence_sha256"] == digest
    told = json.loads(out.read_bytes())
    assert [row["name"] for row in told["tests"]][:3] == [
        "session_matching",
        "tariff_replay",
        "rounding_checks",
    ]
    shown = clearwatt.document("launch", "show", PAIR)
    assert (shown["phase"], shown["state"], len(shown["decisions"])) == (2, "running", 1)
    assert [row["phase"] for row in clearwatt.document("launch", "list")] == [2]
    (then,) = clearwatt.document("launch", "list", "--as-of", "2026-10-20")
    assert (then["phase"], then["scope"]["locations"]) == (1, ["LOC1"])
    assert clearwatt.document("launch", "list", "--as-of", "2026-09-30") == []
    assert clearwatt.document("launch", "list", "--known-at", YEAR_BEGINS.isoformat()) == []
    known = clearwatt.document("launch", "show", PAIR, "--known-at", OPENED)
    assert (known["phase"], known["tests"], known["decisions"]) == (1, {}, [])
    clearwatt.document("consumer", "run", "--until-caught-up")
    checked = clearwatt.document("verify")
    assert checked["holds"], checked


def test_people_read_tables(clearwatt, tmp_path):
    gate = clearwatt.run("launch", "gate", PAIR)
    assert "not enough evidence" in gate.output
    assert "The gate is not passed" in gate.output
    test = clearwatt.run("launch", "test", "exception-drill", PAIR)
    assert (test.exit_code, "nothing to test" in test.output) == (1, True)
    shown = clearwatt.run("launch", "show", PAIR).output
    assert "locations LOC1; token types RFID; tariffs T1" in shown
    assert "20 CDRs, 500.00 EUR a day" in shown
    held = clearwatt.document("exception", "list", "--reason", "OUT_OF_LAUNCH_SCOPE")
    assert [(row["record"], row["owner"]) for row in held] == [(f"{CPO}/out", "operations")]


def test_differences_with_the_partner_are_shown_field_by_field(clearwatt, tmp_path):
    file = tmp_path / "theirs.csv"
    file.write_text("id,total_energy,currency\nC1,10.0,EUR\nC2,11,EUR\nC9,1,EUR\n")
    ran = own(clearwatt, "launch", "test", "partner-reconciliation", PAIR, "--file", file)
    assert ran.exit_code == 1
    found = [(row["record"], row["field"], row.get("actual")) for row in
             ran.document["differences"]]  # fmt: skip
    assert found == [
        (f"{CPO}/c2", "total_energy", "11"),
        (f"{CPO}/c3", "cdr", "ours only"),
        (f"{CPO}/c4", "cdr", "ours only"),
        (f"{CPO}/c9", "cdr", "theirs only"),
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("show", "NL*XYZ"), "WRONG_IDENTIFIER", 1),
        (("show", "NL*XYZ>FR*MOB"), "NOT_FOUND", 1),
        (("test", "luck", PAIR), "UNKNOWN_VALUE", 2),
        (("test", "partner-reconciliation", PAIR), "INVALID_DOCUMENT", 1),
        (("decide", PAIR, "hope", "--reason", "x", "--as", "olga"), "UNKNOWN_VALUE", 2),
        (("decide", PAIR, "pause", "--reason", " ", "--as", "olga"), "REASON_MISSING", 1),
        (("decide", PAIR, "pause", "--reason", "x", "--as", "sue"), "ROLE_MISSING", 1),
        (("sign-off", PAIR, "--as-role", "chief", "--as", "olga"), "UNKNOWN_VALUE", 2),
        (("sign-off", PAIR, "--as-role", "support", "--as", "olga"), "ROLE_MISSING", 1),
    ],
)
def test_what_is_refused_changes_nothing(clearwatt, arguments, code, exit_code):
    head = clearwatt.rows("SELECT * FROM log.head")
    found = clearwatt.refusal("launch", *arguments)
    assert (found[0], found[1].partition(":")[0]) == (exit_code, code)
    assert clearwatt.rows("SELECT * FROM log.head") == head


def test_evidence_of_a_decision_that_nobody_took_is_not_written(clearwatt, tmp_path):
    out = tmp_path / "evidence.json"
    arguments = ("launch", "evidence", PAIR, "--out", out, "--decision", "1")
    assert clearwatt.refusal(*arguments)[1].startswith("NOT_FOUND")
    assert not out.exists()


def test_a_plan_is_refused_with_all_that_is_wrong_in_it(clearwatt, tmp_path):
    plan = tmp_path / "wrong.yaml"
    plan.write_text(
        "phases:\n  - {phase: 1, caps: {money_per_day: 5}}\n"
        "  - {phase: 3, exit: [{criterion: late_percent, threshold: -1}]}\n"
    )
    found = clearwatt.refusal("launch", "open", PAIR, plan, "--as", "olga")
    for path in ("phases", "phases[0].caps", "phases[1].exit[0]"):
        assert f"at {path}," in found[1]
    plan.write_text("phases:\n  - {phase: 1, scope: {sites: [A]}}\n")
    assert "phases[0].scope" in clearwatt.refusal("launch", "open", PAIR, plan, "--as", "olga")[1]
