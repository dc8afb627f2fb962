"""The command line as people and scripts use it: what it prints, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from console.cli import common
from console.cli.app import app
from console.cli.errors import UsageError, ending_of
from console.errors import ServiceError
from console.settings import Settings
from ledger.log.connection import LogUnreachable
from ledger.values.reasons import InvariantBroken, Reason, Refusal, Refused
from projections.schema import ProjectionError
from schemas import RegistryUnreachable, SchemaError

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "schemas" / "examples"
CLEARWATT = [sys.executable, "-c", "from console.cli import main; main()"]
ENDS_WITHIN_SECONDS = 30


@pytest.fixture
def environment(settings_of_test, tmp_path):
    """The variables with which a command finds this test's database and topics."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(REPOSITORY),
        "CLEARWATT_HOME": str(tmp_path / "home"),
        "CLEARWATT_DATABASE_URL": settings_of_test.database_url.get_secret_value(),
        "CLEARWATT_KAFKA_BOOTSTRAP_SERVERS": settings_of_test.kafka_bootstrap_servers,
        "CLEARWATT_TOPIC_PREFIX": settings_of_test.topic_prefix,
        "CLEARWATT_CONSUMER_GROUP": settings_of_test.consumer_group,
        "CLEARWATT_SUBJECT_KEY": "a key that protects nobody",
    }


@pytest.fixture
def clearwatt(environment):
    """Run a command to its end; keyword arguments are settings, None unsets one."""

    def run(*arguments, **settings):
        changed = {f"CLEARWATT_{name.upper()}": value for name, value in settings.items()}
        return subprocess.run(
            [*CLEARWATT, *map(str, arguments)],
            env={name: value for name, value in {**environment, **changed}.items() if value},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def start(environment):
    """Start a command that runs until it is told to end."""
    started = []

    def begin(*arguments):
        process = subprocess.Popen(
            [*CLEARWATT, *arguments], env=environment, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def documents(*results):
    """Return the JSON that commands printed; each has ended well."""
    for result in results:
        assert result.returncode == 0, result.stderr
    return [json.loads(result.stdout) for result in results]


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("up", ["--json"]),
        ("down", ["--json"]),
        ("status", ["--json"]),
        ("doctor", ["--json"]),
        ("publish", ["topic", "file", "--raw", "--key", "--sender", "--ocpi-version", "--party"]),
        ("publish", ["--dry-run", "--time-zone", "--first-sequence", "--keep-original", "--json"]),
        ("consumer run", ["--until-caught-up", "--json"]),
        ("projector run", ["--until-caught-up", "--json"]),
        ("publisher run", ["--until-caught-up", "--json"]),
        ("clock run", ["--until-caught-up"]),
        ("clock advance", ["--to", "--json"]),
    ],
)
def test_the_help_of_a_command_names_its_options(command, options):
    result = CliRunner().invoke(app, [*command.split(), "--help"])
    assert result.exit_code == 0
    assert [option for option in options if option not in result.output] == []


def test_help_loads_no_driver_and_no_settings():
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import atexit, sys\n"
            "atexit.register(lambda: print('\\n'.join(sys.modules)))\n"
            "sys.argv = ['clearwatt', '--help']\n"
            "from console.cli import main; main()",
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "console.cli.app" in loaded
    heavy = {"kafka", "psycopg", "pydantic", "fastavro", "eventsourcing", "msgspec"}
    assert sorted(heavy & set(loaded)) == []


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (UsageError("ACTOR_MISSING", "Say who."), "ACTOR_MISSING", 2),
        (ServiceError("JAVA_NOT_FOUND", "No Java."), "JAVA_NOT_FOUND", 3),
        (Refused(Refusal(Reason.PERIOD_NOT_OPEN)), "PERIOD_NOT_OPEN", 1),
        (SchemaError("NOT_JSON"), "NOT_JSON", 1),
        (ProjectionError("MIGRATION_CHANGED", "It was edited."), "MIGRATION_CHANGED", 1),
        (LogUnreachable("DATABASE_UNREACHABLE: two\nlines"), "DATABASE_UNREACHABLE", 3),
        (RegistryUnreachable("it is away"), "SCHEMA_REGISTRY_UNREACHABLE", 3),
        (InvariantBroken("an entry sums to 1"), "INVARIANT_BROKEN", 1),
        (KeyError("x"), "DEFECT", 1),
    ],
)
def test_every_error_ends_as_one_line_with_its_code(error, code, exit_code):
    ending = ending_of(error)
    assert (ending.line.partition(":")[0], ending.exit_code) == (code, exit_code)
    assert "\n" not in ending.line


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "exit_code"),
    [
        (["publish", "invoices", "FILE"], {}, "UNKNOWN_TOPIC", 2),
        (["publish", "cdrs", "FILE"], {"kafka_bootstrap_servers": "127.0.0.1:1"}, "KAFKA_U", 3),
        (["up"], {"database_url": "postgresql://127.0.0.1:1/x"}, "POSTGRES_UNREACHABLE", 3),
        (["up"], {"partitions": "many"}, "SETTING_INVALID: CLEARWATT_PARTITIONS", 2),
        (["up"], {"partitions": "7"}, "TOPIC_PARTITIONS_DIFFER", 3),
        (["clock", "advance", "--to", "2026-10-05"], {"subject_key": None}, "SUBJECT_KEY_", 3),
    ],
)
def test_what_is_wrong_is_one_sentence_and_no_traceback(
    clearwatt, arguments, settings, code, exit_code
):
    file = str(EXAMPLES / "cdrs.v1.json")
    result = clearwatt(*(file if word == "FILE" else word for word in arguments), **settings)
    assert result.returncode == exit_code, result.stderr
    assert result.stderr.startswith(code)
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_the_traceback_is_there_for_whoever_asks(clearwatt):
    result = clearwatt("publish", "invoices", EXAMPLES / "cdrs.v1.json", debug="1")
    assert "Traceback" in result.stderr


