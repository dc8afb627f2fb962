"""`clearwatt dispute`: opened, answered, decided; books, read models, and what is refused."""

from collections.abc import Iterator

import pytest
from command_line import CommandLine, of_settings

from projections.database import reading
from projections.queries.dispute import disputed_cdrs, unanswered_disputes
from tests.disputing import LATER, disputed_world
from tests.ledger_cast import CPO, FRENCH_EMSP, RECORDED_AT

AT = RECORDED_AT.isoformat()
C1, C2, KEY = f"{CPO}/C1", f"{CPO}/C2", f"{CPO}/D-1"
OPEN = (
    *("dispute", "open", C1, "--party", FRENCH_EMSP, "--reason", "PRICE", "--id", "D-1"),
    *("--text", "the meter says otherwise", "--as", "olga", "--at", AT),
)
ANSWER = ("dispute", "answer", KEY, "--text", "it does not", "--as", "olga", "--at", AT)
DISMISS = ("dispute", "dismiss", KEY, "--text", "it does not", "--as", "finn", "--at", AT)
UPHOLD = ("dispute", "uphold", KEY, "--text", "it does", "--as", "finn", "--at", AT)


@pytest.fixture
def clearwatt(settings_of_test) -> Iterator[CommandLine]:
    made = of_settings(settings_of_test)
    made.run("up")
    world = disputed_world(made.database_url, "C1", "C2")
    world.close()
    yield made


def project(clearwatt: CommandLine) -> None:
    clearwatt.document("projector", "run", "--until-caught-up")


def balances(clearwatt: CommandLine) -> dict[tuple[str, str], str]:
    project(clearwatt)
    return {
        (row["book"], row["account"]): row["balance"]
        for row in clearwatt.document("balance", "list")
        if float(row["balance"])
    }


def positions(clearwatt: CommandLine) -> dict[str, str]:
    project(clearwatt)
    found = clearwatt.document("period", "show", "ALL/2026-10")["positions"]
    return {row["party"]: row["net_position"] for row in found}


def test_a_dispute_from_its_opening_to_the_credit(clearwatt, tmp_path):
    before = balances(clearwatt)
    assert positions(clearwatt)[FRENCH_EMSP] == "-12.1000"
    shown = clearwatt.document(*OPEN, "--dry-run")
    assert balances(clearwatt) == before
    readings = tmp_path / "readings.txt"
    readings.write_text("1000 Wh")
    opened = clearwatt.document(*OPEN, "--evidence", readings)
    assert (opened["state"], opened["entries"]) == ("opened", shown["entries"])
    held = balances(clearwatt)
    assert held["xyz-bv", f"disputed:receivable:{FRENCH_EMSP}"] == "6.0500"
    assert held["mob-sas", f"disputed:payable:{CPO}"] == "-6.0500"
    assert positions(clearwatt)[FRENCH_EMSP] == "-6.0500"
    (listed,) = clearwatt.document("dispute", "list")
    assert (listed["dispute"], listed["state"], listed["gross"]) == (
        f"{CPO}/d-1",
        "opened",
        "6.0500",
    )
    clearwatt.document(*ANSWER)
    done = clearwatt.document(*UPHOLD)
    assert (done["state"], done["outcome"]) == ("closed", "upheld")
    assert positions(clearwatt)[FRENCH_EMSP] == "-6.0500"
    assert not [account for _, account in balances(clearwatt) if "disputed" in account]
    life = clearwatt.document("dispute", "show", KEY)
    assert [row["event"] for row in life["steps"]] == ["opened", "answered", "decided", "closed"]
    assert life["dispute"]["granted_gross"] == "6.0500"
    assert [row["is_disputed"] for row in life["cdrs"]] == [False]
    assert "it does not" in clearwatt.run("dispute", "show", KEY).output
    checked = clearwatt.document("verify")
    assert checked["holds"], checked


def test_the_flag_and_the_past_can_be_asked_for(clearwatt):
    clearwatt.document(*OPEN)
    project(clearwatt)
    with reading(clearwatt.database_url) as connection:
        flagged = disputed_cdrs(connection, [f"{CPO}/c1", f"{CPO}/c2"])
        assert {cdr: str(gross) for cdr, gross in flagged.items()} == {f"{CPO}/c1": "6.0500"}
        assert unanswered_disputes(connection, RECORDED_AT) == []
        assert unanswered_disputes(connection, LATER) == [f"{CPO}/d-1"]
    clearwatt.document(
        "dispute", "withdraw", KEY, "--text", "sorry", "--as", "olga", "--at", LATER.isoformat()
    )
    project(clearwatt)
    (then,) = clearwatt.document("dispute", "list", "--known-at", AT)
    (now,) = clearwatt.document("dispute", "list", "--state", "withdrawn")
    assert (then["state"], now["state"], now["outcome"]) == ("opened", "closed", "withdrawn")
    assert clearwatt.document("dispute", "list", "--party", "DE*EMP") == []


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        ((*OPEN[:3], "--party", "DE*EMP", *OPEN[5:]), "WRONG_PARTY", 1),
        ((*OPEN, "--amount", "5.01", "--currency", "EUR"), "AMOUNT_TOO_LARGE", 1),
        ((*OPEN, "--amount", "5.00"), "CURRENCY_MISSING", 2),
        ((*OPEN[:2], f"{CPO}/C9", *OPEN[3:]), "NOT_FOUND", 1),
        ((*OPEN[:2], "XYZ/C1", *OPEN[3:]), "WRONG_IDENTIFIER", 1),
        ((*OPEN, "--as", "ada"), "ROLE_MISSING", 1),
        ((*OPEN, "--as", "eve"), "ACTOR_UNKNOWN", 1),
        ((*OPEN, "--text", " "), "REASON_MISSING", 1),
        ((*OPEN, "--text", "x" * 5001), "TEXT_TOO_LONG", 1),
        ((*OPEN, "--reason", "MOOD"), "UNKNOWN_VALUE", 1),
        ((*OPEN, "--at", "2027-01-01"), "DISPUTE_WINDOW_OVER", 1),
        (ANSWER, "NOT_FOUND", 1),
        (DISMISS, "NOT_FOUND", 1),
        ((*DISMISS, "--as", "olga"), "ROLE_MISSING", 1),
        (("dispute", "show", KEY), "NOT_FOUND", 1),
    ],
)
def test_what_is_refused_changes_nothing(clearwatt, arguments, code, exit_code):
    head = clearwatt.rows("SELECT * FROM log.head")
    found = clearwatt.refusal(*arguments)
    assert (found[0], found[1].partition(":")[0]) == (exit_code, code)
    assert clearwatt.rows("SELECT * FROM log.head") == head
