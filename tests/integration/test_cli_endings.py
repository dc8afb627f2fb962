"""How commands end: help for each, one line with a code for what is wrong, and an exit code."""

from collections.abc import Iterator

import pytest
import typer
from command_line import CommandLine, of_settings

from console.cli.app import app
from console.settings import Settings, unknown_variables

AWAY = "postgresql://127.0.0.1:1/nothing"
SECRET = {"CLEARWATT_SUBJECT_KEY": "a key that protects nobody"}
NO_SERVERS = {
    "CLEARWATT_DATABASE_URL": AWAY,
    "CLEARWATT_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    **SECRET,
}


def commands(group: typer.Typer, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield every command and every group of commands."""
    yield prefix
    for command in group.registered_commands:
        yield (*prefix, command.name or command.callback.__name__)
    for inner in group.registered_groups:
        yield from commands(inner.typer_instance, (*prefix, inner.name))


EVERY_COMMAND = sorted(set(commands(app)))
READS = (
    ("status",),
    ("journal", "list"),
    ("balance", "list"),
    ("exception", "list"),
    ("exception", "show", "1.1"),
    ("cdr", "explain", "NL*XYZ/1"),
    ("cdr", "list", "--period", "ALL/2026-10"),
    ("period", "list"),
    ("verify",),
    ("rebuild",),
    ("demo",),
)


@pytest.fixture
def without_servers(tmp_path) -> CommandLine:
    return CommandLine({**NO_SERVERS, "CLEARWATT_HOME": str(tmp_path / "home")})


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=" ".join)
def test_every_command_explains_itself_without_a_service(without_servers, command):
    ended = without_servers.run(*command, "--help")
    assert (ended.exit_code, ended.errors) == (0, "")
    usage, _, rest = ended.output.partition("\n\n")
    assert usage.startswith("Usage: clearwatt")
    assert rest.strip().splitlines()[0].strip(), "a command says what it does"


def test_the_commands_are_those_of_the_first_release():
    nouns = {command[0] for command in EVERY_COMMAND if command}
    assert nouns >= {
        *("up", "down", "status", "doctor", "demo", "publish", "consumer", "projector"),
        *("publisher", "clock", "session", "exception", "journal", "balance", "cdr", "period"),
        *("verify", "rebuild", "bench"),
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ("perid",),
        ("period", "clos"),
        ("period", "close"),
        ("period", "show", "ALL/2026-10", "--colour"),
        ("balance", "list", "--known-at", "yesterday"),
        ("balance", "list", "--known-at", "2026-11-01T00:00:00"),
        ("balance", "list", "--month", "october"),
        ("journal", "list", "--as-of", "2026-02-30"),
        ("journal", "list", "--limit", "0"),
        ("cdr", "list", "--limit", "0"),
        ("demo", "--month", "2026-13"),
        ("demo", "--count", "1"),
        ("exception", "show", "first"),
        ("publish", "cdrs", "/there/is/nothing"),
        ("session", "import", "/there/is/nothing", "--mapping", "/nor/here"),
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_one_line_that_names_the_help(without_servers, arguments):
    exit_code, line = without_servers.refusal(*arguments)
    assert exit_code == 2
    assert line.startswith("WRONG_CALL: ")
    assert line.endswith("--help`.")


@pytest.mark.parametrize("group", ["", "period", "cdr"])
def test_a_group_alone_shows_its_commands(without_servers, group):
    ended = without_servers.run(*group.split())
    assert ended.exit_code == 2
    assert "Commands:" in ended.errors


@pytest.mark.parametrize("arguments", READS, ids=" ".join)
def test_a_service_that_is_away_ends_a_command_with_3(without_servers, arguments):
    ended = without_servers.run(*arguments)
    assert ended.exit_code == 3
    assert "Traceback" not in ended.errors + ended.output
    if arguments != ("status",):  # which is there to say so at length
        assert (ended.output, ended.errors.count("\n")) == ("", 1)
        assert ended.errors.partition(":")[0].endswith("UNREACHABLE")


def test_a_check_that_fails_ends_with_1(without_servers):
    ended = without_servers.run("doctor", "--json")
    assert ended.exit_code == 1
    assert "UNREACHABLE" in {row["code"] for row in ended.document["checks"]}


@pytest.mark.parametrize(
    "field",
    [
        *("database_url", "kafka_bootstrap_servers", "schema_registry_url", "subject_key", "actor"),
        *("kafka_sasl_password", "kafka_sasl_mechanism", "kafka_ssl_cafile", "kafka_port"),
    ],
)
def test_an_empty_variable_is_one_that_is_not_set(field, monkeypatch):
    monkeypatch.setenv(f"CLEARWATT_{field.upper()}", "")
    assert getattr(Settings(), field) is None
    assert getattr(Settings(**{field: ""}), field) is None


def test_an_empty_key_is_no_key_for_a_database_of_ones_own(settings_of_test):
    """Pseudonyms under an empty key would be anybody's to compute."""
    clearwatt = of_settings(settings_of_test)
    exit_code, line = clearwatt.refusal("clock", "advance", "--to", "2026-10-05", subject_key="")
    assert (exit_code, line.partition(":")[0]) == (3, "SUBJECT_KEY_MISSING")
    checks = clearwatt.run("doctor", "--json", subject_key="").document["checks"]
    assert "SUBJECT_KEY_MISSING" in {row["code"] for row in checks}


def test_every_variable_that_is_read_is_known_to_the_doctor():
    assert list(unknown_variables({"CLEARWATT_DEBUG": "1", "CLEARWATT_HOME": "x"})) == []
    assert list(unknown_variables({"CLEARWATT_DEBUGG": "1"})) == ["CLEARWATT_DEBUGG"]
