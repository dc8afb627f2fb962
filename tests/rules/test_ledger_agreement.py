"""What two parties can agree on, and what is refused with every error at once."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ledger.pricing.compare import Tolerance
from ledger.roaming.agreement import Agreement
from ledger.roaming.clauses import Fee, SplitTerms, Step
from ledger.roaming.terms import (
    Calendar,
    Terms,
)
from ledger.values.aggregate import recording_at
from ledger.values.fractions import fraction_of
from ledger.values.provenance import Provenance
from ledger.values.reasons import Refused
from tests.ledger_cast import CPO, EMSP, HOST, RECORDED_AT, YEAR_BEGINS
from tests.ledger_statements import october

BEFORE = YEAR_BEGINS - timedelta(days=1)
BY = Provenance("finn", "asserted", BEFORE, BEFORE)


@pytest.fixture(autouse=True)
def recorded():
    with recording_at(RECORDED_AT):
        yield


@pytest.fixture
def agreement():
    return Agreement.blank(f"{CPO}>{EMSP}")


def agree(agreement, terms=None, since=YEAR_BEGINS, until=None, author="anna", approver="finn"):
    agreement.agree(
        terms or Terms(),
        valid_from=since,
        valid_until=until,
        author=author,
        approver=approver,
        provenance=BY,
    )


def test_all_errors_are_said_at_once(agreement):
    terms = Terms(
        fees=(
            Fee("a", "seller", HOST, "net"),
            Fee("b", "seller", HOST, "net", rate="3/2"),
            Fee("c", "seller", HOST, "net", rate="lots"),
            Fee("d", "seller", HOST, "per_cdr", amount=Decimal("-1"), currency="EUR"),
            Fee("e", "seller", HOST, "per_kwh", amount=Decimal(1), currency="XQX"),
        ),
        split=SplitTerms(("LOC1",), (Step(HOST, rate="1/2"), Step(CPO, rate="1/3"))),
        calendar=Calendar(time_zone="Europe/Atlantis"),
    )
    with pytest.raises(Refused) as refused:
        agree(agreement, terms, since=october(2), until=october(1), approver="anna")
    assert [refusal.reason for refusal in refused.value.refusals] == [
        *["INVALID_DOCUMENT"] * 4,
        "SPLIT_NOT_WHOLE",
        "TIME_ZONE_UNKNOWN",
        "UNKNOWN_CURRENCY",
        "SECOND_PERSON_REQUIRED",
        "INVALID_DOCUMENT",
    ]
    assert agreement.pending_events == []


def test_two_versions_may_not_begin_together_but_the_same_again_is_no_version(agreement):
    agree(agreement, Terms())
    agree(agreement, Terms())
    assert len(agreement.versions) == 1
    with pytest.raises(Refused, match="VALIDITY_OVERLAPS"):
        agree(agreement, Terms(age_limit_days=30))
    with pytest.raises(Refused, match="VALIDITY_OVERLAPS"):
        agree(agreement, Terms(), until=october(1))


def test_the_version_in_force_is_the_one_that_began_last_in_any_order_of_recording():
    spans = ((YEAR_BEGINS, None), (october(10), None), (october(20), october(25)))
    wanted = {
        YEAR_BEGINS - timedelta(microseconds=1): None,
        YEAR_BEGINS: YEAR_BEGINS,
        october(10) - timedelta(microseconds=1): YEAR_BEGINS,
        october(10): october(10),
        october(20): october(20),
        october(25): october(10),  # the older one goes on where the shorter one ends
    }
    for order in (spans, spans[::-1], (spans[1], spans[2], spans[0])):
        agreement = Agreement.blank(f"{CPO}>{EMSP}")
        for since, until in order:
            agree(agreement, since=since, until=until)
        found = {at: agreement.version_valid_at(at) for at in wanted}
        assert {at: row.valid_from if row else None for at, row in found.items()} == wanted


@pytest.mark.parametrize(
    ("absolute", "relative", "stated", "computed", "allowed"),
    [
        ("0.01", "0", "5.01", "5.00", True),
        ("0.01", "0", "5.0101", "5.00", False),
        ("0.01", "0", "4.99", "5.00", True),
        ("0", "0.01", "5.05", "5.00", True),
        ("0", "0.01", "5.0501", "5.00", False),
        ("0.10", "0.01", "5.10", "5.00", True),  # the larger of both bounds
        ("0", "0.01", "-5.05", "-5.00", True),
        ("0", "0", "5.00", "5.0000", True),
    ],
)
def test_a_tolerance_is_its_larger_bound(absolute, relative, stated, computed, allowed):
    tolerance = Tolerance(Decimal(absolute), Decimal(relative))
    assert tolerance.allows(Decimal(stated), Decimal(computed)) is allowed


@pytest.mark.parametrize("text", ["", "a/b", "1/0", "NaN", "1/2/3"])
def test_a_rate_is_an_exact_fraction(text):
    with pytest.raises(Refused, match="INVALID_DOCUMENT"):
        fraction_of(text)
