"""What is published arrives as it was sent, and a publisher that is stopped loses no event."""

import subprocess
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from console.errors import ServiceError
from console.publisher import follow
from console.publisher.files import (
    Reading,
    Stamp,
    UnknownTopic,
    kind_of,
    publish_bytes,
    publish_file,
)
from console.publisher.outgoing import event_id_of
from console.publisher.producer import Producer, partition_of
from console.publisher.tail import POSITION, PUBLISHED_THROUGH
from consumers.cdrs import to_command
from ledger.application.commands import By
from ledger.application.registration import advance_time, register_actor
from ledger.application.store import Writes
from ledger.log import install, open_ledger
from ledger.roaming.cdr import Cdr
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal
from schemas import FileRegistry, SchemaError, decode, from_ocpi_json, topic_name

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
NOW = datetime(2026, 10, 5, 8, tzinfo=UTC)
PARTIES = [f"NL*X{number:02d}" for number in range(7)]


@pytest.fixture
def producer(topics):
    with Producer(topics.options, prefix=topics.prefix, registry=FileRegistry()) as opened:
        yield opened


@pytest.fixture
def cdr():
    return from_ocpi_json("cdr", (EXAMPLES / "cdrs.v1.json").read_bytes())


@pytest.fixture
def ledger(database_url):
    install(database_url)
    opened = open_ledger(database_url, subject_key=b"a key that protects nobody")
    yield opened
    opened.store.connection.close()


@pytest.fixture
def outgoing(settings_of_test, services, database_url):
    """Run the publisher process in this one; keyword arguments as `follow.run`."""
    running = type(services)(database_url, services.kafka_bootstrap_servers, None)

    def run(**options):
        of_test = settings_of_test.model_copy(
            update={"publisher_batch_size": options.pop("page_size", 10)}
        )
        return follow.run(of_test, running, **options)

    return run


def messages(topics, kind):
    """Return all messages of a topic, per partition in their order."""
    topic = topic_name(topics.prefix, kind)
    places = [TopicPartition(topic, number) for number in range(topics.partitions)]
    consumer = KafkaConsumer(**topics.options, consumer_timeout_ms=10_000)
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    missing = sum(consumer.end_offsets(places).values())
    found = []
    while len(found) < missing:
        found.append(next(consumer))
    consumer.close()
    return found


def positions(found):
    return [int(dict(record.headers)[POSITION]) for record in found]


def hold_cdrs(ledger, cdr, count, *, first=0):
    """Record a held CDR each for parties in turn; with it a fact that stays inside."""
    for number in range(first, first + count):
        party = PARTIES[number % len(PARTIES)]
        recorded_at = NOW + timedelta(seconds=number)
        provenance = Provenance(party, "message", recorded_at, recorded_at)
        message = cdr.model_copy(update={"party_id": party[3:], "id": f"C-{number}"})
        held = Cdr.blank(f"{party}/c-{number}")
        with recording_at(recorded_at):
            held.hold(
                to_command(message).statement,
                content_sha256=f"{number:064x}",
                refusals=(Refusal(Reason.SESSION_MISSING),),
                provenance=provenance,
            )
        ledger.save(held, writes=Writes(recorded_at))
    return ledger.store.head().position


