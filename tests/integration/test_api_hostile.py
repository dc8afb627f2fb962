"""The HTTP API under hostile input: whatever is sent, it is answered, and never with a defect."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api_world import Client, client_of, issue_tokens
from tests.integration.test_api import AGREEMENT, SITE
from tests.integration.test_cli_parties import FILE
from tests.ledger_cast import AGREEMENTS, CPO, EMSP
from tests.ledger_people import staffed_world

DOCUMENTS = {"parties": FILE, "entities": FILE, "agreements": AGREEMENT, "locations": SITE}
COMMANDS = [
    (f"/v1/parties/{CPO}/activate", {"from": "2026-11-01", "reason": "x"}),
    (f"/v1/parties/{CPO}/suspend", {"from": "2026-11-01", "reason": "x", "correction": True}),
    (f"/v1/parties/{CPO}/approve", {"number": 1}),
    ("/v1/entities/xyz-bv/reject", {"number": 1, "reason": "x"}),
    (f"/v1/agreements/{CPO}:{EMSP}/approve", {"drafts": [1]}),
    (f"/v1/agreements/{CPO}:{EMSP}/reject", {"draft": 1, "reason": "x"}),
    (f"/v1/agreements/{CPO}:{EMSP}/suspend", {"from": "2026-11-01", "reason": "x"}),
    (f"/v1/locations/{CPO}/LOC9/suspend", {"from": "2026-11-01", "until": None, "reason": "x"}),
]
ODD = [
    *("", "null", "~", "NaN", "-1", "1e999", "0x10", "9" * 5000, "true", "\0", "\ud800", "\u202e"),
    *("0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "2026-02-30", "24:00", "*", ">"),
    *("[", "{", "}", "]", "- ", ": ", "# ", "&a", "*a", "!!python/object:x ", "<<: ", "---\n"),
    *('"', "'", "|\n", "\t", "\r\n", "\\", "%", "\\ud800", "\\u0000", "\\U0011FFFF", "x" * 3000),
]
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(ODD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)  # fmt: skip


@pytest.fixture(scope="module")
def asked(new_database) -> Iterator[Any]:
    """Ask one application from tests that hypothesis runs, on a loop of its own."""
    url = new_database()
    world = staffed_world(url, *AGREEMENTS)
    tokens = issue_tokens(world)
    world.close()
    with asyncio.Runner() as runner:
        context = client_of(url, tokens)
        client: Client = runner.run(context.__aenter__())
        try:
            yield lambda *row, **options: runner.run(client.ask(*row, **options))
        finally:
            runner.run(context.__aexit__(None, None, None))


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    """Return a document with odd pieces put in place of some of its own."""
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 12))
        piece = draw(st.sampled_from(ODD) | st.text(max_size=5))
        text = text[:begin] + piece + text[begin + length :]
    return text


def sound(answer: Any) -> bool:
    """True for an answer that the contract knows: done, or a problem that is no defect."""
    if answer.status_code == 200:
        return answer.headers["content-type"] == "application/json"
    problem = answer.json()
    return answer.status_code < 500 and bool(problem["code"]) and bool(problem["sentence"])


@settings(max_examples=120)
@given(data=st.data())
def test_no_document_breaks_the_api(asked, data):
    kind = data.draw(st.sampled_from(sorted(DOCUMENTS)))
    text = data.draw(mutated(DOCUMENTS[kind]))
    path = f"/v1/{kind}{data.draw(st.sampled_from(['', '/submit']))}?dry_run=true"
    headers = {"Content-Type": "application/yaml"}
    body = text.encode("utf-8", "surrogatepass")
    by = data.draw(st.sampled_from(["anna", "finn"]))
    answer = asked("POST", path, by, content=body, headers=headers)
    assert sound(answer), answer.text


@settings(max_examples=80)
@given(data=st.data())
def test_no_json_breaks_the_api(asked, data):
    kind = data.draw(st.sampled_from(sorted(DOCUMENTS)))
    key = {"parties": CPO, "entities": "xyz-bv", "locations": f"{CPO}/LOC9"}.get(kind, "parties")
    said = {key: data.draw(JSON_VALUES)} if data.draw(st.booleans()) else data.draw(JSON_VALUES)
    body = json.dumps(said).encode()
    headers = {"Content-Type": "application/json"}
    answer = asked("POST", f"/v1/{kind}?dry_run=true", "anna", content=body, headers=headers)
    assert sound(answer), answer.text


@settings(max_examples=80)
@given(data=st.data())
def test_no_command_breaks_the_api(asked, data):
    path, said = data.draw(st.sampled_from(COMMANDS))
    changed = {**said, data.draw(st.sampled_from([*said, "odd"])): data.draw(JSON_VALUES)}
    body = json.dumps(changed).encode()
    headers = {"Content-Type": "application/json"}
    answer = asked("POST", f"{path}?dry_run=true", "anna", content=body, headers=headers)
    assert sound(answer), answer.text


@settings(max_examples=80)
@given(data=st.data())
def test_no_address_breaks_the_api(asked, data):
    kind = data.draw(st.sampled_from(sorted(DOCUMENTS)))
    name = data.draw(st.sampled_from([CPO, f"{CPO}:{EMSP}", f"{CPO}/LOC9", *ODD]) | st.text())
    field = data.draw(
        st.sampled_from(["as_of", "known_at", "state", "role", "party", "whole", "x"])
    )
    value = data.draw(st.sampled_from(ODD) | st.text(max_size=9))
    pieces = [part.encode("utf-8", "replace").decode() for part in (name, value)]
    path = f"/v1/{kind}" + (f"/{_quoted(pieces[0])}" if data.draw(st.booleans()) else "")
    answer = asked("GET", path, "ada", params={field: pieces[1]})
    assert sound(answer), answer.text


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())[:6000] or "%20"
