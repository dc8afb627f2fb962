"""The Avro schemas and the pydantic models say the same, field by field."""

import inspect
import types
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest

from schemas import TOPICS
from schemas.contracts import contracts
from schemas.fields import DECIMAL_PRECISION, DECIMAL_SCALE, Record

DECIMAL = ("bytes", "decimal", DECIMAL_PRECISION, DECIMAL_SCALE)
TYPES = {
    str: {"string"},
    bool: {"boolean"},
    int: {"int", "long"},
    bytes: {"bytes"},
    Decimal: {DECIMAL},
    datetime: {("long", "timestamp-micros", None, None)},
    date: {("int", "date", None, None)},
}


def differences(annotation: Any, avro: Any, named: dict[str, Any], at: str) -> Iterator[str]:
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    origin, arguments = get_origin(annotation), get_args(annotation)
    optional = origin in (Union, types.UnionType)
    if optional != isinstance(avro, list):
        yield f"{at}: one may be null and the other not"
    elif optional:
        if avro[0] != "null" or len(avro) != 2 or type(None) not in arguments:
            yield f"{at}: not one type or null"
        (inner,) = (argument for argument in arguments if argument is not type(None))
        yield from differences(inner, avro[1], named, at)
    elif origin is tuple:
        yield from differences(arguments[0], avro["items"], named, f"{at}[]")
    elif inspect.isclass(annotation) and issubclass(annotation, Record):
        record = named[avro] if isinstance(avro, str) else avro
        yield from record_differences(annotation, record, named, at)
    else:
        python = str if origin is Literal else annotation
        if _scalar(avro) not in TYPES[python]:
            yield f"{at}: {python.__name__} is {avro} in Avro"


def record_differences(
    model: type[Record], avro: dict[str, Any], named: dict[str, Any], at: str
) -> Iterator[str]:
    if avro["name"] != f"clearwatt.schemas.{model.__name__}":
        yield f"{at}: {model.__name__} is {avro['name']} in Avro"
    fields = {field["name"]: field for field in avro["fields"]}
    if list(fields) != list(model.model_fields):
        yield f"{at}: other fields, or another order: {set(fields) ^ set(model.model_fields)}"
        return
    for name, field in model.model_fields.items():
        if field.is_required() != ("default" not in fields[name]):
            yield f"{at}.{name}: a default in one and none in the other"
        yield from differences(field.annotation, fields[name]["type"], named, f"{at}.{name}")


def _scalar(avro: Any) -> Any:
    if isinstance(avro, str):
        return avro
    return avro["type"], avro["logicalType"], avro.get("precision"), avro.get("scale")


@pytest.mark.parametrize("topic", TOPICS)
def test_newest_schema_and_model_have_the_same_fields_and_types(topic: str) -> None:
    contract = contracts()[topic]
    schema = contract.newest.parsed
    named = schema["__named_schemas"]
    assert list(record_differences(contract.model, schema, named, topic)) == []


def test_a_field_of_another_type_is_noticed() -> None:
    contract = contracts()["cdrs.v1"]
    schema = {**contract.newest.parsed}
    schema["fields"] = [
        {**field, "type": "double"} if field["name"] == "total_energy" else field
        for field in schema["fields"]
    ]
    found = list(record_differences(contract.model, schema, schema["__named_schemas"], "cdr"))
    assert found == ["cdr.total_energy: Decimal is double in Avro"]