def test_a_message_arrives_with_its_key_its_headers_and_its_time(producer, topics, cdr):
    producer.publish(
        "cdr",
        cdr,
        sender="NL*HUB",
        timestamp=NOW,
        sequence=1,
        message_id="m-1",
        sent_at=NOW,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    producer.flush()
    (record,) = messages(topics, "cdr")
    assert decode(record.value, topic=record.topic, registry=FileRegistry()) == cdr
    assert record.key == f"{cdr.country_code}*{cdr.party_id}".upper().encode()
    assert record.partition == partition_of(record.key, topics.partitions)
    assert record.timestamp == NOW.timestamp() * 1000
    assert record.headers == [
        ("cw-sender", b"NL*HUB"),
        ("cw-sequence", b"1"),
        ("cw-message-id", b"m-1"),
        ("cw-sent-at", b"2026-10-05T08:00:00Z"),
        ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ]


def test_a_key_goes_where_kafkas_own_clients_send_it(producer, topics):
    topic = topic_name(topics.prefix, "cdr")
    plain = KafkaProducer(**topics.options)
    for party in PARTIES:
        producer.publish_raw(topic, party.encode(), b"ours")
        plain.send(topic, b"theirs", key=party.encode())
    producer.flush()
    plain.close()
    partitions = defaultdict(set)
    for record in messages(topics, "cdr"):
        partitions[record.key].add(record.partition)
    assert len(partitions) == len(PARTIES)
    assert all(len(found) == 1 for found in partitions.values())


@pytest.mark.parametrize(
    ("name", "party", "version"),
    [
        ("cdrs.v1.json", None, "2.3.0"),
        ("cdrs.v1.as-2.2.1.json", None, "2.2.1"),
        ("cdrs.v1.as-2.1.1.json", "NL*BEC", "2.1.1"),
    ],
)
def test_a_cdr_of_each_version_of_ocpi_is_published(producer, topics, name, party, version):
    done = publish_file(
        producer,
        "cdr",
        EXAMPLES / name,
        topic=topic_name(topics.prefix, "cdr"),
        reading=Reading(party=party),
        stamp=Stamp(None, NOW),
    )
    (record,) = messages(topics, "cdr")
    assert (done.sent, done.refused) == (1, [])
    message = decode(record.value, topic=record.topic, registry=FileRegistry())
    assert message.ocpi_version == version


def test_a_bad_line_is_named_and_those_behind_it_are_sent(producer, topics, tmp_path):
    good = (EXAMPLES / "sessions.v1.json").read_text().replace("\n", " ")
    file = tmp_path / "sessions.jsonl"
    file.write_text(f'{good}\n\n{{"kwh": NaN}}\n{{"ocpi_version": "2.2.1"}}\n{good}\n')
    done = publish_file(
        producer,
        "session",
        file,
        topic=topic_name(topics.prefix, "session"),
        reading=Reading(),
        stamp=Stamp("NL*HUB", NOW, first_sequence=7),
    )
    refused = [(row.place, row.code) for row in done.refused]
    assert refused == [("line 3", "NOT_A_NUMBER"), ("line 4", "MISSING_FIELD")]
    headers = [dict(record.headers) for record in messages(topics, "session")]
    assert [found["cw-sequence"] for found in headers] == [b"7", b"8"]
    # The same message twice has the same id, whenever it is sent.
    assert len({found["cw-message-id"] for found in headers}) == 1


def test_raw_bytes_are_sent_as_they_are(producer, topics, tmp_path):
    file = tmp_path / "broken.bin"
    file.write_bytes(b"\x07 no Avro" * 600_000)  # 5 MB, more than any consumer reads
    topic = topic_name(topics.prefix, "cdr")
    publish_bytes(producer, file, topic=topic, key=None, stamp=Stamp(None, NOW))
    (record,) = messages(topics, "cdr")
    assert (record.value, record.key) == (file.read_bytes(), None)


def test_what_no_topic_takes_is_refused_before_it_is_sent(producer, topics):
    with pytest.raises(SchemaError, match="MESSAGE_TOO_LARGE"):
        producer.publish_raw(topic_name(topics.prefix, "cdr"), b"NL*XYZ", bytes(17 * 1024 * 1024))


def test_a_topic_that_nobody_knows_is_named():
    with pytest.raises(UnknownTopic, match="UNKNOWN_TOPIC"):
        kind_of("cdrs.v9", "clearwatt.")


def test_a_broker_that_is_away_is_one_sentence(topics):
    options = {**topics.options, "bootstrap_servers": ["127.0.0.1:1"], "bootstrap_timeout_ms": 500}
    with pytest.raises(ServiceError, match=r"KAFKA_UNREACHABLE: Kafka at 127\.0\.0\.1:1"):
        Producer(options, prefix=topics.prefix, registry=FileRegistry())


def test_every_event_goes_out_once_in_the_order_of_its_party(outgoing, ledger, topics, cdr):
    head = hold_cdrs(ledger, cdr, 25)
    assert outgoing(until_caught_up=True) == head
    found = messages(topics, "settlement-event")
    assert sorted(positions(found)) == list(range(1, head + 1))
    by_key = defaultdict(list)
    for record in found:
        by_key[record.key].append(record)
    assert set(by_key) == {party.encode() for party in PARTIES}
    assert all(positions(rows) == sorted(positions(rows)) for rows in by_key.values())


def test_an_event_is_published_with_who_may_see_it_and_without_personal_data(
    outgoing, ledger, topics, cdr
):
    hold_cdrs(ledger, cdr, 1)
    outgoing(until_caught_up=True)
    (logged,) = ledger.store.page_after(0)
    (record,) = messages(topics, "settlement-event")
    event = decode(record.value, topic=record.topic, registry=FileRegistry())
    assert event.event_id == event_id_of(logged.originator_id, logged.originator_version)
    assert dict(record.headers)["cw-message-id"].decode() == event.event_id
    assert (event.topic, event.subject) == ("cdr.held.v1", "NL*X00/c-0")
    assert event.visible_to == ("NL*X00",)
    assert event.payload == logged.state.decode()
    assert (event.occurred_at, event.recorded_at) == (NOW, NOW)


def test_a_period_goes_out_for_the_clearing_house_alone_and_an_actor_stays_inside(
    outgoing, ledger, topics
):
    register_actor(ledger, "anna", ("admin",), by=By("anna", "asserted", NOW))
    advance_time(ledger, NOW)
    assert outgoing(until_caught_up=True) == 2
    (record,) = messages(topics, "settlement-event")
    event = decode(record.value, topic=record.topic, registry=FileRegistry())
    assert (record.key, event.topic) == (b"ALL", "settlement_period.opened.v1")
    assert (event.subject, event.visible_to) == ("ALL/2026-10", ())


def test_a_publisher_that_goes_on_repeats_nothing_it_finds(outgoing, ledger, topics, cdr):
    hold_cdrs(ledger, cdr, 25)
    stop = Event()
    reached = outgoing(stop=stop, on_progress=lambda *_: stop.set())
    assert reached == 10  # one page
    head = hold_cdrs(ledger, cdr, 25, first=25)
    assert outgoing(until_caught_up=True) == head
    assert outgoing(until_caught_up=True) == head
    assert sorted(positions(messages(topics, "settlement-event"))) == list(range(1, head + 1))


def test_half_a_page_is_completed_without_repeating_the_other_half(outgoing, ledger, topics, cdr):
    """As after a kill between two partitions: the later part of the page got through."""
    head = hold_cdrs(ledger, cdr, 10)
    there = {4, 5, 9}
    with Producer(topics.options, prefix=topics.prefix, registry=FileRegistry()) as producer:
        for logged in ledger.store.page_after(0):
            if logged.position in there:
                headers = [
                    (
                        "cw-message-id",
                        event_id_of(logged.originator_id, logged.originator_version).encode(),
                    ),
                    (POSITION, str(logged.position).encode()),
                    (PUBLISHED_THROUGH, b"0"),
                ]
                producer.publish_raw(
                    topic_name(topics.prefix, "settlement-event"), b"NL*X00", b"there", headers
                )
    outgoing(until_caught_up=True)
    assert sorted(positions(messages(topics, "settlement-event"))) == list(range(1, head + 1))


def test_a_strangers_message_on_the_topic_hides_nothing(outgoing, ledger, topics, cdr):
    head = hold_cdrs(ledger, cdr, 12)
    outgoing(until_caught_up=True)
    topic = topic_name(topics.prefix, "settlement-event")
    with Producer(topics.options, prefix=topics.prefix, registry=FileRegistry()) as producer:
        for party in PARTIES * 15:
            producer.publish_raw(topic, party.encode(), b"a stranger's", [(POSITION, b"many")])
    assert outgoing(until_caught_up=True) == head
    ours = [row for row in messages(topics, "settlement-event") if row.value != b"a stranger's"]
    assert sorted(positions(ours)) == list(range(1, head + 1))


def test_a_topic_of_another_history_is_refused(outgoing, ledger, topics, new_database, cdr):
    hold_cdrs(ledger, cdr, 3)
    outgoing(until_caught_up=True)
    topic = topic_name(topics.prefix, "settlement-event")
    ahead = [(POSITION, b"4"), (PUBLISHED_THROUGH, b"3"), ("cw-message-id", b"never recorded")]
    with Producer(topics.options, prefix=topics.prefix, registry=FileRegistry()) as producer:
        producer.publish_raw(topic, b"NL*X00", b"from before the restore", ahead)
    with pytest.raises(ServiceError, match="TOPIC_AHEAD_OF_LOG"):
        outgoing(until_caught_up=True)


def test_a_database_that_goes_away_is_waited_for(outgoing, ledger, topics, database_url, cdr):
    head = hold_cdrs(ledger, cdr, 25)
    problems = []

    def cut_the_connection_once(*_):
        if not problems:
            with psycopg.connect(database_url, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    reached = outgoing(
        until_caught_up=True, on_progress=cut_the_connection_once, on_problem=problems.append
    )
    assert reached == head
    assert [sentence.partition(":")[0] for sentence in problems] == ["DATABASE_UNREACHABLE"]
    assert sorted(positions(messages(topics, "settlement-event"))) == list(range(1, head + 1))


KILLED = """
import sys
from pathlib import Path
from console.publisher.follow import run
from console.services import Running
from console.settings import Settings
settings = Settings()
url = settings.database_url.get_secret_value()
run(settings, Running(url, settings.kafka_bootstrap_servers, None), on_progress=print)
"""


def test_a_publisher_killed_at_any_point_loses_nothing(
    outgoing, ledger, topics, settings_of_test, database_url, cdr
):
    head = hold_cdrs(ledger, cdr, 300)
    environment = {
        "CLEARWATT_DATABASE_URL": database_url,
        "CLEARWATT_KAFKA_BOOTSTRAP_SERVERS": settings_of_test.kafka_bootstrap_servers,
        "CLEARWATT_TOPIC_PREFIX": topics.prefix,
        "CLEARWATT_PUBLISHER_BATCH_SIZE": "20",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    for kills in range(3):
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", KILLED], env=environment, stdout=subprocess.PIPE
        )
        process.stdout.readline()  # the first page of this life is out, the next is on its way
        time.sleep(0.003 * kills)
        process.kill()
        process.communicate()
    assert outgoing(until_caught_up=True, page_size=20) == head
    found = messages(topics, "settlement-event")
    assert set(positions(found)) == set(range(1, head + 1))
    first_deliveries = defaultdict(dict)
    for record, position in zip(found, positions(found), strict=True):
        first_deliveries[record.key].setdefault(position, None)
    assert all(list(rows) == sorted(rows) for rows in first_deliveries.values())
