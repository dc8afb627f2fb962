"""Rebuilding read models from the log, beside those in use, and comparing the two.

A rebuild fills `NAME_rebuild` as owner while the projector goes on, then stands still for the
moment in which the last events are written and the schema takes the old one's name. Several read
models are rebuilt in one pass over the log.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from projections.database import (
    Connection,
    connect,
    copy_out,
    one_row,
    query,
    reading,
    run,
)
from projections.follower import PAGE_SIZE, Follower
from projections.model import Batch
from projections.read_models import NAMES, READ_MODELS
from projections.schema import ProjectionError, create


class Verification(NamedTuple):
    """A read model against its rebuild at the same position of the log."""

    name: str
    position: int
    live_sha256: str
    rebuilt_sha256: str

    @property
    def is_same(self) -> bool:
        """True where both have the same bytes."""
        return self.live_sha256 == self.rebuilt_sha256


def _go_on(_: int) -> bool:
    return True


def rebuild(
    url: str,
    names: Sequence[str] = NAMES,
    *,
    page_size: int = PAGE_SIZE,
    on_page: Callable[[int], object] = _go_on,
) -> int:
    """Rebuild read models and swap them in; return their position in the log.

    Readers see the old rows until the swap, then the new ones. `on_page` is told the position of
    every page. Raises KeyError for a name that is none, ProjectionError REBUILD_RUNNING.
    """

    def reached(position: int) -> bool:
        on_page(position)
        return True

    beside = {f"{name}_rebuild": READ_MODELS[name] for name in names}
    with _owner(url, beside) as owner, Follower(url, page_size=page_size) as follower:
        position = follower.catch_up(owner, beside, after=0, on_page=reached)
        _finish_tables(owner, beside)
        with owner.transaction():
            # From here on the projector waits, so nothing it writes can be lost in the swap.
            locked = owner.execute(query("lock_positions"), {"names": list(names)}).fetchall()
            stands = max((row[1] for row in locked), default=0)
            if stands > position:
                position = follower.catch_up(owner, beside, after=position, until=stands)
            for name in names:
                run(owner, "drop_schema", name)
                run(owner, "rename_rebuilt_schema", name)
                run(owner, "take_over_position", name=name, made=f"{name}_rebuild")
    return position


def verify(
    url: str,
    names: Sequence[str] = NAMES,
    *,
    page_size: int = PAGE_SIZE,
    on_page: Callable[[int], object] = _go_on,
) -> list[Verification]:
    """Rebuild read models beside those in use and compare the bytes at the same position.

    Raises KeyError for a name that is none, ProjectionError REBUILD_RUNNING.
    """

    def reached(position: int) -> bool:
        on_page(position)
        return True

    with reading(url) as snapshot:
        found = snapshot.execute(query("positions"), {"names": list(names)}).fetchall()
        stands = {name: position for name, position, _ in found}
        live = {name: content_hash(snapshot, name) for name in names}
    beside = {f"{name}_verify": READ_MODELS[name] for name in names}
    rebuilt = {}
    with _owner(url, beside) as owner, Follower(url, page_size=page_size) as follower:
        # Usually all stand at one position, and this is one pass.
        for position in sorted(set(stands.values())):
            group = {
                f"{name}_verify": READ_MODELS[name] for name in names if stands[name] == position
            }
            follower.catch_up(owner, group, after=0, until=position, on_page=reached)
        for name in names:
            rebuilt[name] = content_hash(owner, name, schema=f"{name}_verify")
    return [Verification(name, stands[name], live[name], rebuilt[name]) for name in names]


def content_hash(connection: Connection, name: str, *, schema: str | None = None) -> str:
    """Return the SHA-256 over a read model's tables, each in its order, as PostgreSQL prints them.

    Two read models have the same hash where every column of every row is the same.
    """
    digest = hashlib.sha256()
    for table, order in READ_MODELS[name].TABLES.items():
        digest.update(f"{table}\n".encode())
        for chunk in copy_out(connection, f"{schema or name}.{table}", order):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _owner(url: str, beside: Mapping[str, type[Batch]]) -> Iterator[Connection]:
    """Connect as owner with empty tables beside; what is left of them in the end is dropped."""
    with connect(url, as_owner=True) as owner:
        for schema in sorted(beside):
            (is_mine,) = one_row(owner, "try_to_rebuild", schema=schema)
            if not is_mine:
                sentence = f"Somebody else is building {schema} right now."
                raise ProjectionError("REBUILD_RUNNING", sentence)
        with owner.transaction():
            for schema, model in beside.items():
                create(owner, model.NAME, schema)
        try:
            yield owner
        finally:
            for schema in beside:
                run(owner, "drop_schema", schema)
                run(owner, "drop_position", name=schema)


def _finish_tables(owner: Connection, beside: Mapping[str, type[Batch]]) -> None:
    for schema, model in beside.items():
        run(owner, f"{model.NAME}_indexes", schema)
        for table in model.TABLES:
            run(owner, "analyze_table", f"{schema}.{table}")
