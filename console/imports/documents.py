"""Documents that people write, in YAML or JSON, with all that is wrong in one found at once.

Scalars of YAML are text until they have their type, so no number ever passes through a float.
What a field may hold is said by the record that it becomes; nothing is said twice.
"""

import json
import types
from collections.abc import Hashable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin

import msgspec
import yaml

from ledger.values.reasons import Reason, Refusal, Refused

T = TypeVar("T", bound=msgspec.Struct)
SUFFIXES: Final = (".yaml", ".yml", ".json")


def files_in(path: Path) -> list[Path]:
    """Return a file, or the documents of a folder in the order of their names.

    Refuses: NOT_FOUND for a folder without any.
    """
    if not path.is_dir():
        return [path]
    found = sorted(row for row in path.iterdir() if row.suffix in SUFFIXES)
    if not found:
        raise Refused(Refusal(Reason.NOT_FOUND, str(path), ", ".join(SUFFIXES)))
    return found


def loaded(path: Path) -> Any:
    """Return what a YAML or JSON file says. Refuses: INVALID_DOCUMENT, NOT_JSON, NAMED_TWICE."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, path.name, "UTF-8", str(error))) from None
    return parsed(text, path.name, is_json=path.suffix == ".json")


def parsed(text: str, name: str, *, is_json: bool) -> Any:
    """Return what a text in YAML or JSON says; refuses as `loaded` does.

    >>> parsed("power_kw: 3.70", "site", is_json=False)
    {'power_kw': '3.70'}
    """
    try:
        if is_json:
            return json.loads(
                text, parse_float=str, parse_constant=_no_number, object_pairs_hook=_named_once
            )
        return yaml.load(text, _Once)
    except yaml.YAMLError as error:
        why = " ".join(str(error).split())
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, name, "YAML", why)) from None
    except json.JSONDecodeError as error:
        raise Refused(Refusal(Reason.NOT_JSON, name, actual=str(error))) from None
    except RecursionError:
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, name, actual="nested too deep")) from None
    except (ValueError, OverflowError) as error:  # a number or a character that nothing holds
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, name, actual=str(error))) from None


def _no_number(name: str) -> None:
    raise Refused(Refusal(Reason.NOT_A_NUMBER, actual=name))


class _Once(yaml.BaseLoader):
    """Reads scalars as text; a key that stands twice in a mapping is refused, not dropped."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [key.value for key, _ in node.value]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise Refused(Refusal(Reason.NAMED_TWICE, str(name)))
        return super().construct_mapping(node, deep)


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise Refused(Refusal(Reason.NAMED_TWICE, twice))
    return found


def converted(raw: Any, kind: type[T], path: str = "") -> tuple[T | None, list[Refusal]]:
    """Return a document as a record, or None with everything that is wrong in it, by path.

    >>> class Point(msgspec.Struct):
    ...     x: int
    ...     y: int = 0
    >>> converted({"x": "1"}, Point)
    (Point(x=1, y=0), [])
    >>> [f"{row.reason.value} {row.path}" for row in converted({"y": "a", "z": "1"}, Point)[1]]
    ['MISSING_FIELD x', 'WRONG_TYPE y', 'UNKNOWN_FIELD z']
    """
    refusals: list[Refusal] = []
    found = _read(raw, kind, path, refusals)
    return (None if refusals else found), refusals


def _read(raw: Any, kind: Any, path: str, refusals: list[Refusal]) -> Any:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _read_struct(raw, kind, path, refusals)
    inner = _inner_of(kind)
    if inner is not None:
        return None if raw in (None, "") else _read(raw, inner, path, refusals)
    if get_origin(kind) is tuple and get_args(kind)[1:] == (...,):
        if not isinstance(raw, list):
            refusals.append(_wrong(path, "a list", raw))
            return ()
        items = enumerate(raw)
        return tuple(_read(row, get_args(kind)[0], f"{path}[{at}]", refusals) for at, row in items)
    return _read_value(raw, kind, path, refusals)


def _inner_of(kind: Any) -> Any:
    """Return the one type that a field holds where it holds anything, None for other fields."""
    if get_origin(kind) not in (Union, types.UnionType):
        return None
    inner = [row for row in get_args(kind) if row is not types.NoneType]
    return inner[0] if len(inner) == 1 and len(get_args(kind)) > 1 else None


def _read_struct(raw: Any, kind: Any, path: str, refusals: list[Refusal]) -> Any:
    if not isinstance(raw, Mapping):
        refusals.append(_wrong(path, "fields with names", raw))
        return None
    known = {row.encode_name: row for row in msgspec.structs.fields(kind)}
    values, before = {}, len(refusals)
    for name, field in known.items():
        place = f"{path}.{name}" if path else name
        if name in raw:
            values[field.name] = _read(raw[name], field.type, place, refusals)
        elif field.required:
            refusals.append(Refusal(Reason.MISSING_FIELD, place))
    for name in raw:
        if name not in known:
            place = f"{path}.{name}" if path else str(name)
            refusals.append(Refusal(Reason.UNKNOWN_FIELD, place, ", ".join(known)))
    return kind(**values) if len(refusals) == before else None


def _read_value(raw: Any, kind: Any, path: str, refusals: list[Refusal]) -> Any:
    try:
        value = msgspec.convert(raw, kind, strict=False)
    except msgspec.ValidationError:
        if get_origin(kind) is Literal:
            allowed = ", ".join(map(str, get_args(kind)))
            refusals.append(Refusal(Reason.UNKNOWN_VALUE, path, allowed, str(raw)))
        else:
            refusals.append(_wrong(path, _word_for(kind), raw))
        return None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            refusals.append(Refusal(Reason.TIME_WITHOUT_ZONE, path, actual=str(raw)))
            return None
        try:
            return value.astimezone(UTC)
        except OverflowError:  # no such year in UTC
            refusals.append(_wrong(path, _word_for(kind), raw))
            return None
    return value


def _word_for(kind: Any) -> str:
    words = {datetime: "an instant such as 2026-10-01T00:00:00Z", date: "a date", str: "text"}
    return words.get(kind, getattr(kind, "__name__", str(kind)))


def _wrong(path: str, expected: str, raw: Any) -> Refusal:
    return Refusal(Reason.WRONG_TYPE, path, expected, str(raw)[:80])


def each_of(raw: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the documents under a name, each with its path: one, or a list of versions."""
    if isinstance(raw, list):
        yield from ((f"{path}[{place}]", row) for place, row in enumerate(raw))
    else:
        yield path, raw
