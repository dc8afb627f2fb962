"""The forms of VAT returns: dated data, one file per country, each box with what it takes.

A form that nobody could compare with a source is `verified: false`: the return then shows every
treatment and rate as it is, and says so. Whoever knows a form better edits its file.
"""

from collections.abc import Iterator
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

import msgspec
import yaml

from console.reports.vat_lines import NOT_DECLARED_HERE, TREATMENTS, Line
from ledger.values.reasons import InvariantBroken

FOLDER: Final = Path(__file__).parent / "vat_boxes"

Takes = Literal["base", "tax", "self_assessed", "owed", "input"]
"""What of a line a box takes: the taxable amount; the tax on the invoice; the tax that we account
for; `owed`, what of both we owe; `input`, what of both is deducted."""

Rounding = Literal["minor_unit", "down_to_unit", "nearest_unit", "in_favour"]
"""To the cent as invoiced; to whole units without the rest, or to the nearest; or whole units in
the declarant's favour: what is owed down, what is deducted up."""


class Box(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A box: it takes something `of` lines, or sums other boxes (`-66` is taken off), or is a
    percentage of one. `other_percent`: all rates that no other box of the same kind names.
    `result`: what is to be paid in the end, or comes back.
    """

    box: str
    title: str
    takes: Takes | None = None
    of: tuple[str, ...] = ()
    percent: Decimal | None = None
    other_percent: bool = False
    supply: str = ""
    sum: tuple[str, ...] = ()
    percent_of: str = ""
    only: Literal["", "positive"] = ""
    result: Literal["", "payable", "refund"] = ""

    @property
    def treatments(self) -> frozenset[str]:
        """The treatments whose lines it takes."""
        return frozenset(
            name
            for name in TREATMENTS
            if name not in NOT_DECLARED_HERE and any(fnmatchcase(name, each) for each in self.of)
        )

    def wants(self, line: Line, named: frozenset[Decimal]) -> bool:
        """True where it takes from a line; `named` are the rates that boxes like it name."""
        if line.treatment not in self.treatments or self.supply not in ("", line.supply):
            return False
        if self.other_percent:
            return line.percent not in named
        return self.percent is None or self.percent == line.percent


class FormRounding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the boxes of a form are rounded: taxable amounts, and tax."""

    base: Rounding
    tax: Rounding


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form for the tax periods from a month until before another, with its source."""

    form: str
    valid_from: str
    verified: bool
    source: str
    valid_until: str | None = None
    rounding: FormRounding = FormRounding("minor_unit", "minor_unit")
    rounding_source: str = ""
    boxes: tuple[Box, ...] = ()

    def covers(self, period: str) -> bool:
        """True where a tax period is declared on it."""
        return self.valid_from <= period and (self.valid_until is None or period < self.valid_until)


class Country(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A country's forms; no two for one period."""

    country: str
    forms: tuple[Form, ...]


GENERIC: Final = Form(
    form="Amounts by treatment and rate",
    valid_from="",
    verified=False,
    source="No form of this country was verified: EN 16931 category, rate and direction.",
)
"""What is shown where a country has no verified form."""


def form_of(country: str, period: str) -> Form:
    """Return the form on which a country wants a tax period; the generic one where none is known.

    >>> form_of("CH", "2023-12").form, form_of("MT", "2026-10").form
    ('MWST-Abrechnung (effektive Methode), vor 2024', 'Amounts by treatment and rate')
    """
    known = forms().get(country, ())
    return next((form for form in known if form.covers(period)), GENERIC)


@cache
def forms() -> dict[str, tuple[Form, ...]]:
    """Return all forms by country. Raises InvariantBroken where a file is wrong."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.yaml"))}


class _Loader(yaml.BaseLoader):
    """Reads every scalar as text (5.5 would be a float), and no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        """Return a mapping. Raises InvariantBroken for a key that stands there twice."""
        keys = [key.value for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise InvariantBroken(f"line {node.start_mark.line + 1} has a key twice: {keys}")
        return super().construct_mapping(node, deep=deep)


def _read(path: Path) -> tuple[Form, ...]:
    raw = yaml.load(path.read_text("utf-8"), _Loader)
    found = msgspec.convert(raw, Country, strict=False)
    wrong = [*_errors(path.stem, found)]
    if wrong:
        raise InvariantBroken(f"{path.name}: {'; '.join(wrong)}")
    return found.forms


def _errors(country: str, found: Country) -> Iterator[str]:
    if found.country != country:
        yield f"it is about {found.country}"
    spans = sorted((form.valid_from, form.valid_until or "9999-12") for form in found.forms)
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        yield "two forms for one period"
    for form in found.forms:
        seen: set[str] = set()
        for box in form.boxes:
            yield from (f"{form.form}, {box.box}: {error}" for error in _errors_of(box, seen))
            seen.add(box.box)


def _errors_of(box: Box, before: set[str]) -> Iterator[str]:
    if box.box in before:
        yield "named twice"
    kinds = [box.takes is not None, bool(box.sum), bool(box.percent_of)]
    if kinds.count(True) != 1:
        yield "takes something, sums boxes, or is a percentage of one"
    for pattern in box.of:
        if not any(fnmatchcase(name, pattern) for name in TREATMENTS):
            yield f"{pattern} is no treatment"
    for other in (*box.sum, *filter(None, [box.percent_of])):
        if other.removeprefix("-") not in before:
            yield f"{other} is no box before it"
