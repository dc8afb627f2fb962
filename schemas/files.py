"""Messages from a file: one JSON object, JSON Lines, or an Avro container.

Only the content decides which of them it is. One bad line does not stop the ones behind it: it
comes out as the `SchemaError` that refuses it, in its place.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, cast, overload

import fastavro
from pydantic import ValidationError

from schemas.contracts import Contract, contract_of
from schemas.control_json import from_control_json
from schemas.decimals import DecimalTooLong
from schemas.errors import SchemaError
from schemas.ocpi_json import from_ocpi_json, parse_object
from schemas.topics import (
    TOPIC_OF_KIND,
    IncomingKind,
    IncomingMessage,
    Kind,
    OcpiMessage,
)

_AVRO_MAGIC: Final = b"Obj\x01"


@overload
def read_file(
    path: Path,
    kind: Kind,
    *,
    ocpi_version: str | None = None,
    party: str | None = None,
    time_zone: str | None = None,
    keep_original: bool = False,
) -> Iterator[OcpiMessage | SchemaError]: ...


@overload
def read_file(
    path: Path,
    kind: IncomingKind,
    *,
    ocpi_version: str | None = None,
    party: str | None = None,
    time_zone: str | None = None,
    keep_original: bool = False,
) -> Iterator[IncomingMessage | SchemaError]: ...


def read_file(
    path: Path,
    kind: IncomingKind,
    *,
    ocpi_version: str | None = None,
    party: str | None = None,
    time_zone: str | None = None,
    keep_original: bool = False,
) -> Iterator[IncomingMessage | SchemaError]:
    """Yield every message of a file, in its order, each bad one as the refusal it earns.

    The other arguments are those of `from_ocpi_json`; an Avro container and a message of a control
    topic state all of it themselves. Raises: OSError, when the file cannot be read.
    """

    def from_json(data: bytes) -> IncomingMessage:
        match kind:
            case "dispute-command" | "control-totals" | "command-result" | "party" | "payment":
                return from_control_json(kind, data)
            case _:
                return from_ocpi_json(
                    kind,
                    data,
                    ocpi_version=ocpi_version,
                    party=party,
                    time_zone=time_zone,
                    keep_original=keep_original,
                )

    with path.open("rb") as file:
        if file.peek(len(_AVRO_MAGIC)).startswith(_AVRO_MAGIC):
            yield from _from_container(file, contract_of(TOPIC_OF_KIND[kind]))
            return
        for data in _objects(file):
            try:
                yield from_json(data)
            except SchemaError as error:
                yield error


def _objects(file: BinaryIO) -> Iterator[bytes]:
    """Yield each line, if the first line with content is an object of its own, else the whole."""
    lines = (line for line in file if line.strip())
    first = next(lines, b"")
    try:
        parse_object(first)
    except SchemaError as error:
        # A line that is JSON, with a number nobody can accept, is still a line.
        if error.code == "NOT_JSON":
            yield first + b"".join(lines)
            return
    for line in chain([first], lines):
        yield line.strip()


def _from_container(file: BinaryIO, contract: Contract) -> Iterator[IncomingMessage | SchemaError]:
    try:
        values = cast(Iterator[dict[str, Any]], fastavro.reader(file, contract.newest.parsed))
        for value in values:
            try:
                yield cast(IncomingMessage, contract.model.model_validate(value))
            except ValidationError as error:
                yield SchemaError.from_validation(error)
    except DecimalTooLong as error:
        yield SchemaError("DECIMAL_TOO_LONG", detail=str(error))
    # A stranger's bytes: whatever fastavro trips over, nothing behind it can be found any more.
    except Exception as error:
        yield SchemaError("CORRUPT_AVRO", detail=type(error).__name__)
