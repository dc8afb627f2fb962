"""What a launch must prove to leave a phase: the criteria, and their thresholds by phase.

`EXIT` is the table. A plan may set other rules for a phase; how they are judged is in
`launch_rules`.
"""

from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

Sense = Literal["at_least", "at_most"]
Unit = Literal["%", "h", "count", "differences", "missing"]
CriterionName = Literal[
    "matched_percent",
    "price_difference_percent",
    "late_percent",
    "exceptions_open",
    "unknown_origin_percent",
    "resolve_median_h",
    "resolve_p90_h",
    "disputes_open",
    "disputed_percent",
    "command_success_percent",
    "session_matching",
    "tariff_replay",
    "rounding_checks",
    "partner_reconciliation",
    "exception_drill",
]


class Criterion(NamedTuple):
    """What is asked, in which unit, and on which side of the threshold it is good.

    `counts` is what the number of cases beside it counts.
    """

    sense: Sense
    unit: Unit
    counts: str
    sentence: str


CRITERIA: dict[CriterionName, Criterion] = {
    "matched_percent": Criterion(
        "at_least", "%", "CDRs", "CDRs that were matched to their session"),
    "price_difference_percent": Criterion(
        "at_most", "%", "CDRs", "CDRs that state or showed another price, beyond tolerance"),
    "late_percent": Criterion(
        "at_most", "%", "CDRs", "CDRs that came after the hours agreed"),
    "exceptions_open": Criterion(
        "at_most", "count", "CDRs", "exceptions that nobody has resolved yet"),
    "unknown_origin_percent": Criterion(
        "at_most", "%", "exceptions", "exceptions of which nobody knows where they come from"),
    "resolve_median_h": Criterion(
        "at_most", "h", "resolved exceptions", "hours in which half of them are resolved"),
    "resolve_p90_h": Criterion(
        "at_most", "h", "resolved exceptions", "hours in which nine of ten are resolved"),
    "disputes_open": Criterion(
        "at_most", "count", "CDRs", "disputes that are not closed"),
    "disputed_percent": Criterion(
        "at_most", "%", "CDRs", "CDRs that were ever disputed"),
    "command_success_percent": Criterion(
        "at_least", "%", "commands", "remote commands that succeeded, for each connector type"),
    "session_matching": Criterion(
        "at_most", "differences", "CDRs", "acceptance test: CDRs against their sessions"),
    "tariff_replay": Criterion(
        "at_most", "differences", "CDRs", "acceptance test: recorded CDRs priced again"),
    "rounding_checks": Criterion(
        "at_most", "differences", "CDRs", "acceptance test: every sum from line to posting"),
    "partner_reconciliation": Criterion(
        "at_most", "differences", "CDRs", "acceptance test: the partner's CDRs field by field"),
    "exception_drill": Criterion(
        "at_most", "differences", "exceptions", "acceptance test: exceptions resolved in time"),
}  # fmt: skip
"""Every criterion that a phase can have, in the order in which a gate shows them."""


class ExitRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A threshold and the number of cases below which there is no evidence."""

    criterion: CriterionName
    threshold: Decimal
    minimum: int = 0


def _rule(criterion: CriterionName, threshold: str, minimum: int) -> ExitRule:
    return ExitRule(criterion, Decimal(threshold), minimum)


PHASES: dict[int, str] = {
    1: "one path in scope",
    2: "sessions and commands proven",
    3: "CDR and tariff accuracy proven",
    4: "expand",
}
"""What each phase of a launch proves."""

EXIT: dict[int, tuple[ExitRule, ...]] = {
    1: (
        _rule("matched_percent",          "95", 10),
        _rule("exceptions_open",           "3", 10),
        _rule("disputes_open",             "1", 10),
        _rule("session_matching",          "0", 10),
    ),
    2: (
        _rule("matched_percent",          "98", 50),
        _rule("late_percent",              "5", 50),
        _rule("exceptions_open",           "3", 50),
        _rule("unknown_origin_percent",   "10", 0),
        _rule("disputes_open",             "1", 50),
        _rule("command_success_percent",  "95", 20),
        _rule("session_matching",          "0", 50),
        _rule("exception_drill",           "0", 1),
    ),
    3: (
        _rule("matched_percent",          "99", 200),
        _rule("price_difference_percent", "0.5", 200),
        _rule("late_percent",              "2", 200),
        _rule("exceptions_open",           "2", 200),
        _rule("unknown_origin_percent",    "5", 0),
        _rule("resolve_median_h",         "24", 0),
        _rule("resolve_p90_h",            "72", 0),
        _rule("disputes_open",             "0", 200),
        _rule("disputed_percent",          "1", 200),
        _rule("command_success_percent",  "97", 20),
        _rule("session_matching",          "0", 200),
        _rule("tariff_replay",             "0", 200),
        _rule("rounding_checks",           "0", 200),
        _rule("partner_reconciliation",    "0", 200),
        _rule("exception_drill",           "0", 1),
    ),
    4: (
        _rule("matched_percent",        "99.5", 1000),
        _rule("price_difference_percent", "0.5", 1000),
        _rule("late_percent",              "2", 1000),
        _rule("exceptions_open",           "5", 1000),
        _rule("unknown_origin_percent",    "5", 0),
        _rule("resolve_median_h",         "24", 0),
        _rule("resolve_p90_h",            "72", 0),
        _rule("disputes_open",             "0", 1000),
        _rule("disputed_percent",          "1", 1000),
        _rule("command_success_percent",  "98", 50),
        _rule("tariff_replay",             "0", 1000),
        _rule("rounding_checks",           "0", 1000),
        _rule("partner_reconciliation",    "0", 1000),
    ),
}  # fmt: skip
"""What lets a launch leave each phase, where its plan does not say otherwise."""
