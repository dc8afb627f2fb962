"""Opening balances in the journal, and the ids of before: both of them find the record."""

from datetime import date
from decimal import Decimal

import pytest
from projection_events import CPO, EMSP, command
from projection_log import World

from ledger.books.opening import OpeningLine, entries_of_opening
from ledger.roaming.move_in import MovedId, MoveIn
from ledger.settlement.opening import BookOpening, Opening
from projections.queries.balance import balances, books_out_of_balance
from projections.queries.journal import journal
from projections.queries.moved import moved_ids

LINES = (
    OpeningLine("xyz-bv", "receivable", "EUR", "debit", Decimal("12.10"), None, EMSP),
    OpeningLine("xyz-bv", "payable", "CHF", "credit", Decimal(5), Decimal("5.30"), EMSP),
)
ENTRIES = entries_of_opening("xyz-bv", "EUR", LINES)
OPENING = Opening(date(2026, 9, 30), ENTRIES, "balances.csv", "a" * 64)


@pytest.fixture
def world(new_database):
    return World(new_database())


def opened(world):
    book = BookOpening.blank("xyz-bv")
    with world.at():
        book.submit(OPENING, provenance=command("finn"))
        book.approve(visible_to=(CPO,), provenance=command("fiona"))
        world.record(book)
    return book


def reversed_later(world, book):
    """Reverse in a page of its own: what was imported stands in the log before it."""
    for actor in ("finn", "fiona"):
        with world.at():
            book.reverse(
                posted_on=date(2026, 10, 1),
                reason="a wrong file",
                visible_to=(CPO,),
                provenance=command(actor),
            )
            world.record(book)


def lines(entries):
    return [
        f"{entry.posted_on} {row.side} {row.account} {row.amount} {entry.currency}"
        for entry in entries
        for row in entry.postings
    ]


def test_an_opening_is_booked_on_its_day_and_says_which_file_it_comes_from(world):
    opened(world)
    entries = world.ask(journal, book="xyz-bv")
    assert lines(entries) == [
        f"2026-09-30 credit payable:{EMSP} 5.0000 CHF",
        "2026-09-30 debit equity:opening 5.0000 CHF",
        f"2026-09-30 debit receivable:{EMSP} 12.1000 EUR",
        "2026-09-30 credit equity:opening 12.1000 EUR",
    ]
    first = entries[0]
    assert (first.clause, first.agreement_version) == (
        "opening balances.csv",
        f"sha256:{'a' * 64}",
    )
    assert (first.accounting_month, first.posted_period, first.cdr) == ("2026-09", "2026-09", "")
    assert world.ask(books_out_of_balance) == []


def test_what_is_only_submitted_is_not_booked(world):
    book = BookOpening.blank("xyz-bv")
    with world.at():
        book.submit(OPENING, provenance=command("finn"))
        world.record(book)
    assert world.ask(journal) == []


@pytest.mark.parametrize("page_size", [1, 1000])
def test_a_reversal_names_the_entries_it_takes_back_and_leaves_nothing(new_database, page_size):
    world = World(new_database(), page_size=page_size)
    reversed_later(world, opened(world))
    booked = world.ask(journal, book="xyz-bv")
    assert [row.reverses for row in booked] == [None, None, booked[0].id, booked[1].id]
    assert booked[2].posted_on == date(2026, 10, 1)
    assert {row.balance for row in world.ask(balances, book="xyz-bv")} == {Decimal(0)}


@pytest.mark.parametrize("id", ["OP-17/4711", "op-17/4711", "NL*XYZ/LOC1", "nl*xyz/loc1"])
def test_both_ids_find_the_record(world, id):
    platform = MoveIn.blank("oldcharge")
    rows = [MovedId("location", "OP-17/4711", "NL*XYZ/LOC1"), MovedId("party", "OP-17", CPO)]
    with world.at():
        platform.keep("b" * 64, rows, provenance=command("finn"))
        world.record(platform)
    (found,) = world.ask(moved_ids, id)
    assert (found.platform, found.kind, found.old_id, found.new_key, found.plan) == (
        "oldcharge",
        "location",
        "OP-17/4711",
        "NL*XYZ/LOC1",
        "b" * 64,
    )


def test_another_id_finds_nothing(world):
    assert world.ask(moved_ids, "OP-18") == []
