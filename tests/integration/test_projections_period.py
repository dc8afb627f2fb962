"""Money by period: positions, standing, balances, the equation, and what blocks a close."""

from datetime import UTC, date, datetime

import pytest
from projection_events import (
    CDRS,
    CPO,
    EMSP,
    HOST,
    HUB,
    START,
    accept,
    booking,
    cdr_of,
    command,
    consumed,
    decision,
    hold,
    redecide,
)
from projection_log import World

from ledger.application.hashing import hash_of_list
from ledger.application.intake import Intake, Replay, SenderCount, UnreadableMark
from ledger.settlement.period import SettlementPeriod
from projections.queries.balance import (
    balances,
    balances_beside_postings,
    books_out_of_balance,
    incomplete_entries,
    trial_balance,
)
from projections.queries.equation import equation
from projections.queries.journal import journal
from projections.queries.period import (
    blocks,
    checkpoint,
    figures,
    figures_sha256,
    held_cdrs,
    pair_positions,
    party_positions,
    period_cdrs,
    periods,
    steps,
)
from projections.queries.position import log_head, lowest_position, positions
from projections.queries.split import split_steps, split_sums
from projections.queries.vat import vat_decisions, vat_sums

OCTOBER, NOVEMBER = "ALL/2026-10", "ALL/2026-11"


@pytest.fixture
def world(database_url):
    return World(database_url)


def amounts(found):
    return [(row.party, row.currency, str(row.net_position)) for row in found]


OCTOBER_POSITIONS = [
    (EMSP, "EUR", "-12.1000"),
    (HOST, "EUR", "1.5000"),
    (HUB, "EUR", "0.1000"),
    (CPO, "EUR", "10.5000"),
]


def test_net_positions_come_from_the_clearing_accounts_and_sum_to_zero(world):
    with world.at():
        world.record(accept(cdr_of(1), 1))
    found = world.ask(party_positions, OCTOBER)
    assert amounts(found) == OCTOBER_POSITIONS
    assert sum(row.net_position for row in found) == 0
    assert [row.book for row in found] == ["emp-gmbh", "host-bv", "hub-bv", "xyz-bv"]
    (cpo_emsp,) = [
        row
        for row in world.ask(pair_positions, OCTOBER)
        if (row.party, row.counterparty) == (CPO, EMSP)
    ]
    assert (str(cpo_emsp.receivable), str(cpo_emsp.payable)) == ("12.1000", "0.0000")


def test_a_cdr_decided_again_in_an_open_period_leaves_only_the_new_decision(world):
    cdr = cdr_of(1)
    with world.at():
        world.record(accept(cdr, 1))
    with world.at():
        world.record(redecide(cdr, decision(1, net="20.0000")))
    assert [(row.standing, str(row.net)) for row in world.ask(period_cdrs, OCTOBER)] == [
        ("valid", "20.0000")
    ]
    assert amounts(world.ask(party_positions, OCTOBER))[0] == (EMSP, "EUR", "-24.2000")
    assert str(world.ask(balances, account="revenue:charging")[0].balance) == "-20.0000"
    sums = world.ask(split_sums, period=OCTOBER)
    assert [(row.payee, row.clause, row.cdrs, str(row.amount)) for row in sums] == [
        (HOST, "split.steps[0]", 1, "3.0000"),
        (HUB, "fees[0]", 1, "0.1000"),
        (CPO, "split.steps[1]", 1, "17.0000"),
    ]
    sale = world.ask(vat_sums)[-1]
    assert (sale.category, str(sale.net), str(sale.vat)) == ("S", "20.0000", "4.2000")


