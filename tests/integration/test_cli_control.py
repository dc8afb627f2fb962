"""The exception queue on the command line: list, assign, act, undo, and what stands after it."""

from decimal import Decimal

import pytest
from command_line import CommandLine, installation
from kafka import KafkaConsumer, TopicPartition

from ledger.application.registration import register_actor
from ledger.roaming.statements import ChargingPeriod, Dimension
from schemas import FileRegistry, decode
from tests.ledger_cast import AGREEMENTS, BY_ADMIN, CAST
from tests.ledger_statements import cdr, october, session, tariff
from tests.ledger_world import World

AT = ("--at", "2026-11-03T07:00:00Z")
OLGA, FINN = ("--as", "olga", *AT), ("--as", "finn", *AT)
WRONG_TOTAL = ("--code", "CDR_TOTAL_COST_DIFFERS")
FIRST, SECOND = "NL*XYZ/c1", "NL*XYZ/c2"
NO_SESSION, NO_TARIFF, OTHER_ENERGY = "NL*XYZ/c3", "NL*XYZ/c4", "NL*XYZ/c5"
CREDITED, ADJUSTED = "NL*XYZ/c6", "NL*XYZ/c7"


def charge(number: int, total: str = "5.00", **more: object):
    """Return a session and its CDR of 10 kWh at 0.50, each at an hour and card of its own."""
    own = {"at": october(number), "uid": f"U{number}"}
    return session(f"C{number}", **own), cdr(f"C{number}", total, **own, **more)


@pytest.fixture(scope="module")
def clearwatt(services, service_settings, new_database):
    """An installation in which five CDRs are held, each for another reason, and two are valid."""
    with installation(services, service_settings, new_database) as made:
        world = World(made.database_url, *CAST, *AGREEMENTS)
        register_actor(world.ledger, "olga", ("operations",), by=BY_ADMIN)
        register_actor(world.ledger, "aydin", ("auditor",), by=BY_ADMIN)
        less = ChargingPeriod(october(5), (Dimension("ENERGY", Decimal(9)),), "T1")
        statements = [
            *charge(1, "9.00"),
            *charge(2, "8.00"),
            charge(3)[1],
            *charge(4, tariff_id="T9"),
            *charge(5, "4.50", charging_periods=(less,)),
            *charge(6),
            *charge(7),
        ]
        world.send(tariff(("ENERGY", "0.50", 1)), *statements)
        world.close()
        project(made)
        yield made


def project(clearwatt: CommandLine) -> None:
    clearwatt.document("projector", "run", "--until-caught-up")


def waiting(clearwatt: CommandLine, *filters: str) -> list[dict]:
    return clearwatt.document("exception", "list", *filters)


def head(clearwatt: CommandLine) -> int:
    return clearwatt.rows("SELECT position FROM log.head")[0][0]


def effect(clearwatt: CommandLine, *arguments: object) -> dict:
    document = clearwatt.document(*arguments)
    assert document["refused"] == 0
    (only,) = document["effects"]
    return only


def booked_of(clearwatt: CommandLine, key: str) -> list[tuple[str | None, str]]:
    """Return how a CDR stands in each period, and what the period holds of it."""
    return [
        (row["standing"], row["booked_gross"])
        for row in clearwatt.document("cdr", "list")
        if row["cdr"] == key
    ]


def name_of(clearwatt: CommandLine, key: str) -> str:
    """Return the id of the open exception of a CDR."""
    (row,) = [row for row in waiting(clearwatt) if row["record"] == key]
    return f"{row['position']}.{row['number']}"


