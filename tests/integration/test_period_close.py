"""`clearwatt period close`: what blocks it, who may, in which steps, and what comes after it."""

from collections.abc import Iterator

import pytest
from command_line import CommandLine, of_settings
from consumer_world import CPOS, START, World, cdr, party_of, session, tariff

from ledger.application.commands import By
from ledger.application.registration import register_actor

OCTOBER, NOVEMBER = "ALL/2026-10", "ALL/2026-11"
IN_OCTOBER = "2026-10-30T12:00:00Z"
AFTER_IT = "2026-11-05T07:00:00Z"
LATER = "2026-11-20T07:00:00Z"
CLOSE = ("period", "close", OCTOBER, "--as", "finn", "--at", AFTER_IT)
MINUTES_TO_NOVEMBER = 60 * 24 * 27
"""From the start of the world to the first of November."""


@pytest.fixture
def world(settings_of_test, topics) -> Iterator[World]:
    """Tariffs of all CPOs; the sessions and CDRs 0 to 4 are published, and 5 without a session."""
    made = World(settings_of_test.database_url.get_secret_value(), topics.prefix, topics.options)
    made.register()
    ledger = made.ledger()
    for name, role in (("finn", "finance"), ("olga", "operations")):
        register_actor(ledger, name, (role,), by=By("ada", "asserted", START))
    ledger.store.connection.close()
    made.publish("tariff", [tariff(party) for party in CPOS])
    made.publish("session", [session(number) for number in range(5)], at_number=70)
    made.publish("cdr", [cdr(number) for number in range(6)], at_number=80)
    yield made
    made.close()


@pytest.fixture
def clearwatt(settings_of_test, world) -> CommandLine:
    return of_settings(settings_of_test)


@pytest.fixture
def consumed(clearwatt) -> CommandLine:
    """All of the messages are taken in; five CDRs are accepted, the sixth is held."""
    take_in(clearwatt, IN_OCTOBER)
    return clearwatt


def take_in(clearwatt: CommandLine, at: str):
    return clearwatt.document("consumer", "run", "--until-caught-up", "--at", at)


def state(clearwatt: CommandLine) -> str:
    clearwatt.document("projector", "run", "--until-caught-up")
    (found,) = (row for row in clearwatt.document("period", "list") if row["period"] == OCTOBER)
    return found["state"]


def name_of(number: int) -> str:
    return f"{party_of(number)}/c-{number}"


def test_messages_from_before_the_cut_off_that_nobody_took_in_block_it(clearwatt):
    exit_code, line = clearwatt.refusal(*CLOSE)
    assert (exit_code, line.partition(":")[0]) == (1, "CLOSE_BLOCKED")
    assert "CONSUMER_BEHIND" in line
    previewed = clearwatt.run("period", "preview", OCTOBER, "--json")
    assert previewed.exit_code == 1
    blocked = {row["code"] for row in previewed.document["blocks"]}
    assert blocked == {"CONSUMER_BEHIND"}
    assert state(clearwatt) == "OPEN"
    take_in(clearwatt, IN_OCTOBER)
    assert clearwatt.document("period", "preview", OCTOBER)["blocks"] == []
    assert clearwatt.document(*CLOSE)["state"] == "HARD_CLOSED"


def test_what_was_sent_after_the_period_ended_does_not_block_it(consumed, world):
    world.publish("session", [session(5)], at_number=MINUTES_TO_NOVEMBER)
    assert consumed.document(*CLOSE)["state"] == "HARD_CLOSED"


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("--as", "finn", "--at", IN_OCTOBER), "PERIOD_NOT_OVER", 1),
        (("--as", "finn", "--at", "2026-10-31T22:59:59Z"), "PERIOD_NOT_OVER", 1),
        (("--as", "olga", "--at", AFTER_IT), "ROLE_MISSING", 1),
        (("--as", "eve", "--at", AFTER_IT), "ACTOR_UNKNOWN", 1),
        (("--at", AFTER_IT), "ACTOR_MISSING", 2),
    ],
)
def test_who_may_close_and_when(consumed, arguments, code, exit_code):
    found = consumed.refusal("period", "close", OCTOBER, *arguments)
    assert (found[0], found[1].partition(":")[0]) == (exit_code, code)
    assert state(consumed) == "OPEN"


