"""The Confluent wire format: a byte 0, the schema id in 4 bytes big-endian, the Avro body."""

from functools import cache
from io import BytesIO
from typing import Any, Final

import fastavro
from fastavro.read import SchemaResolutionError
from pydantic import ValidationError

from schemas import decimals
from schemas.cdr import CdrLocation
from schemas.contracts import Schema, contract_of
from schemas.errors import SchemaError
from schemas.fields import Record
from schemas.reader import Irregular, Read, read_whole, reader_of
from schemas.registry import Registry, Writer
from schemas.tariff import Tariff

MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024
_HEADER_BYTES: Final = 5
_REPEATED: Final = {f"clearwatt.schemas.{row.__name__}": row for row in (CdrLocation, Tariff)}


def encode(message: Record, *, topic: str, registry: Registry) -> bytes:
    """Return a model's bytes for a topic (its full name), written with the newest schema.

    Refuses: UNKNOWN_TOPIC_VERSION, DECIMAL_TOO_LONG, WRONG_TYPE (another topic's model).
    Raises: RegistryUnreachable.
    """
    contract = contract_of(topic)
    if not isinstance(message, contract.model):
        raise SchemaError("WRONG_TYPE", detail=f"{topic} carries {contract.model.__name__}")
    body = BytesIO()
    body.write(b"\0" + registry.id_for(topic).to_bytes(4, "big"))
    try:
        fastavro.schemaless_writer(body, contract.newest.parsed, message.model_dump())
    except decimals.DecimalTooLong as error:
        raise SchemaError("DECIMAL_TOO_LONG", detail=str(error)) from error
    return body.getvalue()


def decode(data: bytes | None, *, topic: str, registry: Registry) -> Record:
    """Return the model that a topic's bytes hold, whichever version of its schema wrote them.

    Refuses: UNKNOWN_TOPIC_VERSION, EMPTY_MESSAGE, MESSAGE_TOO_LARGE, WRONG_MAGIC_BYTE,
    UNKNOWN_SCHEMA_ID, SCHEMA_FOR_ANOTHER_TOPIC, SCHEMA_NOT_COMPATIBLE, CORRUPT_AVRO,
    DECIMAL_TOO_LONG and every code of a field. Raises: RegistryUnreachable.
    """
    contract = contract_of(topic)
    if not data:
        raise SchemaError("EMPTY_MESSAGE")
    if len(data) > MAX_MESSAGE_BYTES:
        raise SchemaError("MESSAGE_TOO_LARGE", detail=f"{len(data)} bytes")
    if data[0] != 0:
        raise SchemaError("WRONG_MAGIC_BYTE", detail=f"it begins with {data[0]}")
    if len(data) < _HEADER_BYTES:
        raise SchemaError("CORRUPT_AVRO", detail="it ends within the schema id")
    writer = registry.writer(int.from_bytes(data[1:_HEADER_BYTES], "big"))
    if writer.contract is not contract:
        raise SchemaError("SCHEMA_FOR_ANOTHER_TOPIC", detail=writer.contract.topic)
    try:
        return contract.model.model_validate(_value(data, writer))
    except ValidationError as error:
        raise SchemaError.from_validation(error) from error


def _value(data: bytes, writer: Writer) -> Any:
    """Return what the bytes hold, read by our own reader where they are regular."""
    read = _reader(writer.contract.topic) if writer.reader is None else None
    if read is not None:
        try:
            return read_whole(read, data, _HEADER_BYTES)
        except Irregular:
            pass  # fastavro says what is wrong with it, or reads it
    return _read(data, writer.schema, writer.reader)


@cache
def _reader(topic: str) -> Read | None:
    """Return the reader of a topic's newest schema."""
    return reader_of(contract_of(topic).newest.parsed, _REPEATED)


def _read(data: bytes, schema: Schema, reader: Schema | None) -> Any:
    body = BytesIO(data)
    body.seek(_HEADER_BYTES)
    try:
        value = fastavro.schemaless_reader(body, schema, reader)
    except decimals.DecimalTooLong as error:
        raise SchemaError("DECIMAL_TOO_LONG", detail=str(error)) from error
    except SchemaResolutionError as error:
        raise SchemaError("SCHEMA_NOT_COMPATIBLE", detail=str(error)) from error
    # Whatever else fastavro trips over, these are a stranger's bytes and it is they that are wrong.
    except Exception as error:
        raise SchemaError("CORRUPT_AVRO", detail=type(error).__name__) from error
    if body.tell() != len(data):
        raise SchemaError("CORRUPT_AVRO", detail="bytes follow after the value")
    return value
