"""Two versions of a document side by side: every field that is not the same, by its path."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Any, Final, NamedTuple

import msgspec

_ABSENT: Final = None


class Difference(NamedTuple):
    """A field, as it was and as it is; None where a version does not have it."""

    path: str
    before: str | None
    after: str | None


def differences(before: msgspec.Struct, after: msgspec.Struct) -> tuple[Difference, ...]:
    """Return the fields in which two versions differ, in the order in which they are stated.

    Numbers are compared as numbers: 0.50 is 0.5. What stands in lists is compared by place.
    """
    return plain_differences(_plain(before), _plain(after))


def plain_differences(before: Any, after: Any) -> tuple[Difference, ...]:
    """Return the fields in which two documents of names, lists and values differ, by their path.

    >>> plain_differences({"a": {"b": 1}}, {"a": {"b": 1, "c": [2, 3]}})
    (Difference(path='a.c', before=None, after='2, 3'),)
    """
    return tuple(_differ("", before, after))


def _plain(statement: msgspec.Struct) -> Any:
    return msgspec.to_builtins(statement, builtin_types=(Decimal, date, datetime))


def _differ(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            place = f"{path}.{name}" if path else name
            yield from _differ(place, before.get(name, _ABSENT), after.get(name, _ABSENT))
    elif _is_plain_list(before) and _is_plain_list(after):
        if list(before) != list(after):
            yield Difference(path, _listed(before), _listed(after))
    elif isinstance(before, (list, tuple)) and isinstance(after, (list, tuple)):
        for place, (was, now) in enumerate(zip_longest(before, after, fillvalue=_ABSENT)):
            yield from _differ(f"{path}[{place}]", was, now)
    elif before is _ABSENT and isinstance(after, (dict, list, tuple)):
        yield from _differ(path, type(after)(), after)
    elif after is _ABSENT and isinstance(before, (dict, list, tuple)):
        yield from _differ(path, before, type(before)())
    elif before != after:
        yield Difference(path, as_text(before), as_text(after))


def _is_plain_list(value: Any) -> bool:
    """True for a list of values, such as weekdays, which is compared as a whole."""
    if not isinstance(value, (list, tuple)):
        return False
    return not any(isinstance(item, (dict, list, tuple)) for item in value)


def _listed(values: Any) -> str | None:
    return ", ".join(map(str, values)) or None


def as_text(value: object) -> str | None:
    """Return a value as people read it; None where there is none.

    >>> as_text(Decimal("5E+1")), as_text(None)
    ('50', None)
    """
    if value is _ABSENT:
        return None
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return format(value, "f") if isinstance(value, Decimal) else str(value)
