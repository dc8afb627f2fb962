"""What the group gives a member: nothing is forgotten, and who gets nothing asks anew."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from consumer_world import World
from kafka import KafkaAdminClient

from consumers.runner import ConsumerConfig
from consumers.runner.client import Change, GroupClient
from consumers.runner.errors import NotAssigned
from consumers.runner.merge import Place
from tests.own_topics import Topics


@dataclass(frozen=True)
class Watchful(ConsumerConfig):
    """A member that sees a changed topic at once, not after half a minute."""

    def client_options(self) -> dict[str, Any]:
        return {**super().client_options(), "metadata_max_age_ms": 300}


@pytest.fixture
def world(database_url: str, topics: Topics) -> Iterator[World]:
    made = World(database_url, topics.prefix, topics.options)
    made.register()
    yield made
    made.close()


def poll_until(
    client: GroupClient, is_there: Callable[[Change], bool], *, seconds: float = 20.0
) -> frozenset[Place]:
    """Poll until a rebalance brings such a change; return its partitions."""
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        client.poll(250)
        for change in client.changes():
            if is_there(change):
                return change.places
    raise AssertionError("the group did not say so in time")


def grow(topics: Topics, topic: str, partitions: int) -> None:
    admin = KafkaAdminClient(**topics.options)
    try:
        admin.create_partitions({topic: partitions})
    finally:
        admin.close()


def test_a_rejoin_that_outlasts_a_poll_is_not_forgotten(world: World, topics: Topics) -> None:
    """A topic grows, and polls end in the middle of the rebalance that this brings about."""
    topic = topics.prefix + "cdrs.v1"
    client = GroupClient(Watchful(**vars(world.config())))
    try:
        poll_until(client, lambda change: change.kind == "assigned" and bool(change.places))
        grow(topics, topic, topics.partitions + 1)
        # kafka-python itself, so that each poll ends before anything can be answered
        while not any(change.kind == "revoked" for change in client.changes()):
            client._consumer.poll(0)
        ends_at = time.monotonic() + 1.0
        while time.monotonic() < ends_at:
            client._consumer.poll(0)
            time.sleep(0.02)
        new = Place(topic, topics.partitions)
        poll_until(client, lambda change: change.kind == "assigned" and new in change.places)
    finally:
        client.close()


def test_a_member_that_joined_is_left_in_peace(world: World) -> None:
    """Learning its topics after it joined, the group's leader would make all join once more."""
    for _ in range(4):
        client = GroupClient(world.config())
        try:
            kinds = changes_until_quiet(client)
        finally:
            client.close()
        assert kinds.count("assigned") == 1, kinds
        assert kinds[-1] == "assigned"


def changes_until_quiet(client: GroupClient) -> list[str]:
    """Poll until there is an assignment and a second has passed after the last change."""
    kinds: list[str] = []
    began = last_at = time.monotonic()
    while "assigned" not in kinds or time.monotonic() - last_at < 1.0:
        assert time.monotonic() - began < 30.0, "the group did not come to rest in time"
        client.poll(100)
        found = client.changes()
        kinds += [change.kind for change in found]
        last_at = time.monotonic() if found else last_at
    return kinds


@pytest.fixture
def idler(world: World) -> Iterator[GroupClient]:
    """A member that has all partitions, keeps its session alive and lets nobody else in."""
    client = GroupClient(world.config())
    poll_until(client, lambda change: change.kind == "assigned" and bool(change.places))
    yield client
    client.close()


def test_a_member_that_the_group_gives_nothing_says_so(world: World, idler: GroupClient) -> None:
    client = GroupClient(world.config(join_seconds=1.0))
    try:
        began = time.monotonic()
        with pytest.raises(NotAssigned, match="has assigned nothing for 1 seconds"):
            poll_until(client, lambda change: change.kind == "assigned")
        assert time.monotonic() - began >= 1.0
    finally:
        client.close()


def test_a_member_that_the_group_gives_nothing_asks_anew_until_it_does(
    world: World, idler: GroupClient
) -> None:
    world.publish_month(range(4))
    leaves = threading.Timer(4.0, idler.close)
    leaves.start()
    summary = world.consume(join_seconds=1.0)
    leaves.join()
    assert summary.rejoined >= 1
    assert summary.outcomes == {"accepted": 12}
    assert world.equation() == world.published
