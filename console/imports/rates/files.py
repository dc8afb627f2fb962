"""Rates from a file, each with its line; whatever is wrong with one, by line and code.

Three forms are read, and told apart by their first characters:

    date,currency,per_euro[,source]          one rate a line; the source is the ECB by default
    Date,USD,JPY,…                           the ECB's own table: a line a day, N/A where nothing is
    <gesmes:Envelope …><Cube time="…">       the ECB's own XML; a document type is refused unread

Rates are units of the currency for one euro, read as the text that was published.
"""

import csv
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Final, NamedTuple
from xml.parsers import expat

from ledger.fx.publication_days import ECB
from ledger.values.reasons import Reason, Refusal, Refused

LONGEST: Final = 16 * 2**20
"""Bytes of a file: twice the ECB's whole history as XML."""
MOST_PROBLEMS: Final = 1000
"""A file with more is something else than a file of rates: it is read no further."""
_COLUMNS: Final = ("date", "currency", "per_euro")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CODE: Final = re.compile(r"[A-Z]{3}")
_SOURCE: Final = re.compile(r"[A-Z][A-Z0-9._-]{0,29}")
_MOST_SHOWN: Final = 60
_NOT_PUBLISHED: Final = frozenset({"", "N/A"})


class ReadRate(NamedTuple):
    """One publication: units of the currency for one euro, and the line that says so."""

    line: int
    published_on: date
    currency: str
    per_euro: Decimal
    source: str = ECB


class RateProblem(NamedTuple):
    """What is wrong with a line, or with the whole file (line 0)."""

    line: int
    refusal: Refusal


class RateFile(NamedTuple):
    """What a file holds: every rate that was read is in exactly one of the two.

    `says_all`: it is the ECB's own, in which nothing for a day means that nothing was published.
    """

    name: str
    rates: list[ReadRate]
    problems: list[RateProblem]
    says_all: bool = False


class _Cell(NamedTuple):
    line: int
    day: str
    currency: str
    per_euro: str
    source: str = ECB


def read_rates(path: Path, *, currencies: Collection[str] = ()) -> RateFile:
    """Read a file of rates. Refuses: INVALID_DOCUMENT for one that is none. Raises: OSError."""
    if path.stat().st_size > LONGEST:
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, path.name, f"at most {LONGEST} bytes"))
    return rates_in(path.name, path.read_bytes(), currencies=currencies)


def rates_in(name: str, content: bytes, *, currencies: Collection[str] = ()) -> RateFile:
    """Return what a file's bytes say of the currencies named, by default of all.

    Refuses: INVALID_DOCUMENT.
    """
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _collected(name, _cells_of_xml(name, content), currencies, says_all=True)
    try:
        table = csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = [cell.strip() for cell in next(table, [])]
        lines = ((table.line_num, row) for row in table if row)
        return _rates_of_table(name, header, lines, currencies)
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(
            Refusal(Reason.INVALID_DOCUMENT, name, "a table in UTF-8", str(error))
        ) from error


def _rates_of_table(
    name: str,
    header: list[str],
    lines: Iterable[tuple[int, list[str]]],
    currencies: Collection[str],
) -> RateFile:
    if header[:1] == ["Date"] and len(header) > 1:
        return _collected(name, _cells_of_days(header, lines), currencies, says_all=True)
    if tuple(header) not in (_COLUMNS, (*_COLUMNS, "source")):
        expected = ",".join(_COLUMNS) + "[,source]"
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, f"{name}:1", expected, ",".join(header)))
    return _collected(name, _cells_of_lines(header, lines), currencies, says_all=False)


def _cells_of_lines(header: list[str], lines: Iterable[tuple[int, list[str]]]) -> Iterator[_Cell]:
    for number, row in lines:
        cells = [cell.strip() for cell in row] + [""] * (len(header) - len(row))
        # One cell too many makes the line unreadable, not another number.
        source = cells[3].upper() if len(header) > len(_COLUMNS) else ECB
        rate = cells[2] if len(row) <= len(header) else ",".join(row)
        yield _Cell(number, cells[0], cells[1].upper(), rate, source or ECB)


def _cells_of_days(header: list[str], lines: Iterable[tuple[int, list[str]]]) -> Iterator[_Cell]:
    for number, row in lines:
        for currency, rate in zip(header[1:], row[1:], strict=False):
            # The ECB ends its lines with a comma: a column without a name has no rates.
            if currency and rate.strip() not in _NOT_PUBLISHED:
                yield _Cell(number, row[0].strip(), currency, rate.strip())


def _cells_of_xml(name: str, content: bytes) -> list[_Cell]:
    """Read `Cube` elements with their lines; a document type could declare entities: refused."""
    parser = expat.ParserCreate()
    cells: list[_Cell] = []
    day = ""

    def begin(element: str, attributes: dict[str, str]) -> None:
        nonlocal day
        if element.rpartition(":")[2] != "Cube":
            return
        day = attributes.get("time", day)
        if "currency" in attributes:
            rate = attributes.get("rate", "")
            cells.append(_Cell(parser.CurrentLineNumber, day, attributes["currency"], rate))

    def refuse(*_: object) -> None:
        path = f"{name}:{parser.CurrentLineNumber}"
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, path, "no document type", "<!DOCTYPE"))

    parser.StartElementHandler = begin
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, name, "XML", str(error))) from error
    if not cells:
        raise Refused(
            Refusal(Reason.INVALID_DOCUMENT, name, "Cube elements with currency and rate")
        )
    return cells


def _collected(
    name: str, cells: Iterable[_Cell], currencies: Collection[str], *, says_all: bool
) -> RateFile:
    found = RateFile(name, [], [], says_all)
    for cell in cells:
        if currencies and cell.currency not in currencies:
            continue
        wrong = list(_wrong_in(cell))
        found.problems.extend(RateProblem(cell.line, row) for row in wrong)
        if len(found.problems) >= MOST_PROBLEMS:
            break
        if not wrong:
            day, rate = date.fromisoformat(cell.day), Decimal(cell.per_euro)
            found.rates.append(ReadRate(cell.line, day, cell.currency, rate, cell.source))
    return found


def _wrong_in(cell: _Cell) -> Iterator[Refusal]:
    try:
        if not _DAY.fullmatch(cell.day):
            raise ValueError(cell.day)
        date.fromisoformat(cell.day)
    except ValueError:
        expected = "a day such as 2026-10-30"
        yield Refusal(Reason.RATE_DATE_IMPOSSIBLE, "date", expected, _shown(cell.day))
    if not _CODE.fullmatch(cell.currency):
        yield Refusal(Reason.UNKNOWN_CURRENCY, "currency", "ISO 4217", _shown(cell.currency))
    if not _SOURCE.fullmatch(cell.source):
        expected = "a name of letters, digits, dots and dashes"
        yield Refusal(Reason.WRONG_FORMAT, "source", expected, _shown(cell.source))
    if not _NUMBER.fullmatch(cell.per_euro):
        expected = "a decimal number of at most 12 digits and 12 decimals"
        yield Refusal(Reason.NOT_A_NUMBER, "per_euro", expected, _shown(cell.per_euro))


def _shown(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
