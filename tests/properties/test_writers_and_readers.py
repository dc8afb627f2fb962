"""Many writers, a reader that follows them, and consumers that lose their partition."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from random import Random
from time import sleep

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.application.store import Fenced
from ledger.log import open_ledger
from tests.ledger_cast import AGREEMENTS, CAST, RECORDED_AT
from tests.ledger_statements import cdr, session, tariff
from tests.ledger_world import SUBJECT_KEY, Consumer, World

WRITERS, BATCHES = 8, 25
PAIRS, PAIRS_A_BATCH = 1000, 5


@pytest.fixture
def world(database_url):
    with closing(World(database_url, *CAST, *AGREEMENTS)) as world:
        yield world


def test_a_reader_that_tails_eight_writers_misses_no_event(world):
    """Positions are given under the writer lock, so they become visible in order."""

    def write(partition: int) -> int:
        ledger = open_ledger(world.url, subject_key=SUBJECT_KEY)
        with closing(ledger.store.connection):
            consumer = Consumer(ledger, partition).take_over()
            for batch in range(BATCHES):
                names = [f"S{partition}-{batch}-{n}" for n in range(1 + (partition + batch) % 7)]
                consumer.send(*(session(name) for name in names))
        return sum(1 + (partition + batch) % 7 + 1 for batch in range(BATCHES))

    def tail() -> list[int]:
        ledger = open_ledger(world.url, subject_key=SUBJECT_KEY)
        seen: list[int] = []
        with closing(ledger.store.connection):
            while True:
                over = done.is_set()
                page = ledger.store.page_after(seen[-1] if seen else begin, 50)
                seen.extend(row.position for row in page)
                if over and not page:
                    return seen

    begin = world.ledger.store.head().position
    done = threading.Event()
    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reading = pool.submit(tail)
        written = sum(pool.map(write, range(1, WRITERS + 1)))
        done.set()
        seen = reading.result()
    assert seen == list(range(begin + 1, begin + written + 1))
    assert world.ledger.store.broken_leaves() == []


def test_no_cdr_stays_held_when_it_races_its_tariff_through_another_consumer(world):
    """1,000 CDRs are sent around the moment at which their tariffs are, before and after it.

    Both consumers begin each round together; the CDRs are shuffled, so that some come a few
    rounds before their tariff, some in the same round, and some after it. Within a round one of
    them starts some milliseconds late, so that either may record while the other decides.
    """
    tariffs = list(range(PAIRS))
    chance = Random(7)
    sales = sorted(tariffs, key=lambda number: number + chance.uniform(-25, 25))
    together = threading.Barrier(2)

    def race(topics: tuple[str, ...], order: list[int], messages_of) -> None:
        ledger = open_ledger(world.url, subject_key=SUBJECT_KEY)
        with closing(ledger.store.connection):
            consumer = Consumer(ledger, 7, topics).take_over()
            for begin in range(0, PAIRS, PAIRS_A_BATCH):
                pairs = order[begin : begin + PAIRS_A_BATCH]
                together.wait(timeout=60)
                sleep(Random(f"{topics} {begin}").uniform(0, 0.006))
                consumer.send(*(message for number in pairs for message in messages_of(number)))
                ledger.release(recorded_at=RECORDED_AT)

    def tariff_of(number: int):
        yield tariff(("ENERGY", "0.50", 1), id=f"T{number}")

    def sale_of(number: int):
        yield session(f"C{number}")
        yield cdr(f"C{number}", "5.00", tariff_id=f"T{number}")

    with ThreadPoolExecutor(2) as pool:
        racing = (
            pool.submit(race, ("clearwatt.tariff-versions.v1",), tariffs, tariff_of),
            pool.submit(race, ("clearwatt.sessions.v1", "clearwatt.cdrs.v1"), sales, sale_of),
        )
        for runner in racing:
            runner.result()
    world.settle()
    assert world.rows("SELECT * FROM log.waiting_for") == []
    told = [event.TOPIC for event in world.events() if event.TOPIC.startswith("cdr.")]
    assert told.count("cdr.accepted.v1") == PAIRS
    assert PAIRS / 5 < told.count("cdr.held.v1") < PAIRS, "one was always first: no race was run"


def test_a_tariff_recorded_while_a_cdr_is_decided_sends_the_batch_back(world, monkeypatch):
    """The moment between the look at the facts and the record, made as long as it takes."""
    other = Consumer(open_ledger(world.url, subject_key=SUBJECT_KEY), 7).take_over()
    world.consumer.send(session("C1"))
    look = world.ledger.store.events_of
    overtaken = []

    def look_and_be_overtaken(ids):
        if not overtaken:
            overtaken.append(other.send(tariff(("ENERGY", "0.50", 1))))
        return look(ids)

    monkeypatch.setattr(world.ledger.store, "events_of", look_and_be_overtaken)
    assert world.consumer.send(cdr("C1", "5.00")) == {"accepted": 1}
    assert overtaken == [{"accepted": 1}]
    other.ledger.store.connection.close()


def test_a_session_recorded_while_its_cdr_is_decided_sends_the_batch_back(world, monkeypatch):
    """As it happens when the session was unreadable and is fed again meanwhile."""
    world.send(tariff(("ENERGY", "0.50", 1)))
    other = Consumer(open_ledger(world.url, subject_key=SUBJECT_KEY), 7).take_over()
    look = world.ledger.store.events_of
    overtaken = []

    def be_overtaken_after_the_look(ids):
        found = look(ids)
        if not overtaken:
            overtaken.append(other.send(session("C1")))
        return found

    monkeypatch.setattr(world.ledger.store, "events_of", be_overtaken_after_the_look)
    assert world.consumer.send(cdr("C1", "5.00")) == {"accepted": 1}
    other.ledger.store.connection.close()


def test_a_consumer_that_lost_its_partition_is_fenced_and_leaves_nothing(world):
    old = Consumer(world.ledger, 3).take_over()
    old.send(session("S1"))
    new = Consumer(open_ledger(world.url, subject_key=SUBJECT_KEY), 3).take_over()
    tables = ("stored_event", "head", "consumed", "waiting_for", "decided_on", "release_due")
    before = [world.rows(f"SELECT * FROM log.{table} ORDER BY 1") for table in tables]
    with pytest.raises(Fenced):
        old.send(session("S2"), cdr("C2", "5.00"), tariff(("ENERGY", "0.50", 1)))
    assert [world.rows(f"SELECT * FROM log.{table} ORDER BY 1") for table in tables] == before
    assert new.send(session("S2")) == {"accepted": 1}
    new.ledger.store.connection.close()


@pytest.fixture(scope="module")
def empty_log(new_database):
    """Return how the log is emptied, on one database for all examples."""
    url = new_database()

    def make() -> World:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS log CASCADE")
        return World(url)

    return make


@settings(max_examples=15)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["take over", "send", "send"])), max_size=25
    )
)
def test_each_message_is_recorded_once_however_often_the_partition_changes_hands(steps, empty_log):
    """Three consumers take one partition from each other and go on where the database says."""
    with closing(empty_log()) as world:
        ledgers = [open_ledger(world.url, subject_key=SUBJECT_KEY) for _ in range(3)]
        consumers = [Consumer(ledger).take_over() for ledger in ledgers]
        sent = [session(f"S{number}") for number in range(len(steps) + 1)]
        for who, what in [*steps, (0, "take over"), (0, "send")]:
            consumer = consumers[who]
            if what == "take over":
                consumer.take_over()
                continue
            begin = consumer.next_offsets["clearwatt.sessions.v1"]
            try:
                consumer.send(*sent[begin : begin + 2])
            except Fenced:
                consumer.take_over()
        counted = world.rows(
            "SELECT count(*), count(DISTINCT originator_id) FROM log.stored_event"
            " WHERE topic = 'session.updated.v1'"
        )
        consumed = world.rows("SELECT next_offset FROM log.consumed WHERE topic LIKE '%%session%%'")
        for ledger in ledgers:
            ledger.store.connection.close()
    assert counted[0][0] == counted[0][1] == consumed[0][0] > 0
