"""What people do about CDRs, as the read models show it: standing, books, receipts, counts."""

from decimal import Decimal

import msgspec
import pytest
from projection_actions import (
    NOVEMBER_BOOKING,
    adjust,
    correct,
    credit,
    exclude,
    propose,
    readmit,
    refuse,
    reject,
    release,
    resubmit,
)
from projection_events import (
    CDRS,
    CPO,
    EMSP,
    HOST,
    HUB,
    accept,
    cdr_of,
    cdr_statement,
    consumed,
    decision,
    hold,
    provenance,
    redecide,
)
from projection_log import World

from ledger.application.intake import Intake, SenderCount
from ledger.roaming.cdr import Cdr
from ledger.settlement.contested import Contested, ContestedCdr
from ledger.values.reasons import Reason, Refusal
from projections.queries.balance import (
    balances,
    balances_beside_postings,
    books_out_of_balance,
)
from projections.queries.equation import equation
from projections.queries.finding import finding_counts
from projections.queries.journal import journal
from projections.queries.period import (
    cdr_list,
    figures,
    held_cdrs,
    party_positions,
    period_cdrs,
    standing_counts,
)
from projections.queries.receipt import cdr_steps, explain
from projections.queries.split import split_sums
from projections.queries.vat import vat_decisions, vat_sums
from projections.rebuild import verify

OCTOBER, NOVEMBER = "ALL/2026-10", "ALL/2026-11"


@pytest.fixture
def world(database_url):
    return World(database_url)


def record(world, *cdrs):
    with world.at():
        return world.record(*cdrs)


def standings(world, period=OCTOBER):
    return [
        (row.standing, str(row.gross), str(row.booked_gross))
        for row in world.ask(period_cdrs, period)
    ]


def nothing_is_left(world):
    assert {str(row.balance) for row in world.ask(balances)} == {"0.0000"}
    for seller in (CPO, HUB, HOST):
        taxed = [row for row in world.ask(vat_sums) if row.seller == seller]
        assert (sum(row.net for row in taxed), sum(row.vat for row in taxed)) == (0, 0)
        assert sum(row.amount for row in world.ask(split_sums) if row.payee == seller) == 0
    books_are_sound(world)


def books_are_sound(world):
    assert world.ask(books_out_of_balance) == []
    assert world.ask(balances_beside_postings) == []
    for period in (OCTOBER, NOVEMBER):
        assert sum(row.net_position for row in world.ask(party_positions, period)) == 0


def reversals_name_what_they_take_back(world):
    entries = {entry.id: entry for entry in world.ask(journal)}
    for entry in entries.values():
        if entry.reverses:
            swapped = [(p.account, p.side == "debit", p.amount) for p in entry.postings]
            taken_back = entries[entry.reverses].postings
            assert swapped == [(p.account, p.side != "debit", p.amount) for p in taken_back]
    return sum(1 for entry in entries.values() if entry.reverses)


def test_an_excluded_cdr_leaves_nothing_in_an_open_period(world):
    with world.at():
        cdr = accept(cdr_of(1), 1)
        world.record(cdr)
    with world.at():
        world.record(exclude(cdr))
    assert standings(world) == [("excluded", "12.1000", "0.0000")]
    assert reversals_name_what_they_take_back(world) == 6
    nothing_is_left(world)
    with world.at():
        world.record(accept(readmit(cdr), 1, because="readmission"))
    assert standings(world) == [("valid", "12.1000", "12.1000")]
    assert str(world.ask(balances, account="revenue:charging")[0].balance) == "-10.0000"
    books_are_sound(world)


def test_a_cdr_excluded_before_it_was_booked_is_excluded_in_the_month_of_its_end(world):
    with world.at():
        first, second = hold(cdr_of(1), 1), refuse(cdr_of(2), 2)
        world.record(first, second, hold(cdr_of(3), 3), accept(cdr_of(4), 4))
    with world.at():
        world.record(exclude(first))
    counted = {row.standing: row.cdrs for row in world.ask(standing_counts, OCTOBER)}
    assert counted == {"excluded": 1, "refused": 1, "held": 1, "valid": 1}
    assert [row.cdr for row in world.ask(held_cdrs)] == ["NL*XYZ/cdr-3"]
    assert world.ask(figures, OCTOBER).held_count == 1
    (listed,) = world.ask(cdr_list, standing="excluded")
    assert (listed.cdr, str(listed.net), listed.gross) == (first.key, "10.00", None)
    with world.at():
        world.record(accept(readmit(first), 1, because="readmission"))
    assert world.ask(cdr_list, standing="excluded") == []


