"""Connections in the application's role, which may only INSERT into the log."""

from importlib.resources import files
from typing import Any

import psycopg
from psycopg.rows import TupleRow

APPLICATION_ROLE = "clearwatt_app"
Connection = psycopg.Connection[TupleRow]
Cursor = psycopg.Cursor[TupleRow]


class LogUnreachable(Exception):
    """PostgreSQL did not answer, or the connection broke; nothing of the batch is recorded."""


def connect(url: str, **options: Any) -> Connection:
    """Connect as the application. Raises LogUnreachable."""
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10, **options)
        connection.execute(f"SET ROLE {APPLICATION_ROLE}")
    except psycopg.OperationalError as error:
        raise LogUnreachable(f"DATABASE_UNREACHABLE: {str(error).strip()}") from error
    return connection


def install(url: str) -> bool:
    """Create the log's tables as owner, once; return True where they were made now."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('clearwatt.log.install'))")
        found = connection.execute("SELECT to_regclass('log.stored_event')").fetchone()
        if found and found[0] is not None:
            return False
        schema = files("ledger.log").joinpath("schema.sql").read_text()
        connection.execute(schema.encode())
        return True