def test_a_reversal_names_what_it_takes_back(world):
    cdr = cdr_of(1)
    with world.at():
        world.record(accept(cdr, 1))
    with world.at():
        world.record(redecide(cdr, decision(1, net="20.0000")))
    with world.at():
        world.record(redecide(cdr, None))
    entries = {entry.id: entry for entry in world.ask(journal)}
    reversals = [entry for entry in entries.values() if entry.reverses]
    assert len(reversals) == 12
    for entry in reversals:
        original = entries[entry.reverses]
        assert (entry.book, entry.rule, entry.leg) == (original.book, original.rule, original.leg)
        assert (entry.seller, entry.buyer) == (original.seller, original.buyer)
        swapped = [(p.account, p.side == "debit", p.amount) for p in entry.postings]
        assert swapped == [(p.account, p.side != "debit", p.amount) for p in original.postings]
    assert {str(row.balance) for row in world.ask(balances)} == {"0.0000"}
    assert {str(row.vat) for row in world.ask(vat_sums)} == {"0.0000"}
    assert [row.reverses_position for row in world.ask(vat_decisions)] == (
        [None] * 3 + [5] * 3 + [None] * 3 + [6] * 3
    )
    assert [str(row.amount) for row in world.ask(split_steps, payee=HOST)] == [
        "1.5000",
        "-1.5000",
        "3.0000",
        "-3.0000",
    ]


def test_a_cdr_decided_again_after_its_period_stays_there_as_adjusted(world):
    cdr = cdr_of(1)
    with world.at():
        world.record(accept(cdr, 1))
    before = world.ask(figures, OCTOBER)
    late = decision(1, net="20.0000", posted_month="2026-11", late_of=OCTOBER)
    with world.at():
        back = booking("2026-11", date(2026, 11, 1), OCTOBER)
        world.record(redecide(cdr, late, back))
    assert [row.standing for row in world.ask(period_cdrs, OCTOBER)] == ["adjusted"]
    assert [row.late_of for row in world.ask(period_cdrs, NOVEMBER)] == [OCTOBER]
    assert world.ask(figures, OCTOBER) == before
    assert amounts(world.ask(party_positions, NOVEMBER))[0] == (EMSP, "EUR", "-12.1000")


def test_figures_count_the_period_and_carry_the_hash_of_its_ordered_cdrs(world):
    with world.at():
        keys = [world_cdr.key for world_cdr in (cdr_of(n) for n in (3, 1, 2))]
        world.record(*(accept(cdr_of(n), n) for n in (3, 1, 2)), hold(cdr_of(4), 4))
    found = world.ask(figures, OCTOBER)
    assert (found.cdr_count, found.held_count) == (3, 1)
    assert found.cdr_list_sha256 == hash_of_list(sorted(keys))
    assert [row.cdr for row in world.ask(period_cdrs, OCTOBER)] == sorted(keys)
    mark = world.ask(checkpoint, found)
    assert (mark.position, mark.figures_sha256) == (world.log.position, figures_sha256(found))


def test_a_period_shows_its_steps(world):
    period = SettlementPeriod.blank(OCTOBER)
    with world.at():
        period.open(time_zone="Europe/Amsterdam", provenance=command())
        world.record(period)
    with world.at():
        period.cut_off(now=datetime(2026, 11, 2, tzinfo=UTC), provenance=command("bert"))
        period.review(provenance=command("bert"))
        found = world.ask(figures, OCTOBER)
        mark = world.ask(checkpoint, found)
        period.soft_close(figures=found, checkpoint=mark, provenance=command("bert"))
        world.record(period)
    assert [(row.state, row.actor) for row in world.ask(steps, OCTOBER)] == [
        ("OPEN", "anna"),
        ("CUT_OFF", "bert"),
        ("IN_REVIEW", "bert"),
        ("SOFT_CLOSED", "bert"),
    ]
    (row,) = world.ask(periods)
    assert (row.period, row.state, row.time_zone) == (OCTOBER, "SOFT_CLOSED", "Europe/Amsterdam")
    assert '"projection":"period"' in world.ask(steps, OCTOBER)[-1].checkpoint_json


def test_a_held_cdr_belongs_to_the_period_in_which_it_ended_there(world):
    period = SettlementPeriod.blank(OCTOBER)
    with world.at():
        period.open(time_zone="Europe/Amsterdam", provenance=command())
        world.record(period, hold(cdr_of(1), 1))
    assert [row.cdr for row in world.ask(held_cdrs, OCTOBER)] == ["NL*XYZ/cdr-1"]
    assert world.ask(held_cdrs, NOVEMBER) == []
    assert str(world.ask(held_cdrs)[0].stated_net) == "10.00"