def test_a_credit_after_the_period_stands_in_both_periods(world):
    with world.at():
        cdr = accept(cdr_of(1), 1)
        world.record(cdr)
    before = world.ask(figures, OCTOBER)
    with world.at():
        world.record(credit(cdr, NOVEMBER_BOOKING))
    assert standings(world) == [("credited", "12.1000", "12.1000")]
    assert standings(world, NOVEMBER) == [("credited", "12.1000", "-12.1000")]
    (later,) = world.ask(cdr_list, late=True)
    assert (later.posted_period, later.late_of) == (NOVEMBER, OCTOBER)
    assert world.ask(figures, OCTOBER) == before
    nothing_is_left(world)


def test_an_adjustment_gives_back_a_part_with_its_tax_and_a_credit_takes_all_back(world):
    with world.at():
        cdr = accept(cdr_of(1), 1)
        world.record(cdr)
    with world.at():
        world.record(adjust(cdr, "6.05"))
    assert standings(world) == [("adjusted", "12.1000", "6.0500")]
    given_back = world.ask(vat_decisions, cdr=cdr.key)[-1]
    assert (str(given_back.net), str(given_back.vat), given_back.category) == (
        "-5.0000",
        "-1.0500",
        "S",
    )
    books_are_sound(world)
    with world.at():
        world.record(credit(cdr, NOVEMBER_BOOKING))
    assert standings(world) == [("credited", "12.1000", "6.0500")]
    assert standings(world, NOVEMBER) == [("credited", "12.1000", "-6.0500")]
    assert reversals_name_what_they_take_back(world) == 8
    nothing_is_left(world)


def test_what_was_given_back_stays_when_the_decision_is_replaced(world):
    with world.at():
        cdr = adjust(accept(cdr_of(1), 1), "1.21")
        world.record(cdr)
    with world.at():
        world.record(redecide(cdr, decision(1, net="20.0000")))
    assert standings(world) == [("adjusted", "24.2000", "22.9900")]
    with world.at():
        world.record(exclude(cdr))
    assert standings(world) == [("excluded", "24.2000", "0.0000")]
    nothing_is_left(world)


def test_a_corrected_cdr_is_adjusted_in_its_period(world):
    with world.at():
        cdr = hold(cdr_of(1), 1)
        world.record(cdr)
    with world.at():
        correct(cdr, remark="checked")
        cdr.accept(
            cdr.statement,
            content_sha256=cdr.content_sha256,
            decision=decision(1),
            provenance=provenance(1),
            because="correction",
        )
        world.record(cdr)
    assert standings(world) == [("adjusted", "12.1000", "12.1000")]
    assert world.ask(held_cdrs) == []
    assert world.ask(explain, cdr.key).statement["remark"] == "checked"


def test_a_receipt_tells_every_step_and_which_decision_stands(world):
    with world.at():
        cdr = hold(cdr_of(1), 1)
        world.record(cdr)
    with world.at():
        accept(release(cdr), 1, because="release")
        accepted_by = world.record(cdr)
    with world.at():
        world.record(credit(adjust(propose(cdr, "adjust"), "1.00")))
    told = [(row.step, row.state, row.actor) for row in world.ask(cdr_steps, cdr.key)]
    assert told == [
        ("held", "held", CPO),
        ("released", "held", "olga"),
        ("accepted", "accepted", CPO),
        ("action_proposed", "accepted", "olga"),
        ("adjusted", "accepted", "olga"),
        ("credited", "credited", "olga"),
    ]
    found = world.ask(explain, cdr.key)
    assert found.state == "credited"
    assert found.steps[-1].decided_by == accepted_by
    assert found.decision["legs"][0]["net"] == "10.0000"
    assert "1.00 EUR given back: goodwill" in [row.because for row in found.steps]


def test_a_credit_cdr_waits_and_is_accepted_without_money_of_its_own(world):
    statement = msgspec.structs.replace(cdr_statement(2), credit=True, credit_reference_id="CDR-1")
    missing = Refusal(Reason.CREDIT_ORIGINAL_MISSING, "credit_reference_id")
    original, mine = cdr_of(1), Cdr.blank(f"{CPO}/cdr-2")
    content = {"content_sha256": "cd" * 32, "provenance": provenance(2)}
    counts = [SenderCount(CPO, held=1, accepted=1)]
    with world.at():
        mine.hold(statement, refusals=(missing,), **content)
        intake = consumed(Intake.blank(f"{CDRS}[0]"), since=1, received=2, counts=counts)
        world.record(mine, accept(original, 1), intake)
    with world.at():
        credit(original, by=mine.key)
        mine.accept_credit(statement, credits=original.key, visible_to=(CPO, EMSP), **content)
        world.record(original, mine)
    assert [row.state for row in world.ask(cdr_steps, mine.key)] == ["held", "accepted"]
    assert [row.cdr for row in world.ask(period_cdrs, OCTOBER)] == [original.key]
    assert world.ask(held_cdrs) == []
    (row,) = world.ask(equation).senders
    assert (row.accepted, row.held) == (2, 0)
    nothing_is_left(world)


