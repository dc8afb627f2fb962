"""A document's parts with their lines; whatever is wrong is noted, and reading goes on."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Final

from yaml import MappingNode, Node, ScalarNode, SequenceNode

from ledger.values.reasons import Reason, Refusal


class Skipped(Exception):
    """A part was noted as wrong: whoever reads its siblings goes on."""


class Page:
    """A file's name, what is wrong in it, and where each term that was read stands."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.refusals: list[Refusal] = []

    def place(self, line: int, path: str) -> str:
        """Return how a place in the document is named.

        >>> Page("host.yaml").place(12, "fees[0].price")
        'host.yaml:12 fees[0].price'
        """
        return f"{self.file}:{line} {path}".rstrip()


class Part:
    """One node of a document: a text, a list or a mapping, with its path and its line."""

    def __init__(self, node: Node, path: str, page: Page) -> None:
        self.node: Final = node
        self.path: Final = path
        self.page: Final = page

    @property
    def line(self) -> int:
        """The line on which it begins, from 1 on."""
        return int(self.node.start_mark.line) + 1

    @property
    def place(self) -> str:
        """File, line and path, as a refusal names them."""
        return self.page.place(self.line, self.path)

    @property
    def is_list(self) -> bool:
        """True for a list."""
        return isinstance(self.node, SequenceNode)

    def refuse(self, reason: Reason, expected: str = "", actual: str = "") -> Skipped:
        """Note what is wrong with the part; return what ends its reading."""
        self.page.refusals.append(Refusal(reason, self.place, expected, actual))
        return Skipped()

    def text(self) -> str:
        """Return the text. Notes: WRONG_TYPE, MISSING_FIELD (it is empty)."""
        if not isinstance(self.node, ScalarNode):
            raise self.refuse(Reason.WRONG_TYPE, "a text", _kind_of(self.node))
        value = str(self.node.value).strip()
        if not value:
            raise self.refuse(Reason.MISSING_FIELD, "a text")
        return value

    def rows(self) -> list["Part"]:
        """Return the parts of a list. Notes: WRONG_TYPE."""
        if not isinstance(self.node, SequenceNode):
            raise self.refuse(Reason.WRONG_TYPE, "a list", _kind_of(self.node))
        return [
            Part(node, f"{self.path}[{place}]", self.page)
            for place, node in enumerate(self.node.value)
        ]

    def parts(self, known: Collection[str], required: Collection[str] = ()) -> dict[str, "Part"]:
        """Return the parts of a mapping by name.

        Notes: WRONG_TYPE, NAMED_TWICE, UNKNOWN_FIELD (with the name that was probably meant),
        MISSING_FIELD.
        """
        found: dict[str, Part] = {}
        for name, part in self.named():
            if name in found:
                part.refuse(Reason.NAMED_TWICE, "", name)
            elif name not in known:
                meant = get_close_matches(name, known, n=1)
                part.refuse(Reason.UNKNOWN_FIELD, meant[0] if meant else "", name)
            else:
                found[name] = part
        for name in required:
            if name not in found:
                self.refuse(Reason.MISSING_FIELD, name)
        return found

    def named(self) -> Iterator[tuple[str, "Part"]]:
        """Yield the parts of a mapping, whatever their names. Notes: WRONG_TYPE."""
        if not isinstance(self.node, MappingNode):
            raise self.refuse(Reason.WRONG_TYPE, "names with values", _kind_of(self.node))
        for key, value in self.node.value:
            name = str(key.value)
            path = f"{self.path}.{name}" if self.path else name
            yield name, Part(value, path, self.page)


def _kind_of(node: Node) -> str:
    if isinstance(node, MappingNode):
        return "names with values"
    return "a list" if isinstance(node, SequenceNode) else "a text"
