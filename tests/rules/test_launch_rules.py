"""The gate of a launch: each criterion just passed and just not, and what is no evidence."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.roaming.launch_criteria import CRITERIA, EXIT, PHASES, ExitRule
from ledger.roaming.launch_figures import TEST_NAMES, ConnectorFigures, TestRun
from ledger.roaming.launch_rules import Missing, entry_results, refusal_of, results_of
from ledger.values.provenance import Provenance
from tests.launching import figures
from tests.ledger_cast import RECORDED_AT

PERSON = Provenance("olga", "asserted", RECORDED_AT, RECORDED_AT)


def run(name: str, *, cases: int = 10, differences: int = 0) -> dict[str, TestRun]:
    done = TestRun(name, 1, cases, differences, (), "c" * 64, "", 1, PERSON)  # type: ignore[arg-type]
    return {name: done}


def line_of(criterion: str, threshold: str, *, minimum: int = 1, **found: Any):
    rule = ExitRule(criterion, Decimal(threshold), minimum)  # type: ignore[arg-type]
    runs = found.pop("runs", {})
    (line,) = results_of((rule,), figures(**found), runs)
    return line


HOUR = 3600
EDGES = [
    # criterion, threshold, figures that just pass, figures that just do not
    ("matched_percent", "90", {"matched": 9}, {"matched": 8}),
    ("price_difference_percent", "10", {"price_differences": 1}, {"price_differences": 2}),
    ("late_percent", "10", {"late": 1}, {"late": 2}),
    (
        "exceptions_open",
        "1",
        {"exceptions_raised": 3, "exceptions_resolved": 2},
        {"exceptions_raised": 3, "exceptions_resolved": 1},
    ),
    (
        "unknown_origin_percent",
        "50",
        {"exceptions_raised": 2, "unknown_origin": 1},
        {"exceptions_raised": 2, "unknown_origin": 2},
    ),
    (
        "resolve_median_h",
        "24",
        {"exceptions_resolved": 1, "resolve_median_s": 24 * HOUR},
        {"exceptions_resolved": 1, "resolve_median_s": 24 * HOUR + 1},
    ),
    (
        "resolve_p90_h",
        "72",
        {"exceptions_resolved": 1, "resolve_p90_s": 72 * HOUR},
        {"exceptions_resolved": 1, "resolve_p90_s": 72 * HOUR + 1},
    ),
    ("disputes_open", "0", {"disputes_open": 0}, {"disputes_open": 1}),
    ("disputed_percent", "10", {"disputed_cdrs": 1}, {"disputed_cdrs": 2}),
    (
        "command_success_percent",
        "95",
        {"connectors": (ConnectorFigures("IEC_62196_T2", 20, 19),)},
        {"connectors": (ConnectorFigures("IEC_62196_T2", 20, 18),)},
    ),
    *((name, "0", {"runs": run(name)}, {"runs": run(name, differences=1)}) for name in TEST_NAMES),
]


@pytest.mark.parametrize(("criterion", "threshold", "good", "bad"), EDGES)
def test_each_criterion_at_its_edge(criterion, threshold, good, bad):
    assert line_of(criterion, threshold, **good).is_passed
    assert not line_of(criterion, threshold, **bad).is_passed


def test_the_edges_are_those_of_every_criterion():
    assert [row[0] for row in EDGES] == list(CRITERIA)


@pytest.mark.parametrize(("criterion", "threshold", "good", "bad"), EDGES)
def test_too_few_cases_are_no_evidence(criterion, threshold, good, bad):
    enough = line_of(criterion, threshold, **good)
    line = line_of(criterion, threshold, minimum=enough.cases, **good)
    assert (line.has_evidence, line.is_passed) == (True, True)
    line = line_of(criterion, threshold, minimum=enough.cases + 1, **good)
    assert (line.has_evidence, line.is_passed) == (False, False)


@pytest.mark.parametrize("name", TEST_NAMES)
def test_a_test_that_nobody_ran_has_no_cases(name):
    line = line_of(name, "0")
    assert (line.value, line.cases, line.is_passed) == (None, 0, False)


def test_without_a_minimum_nothing_to_measure_is_no_fault():
    line = line_of("resolve_median_h", "24", minimum=0)
    assert (line.value, line.is_passed) == (None, True)


def test_what_is_shown_is_rounded_to_the_bad_side():
    matched = line_of("matched_percent", "66.67", cdrs=3, matched=2)
    assert (str(matched.value), matched.is_passed) == ("66.66", False)
    late = line_of("late_percent", "33.33", cdrs=3, late=1)
    assert (str(late.value), late.is_passed) == ("33.34", False)


def test_every_connector_type_is_judged_by_itself():
    rule = ExitRule("command_success_percent", Decimal(90), 10)
    connectors = (
        ConnectorFigures("CHADEMO", 0, 0),
        ConnectorFigures("IEC_62196_T2", 10, 10),
        ConnectorFigures("IEC_62196_T2_COMBO", 10, 8),
    )
    lines = results_of((rule,), figures(connectors=connectors), {})
    assert [(row.of, row.is_passed) for row in lines] == [
        ("CHADEMO", False),
        ("IEC_62196_T2", True),
        ("IEC_62196_T2_COMBO", False),
    ]
    (line,) = results_of((rule,), figures(connectors=()), {})
    assert (line.cases, line.is_passed) == (0, False)


def test_the_table_has_every_phase_and_uses_every_criterion():
    assert set(EXIT) == set(PHASES) == {1, 2, 3, 4}
    used = {rule.criterion for rules in EXIT.values() for rule in rules}
    assert used == set(CRITERIA)
    for phase, rules in EXIT.items():
        named = [rule.criterion for rule in rules]
        assert named == sorted(named, key=list(CRITERIA).index), phase
        assert len(set(named)) == len(named)


@pytest.mark.parametrize("phase", [2, 3, 4])
def test_a_later_phase_never_asks_for_less_of_the_same(phase):
    before = {rule.criterion: rule for rule in EXIT[phase - 1]}
    for rule in EXIT[phase]:
        known = before.get(rule.criterion)
        if known is None or rule.criterion == "exceptions_open":
            continue  # a wider phase has more exceptions open at any time
        assert rule.minimum >= known.minimum
        if CRITERIA[rule.criterion].sense == "at_least":
            assert rule.threshold >= known.threshold
        else:
            assert rule.threshold <= known.threshold


def test_the_entry_into_a_phase_lacks_nothing():
    lines = entry_results(2, (Missing("entry_sites", 0, 2), Missing("entry_tariffs", 1, 1)))
    assert [(row.criterion, row.of, row.is_passed) for row in lines] == [
        ("entry_sites", "phase 2", True),
        ("entry_tariffs", "phase 2", False),
    ]


def test_a_line_that_is_not_passed_says_what_was_needed_and_found():
    line = line_of("late_percent", "5", minimum=50, late=2)
    assert str(refusal_of(line)).endswith(
        "(at late_percent, expected at most 5 % in 50 CDRs or more, got 20.00 % in 10 CDRs)"
    )
    missing = refusal_of(replace(line, value=None, cases=0))
    assert missing.actual == "nothing in 0 CDRs"
