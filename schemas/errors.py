"""Why a message is refused at the edge: a code, the place, and a sentence.

A detail names what was expected and never repeats the value, which may be a person's.
`RegistryUnreachable` stands apart: it says nothing about a message, so nobody may put a message
aside for it; the reader waits and tries again.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Self

from pydantic import ValidationError

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "UNKNOWN_TOPIC_VERSION": "No contract of ours belongs to this topic and version.",
        "EMPTY_MESSAGE": "The record has no value.",
        "MESSAGE_TOO_LARGE": "The value is larger than 4 MiB.",
        "WRONG_MAGIC_BYTE": "The value does not begin with the byte 0 of the wire format.",
        "UNKNOWN_SCHEMA_ID": "The registry knows no schema with this id.",
        "SCHEMA_FOR_ANOTHER_TOPIC": "The schema belongs to another topic than the message.",
        "SCHEMA_NOT_COMPATIBLE": "The writer's schema cannot be read as ours.",
        "CORRUPT_AVRO": "The bytes are not what the schema says.",
        "MISSING_KEY": "The record has no key.",
        "KEY_PARTY_DIFFERS": "The key names another party than the value.",
        "NOT_JSON": "The bytes are not one JSON object in UTF-8.",
        "UNKNOWN_OCPI_VERSION": "The object does not show which version of OCPI it follows.",
        "NOT_IN_THIS_VERSION": "This version of OCPI has no way to say what the object says.",
        "MISSING_FIELD": "A required field is missing or empty.",
        "UNKNOWN_FIELD": "The record has no such field.",
        "WRONG_TYPE": "The value has another type than the field.",
        "WRONG_FORMAT": "The text does not have the field's form.",
        "UNKNOWN_VALUE": "The value is not one of the field's enumeration.",
        "UNKNOWN_CURRENCY": "The currency is not three capital letters.",
        "TEXT_TOO_LONG": "The text is longer than the field allows.",
        "NEGATIVE_QUANTITY": "A quantity that has no direction is below zero.",
        "NOT_A_NUMBER": "The number is NaN or infinite.",
        "NUMBER_OUT_OF_RANGE": "The number is beyond the field's limits.",
        "DECIMAL_TOO_LONG": "The number has more than 9 digits after the point, or 38 in all.",
        "TIME_WITHOUT_ZONE": "The time does not say which zone it is in.",
        "TIME_NOT_UTC": "The time has an offset from UTC.",
        "END_BEFORE_START": "It ends before it starts.",
        "HASH_DIFFERS": "The hash of the original is not that of its bytes.",
        "NAMED_TWICE": "A list names the same thing twice.",
        "CDR_OF_ANOTHER_PARTY": "A CDR belongs to another party than the message says.",
        "FIELD_NOT_APPLICABLE": "The field means nothing beside what the message says elsewhere.",
    }
)

_CODE_OF_ERROR: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "MISSING_FIELD",
        "string_too_short": "MISSING_FIELD",
        "too_short": "MISSING_FIELD",
        "extra_forbidden": "UNKNOWN_FIELD",
        "literal_error": "UNKNOWN_VALUE",
        "string_too_long": "TEXT_TOO_LONG",
        "string_pattern_mismatch": "WRONG_FORMAT",
        "string_unicode": "WRONG_FORMAT",
        "finite_number": "NOT_A_NUMBER",
        "greater_than_equal": "NUMBER_OUT_OF_RANGE",
        "less_than_equal": "NUMBER_OUT_OF_RANGE",
        "int_parsing_size": "NUMBER_OUT_OF_RANGE",
        "timezone_naive": "TIME_WITHOUT_ZONE",
        "timezone_aware": "TIME_WITHOUT_ZONE",
        "timezone_offset": "TIME_NOT_UTC",
        # raised by our own models
        "negative_quantity": "NEGATIVE_QUANTITY",
        "end_before_start": "END_BEFORE_START",
        "hash_differs": "HASH_DIFFERS",
        "named_twice": "NAMED_TWICE",
        "cdr_of_another_party": "CDR_OF_ANOTHER_PARTY",
        "field_not_applicable": "FIELD_NOT_APPLICABLE",
        "number_out_of_range": "NUMBER_OUT_OF_RANGE",
    }
)


class SchemaError(Exception):
    """A message that is refused: `code` is one of `CODES`, `path` the field (`a.0.b`) or empty.

    >>> str(SchemaError("MISSING_FIELD", "total_cost"))
    'MISSING_FIELD at total_cost: A required field is missing or empty.'
    """

    def __init__(self, code: str, path: str = "", detail: str = "") -> None:
        self.sentence = CODES[code]
        self.code, self.path, self.detail = code, path, detail
        place = f" at {path}" if path else ""
        super().__init__(f"{code}{place}: {self.sentence}" + (f" ({detail})" if detail else ""))

    @classmethod
    def from_validation(cls, error: ValidationError) -> Self:
        """Translate pydantic's first error; the others follow from the same message."""
        first = error.errors(include_url=False, include_input=False)[0]
        context: dict[str, Any] = first.get("ctx", {})
        places = [*map(str, first["loc"]), *filter(None, [context.get("path")])]
        return cls(_code_of(first["type"], places, context), ".".join(places), first["msg"])


class RegistryUnreachable(Exception):
    """The schema registry gave no usable answer, after every attempt; no message is at fault."""

    code: Final = "SCHEMA_REGISTRY_UNREACHABLE"


def _code_of(kind: str, places: list[str], context: dict[str, Any]) -> str:
    if kind == "greater_than_equal" and context.get("ge") == 0:
        return "NEGATIVE_QUANTITY"
    if kind == "string_pattern_mismatch" and places[-1] == "currency":
        return "UNKNOWN_CURRENCY"
    return _CODE_OF_ERROR.get(kind, "WRONG_TYPE")
