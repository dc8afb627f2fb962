"""The connections of a member, and how it comes back when one of them is gone.

Every trouble is handled alike: say it in one sentence, forget what is not recorded, wait a little
longer than last time, ask the log where it is. While PostgreSQL is away the member keeps polling
with all partitions paused, so that the group does not take it for dead.
"""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import Final, TypeVar

import structlog

from consumers.runner.backoff import Backoff
from consumers.runner.client import GroupClient, quieten_kafka
from consumers.runner.config import ConsumerConfig
from consumers.runner.errors import KafkaUnreachable, NotAssigned
from consumers.runner.merge import Place
from consumers.runner.summary import RunSummary
from ledger.application.ledger import Ledger
from ledger.application.store import Fenced
from ledger.log import log_of
from ledger.log.connection import LogUnreachable
from schemas import RegistryUnreachable

log = structlog.get_logger("clearwatt.consumer")
R = TypeVar("R")

_KEEP_ALIVE_MS: Final = 200
_SEE_SECONDS: Final = 5.0


class Recovery:
    """Opens Kafka and the ledger when they are needed, and again when they broke."""

    def __init__(
        self,
        config: ConsumerConfig,
        *,
        open_ledger: Callable[[], Ledger],
        stop: threading.Event,
        summary: RunSummary,
    ) -> None:
        self._config, self._open_ledger = config, open_ledger
        self._stop, self._summary = stop, summary
        self._client: GroupClient | None = None
        self._ledger: Ledger | None = None
        self._backoff = Backoff()
        self._see_at = 0.0
        quieten_kafka()

    def attempt(
        self, step: Callable[[GroupClient, Ledger], R], *, forget: Callable[[], None]
    ) -> R | None:
        """Do one step; None where it met trouble, which is then said, waited for and undone."""
        try:
            result = step(self._opened_client(), self._opened_ledger())
        except Fenced as error:
            self._summary.fenced += 1
            self._begin_anew(forget, "PARTITION_FENCED", error)
            if self._client is not None:
                self._client.rejoin()
            self._stop.wait(self._backoff.next_seconds())
        except LogUnreachable as error:
            self._close_ledger()
            self._begin_anew(forget, "DATABASE_UNREACHABLE", error)
            self._wait_as_a_member()
        except RegistryUnreachable as error:
            self._begin_anew(forget, error.code, error)
            self._wait_as_a_member()
        except NotAssigned as error:
            self._summary.rejoined += 1
            self._close_client()
            self._begin_anew(forget, "KAFKA_UNREACHABLE", error)
            self._stop.wait(self._backoff.next_seconds())
        except KafkaUnreachable as error:
            self._begin_anew(forget, "KAFKA_UNREACHABLE", error)
            self._stop.wait(self._backoff.next_seconds())
        else:
            self._backoff.reset()
            return result
        return None

    def known_ends(self, places: Iterable[Place]) -> Mapping[Place, int]:
        """Return where partitions end, as far as fetches told."""
        if self._client is None:
            return {}
        ends = {place: self._client.known_end(place) for place in places}
        return {place: end for place, end in ends.items() if end is not None}

    def see_whether_kafka_answers(self, client: GroupClient, places: Iterable[Place]) -> None:
        """Ask the broker something now and then while nothing arrives: silence may be its end.

        Raises: KafkaUnreachable.
        """
        if monotonic() >= self._see_at:
            self._see_at = monotonic() + _SEE_SECONDS
            client.end_offsets(places)

    def close(self) -> None:
        """Leave the group and close both connections."""
        self._close_client()
        self._close_ledger()

    def _opened_client(self) -> GroupClient:
        if self._client is None:
            self._client = GroupClient(self._config)
        return self._client

    def _opened_ledger(self) -> Ledger:
        if self._ledger is None:
            self._ledger = self._open_ledger()
        return self._ledger

    def _close_client(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _close_ledger(self) -> None:
        if self._ledger is not None:
            self._summary.reopened += 1
            log_of(self._ledger).connection.close()
            self._ledger = None

    def _begin_anew(self, forget: Callable[[], None], code: str, error: Exception) -> None:
        sentence = str(error).removeprefix(f"{code}: ")
        log.warning(sentence, code=code, next="waits and tries again")
        forget()
        if self._client is not None:
            self._client.begin_anew()

    def _wait_as_a_member(self) -> None:
        """Wait, and keep polling meanwhile: all partitions are paused, so nothing arrives."""
        until = monotonic() + self._backoff.next_seconds()
        while not self._stop.is_set() and monotonic() < until:
            if self._client is None:
                self._stop.wait(until - monotonic())
                continue
            try:
                self._client.poll(_KEEP_ALIVE_MS)
            except KafkaUnreachable as error:
                log.warning(str(error), code="KAFKA_UNREACHABLE")
                self._stop.wait(until - monotonic())


@contextmanager
def stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Set `stop` on SIGTERM and SIGINT, where this is the main thread; put back what was."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask_to_stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        stop.set()

    before = {number: signal.signal(number, ask_to_stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
