"""`clearwatt doctor`: what this machine and this configuration have, lack, and what to do.

Each check is one function; `CHECKS` is their order. A check that cannot even look says so as a
failure of its own, so one broken part never hides another.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from console.errors import ServiceError
from console.publisher.topics import describe
from console.services import processes
from console.services.broker import EmbeddedBroker, find_java, jars_folder
from console.services.lifecycle import status
from console.services.postgres import EmbeddedPostgres
from console.settings import Settings, unknown_variables, variable_of

OLDEST_PYTHON = (3, 11)
FREE_DISK_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Check:
    """One finding: `code` names it for machines, `sentence` says it, `remedy` what to do."""

    name: str
    result: Literal["ok", "warn", "fail"]
    code: str
    sentence: str
    remedy: str = ""


def doctor(settings: Settings) -> list[Check]:
    """Return every check's findings; nothing is started, created or changed."""
    return [finding for check in CHECKS for finding in check(settings)]


def _ok(name: str, sentence: str) -> Check:
    return Check(name, "ok", "OK", sentence)


def _python(_: Settings) -> Iterator[Check]:
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] >= OLDEST_PYTHON:
        yield _ok("python", f"Python {found}.")
    else:
        yield Check(
            "python", "fail", "PYTHON_TOO_OLD", f"Python {found}.", "Install Python 3.11 or newer."
        )


def _java(settings: Settings) -> Iterator[Check]:
    if settings.kafka_bootstrap_servers is not None:
        yield _ok("java", "Not needed: Kafka is configured by address.")
        return
    try:
        java = find_java()
    except ServiceError as error:
        yield Check("java", "fail", error.code, error.sentence, "Install a Java runtime.")
    else:
        yield _ok("java", f"Java {java.release} at {java.executable}.")


def _jars(settings: Settings) -> Iterator[Check]:
    if settings.kafka_bootstrap_servers is not None:
        return
    folder = jars_folder(settings.cache)
    if folder.is_dir():
        yield _ok("jars", f"{len(list(folder.glob('*.jar')))} jars of the broker in {folder}.")
    elif shutil.which("mvn"):
        remedy = "Nothing: the first `clearwatt up` fetches them."
        sentence = f"The broker's jars are not in {folder} yet; Maven is there to fetch them."
        yield Check("jars", "warn", "JARS_NOT_FETCHED", sentence, remedy)
    else:
        sentence = "The broker's jars are not in the cache, and Maven (mvn) was not found."
        yield Check("jars", "fail", "MAVEN_NOT_FOUND", sentence, "Install Maven.")


def _disk(settings: Settings) -> Iterator[Check]:
    place = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free = shutil.disk_usage(place).free
    sentence = f"{free / 1024**3:.1f} GiB free where {settings.home} is."
    if free >= FREE_DISK_BYTES:
        yield _ok("disk", sentence)
    else:
        yield Check("disk", "warn", "DISK_NEARLY_FULL", sentence, "Free at least 2 GiB.")


def _ports(settings: Settings) -> Iterator[Check]:
    postgres, broker = EmbeddedPostgres.of(settings), EmbeddedBroker.of(settings)
    for field, server in (("postgres_port", postgres), ("kafka_port", broker)):
        port = server.wanted_port or server.port
        if port is None or server.pid is not None or processes.is_free(port):
            continue
        sentence = f"Port {port} of {field.partition('_')[0]} is taken by another process."
        if server.wanted_port:
            remedy = f"Stop that process or set another {variable_of(field)}."
            yield Check("ports", "fail", "PORT_IN_USE", sentence, remedy)
        else:
            remedy = "Nothing: the next `clearwatt up` chooses another."
            yield Check("ports", "warn", "PORT_IN_USE", sentence, remedy)


def _services(settings: Settings) -> Iterator[Check]:
    for service in status(settings):
        name = service.name.lower()
        if service.state == "up":
            parts = (service.name, service.version, "at", service.address, service.detail)
            yield _ok(name, " ".join(part for part in parts if part) + ".")
        elif service.is_embedded and service.state == "down":
            sentence = f"The embedded {service.name} is not running."
            yield Check(name, "warn", "NOT_RUNNING", sentence, "Run `clearwatt up`.")
        else:
            remedy = "See its log." if service.is_embedded else "Check the address and the network."
            yield Check(name, "fail", "UNREACHABLE", service.detail, remedy)
        if service.name == "Kafka" and service.state == "up" and service.address:
            yield from _topics(settings, service.address)


def _topics(settings: Settings, address: str) -> Iterator[Check]:
    try:
        topics = describe(settings.kafka_client_options(address), settings.topic_prefix)
    except ServiceError as error:
        yield Check("topics", "fail", error.code, error.sentence, "Run `clearwatt doctor` again.")
        return
    missing = [topic.name for topic in topics if not topic.partitions]
    differing = [t.name for t in topics if t.partitions not in (0, settings.partitions)]
    if missing:
        sentence = f"Topics that do not exist yet: {', '.join(missing)}."
        yield Check("topics", "warn", "TOPIC_MISSING", sentence, "Run `clearwatt up`.")
    if differing:
        sentence = f"Topics without {settings.partitions} partitions: {', '.join(differing)}."
        remedy = f"Set {variable_of('partitions')} to what the topics have."
        yield Check("topics", "fail", "TOPIC_PARTITIONS_DIFFER", sentence, remedy)
    if not missing and not differing:
        yield _ok("topics", f"{len(topics)} topics with {settings.partitions} partitions each.")


def _settings(settings: Settings) -> Iterator[Check]:
    for name in unknown_variables(os.environ):
        remedy = "Correct its name or remove it."
        yield Check("settings", "warn", "UNKNOWN_SETTING", f"{name} is no setting.", remedy)
    if settings.database_url is not None and settings.subject_key is None:
        sentence = f"{variable_of('subject_key')} is not set, and the database is your own."
        remedy = "Set it to a secret that every process shares and that you keep."
        yield Check("settings", "fail", "SUBJECT_KEY_MISSING", sentence, remedy)
    changed = sorted(settings.model_fields_set)
    yield _ok("settings", f"Set: {', '.join(map(variable_of, changed)) or 'nothing'}.")


CHECKS: tuple[Callable[[Settings], Iterator[Check]], ...] = (
    _python,
    _java,
    _jars,
    _disk,
    _settings,
    _ports,
    _services,
)
