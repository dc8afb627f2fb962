"""How wide the columns of a printed table are: texts are folded, a number is never cut off.

A table whose numbers need more than the terminal has is wider than it: its lines go on in the next
one, which is ugly, but no figure says another than the books. A table without rows has no columns:
one line takes its place.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

NOTHING_FOUND: Final = "Nothing found."
"""What stands in the place of a table that has no rows."""

GAP: Final = 2
"""Spaces that a printed column has around it."""

_NARROWEST: Final = 12
"""Characters of a folded text that are left in a line."""


class Measured(NamedTuple):
    """A column: its heading, how long its longest cell is, and whether that may be folded."""

    heading: str
    longest: int
    is_text: bool

    @property
    def natural(self) -> int:
        """The width in which nothing is folded."""
        return max(len(self.heading), self.longest)

    @property
    def least(self) -> int:
        """The width below which a number would be cut off, or a text be hard to read."""
        word = max(map(len, self.heading.split()), default=0)
        return max(word, min(self.longest, _NARROWEST) if self.is_text else self.longest)


def fitted(columns: Sequence[Measured], width: int, *, first: int | None = None) -> list[int]:
    """Return the widths of columns that share `width`; the one with most to give gives first.

    The column `first` gives before all others.

    >>> book, amount = Measured("book", 30, is_text=True), Measured("amount", 9, is_text=False)
    >>> fitted([book, amount], 80), fitted([book, amount], 30), fitted([book, amount], 5)
    ([30, 9], [17, 9], [12, 9])
    """
    widths = [column.natural for column in columns]
    for _ in range(sum(widths) + GAP * len(widths) - width):
        spare = [now - column.least for now, column in zip(widths, columns, strict=True)]
        gives = max(range(len(widths)), key=lambda at: (at == first and spare[at] > 0, spare[at]))
        if not spare[gives]:
            break
        widths[gives] -= 1
    return widths
