"""How a gate is judged: figures and tests against the rules of a phase, line by line.

With fewer cases than its minimum a criterion is not passed: too little is no evidence.
"""

from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import NamedTuple

import msgspec

from ledger.roaming.launch_criteria import CRITERIA, CriterionName, ExitRule, Sense, Unit
from ledger.roaming.launch_figures import ConnectorFigures, LaunchFigures, TestRun
from ledger.values.reasons import Reason, Refusal


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a gate: what was found in `cases`, against the threshold.

    `of` is the connector type of a line about commands, or the phase that a line of entry is about.
    `value` is None where there is nothing to measure.
    """

    criterion: str
    value: Decimal | None
    sense: Sense
    threshold: Decimal
    unit: Unit
    cases: int
    minimum: int
    is_passed: bool
    of: str = ""

    @property
    def has_evidence(self) -> bool:
        """False where there are fewer cases than the plan asks for."""
        return self.cases >= self.minimum

    @property
    def counts(self) -> str:
        """What the cases are."""
        known = CRITERIA.get(self.criterion)  # type: ignore[call-overload]
        return known.counts if known is not None else "things needed"


class _Measured(NamedTuple):
    value: Fraction | None
    cases: int
    of: str = ""


def results_of(
    rules: tuple[ExitRule, ...],
    figures: LaunchFigures,
    runs: Mapping[str, TestRun],
) -> tuple[Result, ...]:
    """Judge figures and acceptance tests by the rules of a phase, line by line."""
    found: list[Result] = []
    for rule in rules:
        run = runs.get(rule.criterion)
        if CRITERIA[rule.criterion].unit == "differences":
            lines = [_Measured(Fraction(run.differences), run.cases) if run else _Measured(None, 0)]
        elif rule.criterion == "command_success_percent":
            lines = [_of_connector(row) for row in figures.connectors] or [_Measured(None, 0)]
        else:
            lines = [_MEASURES[rule.criterion](figures)]
        found.extend(_judged(rule, line) for line in lines)
    return tuple(found)


def _percent(part: int, whole: int) -> _Measured:
    return _Measured(Fraction(100 * part, whole) if whole else None, whole)


def _hours(seconds: int | None, resolved: int) -> _Measured:
    return _Measured(None if seconds is None else Fraction(seconds, 3600), resolved)


_MEASURES: dict[CriterionName, Callable[[LaunchFigures], _Measured]] = {
    "matched_percent": lambda row: _percent(row.matched, row.cdrs),
    "price_difference_percent": lambda row: _percent(row.price_differences, row.cdrs),
    "late_percent": lambda row: _percent(row.late, row.cdrs),
    "exceptions_open": lambda row: _Measured(Fraction(row.exceptions_open), row.cdrs),
    "unknown_origin_percent": lambda row: _percent(row.unknown_origin, row.exceptions_raised),
    "resolve_median_h": lambda row: _hours(row.resolve_median_s, row.exceptions_resolved),
    "resolve_p90_h": lambda row: _hours(row.resolve_p90_s, row.exceptions_resolved),
    "disputes_open": lambda row: _Measured(Fraction(row.disputes_open), row.cdrs),
    "disputed_percent": lambda row: _percent(row.disputed_cdrs, row.cdrs),
}


def _of_connector(row: ConnectorFigures) -> _Measured:
    return _percent(row.succeeded, row.sent)._replace(of=row.connector)


def _judged(rule: ExitRule, line: _Measured) -> Result:
    """Compare exactly; what is shown is rounded to the bad side, so it never looks better."""
    criterion = CRITERIA[rule.criterion]
    value, at_least = line.value, criterion.sense == "at_least"
    is_good = value is None or (
        value >= Fraction(rule.threshold) if at_least else value <= Fraction(rule.threshold)
    )
    shown = None
    if value is not None and criterion.unit in ("%", "h"):
        exact = Decimal(value.numerator * 100) / value.denominator
        rounding = ROUND_FLOOR if at_least else ROUND_CEILING
        shown = exact.to_integral_value(rounding).scaleb(-2)
    elif value is not None:
        shown = Decimal(value.numerator)
    return Result(
        rule.criterion,
        shown,
        criterion.sense,
        rule.threshold,
        criterion.unit,
        line.cases,
        rule.minimum,
        is_passed=line.cases >= rule.minimum and is_good,
        of=line.of,
    )


class Missing(NamedTuple):
    """What the entry into a phase still lacks, of so many things it needs."""

    criterion: str
    missing: int
    needed: int


def entry_results(phase: int, found: tuple[Missing, ...]) -> tuple[Result, ...]:
    """Judge what the next phase needs before anything may be in its scope: nothing is missing."""
    return tuple(
        Result(
            row.criterion,
            Decimal(row.missing),
            "at_most",
            Decimal(0),
            "missing",
            row.needed,
            0,
            is_passed=row.missing == 0,
            of=f"phase {phase}",
        )
        for row in found
    )


def refusal_of(line: Result) -> Refusal:
    """Return a line of a gate that is not passed as the refusal it is."""
    unit = f" {line.unit}" if line.unit in ("%", "h") else ""
    counts = line.counts
    expected = f"{line.sense.replace('_', ' ')} {line.threshold}{unit}"
    if line.minimum:
        expected += f" in {line.minimum} {counts} or more"
    value = "nothing" if line.value is None else f"{line.value:f}{unit}"
    return Refusal(
        Reason.LAUNCH_GATE_NOT_PASSED,
        f"{line.criterion} {line.of}".strip(),
        expected,
        f"{value} in {line.cases} {counts}",
    )
