"""From parsed JSON to the types that an Avro schema states: decimals, instants, known fields.

Only what is lost in JSON is put right here; whether a value is acceptable is the model's to say,
so a value of another type passes through unchanged.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from schemas.contracts import Schema
from schemas.decimals import DecimalTooLong, shortest, unscaled
from schemas.errors import SchemaError
from schemas.fields import LARGEST_NUMBER, SMALLEST_NUMBER

# OCPI, types: RFC 3339, and without a designator it is UTC. An offset names the instant as well.
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Conformer:
    """Conforms values to one schema. `numbers_as_text`: 2.1.1's own examples quote prices.

    Fields that the schema has not are left out, or with `is_closed` refused.
    """

    schema: Schema
    numbers_as_text: bool = False
    is_closed: bool = False

    def object(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return the object with the schema's fields, in its types; what is null is left out.

        Refuses: NUMBER_OUT_OF_RANGE, DECIMAL_TOO_LONG, WRONG_FORMAT (a time or a date), and
        UNKNOWN_FIELD where the schema is closed.
        """
        return self._record(self.schema, value, ())

    def _value(self, schema: Any, value: Any, path: tuple[str, ...]) -> Any:
        if isinstance(schema, list):
            schema = schema[1]
        if isinstance(schema, str):
            schema = self.schema["__named_schemas"].get(schema, {"type": schema})
        match schema.get("logicalType", schema["type"]), value:
            case "record", dict():
                return self._record(schema, value, path)
            case "array", list():
                return [
                    self._value(schema["items"], item, (*path, str(place)))
                    for place, item in enumerate(value)
                ]
            case "decimal", _:
                return self._decimal(value, path)
            case "timestamp-micros" | "date" as logical_type, str():
                return _day(value, path) if logical_type == "date" else _instant(value, path)
            case "int" | "long", Decimal() if _is_small(value) and value == int(value):
                return int(value)
        return value

    def _record(
        self, schema: Schema, value: dict[str, Any], path: tuple[str, ...]
    ) -> dict[str, Any]:
        if self.is_closed:
            known = {field["name"] for field in schema["fields"]}
            for name in value:
                if name not in known:
                    raise SchemaError("UNKNOWN_FIELD", ".".join((*path, name)))
        return {
            field["name"]: self._value(field["type"], value[field["name"]], (*path, field["name"]))
            for field in schema["fields"]
            if value.get(field["name"]) is not None
        }

    def _decimal(self, value: Any, path: tuple[str, ...]) -> Any:
        if self.numbers_as_text and isinstance(value, str) and _NUMBER.fullmatch(value):
            value = Decimal(value)
        if isinstance(value, int) and not isinstance(value, bool):
            value = Decimal(value)
        if not isinstance(value, Decimal):
            return value
        if not _is_small(value):
            raise SchemaError("NUMBER_OUT_OF_RANGE", ".".join(path), "29 digits before the point")
        try:
            unscaled(value)
        except DecimalTooLong as error:
            raise SchemaError("DECIMAL_TOO_LONG", ".".join(path), str(error)) from error
        return shortest(value)


def _is_small(number: Decimal) -> bool:
    # Compared, not computed with: 1e999999999 would overflow a context, or fill the memory.
    return SMALLEST_NUMBER <= number <= LARGEST_NUMBER


def _instant(text: str, path: tuple[str, ...]) -> datetime:
    """Read a time to the microsecond; digits beyond are cut off, as OCPI leaves them open."""
    try:
        if _TIME.fullmatch(text) is None:
            raise ValueError("not of OCPI's form")
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise SchemaError("WRONG_FORMAT", ".".join(path), "a time, RFC 3339") from error


def _day(text: str, path: tuple[str, ...]) -> date:
    try:
        if _DATE.fullmatch(text) is None:
            raise ValueError("not of the form of a date")
        return date.fromisoformat(text)
    except ValueError as error:
        raise SchemaError("WRONG_FORMAT", ".".join(path), "a date, YYYY-MM-DD") from error
