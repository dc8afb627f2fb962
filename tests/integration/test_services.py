"""The embedded services stay up, come back after a kill, and are never started twice."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from console.errors import ServiceError
from console.publisher.topics import INCOMING, create_topics, describe, topic_names
from console.services import doctor, down, ensure_up, status, subject_key
from console.services.broker import EmbeddedBroker, jars
from console.services.postgres import EmbeddedPostgres
from console.services.processes import LOOPBACK, running_pid, wait_until
from console.settings import Settings
from tests.own_services import services_of_its_own

LONG_AGO_MS = 1_600_000_000_000  # 2020-09-13, as old as an imported session may be


@pytest.fixture
def own_settings():
    """Settings of services that a test may kill; stopped and removed after it."""
    with services_of_its_own() as own:
        yield own


@pytest.fixture
def configured(services, service_settings):
    return Settings(
        database_url=services.database_url,
        kafka_bootstrap_servers=services.kafka_bootstrap_servers,
        home=service_settings.home / "unused",
        cache=service_settings.cache,
    )


def states(settings):
    return {service.name: service.state for service in status(settings)}


def pids(settings):
    return [service.pid for service in status(settings)]


def setting_of(connection, name):
    return connection.execute("SELECT current_setting(%s)", [name]).fetchone()[0]


def publish(options, topic, value, timestamp_ms):
    producer = KafkaProducer(**options, max_request_size=20_000_000)
    sent = producer.send(topic, value, timestamp_ms=timestamp_ms, partition=0).get(timeout=20)
    producer.close()
    return sent


def only_message(options, topic):
    consumer = KafkaConsumer(**options, auto_offset_reset="earliest", consumer_timeout_ms=10_000)
    consumer.assign([TopicPartition(topic, 0)])
    message = next(consumer)
    consumer.close()
    return message


def test_the_database_is_as_safe_as_a_real_one(services):
    wanted = {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "listen_addresses": "127.0.0.1",
        "TimeZone": "UTC",
    }
    with psycopg.connect(services.database_url) as connection:
        assert {name: setting_of(connection, name) for name in wanted} == wanted


def test_the_database_refuses_a_wrong_password(services):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(services.database_url, password="guessed")


def test_a_database_of_a_test_is_empty(database_url):
    with psycopg.connect(database_url) as connection:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert connection.execute(tables).fetchone() == (0,)


def test_a_message_keeps_its_own_time_however_old_and_large(topics):
    topic = topics.prefix + "cdrs.v1"
    value = os.urandom(5_000_000)
    publish(topics.options, topic, value, LONG_AGO_MS)
    message = only_message(topics.options, topic)
    assert (message.timestamp, message.value) == (LONG_AGO_MS, value)


def test_a_message_from_the_future_of_a_demo_is_taken(topics):
    ten_years_ms = 10 * 365 * 86_400_000
    sent = publish(topics.options, topics.prefix + "cdrs.v1", b"x", LONG_AGO_MS + ten_years_ms)
    assert sent.offset == 0


def test_topics_have_one_number_of_partitions_and_creating_them_again_changes_nothing(topics):
    again = create_topics(topics.options, topics.prefix, topics.partitions)
    assert [topic.name for topic in again] == list(topic_names(topics.prefix))
    assert {topic.partitions for topic in again} == {topics.partitions}
    assert len(INCOMING) == 9


def test_another_number_of_partitions_is_refused(topics):
    with pytest.raises(ServiceError) as refusal:
        create_topics(topics.options, topics.prefix, topics.partitions + 1)
    assert refusal.value.code == "TOPIC_PARTITIONS_DIFFER"
    assert {t.partitions for t in describe(topics.options, topics.prefix)} == {topics.partitions}


def test_a_second_up_finds_the_services_running(service_settings, services):
    before = pids(service_settings)
    assert ensure_up(service_settings) == services
    assert pids(service_settings) == before


def test_services_outlive_their_starter_and_come_back_after_a_kill(own_settings):
    start = "import sys; from console.services import ensure_up; from console.settings import *; "
    start += "ensure_up(Settings(home=sys.argv[1]))"
    command = [sys.executable, "-c", start, str(own_settings.home)]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2], timeout=120)
    assert states(own_settings) == {"PostgreSQL": "up", "Kafka": "up"}

    running = ensure_up(own_settings)
    options = own_settings.kafka_client_options(running.kafka_bootstrap_servers)
    create_topics(options, "kept.", 6)
    publish(options, "kept.cdrs.v1", b"kept", LONG_AGO_MS)
    with psycopg.connect(running.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    for pid in pids(own_settings):
        os.kill(pid, signal.SIGKILL)
    both_down = {"PostgreSQL": "down", "Kafka": "down"}
    assert wait_until(lambda: states(own_settings) == both_down, timeout_seconds=10)

    assert ensure_up(own_settings) == running, "clients must find the services where they were"
    assert only_message(options, "kept.cdrs.v1").value == b"kept"
    with psycopg.connect(running.database_url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)

    down(own_settings)
    assert states(own_settings) == both_down
    down(own_settings)  # nothing runs any more: no error


def test_a_long_recovery_after_a_kill_is_waited_for(own_settings, monkeypatch):
    postgres = EmbeddedPostgres.of(own_settings)
    postgres.start(progress=print)
    with psycopg.connect(postgres.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 3000000) AS number")
    os.kill(postgres.pid, signal.SIGKILL)
    assert wait_until(lambda: postgres.pid is None, timeout_seconds=10)

    monkeypatch.setattr("console.services.postgres.START_TIMEOUT_SECONDS", 1)
    told: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        start = pool.submit(postgres.start, progress=told.append)
        replaying = held_while_it_replays(postgres)
        try:
            with pytest.raises(TimeoutError):
                start.result(timeout=4)  # four times the time that a start has
        finally:
            replaying.resume()
        start.result(timeout=60)
    assert any("replays its log" in line for line in told)
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (3000000,)


def held_while_it_replays(postgres: EmbeddedPostgres) -> psutil.Process:
    """Stop the process that replays the log in its tracks, as a slow disk would."""
    give_up_at = time.monotonic() + 30.0
    while time.monotonic() < give_up_at:
        pid = postgres.pid
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(pid).children() if pid else []:
                if "startup" in " ".join(child.cmdline()):
                    child.suspend()
                    return child
        time.sleep(0.005)
    raise AssertionError("nothing replayed the log")


def test_the_pid_of_another_process_is_not_taken_for_ours(tmp_path):
    stale = tmp_path / "pid"
    stale.write_text(str(os.getpid()))
    assert running_pid(stale, mark=str(tmp_path / "server.properties")) is None
    EmbeddedBroker(tmp_path, tmp_path).stop()  # would end this very test run


def test_a_port_that_is_taken_is_said_by_its_code(own_settings):
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        settings = own_settings.model_copy(update={"postgres_port": port})
        assert ("ports", "fail", "PORT_IN_USE") in [
            (check.name, check.result, check.code) for check in doctor(settings)
        ]
        with pytest.raises(ServiceError) as refusal:
            ensure_up(settings)
    assert refusal.value.code == "PORT_IN_USE"


def test_a_database_that_cannot_start_shows_the_end_of_its_log(own_settings):
    server = EmbeddedPostgres.of(own_settings)
    server.start(progress=str)
    server.stop()
    configuration = server.folder / "data" / "postgresql.conf"
    configuration.write_text(configuration.read_text() + "shared_buffers = nonsense\n")
    with pytest.raises(ServiceError, match="shared_buffers") as refusal:
        server.start(progress=str)
    assert refusal.value.code == "POSTGRES_DID_NOT_START"


def test_a_broker_that_cannot_start_shows_the_end_of_its_log(own_settings):
    broker = EmbeddedBroker.of(own_settings)
    data = broker.folder / "data"
    data.mkdir(parents=True)
    (data / "meta.properties").write_text("version=nonsense\n")
    with pytest.raises(ServiceError, match=r"meta\.properties") as refusal:
        broker.start(progress=str)
    assert refusal.value.code == "BROKER_DID_NOT_START"


def test_without_java_the_message_names_the_other_way(own_settings, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(own_settings.home))
    with pytest.raises(ServiceError, match=r"docker-compose\.yml") as refusal:
        EmbeddedBroker.of(own_settings).start(progress=str)
    assert refusal.value.code == "JAVA_NOT_FOUND"


def test_without_maven_and_jars_the_message_names_the_other_way(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServiceError, match=r"docker-compose\.yml") as refusal:
        jars.fetch_jars(tmp_path / "cache", progress=str)
    assert refusal.value.code == "MAVEN_NOT_FOUND"


def test_services_given_by_url_are_used_and_never_started(configured):
    assert ensure_up(configured).kafka_bootstrap_servers == configured.kafka_bootstrap_servers
    assert states(configured) == {"PostgreSQL": "up", "Kafka": "up"}
    assert not list(configured.home.glob("postgres*"))
    down(configured)
    assert states(configured) == {"PostgreSQL": "up", "Kafka": "up"}


def test_a_database_of_ones_own_needs_a_subject_key(configured, service_settings):
    with pytest.raises(ServiceError) as refusal:
        subject_key(configured)
    assert refusal.value.code == "SUBJECT_KEY_MISSING"
    assert subject_key(service_settings) == subject_key(service_settings)


def test_services_that_do_not_answer_are_unreachable(tmp_path):
    nobody = "127.0.0.1:9"
    settings = Settings(
        database_url=f"postgresql://ann:s3cret@{nobody}/x",
        kafka_bootstrap_servers=nobody,
        home=tmp_path,
    )
    assert states(settings) == {"PostgreSQL": "unreachable", "Kafka": "unreachable"}
    findings = {check.name: check.result for check in doctor(settings)}
    assert (findings["postgresql"], findings["kafka"]) == ("fail", "fail")
    printed = repr(settings) + repr(status(settings)) + repr(doctor(settings))
    assert "s3cret" not in printed


def test_the_doctor_finds_nothing_wrong_with_running_services(service_settings, services):
    create_topics(
        service_settings.kafka_client_options(services.kafka_bootstrap_servers),
        service_settings.topic_prefix,
        service_settings.partitions,
    )
    findings = doctor(service_settings)
    assert {check.name for check in findings} >= {"python", "java", "jars", "disk", "topics"}
    assert [check for check in findings if check.result == "fail"] == []
