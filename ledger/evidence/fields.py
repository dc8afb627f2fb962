"""Reading JSON that a stranger wrote: exact numbers, no name twice, and nothing raised but one.

A field that is null counts as left out. What cannot be read is noted as a problem and is None, so
that one bad field does not hide the rest of the document.
"""

import json
import re
from decimal import Context, Decimal

from ledger.evidence.problems import Problem, ProblemCode, Unreadable, clipped

LONGEST_TEXT = 250
DIGITS_BEFORE_POINT = 15
DIGITS_AFTER_POINT = 9

EXACT = Context(prec=60)
"""Changes units and subtracts without rounding, whatever the units of two such numbers."""

NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")

Json = dict[str, object]


def json_object(text: str, path: str) -> Json:
    """Return the object a section is, its numbers as Decimal. Refuses: OCMF_MALFORMED.

    >>> json_object('{"RV": 2935.600}', "payload")
    {'RV': Decimal('2935.600')}
    """
    try:
        value = json.loads(
            text,
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_each_name_once,
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        # The message could quote the text, and with it who charged: only the kind is told.
        raise Unreadable(ProblemCode.OCMF_MALFORMED, path, type(error).__name__) from None
    if not isinstance(value, dict):
        raise Unreadable(ProblemCode.OCMF_MALFORMED, path, "no object")
    return value


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def _each_name_once(pairs: list[tuple[str, object]]) -> Json:
    """A name that stands twice would let two readers see two readings under one signature."""
    named = dict(pairs)
    if len(named) != len(pairs):
        raise ValueError("named twice")
    return {name: value for name, value in named.items() if value is not None}


class Fields:
    """The fields of one object, read by name; what is wrong goes to `problems`."""

    def __init__(self, record: Json, path: str, problems: list[Problem]) -> None:
        self.record = record
        self.path = path
        self.problems = problems

    def path_of(self, name: str) -> str:
        """Return the path of a field, as problems state it."""
        return f"{self.path}.{name}" if self.path else name

    def note(self, code: ProblemCode, name: str, detail: str = "") -> None:
        """Note a problem of a field."""
        self.problems.append(Problem(code, self.path_of(name), clipped(detail)))

    def text(self, name: str) -> str | None:
        """Return a text without blanks around it; None where it is left out or no short text."""
        value = self.record.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > LONGEST_TEXT or not value.isprintable():
            self.note(ProblemCode.OCMF_FIELD_MALFORMED, name, "no short text")
            return None
        return value.strip()

    def one_of(self, name: str, letters: str) -> str | None:
        """Return a code of one letter out of `letters`."""
        value = self.text(name)
        if value is not None and (len(value) != 1 or value not in letters):
            self.note(ProblemCode.OCMF_FIELD_MALFORMED, name, value)
            return None
        return value

    def number(self, name: str) -> Decimal | None:
        """Return a number exactly as written. OCMF says Number; many meters quote and pad it.

        >>> Fields({"RV": "       9.038"}, "", []).number("RV")
        Decimal('9.038')
        """
        value = self.record.get(name)
        if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
            value = Decimal(value.strip())
        if value is None:
            return None
        if not isinstance(value, Decimal) or not _is_within_range(value):
            self.note(ProblemCode.OCMF_FIELD_MALFORMED, name, "no number in range")
            return None
        return value


def _is_within_range(number: Decimal) -> bool:
    exponent = number.as_tuple().exponent
    return (
        isinstance(exponent, int)
        and exponent >= -DIGITS_AFTER_POINT
        and number.adjusted() < DIGITS_BEFORE_POINT
    )
