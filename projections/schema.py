"""Creating the tables: migrations for what is kept, templates for what can be rebuilt.

A read model is never migrated: where the definition of its tables changes, it is `outdated` and
rebuilt from the log. Only the list of positions lives in migrations, which are numbered, applied
once, and refused when an applied one was edited.
"""

import hashlib
from pathlib import Path

from projections.database import SQL, Connection, connect, query, run
from projections.read_models import NAMES

MIGRATIONS = Path(__file__).parent / "migrations"


class ProjectionError(Exception):
    """A projection cannot go on: one sentence that begins with a code."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code


def migrate(url: str) -> None:
    """Bring the database up to date, as its owner; the log's schema must exist already.

    Raises ProjectionError: MIGRATION_CHANGED. Doing it again changes nothing.
    """
    with connect(url, as_owner=True) as connection, connection.transaction():
        run(connection, "create_migrations")
        found = connection.execute(query("applied_migrations")).fetchall()
        applied: dict[str, str] = dict(found)
        for path in sorted(MIGRATIONS.glob("*.sql")):
            _apply(connection, path, applied.get(path.stem))
        positions = connection.execute(query("positions"), {"names": list(NAMES)})
        existing = {name for name, *_ in positions}
        for name in NAMES:
            if name not in existing:
                create(connection, name, name)
                run(connection, f"{name}_indexes", name)


def create(connection: Connection, name: str, schema: str) -> None:
    """Create a read model's tables, empty and without the indexes that only readers need."""
    run(connection, "drop_schema", schema)
    run(connection, "create_schema", schema)
    run(connection, f"{name}_tables", schema)
    run(connection, "add_position", name=schema, tables_sha256=tables_sha256(name))


def tables_sha256(name: str) -> str:
    """Return the hash of the definition of a read model's tables."""
    definition = SQL[f"{name}_tables"] + SQL[f"{name}_indexes"]
    return hashlib.sha256(definition.encode()).hexdigest()


def outdated(connection: Connection) -> list[str]:
    """Return the read models whose tables were made by another definition: rebuild them."""
    found = connection.execute(query("positions"), {"names": list(NAMES)}).fetchall()
    made = {name: sha256 for name, _, sha256 in found}
    return [name for name in NAMES if made.get(name) != tables_sha256(name)]


def _apply(connection: Connection, path: Path, applied_sha256: str | None) -> None:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    if applied_sha256 is None:
        connection.execute(path.read_bytes())
        run(connection, "record_migration", name=path.stem, sha256=sha256)
    elif applied_sha256 != sha256:
        sentence = f"The migration {path.stem} was edited after it was applied; add a new one."
        raise ProjectionError("MIGRATION_CHANGED", sentence)
