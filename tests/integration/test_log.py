"""The log on a real PostgreSQL: it refuses to be changed, and shows where it was."""

import threading
from contextlib import closing

import psycopg
import pytest
from psycopg import errors

from ledger.application.store import FactsMoved
from ledger.log import install, open_ledger
from ledger.log.connection import LogUnreachable
from tests.ledger_cast import AGREEMENTS, CAST
from tests.ledger_statements import cdr, session, tariff
from tests.ledger_world import SUBJECT_KEY, Consumer, World


@pytest.fixture
def world(database_url):
    with closing(World(database_url, *CAST, *AGREEMENTS)) as world:
        world.send(tariff(("ENERGY", "0.50", 1)), session("C1"), cdr("C1", "5.00"))
        yield world


@pytest.fixture
def owner(world):
    with closing(psycopg.connect(world.url, autocommit=True)) as connection:
        yield connection


@pytest.fixture
def application(world):
    with closing(psycopg.connect(world.url, autocommit=True)) as connection:
        connection.execute("SET ROLE clearwatt_app")
        yield connection


ATTACKS = (
    "UPDATE log.stored_event SET state = '{}' WHERE position = 1",
    "UPDATE log.stored_event SET position = position + 100",
    "DELETE FROM log.stored_event WHERE position = 1",
    "DELETE FROM log.stored_event",
    "TRUNCATE log.stored_event",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_application_may_not_change_what_is_recorded(application, world, attack):
    with pytest.raises(errors.InsufficientPrivilege):
        application.execute(attack)
    assert world.ledger.store.broken_leaves() == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_even_the_owner_is_refused(owner, world, attack):
    with pytest.raises(errors.InsufficientPrivilege, match="LOG_IS_APPEND_ONLY"):
        owner.execute(attack)
    assert world.ledger.store.broken_leaves() == []


@pytest.mark.parametrize(
    "attack",
    [
        "ALTER TABLE log.stored_event DISABLE TRIGGER ALL",
        "DROP TABLE log.stored_event",
        "DROP TRIGGER stored_event_is_append_only ON log.stored_event",
        "UPDATE log.installation SET purpose = 'demo'",
        "UPDATE log.batch_list SET cdr = 'another'",
        "DELETE FROM log.consumed",
        "DELETE FROM log.head",
    ],
)
def test_the_application_may_not_remove_the_safeguards(application, attack):
    with pytest.raises(errors.InsufficientPrivilege):
        application.execute(attack)


def test_a_position_and_an_aggregates_version_are_given_once(application):
    again = (
        "INSERT INTO log.stored_event SELECT {}, originator_id, {}, topic, state, recorded_at,"
        " leaf, is_shared_fact FROM log.stored_event WHERE position = 1"
    )
    with pytest.raises(errors.UniqueViolation, match="stored_event_pkey"):
        application.execute(again.format("position", "originator_version + 1000"))
    with pytest.raises(errors.UniqueViolation, match="originator_version"):
        application.execute(again.format("position + 1000", "originator_version"))


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE log.stored_event SET state = state || ' ' WHERE position = 7", [7]),
        ("UPDATE log.stored_event SET topic = 'x' WHERE position = 7", [7]),
        ("UPDATE log.stored_event SET recorded_at = recorded_at + '1 us'::interval"
         " WHERE position = 7", [7]),
        ("UPDATE log.stored_event SET originator_version = 99 WHERE position = 7", [7]),
        ("DELETE FROM log.stored_event WHERE position BETWEEN 7 AND 8", [7, 8]),
        ("DELETE FROM log.stored_event WHERE position > (SELECT position - 2 FROM log.head)",
         "the last two"),
        ("DELETE FROM log.stored_event WHERE position = 1", [1]),
    ],
)  # fmt: skip
def test_what_an_administrator_changed_is_found(owner, world, tampering, found):
    """Whoever may switch the trigger off can change a row, but not unseen."""
    world.is_spoiled = True
    last = world.ledger.store.head().position
    root = world.ledger.store.merkle_root(last)
    owner.execute("ALTER TABLE log.stored_event DISABLE TRIGGER USER")
    owner.execute(tampering)
    expected = [last - 1, last] if found == "the last two" else found
    assert world.ledger.store.broken_leaves() == expected
    if tampering.startswith("DELETE"):
        assert world.ledger.store.merkle_root(last) != root


def test_a_row_whose_leaf_was_changed_with_it_is_found_by_the_root(owner, world):
    last = world.ledger.store.head().position
    root = world.ledger.store.merkle_root(last)
    owner.execute("ALTER TABLE log.stored_event DISABLE TRIGGER USER")
    owner.execute("UPDATE log.stored_event SET leaf = sha256('forged') WHERE position = 7")
    assert world.ledger.store.merkle_root(last) != root


