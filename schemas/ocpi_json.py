"""OCPI objects as JSON, as partners send them, and our models.

Numbers are read from their text, never through a float. Fields beyond OCPI's are left out
(`original` keeps them), and an empty field (`null`) is a field left out.
"""

import json
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any, Final, NoReturn, cast, get_args

from pydantic import ValidationError

from schemas.conform import Conformer
from schemas.contracts import contract_of
from schemas.errors import SchemaError
from schemas.ocpi_versions import lift, recognise
from schemas.parts import OcpiVersion
from schemas.topics import TOPIC_OF_KIND, Kind, OcpiMessage

_VERSIONS: Final = get_args(OcpiVersion)
_LONGEST_NUMBER: Final = 1000  # characters; an honest number has 40


def from_ocpi_json(
    kind: Kind,
    data: bytes,
    *,
    ocpi_version: str | None = None,
    party: str | None = None,
    time_zone: str | None = None,
    keep_original: bool = False,
) -> OcpiMessage:
    """Return the message that one JSON object makes.

    Without `ocpi_version` the object's own fields decide. `party` (`NL*XYZ`) is the CPO of 2.1.1
    objects, which name none; `time_zone` is taken where the object states none.
    Refuses: NOT_JSON, NOT_A_NUMBER, NUMBER_OUT_OF_RANGE, DECIMAL_TOO_LONG, UNKNOWN_OCPI_VERSION,
    MISSING_FIELD and every other code of a field.
    """
    contract = contract_of(TOPIC_OF_KIND[kind])
    value = parse_object(data)
    version = ocpi_version or value.get("ocpi_version") or recognise(kind, value)
    if version not in _VERSIONS:
        raise SchemaError("UNKNOWN_OCPI_VERSION", "ocpi_version", f"one of {', '.join(_VERSIONS)}")
    conformer = Conformer(contract.newest.parsed, numbers_as_text=version == "2.1.1")
    shaped = conformer.object(lift(kind, value, version, party=party))
    shaped["ocpi_version"] = version
    # Only bytes that came in are an original; an object cannot bring its own.
    shaped.pop("original", None)
    if keep_original:
        shaped["original"] = {"bytes": data, "sha256": sha256(data).hexdigest()}
    if time_zone is not None and "time_zone" in contract.model.model_fields:
        shaped.setdefault("time_zone", time_zone)
    try:
        return cast(OcpiMessage, contract.model.model_validate(shaped))
    except ValidationError as error:
        raise SchemaError.from_validation(error) from error


def parse_object(data: bytes) -> dict[str, Any]:
    """Return a JSON object with exact numbers: `int`, or `Decimal` where there is a point.

    Refuses: NOT_JSON, NOT_A_NUMBER, NUMBER_OUT_OF_RANGE.
    >>> parse_object(b'{"total_cost": 4.10}')
    {'total_cost': Decimal('4.10')}
    """
    try:
        value = json.loads(
            data.decode(),
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError) as error:
        raise SchemaError("NOT_JSON", detail=type(error).__name__) from error
    if not isinstance(value, dict):
        raise SchemaError("NOT_JSON", detail="it is no object")
    return value


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise SchemaError("NUMBER_OUT_OF_RANGE", detail=f"{len(text)} characters")
    return int(text)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise SchemaError("NUMBER_OUT_OF_RANGE", detail="beyond every exponent") from error


def _refuse_constant(name: str) -> NoReturn:
    raise SchemaError("NOT_A_NUMBER", detail=name)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: readers of JSON differ in which of the two they take."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise SchemaError("NOT_JSON", detail="a name stands twice in one object")
    return value
