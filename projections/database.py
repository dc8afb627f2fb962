"""PostgreSQL for the read models: connections, named queries, COPY. psycopg stays in here.

Every connection is UTC. Work is done as the role `clearwatt_app`, which may only insert into the
journal; creating, rebuilding and swapping tables is done as the owner.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg import errors

Connection = psycopg.Connection[tuple[Any, ...]]
DatabaseError = psycopg.Error
"""Any refusal of PostgreSQL; the journal's begin with a code, like ENTRY_OUT_OF_BALANCE."""
ConnectionLost = (psycopg.OperationalError, psycopg.InterfaceError)
"""The server went away or refuses connections: worth trying again later."""
TableMissing = (errors.UndefinedTable, errors.InvalidSchemaName)
"""Nobody migrated this database."""

APP_ROLE = "clearwatt_app"
SQL_FOLDER = Path(__file__).parent / "sql"
# A dead peer is noticed on both ends within about 6 s, so that a standby takes over within 10 s.
KEEPALIVE: dict[str, Any] = {
    "keepalives_idle": 3,
    "keepalives_interval": 1,
    "keepalives_count": 3,
}
SESSION = (
    "-c timezone=UTC -c datestyle=ISO -c jit=off -c tcp_keepalives_idle=3"
    " -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3"
)

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_IDENTIFIER = re.compile(r"[a-z_]+(\.[a-z_]+)?")
Row = TypeVar("Row")


def connect(url: str, *, as_owner: bool = False) -> Connection:
    """Open an autocommitting connection. Raises what `ConnectionLost` names."""
    connection = psycopg.connect(
        url, autocommit=True, connect_timeout=10, options=SESSION, **KEEPALIVE
    )
    if not as_owner:
        connection.execute(f"SET ROLE {APP_ROLE}".encode())
    return connection


@contextmanager
def reading(url: str) -> Iterator[Connection]:
    """Open a connection for one question, in one snapshot: all its figures agree."""
    with connect(url) as connection:
        connection.autocommit = False
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


def named_queries(text: str) -> Mapping[str, str]:
    """Split a file of SQL into its queries.

    >>> named_queries("-- name: one\\nSELECT 1;\\n-- name: two\\nSELECT 2;\\n")
    {'one': 'SELECT 1;', 'two': 'SELECT 2;'}
    """
    _, *parts = _NAME.split(text)
    return {name: query.strip() for name, query in zip(parts[::2], parts[1::2], strict=True)}


def _load() -> Mapping[str, str]:
    queries: dict[str, str] = {}
    for path in sorted(SQL_FOLDER.glob("*.sql")):
        for name, query in named_queries(path.read_text("utf-8")).items():
            if name in queries:
                raise ValueError(f"the query {name} is defined twice")
            queries[name] = query
    return queries


SQL = _load()
"""Every named query; `{schema}` in one stands for the schema that is written or read."""


@cache
def query(name: str, schema: str = "") -> bytes:
    """Return a named query for a schema. Raises KeyError, ValueError for an odd schema name."""
    if schema and not _IDENTIFIER.fullmatch(schema):
        raise ValueError(f"{schema!r} is not a schema of ours")
    return SQL[name].replace("{schema}", schema).encode()


def run(connection: Connection, name: str, schema: str = "", /, **values: object) -> None:
    """Run a named query; without values it may hold several statements."""
    connection.execute(query(name, schema), values or None)


def rows(
    connection: Connection, name: str, kind: Callable[..., Row], /, **values: object
) -> list[Row]:
    """Return a named query's rows, each made into a named tuple by `kind`."""
    return [kind(*row) for row in connection.execute(query(name), values)]


def stream(
    connection: Connection, name: str, kind: Callable[..., Row], /, **values: object
) -> Iterator[Row]:
    """Yield a named query's rows one by one, without holding them; inside a transaction."""
    connection.execute(query("stream_settings"))
    with connection.cursor(name) as cursor:
        cursor.itersize = 5000
        cursor.execute(query(name), values)
        for row in cursor:
            yield kind(*row)


def one_row(connection: Connection, name: str, /, **values: object) -> tuple[Any, ...]:
    """Return the one row of a named query. Raises LookupError where there is none."""
    row = connection.execute(query(name), values).fetchone()
    if row is None:
        raise LookupError(f"the query {name} has no row")
    return row


def copy_rows(connection: Connection, name: str, schema: str, lines: Sequence[str]) -> None:
    """Send rows to a `COPY … FROM STDIN`, each already joined in COPY's text format."""
    if not lines:
        return
    with connection.cursor() as cursor, cursor.copy(query(name, schema)) as copy:
        copy.write("\n".join(lines) + "\n")


def for_each(
    connection: Connection, name: str, schema: str, lines: Iterable[Sequence[object]]
) -> None:
    """Run a query that takes one array per column (`unnest`) on rows of values, in one go."""
    columns = [list(column) for column in zip(*lines, strict=True)]
    if columns:
        connection.execute(query(name, schema), columns)


def copy_out(connection: Connection, table: str, order: str) -> Iterator[bytes]:
    """Yield a table's rows in an order, in COPY's text format, without holding them."""
    # Both are constants of our read models.
    statement = f"COPY (SELECT * FROM {table} ORDER BY {order}) TO STDOUT"  # noqa: S608
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as chunks:
        for chunk in chunks:
            yield bytes(chunk)


@contextmanager
def page_transaction(connection: Connection) -> Iterator[None]:
    """A transaction whose last moments may be lost in a crash: the log has them, and it goes on."""
    with connection.transaction():
        connection.execute(b"SET LOCAL synchronous_commit = off")
        yield


def wait_for_news(connection: Connection, *, timeout_s: float) -> None:
    """Return when the log was written (`NOTIFY clearwatt_log`) or the time is over."""
    for _ in connection.notifies(timeout=timeout_s, stop_after=1):
        pass


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def text(value: str | None) -> str:
    """Write a text as COPY reads it.

    >>> text("a\\tb"), text(None)
    ('a\\\\tb', '\\\\N')
    """
    if value is None:
        return r"\N"
    if "\\" not in value and value.isprintable():
        return value
    return value.translate(_ESCAPES)


@lru_cache(maxsize=4096)
def text_array(values: tuple[str, ...]) -> str:
    """Write a text array as COPY reads it. The same parties stand in row after row.

    >>> text_array(("NL*XYZ", 'a"b'))
    '{"NL*XYZ","a\\\\\\\\"b"}'
    """
    return text(array_literal(values))


def array_literal(values: tuple[str, ...]) -> str:
    """Write a text array as PostgreSQL reads it from a text.

    >>> array_literal(("NL*XYZ",))
    '{"NL*XYZ"}'
    """
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"
