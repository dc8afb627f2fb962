"""The consumer on the real broker and the real PostgreSQL: what is published is recorded, once."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from consumer_world import CPOS, REGISTRY, START, World, at, cdr, message, session, tariff
from kafka import KafkaAdminClient

import schemas
from consumers.replay import replay
from consumers.runner import TopicDiffers, incoming_topics, lag, run, unconsumed_before
from ledger.application import parties
from ledger.application.commands import By
from ledger.log import PostgresLog
from ledger.roaming.party_documents import PartyDocument
from schemas import encode
from tests.own_topics import Topics

BY = By("ada", "asserted", START)


@pytest.fixture
def world(database_url: str, topics: Topics) -> Iterator[World]:
    made = World(database_url, topics.prefix, topics.options)
    made.register()
    yield made
    made.close()


def test_every_message_is_recorded_once_and_a_second_run_finds_nothing(world: World) -> None:
    world.publish_month(range(200))
    first = world.consume()
    assert first.outcomes == {"accepted": 404}
    assert world.equation() == world.published
    second = world.consume()
    assert second.messages == 0
    assert world.equation() == world.published
    assert world.gaps() == []


def test_sessions_published_long_before_their_cdrs_hold_nothing_up(world: World) -> None:
    """Each topic alone has hundreds of messages; merged by time, no CDR meets a missing session."""
    numbers = range(600)
    world.publish("tariff", [tariff(party) for party in CPOS])
    world.publish("cdr", map(cdr, numbers))
    world.publish("session", map(session, numbers))
    assert world.consume(batch_size=50).outcomes == {"accepted": 1204}


def test_a_cdr_that_came_too_early_is_accepted_in_the_same_run(world: World) -> None:
    world.publish("cdr", [cdr(1)])
    assert world.consume().outcomes == {"held": 1}
    world.publish("session", [session(1)], at_number=70)
    world.publish("tariff", [tariff(CPOS[1])], at_number=70)
    world.consume()
    assert [row[0] for row in world.decided_state().values()] == ["cdr.accepted.v1"]


def _avro(world: World, **changes: Any) -> bytes:
    """A CDR's bytes with fields that its model would refuse."""
    good = message("cdr", cdr(4))
    return encode(good.model_copy(update=changes), topic=world.topic("cdr"), registry=REGISTRY)


BAD: dict[str, Callable[[World], dict[str, Any]]] = {
    "CORRUPT_AVRO": lambda world: {"value": _avro(world)[:50]},
    "WRONG_MAGIC_BYTE": lambda world: {"value": b'{"total_energy": 1e999}'},
    "UNKNOWN_SCHEMA_ID": lambda world: {"value": b"\0\0\0\x03\xe7" + _avro(world)[5:]},
    "MISSING_KEY": lambda world: {"value": _avro(world), "key": None},
    "KEY_PARTY_DIFFERS": lambda world: {"value": _avro(world), "key": b"NL*AAA"},
    "NEGATIVE_QUANTITY": lambda world: {"value": _avro(world, total_energy=Decimal(-1))},
    "END_BEFORE_START": lambda world: {"value": _avro(world, end_date_time=at(0))},
    "UNKNOWN_CURRENCY": lambda world: {"value": _avro(world, currency="eu1")},
    "MESSAGE_TOO_LARGE": lambda world: {"value": b"\0" * (5 * 1024 * 1024)},
    "SENDER_NOT_ENTITLED": lambda world: {
        "value": _avro(world),
        "headers": [("cw-sender", b"NL*AAA")],
    },
    "WRONG_HEADER": lambda world: {
        "value": _avro(world),
        "headers": [("cw-sender", b"NL*XYZ"), ("cw-sequence", b"first")],
    },
    "EMPTY_MESSAGE": lambda world: {"value": None},
}


def test_bad_messages_are_exceptions_with_their_own_codes_and_stop_nothing(world: World) -> None:
    world.publish_month(range(40))
    sent = {}
    for code, make in BAD.items():
        place = world.send(world.topic("cdr"), **{"key": b"NL*XYZ", "number": 20, **make(world)})
        sent[place] = code
    world.publish("cdr", [cdr(number) for number in range(40, 44)], at_number=40)
    summary = world.consume()
    assert summary.outcomes == {"accepted": 84, "held": 4, "unreadable": len(BAD)}
    kept = world.rows("SELECT topic, partition, message_offset, reason FROM log.unreadable")
    assert {row[:3]: row[3] for row in kept} == sent
    assert world.equation() == world.published
    assert world.gaps() == []


def test_the_bytes_of_a_bad_message_are_kept_as_they_came(world: World) -> None:
    world.send(world.topic("cdr"), b"\x07nonsense\0", key=b"NL*XYZ", headers=[("x\0y", b"\0\xff")])
    world.consume()
    rows = world.rows("SELECT message_key, value, headers FROM log.unreadable")
    assert rows == [(b"NL*XYZ", b"\x07nonsense\0", [["x\N{REPLACEMENT CHARACTER}y", "00ff"]])]


def test_a_message_of_a_version_nobody_reads_is_an_exception(world: World) -> None:
    strange = f"{world.prefix}cdrs.v9"
    admin = KafkaAdminClient(**world.options)
    admin.create_topics({strange: {"num_partitions": 6, "replication_factor": 1}})
    try:
        good = encode(message("cdr", cdr(4)), topic=world.topic("cdr"), registry=REGISTRY)
        world.send(strange, good, key=b"NL*XYZ")
        topics = incoming_topics(world.options, world.prefix)
        assert strange in topics
        world.consume(topics=topics)
        assert world.rows("SELECT topic, reason FROM log.unreadable") == [
            (strange, "UNKNOWN_TOPIC_VERSION")
        ]
        assert world.equation() == world.published
    finally:
        admin.delete_topics([strange])
        admin.close()


