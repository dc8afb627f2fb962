"""Launches: what was let through once stays so, and a gate never shows better than it judges."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.roaming.launch import Launch
from ledger.roaming.launch_criteria import CRITERIA, ExitRule
from ledger.roaming.launch_figures import ConnectorFigures
from ledger.roaming.launch_plan import Caps
from ledger.roaming.launch_records import DECISIONS, SIGN_OFF_ROLES
from ledger.roaming.launch_rules import results_of
from ledger.roaming.launch_scope import DayUse, cap_reached, out_of_scope
from ledger.roaming.terms import LaunchTerms, Terms
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from ledger.values.reasons import Refused
from tests.launching import OPENED_AT, PAIR, figures, phases, read_at
from tests.ledger_cast import RECORDED_AT
from tests.ledger_statements import cdr

HOUR = timedelta(hours=1)
amounts = st.decimals(min_value=0, max_value=1000, places=4)


def person(hour: int, name: str = "olga") -> Provenance:
    at = OPENED_AT + hour * HOUR
    return Provenance(name, "asserted", at, at)


def step(launch: Launch, decision: str, hour: int) -> None:
    """Let people decide, with all that an expansion needs; what is refused changes nothing."""
    try:
        if decision == "expand":
            launch.evaluate(figures(launch.entry.since), read_at(), (), provenance=person(hour))
            for role in SIGN_OFF_ROLES:
                launch.sign_off(role, comment="", provenance=person(hour, role))
        launch.decide(decision, reason="x", evidence_sha256="", provenance=person(hour))  # type: ignore[arg-type]
    except Refused:
        return


@given(
    decisions=st.lists(st.sampled_from(DECISIONS), max_size=8),
    began=st.integers(-3, 30),
    location=st.sampled_from(["LOC1", "LOC2", "LOC3"]),
    required=st.booleans(),
)
def test_a_charge_that_was_in_scope_once_it_began_stays_in_scope(
    decisions, began, location, required
):
    launch = Launch.blank(PAIR)
    terms = Terms(launch=LaunchTerms(required=required))
    charge = cdr("C1", "5.00", location=location, at=OPENED_AT + began * HOUR).statement
    was_in = False
    with recording_at(RECORDED_AT):
        launch.open(phases(), provenance=person(0))
        for number, decision in enumerate(decisions, 1):
            step(launch, decision, number * 3)
            has_begun = number * 3 >= began
            is_in = out_of_scope(PAIR, launch, charge, terms) is None
            assert is_in or not was_in
            was_in = is_in and has_begun


@given(
    cdrs=st.integers(0, 200),
    part=st.integers(0, 200),
    threshold=st.decimals(min_value=0, max_value=100, places=3),
    criterion=st.sampled_from([name for name, row in CRITERIA.items() if row.unit == "%"]),
)
def test_what_a_gate_shows_is_never_better_than_what_it_judges(cdrs, part, threshold, criterion):
    part = min(part, cdrs)
    counts = dict.fromkeys(
        ("matched", "price_differences", "late", "disputed_cdrs", "unknown_origin"), part
    )
    seen = replace(
        figures(cdrs=cdrs, exceptions_raised=cdrs, **counts),
        connectors=(ConnectorFigures("IEC_62196_T2", cdrs, part),),
    )
    (line,) = results_of((ExitRule(criterion, threshold, 0),), seen, {})
    if line.value is None:
        assert cdrs == 0
    elif line.sense == "at_least":
        assert line.is_passed or line.value < threshold
    else:
        assert line.is_passed or line.value > threshold


@given(
    caps=st.builds(
        Caps,
        cdrs_per_day=st.none() | st.integers(0, 5),
        money_per_day=amounts,
        currency=st.just("EUR"),
    ),
    nets=st.lists(amounts, max_size=10),
)
def test_no_day_ever_has_more_than_its_cap(caps, nets):
    """Whatever comes in whatever order: what was let through fits, and what was not did not."""
    taken: list[Decimal] = []
    for net in nets:
        use = DayUse(len(taken), {"EUR": sum(taken, Decimal(0))})
        asked = (caps, LaunchTerms())
        if cap_reached(PAIR, date(2026, 10, 5), asked, use, net=net, currency="EUR") is None:
            taken.append(net)
    assert caps.cdrs_per_day is None or len(taken) <= caps.cdrs_per_day
    assert sum(taken) <= caps.money_per_day
