"""`command-results.v1`: what became of a remote command, read exactly or refused with its place."""

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from contract_messages import REGISTRY, control_example, example_bytes

from schemas import CommandResultV1, SchemaError, decode, encode, from_control_json
from schemas.command_result import CommandName, CommandOutcome

RESULT = json.loads(example_bytes("command-results.v1"))


def refusal_of(change: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(SchemaError) as refused:
        from_control_json("command-result", json.dumps({**RESULT, **change}).encode())
    return refused.value.code, refused.value.path


def test_the_example_is_read_exactly_and_comes_back_from_its_bytes() -> None:
    result = control_example("command-result")
    assert isinstance(result, CommandResultV1)
    assert (result.command, result.result, result.sent_by) == (
        "START_SESSION",
        "ACCEPTED",
        "DE*ABC",
    )
    assert result.answered_at == datetime(2026, 10, 5, 8, 14, 5, 250_000, UTC)
    data = encode(result, topic="clearwatt.command-results.v1", registry=REGISTRY)
    assert decode(data, topic="clearwatt.command-results.v1", registry=REGISTRY) == result


@pytest.mark.parametrize("command", get_args(CommandName))
@pytest.mark.parametrize("result", get_args(CommandOutcome))
def test_every_command_can_have_every_result(command: str, result: str) -> None:
    change = {"command": command, "result": result, "answered_at": None}
    read = from_control_json("command-result", json.dumps({**RESULT, **change}).encode())
    assert isinstance(read, CommandResultV1)
    assert (read.command, read.result) == (command, result)


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"party_id": "XY"}, "WRONG_FORMAT", "party_id"),
        ({"id": ""}, "MISSING_FIELD", "id"),
        ({"id": "k" * 37}, "TEXT_TOO_LONG", "id"),
        ({"command": "REBOOT"}, "UNKNOWN_VALUE", "command"),
        ({"command": None}, "MISSING_FIELD", "command"),
        ({"result": "accepted"}, "UNKNOWN_VALUE", "result"),
        ({"sent_by": "DEABC"}, "WRONG_FORMAT", "sent_by"),
        ({"requested_at": "2026-10-05"}, "WRONG_FORMAT", "requested_at"),
        ({"answered_at": "2026-10-05T08:14:01Z"}, "END_BEFORE_START", "answered_at"),
        ({"location_id": None}, "MISSING_FIELD", "location_id"),
        ({"evse_uid": None}, "MISSING_FIELD", "evse_uid"),
        ({"last_updated": None}, "MISSING_FIELD", "last_updated"),
        ({"response_url": "https://x"}, "UNKNOWN_FIELD", "response_url"),
    ],
)
def test_a_result_that_makes_no_sense_is_refused(
    change: dict[str, Any], code: str, path: str
) -> None:
    assert refusal_of(change) == (code, path)
