"""One Kafka record becomes a command or a reason, and its bytes are never lost."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas
from consumers.headers import UNKNOWN_SENDER, Coordinates
from consumers.intake import receive, received_at_of
from consumers.replay import received_from
from ledger.application.commands import (
    AcceptCdr,
    Received,
    ReceiveTariff,
    RecordLocation,
    UpdateSession,
)
from ledger.log.store import UnreadableRow
from ledger.values.instants import BEGINNING
from ledger.values.reasons import Reason
from schemas import FileRegistry, Kind, encode, from_ocpi_json, topic_name

REGISTRY = FileRegistry()
EXAMPLES = Path(schemas.__file__).parent / "examples"
KEY = b"NL*XYZ"
CDRS = "clearwatt.cdrs.v1"


def example(kind: Kind) -> bytes:
    """The bytes of the example message of a kind."""
    read = from_ocpi_json(kind, (EXAMPLES / f"{topic_name('', kind)}.json").read_bytes())
    return encode(read, topic=topic_name("clearwatt.", kind), registry=REGISTRY)


def read(**changes: Any) -> Received:
    record: dict[str, Any] = {
        "topic": CDRS,
        "timestamp_ms": 1_791_000_000_000,
        "key": KEY,
        "value": example("cdr"),
        "headers": [],
        **changes,
    }
    return receive(Coordinates(record.pop("topic"), 3, 41), registry=REGISTRY, **record)


def reason_of(received: Received) -> Reason:
    assert received.command is None
    assert received.refusal is not None
    return received.refusal.reason


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("tariff", ReceiveTariff),
        ("session", UpdateSession),
        ("cdr", AcceptCdr),
        ("location", RecordLocation),
    ],
)
def test_each_topic_has_its_command(kind: Kind, command: type) -> None:
    received = read(topic=topic_name("clearwatt.", kind), value=example(kind))
    assert type(received.command) is command
    assert received.refusal is None


def test_a_cdr_keeps_its_exact_figures_and_its_time_of_arrival() -> None:
    received = read()
    assert isinstance(received.command, AcceptCdr)
    statement = received.command.statement
    assert statement.total_cost.before_taxes == Decimal("6.58338")
    assert statement.clearwatt is not None
    assert statement.clearwatt.meter_stop_wh == Decimal(4135347)
    assert received.received_at == datetime(2026, 10, 3, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"topic": "clearwatt.cdrs.v9"}, Reason.UNKNOWN_TOPIC_VERSION),
        ({"topic": "clearwatt.settlement-events.v1"}, Reason.SCHEMA_FOR_ANOTHER_TOPIC),
        ({"topic": "clearwatt.sessions.v1"}, Reason.SCHEMA_FOR_ANOTHER_TOPIC),
        ({"value": None}, Reason.EMPTY_MESSAGE),
        ({"value": b"\x01" + example("cdr")[1:]}, Reason.WRONG_MAGIC_BYTE),
        ({"value": b'{"id": "C1", "total_energy": NaN}'}, Reason.WRONG_MAGIC_BYTE),
        ({"value": b"\0\0\0\x03\xe7" + example("cdr")[5:]}, Reason.UNKNOWN_SCHEMA_ID),
        ({"value": example("cdr")[:40]}, Reason.CORRUPT_AVRO),
        ({"value": b"\0" * (4 * 1024 * 1024 + 1)}, Reason.MESSAGE_TOO_LARGE),
        ({"key": None}, Reason.MISSING_KEY),
        ({"key": b"DE*XYZ"}, Reason.KEY_PARTY_DIFFERS),
        ({"key": b"\xff\xfe"}, Reason.KEY_PARTY_DIFFERS),
        ({"headers": [("cw-sender", b"somebody")]}, Reason.WRONG_HEADER),
        ({"headers": [("cw-sequence", b"-4")]}, Reason.WRONG_HEADER),
        ({"headers": [("cw-message-id", b"\xff")]}, Reason.WRONG_HEADER),
        ({"headers": [("cw-sent-at", b"2026-13-01T00:00:00Z")]}, Reason.WRONG_HEADER),
        ({"timestamp_ms": -1}, Reason.NUMBER_OUT_OF_RANGE),
        ({"timestamp_ms": 2**60}, Reason.NUMBER_OUT_OF_RANGE),
    ],
)
def test_what_cannot_be_read_has_its_own_reason_and_keeps_its_bytes(
    changes: dict[str, Any], reason: Reason
) -> None:
    received = read(**changes)
    assert reason_of(received) is reason
    assert received.raw is not None
    assert received.raw.value == changes.get("value", example("cdr"))
    assert received.raw.key == changes.get("key", KEY)


@pytest.mark.parametrize(
    ("headers", "key", "sender"),
    [
        ([("cw-sender", b"nl*hub")], KEY, "NL*HUB"),
        ([], b"nl*xyz", "NL*XYZ"),
        ([("traceparent", b"nonsense")], KEY, "NL*XYZ"),
        ([("cw-sender", b"NL*AAA"), ("cw-sender", b"NL*HUB")], KEY, "NL*HUB"),
        ([], None, UNKNOWN_SENDER),
        ([], b"no party", UNKNOWN_SENDER),
        # Somebody signed, if unreadably: the key's party is not made to answer for it.
        ([("cw-sender", b"?")], KEY, UNKNOWN_SENDER),
    ],
)
def test_the_sender_is_the_header_else_the_key_else_unknown(
    headers: list[tuple[str, bytes]], key: bytes | None, sender: str
) -> None:
    assert read(headers=headers, key=key).source.sender == sender


def test_headers_are_read_with_their_types() -> None:
    trace = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    source = read(
        headers=[
            ("cw-sender", b"NL*HUB"),
            ("cw-sequence", b"17"),
            ("cw-message-id", b"m-17"),
            ("cw-sent-at", b"2026-10-05T10:00:00+02:00"),
            ("traceparent", trace),
            ("of-another-system", b"\xff"),
        ]
    ).source
    assert (source.sequence, source.message_id) == (17, "m-17")
    assert source.sent_at == datetime(2026, 10, 5, 8, tzinfo=UTC)
    assert source.traceparent == trace.decode()
    assert str(source) == "clearwatt.cdrs.v1[3]@41"


def test_a_record_without_a_time_is_kept_at_the_beginning_of_time() -> None:
    assert read(timestamp_ms=-1).received_at == BEGINNING
    assert received_at_of(253_402_300_799_999) is not None
    assert received_at_of(253_402_300_800_000) is None


@given(
    key=st.none() | st.binary(max_size=40),
    value=st.none() | st.binary(max_size=200) | st.binary().map(lambda tail: example("cdr") + tail),
    headers=st.lists(
        st.tuples(
            st.sampled_from(schemas.HEADERS) | st.text(max_size=20),
            st.none() | st.binary(max_size=60),
        ),
        max_size=4,
    ),
    timestamp_ms=st.integers(-(2**63), 2**63 - 1),
)
def test_no_record_whatever_is_in_it_raises(
    key: bytes | None,
    value: bytes | None,
    headers: list[tuple[str, bytes | None]],
    timestamp_ms: int,
) -> None:
    received = read(key=key, value=value, headers=headers, timestamp_ms=timestamp_ms)
    assert (received.command is None) != (received.refusal is None)
    assert received.raw is not None
    for name, _ in received.raw.headers:
        assert "\0" not in name  # PostgreSQL's text could not hold it


@pytest.mark.parametrize("damage", [lambda value: b"\x09" + value, lambda value: value[:60]])
def test_fed_again_a_message_reads_as_it_did_the_first_time(
    damage: Callable[[bytes], bytes],
) -> None:
    first = read(value=damage(example("cdr")), headers=[("cw-sender", b"NL*HUB")])
    assert first.raw is not None
    row = UnreadableRow(
        first.source.topic,
        first.source.partition,
        first.source.offset,
        reason_of(first).value,
        "",
        "",
        first.source.sender,
        first.raw.key,
        first.raw.value,
        first.raw.headers,
        first.received_at,
    )
    assert received_from(row, REGISTRY) == first


def test_a_refusal_repeats_no_value_of_the_message() -> None:
    cdr = from_ocpi_json("cdr", (EXAMPLES / "cdrs.v1.json").read_bytes())
    token = cdr.cdr_token.model_copy(update={"uid": "SECRET" * 20})  # type: ignore[union-attr]
    bad = cdr.model_copy(update={"cdr_token": token})
    received = read(value=encode(bad, topic=CDRS, registry=REGISTRY))
    assert reason_of(received) is Reason.TEXT_TOO_LONG
    assert "SECRET" not in str(received.refusal)
