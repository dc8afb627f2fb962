"""`clearwatt period close`: what blocks it, who may, in which steps, and what comes after it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from command_line import CommandLine, of_settings
from consumer_world import CPOS, START, World, cdr, party_of, session, tariff

from ledger.application.agreements import agree
from ledger.application.closing import cut_off_period
from ledger.application.commands import By
from ledger.application.registration import register_actor
from ledger.roaming.clauses import Fee, SplitTerms, Step
from ledger.roaming.terms import Terms

OCTOBER, NOVEMBER = "ALL/2026-10", "ALL/2026-11"
IN_OCTOBER = "2026-10-30T12:00:00Z"
AFTER_IT = "2026-11-05T07:00:00Z"
LATER = "2026-11-20T07:00:00Z"
CLOSE = ("period", "close", OCTOBER, "--as", "finn", "--at", AFTER_IT)
END = datetime(2026, 11, 1, tzinfo=UTC)
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
    for options in ((), ("--dry-run",)):
        found = consumed.refusal("period", "close", OCTOBER, *arguments, *options)
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
    for options in ((), ("--soft",), ("--dry-run",), ("--soft", "--dry-run")):
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


@pytest.fixture
def monthly(consumed) -> CommandLine:
    """NL*AAA owes NL*CCC 25.00 EUR a month, whatever is charged, and a tenth of every sale."""
    steps = Step("NL*CCC", rate="1/10", name="host"), Step("NL*AAA", remaining=True)
    fee = Fee("platform", "seller", "NL*CCC", "per_month", amount=Decimal(25), currency="EUR")
    with consumed.ledger() as ledger:
        agree(
            ledger,
            seller="NL*AAA",
            buyer="NL*BBB",
            terms=Terms(fees=(fee,), split=SplitTerms(steps=steps)),
            valid_from=START,
            valid_until=None,
            author="bob",
            by=By("ada", "asserted", START),
        )
    return consumed


def test_a_close_trues_the_period_up_before_its_figures_are_fixed(monthly):
    (shown,) = monthly.document("period", "preview", OCTOBER)["true_up"]
    assert (shown["clause"]["payee"], shown["leg"]["net"]) == ("NL*CCC", "25.0000")
    people = monthly.run("period", "preview", OCTOBER).output
    assert "fees[0] platform" in people
    first = people.index("The true-up of 1 clause is booked first")
    assert first < people.index("What is accrued falls due")
    closed = monthly.document(*CLOSE)
    assert (closed["state"], closed["true_up"]) == ("HARD_CLOSED", [])
    entry, other = (row for row in monthly.document("journal", "list") if _is_of_a_month(row))
    assert {entry["book"], other["book"]} == {"entity-aaa", "entity-ccc"}
    assert (entry["posted_on"], entry["posted_period"]) == ("2026-10-31", OCTOBER)
    figures = {row["party"]: row["net_position"] for row in closed["figures"]["positions"]}
    assert sum(map(Decimal, figures.values())) == 0
    (given,) = monthly.document("split", "list", "--period", OCTOBER, "--payee", "NL*CCC")
    assert (given["clause"], given["trued_up"], given["cdrs"]) == (
        "fees[0] platform",
        "25.0000",
        0,
    )
    (row,) = monthly.document("split", "list", "--steps", "--payee", "NL*CCC")
    assert (row["kind"], row["cdr"], row["amount"]) == ("true_up", None, "25.0000")
    assert monthly.document("period", "show", OCTOBER)["true_up"] == [row]
    assert "Trued up, before tax" in monthly.run("period", "show", OCTOBER).output
    assert monthly.document("verify")["holds"]


def _is_of_a_month(entry) -> bool:
    return entry["cdr"] is None and entry["rule"].startswith("fee_")


def test_a_true_up_waits_for_the_review_and_is_done_once(monthly):
    true_up = ("period", "true-up", OCTOBER, "--at", AFTER_IT)
    early = monthly.refusal(*true_up, "--as", "finn")
    assert (early[0], early[1].partition(":")[0]) == (1, "PERIOD_NOT_OPEN")
    with monthly.ledger() as ledger:
        cut_off_period(ledger, OCTOBER, by=By("finn", "asserted", END))
    (shown,) = monthly.document(*true_up, "--as", "finn", "--dry-run")
    assert shown["owed"] == "25.0000"
    assert monthly.refusal(*true_up, "--as", "olga")[1].startswith("ROLE_MISSING")
    assert monthly.document(*true_up, "--as", "finn") == [shown]
    assert monthly.document(*true_up, "--as", "finn") == []
    assert "nothing to true up" in monthly.run(*true_up, "--as", "finn").output
    assert monthly.document(*CLOSE)["state"] == "HARD_CLOSED"


def test_a_close_makes_due_what_is_accrued_and_the_positions_are_in_cents(monthly):
    previewed = monthly.document("period", "preview", OCTOBER)
    assert previewed["blocks"] == []
    groups = {(row["group"]["seller"], row["group"]["buyer"]) for row in previewed["falling_due"]}
    assert ("NL*AAA", "DE*ABC") in groups
    accrued = {row["control"] for row in previewed["controls"] if row["items"]}
    assert accrued == {"clearing", "accrual"}
    closed = monthly.document(*CLOSE)
    assert (closed["state"], closed["falling_due"]) == ("HARD_CLOSED", [])
    positions = [Decimal(row["net_position"]) for row in closed["figures"]["positions"]]
    assert all(amount == amount.quantize(Decimal("0.01")) for amount in positions)
    assert sum(positions) == 0
    controls = monthly.document("period", "controls", OCTOBER)
    assert controls == closed["controls"]
    for row in controls:
        items = sum(Decimal(item["amount"]) for item in row["items"])
        assert (items, row["unexplained"]) == (Decimal(row["balance"]), "0.0000")
        assert row["control"] == "clearing" or Decimal(row["balance"]) == 0
    assert {row["control"] for row in controls} == {"clearing", "accrual"}
    checked = monthly.document("verify")
    assert checked["holds"], checked


def test_falling_due_waits_for_the_review_and_is_done_once(monthly):
    fall_due = ("period", "fall-due", OCTOBER, "--at", AFTER_IT)
    early = monthly.refusal(*fall_due, "--as", "finn")
    assert (early[0], early[1].partition(":")[0]) == (1, "PERIOD_NOT_OPEN")
    with monthly.ledger() as ledger:
        cut_off_period(ledger, OCTOBER, by=By("finn", "asserted", END))
    monthly.document("period", "true-up", OCTOBER, "--at", AFTER_IT, "--as", "finn")
    shown = monthly.document(*fall_due, "--as", "finn", "--dry-run")
    assert shown
    assert monthly.refusal(*fall_due, "--as", "olga")[1].startswith("ROLE_MISSING")
    assert monthly.document(*fall_due, "--as", "finn") == shown
    assert monthly.document(*fall_due, "--as", "finn") == []
    assert "Everything accrued has fallen due" in monthly.run(*fall_due, "--as", "finn").output
    assert "booked first" not in monthly.run("period", "preview", OCTOBER).output
    assert monthly.document(*CLOSE)["state"] == "HARD_CLOSED"


@pytest.mark.parametrize("step", ["true-up", "fall-due"])
def test_a_dry_run_refuses_what_the_step_itself_refuses(monthly, step):
    command = ("period", step, OCTOBER, "--at", AFTER_IT)

    def refused_alike(code: str, actor: str = "finn") -> None:
        tried = monthly.refusal(*command, "--as", actor, "--dry-run")
        assert tried == monthly.refusal(*command, "--as", actor)
        assert (tried[0], tried[1].partition(":")[0]) == (1, code)

    refused_alike("PERIOD_NOT_OPEN")
    refused_alike("ROLE_MISSING", actor="olga")
    monthly.document(*CLOSE, "--soft")
    refused_alike("PERIOD_NOT_OPEN")
    monthly.document(*CLOSE)
    refused_alike("PERIOD_NOT_OPEN")


def test_control_accounts_are_a_report_in_every_form(monthly, tmp_path):
    monthly.document("projector", "run", "--until-caught-up")
    listed = monthly.run("period", "controls", OCTOBER)
    assert listed.exit_code == 0
    assert "Zero once the settlement period has fallen due." in listed.output
    assert "invoice group 2026-10" in listed.output
    written = tmp_path / "controls.csv"
    assert monthly.run("period", "controls", OCTOBER, "--output", str(written)).exit_code == 0
    header, first, *_ = written.read_text().splitlines()
    assert header.startswith("book,control,account,item,currency,amount")
    assert ",balance," in first
    assert "Control accounts" in monthly.run("period", "show", OCTOBER).output


def test_a_recorded_agreement_is_tried_on_an_amount(monthly):
    tried = ("split", "simulate", "--gross", "12.10", "--net", "10.00")
    found = monthly.document(*tried, "--agreement", "NL*AAA:NL*BBB#1")
    assert (found["seller"], found["agreement_version"]) == ("NL*AAA", "NL*AAA>NL*BBB#1")
    assert [(row["payee"], row["clause"], row["amount"]) for row in found["steps"]] == [
        ("NL*CCC", "split.steps[0] host", "1.0000"),
        ("NL*AAA", "split.steps[1]", "9.0000"),
    ]
    assert monthly.refusal(*tried, "--agreement", "NL*AAA:NL*BBB#7")[1].startswith("NOT_FOUND")