def test_the_queue_says_why_whose_work_it_is_and_until_when(clearwatt):
    found = {row["record"]: row for row in waiting(clearwatt)}
    assert {key: row["reason"] for key, row in found.items()} == {
        FIRST: "CDR_TOTAL_COST_DIFFERS",
        SECOND: "CDR_TOTAL_COST_DIFFERS",
        NO_SESSION: "SESSION_MISSING",
        NO_TARIFF: "TARIFF_MISSING",
        OTHER_ENERGY: "CDR_ENERGY_DIFFERS",
    }
    first = found[FIRST]
    assert (first["severity"], first["owner"], first["check_number"]) == ("SEVERE", "finance", 705)
    assert (first["stated_net"], first["currency"]) == ("9.00", "EUR")
    assert (first["opened_at"], first["due_at"]) == (
        "2026-11-02T09:00:00Z",
        "2026-11-05T09:00:00Z",
    )


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (WRONG_TOTAL, [FIRST, SECOND]),
        (("--reason", "SESSION_MISSING"), [NO_SESSION]),
        (("--owner", "operations"), [NO_SESSION, OTHER_ENERGY]),
        (("--min-amount", "8.01"), [FIRST]),
        (("--severity", "FATAL"), []),
        (("--overdue", "--at", "2026-11-04"), []),
        (("--overdue", "--at", "2026-11-06", "--min-amount", "8"), [FIRST, SECOND]),
        (("--known-at", "2026-11-01"), []),
        (("--kind", "message"), []),
    ],
)
def test_the_queue_is_filtered(clearwatt, filters, expected):
    assert sorted(row["record"] for row in waiting(clearwatt, *filters)) == expected


def test_who_has_it_and_what_was_said_stand_in_its_case_file(clearwatt):
    name = name_of(clearwatt, FIRST)
    assigned = clearwatt.document("exception", "assign", name, "--to", "finn", *OLGA)
    assert assigned["assigned"] == [f"cdr {FIRST}"]
    clearwatt.document("exception", "comment", name, "--text", "called them", *FINN)
    project(clearwatt)
    shown = clearwatt.document("exception", "show", name)
    assert (shown["assignee"], shown["comments"]) == ("finn", 1)
    assert [note["comment"] for note in shown["notes"]] == [None, "called them"]
    assert shown["fixes"] == [
        "Release at the computed or the stated price, or ask for the CDR again."
    ]
    assert [row["record"] for row in waiting(clearwatt, "--assignee", "finn")] == [FIRST]


def test_a_dry_run_shows_the_money_and_records_nothing(clearwatt):
    before = head(clearwatt)
    shown = clearwatt.document(
        "exception", "release", *WRONG_TOTAL, "--dry-run", "--reason", "x", *OLGA
    )
    assert (shown["dry_run"], shown["done"]) == (True, 2)
    assert shown["money"] == [{"currency": "EUR", "before": "0", "after": "10.0000"}]
    assert all(row["entries"] for row in shown["effects"])
    assert head(clearwatt) == before


def test_what_is_released_counts_and_what_is_undone_waits_again(clearwatt):
    name = name_of(clearwatt, FIRST)
    done = effect(clearwatt, "exception", "release", name, "--reason", "by phone", *OLGA)
    assert (done["state"], done["before"], done["after"]) == ("accepted", "0", "5.0000")
    project(clearwatt)
    shown = clearwatt.document("exception", "show", name)
    assert (shown["state"], shown["resolution"]) == ("resolved", "released")
    assert booked_of(clearwatt, FIRST) == [("valid", "5.0000")]
    undone = effect(clearwatt, "exception", "undo", name, "--reason", "a mistake", *OLGA)
    assert (undone["state"], undone["before"], undone["after"]) == ("held", "5.0000", "0")
    project(clearwatt)
    assert booked_of(clearwatt, FIRST) == [(None, "0")]
    assert name_of(clearwatt, FIRST) != name
    priced = ("--price", "stated", "--reason", "as stated", *OLGA)
    again = effect(clearwatt, "exception", "release", FIRST, *priced)
    assert again["after"] == "9.0000"