def test_positions_follow_without_a_gap(world):
    with pytest.raises(Exception, match="no longer ours"):
        Consumer(
            world.ledger,
            epochs=dict.fromkeys(world.consumer.topics, 99),
            next_offsets=dict.fromkeys(world.consumer.topics, 0),
        ).send(session("S9"))
    world.send(session("S2"))
    positions = [
        position
        for (position,) in world.rows("SELECT position FROM log.stored_event ORDER BY position")
    ]
    assert positions == list(range(1, len(positions) + 1))
    assert world.rows("SELECT position FROM log.head") == [(len(positions),)]


def test_the_log_is_installed_once(world):
    assert install(world.url) is False


def terminate(owner, world):
    pid = world.ledger.store.connection.info.backend_pid
    owner.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_a_broken_connection_is_said_and_after_reopening_nothing_is_lost_or_twice(owner, world):
    before = world.decided_state()
    terminate(owner, world)
    with pytest.raises(LogUnreachable, match="DATABASE_UNREACHABLE"):
        world.consumer.send(session("C2"), cdr("C2", "5.00"))
    with pytest.raises(LogUnreachable):
        world.ledger.release(recorded_at=world.consumer.received_at)
    world.ledger = open_ledger(world.url, subject_key=SUBJECT_KEY)
    world.consumer = Consumer(world.ledger).take_over()
    assert world.decided_state() == before
    # the messages come again from where the database says
    assert world.consumer.next_offsets["clearwatt.cdrs.v1"] == 1
    assert world.send(session("C2"), cdr("C2", "5.00")) == {"accepted": 2}
    assert world.topics_of("NL*XYZ/c2") == ["cdr.accepted.v1"]


def test_a_connection_that_breaks_inside_a_batch_leaves_nothing_of_it(owner, world):
    """The batch waits for the writer lock, held elsewhere, when its connection is ended."""
    world.is_spoiled = True
    before = [world.rows(f"SELECT count(*) FROM log.{name}") for name in ("stored_event", "head")]
    raised: list[BaseException] = []

    def send() -> None:
        try:
            world.consumer.send(session("C2"), cdr("C2", "5.00"))
        except LogUnreachable as lost:
            raised.append(lost)

    with closing(psycopg.connect(world.url)) as blocker:
        blocker.execute("SELECT FROM log.head FOR UPDATE")
        sending = threading.Thread(target=send)
        sending.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while owner.execute(waiting).fetchone() == (0,):
            pass
        terminate(owner, world)
        sending.join(timeout=30)
        blocker.rollback()
    assert len(raised) == 1
    after = [world.rows(f"SELECT count(*) FROM log.{name}") for name in ("stored_event", "head")]
    assert after == before


def test_a_database_that_is_not_there_is_unreachable():
    with pytest.raises(LogUnreachable, match="DATABASE_UNREACHABLE"):
        open_ledger("postgresql://nobody@127.0.0.1:1/nothing", subject_key=SUBJECT_KEY)
    with pytest.raises(LogUnreachable, match="DATABASE_UNREACHABLE"):
        install("postgresql://nobody@127.0.0.1:1/nothing")


def test_a_batch_that_others_keep_overtaking_is_decided_under_the_writer_lock(world):
    """A consumer that only takes tariffs in would else hold up all the others for ever."""
    attempts = 0
    overtaking = open_ledger(world.url, subject_key=SUBJECT_KEY)
    other = Consumer(overtaking, 5).take_over()

    def overtaken() -> str:
        nonlocal attempts
        attempts += 1
        world.ledger.refresh()
        held = world.rows(
            "SELECT count(*) FROM pg_locks WHERE relation = 'log.head'::regclass"
            " AND mode = 'RowShareLock'"
        )
        if held == [(0,)]:
            other.send(tariff(("ENERGY", "0.50", 1), id=f"T-{attempts}"))
            raise FactsMoved("another consumer recorded a tariff")
        return "decided"

    assert world.ledger._until_recorded(overtaken) == "decided"
    assert 1 < attempts < 20
    overtaking.store.connection.close()


def test_a_decision_is_packed_by_the_quickest_method_that_the_server_has(owner):
    has_lz4 = owner.execute(
        "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
    ).fetchone()
    packed_by = owner.execute(
        "SELECT attcompression FROM pg_attribute"
        " WHERE attrelid = 'log.stored_event'::regclass AND attname = 'state'"
    ).fetchone()
    assert packed_by == ("l" if has_lz4 == (True,) else "",)
