"""Lines of a log become OCPP-J calls and the answers to them, or problems."""

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from console.imports.ocpp.fields import Object, instant
from console.imports.ocpp.mapping import OcppMapping
from console.imports.ocpp.problems import Problem, Unusable

_CALL, _RESULT, _ERROR = 2, 3, 4
_LEAST: Final = {_CALL: 4, _RESULT: 3, _ERROR: 3}
_NO_KIND: Final = 10**6


class Call(NamedTuple):
    """A request of a charge point or of its management system; `at` is when it was logged."""

    line: int
    at: datetime
    charge_point: str
    unique_id: str
    action: str
    payload: Object


class Answer(NamedTuple):
    """The result of the call with the same id; `payload` is None where it was an error."""

    line: int
    at: datetime
    charge_point: str
    unique_id: str
    payload: Object | None


def read_lines(path: Path, mapping: OcppMapping) -> Iterator[Call | Answer | Problem]:
    """Yield what every line that is not empty holds. Raises: OSError."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                yield _message(number, line, mapping)
            except Unusable as unusable:
                yield unusable.on(number)


def _message(number: int, line: bytes, mapping: OcppMapping) -> Call | Answer:
    keys = mapping.log
    row = _json(line)
    if not isinstance(row, dict):
        raise Unusable("WRONG_TYPE", "", row)
    charge_point = _at(row, keys.charge_point)
    if not isinstance(charge_point, str) or not charge_point:
        raise Unusable("WRONG_TYPE", keys.charge_point, charge_point)
    at = instant({keys.time: _at(row, keys.time)}, keys.time, mapping.time)
    message = _at(row, keys.message)
    if isinstance(message, str):
        message = _json(message.encode(errors="surrogatepass"))
    if not isinstance(message, list) or not message or not isinstance(message[0], int):
        raise Unusable("NOT_OCPP", keys.message, message)
    kind, *rest = message
    if len(message) < _LEAST.get(kind, _NO_KIND) or not isinstance(rest[0], str):
        raise Unusable("NOT_OCPP", keys.message, message)
    if kind == _ERROR:
        return Answer(number, at, charge_point, rest[0], None)
    payload = rest[-1]
    if not isinstance(payload, dict):
        raise Unusable("WRONG_TYPE", f"{keys.message}.payload", payload)
    if kind == _CALL:
        if not isinstance(rest[1], str) or not rest[1].isascii():
            raise Unusable("NOT_OCPP", keys.message, message)
        return Call(number, at, charge_point, rest[0], rest[1], payload)
    return Answer(number, at, charge_point, rest[0], payload)


def _json(text: bytes) -> Any:
    """Return a JSON value with exact numbers. Raises: Unusable NOT_TEXT, NOT_JSON."""
    try:
        # Some systems write a byte order mark before the first line.
        return json.loads(text.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise Unusable("NOT_TEXT") from error
    except (ValueError, RecursionError) as error:
        raise Unusable("NOT_JSON", "", error) from error


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _at(row: Object, path: str) -> Any:
    """Return what stands at a dotted path. Raises: Unusable MISSING_FIELD."""
    found: Any = row
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    if found is None:
        raise Unusable("MISSING_FIELD", path)
    return found
