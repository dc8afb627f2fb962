"""Whatever dies in the middle - a consumer, PostgreSQL, the broker - nothing is lost or doubled."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import consumer_process
import pytest
from consumer_world import REGISTRY, World

from console.services import Running, ensure_up
from console.services.broker import EmbeddedBroker
from console.services.postgres import EmbeddedPostgres
from console.settings import Settings
from consumers.runner import RunSummary, run
from ledger.application.ledger import Ledger
from ledger.log import open_ledger
from schemas import RegistryUnreachable
from schemas.registry import Writer
from tests.own_services import databases_of, services_of_its_own
from tests.own_topics import Topics

TAKEOVER_SECONDS = 10.0


@pytest.fixture(scope="module")
def service_settings() -> Iterator[Settings]:
    """Services of these tests alone: they are killed here, and others would notice."""
    with services_of_its_own() as own:
        yield own


@pytest.fixture(scope="module")
def services(service_settings: Settings) -> Running:
    return ensure_up(service_settings)


@pytest.fixture(scope="module")
def new_database(services: Running) -> Iterator[Callable[[], str]]:
    with databases_of(services) as make:
        yield make


@pytest.fixture
def world(database_url: str, topics: Topics) -> Iterator[World]:
    made = World(database_url, topics.prefix, topics.options)
    made.register()
    yield made
    made.close()


@pytest.fixture
def undisturbed(world: World, new_database: Callable[[], str]) -> Iterator[World]:
    """The same topics, consumed into a database of its own."""
    made = World(new_database(), world.prefix, world.options)
    made.register()
    yield made
    made.close()


def messages_recorded(world: World) -> int:
    return sum(world.equation().values())


def wait_until(condition: Callable[[], bool], *, seconds: float = 30.0) -> float:
    """Wait for a condition and return how long it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - began


def assert_same_as_undisturbed(world: World, undisturbed: World) -> None:
    """In what order messages met, and so how many were held meanwhile, plays no part."""
    undisturbed.consume(group_id=f"{world.prefix}undisturbed")
    assert world.decided_state() == undisturbed.decided_state()
    assert world.equation() == world.published
    assert world.gaps() == []


def test_kill_9_at_random_points_loses_and_doubles_nothing(
    world: World, undisturbed: World
) -> None:
    world.publish_month(range(400))
    chance = random.Random(20261005)
    for life in range(3):
        before = messages_recorded(world)
        # A group of its own each time, so that nobody waits for the dead one's session to end:
        # what keeps two of them apart is the epoch in the log, not Kafka's group.
        group = f"{world.prefix}life-{life}"
        process = consumer_process.start(world, batch_size=5, group_id=group)
        try:
            wait_until(lambda before=before: messages_recorded(world) > before)
            time.sleep(chance.uniform(0.0, 0.2))
        finally:
            process.kill()
            process.wait()
        assert before < messages_recorded(world) < 804, "it was killed in the middle"
    world.consume()
    assert_same_as_undisturbed(world, undisturbed)


def test_a_standby_takes_over_within_ten_seconds_of_a_kill(world: World) -> None:
    world.publish_month(range(40))
    first = consumer_process.start(world)
    second = None
    try:
        wait_until(lambda: messages_recorded(world) == 84)
        second = consumer_process.start(world)
        epochs = "SELECT min(epoch) FROM log.consumed"
        ((before,),) = world.rows(epochs)
        wait_until(lambda: world.rows(epochs)[0][0] > before)  # both have their share now
        first.kill()
        killed_at = time.monotonic()
        world.publish_month(range(40, 80))
        wait_until(lambda: messages_recorded(world) == 168)
        assert time.monotonic() - killed_at < TAKEOVER_SECONDS
        second.send_signal(signal.SIGTERM)
        assert second.wait(timeout=15) == 0
    finally:
        for process in (first, second):
            if process is not None:
                process.kill()
                process.wait()
    assert world.equation() == world.published
    assert world.gaps() == []


