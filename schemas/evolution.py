"""Whether messages of one Avro schema can be read with another: BACKWARD, each pair by itself.

BACKWARD_TRANSITIVE is this for the newest version and every version before it.
Source: Avro 1.12 specification, Schema Resolution; stricter where Avro would lose meaning: a
decimal's scale, a logical type and a record's name stay as they are.
"""

from collections.abc import Iterator
from typing import Any, Final

from schemas.contracts import Schema

_PROMOTIONS: Final = {
    "int": {"long", "float", "double"},
    "long": {"float", "double"},
    "float": {"double"},
    "string": {"bytes"},
    "bytes": {"string"},
}
_KEPT: Final = ("logicalType", "precision", "scale")


def breaks(reader: Schema, writer: Schema) -> tuple[str, ...]:
    """Return why `reader` cannot read what `writer` wrote, one sentence a reason; () if it can.

    Both are schemas ready for use, of `contracts.parse`.
    """
    names = (reader["__named_schemas"], writer["__named_schemas"])
    return tuple(_breaks(reader, writer, names, reader["name"], set()))


def _breaks(
    reader: Any, writer: Any, names: tuple[Any, Any], at: str, seen: set[tuple[str, str]]
) -> Iterator[str]:
    reader, writer = _named(reader, names[0]), _named(writer, names[1])
    if isinstance(writer, list) or isinstance(reader, list):
        yield from _union_breaks(reader, writer, names, at, seen)
        return
    kinds = (_kind(reader), _kind(writer))
    if kinds[0] != kinds[1] and kinds[0] not in _PROMOTIONS.get(kinds[1], set()):
        yield f"{at}: {kinds[1]} cannot be read as {kinds[0]}"
    elif kinds[0] == "record":
        yield from _record_breaks(reader, writer, names, at, seen)
    elif kinds[0] == "array":
        yield from _breaks(reader["items"], writer["items"], names, f"{at}[]", seen)
    else:
        for trait in _KEPT:
            if _trait(reader, trait) != _trait(writer, trait):
                yield f"{at}: its {trait} has changed"


def _record_breaks(
    reader: Schema, writer: Schema, names: tuple[Any, Any], at: str, seen: set[tuple[str, str]]
) -> Iterator[str]:
    if reader["name"] != writer["name"]:
        yield f"{at}: the record {writer['name']} is now called {reader['name']}"
        return
    if (reader["name"], writer["name"]) in seen:
        return
    seen.add((reader["name"], writer["name"]))
    written = {field["name"]: field for field in writer["fields"]}
    for field in reader["fields"]:
        place = f"{at}.{field['name']}"
        if field["name"] in written:
            yield from _breaks(field["type"], written[field["name"]]["type"], names, place, seen)
        elif "default" not in field:
            yield f"{place}: added without a default"


def _union_breaks(
    reader: Any, writer: Any, names: tuple[Any, Any], at: str, seen: set[tuple[str, str]]
) -> Iterator[str]:
    branches = reader if isinstance(reader, list) else [reader]
    for written in writer if isinstance(writer, list) else [writer]:
        reasons = [tuple(_breaks(branch, written, names, at, set(seen))) for branch in branches]
        if all(reasons):
            yield f"{at}: {_kind(_named(written, names[1]))} is no longer in the union"


def _named(schema: Any, names: dict[str, Any]) -> Any:
    return names.get(schema, schema) if isinstance(schema, str) else schema


def _kind(schema: Any) -> str:
    return str(schema["type"]) if isinstance(schema, dict) else str(schema)


def _trait(schema: Any, trait: str) -> Any:
    return schema.get(trait) if isinstance(schema, dict) else None
