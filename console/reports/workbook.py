"""A report as an Excel workbook: the figures on sheets of their own, what they rest on before them.

The same report makes the same bytes. Amounts are numbers with 4 decimals, as far as Excel keeps
them: a number of more than 15 digits becomes text, because Excel would change its last ones.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import xlsxwriter  # type: ignore[import-untyped]

from console.reports.render import NUMERIC, text_of
from console.reports.report import Cell, Column, Kind, Report, Row

CREATED: Final = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""What the workbook says of its making: always the same, or equal figures were different files."""

MOST_ROWS: Final = 1_048_576
"""Rows of a sheet, by the limits of Excel; a longer report goes on on the next sheet."""

EXACT_DIGITS: Final = 15
"""Significant digits that Excel keeps of a number."""

WIDEST: Final = 60

_NUMBER_FORMATS: Final[Mapping[Kind, str]] = {
    "text": "@",
    "money": "#,##0.0000",
    "number": "General",
    "count": "0",
    "percent": "General",
    "date": "yyyy-mm-dd",
    "instant": "@",
}


def write_workbook(report: Report, path: Path, *, most_rows: int = MOST_ROWS) -> None:
    """Write a report as a workbook, row by row. Raises OSError where the file cannot be written."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": report.title, "created": CREATED})
        book.set_calc_mode("auto")
        _write_facts(book, report)
        sheets = _Sheets(book, report.columns, most_rows)
        for row in report.rows:
            sheets.add(row)
        for row in report.totals:
            sheets.add(row, is_total=True)
        sheets.close()


def is_exact(number: Decimal) -> bool:
    """Return whether Excel keeps all digits of a number.

    >>> is_exact(Decimal("12345678901.2345")), is_exact(Decimal("123456789012.3456"))
    (True, False)
    """
    return len(number.normalize().as_tuple().digits) <= EXACT_DIGITS


class _Sheets:
    """The sheets that the rows fill, one after the other, each under the frozen headings."""

    def __init__(self, book: Any, columns: Sequence[Column], most_rows: int) -> None:
        self._book, self._columns, self._most_rows = book, columns, most_rows
        self._plain = [_format(book, column.kind) for column in columns]
        self._bold = [_format(book, column.kind, bold=True) for column in columns]
        self._heading = book.add_format({"bold": True, "bottom": 1})
        self._count = 0
        self._begin()

    def add(self, row: Row, *, is_total: bool = False) -> None:
        """Write the next row."""
        if self._row >= self._most_rows:
            self.close()
            self._begin()
        formats = self._bold if is_total else self._plain
        for place, (column, cell) in enumerate(zip(self._columns, row, strict=True)):
            _write(self._sheet, self._row, place, column.kind, cell, formats[place])
            self._widths[place] = max(self._widths[place], len(text_of(cell)) + 2)
        self._row += 1

    def close(self) -> None:
        """Make the columns of the sheet as wide as what stands in them."""
        for place, width in enumerate(self._widths):
            self._sheet.set_column(place, place, min(width, WIDEST), self._plain[place])

    def _begin(self) -> None:
        self._count += 1
        self._sheet = self._book.add_worksheet("Figures" if self._count == 1 else
                                               f"Figures {self._count}")  # fmt: skip
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._columns):
            self._sheet.write_string(0, place, column.title, self._heading)
        self._widths = [len(column.title) + 3 for column in self._columns]
        self._row = 1
        if self._count == 1:
            self._sheet.activate()


def _write_facts(book: Any, report: Report) -> None:
    sheet = book.add_worksheet("Facts")
    bold = book.add_format({"bold": True})
    lines = [(report.title, ""), *((name, text_of(value)) for name, value in report.facts)]
    for number, (name, value) in enumerate(lines):
        sheet.write_string(number, 0, name, bold)
        sheet.write_string(number, 1, value)
    for number, note in enumerate(report.notes, len(lines) + 1):
        sheet.write_string(number, 0, note)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, WIDEST)


def _format(book: Any, kind: Kind, *, bold: bool = False) -> Any:
    align = "right" if kind in NUMERIC else "left"
    return book.add_format({"num_format": _NUMBER_FORMATS[kind], "align": align, "bold": bold})


def _write(sheet: Any, row: int, place: int, kind: Kind, cell: Cell, cell_format: Any) -> None:
    """Write a cell by its kind; a text is never taken for a formula."""
    if cell is None:
        return
    if kind in NUMERIC and isinstance(cell, Decimal | int) and is_exact(Decimal(cell)):
        sheet.write_number(row, place, cell, cell_format)
    elif kind == "date" and isinstance(cell, date):
        sheet.write_datetime(row, place, cell, cell_format)
    else:
        sheet.write_string(row, place, text_of(cell), cell_format)
