"""A book is opened once, by two people, from one file; what was wrong is reversed, not edited."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.application.commands import By, provenance_of
from ledger.application.opening import (
    OpeningFile,
    approve_openings,
    reverse_opening,
    submit_openings,
)
from ledger.application.registration import register_actor
from ledger.books.opening import OpeningLine
from ledger.settlement.accounting import AccountingPeriod, TrialBalance
from ledger.values.reasons import Refused
from tests.ledger_cast import BY_ADMIN, BY_FINANCE, CAST, RECORDED_AT
from tests.ledger_world import World, as_journal, journal

BY_FIONA = By("fiona", "asserted", RECORDED_AT)
LAST_DAY = date(2026, 9, 30)
OWED = OpeningLine("xyz-bv", "receivable", "EUR", "debit", Decimal("12.10"), None, "DE*EMP", "2")
TAX = OpeningLine("xyz-bv", "vat:NL:output:accrued", "EUR", "credit", Decimal("2.10"), path="3")
OWING = OpeningLine("emp-gmbh", "payable", "EUR", "credit", Decimal("12.10"), None, "NL*XYZ", "4")
FILE = OpeningFile(LAST_DAY, (OWED, TAX, OWING), "balances.csv", "a" * 64)
BOTH = ("emp-gmbh", "xyz-bv")


@pytest.fixture
def world(database_url):
    world = World(database_url, *CAST)
    register_actor(world.ledger, "fiona", ("finance",), by=BY_ADMIN)
    yield world
    world.close()


def outcomes(done):
    return [(row.book, row.outcome) for row in done]


def opened(world):
    submit_openings(world.ledger, FILE, by=BY_FINANCE)
    approve_openings(world.ledger, BOTH, by=BY_FIONA)


def openings_in(world):
    return [event for event in world.events() if event.TOPIC.startswith("opening.")]


def test_one_submits_and_another_approves(world):
    assert outcomes(submit_openings(world.ledger, FILE, by=BY_FINANCE)) == [
        ("emp-gmbh", "submitted"),
        ("xyz-bv", "submitted"),
    ]
    with pytest.raises(Refused, match="SECOND_PERSON_REQUIRED"):
        approve_openings(world.ledger, BOTH, by=BY_FINANCE)
    approve_openings(world.ledger, BOTH, by=BY_FIONA)
    last = openings_in(world)[-1]
    assert (last.TOPIC, last.author, last.visible_to) == (
        "opening.imported.v1",
        "finn",
        ("NL*XYZ",),
    )
    assert as_journal(last.opening.entries) == journal("""
        xyz-bv opening_balance
        debit  receivable:DE*EMP      12.1000 EUR
        credit vat:NL:output:accrued   2.1000 EUR
        credit equity:opening         10.0000 EUR
    """)


def test_the_same_file_again_changes_nothing(world):
    submit_openings(world.ledger, FILE, by=BY_FINANCE)
    submit_openings(world.ledger, FILE, by=BY_FINANCE)
    approve_openings(world.ledger, BOTH, by=BY_FIONA)
    again = submit_openings(world.ledger, FILE, by=BY_FINANCE)
    assert {row.outcome for row in again} == {"unchanged"}
    assert len(openings_in(world)) == 4


def test_another_opening_of_an_opened_book_is_refused_until_it_is_reversed_by_two(world):
    opened(world)
    other = FILE._replace(lines=(replace(OWED, amount=Decimal(5)),), source_sha256="b" * 64)
    with pytest.raises(Refused, match="OPENING_EXISTS"):
        submit_openings(world.ledger, other, by=BY_FINANCE)
    proposed = reverse_opening(world.ledger, "xyz-bv", reason="a wrong file", by=BY_FINANCE)
    assert proposed.outcome == "reversal proposed"
    with pytest.raises(Refused, match="SECOND_PERSON_REQUIRED"):
        reverse_opening(world.ledger, "xyz-bv", reason="a wrong file", by=BY_FINANCE)
    reverse_opening(world.ledger, "xyz-bv", reason="a wrong file", by=BY_FIONA)
    reversed_ = openings_in(world)[-1]
    assert reversed_.posted_on == LAST_DAY
    assert as_journal(reversed_.reversal)[1:] == journal("""
        credit receivable:DE*EMP      12.1000 EUR
        debit  vat:NL:output:accrued   2.1000 EUR
        debit  equity:opening         10.0000 EUR
    """)
    assert outcomes(submit_openings(world.ledger, other, by=BY_FINANCE)) == [
        ("xyz-bv", "submitted")
    ]


def test_what_is_wrong_with_any_line_is_refused_and_nothing_is_recorded(world):
    wrong = FILE._replace(lines=(replace(OWED, party="DE*NIX"), replace(TAX, account="cash")))
    with pytest.raises(Refused) as refused:
        submit_openings(world.ledger, wrong, by=BY_FINANCE)
    assert [row.reason.value for row in refused.value.refusals] == [
        "PARTY_UNKNOWN",
        "ACCOUNT_UNKNOWN",
    ]
    with pytest.raises(Refused, match="EMPTY_LIST"):
        submit_openings(world.ledger, FILE._replace(lines=()), by=BY_FINANCE)
    assert openings_in(world) == []


def close_month(world, month, by=BY_FINANCE):
    def decide(view, writes):
        period = view.edit(AccountingPeriod, f"xyz-bv/{month}")
        balance = TrialBalance(Decimal(0), Decimal(0), 0, "0" * 64)
        period.close(trial_balance=balance, provenance=provenance_of(by))
        return []

    world.ledger.command(decide, recorded_at=by.at)


def test_a_closed_month_takes_no_opening_and_a_reversal_goes_to_the_day_it_is_done(world):
    close_month(world, "2026-08")
    early = FILE._replace(posted_on=date(2026, 8, 31))
    with pytest.raises(Refused, match="PERIOD_CLOSED"):
        submit_openings(world.ledger, early, by=BY_FINANCE)
    opened(world)
    close_month(world, "2026-09")
    for by in (BY_FINANCE, BY_FIONA):
        reverse_opening(world.ledger, "xyz-bv", reason="a wrong file", by=by)
    assert openings_in(world)[-1].posted_on == RECORDED_AT.date()


def test_a_dry_run_shows_the_entries_and_records_nothing(world):
    done = submit_openings(world.ledger, FILE, by=BY_FINANCE, dry_run=True)
    assert [len(row.opening.entries) for row in done] == [1, 1]
    assert openings_in(world) == []


def test_only_finance_opens_books(world):
    register_actor(world.ledger, "otto", ("operations",), by=BY_ADMIN)
    with pytest.raises(Refused, match="ROLE_MISSING"):
        submit_openings(world.ledger, FILE, by=By("otto", "asserted", RECORDED_AT))
