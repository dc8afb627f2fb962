"""A record of a control topic becomes a command or a reason, like any other."""

from pathlib import Path
from typing import Any

import pytest

import schemas
from consumers.headers import Coordinates
from consumers.intake import receive
from ledger.application.commands import Received
from ledger.application.control_commands import (
    DisputeCommand,
    StateControlTotals,
    TellCommandResult,
    TellPayment,
)
from ledger.values.reasons import Reason
from schemas import ControlKind, FileRegistry, encode, from_control_json, topic_name

REGISTRY = FileRegistry()
EXAMPLES = Path(schemas.__file__).parent / "examples"


def example(kind: ControlKind) -> bytes:
    message = from_control_json(kind, (EXAMPLES / f"{topic_name('', kind)}.json").read_bytes())
    return encode(message, topic=topic_name("clearwatt.", kind), registry=REGISTRY)


def read(kind: ControlKind, **changes: Any) -> Received:
    record: dict[str, Any] = {
        "timestamp_ms": 1_791_000_000_000,
        "key": b"NL*XYZ",
        "value": example(kind),
        "headers": [("cw-sender", b"DE*ABC")],
        **changes,
    }
    at = Coordinates(topic_name("clearwatt.", kind), 3, 41)
    return receive(at, registry=REGISTRY, **record)


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("dispute-command", DisputeCommand),
        ("control-totals", StateControlTotals),
        ("command-result", TellCommandResult),
        ("payment", TellPayment),
    ],
)
def test_each_control_topic_has_its_command(kind: ControlKind, command: type) -> None:
    received = read(kind)
    assert type(received.command) is command
    assert received.refusal is None
    assert received.source.sender == "DE*ABC"


@pytest.mark.parametrize("kind", schemas.CONTROL_KINDS)
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": None}, Reason.MISSING_KEY),
        ({"key": b"DE*ABC"}, Reason.KEY_PARTY_DIFFERS),
        ({"value": None}, Reason.EMPTY_MESSAGE),
        ({"value": b"\0\0\0\0\x05rest"}, Reason.SCHEMA_FOR_ANOTHER_TOPIC),
        ({"headers": [("cw-sender", b"somebody")]}, Reason.WRONG_HEADER),
    ],
)
def test_what_cannot_be_read_has_its_reason_and_keeps_its_bytes(
    kind: ControlKind, changes: dict[str, Any], reason: Reason
) -> None:
    received = read(kind, **changes)
    assert received.command is None
    assert received.refusal is not None
    assert received.refusal.reason is reason
    assert received.raw is not None
    assert received.raw.key == changes.get("key", b"NL*XYZ")
