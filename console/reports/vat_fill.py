"""Filling a form: what each box takes of the lines, rounded as the form wants it. Pure."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import NamedTuple

from console.reports.vat_forms import Box, Form, Rounding
from console.reports.vat_lines import NOT_DECLARED_HERE, Line
from ledger.values.money import EXACT, ZERO, minor_unit

_UNIT = Decimal(1)
_HUNDRED = Decimal(100)


class Filled(NamedTuple):
    """A box with what it says: `exact` before the form's rounding, None for what it works out."""

    box: str
    title: str
    exact: Decimal | None
    amount: Decimal


def filled(form: Form, lines: Sequence[Line], currency: str) -> list[Filled]:
    """Return the boxes of a form in their order, each with its amount in the tax's currency."""
    found: dict[str, Filled] = {}
    for box in form.boxes:
        exact = None if box.takes is None else _taken(form, box, lines)
        amount = _worked_out(box, found) if exact is None else _rounded(form, box, exact)
        if box.only == "positive":
            amount = max(amount, Decimal(0))
        unit = _UNIT if _is_whole(form, box) else minor_unit(currency)
        amount = amount.quantize(unit, ROUND_HALF_UP, context=EXACT) + 0
        found[box.box] = Filled(box.box, box.title, exact, amount)
    return [*found.values()]


def rounded_by_form(form: Form, lines: Sequence[Line], currency: str) -> Decimal:
    """Return what the form's rounding adds to the tax that is owed less what is deducted."""
    signs = {"payable": 1, "refund": -1, "": 0}
    results = {box.box: signs[box.result] for box in form.boxes}
    declared = sum(
        (row.amount * results[row.box] for row in filled(form, lines, currency)), Decimal(0)
    )
    left_out = set(map(id, not_taken(form, lines)))
    exact = sum(
        (
            amount_of(line, "owed") - amount_of(line, "input")
            for line in lines
            if id(line) not in left_out and line.treatment not in NOT_DECLARED_HERE
        ),
        ZERO,
    )
    return declared - exact


def not_taken(form: Form, lines: Sequence[Line]) -> list[Line]:
    """Return the lines that no box takes anything of: whoever files must know of them."""
    return [
        line
        for line in lines
        if line.treatment not in NOT_DECLARED_HERE
        and not any(box.takes and box.wants(line, _named(form, box)) for box in form.boxes)
    ]


def amount_of(line: Line, takes: str) -> Decimal:
    """Return what is taken of a line.

    What a seller charges and what a buyer accounts for is owed; what a buyer was charged and what
    it accounts for is deducted, in full: charging is bought to be sold on.
    """
    is_bought = line.treatment.startswith("bought_")
    if takes == "base":
        return line.base
    if line.treatment == "sold_abroad_taxed":
        return ZERO  # owed to the other country
    if takes == "tax":
        return line.tax
    if takes == "self_assessed":
        return line.self_assessed
    if takes == "owed":
        return line.self_assessed if is_bought else line.tax
    return line.tax + line.self_assessed if is_bought else ZERO


def _taken(form: Form, box: Box, lines: Sequence[Line]) -> Decimal:
    named = _named(form, box)
    wanted = (amount_of(line, str(box.takes)) for line in lines if box.wants(line, named))
    return sum(wanted, ZERO)


def _named(form: Form, box: Box) -> frozenset[Decimal]:
    """Return the rates that other boxes of the same treatments name."""
    if not box.other_percent:
        return frozenset()
    return frozenset(
        row.percent
        for row in form.boxes
        if row.percent is not None and row.treatments & box.treatments
    )


def _worked_out(box: Box, found: Mapping[str, Filled]) -> Decimal:
    if box.percent_of:
        percent = box.percent or ZERO
        return EXACT.divide(EXACT.multiply(found[box.percent_of].amount, percent), _HUNDRED)
    signed = (
        -found[name.removeprefix("-")].amount if name.startswith("-") else found[name].amount
        for name in box.sum
    )
    return sum(signed, Decimal(0))


def _is_whole(form: Form, box: Box) -> bool:
    """True where a box is written without cents; a sum is of taxes, and as these are."""
    return not box.percent_of and _rounding(form, box) != "minor_unit"


def _rounding(form: Form, box: Box) -> Rounding:
    return form.rounding.base if box.takes == "base" else form.rounding.tax


def _rounded(form: Form, box: Box, exact: Decimal) -> Decimal:
    """Round as the form wants it.

    In the declarant's favour: what is owed down, what is deducted up, credits likewise.
    """
    rounding = _rounding(form, box)
    if rounding == "minor_unit":
        return exact
    if rounding == "in_favour":
        mode = ROUND_CEILING if box.takes == "input" else ROUND_FLOOR
    else:
        mode = ROUND_DOWN if rounding == "down_to_unit" else ROUND_HALF_UP
    return exact.quantize(_UNIT, mode, context=EXACT)
