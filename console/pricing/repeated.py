"""Names that stand twice in one JSON object: the last one counts, as most readers have it, and a
warning says so.

RFC 8259, section 4, leaves open what a repeated name means. Two systems may read two totals from
one document, so it is told wherever a price depends on the object.
"""

import json
from collections import Counter
from typing import Any, Final

from console.pricing.findings import DocumentRefused, Notes

_SPACE: Final = b" \n\r\t"


def names_in(text: bytes) -> int:
    """Return how many names a JSON text has, its objects' in all.

    A text in it that looks like a name is counted too, so this is to be compared, not believed.
    >>> names_in(b'{"a": {"b" : 1}, "a": 2}')
    3
    """
    return text.translate(None, _SPACE).count(b'":')


def note_repeated(text: bytes, path: str, notes: Notes, *, at_the_top: bool = False) -> None:
    """Note every repeated name of a JSON text that has been read, or only its outermost object's.

    Refuses: NOT_JSON (nested too deeply).
    """
    found: list[tuple[dict[str, Any], str]] = []

    def noted(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            counted = Counter(name for name, _ in pairs)
            found.extend((members, name) for name, count in counted.items() if count > 1)
        return members

    try:
        document = json.loads(
            text.decode("utf-8-sig"), object_pairs_hook=noted, parse_float=str, parse_int=str
        )
        places = _places(document, path, found, nested=not at_the_top)
    except RecursionError as error:
        raise DocumentRefused("NOT_JSON", path, "nested too deeply") from error
    for place, name in places:
        notes.add("DUPLICATE_NAME", f"{place}.{name}")


def _places(
    value: Any, path: str, found: list[tuple[dict[str, Any], str]], *, nested: bool
) -> list[tuple[str, str]]:
    """Return the paths and names of the objects that have repeated names and are still there."""
    here: list[tuple[str, str]] = []
    parts: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        here = [(path, name) for owner, name in found if owner is value]
        parts = [(f"{path}.{name}", part) for name, part in value.items()]
    elif isinstance(value, list):
        parts = [(f"{path}[{index}]", part) for index, part in enumerate(value)]
    if nested and found:
        for place, part in parts:
            here += _places(part, place, found, nested=True)
    return here
