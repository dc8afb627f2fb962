"""Embedded services that tests start for themselves, and the databases they make there."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from console.services import Running, down
from console.settings import Settings

HOMES = "clearwatt-tests-"


@contextmanager
def services_of_its_own() -> Iterator[Settings]:
    """Settings with a home nobody else has; what is started there is stopped at the end."""
    home = Path(tempfile.mkdtemp(prefix=HOMES))
    (home / "runner").write_text(str(os.getpid()))
    own = Settings(home=home)
    yield own
    down(own)
    shutil.rmtree(home)


@contextmanager
def databases_of(services: Running) -> Iterator[Callable[[], str]]:
    """Make an empty database at every call and return its URL; all are dropped at the end."""
    made: list[str] = []

    def make() -> str:
        name = f"test_{uuid.uuid4().hex[:12]}"
        _administer(services, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        made.append(name)
        return services.database_url.rpartition("/")[0] + f"/{name}"

    yield make
    for name in made:
        _administer(services, sql.SQL("DROP DATABASE {} (FORCE)").format(sql.Identifier(name)))


def stop_what_a_killed_run_left() -> None:
    """Stop services whose test run was killed before it could: they would run for ever."""
    for home in Path(tempfile.gettempdir()).glob(f"{HOMES}*"):
        with suppress(FileNotFoundError, ValueError, PermissionError):
            if not psutil.pid_exists(int((home / "runner").read_text())):
                down(Settings(home=home))
                shutil.rmtree(home)


def _administer(services: Running, statement: sql.Composed) -> None:
    with psycopg.connect(services.database_url, autocommit=True) as connection:
        connection.execute(statement)
