"""What stands before the HTTP API's endpoints: tokens, limits, turns, the log, a lost database."""

import asyncio
import json
from datetime import timedelta

import pytest
import structlog
from api_installation import the_backend, the_client, the_installation  # noqa: F401

from ledger.application.tokens import hash_of_token, revoke_token
from tests.integration.test_api import SITE
from tests.integration.test_cli_parties import FILE
from tests.ledger_cast import BY_ADMIN, CPO, RECORDED_AT

pytestmark = pytest.mark.anyio


async def test_nobody_gets_in_without_a_token_that_is_good(client, clearwatt):
    async def ending(headers: dict[str, str], path: str = "/v1/parties") -> tuple[int, str]:
        answer = await client.ask("GET", path, headers=headers)
        return answer.status_code, answer.json()["code"]

    assert await ending({}) == (401, "TOKEN_MISSING")
    assert await ending({}, "/v1/nothing") == (401, "TOKEN_MISSING")
    assert await ending({"Authorization": "Bearer cw_guessed"}) == (401, "TOKEN_UNKNOWN")
    answer = await client.ask("GET", "/v1/parties")
    assert answer.headers["www-authenticate"] == "Bearer"
    own = {"Authorization": f"Bearer {client.tokens['ada']}"}
    assert (await client.ask("GET", "/v1/parties", headers=own)).status_code == 200
    with clearwatt.ledger() as ledger:
        token = hash_of_token(client.tokens["ada"])[:12]
        revoke_token(ledger, token, reason="left", by=BY_ADMIN)
    assert await ending(own) == (401, "TOKEN_REVOKED")
    client.clock.at += timedelta(days=365)
    finns = {"Authorization": f"Bearer {client.tokens['finn']}"}
    assert await ending(finns) == (401, "TOKEN_EXPIRED")


async def test_what_happens_when_its_turn_comes_is_recorded_then_if_the_token_is_still_good(
    client, clearwatt
):
    late = RECORDED_AT + timedelta(hours=1)

    async def slowly(document: str):
        yield document[:20].encode()
        client.clock.at = late
        yield document[20:].encode()

    async def and_revoked(document: str):
        yield document[:20].encode()
        with clearwatt.ledger() as ledger:
            token = hash_of_token(client.tokens["olga"])[:12]
            revoke_token(ledger, token, reason="left", by=BY_ADMIN)
        yield document[20:].encode()

    headers = {"Content-Type": "application/yaml"}
    content = slowly(SITE)
    taken = await client.ask("POST", "/v1/locations", "olga", content=content, headers=headers)
    assert taken.status_code == 200
    ((recorded_at,),) = clearwatt.rows(
        "SELECT recorded_at FROM log.stored_event ORDER BY position DESC LIMIT 1"
    )
    assert recorded_at == late
    content = and_revoked(SITE.replace("LOC9", "LOC8"))
    refused = await client.ask("POST", "/v1/locations", "olga", content=content, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (401, "TOKEN_REVOKED")


async def test_a_body_has_a_limit_and_a_kind(client):
    large = "# " + "x" * 100_000

    async def in_pieces():
        for _ in range(11):
            yield b"#" * 10_000

    for content in (large, in_pieces()):
        headers = {"Content-Type": "application/yaml"}
        answer = await client.ask("POST", "/v1/parties", "olga", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")
    too_long = await client.send(f"/v1/parties/{CPO}/suspend", {"reason": large})
    assert too_long.status_code == 413
    for kind in ("text/plain", ""):
        headers = {"Content-Type": kind}
        answer = await client.ask("POST", "/v1/parties", "olga", content="{}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "MEDIA_TYPE_UNKNOWN")


async def test_many_at_once_are_each_answered_and_the_log_has_no_gap(client, clearwatt):
    def site(number: int) -> str:
        return SITE.replace("LOC9", f"LOC{number}")

    writes = [client.send("/v1/locations", site(number)) for number in range(15)]
    reads = [client.ask("GET", "/v1/locations?as_of=2026-12-02", "ada") for _ in range(15)]
    answers = await asyncio.gather(*writes, *reads)
    assert {row.status_code for row in answers} == {200}
    assert len(await client.get("/v1/locations", as_of="2026-12-02")) == 15
    ((count, last),) = clearwatt.rows("SELECT count(*), max(position) FROM log.stored_event")
    assert count == last


async def test_the_log_names_who_asked_for_what_and_nothing_that_was_said(client):
    with structlog.testing.capture_logs() as lines:
        query = {"as_of": "2026-12-24"}
        await client.send("/v1/parties", FILE, "olga")
        await client.ask("GET", "/v1/parties", "ada", params=query)
        await client.ask("GET", "/v1/parties")
    assert [(row["method"], row["path"], row["status"], row["actor"]) for row in lines] == [
        ("POST", "/v1/parties", 200, "olga"),
        ("GET", "/v1/parties", 200, "ada"),
        ("GET", "/v1/parties", 401, None),
    ]
    written = json.dumps(lines)
    assert not [text for text in (*client.tokens.values(), "NL91", "2026-12-24") if text in written]


async def test_a_database_that_went_away_is_said_and_found_again(client, clearwatt):
    assert await client.get("/v1/parties")
    clearwatt.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    endings = [await client.ask("GET", "/v1/parties", "ada") for _ in range(6)]
    assert {row.status_code for row in endings} <= {200, 503}
    assert endings[0].json()["code"] == "DATABASE_UNREACHABLE"
    assert endings[-1].status_code == 200
