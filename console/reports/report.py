"""What a report is: facts, columns that say what they hold, rows, totals and notes.

Rows are read once and in order, the totals after them, so that a report may stream: a generator
of totals sums while the rows go by.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

Kind = Literal["text", "money", "number", "count", "percent", "date", "instant"]
"""What a column holds: `money` is an amount at scale 4 or in the minor unit, its currency in a
column of its own; `number` any other exact decimal; `percent` a rate, such as 19 for 19 %; `date`
a local date; `instant` a moment in UTC."""

Cell = str | Decimal | int | bool | date | datetime | None
Row = Sequence[Cell]


class Column(NamedTuple):
    """A column: `key` is its name for machines, `heading` for people (the key, in words).

    A detail is left out of tables on a screen, which have no room for everything.
    """

    key: str
    kind: Kind = "text"
    heading: str = ""
    is_detail: bool = False

    @property
    def title(self) -> str:
        """What stands above it where people read.

        >>> Column("book_balance").title, Column("cdr", heading="CDR").title
        ('book balance', 'CDR')
        """
        return self.heading or self.key.replace("_", " ")


@dataclass(frozen=True, kw_only=True)
class Report:
    """Figures of one kind, with everything a reader needs to find them again.

    `facts` are what the figures rest on, such as book, day and log position, in order; `rows` and
    `totals` have a cell per column; `notes` are sentences below, read last.
    """

    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Row]
    totals: Iterable[Row] = ()
    facts: tuple[tuple[str, Cell], ...] = ()
    notes: Iterable[str] = ()


def columns(*described: str) -> tuple[Column, ...]:
    """Return columns from `key`, `key:kind` or `key:kind:heading`; a detail after a tilde.

    Raises ValueError for a kind that there is not.

    >>> [column[:3] for column in columns("book", "cdr::CDR", "debit:money")]
    [('book', 'text', ''), ('cdr', 'text', 'CDR'), ('debit', 'money', '')]
    >>> columns("~clause")[0].is_detail
    True
    """
    return tuple(_column(*text.split(":", 2)) for text in described)


def facts(**said: Cell) -> tuple[tuple[str, Cell], ...]:
    """Return the facts that are known, named in words; what is None is left out.

    >>> facts(book="nl-polder", as_of=None, log_position=12)
    (('book', 'nl-polder'), ('log position', 12))
    """
    return tuple(
        (name.replace("_", " "), value) for name, value in said.items() if value is not None
    )


def _column(key: str, kind: str = "", heading: str = "") -> Column:
    match kind or "text":
        case ("text" | "money" | "number" | "count" | "percent" | "date" | "instant") as known:
            return Column(key.removeprefix("~"), known, heading, key.startswith("~"))
    raise ValueError(f"{kind!r} is no kind of column")
