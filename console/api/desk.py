"""Desks: threads that each have a ledger of their own, which one thread alone may use.

What writes goes to one desk, one request after the other; what reads is shared out among others
with connections of their own, so that a long list keeps nobody from writing.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Final, TypeVar

from ledger.application.ledger import Ledger
from ledger.log import log_of
from ledger.values.reasons import Refused

R = TypeVar("R")
OpenLedger = Callable[[], Ledger]
READERS: Final = 2


class Desk:
    """One thread with one ledger, opened when it is first needed."""

    def __init__(self, open_ledger: OpenLedger, name: str) -> None:
        self._open = open_ledger
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"clearwatt-{name}")
        self._ledger: Ledger | None = None

    async def run(self, work: Callable[[Ledger], R]) -> R:
        """Let the thread do something with its ledger, in turn. Raises what `work` raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._do, work)

    def close(self) -> None:
        """Finish what was begun and leave the database."""
        self._thread.submit(self._leave).result()
        self._thread.shutdown()

    def _do(self, work: Callable[[Ledger], R]) -> R:
        if self._ledger is None:
            self._ledger = self._open()
        try:
            self._ledger.refresh()
            return work(self._ledger)
        except Refused:
            raise
        except BaseException:
            # A connection may be lost, or something half known: the next one begins afresh.
            self._leave()
            raise

    def _leave(self) -> None:
        ledger, self._ledger = self._ledger, None
        if ledger is not None:
            log_of(ledger).connection.close()


class Desks:
    """The desk that writes and those that read."""

    def __init__(self, open_ledger: OpenLedger, *, readers: int = READERS) -> None:
        self._writer = Desk(open_ledger, "writer")
        self._readers = [Desk(open_ledger, f"reader-{number}") for number in range(readers)]
        self._next = cycle(self._readers)

    async def write(self, work: Callable[[Ledger], R]) -> R:
        """Let a command be carried out, after those that came before it."""
        return await self._writer.run(work)

    async def read(self, work: Callable[[Ledger], R]) -> R:
        """Let something be looked up, as it is recorded now."""
        return await next(self._next).run(work)

    def close(self) -> None:
        """Finish what was begun and leave the database."""
        for desk in (self._writer, *self._readers):
            desk.close()
