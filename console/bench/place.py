"""A database and topics of the bench's own, beside those in use; both are gone afterwards."""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.bench.lateness import Late, arrivals
from console.demo.bench_load import Encoded, bench_load
from console.demo.bench_world import PARTITIONS, with_room_for
from console.demo.month import facts_of
from console.demo.plan import in_order
from console.demo.publishing import publish_planned
from console.demo.world import World, load_world, register_world
from console.publisher.producer import Producer
from console.publisher.topics import create_topics, delete_topics
from console.services import Running, subject_key
from console.settings import Settings
from ledger.application.ledger import Ledger
from ledger.application.registration import advance_time
from ledger.log import install, log_of, open_ledger
from ledger.log.connection import create_database, dedicate_to_demo, drop_database
from ledger.values.instants import start_of_month
from projections.schema import migrate
from schemas import open_registry

SEED = 1


@dataclass(frozen=True)
class BenchPlace:
    """Where one measurement runs."""

    settings: Settings
    running: Running
    world: World
    database_url: str
    prefix: str
    options: dict[str, Any]

    def environment(self) -> dict[str, str]:
        """Return the settings of a process that works here."""
        secret = subject_key(self.settings).decode()
        return {
            "CLEARWATT_DATABASE_URL": self.database_url,
            "CLEARWATT_KAFKA_BOOTSTRAP_SERVERS": self.running.kafka_bootstrap_servers,
            "CLEARWATT_TOPIC_PREFIX": self.prefix,
            "CLEARWATT_CONSUMER_GROUP": f"{self.prefix}consumers",
            "CLEARWATT_SUBJECT_KEY": secret,
            "CLEARWATT_LOG_LEVEL": "WARNING",
        }

    def ledger(self) -> Ledger:
        """Open the ledger of this place."""
        return open_ledger(self.database_url, subject_key=subject_key(self.settings))


@contextmanager
def bench_place(settings: Settings, running: Running, *, pairs: int) -> Iterator[BenchPlace]:
    """Make a place with the demo's world registered in it, with plugs for so many charges."""
    name = f"clearwatt_bench_{secrets.token_hex(4)}"
    prefix = f"bench-{secrets.token_hex(4)}."
    options = settings.kafka_client_options(running.kafka_bootstrap_servers)
    url = create_database(running.database_url, name)
    create_topics(options, prefix, PARTITIONS)
    try:
        install(url)
        dedicate_to_demo(url)
        migrate(url)
        world = with_room_for(load_world(), pairs)
        place = BenchPlace(settings, running, world, url, prefix, options)
        _register(place)
        yield place
    finally:
        delete_topics(options, prefix)
        drop_database(running.database_url, name)


def _register(place: BenchPlace) -> None:
    opens_at = start_of_month(place.world.month, "Europe/Amsterdam")
    ledger = place.ledger()
    register_world(ledger, place.world, at=opens_at)
    advance_time(ledger, opens_at)
    log_of(ledger).connection.close()


def publish_facts(place: BenchPlace) -> int:
    """Publish locations and tariff versions; return how many."""
    opens_at = start_of_month(place.world.month, "Europe/Amsterdam")
    return publish_planned(
        in_order(facts_of(place.world, opens_at)),
        options=place.options,
        prefix=place.prefix,
        registry_url=place.running.schema_registry,
    )


def publish_pairs(place: BenchPlace, pairs: int, *, late: Late | None = None) -> int:
    """Publish so many CDRs, each with its session's message; return the bytes of their values.

    In the order of the charges, or as they arrive with a day's random lateness.
    """
    registry = open_registry(place.running.schema_registry)
    load = bench_load(place.world, pairs=pairs, seed=SEED, prefix=place.prefix, registry=registry)
    size = 0
    with Producer(place.options, prefix=place.prefix, registry=registry) as producer:
        for arrived_at, message in arrivals(load, late) if late else _in_order(load):
            producer.publish_raw(
                message.topic, message.key, message.value, message.headers, arrived_at
            )
            size += len(message.value)
        producer.flush()
    return size


def _in_order(load: Iterable[tuple[Encoded, Encoded]]) -> Iterator[tuple[datetime, Encoded]]:
    return ((row.sent_at, row) for pair in load for row in pair)
