"""What a phase of a launch has in scope, and the caps of its day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from console.launches.plan_file import plan_in
from ledger.pricing.tariff import Extension
from ledger.roaming.launch import Launch
from ledger.roaming.launch_criteria import EXIT, ExitRule
from ledger.roaming.launch_plan import Caps, LaunchPlan, PhasePlan, Scope, refuse_a_wrong_plan
from ledger.roaming.launch_scope import (
    DayUse,
    cap_reached,
    caps_for,
    out_of_scope,
    tariffs_named,
)
from ledger.roaming.terms import LaunchTerms, TariffTerms, Terms
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from ledger.values.reasons import Refused
from tests.launching import PAIR, phases
from tests.ledger_cast import RECORDED_AT
from tests.ledger_statements import cdr, october

AGREED = LaunchTerms(cdrs_per_day=2, money_per_day=Decimal(20))
GROUPED = Extension(token_group="fleet-7", channel="APP")


def launch_with(scope: Scope, caps: Caps = Caps()) -> Launch:  # noqa: B008
    plan = LaunchPlan((PhasePlan(1, scope, caps), PhasePlan(2), PhasePlan(3), PhasePlan(4)))
    launch = Launch.blank(PAIR)
    person = Provenance("olga", "asserted", october(1), october(1))
    with recording_at(RECORDED_AT):
        launch.open(plan, provenance=person)
    return launch


def sent(**more: Any):
    return cdr("C1", "5.00", **more).statement


def of_token(kind: str):
    statement = sent()
    return replace(statement, cdr_token=replace(statement.cdr_token, type=kind))


@pytest.mark.parametrize(
    ("scope", "statement", "is_in"),
    [
        (Scope(), sent(), True),
        (Scope(locations=("loc1",)), sent(), True),
        (Scope(locations=("LOC2",)), sent(), False),
        (Scope(token_types=("rfid", "APP_USER")), sent(), True),
        (Scope(token_types=("APP_USER",)), sent(), False),
        (Scope(token_types=("APP_USER",)), of_token("APP_USER"), True),
        (Scope(tariffs=("t1",)), sent(), True),
        (Scope(tariffs=("T2",)), sent(), False),
        (Scope(tariffs=("T1",)), sent(tariff_id=None), False),
        (Scope(site_groups=("Launch",)), sent(), True),
        (Scope(site_groups=("highway",)), sent(), False),
        (Scope(token_groups=("FLEET-7",)), sent(clearwatt=GROUPED), True),
        (Scope(token_groups=("fleet-8",)), sent(clearwatt=GROUPED), False),
        (Scope(channels=("app",)), sent(clearwatt=GROUPED), True),
        (Scope(channels=("app",)), sent(), False),
        (Scope(locations=("LOC1",), tariffs=("T2",)), sent(), False),
    ],
)
def test_all_parts_of_a_scope_count_together(scope, statement, is_in):
    found = out_of_scope(PAIR, launch_with(scope), statement, Terms(), frozenset({"launch"}))
    assert (found is None) is is_in


def test_what_is_outside_says_what_the_charge_is():
    found = out_of_scope(PAIR, launch_with(Scope(locations=("LOC2",))), sent(), Terms())
    assert found is not None
    assert (found.path, found.expected) == (PAIR, "the scope of phase 1 (running)")
    assert found.actual == "location LOC1, token RFID, tariff T1"


def test_without_a_launch_nothing_is_held_unless_one_is_agreed():
    required = Terms(launch=LaunchTerms(required=True))
    assert out_of_scope(PAIR, None, sent(), Terms()) is None
    assert out_of_scope(PAIR, None, sent(), required) is not None


def test_tariffs_are_those_of_the_periods_else_of_the_cdr_else_the_agreed_one():
    agreed = Terms(tariffs=TariffTerms(wholesale="W1"))
    assert tariffs_named(sent(), agreed) == ("T1",)
    assert tariffs_named(sent(tariff_id=None), agreed) == ("W1",)
    assert tariffs_named(sent(tariff_id=None), Terms()) == ()


def use(cdrs: int, net: str = "0") -> DayUse:
    return DayUse(cdrs, {"EUR": Decimal(net)})


@pytest.mark.parametrize(
    ("caps", "agreed", "used", "sale", "is_reached"),
    [
        (Caps(), LaunchTerms(), use(9999, "9999"), "5", False),
        (Caps(cdrs_per_day=3), LaunchTerms(), use(2), "5", False),
        (Caps(cdrs_per_day=3), LaunchTerms(), use(3), "5", True),
        (Caps(cdrs_per_day=0), LaunchTerms(), use(0), "5", True),
        (Caps(cdrs_per_day=3), AGREED, use(2), "5", True),
        (Caps(money_per_day=Decimal(10), currency="EUR"), LaunchTerms(), use(1, "5"), "5", False),
        (Caps(money_per_day=Decimal(10), currency="EUR"), LaunchTerms(), use(1, "5"), "5.0001",
         True),
        (Caps(money_per_day=Decimal(10), currency="CHF"), LaunchTerms(), use(0), "5", True),
        (Caps(), AGREED, use(1, "15"), "5", False),
        (Caps(), AGREED, use(1, "15"), "5.01", True),
    ],
)  # fmt: skip
def test_the_lower_of_two_caps_holds(caps, agreed, used, sale, is_reached):
    found = cap_reached(
        PAIR, date(2026, 10, 5), (caps, agreed), used, net=Decimal(sale), currency="EUR"
    )
    assert (found is not None) is is_reached
    if found is not None:
        assert found.path == f"{PAIR}/2026-10-05"


def test_the_caps_are_those_of_the_phase_that_lets_a_charge_through():
    caps = Caps(cdrs_per_day=3)
    launch = launch_with(Scope(), caps)
    assert caps_for(launch, sent(), Terms()) == (caps, LaunchTerms())
    early = sent(at=october(1).replace(month=9))
    assert caps_for(None, early, Terms(launch=AGREED)) == (Caps(), AGREED)


def wrong(plan: LaunchPlan) -> Iterator[str]:
    with pytest.raises(Refused) as refused:
        refuse_a_wrong_plan(plan)
    return (f"{row.reason.value} {row.path}" for row in refused.value.refusals)


def test_a_plan_is_refused_with_everything_that_is_wrong_in_it():
    refuse_a_wrong_plan(phases())
    twice = ExitRule("late_percent", Decimal(5))
    plan = LaunchPlan(
        (
            PhasePlan(1, caps=Caps(cdrs_per_day=-1, currency="EUX")),
            PhasePlan(1, caps=Caps(money_per_day=Decimal(-1), currency="EUR")),
            PhasePlan(3, exit=(twice, twice, ExitRule("disputes_open", Decimal(-1)))),
        )
    )
    assert list(wrong(plan)) == [
        "INVALID_DOCUMENT phases",
        "INVALID_DOCUMENT phases[0].caps.cdrs_per_day",
        "INVALID_DOCUMENT phases[0].caps",
        "UNKNOWN_CURRENCY phases[0].caps.currency",
        "INVALID_DOCUMENT phases[1].caps.money_per_day",
        "NAMED_TWICE phases[2].exit[1]",
        "INVALID_DOCUMENT phases[2].exit[2]",
    ]


def test_the_plan_among_the_examples_is_one_that_loads():
    plan = plan_in(Path(__file__).parents[2] / "examples" / "launches" / "plan.yaml")
    first, second, third, fourth = plan.phases
    assert first.caps == Caps(20, Decimal("500.00"), "EUR")
    assert [rule.criterion for rule in first.rules] == [
        "matched_percent",
        "exceptions_open",
        "session_matching",
    ]
    assert second.rules == EXIT[2]
    assert third.not_before == datetime(2026, 12, 1, tzinfo=UTC)
    assert fourth.scope == Scope()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("phases: [", "plan.yaml"),
        ("phase: 1", "plan.yaml"),
        ("phases: [{phase: one}]", "phases[0].phase"),
        ("phases: [{phase: 1, exit: [{criterion: luck, threshold: 1}]}]",
         "phases[0].exit[0].criterion"),
        ("phases: [{phase: 1, caps: {cdrs_per_day: 1.5}}]", "phases[0].caps.cdrs_per_day"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_read_says_where(tmp_path, text, path):
    file = tmp_path / "plan.yaml"
    file.write_text(text)
    with pytest.raises(Refused) as refused:
        plan_in(file)
    assert refused.value.refusals[0].path == path
