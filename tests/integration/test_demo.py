"""`clearwatt demo`: a month of charging goes the whole way, and a second one starts clean."""

from collections import defaultdict
from datetime import UTC, datetime

import pytest
from command_line import CommandLine, installation, of_settings
from kafka import KafkaConsumer, TopicPartition

from console.demo.measure import MAPPING
from console.imports.mapping import load_mapping
from console.imports.run import import_sessions
from console.publisher.outgoing import event_id_of
from ledger.application.commands import By
from ledger.application.registration import register_actor
from schemas import FileRegistry, decode

OCTOBER = "ALL/2026-10"
SHORT = ("demo", "--count", "250")
GOES_OUT = ("cdr.", "dispute.", "settlement_period.", "accounting_period.")


@pytest.fixture(scope="module")
def clearwatt(services, service_settings, new_database):
    with installation(services, service_settings, new_database) as made:
        yield made


@pytest.fixture(scope="module")
def first(clearwatt: CommandLine):
    """What the first run of a short demo has to show."""
    return clearwatt.document(*SHORT)


@pytest.fixture
def another(settings_of_test) -> CommandLine:
    """An installation of one test's own."""
    return of_settings(settings_of_test)


def test_the_demo_closes_its_month_and_every_message_ends_as_planned(first):
    assert (first["closed"]["period"], first["closed"]["state"]) == (OCTOBER, "HARD_CLOSED")
    assert first["closed"]["blocks"] == []
    unmet = [row for row in first["compared"] if row["expected"] != row["seen"]]
    assert unmet == []
    ended = [row for row in first["compared"] if row["outcome"] != "finding"]
    assert sum(row["seen"] for row in ended) == first["messages"]
    codes = {row["code"] for row in ended if row["code"]}
    assert {"CDR_CONFLICT", "SESSION_MISSING", "TARIFF_MISSING", "CORRUPT_AVRO"} <= codes


def test_what_is_noted_about_accepted_cdrs_was_planned_too(first):
    found = {row["code"]: row["seen"] for row in first["compared"] if row["outcome"] == "finding"}
    assert set(found) == {
        *("DISPLAYED_PRICE_DIFFERS", "PRICE_ABOVE_PUBLIC", "CDR_TOTAL_COST_DIFFERS"),
        *("DELIVERED_LATE", "ENERGY_SOURCES_DIFFER"),
    }
    assert found["DISPLAYED_PRICE_DIFFERS"] == 3


def test_every_cdr_stands_as_planned_and_the_standings_add_up(clearwatt, first):
    standings = {row["what"]: row["seen"] for row in first["standings"]}
    assert standings == {row["what"]: row["expected"] for row in first["standings"]}
    assert {name for name, count in standings.items() if not count} == {"refused"}
    booked = sum(standings[name] for name in ("valid", "adjusted", "credited"))
    assert booked == first["closed"]["figures"]["cdr_count"]
    listed = clearwatt.document("cdr", "list", "--period", OCTOBER, "--limit", "1000")
    assert len(listed) == booked
    assert standings["held"] == first["closed"]["figures"]["held_count"]


def test_control_did_what_it_had_to(first):
    unmet = [row for row in first["controlled"] if row["expected"] != row["seen"]]
    assert unmet == []
    assert all(row["seen"] for row in first["controlled"])


def test_what_is_disputed_over_the_close_stays_on_the_disputed_accounts(clearwatt, first):
    (open_dispute,) = [
        row for row in clearwatt.document("dispute", "list") if row["state"] == "answered"
    ]
    accounts = {
        row["account"]: row["balance"]
        for row in clearwatt.document("balance", "list")
        if row["account"].startswith("disputed:")
    }
    assert accounts["disputed:receivable:NL*GRT"] == open_dispute["gross"]
    assert accounts["disputed:payable:NL*PLD"] == f"-{open_dispute['gross']}"


def test_the_commands_of_control_work_on_what_the_demo_leaves(clearwatt, first):
    """A dry run of each: nothing changes for those who look at the same demo."""
    listed = clearwatt.document("exception", "list", "--limit", "1000")
    waiting = {row["reason"]: f"{row['position']}.{row['number']}" for row in listed}
    shown = clearwatt.run("exception", "show", waiting["CONNECTOR_OVERLAP"])
    assert (shown.exit_code, "CONNECTOR_OVERLAP" in shown.output) == (0, True)
    said = ("--reason", "The charger's clock was off.", "--as", "olga", "--dry-run")
    released = clearwatt.run("exception", "release", waiting["SESSION_TIMES_DIFFER"], *said)
    assert released.exit_code == 0, released.errors
    refused = clearwatt.run("exception", "release", waiting["TARIFF_MISSING"], *said)
    assert (refused.exit_code, "FINDING_NOT_RELEASABLE" in refused.output) == (1, True)
    assert clearwatt.run("quality", "show").exit_code == 0
    assert len(clearwatt.document("session", "list", "--stuck")) == 2


def test_the_equation_adds_up_for_every_topic_partition_and_sender(first):
    outcomes = ("accepted", "superseded", "duplicate", "held", "unreadable")
    senders = first["equation"]["senders"]
    assert all(row["received"] == sum(row[name] for name in outcomes) for row in senders)
    assert sum(row["received"] for row in senders) == first["messages"]
    assert {row["sender"] for row in senders} >= {"NL*PLD", "NL*RHB", "CH*LEM"}


