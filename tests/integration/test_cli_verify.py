"""`clearwatt verify` finds what somebody changed behind the ledger's back; `rebuild` repairs it."""

from contextlib import contextmanager

import psycopg
import pytest
from command_line import CommandLine, installation

BEHIND_THE_BACK = {
    "journal": (
        "UPDATE journal.posting SET amount = amount + 1, book_amount = book_amount + 1"
        " WHERE (position, number, line) ="
        " (SELECT position, number, line FROM journal.posting ORDER BY 1, 2, 3 LIMIT 1)",
        "balances are the sums of postings",
    ),
    "period": ("DELETE FROM period.cdr WHERE cdr = (SELECT min(cdr) FROM period.cdr)", ""),
    "split": ("UPDATE split.step SET payee = 'NL*BAD'", ""),
    "accrual": (
        "UPDATE accrual.sum SET amount = amount + 1",
        "control accounts are zero or itemised",
    ),
    "vat": (
        "DELETE FROM vat.decision WHERE position = (SELECT min(position) FROM vat.decision)",
        "",
    ),
    "receipt": ("UPDATE receipt.step SET net = 0", ""),
    "exchange": ("UPDATE exchange.conversion SET rate = rate + 1", ""),
    "exception": ("DELETE FROM exception.item", ""),
    "audit": ("UPDATE audit.event SET actor = 'nobody'", ""),
    "tariff": ("DELETE FROM tariff.step", ""),
    "quality": ("DELETE FROM quality.change", ""),
    "dispute": ("DELETE FROM dispute.step", ""),
    "approval": ("DELETE FROM approval.cdr", ""),
    "payment": ("DELETE FROM payment.step", ""),
    "remote_command": ("DELETE FROM remote_command.result", ""),
    "moved": (
        "INSERT INTO moved.id VALUES (1, 1, 'old', 'party', 'A', 'NL*AAA', 'plan', now())",
        "",
    ),
    "equation": (
        "UPDATE equation.outcome SET accepted = accepted - 1 WHERE accepted ="
        " (SELECT max(accepted) FROM equation.outcome)",
        "equation per topic, partition and sender",
    ),
}


@pytest.fixture(scope="module")
def clearwatt(services, service_settings, new_database):
    with installation(services, service_settings, new_database) as made:
        ended = made.run("demo", "--count", "200")
        assert ended.exit_code == 0, ended.errors
        yield made


@contextmanager
def as_owner(clearwatt: CommandLine, table: str):
    """Let the database's owner do to a table what the application may not."""
    with psycopg.connect(clearwatt.database_url) as connection:
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield connection
        connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def failing(clearwatt: CommandLine) -> set[str]:
    """Return the checks that fail; verify's exit code says whether there are any."""
    ended = clearwatt.run("verify", "--json")
    found = {row["check"] for row in ended.document["checks"] if not row["holds"]}
    assert ended.exit_code == (1 if found else 0)
    assert ended.document["holds"] is not bool(found)
    return found


def test_nothing_fails_where_nobody_changed_anything(clearwatt):
    assert failing(clearwatt) == set()


@pytest.mark.parametrize("name", BEHIND_THE_BACK)
def test_a_changed_read_model_fails_by_name_until_it_is_rebuilt(clearwatt, name):
    statement, another_check = BEHIND_THE_BACK[name]
    table = next(word for word in statement.split() if word.startswith(f"{name}."))
    with as_owner(clearwatt, table) as connection:
        assert connection.execute(statement).rowcount > 0
    found = failing(clearwatt)
    clearwatt.document("rebuild", name)
    assert failing(clearwatt) == set()
    assert f"a rebuild of {name} gives the same bytes" in found
    assert not another_check or another_check in found
    assert not any("rebuild" in row and name not in row for row in found)


@pytest.mark.parametrize(
    "change",
    [
        "SET state = convert_to(replace(convert_from(state, 'utf8'), 'EUR', 'CHF'), 'utf8')",
        "SET recorded_at = recorded_at - interval '1 day'",
        "SET topic = 'cdr.held.v1'",
    ],
)
def test_a_changed_event_is_named_by_its_position(clearwatt, change):
    ((position,),) = clearwatt.rows(
        "SELECT max(position) FROM log.stored_event WHERE topic = 'cdr.accepted.v1'"
        " AND convert_from(state, 'utf8') LIKE '%%EUR%%'"
    )
    with _changed(clearwatt, position, change):
        ended = clearwatt.run("verify", "--json")
        assert ended.output, ended.errors
        broken = ended.document["checks"][0]
        assert (ended.exit_code, broken["holds"]) == (1, False)
        assert str(position) in broken["seen"]
    assert failing(clearwatt) == set()


def test_an_event_and_its_leaf_changed_together_contradict_the_recorded_root(clearwatt):
    """Who recomputes the leaf, too, is found by the root that the hard close recorded."""
    ((position,),) = clearwatt.rows(
        "SELECT min(position) FROM log.stored_event WHERE topic = 'session.updated.v1'"
    )
    with _changed(clearwatt, position, "SET leaf = sha256(leaf)"):
        ended = clearwatt.run("verify", "--json")
        wrong = [row["check"] for row in ended.document["checks"] if not row["holds"]]
        assert "roots recorded by 1 hard closes" in wrong
        assert ended.exit_code == 1
    assert failing(clearwatt) == set()


def test_rebuild_refuses_a_name_that_is_none(clearwatt):
    exit_code, line = clearwatt.refusal("rebuild", "journal", "ledgers")
    assert (exit_code, line.partition(":")[0]) == (2, "UNKNOWN_READ_MODEL")
    assert "ledgers" in line


def test_all_read_models_are_rebuilt_at_once(clearwatt):
    before = clearwatt.document("balance", "list")
    done = clearwatt.document("rebuild")
    assert set(done["rebuilt"]) == set(BEHIND_THE_BACK)
    assert clearwatt.document("balance", "list") == before
    assert failing(clearwatt) == set()


@contextmanager
def _changed(clearwatt: CommandLine, position: int, change: str):
    """Change one row of the log, and put it back in the end."""
    columns = "topic, state, recorded_at, leaf"
    ((*kept,),) = clearwatt.rows(
        f"SELECT {columns} FROM log.stored_event WHERE position = %s", position
    )
    with as_owner(clearwatt, "log.stored_event") as connection:
        connection.execute(
            f"UPDATE log.stored_event {change} WHERE position = %s".encode(), [position]
        )
    try:
        yield
    finally:
        with as_owner(clearwatt, "log.stored_event") as connection:
            connection.execute(
                f"UPDATE log.stored_event SET ({columns}) = (%s, %s, %s, %s)"
                " WHERE position = %s".encode(),
                [*kept, position],
            )
