"""`clearwatt api`: tokens from the command line, and the server as it runs."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from command_line import CommandLine, of_settings

from tests.ledger_cast import CAST
from tests.ledger_world import World


@pytest.fixture
def clearwatt(settings_of_test) -> CommandLine:
    made = of_settings(settings_of_test)
    made.run("up")
    World(made.database_url, *CAST).close()
    return made


@pytest.fixture
def server(clearwatt) -> Iterator[tuple[str, subprocess.Popen[str], list[str]]]:
    """Start the server on a free port; yield its address, its process and its log lines."""
    process = subprocess.Popen(
        [sys.executable, "-m", "console.cli", "api", "run", "--port", "0"],
        env={**os.environ, **clearwatt.environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    lines: list[str] = []
    try:
        first = json.loads(process.stderr.readline())
        assert first["event"] == "started"
        reader = threading.Thread(target=lambda: lines.extend(process.stderr))
        reader.start()
        yield f"http://{first['host']}:{first['port']}", process, lines
    finally:
        process.terminate()
        process.wait(30)
        reader.join(30)


def test_the_server_answers_a_token_until_it_is_revoked_and_ends_when_told(clearwatt, server):
    address, process, lines = server
    assert address.startswith("http://127.0.0.1:")
    made = clearwatt.document("api", "token", "new", "finn", "--label", "books", "--as", "anna")
    with httpx.Client(
        base_url=address, headers={"Authorization": f"Bearer {made['token']}"}, timeout=60
    ) as http:
        listed = http.get("/v1/parties", params={"role": "CPO"})
        assert listed.status_code == 200
        assert listed.json() == clearwatt.document("party", "list", "--role", "CPO")
        clearwatt.document("api", "token", "revoke", made["id"], "--reason", "over", "--as", "anna")
        assert http.get("/v1/parties").json()["code"] == "TOKEN_REVOKED"
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    written = "".join(lines)
    assert '"status": 401' in written
    assert made["token"] not in written


def test_tokens_are_shown_once_and_listed_without_what_opens(clearwatt):
    trial = clearwatt.document("api", "token", "new", "finn", "--as", "anna", "--dry-run")
    assert trial["token"] is None
    printed = clearwatt.run("api", "token", "new", "finn", "--days", 1, "--as", "anna")
    secret = printed.output.strip()
    assert (printed.exit_code, secret[:3]) == (0, "cw_")
    assert secret not in printed.errors
    (row,) = clearwatt.document("api", "token", "list", "--actor", "finn")
    assert (row["actor"], row["roles"], row["state"]) == ("finn", ["finance"], "valid")
    listed = clearwatt.run("api", "token", "list")
    assert row["id"] in listed.output
    assert secret not in listed.output
    assert clearwatt.refusal("api", "token", "new", "finn", "--as", "finn")[0] == 1
    with psycopg.connect(clearwatt.database_url) as connection:
        rows = connection.execute("SELECT state FROM log.stored_event").fetchall()
    assert not [state for (state,) in rows if secret.encode() in state]


def test_an_address_that_is_taken_is_said_in_a_sentence(clearwatt, server):
    port = server[0].rpartition(":")[2]
    code, sentence = clearwatt.refusal("api", "run", "--port", port)
    assert (code, sentence.partition(":")[0]) == (3, "ADDRESS_NOT_FREE")