def test_an_excluded_cdr_may_be_readmitted(clearwatt):
    effect(clearwatt, "exception", "exclude", NO_SESSION, "--reason", "no such charge", *OLGA)
    project(clearwatt)
    assert booked_of(clearwatt, NO_SESSION) == [("excluded", "0")]
    assert waiting(clearwatt, "--code", "SESSION_MISSING") == []
    back = effect(clearwatt, "exception", "readmit", NO_SESSION, "--reason", "it was one", *OLGA)
    assert back["state"] == "held"
    project(clearwatt)
    assert len(waiting(clearwatt, "--code", "SESSION_MISSING")) == 1


def test_a_cdr_is_corrected_with_both_values_kept(clearwatt):
    done = effect(
        clearwatt,
        *("exception", "correct", NO_TARIFF, "--reason", "typed wrong", *OLGA),
        *("--set", "charging_periods[0].tariff_id=T1"),
    )
    assert (done["state"], done["after"]) == ("accepted", "5.0000")
    project(clearwatt)
    assert booked_of(clearwatt, NO_TARIFF) == [("adjusted", "5.0000")]
    steps = [step["step"] for step in clearwatt.document("cdr", "show", NO_TARIFF)["steps"]]
    assert steps == ["held", "corrected", "accepted"]
    (row,) = waiting(clearwatt, "--code", "TARIFF_MISSING", "--with-resolved")
    assert row["resolution"] == "corrected"


def test_a_resubmission_is_asked_for_on_the_topic_of_rejects(clearwatt):
    name = name_of(clearwatt, OTHER_ENERGY)
    asked = ("--until", "2026-11-20", "--reason", "the energy\nis wrong")
    effect(clearwatt, "exception", "resubmit", name, *asked, *OLGA)
    project(clearwatt)
    assert clearwatt.document("exception", "show", name)["state"] == "resubmission_requested"
    ended = clearwatt.run("publisher", "run", "--until-caught-up")
    assert ended.exit_code == 0, ended.errors
    message = only_message(clearwatt, "rejects.v1")
    reject = decode(message.value, topic=message.topic, registry=FileRegistry())
    assert message.key == b"NL*XYZ"
    assert f"{message.key.decode()}/{reject.cdr.id}" == OTHER_ENERGY
    assert (reject.requested_by, reject.text) == ("olga", "the energy is wrong")
    assert ("CDR_ENERGY_DIFFERS", 501) in {(row.code, row.number) for row in reject.reasons}
    assert str(reject.resubmit_until)[:10] == "2026-11-20"
    code, said = clearwatt.refusal("exception", "resubmit", name, *OLGA)
    assert (code, said.partition(":")[0]) == (1, "REASON_MISSING")


def only_message(clearwatt: CommandLine, topic: str):
    """Return the one message that a topic holds."""
    name = f"{clearwatt.environment['CLEARWATT_TOPIC_PREFIX']}{topic}"
    servers = clearwatt.environment["CLEARWATT_KAFKA_BOOTSTRAP_SERVERS"]
    consumer = KafkaConsumer(bootstrap_servers=servers, group_id=None, consumer_timeout_ms=3000)
    consumer.assign([TopicPartition(name, part) for part in consumer.partitions_for_topic(name)])
    consumer.seek_to_beginning()
    (message,) = list(consumer)
    consumer.close()
    return message


