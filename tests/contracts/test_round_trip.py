"""Whatever a model can hold goes through its bytes, and through JSON, without a change."""

import pytest
from contract_messages import PREFIX, REGISTRY, messages
from hypothesis import given, settings
from hypothesis import strategies as st

import schemas
from schemas import TOPICS, SchemaError, decode, encode, from_ocpi_json, to_ocpi_json
from schemas.fields import Record
from schemas.headers import check_key, message_key


@pytest.mark.parametrize("topic", TOPICS)
@given(data=st.data())
def test_model_to_avro_and_back_is_the_same_model_and_the_same_bytes(
    topic: str, data: st.DataObject
) -> None:
    message: Record = data.draw(messages(TOPICS[topic]))
    written = encode(message, topic=PREFIX + topic, registry=REGISTRY)
    read = decode(written, topic=PREFIX + topic, registry=REGISTRY)
    assert read == message
    assert encode(read, topic=PREFIX + topic, registry=REGISTRY) == written


@pytest.mark.parametrize("kind", schemas.KINDS)
@given(data=st.data())
def test_ocpi_json_of_a_message_reads_as_the_same_object(
    kind: schemas.Kind, data: st.DataObject
) -> None:
    message = data.draw(messages(TOPICS[schemas.topic_name("", kind)]))
    read = from_ocpi_json(kind, to_ocpi_json(message), ocpi_version="2.3.0")
    again = from_ocpi_json(kind, to_ocpi_json(read), ocpi_version="2.3.0")
    assert again == read
    assert (read.id, read.last_updated) == (message.id, message.last_updated)


@settings(max_examples=150)
@given(data=st.data())
def test_damaged_bytes_are_read_or_refused_and_never_anything_else(data: st.DataObject) -> None:
    topic = data.draw(st.sampled_from(sorted(TOPICS)))
    message: Record = data.draw(messages(TOPICS[topic]))
    damaged = bytearray(encode(message, topic=topic, registry=REGISTRY))
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=4)):
        damaged[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    for value in (bytes(damaged), bytes(damaged[:cut])):
        try:
            decode(value, topic=topic, registry=REGISTRY)
        except SchemaError as error:
            assert error.code in schemas.CODES


@given(messages(schemas.SessionV1))
def test_the_key_of_a_message_is_its_party(session: schemas.SessionV1) -> None:
    key = message_key(session.country_code, session.party_id)
    check_key(key, session)
    check_key(key.lower(), session)
    with pytest.raises(SchemaError, match="KEY_PARTY_DIFFERS"):
        check_key(key + b"X", session)
    with pytest.raises(SchemaError, match="MISSING_KEY"):
        check_key(None, session)
