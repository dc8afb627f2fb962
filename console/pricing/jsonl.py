"""Many documents at once: one JSON object a line in, one result a line out, in the same order.

A line that cannot be read or priced gives a refused result, and the next line is read.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

from console.cli.errors import wants_traceback
from console.pricing import scalars
from console.pricing.findings import DocumentRefused, Finding
from console.pricing.lint import LintResult, lint_document, unreadable
from console.pricing.price import price_document
from console.pricing.result import Result, encoded, refused

_NULL: Final = b"null"


class _Line(msgspec.Struct):
    cdr: msgspec.Raw = msgspec.Raw(_NULL)
    tariff: msgspec.Raw = msgspec.Raw(_NULL)
    time_zone: Any = None
    ocpi_version: Any = None


_DECODER: Final = msgspec.json.Decoder(_Line)


class Answer(NamedTuple):
    """A result line without its line end, and whether its document was refused or is wrong."""

    line: bytes
    is_refused: bool


def price_lines(lines: Iterable[bytes]) -> Iterator[Answer]:
    """Price each line `{"cdr", "tariff", "time_zone", "ocpi_version"}`."""
    return (_answer(line, _priced, refused) for line in _but_blank_ends(lines))


def lint_lines(lines: Iterable[bytes]) -> Iterator[Answer]:
    """Lint each line `{"tariff", "ocpi_version"}`."""
    return (_answer(line, _linted, unreadable) for line in _but_blank_ends(lines))


def _but_blank_ends(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines; blank ones at the end are no documents, before it they are bad ones."""
    blank = 0
    for line in lines:
        if line.isspace():
            blank += 1
            continue
        for _ in range(blank):
            yield b""
        blank = 0
        yield line


def _answer(
    line: bytes,
    decide: Callable[[_Line], Result | LintResult],
    refuse: Callable[[Finding], Result | LintResult],
) -> Answer:
    try:
        result = decide(scalars.decode(_DECODER, line, "$"))
    except DocumentRefused as error:
        result = refuse(error.finding)
    # One line's defect is told in its own result; the other lines are somebody's CDRs too.
    except Exception as error:
        if wants_traceback():
            raise
        result = refuse(Finding("DEFECT", "$", f"{type(error).__name__}: {error}"[:200]))
    return Answer(encoded(result), result.is_refused)


def _priced(line: _Line) -> Result:
    tariff = bytes(line.tariff)
    return price_document(
        bytes(line.cdr),
        tariff=None if tariff == _NULL else tariff,
        time_zone=line.time_zone,
        ocpi_version=line.ocpi_version,
    )


def _linted(line: _Line) -> LintResult:
    return lint_document(bytes(line.tariff), ocpi_version=line.ocpi_version)
