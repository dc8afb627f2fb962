"""Each kind of bad message is refused with its own code and the place it is at."""

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO
from typing import Any

import fastavro
import pytest
from contract_messages import REGISTRY, example, example_bytes
from pydantic import ValidationError

import schemas
from schemas import CODES, CdrV1, SchemaError, decode, encode, from_ocpi_json
from schemas.contracts import contracts
from schemas.wire import MAX_MESSAGE_BYTES

TOPIC = "clearwatt.cdrs.v1"
CDR = json.loads(example_bytes("cdrs.v1"))
GOOD = encode(example("cdr"), topic=TOPIC, registry=REGISTRY)


def refusal_of_json(data: bytes, **options: Any) -> tuple[str, str]:
    with pytest.raises(SchemaError) as refused:
        from_ocpi_json("cdr", data, **options)
    assert refused.value.code in CODES
    return refused.value.code, refused.value.path


def refusal_of_bytes(data: bytes | None, topic: str = TOPIC) -> str:
    with pytest.raises(SchemaError) as refused:
        decode(data, topic=topic, registry=REGISTRY)
    return refused.value.code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (None, "EMPTY_MESSAGE"),
        (b"", "EMPTY_MESSAGE"),
        (b"\x01" + GOOD[1:], "WRONG_MAGIC_BYTE"),
        (b'{"id": "C-1"}', "WRONG_MAGIC_BYTE"),
        (b"\0\0\0", "CORRUPT_AVRO"),
        (b"\0\x7f\xff\xff\xff" + GOOD[5:], "UNKNOWN_SCHEMA_ID"),
        (b"\0\0\0\0\x02" + GOOD[5:], "SCHEMA_FOR_ANOTHER_TOPIC"),
        (GOOD[:-3], "CORRUPT_AVRO"),
        (GOOD + b"\0", "CORRUPT_AVRO"),
        (GOOD[:5] + b"\xff" * 40, "CORRUPT_AVRO"),
        (GOOD + b"\0" * MAX_MESSAGE_BYTES, "MESSAGE_TOO_LARGE"),
    ],
)
def test_bytes_that_are_no_message_are_refused(data: bytes | None, code: str) -> None:
    assert refusal_of_bytes(data) == code


@pytest.mark.parametrize("topic", ["clearwatt.cdrs.v2", "cdrs", "xcdrs.v1", "clearwatt.orders.v1"])
def test_a_topic_without_a_contract_is_refused(topic: str) -> None:
    assert refusal_of_bytes(GOOD, topic) == "UNKNOWN_TOPIC_VERSION"


def test_a_decimal_longer_than_its_field_is_refused_and_not_rounded() -> None:
    schema = json.loads(contracts()["cdrs.v1"].newest.text)
    energy = next(field for field in schema["fields"] if field["name"] == "total_energy")
    energy["type"] = "bytes"
    values = {**example("cdr").model_dump(), "total_energy": b"\x7f" + b"\xff" * 15}
    body = BytesIO(GOOD[:5])
    body.seek(5)
    fastavro.schemaless_writer(body, fastavro.parse_schema(schema), values)
    assert refusal_of_bytes(body.getvalue()) == "DECIMAL_TOO_LONG"

    too_exact = example("cdr").model_copy(update={"total_energy": Decimal("1.0000000001")})
    with pytest.raises(SchemaError, match="DECIMAL_TOO_LONG"):
        encode(too_exact, topic=TOPIC, registry=REGISTRY)