def test_duplicates_are_counted_and_other_content_under_the_same_id_is_held(world: World) -> None:
    world.publish_month(range(4))
    world.publish("cdr", [cdr(1), {**cdr(1), "remark": "other content"}], at_number=100)
    world.publish("session", [session(2)], at_number=100)
    summary = world.consume()
    assert summary.outcomes == {"accepted": 12, "duplicate": 2, "held": 1}
    topics = {row[0] for row in world.rows("SELECT topic FROM log.stored_event")}
    assert "cdr.conflict_held.v1" in topics
    assert world.equation() == world.published


def test_an_unreadable_message_is_fed_again_after_the_fix(world: World) -> None:
    """A hub publishes for a CPO; once the CPO allows it, the kept message is read."""
    world.publish("tariff", [tariff("NL*XYZ")])
    world.publish("session", [session(4)])
    good = encode(message("cdr", cdr(4)), topic=world.topic("cdr"), registry=REGISTRY)
    place = world.send(world.topic("cdr"), good, key=b"NL*XYZ", headers=[("cw-sender", b"NL*HUB")])
    assert world.consume().outcomes == {"accepted": 2, "unreadable": 1}
    ledger = world.ledger()
    assert isinstance(ledger.store, PostgresLog)
    log = ledger.store
    again = list(replay(ledger, log, registry=REGISTRY, by=BY, reason="SENDER_NOT_ENTITLED"))
    assert [(row.was, row.outcome) for row in again] == [("SENDER_NOT_ENTITLED", "unreadable")]
    allowed = PartyDocument("NL*XYZ", ("CPO",), "entity-xyz", senders=("NL*HUB",))
    parties.register_party(ledger, "NL*XYZ", allowed, by=BY)
    again = list(replay(ledger, log, registry=REGISTRY, by=BY))
    assert [row.outcome for row in again] == ["accepted"]
    assert (again[0].source.topic, again[0].source.partition, again[0].source.offset) == place
    assert list(replay(ledger, log, registry=REGISTRY, by=BY)) == []


def test_the_lag_names_what_is_not_consumed_and_since_when(world: World) -> None:
    world.publish_month(range(4))
    world.consume()
    consumed = {
        (topic, partition): offset
        for topic, partition, offset in world.rows(
            "SELECT topic, partition, next_offset FROM log.consumed WHERE first_offset IS NOT NULL"
        )
    }
    topics = [world.topic("cdr"), world.topic("session")]
    assert sum(row.messages for row in lag(world.options, topics, consumed)) == 0
    assert unconsumed_before(at(500), world.options, topics, consumed) == []
    world.publish("cdr", [cdr(8), cdr(12)], at_number=300)
    sent = at(300) + timedelta(hours=2)
    behind = [row for row in lag(world.options, topics, consumed) if row.messages]
    assert [(row.messages, row.first_unconsumed_at) for row in behind] == [(2, sent)]
    found = unconsumed_before(sent + timedelta(seconds=1), world.options, topics, consumed)
    assert [(row.topic, row.received_at) for row in found] == [(world.topic("cdr"), sent)]
    assert unconsumed_before(sent, world.options, topics, consumed) == []


def test_a_currency_that_does_not_exist_is_held_with_its_reason(world: World) -> None:
    """Three capital letters are well formed; that nobody pays in them is the ledger's to say."""
    world.publish("tariff", [{**tariff("NL*XYZ"), "currency": "QQQ"}])
    world.publish("session", [{**session(4), "currency": "QQQ"}])
    world.publish("cdr", [{**cdr(4), "currency": "QQQ"}], at_number=10)
    assert world.consume().outcomes == {"accepted": 2, "held": 1}
    ((_, _, refusals),) = world.decided_state().values()
    assert refusals[0]["reason"] == "UNKNOWN_CURRENCY"


def test_a_topic_that_was_made_anew_stops_the_consumer_with_a_sentence(world: World) -> None:
    """The log knows more of the topic than the topic: to begin anew would record things twice."""
    world.publish_month(range(40))
    world.consume()
    topics = [world.prefix + topic for topic in schemas.INCOMING]
    admin = KafkaAdminClient(**world.options)
    admin.delete_topics(topics)
    wanted = {"num_partitions": 6, "replication_factor": 1}
    for _ in range(100):
        answers = admin.create_topics(dict.fromkeys(topics, wanted), raise_errors=False)["topics"]
        topics = [answer["name"] for answer in answers if answer["error_code"]]
        if not topics:
            break
        time.sleep(0.1)  # the deletion is still going on
    admin.close()
    with pytest.raises(TopicDiffers, match="TOPIC_DIFFERS_FROM_LOG"):
        world.consume()


def test_stopping_finishes_the_batch_and_leaves_the_group(world: World) -> None:
    world.publish_month(range(100))
    stop = threading.Event()
    progress: list[int] = []

    def on_progress(outcomes: Any, to_come: int) -> None:
        progress.append(sum(outcomes.values()))
        assert progress[-1] + to_come <= 204
        stop.set()

    summary = run(
        world.config(batch_size=20),
        open_ledger=world.ledger,
        now=lambda: datetime.now(UTC),
        stop=stop,
        on_progress=on_progress,
    )
    assert progress == [summary.messages]
    assert summary.batches == 1
    began = time.monotonic()
    assert summary.messages + world.consume().messages == 204
    assert time.monotonic() - began < 4  # the next one need not wait for a session to time out
    assert world.equation() == world.published