def test_the_equation_follows_a_message_through_its_outcomes(world):
    intake, held = Intake.blank(f"{CDRS}[0]"), cdr_of(1)
    mark = UnreadableMark(2, CPO, "CORRUPT_AVRO", "ab" * 32, START)
    replay = Replay.blank(f"{CDRS}[0]@2")

    def outcomes():
        (row,) = world.ask(equation).senders
        assert row.adds_up
        return row[3:]

    with world.at():
        counts = [SenderCount(CPO, held=1, duplicate=1, unreadable=1)]
        hold(held, 1)
        world.record(held, consumed(intake, since=0, received=3, counts=counts, unreadable=[mark]))
    assert outcomes() == (3, 0, 0, 1, 1, 1)
    with world.at():
        world.record(accept(held, 1))
    assert outcomes() == (3, 1, 0, 1, 0, 1)
    with world.at():
        world.record(redecide(held, None))
    assert outcomes() == (3, 0, 0, 1, 1, 1)
    with world.at():
        fed = {"topic": CDRS, "partition": 0, "offset": 2, "sender": CPO, "reason": ""}
        replay.feed_again(**fed, outcome="superseded", provenance=command())
        world.record(replay)
    assert outcomes() == (3, 0, 1, 1, 1, 0)
    assert world.ask(equation).adds_up


def test_the_equation_sees_a_gap_in_the_offsets_and_blocks_the_close(world):
    intake = Intake.blank(f"{CDRS}[0]")
    with world.at():
        consumed(intake, since=0, received=2, counts=[SenderCount(CPO, accepted=2)])
        consumed(intake, since=5, received=1, counts=[SenderCount(CPO, accepted=1)])
        world.record(intake)
    report = world.ask(equation)
    assert report.problems == [f"{CDRS}[0]: 6 offsets, 3 received, 3 by senders"]
    assert [block.code for block in world.ask(blocks, OCTOBER)] == ["EQUATION_DOES_NOT_ADD_UP"]


def test_nothing_blocks_a_sound_period_and_a_projection_that_is_behind_does(world):
    with world.at():
        world.record(accept(cdr_of(1), 1))
    assert world.ask(blocks, OCTOBER) == []
    with world.at():
        world.log.record([accept(cdr_of(2), 2)])
    assert {block.code for block in world.ask(blocks, OCTOBER)} == {"PROJECTION_BEHIND"}
    assert {row.behind for row in world.ask(positions)} == {1}
    assert world.ask(log_head) == world.ask(lowest_position) + 1


def test_a_trial_balance_has_totals_and_a_hash_that_any_posting_moves(world):
    with world.at():
        world.record(accept(cdr_of(1), 1))
    first = world.ask(trial_balance, "xyz-bv", "2026-10")
    assert (str(first.debit), str(first.credit), first.accounts) == ("13.7000", "13.7000", 7)
    with world.at():
        world.record(accept(cdr_of(2), 2))
    second = world.ask(trial_balance, "xyz-bv", "2026-10")
    assert (second.debit, second.sha256 != first.sha256) == (2 * first.debit, True)
    assert world.ask(books_out_of_balance) == []
    assert world.ask(balances_beside_postings) == []
    assert world.ask(incomplete_entries) == []


def test_what_was_known_at_an_instant_is_what_was_recorded_by_then(world):
    with world.at():
        world.record(accept(cdr_of(1), 1))
    known_at = world.now
    with world.at():
        world.record(accept(cdr_of(2), 2))
    known = world.ask(balances, book="xyz-bv", account="revenue:charging", known_at=known_at)
    assert [str(row.credit) for row in known] == ["10.0000"]
    now = world.ask(balances, book="xyz-bv", account="revenue:charging")
    assert [str(row.credit) for row in now] == ["20.0000"]
    assert {entry.cdr for entry in world.ask(journal, known_at=known_at)} == {"NL*XYZ/cdr-1"}
    assert len(world.ask(journal, account="revenue:fee", limit=1)) == 1
