"""`clearwatt session draft-cdr` and `import-ocpp`: published, and accepted by the ledger."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine, installation

from ledger.application.registration import register_actor
from ledger.log import install
from tests.ledger_cast import AGREEMENTS, BY_ADMIN, CAST

EXAMPLES = Path(__file__).parents[2] / "examples" / "ocpp"
MAPPING = EXAMPLES / "mapping.yaml"
AT = ("--at", "2026-10-20")
AS = ("--as", "olga")


@pytest.fixture
def clearwatt(services, service_settings, new_database) -> Iterator[CommandLine]:
    """An installation that knows the cast, its agreements, the location and the tariffs."""
    with installation(services, service_settings, new_database) as made:
        install(made.database_url)
        with made.ledger() as ledger:
            for name, role in (("anna", "admin"), ("finn", "finance"), ("olga", "operations")):
                register_actor(ledger, name, (role,), by=BY_ADMIN)
            register_actor(ledger, "ada", ("auditor",), by=BY_ADMIN)
            for fact in (*CAST, *AGREEMENTS):
                fact(ledger)
        yield made


def consume(clearwatt: CommandLine) -> dict[str, int]:
    return clearwatt.document("consumer", "run", "--until-caught-up", *AT)["outcomes"]


def cdrs(clearwatt: CommandLine) -> list[tuple[str, str]]:
    """Return what the log says of CDRs, in order: topic and id."""
    rows = clearwatt.rows(
        "SELECT topic, convert_from(state, 'UTF8') FROM log.stored_event"
        " WHERE topic LIKE 'cdr.%%' ORDER BY position"
    )
    return [(topic, json.loads(state)["cdr"]) for topic, state in rows]


def publish_session(clearwatt: CommandLine, folder: Path, **changes: Any) -> None:
    """Publish one update of a session of an hour; its location and tariffs are known."""
    document = {
        "country_code": "NL",
        "party_id": "XYZ",
        "id": "S-1",
        "start_date_time": "2026-10-05T18:30:00Z",
        "end_date_time": "2026-10-05T19:30:00Z",
        "kwh": 10,
        "cdr_token": {
            "country_code": "DE",
            "party_id": "EMP",
            "uid": "04A2B3C4",
            "type": "RFID",
            "contract_id": "DE-EMP-C00000017",
        },
        "auth_method": "WHITELIST",
        "location_id": "LAAN",
        "evse_uid": "LAAN-1",
        "connector_id": "1",
        "currency": "EUR",
        "status": "COMPLETED",
        "last_updated": "2026-10-05T19:31:00Z",
    }
    file = folder / "session.json"
    file.write_text(json.dumps(document | changes))
    published = ("--ocpi-version", "2.2.1", *AT)
    assert clearwatt.run("publish", "sessions", file, *published).exit_code == 0


def publish_facts(clearwatt: CommandLine) -> None:
    for topic, name in (("locations", "location.json"), ("tariff-versions", "tariffs.jsonl")):
        ended = clearwatt.run("publish", topic, EXAMPLES / name, "--ocpi-version", "2.2.1", *AT)
        assert ended.exit_code == 0, ended.errors


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_a_log_of_ocpp_is_a_session_and_an_accepted_cdr(clearwatt, version):
    log = EXAMPLES / f"transactions-{version}.jsonl"
    imported = clearwatt.document("session", "import-ocpp", log, "--mapping", MAPPING, *AT)
    assert (imported["published"], imported["problems"]) == (6, [])
    assert consume(clearwatt) == {"accepted": 6}
    ((topic, key),) = cdrs(clearwatt)
    assert topic == "cdr.accepted.v1"
    assert key == f"NL*XYZ/{imported['transactions'][0]['cdr']['id'].lower()}"
    # The same log again is nothing new.
    clearwatt.document("session", "import-ocpp", log, "--mapping", MAPPING, *AT)
    assert consume(clearwatt) == {"duplicate": 5, "superseded": 1}


def test_what_is_wrong_in_a_log_is_reported_by_line_and_the_rest_published(clearwatt, tmp_path):
    log = tmp_path / "log.jsonl"
    log.write_text("no json\n" + (EXAMPLES / "transactions-1.6.jsonl").read_text())
    command = ("session", "import-ocpp", log, "--mapping", MAPPING, *AT)
    shown = clearwatt.run(*command, "--dry-run")
    assert (shown.exit_code, "NOT_JSON" in shown.output) == (1, True)
    assert "1 transactions, 1 CDRs, 6 messages would be published" in shown.output
    ended = clearwatt.run(*command, "--no-with-facts", "--json")
    assert (ended.exit_code, ended.document["published"]) == (1, 3)
    assert [(row["line"], row["code"]) for row in ended.document["problems"]] == [(1, "NOT_JSON")]
    # Without the tariff the CDR waits for it.
    assert consume(clearwatt) == {"accepted": 2, "held": 1}


def test_without_documents_the_ledgers_register_is_asked(clearwatt, tmp_path):
    publish_facts(clearwatt)
    consume(clearwatt)
    mapping = tmp_path / "mapping.yaml"
    document = MAPPING.read_text().replace("locations: [location.json]", "locations: []")
    mapping.write_text(document.replace("tariffs: [tariffs.jsonl]", "tariffs: []"))
    log = EXAMPLES / "transactions-1.6.jsonl"
    imported = clearwatt.document("session", "import-ocpp", log, "--mapping", mapping, *AT)
    assert (imported["published"], imported["problems"]) == (3, [])
    assert consume(clearwatt) == {"accepted": 3}


def test_a_completed_session_is_drafted_with_the_drivers_own_token(clearwatt, tmp_path):
    publish_facts(clearwatt)
    publish_session(clearwatt, tmp_path)
    consume(clearwatt)
    shown = clearwatt.document("session", "draft-cdr", "nl*xyz/s-1", "--dry-run", *AS, *AT)
    assert (shown["published"], len(shown["drafted"])) == (0, 1)
    assert consume(clearwatt) == {}
    published = clearwatt.document("session", "draft-cdr", "NL*XYZ/S-1", *AS, *AT)
    (draft,) = published["drafted"]
    assert draft == shown["drafted"][0]
    assert draft["cdr_token"]["uid"] == "04A2B3C4"
    assert draft["cdr_token"]["contract_id"] == "DE-EMP-C00000017"
    # 20:30 to 21:30 in Amsterdam: 5 kWh at 0.60, 5 at 0.40, and 0.50
    assert draft["total_cost"]["before_taxes"] == "5.5000"
    assert len(draft["charging_periods"]) == 2
    assert consume(clearwatt) == {"accepted": 1}
    assert cdrs(clearwatt) == [("cdr.accepted.v1", "NL*XYZ/c-s-1")]
    assert clearwatt.refusal("session", "draft-cdr", "NL*XYZ/S-1", *AS, *AT) == (
        1,
        "SESSION_BILLED: A CDR of this session was recorded already."
        " (at NL*XYZ/s-1, expected no CDR, got NL*XYZ/c-s-1)",
    )


def test_all_unbilled_sessions_of_a_cpo_are_drafted_or_refused_one_by_one(clearwatt, tmp_path):
    publish_facts(clearwatt)
    for name, changes in {
        "S-1": {},
        "S-2": {"status": "ACTIVE", "end_date_time": None},
        "S-3": {"location_id": "ELSEWHERE"},
        "S-4": {},
    }.items():
        publish_session(clearwatt, tmp_path, id=name, **changes)
    consume(clearwatt)
    clearwatt.document("session", "draft-cdr", "NL*XYZ/S-4", *AS, *AT)
    consume(clearwatt)
    everything = ("session", "draft-cdr", "--all-unbilled", "--party", "NL*XYZ", *AS, *AT)
    ended = clearwatt.run(*everything, "--json")
    assert ended.exit_code == 1
    assert [row["session_id"] for row in ended.document["drafted"]] == ["S-1"]
    assert [(row["session"], row["code"]) for row in ended.document["refused"]] == [
        ("NL*XYZ/s-3", "LOCATION_MISSING")
    ]
    consume(clearwatt)
    again = clearwatt.run(*everything)
    assert (again.exit_code, again.output) == (1, "0 CDRs published.\n")
    assert again.errors.startswith("NL*XYZ/s-3: LOCATION_MISSING: ")


def test_a_session_whose_driver_was_erased_is_refused(clearwatt, tmp_path):
    publish_facts(clearwatt)
    publish_session(clearwatt, tmp_path)
    consume(clearwatt)
    with clearwatt.ledger() as ledger:
        ledger.store.connection.execute("DELETE FROM log.subject WHERE kind = 'token_uid'")
    exit_code, sentence = clearwatt.refusal("session", "draft-cdr", "NL*XYZ/S-1", *AS, *AT)
    assert (exit_code, sentence.partition(":")[0]) == (1, "SUBJECT_ERASED")
    assert "cdr_token.uid" in sentence


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        (("NL*XYZ/S-9", *AS), 1, "NOT_FOUND"),
        (("S-9", *AS), 1, "WRONG_IDENTIFIER"),
        (("NL*XYZ/S-9",), 2, "ACTOR_MISSING"),
        (("NL*XYZ/S-9", "--as", "nobody"), 1, "ACTOR_UNKNOWN"),
        (("NL*XYZ/S-9", "--as", "ada"), 1, "ROLE_MISSING"),
        (AS, 2, "WRONG_CALL"),
        (("--all-unbilled", *AS), 2, "WRONG_CALL"),
        (("NL*XYZ/S-9", "--all-unbilled", "--party", "NL*XYZ", *AS), 2, "WRONG_CALL"),
    ],
)
def test_a_wrong_call_is_one_sentence_with_a_code(clearwatt, arguments, exit_code, code):
    ended, sentence = clearwatt.refusal("session", "draft-cdr", *arguments, *AT)
    assert (ended, sentence.partition(":")[0]) == (exit_code, code)
