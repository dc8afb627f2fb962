"""`clearwatt exception replay`: messages are fed again after a fix; every count adds up."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from command_line import CommandLine, installation

from ledger.application.commands import By
from ledger.application.parties import register_party
from ledger.roaming.party import Party

REPOSITORY = Path(__file__).parents[2]
NOT_ENTITLED = ("--reason", "SENDER_NOT_ENTITLED")
AFTERWARDS = datetime(2026, 11, 20, tzinfo=UTC)
REPLAY = ("exception", "replay", "--as", "olga", "--at", "2026-11-20")


@pytest.fixture(scope="module")
def clearwatt(services, service_settings, new_database):
    with installation(services, service_settings, new_database) as made:
        ended = made.run("demo", "--count", "200")
        assert ended.exit_code == 0, ended.errors
        yield made


def waiting(clearwatt: CommandLine) -> list[dict]:
    return clearwatt.document("exception", "list", *NOT_ENTITLED)


def entitle(clearwatt: CommandLine) -> str:
    """Let the sender of the message that waits speak for its party, as operations would."""
    (row,) = waiting(clearwatt)
    ((key,),) = clearwatt.rows(
        "SELECT message_key FROM log.unreadable WHERE topic = %s AND partition = %s"
        " AND message_offset = %s",
        *(row["topic"], row["partition"], row["message_offset"]),
    )
    party = key.decode()
    with clearwatt.ledger() as ledger:
        known = ledger.facts.find(Party, party)
        document = msgspec.structs.replace(
            known.document, senders=(*known.document.senders, row["sender"])
        )
        register_party(ledger, party, document, by=By("olga", "asserted", AFTERWARDS))
    return party


def test_what_cannot_be_read_stays_where_it_is(clearwatt):
    before = clearwatt.document("exception", "list", "--kind", "message")
    ended = clearwatt.run(*REPLAY, "--reason", "CORRUPT_AVRO", "--json")
    assert ended.exit_code == 1
    assert {row["is"] for row in ended.document} == {"unreadable"}
    clearwatt.document("projector", "run", "--until-caught-up")
    after = clearwatt.document("exception", "list", "--kind", "message")
    assert [row["position"] for row in after] == [row["position"] for row in before]


def test_who_replays_is_asked_for_and_known(clearwatt):
    head = clearwatt.rows("SELECT position FROM log.head")
    for actor, code, exit_code in ((), "ACTOR_MISSING", 2), (("--as", "eve"), "ACTOR_UNKNOWN", 1):
        found = clearwatt.refusal("exception", "replay", *actor)
        assert (found[0], found[1].partition(":")[0]) == (exit_code, code)
    assert clearwatt.rows("SELECT position FROM log.head") == head


def test_a_sender_that_becomes_entitled_is_heard(clearwatt):
    """The message is heard, once. It is a second CDR of a session, and is held as one."""
    (row,) = waiting(clearwatt)
    party = entitle(clearwatt)
    dry = clearwatt.run(*REPLAY, *NOT_ENTITLED, "--dry-run", "--json")
    assert [line["is"] for line in dry.document] == ["readable"]
    assert waiting(clearwatt) == [row]

    (done,) = clearwatt.document(*REPLAY, *NOT_ENTITLED)
    assert (done["was"], done["is"]) == ("SENDER_NOT_ENTITLED", "held")
    assert clearwatt.document(*REPLAY, *NOT_ENTITLED) == []

    clearwatt.document("projector", "run", "--until-caught-up")
    assert waiting(clearwatt) == []
    (event,) = clearwatt.rows(
        "SELECT cdr FROM receipt.step WHERE recorded_at = %s AND cdr LIKE %s",
        *(AFTERWARDS, f"{party}/%"),
    )
    found = clearwatt.document("cdr", "explain", event[0])
    assert (found["state"], found["entries"]) == ("held", [])
    same = ("--reason", "CDR_FOR_SAME_SESSION", "--party", party)
    assert event[0] in {row["record"] for row in clearwatt.document("exception", "list", *same)}
    checked = clearwatt.document("verify")
    assert checked["holds"], checked


def test_a_process_that_starts_after_a_hard_close_reads_the_whole_log(clearwatt):
    """What closed a book is an event, too; every new process has to know how to read it."""
    started = subprocess.run(
        [sys.executable, "-m", "console.cli", "clock", "advance", "--to", "2026-11-21"],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], **clearwatt.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (started.returncode, started.stderr) == (0, "")
