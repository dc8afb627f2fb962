"""Old ids in a YAML or JSON document become ours: every line stays where it is.

A text that is a party's old id, or `PARTY/LOCATION`, is replaced wherever it stands alone, also as
a name. Ids without their party are known by the field they stand in: `locations`, `wholesale` and
`retail` tariffs, `evse_uid`.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec
import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from console.imports.opening.ids import Ids
from ledger.roaming.move_in import MovedKind
from ledger.values.reasons import Reason, Refusal, Refused

_LOCAL: Final[dict[str, MovedKind]] = {
    "locations": "location",
    "wholesale": "tariff",
    "retail": "tariff",
}
_EVSE: Final = "evse_uid"
_ANCHOR: Final = re.compile(r"[&!]\S*\s+")


class _Text(NamedTuple):
    """A text of a document: the field it is in, and the name at the top of the document."""

    node: ScalarNode
    field: str
    inside: str


def rewritten(text: str, ids: Ids, file: str) -> str:
    """Return a document with our ids. Refuses: INVALID_DOCUMENT where an id may mean two records.

    What is no YAML comes back as it is: whoever reads it says what is wrong.
    >>> rewritten("seller: OLD-17  # as ever\\n", Ids({"party": {"OLD-17": "NL*XYZ"}}), "a.yaml")
    'seller: "NL*XYZ"  # as ever\\n'
    """
    try:
        nodes = [node for node in yaml.compose_all(text, yaml.BaseLoader) if node is not None]
    except yaml.YAMLError:
        return text
    edits: dict[int, tuple[int, str]] = {}
    refusals: list[Refusal] = []
    for node in nodes:
        texts = list(_texts(node, "", ""))
        old_parties = ids.by_kind.get("party", {})
        named = {row.node.value.partition("/")[0] for row in texts}
        parties = [old for old in old_parties if old in named]
        for row in texts:
            try:
                new = _new(row, ids, parties, file)
            except Refused as refused:
                refusals.extend(refused.refusals)
                continue
            if new != row.node.value:
                start, end = _extent(row.node, text)
                edits[start] = end, msgspec.json.encode(new).decode()
    if refusals:
        raise Refused(*refusals)
    return _spliced(text, edits)


def _extent(node: ScalarNode, text: str) -> tuple[int, int]:
    """Return where a text begins and ends: behind its anchor, if other places refer to it."""
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    anchor = _ANCHOR.match(text, start, end)
    return (anchor.end() if anchor else start), end


def _texts(node: Node, field: str, inside: str) -> Iterator[_Text]:
    if isinstance(node, ScalarNode):
        yield _Text(node, field, inside)
    elif isinstance(node, SequenceNode):
        for row in node.value:
            yield from _texts(row, field, inside)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            name = str(key.value)
            yield _Text(key, "", inside)
            yield from _texts(value, name, inside or name)


def _new(row: _Text, ids: Ids, parties: list[str], file: str) -> str:
    old = str(row.node.value)
    if row.field == _EVSE and "/" in row.inside:
        return ids.local("evse", *row.inside.split("/", 1), old)
    kind = _LOCAL.get(row.field)
    if kind is not None:
        found = ids.local_among(kind, parties, old)
        if len(found) > 1:
            place = f"{file}:{row.node.start_mark.line + 1} {row.field}"
            raise Refused(Refusal(Reason.INVALID_DOCUMENT, place, " or ".join(found), old))
        return found[0] if found else old
    location = ids.of("location", old)
    return location if location != old else ids.of("party", old)


def _spliced(text: str, edits: dict[int, tuple[int, str]]) -> str:
    parts, at = [], 0
    for start, (end, new) in sorted(edits.items()):
        parts += [text[at:start], new]
        at = end
    return "".join((*parts, text[at:]))
