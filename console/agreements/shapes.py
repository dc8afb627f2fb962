"""How a term is laid out: one text, a list of names, or rows of clauses."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from console.agreements.page import Part, Skipped
from console.agreements.words import Words, WrongWords
from ledger.values.reasons import Reason

Places = dict[str, str]
"""Path of a term -> where in its document it stands."""


class Shape(NamedTuple):
    """`read` takes the part, the term's path and the places; `write` gives text, list or names."""

    read: Callable[[Part, str, Places], Any]
    write: Callable[[Any], Any]


def read_words(part: Part, words: Words) -> Any:
    """Return a part's value. Notes: WRONG_FORMAT with how it is written."""
    text = part.text()
    try:
        return words.read(text)
    except WrongWords as wrong:
        raise part.refuse(Reason.WRONG_FORMAT, wrong.expected, text) from None


def one(words: Words) -> Shape:
    """A single text."""

    def read(part: Part, term: str, places: Places) -> Any:
        places[term] = part.place
        return read_words(part, words)

    return Shape(read, words.write)


def names(words: Words, *, is_ordered: bool = False) -> Shape:
    """A list of texts, or one text alone; where the order says nothing it is the alphabet's."""

    def read(part: Part, term: str, places: Places) -> tuple[str, ...]:
        places[term] = part.place
        rows = part.rows() if part.is_list else [part]
        found = tuple(read_words(row, words) for row in rows)
        for place, row in enumerate(rows):
            if found[place] in found[:place]:
                row.refuse(Reason.NAMED_TWICE, "", found[place])
        return found if is_ordered else tuple(sorted(found))

    return Shape(read, list)


def rows(of: Shape) -> Shape:
    """A list of clauses, each read by itself: one that is wrong hides none of the others."""

    def read(part: Part, term: str, places: Places) -> tuple[Any, ...]:
        places[term] = part.place
        found: list[Any] = []
        for row in part.rows():
            try:
                found.append(of.read(row, f"{term}[{len(found)}]", places))
            except Skipped:
                continue
        return tuple(found)

    return Shape(read, lambda values: [of.write(value) for value in values])


def each(parts: dict[str, Part], readers: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    """Read those parts of a mapping that are there; what is wrong with one hides no other."""
    found: dict[str, Any] = {}
    for name, part in parts.items():
        try:
            if name in readers:
                found[name] = readers[name](part)
        except Skipped:
            continue
    return found
