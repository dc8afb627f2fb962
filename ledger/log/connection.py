"""Connections in the application's role, which may only INSERT into the log."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from psycopg.types.array import ListBinaryDumper

APPLICATION_ROLE = "clearwatt_app"
Connection = psycopg.Connection[TupleRow]
Cursor = psycopg.Cursor[TupleRow]


class LogUnreachable(Exception):
    """PostgreSQL did not answer, or the connection broke; nothing of the batch is recorded."""


class LedgerNotEmpty(Exception):
    """The ledger holds records that must not be erased."""


def connect(url: str, **options: Any) -> Connection:
    """Connect as the application. Raises LogUnreachable.

    Lists go as binary arrays: as text, psycopg escapes every element in Python, which took 40 µs
    of a CDR with its session's message, and takes 5 now.
    """
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10, **options)
        connection.execute(f"SET ROLE {APPLICATION_ROLE}")
        connection.adapters.register_dumper(list, ListBinaryDumper)
    except psycopg.OperationalError as error:
        raise LogUnreachable(f"DATABASE_UNREACHABLE: {str(error).strip()}") from error
    return connection


def install(url: str) -> bool:
    """Create the log's tables as owner, once; return True where they were made now."""
    with _as_owner(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('clearwatt.log.install'))")
        if _is_installed(connection):
            return False
        schema = files("ledger.log").joinpath("schema.sql").read_text()
        connection.execute(schema.encode())
        return True


def dedicate_to_demo(url: str) -> None:
    """Make an empty ledger a demo's, whose records may be erased. Raises LedgerNotEmpty."""
    with _as_owner(url) as connection:
        row = connection.execute(
            "SELECT position, purpose FROM log.head, log.installation"
        ).fetchone()
        if row is None or (row[0] > 0 and row[1] != "demo"):
            raise LedgerNotEmpty(
                "LEDGER_NOT_EMPTY: this database holds records that no demo made;"
                " name another database"
            )
        connection.execute("UPDATE log.installation SET purpose = 'demo'")


def erase_demo(url: str, *, read_models: Sequence[str]) -> bool:
    """Erase a demo's log and the named schemas; return False where none is installed.

    Raises LedgerNotEmpty for a ledger that is not a demo's: its records are never erased.
    """
    with _as_owner(url) as connection:
        if not _is_installed(connection):
            return False
        row = connection.execute(
            "SELECT position, purpose FROM log.head, log.installation"
        ).fetchone()
        if row is None or (row[0] > 0 and row[1] != "demo"):
            raise LedgerNotEmpty(
                "LEDGER_NOT_EMPTY: this database holds records that no demo made;"
                " name another database"
            )
        for name in ("log", *read_models):
            schema = sql.Identifier(name)
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
        return True


def create_database(url: str, name: str) -> str:
    """Create an empty database beside the one of `url` and return its URL."""
    with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    base, _, tail = url.rpartition("/")
    _, mark, options = tail.partition("?")
    return f"{base}/{name}{mark}{options}"


def drop_database(url: str, name: str) -> None:
    """Drop a database that `create_database` made."""
    with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} (FORCE)").format(sql.Identifier(name))
        )


@contextmanager
def _as_owner(url: str) -> Iterator[Connection]:
    """Connect as whoever the URL names, in one transaction. Raises LogUnreachable."""
    try:
        connection = psycopg.connect(url, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise LogUnreachable(f"DATABASE_UNREACHABLE: {str(error).strip()}") from error
    with connection:
        yield connection


def _is_installed(connection: Connection) -> bool:
    found = connection.execute("SELECT to_regclass('log.stored_event')").fetchone()
    return bool(found and found[0] is not None)
