"""The control topics: what they hold goes through unchanged, and bad messages say what is wrong."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import msgspec
import pytest
from contract_messages import REGISTRY, control_example, example_bytes, messages
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import schemas
from schemas import (
    CODES,
    ControlKind,
    ControlTotalsV1,
    DisputeCommandV1,
    DisputeEventV1,
    RejectV1,
    SchemaError,
    decode,
    from_control_json,
    read_file,
    topic_name,
)
from schemas.contracts import contracts
from schemas.fields import Record
from schemas.headers import check_key, message_key

TOTALS = json.loads(example_bytes("control-totals.v1"), parse_float=Decimal)
DISPUTE = json.loads(example_bytes("dispute-commands.v1"), parse_float=Decimal)
EVENT = DisputeEventV1.model_validate_json(example_bytes("dispute-events.v1")).model_dump()
REJECT = RejectV1.model_validate_json(example_bytes("rejects.v1")).model_dump()
CDR = DISPUTE["cdrs"][0]
AMOUNT = {"currency": "EUR", "before_taxes": 1}
ANSWER = {"action": "ANSWER", "cdrs": [], "reason_code": None, "disputed": None}
JSON = msgspec.json.Encoder(decimal_format="number")
PLUS_TWO = timezone(timedelta(hours=2))


def refusal_of(kind: ControlKind, data: bytes) -> tuple[str, str]:
    with pytest.raises(SchemaError) as refused:
        from_control_json(kind, data)
    assert refused.value.code in CODES
    return refused.value.code, refused.value.path


def refusal_of_value(model: type[Record], value: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(ValidationError) as invalid:
        model.model_validate(value)
    refusal = SchemaError.from_validation(invalid.value)
    return refusal.code, refusal.path


def without(value: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: content for key, content in value.items() if key != name}


def test_totals_are_read_exactly() -> None:
    totals = control_example("control-totals")
    assert isinstance(totals, ControlTotalsV1)
    assert (totals.day, totals.messages) == (date(2026, 10, 5), 214)
    assert totals.energy_kwh == Decimal("3283.188")
    assert [amount.before_taxes for amount in totals.amounts] == [
        Decimal("1408.84332"),
        Decimal("-12.4"),
    ]


def test_a_dispute_is_read_with_what_it_is_about() -> None:
    command = control_example("dispute-command")
    assert isinstance(command, DisputeCommandV1)
    assert (command.action, command.by, command.reason_code) == ("OPEN", "DE*ABC", "PRICE")
    assert command.disputed is not None
    assert command.disputed.before_taxes == Decimal("1.2")
    assert command.last_updated == datetime(2026, 10, 12, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("action", ["ANSWER", "ACCEPT", "WITHDRAW"])
def test_what_follows_on_a_dispute_names_it_only(action: str) -> None:
    value = {**DISPUTE, **ANSWER, "action": action, "text": None, "evidence": None}
    command = from_control_json("dispute-command", JSON.encode(value))
    assert isinstance(command, DisputeCommandV1)
    assert (command.action, command.cdrs, command.disputed) == (action, (), None)


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"country_code": "NLD"}, "WRONG_FORMAT", "country_code"),
        ({"topic": "invoices.v1"}, "UNKNOWN_VALUE", "topic"),
        ({"topic": "control-totals.v1"}, "UNKNOWN_VALUE", "topic"),
        ({"day": "2026-02-30"}, "WRONG_FORMAT", "day"),
        ({"day": "2026-10-05T00:00:00Z"}, "WRONG_FORMAT", "day"),
        ({"day": "20261005"}, "WRONG_FORMAT", "day"),
        ({"day": 20261005}, "WRONG_TYPE", "day"),
        ({"messages": -1}, "NEGATIVE_QUANTITY", "messages"),
        ({"messages": 1.5}, "WRONG_TYPE", "messages"),
        ({"messages": "214"}, "WRONG_TYPE", "messages"),
        ({"messages": True}, "WRONG_TYPE", "messages"),
        ({"messages": 2**31}, "NUMBER_OUT_OF_RANGE", "messages"),
        ({"first_sequence": 0}, "NUMBER_OUT_OF_RANGE", "first_sequence"),
        ({"last_sequence": 10**18}, "NUMBER_OUT_OF_RANGE", "last_sequence"),
        ({"last_sequence": 10**40}, "NUMBER_OUT_OF_RANGE", "last_sequence"),
        ({"last_sequence": 9020}, "END_BEFORE_START", "last_sequence"),
        ({"last_sequence": None}, "MISSING_FIELD", "last_sequence"),
        ({"first_sequence": None}, "MISSING_FIELD", "first_sequence"),
        ({"messages": 0}, "FIELD_NOT_APPLICABLE", "first_sequence"),
        ({"energy_kwh": -0.001}, "NEGATIVE_QUANTITY", "energy_kwh"),
        ({"energy_kwh": "3283"}, "WRONG_TYPE", "energy_kwh"),
        ({"energy_kwh": Decimal("1E-10")}, "DECIMAL_TOO_LONG", "energy_kwh"),
        ({"energy_kwh": 10**29}, "NUMBER_OUT_OF_RANGE", "energy_kwh"),
        ({"amounts": [{"currency": "eur", "before_taxes": 1}]}, "UNKNOWN_CURRENCY", None),
        ({"amounts": [{"currency": "EUR"}]}, "MISSING_FIELD", "amounts.0.before_taxes"),
        ({"amounts": [AMOUNT, AMOUNT]}, "NAMED_TWICE", "amounts.1"),
        ({"amounts": [{**AMOUNT, "vat": 1}]}, "UNKNOWN_FIELD", "amounts.0.vat"),
        ({"amounts": AMOUNT}, "WRONG_TYPE", "amounts"),
        ({"last_updated": "2026-10-06"}, "WRONG_FORMAT", "last_updated"),
        ({"sender": "NL*XYZ"}, "UNKNOWN_FIELD", "sender"),
    ],
)
def test_totals_that_make_no_sense_are_refused(
    change: dict[str, Any], code: str, path: str | None
) -> None:
    found = refusal_of("control-totals", JSON.encode({**TOTALS, **change}))
    assert found == (code, path or "amounts.0.currency")


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"party_id": "XY"}, "WRONG_FORMAT", "party_id"),
        ({"command_id": ""}, "MISSING_FIELD", "command_id"),
        ({"dispute_id": "d" * 37}, "TEXT_TOO_LONG", "dispute_id"),
        ({"dispute_id": "é"}, "WRONG_FORMAT", "dispute_id"),
        ({"action": "open"}, "UNKNOWN_VALUE", "action"),
        ({"by": "DEABC"}, "WRONG_FORMAT", "by"),
        ({"by": "DE*ABCD"}, "WRONG_FORMAT", "by"),
        ({"cdrs": []}, "MISSING_FIELD", "cdrs"),
        ({"cdrs": None}, "MISSING_FIELD", "cdrs"),
        ({"cdrs": ["C-20261005-0017"]}, "WRONG_TYPE", "cdrs.0"),
        ({"cdrs": [CDR, {**CDR, "id": CDR["id"].lower()}]}, "NAMED_TWICE", "cdrs.1"),
        ({"cdrs": [CDR, {**CDR, "party_id": "ABC"}]}, "CDR_OF_ANOTHER_PARTY", "cdrs.1.party_id"),
        ({"cdrs": [{**CDR, "country_code": "BE"}]}, "CDR_OF_ANOTHER_PARTY", "cdrs.0.party_id"),
        ({"cdrs": [{**CDR, "kwh": 1}]}, "UNKNOWN_FIELD", "cdrs.0.kwh"),
        ({"reason_code": None}, "MISSING_FIELD", "reason_code"),
        ({"reason_code": "TOO_EXPENSIVE"}, "UNKNOWN_VALUE", "reason_code"),
        ({"disputed": {**AMOUNT, "before_taxes": 0}}, "NUMBER_OUT_OF_RANGE", None),
        ({"disputed": {**AMOUNT, "before_taxes": -1}}, "NUMBER_OUT_OF_RANGE", None),
        ({"disputed": {"before_taxes": 1}}, "MISSING_FIELD", "disputed.currency"),
        ({"disputed": 1.2}, "WRONG_TYPE", "disputed"),
        ({"text": "x" * 5001}, "TEXT_TOO_LONG", "text"),
        ({"text": "nul \0"}, "WRONG_FORMAT", "text"),
        ({"evidence": [{"name": "a.pdf"}]}, "MISSING_FIELD", "evidence.0.sha256"),
        ({"evidence": [{"name": "", "sha256": "0" * 64}]}, "MISSING_FIELD", "evidence.0.name"),
        ({"evidence": [{"name": "a", "sha256": "0" * 63}]}, "WRONG_FORMAT", "evidence.0.sha256"),
        ({**ANSWER, "cdrs": [CDR]}, "FIELD_NOT_APPLICABLE", "cdrs"),
        ({**ANSWER, "reason_code": "PRICE"}, "FIELD_NOT_APPLICABLE", "reason_code"),
        ({**ANSWER, "disputed": AMOUNT}, "FIELD_NOT_APPLICABLE", "disputed"),
        ({"ocpi_version": "2.3.0"}, "UNKNOWN_FIELD", "ocpi_version"),
        ({"last_updated": None}, "MISSING_FIELD", "last_updated"),
    ],
)
def test_words_of_a_dispute_that_make_no_sense_are_refused(
    change: dict[str, Any], code: str, path: str | None
) -> None:
    found = refusal_of("dispute-command", JSON.encode({**DISPUTE, **change}))
    assert found == (code, path or "disputed.before_taxes")


@pytest.mark.parametrize("name", ["country_code", "topic", "day", "messages", "last_updated"])
def test_totals_without_a_required_field_are_refused(name: str) -> None:
    data = JSON.encode(without(TOTALS, name))
    assert refusal_of("control-totals", data) == ("MISSING_FIELD", name)


@pytest.mark.parametrize("name", ["party_id", "command_id", "dispute_id", "action", "by"])
def test_a_dispute_without_a_required_field_is_refused(name: str) -> None:
    data = JSON.encode(without(DISPUTE, name))
    assert refusal_of("dispute-command", data) == ("MISSING_FIELD", name)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "NOT_JSON"),
        (b"[]", "NOT_JSON"),
        (b'{"messages": 1, "messages": 2}', "NOT_JSON"),
        (b"[" * 100_000, "NOT_JSON"),
        (b'{"energy_kwh": NaN}', "NOT_A_NUMBER"),
        (b'{"energy_kwh": 1e99999999999999999999}', "NUMBER_OUT_OF_RANGE"),
    ],
)
def test_text_that_is_no_json_object_is_refused(data: bytes, code: str) -> None:
    assert refusal_of("control-totals", data)[0] == code


@pytest.mark.parametrize(
    ("model", "change", "code", "path"),
    [
        (ControlTotalsV1, {"day": datetime(2026, 10, 5, tzinfo=UTC)}, "WRONG_TYPE", "day"),
        (ControlTotalsV1, {"day": "2026-10-05"}, "WRONG_TYPE", "day"),
        (ControlTotalsV1, {"energy_kwh": 1.5}, "WRONG_TYPE", "energy_kwh"),
        (ControlTotalsV1, {"energy_kwh": Decimal("NaN")}, "NOT_A_NUMBER", "energy_kwh"),
        (
            ControlTotalsV1,
            {"last_updated": datetime(2026, 10, 5)},  # noqa: DTZ001
            "TIME_WITHOUT_ZONE",
            "last_updated",
        ),
        (
            DisputeCommandV1,
            {"last_updated": datetime(2026, 10, 5, tzinfo=PLUS_TWO)},
            "TIME_NOT_UTC",
            "last_updated",
        ),
        (DisputeEventV1, {"state": "withdrawn"}, "UNKNOWN_VALUE", "state"),
        (DisputeEventV1, {"position": -1}, "NEGATIVE_QUANTITY", "position"),
        (DisputeEventV1, {"cdrs": []}, "MISSING_FIELD", "cdrs"),
        (DisputeEventV1, {"visible_to": ["everybody"]}, "WRONG_FORMAT", "visible_to.0"),
        (
            DisputeEventV1,
            {"deadline_at": datetime(2026, 10, 5)},  # noqa: DTZ001
            "TIME_WITHOUT_ZONE",
            "deadline_at",
        ),
        (RejectV1, {"reasons": []}, "MISSING_FIELD", "reasons"),
        (RejectV1, {"reject_id": "R-1"}, "WRONG_FORMAT", "reject_id"),
        (RejectV1, {"content_sha256": "0" * 63}, "WRONG_FORMAT", "content_sha256"),
        (RejectV1, {"requested_by": ""}, "MISSING_FIELD", "requested_by"),
        (
            RejectV1,
            {"reasons": [{"code": "X", "number": -1, "severity": "SEVERE"}]},
            "NEGATIVE_QUANTITY",
            "reasons.0.number",
        ),
        (
            RejectV1,
            {"reasons": [{"code": "X", "number": 1, "severity": "BAD"}]},
            "UNKNOWN_VALUE",
            "reasons.0.severity",
        ),
    ],
)
def test_a_value_that_python_code_gets_wrong_is_refused(
    model: type[Record], change: dict[str, Any], code: str, path: str
) -> None:
    good = {
        ControlTotalsV1: control_example("control-totals").model_dump(),
        DisputeCommandV1: control_example("dispute-command").model_dump(),
        DisputeEventV1: EVENT,
        RejectV1: REJECT,
    }[model]
    assert model.model_validate(good)
    assert refusal_of_value(model, {**good, **change}) == (code, path)
    assert refusal_of_value(model, {**good, "colour": "green"}) == ("UNKNOWN_FIELD", "colour")


def bytes_of(kind: ControlKind, **change: Any) -> bytes:
    """A message that another writer wrote with our schema, without asking our models."""
    contract = contracts()[topic_name("", kind)]
    body = BytesIO()
    body.write(b"\0" + contract.newest.schema_id.to_bytes(4, "big"))
    value = {**control_example(kind).model_dump(), **change}
    fastavro.schemaless_writer(body, contract.newest.parsed, value)
    return body.getvalue()


@pytest.mark.parametrize(
    ("kind", "change", "code"),
    [
        ("control-totals", {"messages": -3}, "NEGATIVE_QUANTITY"),
        ("control-totals", {"topic": "x" * 1000}, "UNKNOWN_VALUE"),
        ("control-totals", {"day": 2**31 - 1}, "CORRUPT_AVRO"),
        ("control-totals", {"last_updated": 2**62}, "CORRUPT_AVRO"),
        ("control-totals", {"last_sequence": -(2**63)}, "NUMBER_OUT_OF_RANGE"),
        ("dispute-command", {"action": "RESOLVE"}, "UNKNOWN_VALUE"),
        ("dispute-command", {"cdrs": []}, "MISSING_FIELD"),
        ("dispute-command", {"by": "somebody"}, "WRONG_FORMAT"),
        ("dispute-command", {"text": "x" * 5001}, "TEXT_TOO_LONG"),
    ],
)
def test_bytes_of_another_writer_are_judged_like_our_own(
    kind: ControlKind, change: dict[str, Any], code: str
) -> None:
    topic = topic_name("clearwatt.", kind)
    assert decode(bytes_of(kind), topic=topic, registry=REGISTRY) == control_example(kind)
    with pytest.raises(SchemaError) as refused:
        decode(bytes_of(kind, **change), topic=topic, registry=REGISTRY)
    assert refused.value.code == code


def test_a_dispute_command_is_no_control_total() -> None:
    with pytest.raises(SchemaError, match="SCHEMA_FOR_ANOTHER_TOPIC"):
        decode(bytes_of("dispute-command"), topic="clearwatt.control-totals.v1", registry=REGISTRY)


def test_a_refusal_never_repeats_the_value() -> None:
    secret = "DE-ABC-C10002000-4"
    for change in ({"by": secret}, {"text": secret * 500}, {"action": secret}):
        with pytest.raises(SchemaError) as refused:
            from_control_json("dispute-command", JSON.encode({**DISPUTE, **change}))
        assert secret not in str(refused.value)


def as_json(message: Record) -> bytes:
    """A message as a partner would write it: numbers as numbers, a time in RFC 3339."""
    return JSON.encode(message.model_dump())


@pytest.mark.parametrize("kind", schemas.CONTROL_KINDS)
@given(data=st.data())
def test_json_of_a_message_reads_as_the_same_message(
    kind: ControlKind, data: st.DataObject
) -> None:
    message = data.draw(messages(schemas.TOPICS[topic_name("", kind)]))
    assert from_control_json(kind, as_json(message)) == message


@pytest.mark.parametrize("kind", schemas.CONTROL_KINDS)
def test_the_key_of_a_control_message_is_the_party_it_begins_with(kind: ControlKind) -> None:
    message = control_example(kind)
    check_key(message_key("nl", "xyz"), message)
    # The speaker of a dispute is not its key: what concerns a CPO's CDRs stands in one partition.
    with pytest.raises(SchemaError, match="KEY_PARTY_DIFFERS"):
        check_key(b"DE*ABC", message)
    with pytest.raises(SchemaError, match="MISSING_KEY"):
        check_key(None, message)


def test_a_file_of_control_messages_gives_each_or_its_refusal(tmp_path: Path) -> None:
    file = tmp_path / "totals.jsonl"
    lines = [TOTALS, {**TOTALS, "messages": -1}, {**TOTALS, "topic": "sessions.v1"}]
    file.write_bytes(b"\n".join(map(JSON.encode, lines)))
    first, second, third = read_file(file, "control-totals")
    assert first == control_example("control-totals")
    assert isinstance(second, SchemaError)
    assert second.code == "NEGATIVE_QUANTITY"
    assert isinstance(third, ControlTotalsV1)
    assert third.topic == "sessions.v1"


def test_an_avro_container_of_control_messages_is_read(tmp_path: Path) -> None:
    file = tmp_path / "disputes.avro"
    message = control_example("dispute-command")
    with file.open("wb") as out:
        fastavro.writer(
            out, contracts()["dispute-commands.v1"].newest.parsed, [message.model_dump()]
        )
    assert list(read_file(file, "dispute-command")) == [message]
