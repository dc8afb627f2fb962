"""What may be disputed until when, how amounts are cut, and what an agreement gives back."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ledger.roaming.agreement import Agreement
from ledger.roaming.legs import Booking, Decision, TariffUse
from ledger.roaming.terms import Calendar, Refunds, Terms, Windows
from ledger.settlement.claim import DisputedPart, GrantedPart
from ledger.settlement.dispute_rules import granted_parts, needs_second_person, window_of
from ledger.values.aggregate import recording_at
from ledger.values.instants import BEGINNING
from ledger.values.provenance import Provenance
from ledger.values.reasons import Refused
from tests.ledger_cast import CPO, EMSP, RECORDED_AT, YEAR_BEGINS

DAY = date(2026, 10, 10)


def booking(posted: str) -> Booking:
    return Booking(DAY, "ALL/2026-10", DAY, f"ALL/{posted}", posted)


def decision(posted: str) -> Decision:
    used = TariffUse("NL*XYZ/t1", 1, "0" * 64, ())
    return Decision(
        CPO, EMSP, used, f"{CPO}>{EMSP}#1", "Europe/Amsterdam", booking(posted),
        (), (), (), (), (), "at_once",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("posted", "days", "zone", "until"),
    [
        ("2026-10", 10, "Europe/Amsterdam", datetime(2026, 11, 10, 23, tzinfo=UTC)),
        ("2026-10", 10, "UTC", datetime(2026, 11, 11, tzinfo=UTC)),
        # a CDR that came late stands in a later period, and leaves as much time as any other
        ("2026-11", 10, "UTC", datetime(2026, 12, 11, tzinfo=UTC)),
        ("2026-10", 0, "UTC", BEGINNING),
    ],
)
def test_the_window_ends_days_after_the_period_that_shows_the_cdr(posted, days, zone, until):
    terms = Terms(windows=Windows(dispute_days=days), calendar=Calendar(time_zone=zone))
    assert window_of(decision(posted), terms) == until


def part(cdr: str, net: str, gross: str) -> DisputedPart:
    return DisputedPart(cdr, "", "", Decimal(net), Decimal(gross), 1, (), booking("2026-10"))


@pytest.mark.parametrize(
    ("granted", "cut"),
    [
        (None, [("a", "1.0000", "1.2100"), ("b", "2.0000", "2.0000")]),
        ("3.0000", [("a", "1.0000", "1.2100"), ("b", "2.0000", "2.0000")]),
        ("1.5000", [("a", "0.5000", "0.6050"), ("b", "1.0000", "1.0000")]),
        ("0.0002", [("a", "0.0001", "0.0001"), ("b", "0.0001", "0.0001")]),
        ("0.0001", [("b", "0.0001", "0.0001")]),
    ],
)
def test_what_is_granted_is_cut_over_the_cdrs_each_with_its_own_tax(granted, cut):
    parts = [part("a", "1.0000", "1.2100"), part("b", "2.0000", "2.0000")]
    nothing_agreed = {row.cdr: (None, Terms()) for row in parts}
    net = Decimal(granted) if granted else None
    found = granted_parts(parts, net, nothing_agreed)
    assert [(row.cdr, str(row.net), str(row.gross)) for row in found] == cut


@pytest.mark.parametrize(
    ("limits", "gross", "asked"),
    [
        ((None,), "999", False),
        (("10",), "10", False),
        (("10",), "10.0001", True),
        ((None, "20", "10"), "15", True),
    ],
)
def test_the_lowest_amount_agreed_asks_for_a_second_person(limits, gross, asked):
    granted = [GrantedPart("a", Decimal(0), Decimal(gross))]
    terms = [Terms(four_eyes_amount=Decimal(limit) if limit else None) for limit in limits]
    assert needs_second_person(granted, terms) == asked


@pytest.mark.parametrize(
    ("refunds", "is_valid"),
    [
        (Refunds("full"), True),
        (Refunds("none", "buyer"), True),
        (Refunds("partial", part="1/2"), True),
        (Refunds("partial"), False),
        (Refunds("full", part="1/2"), False),
        (Refunds("partial", part="3/2"), False),
        (Refunds("partial", part="half"), False),
    ],
)
def test_partial_refunds_say_which_part(refunds, is_valid):
    agreement = Agreement.blank(f"{CPO}>{EMSP}")
    provenance = Provenance("finn", "asserted", RECORDED_AT, RECORDED_AT)

    def agree() -> None:
        agreement.agree(
            Terms(refunds=refunds),
            valid_from=YEAR_BEGINS,
            valid_until=None,
            author="anna",
            approver="finn",
            provenance=provenance,
        )

    with recording_at(RECORDED_AT):
        if is_valid:
            agree()
        else:
            with pytest.raises(Refused, match="INVALID_DOCUMENT"):
                agree()