def test_credits_and_adjustments_give_money_back(clearwatt):
    done = effect(clearwatt, "cdr", "credit", CREDITED, "--reason", "wrong price", *FINN)
    assert (done["before"], done["after"]) == ("5.0000", "0")
    effect(clearwatt, "cdr", "adjust", ADJUSTED, "--amount", "1.00", "--reason", "sorry", *FINN)
    project(clearwatt)
    assert booked_of(clearwatt, CREDITED) == [("credited", "0.0000")]
    assert booked_of(clearwatt, ADJUSTED) == [("adjusted", "4.0000")]
    listed = clearwatt.document("cdr", "list", "--standing", "credited", "--party", "NL*XYZ")
    assert [row["cdr"] for row in listed] == [CREDITED]
    code, said = clearwatt.refusal("cdr", "credit", CREDITED, "--reason", "twice", *FINN)
    assert (code, said.partition(":")[0]) == (1, "CDR_NOT_OPEN")
    too_much = ("--amount", "4.01", "--reason", "x", *FINN)
    code, said = clearwatt.refusal("cdr", "adjust", ADJUSTED, *too_much)
    assert (code, said.partition(":")[0]) == (1, "AMOUNT_TOO_LARGE")


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        (("release", *WRONG_TOTAL, *OLGA), 1, "REASON_MISSING"),
        (("release", *OLGA, "--reason", "x"), 2, "CHOICE_MISSING"),
        (("release", "999999.1", *OLGA, "--reason", "x"), 1, "NOT_FOUND"),
        (("exclude", *WRONG_TOTAL, "--as", "aydin", "--reason", "x"), 1, "ROLE_MISSING"),
        (("exclude", *WRONG_TOTAL, "--as", "eve", "--reason", "x"), 1, "ACTOR_UNKNOWN"),
        (("assign", *WRONG_TOTAL, "--to", "olga", "--as", "aydin"), 1, "ROLE_MISSING"),
    ],
)
def test_what_may_not_be_done_changes_nothing(clearwatt, arguments, exit_code, code):
    before = head(clearwatt)
    found = clearwatt.refusal("exception", *arguments)
    assert (found[0], found[1].partition(":")[0]) == (exit_code, code)
    assert head(clearwatt) == before


def test_one_that_cannot_be_done_is_reported_the_others_are_done(clearwatt):
    both = (ADJUSTED, NO_SESSION)
    ended = clearwatt.run("exception", "readmit", *both, "--reason", "x", *OLGA, "--json")
    assert (ended.exit_code, ended.document["refused"]) == (1, 2)
    ended = clearwatt.run("exception", "recheck", NO_SESSION, "NL*XYZ/none", *OLGA, "--json")
    assert (ended.exit_code, ended.document["done"], ended.document["refused"]) == (1, 1, 1)
    assert ended.document["effects"][1]["refusals"][0]["reason"] == "NOT_FOUND"


def test_quality_shows_each_party_with_what_differs(clearwatt):
    project(clearwatt)
    found = clearwatt.document("quality", "show")
    (party,) = found["parties"]
    assert (party["party"], party["cdrs"], party["unmatched"]) == ("NL*XYZ", 7, 1)
    assert party["match_rate_percent"] == "85.7"
    assert found["held"] == [{"party": "NL*XYZ", "currency": "EUR", "held_net": "17.50"}]
    sites = [(row["value"], row["different"]) for row in found["differences"]["site"]]
    assert sites == [("LOC1", 3)]
    only = clearwatt.document("quality", "show", "--party", "nl*xyz", "--known-at", "2026-11-01")
    assert only["parties"] == []


def test_a_session_is_shown_with_the_cdr_that_bills_it(clearwatt):
    shown = clearwatt.document("session", "show", "NL*XYZ/C6")
    assert (shown["status"], shown["cdrs"]) == ("COMPLETED", [CREDITED])
    assert clearwatt.document("session", "list", "--stuck") == []
    listed = clearwatt.document("session", "list", "--status", "completed", "--party", "nl*xyz")
    assert "NL*XYZ/c6" in {row["session"] for row in listed}
    assert {row["status"] for row in listed} == {"COMPLETED"}
    (newest,) = clearwatt.document("session", "list", "--limit", "1")
    assert newest["position"] == max(row["position"] for row in listed)
    assert clearwatt.document("session", "list", "--known-at", "2020-01-01") == []


def test_everything_still_adds_up(clearwatt):
    checked = clearwatt.document("verify")
    assert [row["check"] for row in checked["checks"] if not row["holds"]] == []
