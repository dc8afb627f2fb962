"""The projector goes on after a kill, a standby takes over, and a rebuild gives the same bytes."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from projection_events import START, accepted_cdrs, parties
from projection_log import RecordedLog

from ledger.values.aggregate import recording_at
from projections import schema
from projections.database import SQL, ConnectionLost, connect
from projections.queries.balance import balances_beside_postings
from projections.queries.journal import journal
from projections.queries.position import lowest_position, positions
from projections.read_models import NAMES
from projections.rebuild import content_hash, rebuild, verify
from projections.runner import Projector, run_until
from projections.schema import ProjectionError, create, migrate, outdated

REPOSITORY = Path(__file__).parents[2]
PROJECTOR = """
import sys
from projections.runner import Projector
Projector(sys.argv[1], page_size=20, on_page=lambda position: print(position, flush=True)).run()
"""
TAKE_OVER_S = 10


@pytest.fixture
def log(database_url):
    """A log with the four parties, and read models that have seen nothing yet."""
    log = RecordedLog(database_url).create()
    migrate(database_url)
    with recording_at(START):
        log.record(parties())
    return log


@pytest.fixture
def projector_process(database_url):
    """Start projectors in processes of their own; what still runs in the end is killed."""
    started = []

    def start():
        command = [sys.executable, "-c", PROJECTOR, database_url]
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def hashes(url):
    with connect(url) as connection:
        return {name: content_hash(connection, name) for name in NAMES}


def position_of(url):
    with connect(url) as connection:
        return lowest_position(connection)


def test_a_killed_projector_goes_on_where_it_was(database_url, log, projector_process):
    log.record(accepted_cdrs(1500))
    for pages in (1, 2, 5, 10):
        process = projector_process()
        for _ in range(pages):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
    between = position_of(database_url)
    assert 0 < between < log.position
    Projector(database_url).run(until_caught_up=True)
    assert position_of(database_url) == log.position
    assert all(result.is_same for result in verify(database_url))
    with connect(database_url) as connection:
        assert balances_beside_postings(connection) == []
        assert len({entry.cdr for entry in journal(connection)}) == 1500


def test_a_standby_takes_over_within_ten_seconds(database_url, log, projector_process):
    leader = projector_process()
    log.record(accepted_cdrs(10))
    assert run_until(database_url, log.position, timeout_s=30)
    standby = projector_process()
    time.sleep(1)
    leader.send_signal(signal.SIGKILL)
    leader.wait()
    log.record(accepted_cdrs(10, first=10))
    assert run_until(database_url, log.position, timeout_s=TAKE_OVER_S)
    assert standby.poll() is None


def test_two_projectors_at_once_write_everything_once(database_url, log):
    log.record(accepted_cdrs(300))
    projectors = [Projector(database_url, page_size=10) for _ in range(3)]
    threads = [
        threading.Thread(target=projector.run, kwargs={"until_caught_up": True})
        for projector in projectors
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert position_of(database_url) == log.position
    assert all(result.is_same for result in verify(database_url))


def test_a_projector_follows_what_is_recorded_meanwhile(database_url, log):
    stop = threading.Event()
    thread = threading.Thread(target=Projector(database_url).run, kwargs={"stop": stop})
    thread.start()
    try:
        for first in range(0, 50, 10):
            log.record(accepted_cdrs(10, first=first))
            assert run_until(database_url, log.position, timeout_s=10)
    finally:
        stop.set()
        thread.join()


def test_a_database_that_goes_away_is_tried_again(database_url, log):
    stop, problems = threading.Event(), []
    projector = Projector(database_url, on_problem=problems.append)
    thread = threading.Thread(target=projector.run, kwargs={"stop": stop})
    thread.start()
    try:
        log.record(accepted_cdrs(5))
        assert run_until(database_url, log.position, timeout_s=10)
        with psycopg.connect(database_url, autocommit=True) as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND query NOT LIKE 'NOTIFY%'"
            )
        log.record(accepted_cdrs(5, first=5))
        assert run_until(database_url, log.position, timeout_s=15)
    finally:
        stop.set()
        thread.join()
    assert problems
    assert all(problem.startswith("DATABASE_UNREACHABLE: ") for problem in problems)


def test_a_server_that_is_not_there_is_tried_until_told_to_stop():
    stop, problems = threading.Event(), []

    def note(problem):
        problems.append(problem)
        if len(problems) == 3:
            stop.set()

    url = "postgresql://nobody@127.0.0.1:1/none"
    Projector(url, on_problem=note).run(stop=stop)
    assert len(problems) == 3
    with pytest.raises(ConnectionLost):
        connect(url)


@pytest.mark.parametrize("name", NAMES)
def test_each_read_model_can_be_rebuilt_alone(database_url, log, name):
    log.record(accepted_cdrs(30))
    Projector(database_url).run(until_caught_up=True)
    before = hashes(database_url)
    assert rebuild(database_url, [name], page_size=7) == log.position
    assert hashes(database_url) == before
    log.record(accepted_cdrs(30, first=30))
    Projector(database_url).run(until_caught_up=True)
    assert all(result.is_same for result in verify(database_url))


def test_a_rebuild_while_the_projector_follows_loses_nothing(database_url, log):
    stop = threading.Event()
    thread = threading.Thread(target=Projector(database_url).run, kwargs={"stop": stop})
    thread.start()
    try:
        for first in range(0, 300, 100):
            log.record(accepted_cdrs(100, first=first))
            rebuild(database_url, page_size=20)
        assert run_until(database_url, log.position, timeout_s=20)
    finally:
        stop.set()
        thread.join()
    with connect(database_url) as connection:
        assert {row.position for row in positions(connection)} == {log.position}
    assert all(result.is_same for result in verify(database_url))


def test_a_rebuilt_journal_still_enforces_the_books(database_url, log):
    log.record(accepted_cdrs(3))
    rebuild(database_url, ["journal"])
    with (
        psycopg.connect(database_url) as owner,
        pytest.raises(psycopg.Error, match="JOURNAL_IS_APPEND_ONLY"),
    ):
        owner.execute("DELETE FROM journal.posting")
    with connect(database_url) as app, pytest.raises(psycopg.Error, match="ENTRY_IS_COMPLETE"):
        app.execute("INSERT INTO journal.posting VALUES (5, 1, 9, 'psp', 'debit', 1.0000, 1.0000)")


def test_verifying_finds_a_row_that_was_changed(database_url, log):
    log.record(accepted_cdrs(3))
    Projector(database_url).run(until_caught_up=True)
    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE vat.decision SET percent = 20 WHERE percent = 21")
    differing = [result.name for result in verify(database_url) if not result.is_same]
    assert differing == ["vat"]
    rebuild(database_url, ["vat"])
    assert all(result.is_same for result in verify(database_url))


def test_the_same_read_model_is_not_rebuilt_twice_at_once(database_url, log):
    log.record(accepted_cdrs(3))
    with connect(database_url, as_owner=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('clearwatt projections: vat_rebuild'))")
        with pytest.raises(ProjectionError, match="REBUILD_RUNNING"):
            rebuild(database_url, ["vat"])
    rebuild(database_url, ["vat"])


def test_a_read_model_of_another_definition_must_be_rebuilt(database_url, log, monkeypatch):
    log.record(accepted_cdrs(3))
    Projector(database_url).run(until_caught_up=True)
    changed = dict(SQL) | {"split_indexes": "CREATE INDEX ON {schema}.step (payee)"}
    monkeypatch.setattr(schema, "SQL", changed)
    with connect(database_url) as connection:
        assert outdated(connection) == ["split"]
    with pytest.raises(ProjectionError, match="READ_MODEL_OUTDATED"):
        Projector(database_url).run(until_caught_up=True)
    rebuild(database_url, ["split"])
    Projector(database_url).run(until_caught_up=True)


def test_a_read_model_added_later_catches_up_with_the_others(database_url, log):
    log.record(accepted_cdrs(25))
    Projector(database_url).run(until_caught_up=True)
    with connect(database_url, as_owner=True) as owner, owner.transaction():
        create(owner, "vat", "vat")
    log.record(accepted_cdrs(5, first=25))
    Projector(database_url, page_size=10).run(until_caught_up=True)
    with connect(database_url) as connection:
        assert {row.position for row in positions(connection)} == {log.position}
    assert all(result.is_same for result in verify(database_url))


def test_a_database_that_nobody_migrated_is_named(database_url):
    RecordedLog(database_url).create()
    with pytest.raises(ProjectionError, match="READ_MODEL_MISSING"):
        Projector(database_url).run(until_caught_up=True)


def test_an_applied_migration_must_not_be_edited(database_url, log, tmp_path, monkeypatch):
    migrate(database_url)
    edited = tmp_path / "0001_positions.sql"
    edited.write_text("SELECT 1")
    monkeypatch.setattr(schema, "MIGRATIONS", tmp_path)
    with pytest.raises(ProjectionError, match="MIGRATION_CHANGED"):
        migrate(database_url)
