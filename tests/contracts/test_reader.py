"""Our own reader of Avro says what fastavro says, of every message it does not leave to it."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import pytest
from contract_messages import REGISTRY, messages
from hypothesis import given, settings
from hypothesis import strategies as st

import schemas
from schemas import TOPICS, SchemaError, decode, encode, from_control_json, from_ocpi_json
from schemas.contracts import contract_of, parse
from schemas.fields import Record
from schemas.reader import Irregular, read_whole, reader_of
from schemas.topics import CONTROL_KINDS, KINDS, topic_name
from schemas.wire import _read, _reader

EXAMPLES = Path(schemas.__file__).parent / "examples"
BODY = 5


def outcome_of(data: bytes, topic: str, *, by_fastavro: bool) -> Record | tuple[str, str, str]:
    """Return the model in a topic's bytes, or the whole refusal."""
    contract = contract_of(topic)
    try:
        if by_fastavro:
            try:
                return contract.model.model_validate(_read(data, contract.newest.parsed, None))
            except schemas.wire.ValidationError as error:
                raise SchemaError.from_validation(error) from error
        return decode(data, topic=topic, registry=REGISTRY)
    except SchemaError as error:
        return error.code, error.path, error.detail


def is_read_by_us(data: bytes, topic: str) -> bool:
    read = _reader(topic)
    assert read is not None
    try:
        read_whole(read, data, BODY)
    except Irregular:
        return False
    return True


@pytest.mark.parametrize("topic", TOPICS)
def test_there_is_a_reader_for_every_topic(topic: str) -> None:
    assert _reader(topic) is not None


@pytest.mark.parametrize("kind", [*KINDS, *CONTROL_KINDS])
def test_examples_are_read_by_us_and_as_by_fastavro(kind: Any) -> None:
    topic = topic_name("", kind)
    text = (EXAMPLES / f"{topic}.json").read_bytes()
    of_json = from_ocpi_json if kind in KINDS else from_control_json
    data = encode(of_json(kind, text), topic=topic, registry=REGISTRY)
    assert is_read_by_us(data, topic)
    assert outcome_of(data, topic, by_fastavro=False) == outcome_of(data, topic, by_fastavro=True)


@settings(max_examples=150)
@given(data=st.data())
def test_whatever_a_model_holds_is_read_by_us_and_as_by_fastavro(data: st.DataObject) -> None:
    topic = data.draw(st.sampled_from(sorted(TOPICS)))
    value = encode(data.draw(messages(TOPICS[topic])), topic=topic, registry=REGISTRY)
    assert is_read_by_us(value, topic)
    assert outcome_of(value, topic, by_fastavro=False) == outcome_of(value, topic, by_fastavro=True)


@settings(max_examples=300)
@given(data=st.data())
def test_damaged_bytes_have_the_same_value_or_the_same_refusal(data: st.DataObject) -> None:
    topic = data.draw(st.sampled_from(["cdrs.v1", "sessions.v1", "tariff-versions.v1"]))
    damaged = bytearray(encode(data.draw(messages(TOPICS[topic])), topic=topic, registry=REGISTRY))
    for place in data.draw(st.lists(st.integers(BODY, len(damaged) - 1), min_size=1, max_size=4)):
        damaged[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(BODY, len(damaged)))
    for value in (bytes(damaged), bytes(damaged[:cut]), bytes(damaged) + b"\0"):
        ours = outcome_of(value, topic, by_fastavro=False)
        assert ours == outcome_of(value, topic, by_fastavro=True)


def test_every_single_damaged_byte_of_a_cdr_has_the_same_value_or_the_same_refusal() -> None:
    topic = "cdrs.v1"
    cdr = from_ocpi_json("cdr", (EXAMPLES / f"{topic}.json").read_bytes())
    value = encode(cdr, topic=topic, registry=REGISTRY)
    for place in range(BODY, len(value)):
        for byte in (0, 1, 2, 127, 128, 255, value[place] ^ 1):
            damaged = value[:place] + bytes([byte]) + value[place + 1 :]
            ours = outcome_of(damaged, topic, by_fastavro=False)
            assert ours == outcome_of(damaged, topic, by_fastavro=True), (place, byte)


def test_a_tariff_that_comes_again_is_the_same_object_and_one_that_differs_is_not() -> None:
    text = json.loads((EXAMPLES / "cdrs.v1.json").read_bytes())
    text["tariffs"] = [json.loads((EXAMPLES / "tariff-versions.v1.json").read_bytes())]
    first = decoded(text)
    text["id"] = "ANOTHER"
    second = decoded(text)
    assert second.tariffs[0] is first.tariffs[0]
    assert second.cdr_location is first.cdr_location
    text["tariffs"][0]["elements"][0]["price_components"][0]["price"] = 9.99
    text["cdr_location"]["evse_uid"] = "ANOTHER"
    third = decoded(text)
    assert third.tariffs[0].elements[0].price_components[0].price != (
        first.tariffs[0].elements[0].price_components[0].price
    )
    assert third.cdr_location.evse_uid == "ANOTHER"
    assert decoded(text).cdr_location is third.cdr_location


def decoded(text: dict[str, Any]) -> Any:
    cdr = from_ocpi_json("cdr", json.dumps(text).encode())
    value = encode(cdr, topic="cdrs.v1", registry=REGISTRY)
    return decode(value, topic="cdrs.v1", registry=REGISTRY)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("long", b"\x80" * 9 + b"\x01"),  # ten bytes: beyond what we read of a number
        ("string", b"\x01"),  # a length below zero
        ("string", b"\x06ab"),  # it ends within the text
        ("string", b"\x02\xff"),  # no UTF-8
        ("boolean", b"\x02"),
        ({"type": "array", "items": "long"}, b"\x01\x02\x02\x00"),  # a block with its size
        ("long", b"\x02\x00"),  # bytes follow
        ("long", b""),
    ],
)
def test_what_is_irregular_is_left_to_fastavro(kind: Any, body: bytes) -> None:
    schema = {"type": "record", "name": "R", "fields": [{"name": "it", "type": kind}]}
    read = reader_of(parse(json.dumps(schema)), {})
    assert read is not None
    with pytest.raises(Irregular):
        read_whole(read, body, 0)


@pytest.mark.parametrize(
    "kind",
    ["double", {"type": "map", "values": "long"}, ["null", "long", "string"], ["long", "null"]],
)
def test_a_schema_of_other_types_has_no_reader(kind: Any) -> None:
    schema = {"type": "record", "name": "R", "fields": [{"name": "it", "type": kind}]}
    assert reader_of(parse(json.dumps(schema)), {}) is None


def test_numbers_of_every_length_are_read_as_by_fastavro() -> None:
    schema = parse(
        json.dumps({"type": "record", "name": "R", "fields": [{"name": "it", "type": "long"}]})
    )
    read = reader_of(schema, {})
    assert read is not None
    powers = [sign * (1 << bits) for bits in range(62) for sign in (1, -1)]
    for number in [power + off for power in powers for off in (0, 1)]:
        body = BytesIO()
        fastavro.schemaless_writer(body, schema, {"it": number})
        assert read_whole(read, body.getvalue(), 0) == {"it": number}
