"""`clearwatt clock` raises what is overdue; `clearwatt quality reset-sequence` lets numbers go."""

import json
from pathlib import Path

import pytest
from command_line import CommandLine, installation
from consumer_world import at, session

from ledger.application.commands import By
from ledger.application.registration import register_actor

ADMIN = By("anna", "asserted", at(0))
RESET = ("quality", "reset-sequence", "NL*XYZ", "sessions", "--reason", "began at 5")


@pytest.fixture
def clearwatt(services, service_settings, new_database):
    with installation(services, service_settings, new_database) as made:
        yield made


def publish(clearwatt: CommandLine, folder: Path, number: int, *, status: str) -> None:
    """Publish a session of NL*XYZ under a sequence number, on the morning of 5 October."""
    told = {**session(4 * number), "status": status}
    if status == "ACTIVE":
        del told["end_date_time"]
    file = folder / f"{number}.json"
    file.write_text(json.dumps(told, default=float))
    sent = clearwatt.document(
        "publish", "sessions", file, "--first-sequence", number, "--at", "2026-10-05T08:00:00Z"
    )
    assert sent["sent"] == 1, sent


def advance(clearwatt: CommandLine, to: str) -> dict[str, int]:
    """Say what time it is; return what was raised."""
    raised = clearwatt.document("clock", "advance", "--to", to)["raised"]
    return {name: count for name, count in raised.items() if count}


def test_what_time_and_numbers_reveal_is_raised_by_the_clock(clearwatt, tmp_path):
    publish(clearwatt, tmp_path, 5, status="ACTIVE")
    publish(clearwatt, tmp_path, 6, status="COMPLETED")
    taken = clearwatt.document("consumer", "run", "--until-caught-up", "--at", "2026-10-05T08:01Z")
    assert taken["outcomes"] == {"accepted": 2}
    assert advance(clearwatt, "2026-10-05T08:14:59Z") == {}
    assert advance(clearwatt, "2026-10-05T08:15:00Z") == {"gaps_found": 1}
    assert advance(clearwatt, "2026-10-05T20:00:00Z") == {"stuck": 1}
    ended = clearwatt.run("clock", "advance", "--to", "2026-10-10")
    assert ended.output.splitlines()[-1] == "Raised: 1 unbilled"
    assert advance(clearwatt, "2026-10-11") == {}


def test_a_person_of_operations_lets_numbers_go(clearwatt, tmp_path):
    publish(clearwatt, tmp_path, 5, status="ACTIVE")
    clearwatt.document("consumer", "run", "--until-caught-up", "--at", "2026-10-05T08:01Z")
    with clearwatt.ledger() as ledger:
        register_actor(ledger, "anna", ("admin",), by=ADMIN)
        register_actor(ledger, "finn", ("finance",), by=ADMIN)
    exit_code, line = clearwatt.refusal(*RESET, "--from", "5", "--as", "finn")
    assert (exit_code, line.partition(":")[0]) == (1, "ROLE_MISSING")
    done = clearwatt.document(*RESET, "--from", "5", "--as", "anna")
    assert done == {
        "sender": "NL*XYZ", "topic": "sessions", "from_number": 5, "restart": False
    }  # fmt: skip
    assert advance(clearwatt, "2026-10-05T09:00:00Z") == {}
