"""`up`, `down` and `status`: the embedded services as one.

Whatever has a URL in the settings is somebody else's to start and stop; the rest is ours. All of
it is idempotent, and a lock in `home` lets two commands that start the services do it once.
"""

import contextlib
import fcntl
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from console.errors import ServiceError
from console.publisher.topics import broker_health
from console.services import postgres_probe
from console.services.broker import EmbeddedBroker
from console.services.postgres import EmbeddedPostgres, embedded_version
from console.services.secret_files import secret_from
from console.settings import Settings, without_password

log = logging.getLogger(__name__)
Progress = Callable[[str], None]
State = Literal["up", "down", "unreachable"]


@dataclass(frozen=True)
class Running:
    """Where the running services are; `database_url` has the password and stays out of reprs."""

    database_url: str = field(repr=False)
    kafka_bootstrap_servers: str
    schema_registry: str | None
    """URL of the schema registry; None: the schema files themselves."""


@dataclass(frozen=True)
class ServiceStatus:
    """One service as `clearwatt status` shows it; addresses are without passwords."""

    name: str
    is_embedded: bool
    state: State
    address: str | None = None
    pid: int | None = None
    version: str | None = None
    detail: str = ""


def ensure_up(settings: Settings, *, progress: Progress = log.info) -> Running:
    """Start what is not configured by URL and does not run yet; return where everything is.

    Raises `ServiceError` with the code of what is missing or did not start.
    """
    postgres, broker = EmbeddedPostgres.of(settings), EmbeddedBroker.of(settings)
    with _sole_use_of_home(settings):
        if settings.database_url is None:
            postgres.start(progress=progress)
        if settings.kafka_bootstrap_servers is None:
            broker.start(progress=progress)
    url = settings.database_url
    return Running(
        database_url=url.get_secret_value() if url else postgres.url,
        kafka_bootstrap_servers=settings.kafka_bootstrap_servers or broker.address,
        schema_registry=settings.schema_registry_url,
    )


def down(settings: Settings, *, progress: Progress = log.info) -> None:
    """Stop the embedded services that run, the broker first; servers given by URL stay as they are.

    Raises `ServiceError` POSTGRES_DID_NOT_STOP.
    """
    if not settings.home.exists():
        return
    with _sole_use_of_home(settings):
        if EmbeddedBroker.of(settings).stop():
            progress("Stopped the Kafka broker.")
        if EmbeddedPostgres.of(settings).stop():
            progress("Stopped PostgreSQL.")


def status(settings: Settings) -> list[ServiceStatus]:
    """Return what runs where, without starting anything."""
    return [_postgres_status(settings), _kafka_status(settings)]


def subject_key(settings: Settings) -> bytes:
    """Return the HMAC key of the pseudonyms of persons.

    Without a setting one is made in `home`, beside the embedded database that needs it: losing
    one means losing the other. Raises `ServiceError` SUBJECT_KEY_MISSING for any other database.
    """
    if settings.subject_key is not None:
        return settings.subject_key.get_secret_value().encode()
    if settings.database_url is not None:
        sentence = (
            "CLEARWATT_SUBJECT_KEY is not set; a database of your own needs a key that every "
            "process shares and that you keep, such as 32 random bytes in base 64."
        )
        raise ServiceError("SUBJECT_KEY_MISSING", sentence)
    return secret_from(settings.home / "subject-key").encode()


@contextlib.contextmanager
def _sole_use_of_home(settings: Settings) -> Iterator[None]:
    if settings.database_url is not None and settings.kafka_bootstrap_servers is not None:
        yield  # nothing of ours runs there, and a container may have no place for it
        return
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        lock = (settings.home / "lock").open("w")
    except OSError as error:
        sentence = f"The folder {settings.home} cannot be used: {error.strerror}."
        raise ServiceError("HOME_NOT_WRITABLE", sentence) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _postgres_status(settings: Settings) -> ServiceStatus:
    if settings.database_url is None:
        server = EmbeddedPostgres.of(settings)
        if server.pid is None:
            return ServiceStatus("PostgreSQL", True, "down")
        return ServiceStatus(
            "PostgreSQL",
            is_embedded=True,
            state="up" if server.is_listening else "unreachable",
            address=without_password(server.url),
            pid=server.pid,
            version=embedded_version(),
            detail="" if server.is_listening else "It runs, but takes no connections.",
        )
    url = settings.database_url.get_secret_value()
    try:
        answer = postgres_probe.probe(url)
    except ServiceError as error:
        return ServiceStatus(
            "PostgreSQL", False, "unreachable", without_password(url), detail=error.sentence
        )
    return ServiceStatus("PostgreSQL", False, "up", without_password(url), detail=answer)


def _kafka_status(settings: Settings) -> ServiceStatus:
    broker = EmbeddedBroker.of(settings)
    is_embedded = settings.kafka_bootstrap_servers is None
    pid = broker.pid if is_embedded else None
    if is_embedded and pid is None:
        return ServiceStatus("Kafka", True, "down")
    address = settings.kafka_bootstrap_servers or broker.address
    try:
        found = broker_health(settings.kafka_client_options(address))
    except ServiceError as error:
        return ServiceStatus(
            "Kafka", is_embedded, "unreachable", address, pid, None, error.sentence
        )
    return ServiceStatus("Kafka", is_embedded, "up", address, pid, found.version)