def test_a_model_of_another_topic_is_not_written() -> None:
    with pytest.raises(SchemaError, match="WRONG_TYPE"):
        encode(example("session"), topic=TOPIC, registry=REGISTRY)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "NOT_JSON"),
        (b"[]", "NOT_JSON"),
        (b'"CDR"', "NOT_JSON"),
        (b'{"id": "C-1"', "NOT_JSON"),
        (b'{"id": "\xff"}', "NOT_JSON"),
        (b'{"id": "C-1", "id": "C-2"}', "NOT_JSON"),
        (b"[" * 100_000, "NOT_JSON"),
        (b'{"total_energy": NaN}', "NOT_A_NUMBER"),
        (b'{"total_energy": -Infinity}', "NOT_A_NUMBER"),
        (b'{"total_energy": ' + b"9" * 5000 + b"}", "NUMBER_OUT_OF_RANGE"),
        (b'{"total_energy": 1e99999999999999999999}', "NUMBER_OUT_OF_RANGE"),
    ],
)
def test_text_that_is_no_json_object_is_refused(text: bytes, code: str) -> None:
    assert refusal_of_json(text, ocpi_version="2.3.0")[0] == code


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("1e999", "NUMBER_OUT_OF_RANGE"),
        ("-1e999", "NUMBER_OUT_OF_RANGE"),
        ("1e999999999", "NUMBER_OUT_OF_RANGE"),
        ("1" + "0" * 29, "NUMBER_OUT_OF_RANGE"),
        ("0.0000000001", "DECIMAL_TOO_LONG"),
        ("1e-999999999", "DECIMAL_TOO_LONG"),
        ("1." + "1" * 200, "DECIMAL_TOO_LONG"),
        ("-0.001", "NEGATIVE_QUANTITY"),
        ("true", "WRONG_TYPE"),
        ('"15.342"', "WRONG_TYPE"),
        ("[15.342]", "WRONG_TYPE"),
        ("null", "MISSING_FIELD"),
    ],
)
def test_a_number_that_is_no_energy_is_refused(number: str, code: str) -> None:
    text = json.dumps({**CDR, "total_energy": "@"}).replace('"@"', number)
    assert refusal_of_json(text.encode()) == (code, "total_energy")


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"id": ""}, "MISSING_FIELD", "id"),
        ({"charging_periods": []}, "MISSING_FIELD", "charging_periods"),
        ({"total_cost": {"before_taxes": None}}, "MISSING_FIELD", "total_cost.before_taxes"),
        ({"auth_method": "MAGIC"}, "UNKNOWN_VALUE", "auth_method"),
        ({"currency": "eur"}, "UNKNOWN_CURRENCY", "currency"),
        ({"currency": "EURO"}, "UNKNOWN_CURRENCY", "currency"),
        ({"country_code": "NLD"}, "WRONG_FORMAT", "country_code"),
        ({"party_id": "X\nZ"}, "WRONG_FORMAT", "party_id"),
        ({"remark": "nul \0"}, "WRONG_FORMAT", "remark"),
        ({"remark": "half \ud800"}, "WRONG_FORMAT", "remark"),
        ({"remark": "x" * 256}, "TEXT_TOO_LONG", "remark"),
        ({"id": 17}, "WRONG_TYPE", "id"),
        ({"credit": "true"}, "WRONG_TYPE", "credit"),
        ({"cdr_token": "04A2"}, "WRONG_TYPE", "cdr_token"),
        ({"last_updated": "2026-10-05"}, "WRONG_FORMAT", "last_updated"),
        ({"last_updated": "2026-02-30T00:00:00Z"}, "WRONG_FORMAT", "last_updated"),
        ({"last_updated": 1790000000}, "WRONG_TYPE", "last_updated"),
        ({"end_date_time": "2026-10-05T06:29:59Z"}, "END_BEFORE_START", "end_date_time"),
    ],
)
def test_a_field_that_ocpi_does_not_allow_is_refused(
    change: dict[str, Any], code: str, path: str
) -> None:
    assert refusal_of_json(json.dumps({**CDR, **change}).encode()) == (code, path)


@pytest.mark.parametrize("name", ["id", "cdr_token", "total_cost", "charging_periods"])
def test_a_missing_field_is_refused(name: str) -> None:
    cdr = {key: value for key, value in CDR.items() if key != name}
    assert refusal_of_json(json.dumps(cdr).encode(), ocpi_version="2.3.0") == (
        "MISSING_FIELD",
        name,
    )


@pytest.mark.parametrize(
    ("dimension", "refused"),
    [("ENERGY", True), ("TIME", True), ("MIN_POWER", False), ("CURRENT", False)],
)
def test_only_a_dimension_with_a_direction_may_be_negative(dimension: str, refused: bool) -> None:
    period = {**CDR["charging_periods"][0], "dimensions": [{"type": dimension, "volume": -1.5}]}
    data = json.dumps({**CDR, "charging_periods": [period]}).encode()
    if refused:
        path = "charging_periods.0.dimensions.0.volume"
        assert refusal_of_json(data) == ("NEGATIVE_QUANTITY", path)
    else:
        cdr = from_ocpi_json("cdr", data)
        assert isinstance(cdr, CdrV1)
        assert cdr.charging_periods[0].dimensions[0].volume == Decimal("-1.5")


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"last_updated": datetime(2026, 10, 5)}, "TIME_WITHOUT_ZONE", "last_updated"),  # noqa: DTZ001
        (
            {"last_updated": datetime(2026, 10, 5, tzinfo=timezone(timedelta(hours=2)))},
            "TIME_NOT_UTC",
            "last_updated",
        ),
        ({"total_time": Decimal("NaN")}, "NOT_A_NUMBER", "total_time"),
        ({"total_time": Decimal("Infinity")}, "NOT_A_NUMBER", "total_time"),
        ({"total_time": 1.5}, "WRONG_TYPE", "total_time"),
        ({"colour": "green"}, "UNKNOWN_FIELD", "colour"),
        ({"original": {"bytes": b"{}", "sha256": "0" * 64}}, "HASH_DIFFERS", "original"),
    ],
)
def test_a_value_that_python_code_gets_wrong_is_refused(
    change: dict[str, Any], code: str, path: str
) -> None:
    with pytest.raises(ValidationError) as invalid:
        CdrV1.model_validate({**example("cdr").model_dump(), **change})
    refusal = SchemaError.from_validation(invalid.value)
    assert (refusal.code, refusal.path) == (code, path)


def test_a_refusal_never_repeats_the_value() -> None:
    secret = "DE-ABC-C10002000-4"
    data = json.dumps({**CDR, "currency": secret, "remark": secret * 20}).encode()
    with pytest.raises(SchemaError) as refused:
        from_ocpi_json("cdr", data)
    assert secret not in str(refused.value) and secret not in str(refused.value.__cause__)


def test_only_2_1_1_may_leave_out_a_locations_time_zone() -> None:
    location = json.loads(example_bytes("locations.v1"))
    del location["time_zone"]
    with pytest.raises(SchemaError) as refused:
        from_ocpi_json("location", json.dumps(location).encode())
    assert (refused.value.code, refused.value.path) == ("MISSING_FIELD", "time_zone")


def test_every_code_has_a_sentence_and_no_other_code_can_be_raised() -> None:
    assert all(sentence.endswith(".") for sentence in schemas.CODES.values())
    with pytest.raises(KeyError):
        SchemaError("NO_SUCH_CODE")