def test_what_everybody_is_owed_and_owes_sums_to_zero_in_each_currency(first):
    sums: dict[str, int] = defaultdict(int)
    for row in first["closed"]["positions"]:
        sums[row["currency"]] += int(row["net_position"].replace(".", ""))
    assert sums == {"CHF": 0, "EUR": 0}


def test_the_cdr_it_names_was_shared_and_crosses_currencies(clearwatt, first):
    found = clearwatt.document("cdr", "explain", first["telling_cdr"])
    assert any(leg.get("split") for leg in found["decision"]["legs"])
    assert any(leg.get("fx") for leg in found["decision"]["legs"])


def test_a_second_run_starts_clean_and_comes_to_the_same(clearwatt, first):
    assert clearwatt.document(*SHORT) == first
    (received,) = clearwatt.rows("SELECT sum(received) FROM equation.outcome")
    assert received == (first["messages"],)


def test_the_demo_fits_a_terminal_of_100_columns(clearwatt, first, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    shown = clearwatt.run(*SHORT)
    assert shown.exit_code == 0, shown.errors
    assert [line for line in shown.output.splitlines() if len(line) > 100] == []
    assert f"{OCTOBER} is HARD_CLOSED" in shown.output
    assert f"clearwatt cdr explain '{first['telling_cdr']}'" in shown.output
    assert "batch recorded" not in shown.output + shown.errors


def test_the_publisher_sends_every_event_of_the_month_once_and_in_order(
    clearwatt, first, services, service_settings
):
    for _ in range(2):  # a second run has nothing left to send
        clearwatt.document("publisher", "run", "--until-caught-up")
    sent = _outgoing(clearwatt, service_settings, services)
    stored = clearwatt.rows(
        "SELECT originator_id, originator_version, topic, position FROM log.stored_event"
        " WHERE topic LIKE ANY(%s) ORDER BY position",
        [f"{kind}%" for kind in GOES_OUT],
    )
    assert sorted(row.event_id for rows in sent.values() for row in rows) == sorted(
        event_id_of(originator, version) for originator, version, _, _ in stored
    )
    for rows in sent.values():
        positions = [row.position for row in rows]
        assert positions == sorted(positions)
    assert {"NL*PLD", "DE*RSL", "CH*LEM", "ALL"} < set(sent)


def test_a_ledger_with_records_that_no_demo_made_is_left_as_it_is(another):
    another.document("clock", "advance", "--to", "2026-10-05")
    with another.ledger() as ledger:
        by = By("ada", "asserted", datetime(2026, 10, 5, tzinfo=UTC))
        register_actor(ledger, "ada", ("admin",), by=by)
    before = another.rows("SELECT position, leaf FROM log.stored_event ORDER BY position")
    exit_code, line = another.refusal(*SHORT)
    assert (exit_code, line.partition(":")[0]) == (1, "LEDGER_NOT_EMPTY")
    assert another.rows("SELECT position, leaf FROM log.stored_event ORDER BY position") == before
    assert another.document("period", "list") == []  # not projected yet, and not erased
    another.document("projector", "run", "--until-caught-up")
    assert [row["period"] for row in another.document("period", "list")] == [OCTOBER]


def test_a_table_that_is_none_is_refused_before_anything_is_erased(clearwatt, first, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("session,plug\n1,CCS1\n")
    before = clearwatt.rows("SELECT * FROM log.head")
    exit_code, line = clearwatt.refusal("demo", "--sessions", table)
    assert (exit_code, line.partition(":")[0]) == (1, "INVALID_MAPPING")
    assert clearwatt.rows("SELECT * FROM log.head") == before


def test_the_demo_takes_in_every_real_session_and_closes_the_fullest_month(
    another, sample_sessions
):
    shown = another.document("demo", "--sessions", sample_sessions)
    assert (shown["closed"]["period"], shown["closed"]["state"]) == ("ALL/2022-11", "HARD_CLOSED")
    assert all(row["expected"] == row["seen"] for row in shown["compared"])
    known = {
        subject.partition("/")[2].removeprefix("c-")
        for (subject,) in another.rows(
            "SELECT DISTINCT subject FROM audit.event WHERE subject LIKE 'CH*LEM/%%'"
        )
    }
    imported = import_sessions(sample_sessions, load_mapping(MAPPING))
    real = {row.charging.session_id.lower() for row in imported.rows}
    assert len(real) == 1878
    assert real <= known
    checked = another.document("verify")
    assert checked["holds"], checked


def _outgoing(clearwatt, service_settings, services):
    """Read all of the outgoing topic; return its events by key, in the order they stand."""
    options = service_settings.kafka_client_options(services.kafka_bootstrap_servers)
    topic = clearwatt.environment["CLEARWATT_TOPIC_PREFIX"] + "settlement-events.v1"
    consumer = KafkaConsumer(**options, enable_auto_commit=False, consumer_timeout_ms=10_000)
    places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
    consumer.assign(places)
    consumer.seek_to_beginning()
    left = sum(consumer.end_offsets(places).values())
    found = defaultdict(list)
    for record in consumer:
        event = decode(record.value, topic=topic, registry=FileRegistry())
        found[record.key.decode()].append(event)
        left -= 1
        if not left:
            break
    consumer.close()
    return found
