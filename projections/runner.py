"""The projector: follows the log for all read models, one leader at a time.

The leader holds an advisory lock for as long as its connection lives; a standby waits for it and
goes on from the recorded positions. Recording notifies the projector, which also looks by itself.
"""

import time
from collections.abc import Callable
from threading import Event

from ledger.log.memory import collecting_seldom
from projections.database import (
    Connection,
    ConnectionLost,
    TableMissing,
    connect,
    one_row,
    query,
    run,
    wait_for_news,
)
from projections.follower import PAGE_SIZE, Follower, PositionMoved
from projections.read_models import NAMES, READ_MODELS
from projections.schema import ProjectionError, outdated

POLL_S = 1.0
LONGEST_PAUSE_S = 5.0


def _keep_quiet(_: object) -> None:
    """Report nothing."""


class Projector:
    """Writes what the log says into the read models.

    `on_page` is told the position reached, `on_problem` one sentence when the database is away.
    """

    def __init__(
        self,
        url: str,
        *,
        page_size: int = PAGE_SIZE,
        on_page: Callable[[int], object] = _keep_quiet,
        on_problem: Callable[[str], object] = _keep_quiet,
    ) -> None:
        self._url = url
        self._page_size = page_size
        self._on_page = on_page
        self._on_problem = on_problem
        self.is_leading = False

    def run(self, *, until_caught_up: bool = False, stop: Event | None = None) -> int:
        """Follow the log until `stop` is set, or until it is caught up; return the position.

        With `until_caught_up`, another projector that leads is waited for. A database that goes
        away is tried again, with growing pauses. Raises ProjectionError READ_MODEL_MISSING and
        READ_MODEL_OUTDATED, DatabaseError where the database refuses what the log says: all need
        a person.
        """
        stop = stop or Event()
        pause_s = 0.1
        while True:
            try:
                with connect(self._url) as connection:
                    pause_s = 0.1
                    return self._follow(connection, stop, until_caught_up=until_caught_up)
            except ConnectionLost as error:
                self._on_problem(f"DATABASE_UNREACHABLE: {str(error).strip()}; trying again")
            finally:
                self.is_leading = False
            if stop.wait(pause_s):
                return 0
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _follow(self, connection: Connection, stop: Event, *, until_caught_up: bool) -> int:
        _check(connection)
        run(connection, "follow_the_log")
        if not self._lead(connection, stop, until_caught_up=until_caught_up):
            return _lowest(connection)
        with collecting_seldom(), Follower(self._url, page_size=self._page_size) as follower:
            while not stop.is_set():
                try:
                    is_behind = self._catch_up(follower, connection, stop)
                except PositionMoved:
                    continue
                if is_behind:
                    continue
                if until_caught_up:
                    break
                wait_for_news(connection, timeout_s=POLL_S)
        return _lowest(connection)

    def _lead(self, connection: Connection, stop: Event, *, until_caught_up: bool) -> bool:
        """Wait for the lock; False where there is nothing left to lead for."""
        while not stop.is_set():
            (self.is_leading,) = one_row(connection, "try_to_lead")
            if self.is_leading:
                return True
            if until_caught_up and _lowest(connection) >= one_row(connection, "log_head")[0]:
                return False
            stop.wait(POLL_S)
        return False

    def _catch_up(self, follower: Follower, connection: Connection, stop: Event) -> bool:
        """Bring those that are furthest behind up to the others, or all up to the log's end."""
        stands = dict(_positions(connection))
        lowest = min(stands.values())
        ahead = [position for position in stands.values() if position > lowest]
        behind = {
            name: READ_MODELS[name] for name, position in stands.items() if position == lowest
        }

        def reached(position: int) -> bool:
            self._on_page(position)
            return not stop.is_set()

        position = follower.catch_up(
            connection, behind, after=lowest, until=min(ahead, default=None), on_page=reached
        )
        return bool(ahead) or position > lowest


def run_until(url: str, position: int, *, timeout_s: float) -> bool:
    """Wait until every read model stands at a position or beyond; False where it takes too long."""
    deadline = time.monotonic() + timeout_s
    with connect(url) as connection:
        while _lowest(connection) < position:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
    return True


def _check(connection: Connection) -> None:
    try:
        old = outdated(connection)
    except TableMissing:
        sentence = "The read models do not exist in this database yet: migrate it first."
        raise ProjectionError("READ_MODEL_MISSING", sentence) from None
    if old:
        sentence = f"The tables of {', '.join(old)} were made by another version: rebuild them."
        raise ProjectionError("READ_MODEL_OUTDATED", sentence)


def _positions(connection: Connection) -> list[tuple[str, int]]:
    found = connection.execute(query("positions"), {"names": list(NAMES)})
    return [(name, position) for name, position, _ in found]


def _lowest(connection: Connection) -> int:
    return min(position for _, position in _positions(connection))