def test_the_equation_follows_resubmission_and_readmission(world):
    cdr = cdr_of(1)

    def outcomes():
        (row,) = world.ask(equation).senders
        assert row.adds_up
        return row.accepted, row.superseded, row.held

    with world.at():
        intake = Intake.blank(f"{CDRS}[0]")
        consumed(intake, since=0, received=1, counts=[SenderCount(CPO, held=1)])
        world.record(hold(cdr, 1), intake)
    with world.at():
        world.record(exclude(reject(cdr)))
    assert outcomes() == (0, 0, 1)
    with world.at():
        world.record(accept(readmit(cdr), 1, because="readmission"))
    assert outcomes() == (1, 0, 0)
    with world.at():
        world.record(exclude(cdr))
    with world.at():
        consumed(intake, since=1, received=1, counts=[SenderCount(CPO, accepted=1)])
        world.record(accept(resubmit(cdr, 7), 7), intake)
    assert outcomes() == (1, 1, 0)


def test_a_dispute_is_a_flag_beside_the_standing(world):
    contested = ContestedCdr.blank("NL*XYZ/cdr-1")
    with world.at():
        contested.contest(
            Contested("NL*XYZ/d1", Decimal("12.1000"), Decimal("12.1000"), Decimal("12.1000")),
            provenance=provenance(1),
        )
        world.record(accept(cdr_of(1), 1), accept(cdr_of(2), 2), contested)
    assert [row.cdr for row in world.ask(cdr_list, disputed=True)] == [contested.key]
    (valid,) = world.ask(standing_counts, OCTOBER)
    assert valid == ("valid", 2, 0, 1)
    with world.at():
        contested.give_back("NL*XYZ/d1", provenance=provenance(1))
        world.record(contested)
    assert world.ask(cdr_list, disputed=True) == []


def test_findings_are_counted_from_the_decision_that_stands(world):
    noted = msgspec.structs.replace(
        decision(1), warnings=(Refusal(Reason.DELIVERED_LATE, "last_updated"),)
    )
    with world.at():
        cdr = accept(cdr_of(1), 1, noted)
        world.record(propose(adjust(cdr, "1.00")))
    assert world.ask(finding_counts) == [("DELIVERED_LATE", 1)]
    with world.at():
        world.record(credit(cdr))
    assert world.ask(finding_counts) == []


@pytest.mark.parametrize("page_size", [1, 3, 1000])
def test_whatever_people_do_a_rebuild_gives_the_same_bytes(database_url, page_size):
    world = World(database_url, page_size=page_size)
    noted = msgspec.structs.replace(
        decision(1), warnings=(Refusal(Reason.DELIVERED_LATE, "last_updated"),)
    )
    first, second, third, fourth = (cdr_of(number) for number in range(1, 5))
    with world.at():
        reject(release(hold(first, 1)))
        adjust(accept(resubmit(first, 7), 1, noted), "2.00")
        redecide(first, decision(1, net="7.0000"))
        credit(propose(first, "credit"), NOVEMBER_BOOKING)
        world.record(first)
    with world.at():
        exclude(accept(second, 2, noted))
        accept(readmit(second), 2, because="readmission")
        redecide(second, None, NOVEMBER_BOOKING)
        accept(release(second), 2, because="release")
        refuse(third, 3)
        exclude(correct(third, remark="x"))
        world.record(second, third)
    with world.at():
        fourth.hold_conflict(cdr_statement(9), content_sha256="9", provenance=provenance(9))
        redecide(accept(fourth, 4), decision(4, net="1.0000"))
        world.record(fourth)
    for other_size in (1, 4, 1000):
        assert all(result.is_same for result in verify(database_url, page_size=other_size))
    assert standings(world) == [
        ("credited", "8.4700", "6.4700"),
        ("valid", "12.1000", "24.2000"),
        ("valid", "1.2100", "1.2100"),
    ]
