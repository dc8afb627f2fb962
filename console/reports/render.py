"""A report as text: a table for people, JSON and CSV for machines. Nothing is rounded.

Each form is yielded in pieces, so that a report of millions of rows is written as it is read.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, Literal

from console.encoding import encoded
from console.reports.report import Cell, Column, Report, Row
from console.widths import GAP, NOTHING_FOUND, Measured, fitted

if TYPE_CHECKING:
    from rich.console import Console

NUMERIC: Final = frozenset({"money", "number", "count", "percent"})
"""Kinds of columns that stand to the right."""

_PIECE: Final = 65536
"""Characters that are written at once."""

_ROWS_TO_A_TABLE: Final = 2000
"""A longer report is several tables, each as wide as its rows need."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula."""


def text_of(cell: Cell) -> str:
    """Return a cell as text, exactly: instants as the options of commands take them.

    >>> from datetime import UTC
    >>> text_of(datetime(2026, 11, 5, 7, tzinfo=UTC)), text_of(Decimal("-1.2300")), text_of(None)
    ('2026-11-05T07:00:00Z', '-1.2300', '')
    """
    written = _TEXTS.get(type(cell))
    return str(cell) if written is None else written(cell)


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


# Asked by type, because a report of millions of rows has many times as many cells.
_TEXTS: Final[Mapping[type, Callable[[Any], str]]] = {
    NoneType: lambda _: "",
    bool: lambda is_so: "yes" if is_so else "no",
    date: date.isoformat,
    datetime: _instant,
    Decimal: "{:f}".format,
}


def defused(text: str) -> str:
    """Return a text that no spreadsheet runs: one that begins like a formula, after a quote mark.

    Source: OWASP, CSV Injection.

    >>> defused("=HYPERLINK(1)"), defused("NL*XYZ")
    ("'=HYPERLINK(1)", 'NL*XYZ')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_of(report: Report) -> Iterator[str]:
    r"""Yield a report as CSV: the keys of its columns, then its rows, without totals.

    Source: RFC 4180.

    >>> from console.reports.report import columns
    >>> rows = [("=1, 2", Decimal("-4.20"))]
    >>> report = Report(title="Words", columns=columns("said", "net:money"), rows=rows)
    >>> "".join(csv_of(report)).splitlines()
    ['said,net', '"\'=1, 2",-4.20']
    """
    return csv_lines(report.columns, report.rows, heading=True)


def csv_lines(
    columns: Sequence[Column], rows: Iterable[Row], *, heading: bool = False
) -> Iterator[str]:
    """Yield rows as CSV in pieces of many lines, with `heading` below the keys of the columns."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    if heading:
        writer.writerow([column.key for column in columns])
    is_text = [column.kind == "text" for column in columns]
    for row in rows:
        writer.writerow(
            [
                defused(cell) if is_free and isinstance(cell, str) else text_of(cell)
                for cell, is_free in zip(row, is_text, strict=True)
            ]
        )
        if buffer.tell() > _PIECE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def json_of(report: Report) -> Iterator[str]:
    """Yield a report as one JSON document: exact decimals as texts, a row an object.

    >>> import json
    >>> from console.reports.report import columns
    >>> report = Report(title="T", columns=columns("net:money"), rows=[(Decimal("4.20"),)])
    >>> json.loads("".join(json_of(report)))["rows"]
    [{'net': '4.20'}]
    """
    keys = [column.key for column in report.columns]
    described = [
        {"key": column.key, "kind": column.kind, "heading": column.title}
        for column in report.columns
    ]
    yield f'{{\n  "title": {_json(report.title)},\n  "facts": {_json(dict(report.facts))},\n'
    yield f'  "columns": {_json(described)},\n  "rows": ['
    yield from _json_rows(keys, report.rows)
    yield '],\n  "totals": ['
    yield from _json_rows(keys, report.totals)
    yield f'],\n  "notes": {_json([*report.notes])}\n}}\n'


def table_of(report: Report, *, width: int | None, styled: bool = False) -> Iterator[str]:
    """Yield a report as tables of text, `width` columns wide, None for the terminal's own.

    Facts stand above, totals below a line, notes at the end. Columns without any cell are left
    out, and details; where there is no row and no total, one line says so.
    """
    from rich.console import Console

    yield f"{report.title}\n"
    yield from (f"{name}: {text_of(value)}\n" for name, value in report.facts)
    remaining, is_first = iter(report.rows), True
    while True:
        page = list(islice(remaining, _ROWS_TO_A_TABLE))
        is_last = len(page) < _ROWS_TO_A_TABLE
        totals = list(report.totals) if is_last else []
        if page or totals:
            yield "\n" + _table(
                report.columns, page, totals, Console(width=width, force_terminal=styled)
            )
        elif is_first:
            yield f"\n{NOTHING_FOUND}\n"
        if is_last:
            break
        is_first = False
    yield from (f"{note}\n" for note in report.notes)


def _json(value: object) -> str:
    return encoded(value).decode()


def _json_rows(keys: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    separator, end = "\n    ", ""
    for row in rows:
        yield separator + _json(dict(zip(keys, row, strict=True)))
        separator, end = ",\n    ", "\n  "
    yield end


def _table(
    columns: Sequence[Column], rows: Sequence[Row], totals: Sequence[Row], console: "Console"
) -> str:
    from rich.table import Table
    from rich.text import Text

    lines = [[text_of(cell) for cell in row] for row in (*rows, *totals)]
    shown = [
        place
        for place, column in enumerate(columns)
        if not column.is_detail and any(line[place] for line in lines)
    ]
    longest = [max(len(line[place]) for line in lines) for place in shown]
    widths = fitted(
        [
            Measured(columns[place].title, length, columns[place].kind == "text")
            for place, length in zip(shown, longest, strict=True)
        ],
        console.width + GAP,  # there is none before the first column and after the last
    )
    console.width = max(console.width, sum(widths) + GAP * (len(widths) - 1))
    printed = Table(box=None, header_style="bold", pad_edge=False)
    for place, width in zip(shown, widths, strict=True):
        justify: Literal["left", "right"] = "right" if columns[place].kind in NUMERIC else "left"
        printed.add_column(columns[place].title, justify=justify, overflow="fold", width=width)
    for number, line in enumerate(lines):
        if number == len(rows) and rows:
            printed.add_row(*("─" * length for length in longest))
        # As `Text`, so that a bracket in somebody's data is a bracket and no markup.
        style = "bold" if number >= len(rows) else ""
        printed.add_row(*(Text(line[place], style) for place in shown))
    with console.capture() as captured:
        console.print(printed)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())