def test_a_consumer_that_lost_its_partitions_is_fenced_and_records_nothing(world: World) -> None:
    """Asleep beyond the session's time-out, it wakes to find that another went on."""
    world.publish_month(range(40))
    asleep = consumer_process.start(world)
    try:
        wait_until(lambda: messages_recorded(world) == 84)
        asleep.send_signal(signal.SIGSTOP)
        world.publish_month(range(40, 80))
        world.consume()
        asleep.send_signal(signal.SIGCONT)
        world.publish_month(range(80, 120))
        wait_until(lambda: messages_recorded(world) == 252)
    finally:
        asleep.kill()
        asleep.wait()
    assert world.equation() == world.published
    assert world.gaps() == []


class Background:
    """A consumer in a thread of this process, stopped at the end."""

    def __init__(self, world: World, **config: Any) -> None:
        self._stop = threading.Event()
        self.summary: RunSummary | None = None
        self._thread = threading.Thread(target=self._run, args=(world, config))

    def _run(self, world: World, config: dict[str, Any]) -> None:
        self.summary = run(
            world.config(**config),
            open_ledger=world.ledger,
            now=lambda: datetime.now(UTC),
            stop=self._stop,
        )

    def __enter__(self) -> "Background":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=30)
        assert not self._thread.is_alive()


def kill_and_restart(settings: Settings, pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    time.sleep(1.0)
    ensure_up(settings)


def test_postgresql_dies_in_the_middle(
    world: World, undisturbed: World, service_settings: Settings
) -> None:
    world.publish_month(range(300))
    with Background(world, batch_size=5) as consumer:
        wait_until(lambda: messages_recorded(world) > 30)
        kill_and_restart(service_settings, EmbeddedPostgres.of(service_settings).pid)
        wait_until(lambda: messages_recorded(world) == 604, seconds=60)
    assert consumer.summary is not None
    assert consumer.summary.reopened >= 1
    assert_same_as_undisturbed(world, undisturbed)


def test_the_broker_dies_in_the_middle(
    world: World, undisturbed: World, service_settings: Settings
) -> None:
    world.publish_month(range(300))
    with Background(world, batch_size=5):
        wait_until(lambda: messages_recorded(world) > 30)
        kill_and_restart(service_settings, EmbeddedBroker.of(service_settings).pid)
        world.publish_month(range(300, 340))
        wait_until(lambda: messages_recorded(world) == 688, seconds=60)
    assert_same_as_undisturbed(world, undisturbed)


def test_two_consumers_that_wrongly_have_groups_of_their_own_double_nothing(world: World) -> None:
    """Kafka gives both all partitions; the epoch in the log lets one of them record at a time."""
    world.publish_month(range(150))
    with (
        Background(world, batch_size=5, group_id=f"{world.prefix}a") as one,
        Background(world, batch_size=5, group_id=f"{world.prefix}b") as other,
    ):
        wait_until(lambda: messages_recorded(world) >= 304, seconds=60)
    assert one.summary is not None
    assert other.summary is not None
    assert one.summary.fenced + other.summary.fenced >= 1
    assert one.summary.messages + other.summary.messages == 304
    assert world.equation() == world.published
    assert world.gaps() == []


class SometimesAway:
    """A schema registry that does not answer the first few times it is asked."""

    def __init__(self, times: int) -> None:
        self._times = times

    def writer(self, schema_id: int) -> Writer:
        if self._times:
            self._times -= 1
            raise RegistryUnreachable("nobody there")
        return REGISTRY.writer(schema_id)

    def id_for(self, topic: str) -> int:
        return REGISTRY.id_for(topic)


def test_while_the_schema_registry_is_away_messages_wait_and_none_is_put_aside(
    world: World,
) -> None:
    world.publish_month(range(20))
    assert world.consume(registry=SometimesAway(3)).outcomes == {"accepted": 44}
    assert world.equation() == world.published


def test_a_database_that_is_away_at_the_start_is_waited_for(world: World) -> None:
    world.publish_month(range(4))
    attempts: list[float] = []

    def opened_at_the_third_attempt() -> Ledger:
        attempts.append(time.monotonic())
        if len(attempts) < 3:
            return open_ledger(world.database_url + "_nowhere", subject_key=b"a key")
        return world.ledger()

    summary = run(
        world.config(),
        open_ledger=opened_at_the_third_attempt,
        now=lambda: datetime.now(UTC),
        until_caught_up=True,
    )
    assert summary.caught_up
    assert len(attempts) == 3
    assert attempts[2] - attempts[1] > 0.15  # it waits longer each time
    assert world.equation() == world.published