def test_an_installation_may_refuse_actors_that_are_only_asserted(consumed):
    exit_code, line = consumed.refusal(*CLOSE, refuse_asserted="true")
    assert (exit_code, line.partition(":")[0]) == (1, "ASSERTED_NOT_ALLOWED")


def test_a_dry_run_closes_nothing(consumed):
    shown = consumed.document(*CLOSE, "--dry-run")
    assert (shown["state"], shown["figures"]["cdr_count"]) == ("OPEN", 5)
    assert state(consumed) == "OPEN"


def test_a_soft_close_fixes_the_figures_and_a_hard_close_makes_them_immutable(consumed):
    soft = consumed.document(*CLOSE, "--soft")
    assert soft["state"] == "SOFT_CLOSED"
    again = consumed.refusal(*CLOSE, "--soft")
    assert (again[0], again[1].partition(":")[0]) == (1, "PERIOD_CLOSED")
    hard = consumed.document(*CLOSE)
    assert (hard["state"], hard["figures"]) == ("HARD_CLOSED", soft["figures"])
    for options in ((), ("--soft",)):
        twice = consumed.refusal(*CLOSE, *options)
        assert (twice[0], twice[1].partition(":")[0]) == (1, "PERIOD_CLOSED")
    states = [row["state"] for row in consumed.document("period", "show", OCTOBER)["steps"]]
    assert states == ["OPEN", "CUT_OFF", "IN_REVIEW", "SOFT_CLOSED", "HARD_CLOSED"]


def test_held_cdrs_are_listed_and_book_into_the_open_period_once_released(consumed, world):
    closed = consumed.document(*CLOSE)
    (held,) = closed["held"]
    assert (held["cdr"], held["reasons"]) == (name_of(5), "SESSION_MISSING")
    assert "SESSION_MISSING" in consumed.run("period", "preview", OCTOBER).output
    world.publish("session", [session(5)], at_number=MINUTES_TO_NOVEMBER)
    take_in(consumed, LATER)
    consumed.document("projector", "run", "--until-caught-up")
    assert consumed.document("period", "show", OCTOBER)["held"] == []
    entries = consumed.document("journal", "list", "--cdr", name_of(5))
    assert {(row["posted_period"], row["late_of"], row["service_period"]) for row in entries} == {
        (NOVEMBER, OCTOBER, OCTOBER)
    }
    assert consumed.document("period", "show", OCTOBER)["period"]["cdrs"] == 5


def test_a_cdr_that_comes_after_the_close_is_booked_into_the_next_period(consumed, world):
    figures = consumed.document(*CLOSE)["figures"]
    world.publish("session", [session(7)], at_number=MINUTES_TO_NOVEMBER)
    world.publish("cdr", [cdr(7)], at_number=MINUTES_TO_NOVEMBER + 1)
    take_in(consumed, LATER)
    consumed.document("projector", "run", "--until-caught-up")
    entries = consumed.document("journal", "list", "--cdr", name_of(7))
    assert {(row["posted_period"], row["late_of"]) for row in entries} == {(NOVEMBER, OCTOBER)}
    assert {row["accounting_month"] for row in entries} == {"2026-11"}
    (november,) = (r for r in consumed.document("period", "list") if r["period"] == NOVEMBER)
    assert (november["cdrs"], november["late"]) == (1, 1)
    assert consumed.document("period", "preview", OCTOBER)["figures"] == figures
    checked = consumed.document("verify")
    assert checked["holds"], checked


def test_every_step_names_who_took_it_and_when(consumed):
    consumed.document(*CLOSE)
    taken = consumed.document("period", "show", OCTOBER)["steps"][1:]
    assert {(row["actor"], row["recorded_at"]) for row in taken} == {("finn", AFTER_IT)}
    (root,) = {row["log_root"] for row in taken if row["log_root"]}
    assert len(root) == 64
