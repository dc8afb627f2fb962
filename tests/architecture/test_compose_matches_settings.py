"""docker-compose.yml is read against the settings and against the embedded services.

It is read, not run: what it promises must be what the code understands.
"""

import re
from pathlib import Path

import pytest
import yaml

from console.publisher.topics import MAX_MESSAGE_BYTES
from console.services.broker.jars import POM
from console.services.broker.server import BASE_PROPERTIES
from console.services.postgres import RELEASE, SERVER_SETTINGS
from console.settings import PREFIX, Settings, variable_of

REPOSITORY = Path(__file__).parents[2]
TEXT = (REPOSITORY / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(TEXT)["services"]
SERVERS = ("kafka", "postgres")
# What each process of the design is started with; the web console joins them when there is one.
COMMANDS = {
    "prepare": ["up"],
    "consumer": ["consumer", "run"],
    "projector": ["projector", "run"],
    "publisher": ["publisher", "run"],
    "clock": ["clock", "run"],
    "api": ["api", "run", "--host", "0.0.0.0"],
}
PROCESSES = sorted(COMMANDS)
# Where a container differs from a process on the loopback address.
PLACES = {"listeners", "advertised.listeners", "controller.quorum.voters", "log.dirs"}


def embedded_broker():
    rows = (line.partition("=") for line in BASE_PROPERTIES.read_text().splitlines())
    return {name: value for name, is_property, value in rows if is_property and name[0] != "#"}


def broker_of_compose():
    environment = SERVICES["kafka"]["environment"].items()
    names = ((name.removeprefix("KAFKA_").lower().replace("_", "."), v) for name, v in environment)
    return {name: value for name, value in names if name not in PLACES}


def test_every_process_of_the_design_is_a_service_with_its_command():
    started = {name: SERVICES[name]["command"] for name in SERVICES if name not in SERVERS}
    assert started == COMMANDS


@pytest.mark.parametrize("process", PROCESSES)
def test_every_variable_of_a_process_is_a_setting(process):
    fields = {variable_of(field) for field in Settings.model_fields}
    assert set(SERVICES[process]["environment"]) <= fields


def test_every_variable_that_is_named_anywhere_is_a_setting():
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", TEXT))
    assert named <= {variable_of(field) for field in Settings.model_fields}


@pytest.mark.parametrize("process", PROCESSES)
def test_the_settings_read_the_variables_of_a_process(process, monkeypatch):
    environment = SERVICES[process]["environment"]
    for name, value in environment.items():
        monkeypatch.setenv(name, re.sub(r"\$\{(\w+)[^}]*\}", r"value-of-\1", value))
    read = Settings()
    assert read.kafka_client_options() == {
        "bootstrap_servers": ["kafka:9092"],
        "security_protocol": "PLAINTEXT",
    }
    assert read.database_url.get_secret_value().endswith("@postgres:5432/clearwatt")
    assert read.kafka_timestamp_type == "LogAppendTime"
    assert {variable_of(field) for field in read.model_fields_set} == set(environment)


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_waits_for_what_it_needs_and_reports_its_health(process):
    waits_for = SERVICES[process]["depends_on"]
    if process == "prepare":
        assert {name: wait["condition"] for name, wait in waits_for.items()} == dict.fromkeys(
            SERVERS, "service_healthy"
        )
    else:
        assert waits_for["prepare"]["condition"] == "service_completed_successfully"
        assert SERVICES[process]["healthcheck"]["test"] == ["CMD", "clearwatt", "status"]


def test_no_secret_stands_in_the_file():
    secrets = ["POSTGRES_PASSWORD", "CLEARWATT_SUBJECT_KEY"]
    values = [
        value
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if name in secrets
    ]
    assert values
    assert all(re.fullmatch(r"\$\{\w+:\?set it\}", value) for value in values)


def test_the_broker_is_set_up_like_the_embedded_one():
    assert broker_of_compose() == embedded_broker()
    assert embedded_broker()["message.max.bytes"] == str(MAX_MESSAGE_BYTES)


def test_the_servers_are_of_the_same_release_as_the_embedded_ones():
    kafka_release = re.search(
        r"<artifactId>kafka_2.13</artifactId>\s*<version>(.+?)<", POM.read_text()
    )
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{kafka_release[1]}"
    assert SERVICES["postgres"]["image"] == f"postgres:{RELEASE}"


def test_the_database_is_set_up_like_the_embedded_one():
    options = [row.removeprefix("-c") for row in SERVICES["postgres"]["command"] if "=" in row]
    of_compose = dict(option.split("=") for option in options)
    ours = {name: value.strip("'") for name, value in SERVER_SETTINGS.items()}
    del ours["listen_addresses"], ours["unix_socket_directories"]  # those of the container
    assert of_compose == ours
