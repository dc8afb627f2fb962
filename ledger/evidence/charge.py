"""Begin and end of one charge in its readings, and what speaks against them.

Source: OCMF 1.4.1, Signing and Verification Process: the first record is marked as the begin, the
last as the end, no error lies between, and all come from one meter.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec

from ledger.evidence.fields import EXACT
from ledger.evidence.obis import Obis
from ledger.evidence.ocmf import Page
from ledger.evidence.problems import Problem, ProblemCode, clipped
from ledger.evidence.readings import EXCEPTION, GOOD, Reading

CLOCK_PROBLEMS = {
    "U": ProblemCode.OCMF_TIME_NOT_SYNCHRONISED,
    "I": ProblemCode.OCMF_TIME_INFORMATIVE,
}
ERROR_FLAGS = {"E": ProblemCode.OCMF_ERROR_FLAG, "t": ProblemCode.OCMF_TIME_ERROR_FLAG}


class Charge(msgspec.Struct, frozen=True):
    """The readings that a charge begins and ends with, of one register."""

    begin: Reading | None = None
    end: Reading | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def is_complete(self) -> bool:
        """True where there is one begin and one end."""
        return self.begin is not None and self.end is not None

    @property
    def energy_wh(self) -> Decimal | None:
        """The energy charged, in Wh, exact; None where begin and end give none."""
        start_wh = self.begin.value_wh if self.begin else None
        stop_wh = self.end.value_wh if self.end else None
        if start_wh is None or stop_wh is None or stop_wh < start_wh:
            return None
        return EXACT.subtract(stop_wh, start_wh)


def charge_of(readings: Iterable[Reading]) -> Charge:
    """Return the charge that readings, of one document or of several, speak of.

    Codes: OCMF_NO_READINGS, OCMF_TRANSACTION_INCOMPLETE, OCMF_TRANSACTION_AMBIGUOUS,
    OCMF_EXCEPTION, OCMF_ENERGY_NEGATIVE, OCMF_END_BEFORE_START, OCMF_LOSS_NOT_RESET,
    OCMF_METER_STATE, OCMF_ERROR_FLAG, OCMF_TIME_ERROR_FLAG, and the two of the clock.
    """
    stated = tuple(readings)
    register = _billed_register(stated)
    if register is None:
        nothing = Problem(ProblemCode.OCMF_NO_READINGS, "RD")
        return Charge(problems=(nothing, *_errors(stated, register)))
    billed = [one for one in stated if one.register == register and one.is_imported_energy]
    problems: list[Problem] = []
    begin = _the_one([reading for reading in billed if reading.is_begin], "begin", problems)
    end = _the_one([reading for reading in billed if reading.is_end], "end", problems)
    problems += _errors(stated, register)
    problems += _doubts(begin, end)
    return Charge(begin, end, tuple(problems))


def _billed_register(readings: Iterable[Reading]) -> Obis | None:
    by_register: dict[Obis, list[Reading]] = {}
    for reading in readings:
        if reading.register is not None and reading.is_imported_energy:
            by_register.setdefault(reading.register, []).append(reading)
    return min(by_register, key=lambda one: _rank(one, by_register[one]), default=None)


def _rank(register: Obis, readings: Sequence[Reading]) -> tuple[bool, tuple[int, int, int], Obis]:
    """A register that both begins and ends comes before one that is not read twice."""
    begins = any(reading.is_begin for reading in readings)
    ends = any(reading.is_end for reading in readings)
    return not (begins and ends), register.precedence, register


def _the_one(found: list[Reading], which: str, problems: list[Problem]) -> Reading | None:
    """The end's document may repeat the begin; two that differ leave neither."""
    if not found:
        problems.append(Problem(ProblemCode.OCMF_TRANSACTION_INCOMPLETE, "RD", f"no {which}"))
        return None
    for other in found[1:]:
        if not other.says_what(found[0]):
            problems.append(Problem(ProblemCode.OCMF_TRANSACTION_AMBIGUOUS, other.path, which))
            return None
    return found[0]


def _errors(readings: Iterable[Reading], billed: Obis | None) -> Iterable[Problem]:
    """What the meter reports, at begin and end and between; an event need not have a value."""
    for reading in readings:
        if reading.occasion == EXCEPTION:
            yield Problem(ProblemCode.OCMF_EXCEPTION, f"{reading.path}.TX", EXCEPTION)
        if reading.value_wh is not None and reading.register != billed:
            continue
        if reading.state != GOOD:
            state = reading.state or "left out"
            yield Problem(ProblemCode.OCMF_METER_STATE, f"{reading.path}.ST", state)
        for flag in sorted(set(reading.error_flags)):
            code = ERROR_FLAGS.get(flag, ProblemCode.OCMF_FIELD_MALFORMED)
            yield Problem(code, f"{reading.path}.EF", clipped(flag))


def _doubts(begin: Reading | None, end: Reading | None) -> Iterable[Problem]:
    for bound in (begin, end):
        if bound is None:
            continue
        clock = bound.clock or "U"
        if clock in CLOCK_PROBLEMS:
            yield Problem(CLOCK_PROBLEMS[clock], f"{bound.path}.TM", clock)
    if begin is not None and begin.loss_wh:
        yield Problem(ProblemCode.OCMF_LOSS_NOT_RESET, f"{begin.path}.CL", str(begin.loss_wh))
    if begin is None or end is None:
        return
    if begin.value_wh is not None and end.value_wh is not None and end.value_wh < begin.value_wh:
        detail = f"{begin.value_wh:f} to {end.value_wh:f} Wh"
        yield Problem(ProblemCode.OCMF_ENERGY_NEGATIVE, f"{end.path}.RV", detail)
    if begin.taken_at and end.taken_at and end.taken_at < begin.taken_at:
        yield Problem(ProblemCode.OCMF_END_BEFORE_START, f"{end.path}.TM", end.taken_at.isoformat())


def page_gaps(pages: Iterable[Page]) -> tuple[Problem, ...]:
    """Return a problem where the documents of one charge do not follow each other.

    >>> page_gaps([Page("T", 118), Page("T", 117)])
    ()
    >>> page_gaps([Page("T", 117), Page("T", 120)])[0].detail
    'T117, T120'
    """
    in_order = sorted(pages)
    for one, following in pairwise(in_order):
        if following != Page(one.context, one.number + 1):
            detail = f"{one.context}{one.number}, {following.context}{following.number}"
            return (Problem(ProblemCode.OCMF_PAGINATION, "PG", detail),)
    return ()
