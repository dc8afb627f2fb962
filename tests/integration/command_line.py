"""The command line on an installation of a test's own, run in this process as people run it.

`CommandLine` runs one command after the other: what each printed, and how it ended. An
installation is an empty database and topics of its own on the shared services.
"""

import contextlib
import io
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
import pytest
import structlog

from console.cli import common, main
from console.publisher.topics import create_topics, delete_topics
from console.services import Running
from console.settings import Settings
from ledger.application.ledger import Ledger
from ledger.log import open_ledger

SUBJECT_KEY = "a key that protects nobody"


class Ended(NamedTuple):
    """How a command ended: its exit code, what it printed, and what it said on stderr."""

    exit_code: int
    output: str
    errors: str

    @property
    def document(self) -> Any:
        """What it printed with --json."""
        return json.loads(self.output)


@dataclass(frozen=True)
class CommandLine:
    """Runs commands with the settings of one installation."""

    environment: dict[str, str]

    def run(self, *arguments: object, **settings: str) -> Ended:
        """Run a command to its end; keyword arguments are further settings."""
        changed = {f"CLEARWATT_{name.upper()}": value for name, value in settings.items()}
        output, errors = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, _as_a_new_process():
            for name, value in {**self.environment, **changed}.items():
                patch.setenv(name, value)
            patch.setattr("sys.argv", ["clearwatt", *map(str, arguments)])
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
                try:
                    main()
                    exit_code: Any = 0
                except SystemExit as ended:
                    exit_code = ended.code or 0
        return Ended(exit_code, output.getvalue(), errors.getvalue())

    def document(self, *arguments: object) -> Any:
        """Run a command that has to end well, and return its JSON document."""
        ended = self.run(*arguments, "--json")
        assert ended.exit_code == 0, ended.errors or ended.output
        return ended.document

    def refusal(self, *arguments: object, **settings: str) -> tuple[int, str]:
        """Run a command that must not end well; return exit code and what it says: one line."""
        ended = self.run(*arguments, **settings)
        assert ended.output == ""
        assert ended.errors.count("\n") == 1, ended.errors
        return ended.exit_code, ended.errors.strip()

    @property
    def database_url(self) -> str:
        return self.environment["CLEARWATT_DATABASE_URL"]

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what the database answers whoever owns it."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query.encode(), values).fetchall()

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """Open the installation's ledger, for what no command does yet."""
        opened = open_ledger(self.database_url, subject_key=SUBJECT_KEY.encode())
        opened.refresh()
        yield opened
        opened.store.connection.close()  # type: ignore[attr-defined]


def of_settings(settings: Settings) -> CommandLine:
    """Return the command line of these settings."""
    assert settings.database_url is not None
    return CommandLine(
        {
            "CLEARWATT_HOME": str(settings.home),
            "CLEARWATT_CACHE": str(settings.cache),
            "CLEARWATT_DATABASE_URL": settings.database_url.get_secret_value(),
            "CLEARWATT_KAFKA_BOOTSTRAP_SERVERS": str(settings.kafka_bootstrap_servers),
            "CLEARWATT_TOPIC_PREFIX": settings.topic_prefix,
            "CLEARWATT_CONSUMER_GROUP": settings.consumer_group,
            "CLEARWATT_SUBJECT_KEY": SUBJECT_KEY,
        }
    )


@contextmanager
def installation(
    services: Running, service_settings: Settings, new_database: Callable[[], str]
) -> Iterator[CommandLine]:
    """Make an installation that several tests share."""
    options = service_settings.kafka_client_options(services.kafka_bootstrap_servers)
    prefix = f"test-{uuid.uuid4().hex[:8]}."
    create_topics(options, prefix, service_settings.partitions)
    try:
        yield of_settings(
            Settings(
                database_url=new_database(),
                kafka_bootstrap_servers=services.kafka_bootstrap_servers,
                topic_prefix=prefix,
                consumer_group=f"{prefix}consumers",
                home=service_settings.home,
                cache=service_settings.cache,
            )
        )
    finally:
        delete_topics(options, prefix)


@contextmanager
def _as_a_new_process() -> Iterator[None]:
    """Forget what a process knows of its settings, services and log."""

    def forget() -> None:
        common.settings.cache_clear()
        common.services.cache_clear()
        structlog.reset_defaults()

    forget()
    try:
        yield
    finally:
        forget()