def test_a_file_that_is_not_there_is_a_wrong_call(clearwatt, tmp_path):
    assert clearwatt("publish", "cdrs", tmp_path / "nothing.json").returncode == 2


def test_a_dry_run_checks_every_record_without_a_service(clearwatt):
    away = {"kafka_bootstrap_servers": "127.0.0.1:1", "database_url": "postgresql://127.0.0.1:1/x"}
    good = clearwatt("publish", "cdrs", EXAMPLES / "cdrs.v1.json", "--dry-run", "--json", **away)
    assert documents(good)[0]["sent"] == 1
    bad = clearwatt("publish", "cdrs", EXAMPLES / "sessions.v1.json", "--dry-run", **away)
    assert bad.returncode == 1
    assert bad.stderr.startswith("line 1: MISSING_FIELD: ")


def test_a_message_goes_from_a_file_through_the_ledger_to_the_outgoing_topic(clearwatt):
    opened, sent, raw = documents(
        clearwatt("clock", "advance", "--to", "2026-10-05T00:00:00Z", "--json"),
        clearwatt("publish", "cdrs", EXAMPLES / "cdrs.v1.json", "--json"),
        clearwatt("publish", "cdrs", REPOSITORY / "LICENSE", "--raw", "--key", "NL*XYZ", "--json"),
    )
    assert opened["opened"] == ["ALL/2026-10"]
    assert (sent["sent"], raw["sent"]) == (1, 1)
    taken_in, projected, published = documents(
        clearwatt("consumer", "run", "--until-caught-up", "--json"),
        clearwatt("projector", "run", "--until-caught-up", "--json"),
        clearwatt("publisher", "run", "--until-caught-up", "--json"),
    )
    assert taken_in["outcomes"] == {"held": 1, "unreadable": 1}
    assert projected["position"] == published["position"] > 0
    (report,) = documents(clearwatt("status", "--json"))
    assert report["is_up"]
    assert sum(row["end"] for row in report["lag"]) == 2
    assert all(row["consumed"] == row["end"] for row in report["lag"])
    assert {row["behind"] for row in report["read_models"]} == {0}


def test_status_of_what_is_down_ends_with_3_and_starts_nothing(clearwatt, tmp_path):
    result = clearwatt("status", "--json", kafka_bootstrap_servers="", database_url="")
    assert result.returncode == 3
    assert {row["state"] for row in json.loads(result.stdout)["services"]} == {"down"}
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("process", ["consumer", "projector", "publisher", "clock"])
def test_a_process_ends_cleanly_when_it_is_told_to(start, process):
    running = start(process, "run")
    first_line = json.loads(running.stderr.readline())
    assert (first_line["event"], first_line["process"]) == ("started", process)
    time.sleep(1.5)
    running.send_signal(signal.SIGTERM)
    _, rest = running.communicate(timeout=ENDS_WITHIN_SECONDS)
    assert running.returncode == 0, rest
    assert json.loads(rest.splitlines()[-1])["event"] == "ended"


def test_who_acts_is_asserted_unless_the_installation_refuses_it(monkeypatch):
    now = datetime(2026, 10, 5, tzinfo=UTC)
    monkeypatch.setattr(common, "settings", lambda: Settings(actor="anna"))
    assert (common.acting(None).actor, common.acting("bert").actor) == ("anna", "bert")
    assert (common.acting("bert", now).proof, common.acting("bert", now).at) == ("asserted", now)
    monkeypatch.setattr(common, "settings", Settings)
    with pytest.raises(UsageError, match="ACTOR_MISSING"):
        common.acting(None)
    monkeypatch.setattr(common, "settings", lambda: Settings(refuse_asserted=True))
    with pytest.raises(Refused, match="ASSERTED_NOT_ALLOWED"):
        common.acting("anna")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-10-31T23:30:00Z", datetime(2026, 10, 31, 23, 30, tzinfo=UTC)),
        ("2026-11-01T00:30:00+01:00", datetime(2026, 10, 31, 23, 30, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_in_utc(text, read):
    assert common.instant(text) == read


@pytest.mark.parametrize("text", ["2026-10-31T23:30:00", "yesterday", "2026-13-01"])
def test_an_instant_without_an_offset_is_none(text):
    with pytest.raises(typer.BadParameter):
        common.instant(text)


def test_a_day_is_a_date():
    assert common.day("2026-10-31") == date(2026, 10, 31)
    with pytest.raises(typer.BadParameter):
        common.day("2026-10-32")
