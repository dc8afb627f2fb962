"""Suspense accounts in the journal, aged as of a day and as it was known."""

from datetime import date
from decimal import Decimal

import pytest
from projection_events import CPO, command
from projection_log import World

from console.reports.suspense import by_cause, waiting
from ledger.books.opening import OpeningLine, entries_of_opening
from ledger.settlement.opening import BookOpening, Opening
from projections.database import reading

LINES = (
    OpeningLine("xyz-bv", "suspense:unmatched", "EUR", "debit", Decimal("7.00")),
    OpeningLine("xyz-bv", "suspense:misposted", "CHF", "credit", Decimal(5), Decimal("5.30")),
)
OPENED_ON, REVERSED_ON = date(2026, 9, 30), date(2026, 10, 20)


@pytest.fixture
def world(new_database):
    """A book opened with two amounts that nobody explained, which were taken back later."""
    world = World(new_database())
    book = BookOpening.blank("xyz-bv")
    opening = Opening(OPENED_ON, entries_of_opening("xyz-bv", "EUR", LINES), "b.csv", "a" * 64)
    with world.at():
        book.submit(opening, provenance=command("finn"))
        book.approve(visible_to=(CPO,), provenance=command("fiona"))
        world.record(book)
    world.opened_at = world.now
    for actor in ("finn", "fiona"):
        with world.at():
            book.reverse(
                posted_on=REVERSED_ON, reason="explained", visible_to=(CPO,),
                provenance=command(actor),
            )  # fmt: skip
            world.record(book)
    return world


def asked(world, **filters):
    with reading(world.url) as connection:
        return waiting(connection, **filters)


def causes(found):
    return sorted((row.book, row.cause, row.currency, str(row.amount), row.since) for row in found)


def test_what_stands_on_suspense_accounts_waits_until_it_is_cleared(world):
    open_ = [
        ("xyz-bv", "misposted", "CHF", "-5.0000", OPENED_ON),
        ("xyz-bv", "unmatched", "EUR", "7.0000", OPENED_ON),
    ]
    own = {"book": "xyz-bv", "known_at": None}
    assert causes(asked(world, day=date(2026, 10, 19), **own)) == open_
    assert asked(world, day=REVERSED_ON, **own) == []
    assert asked(world, day=date(2026, 9, 29), **own) == []
    then = asked(world, book=None, day=REVERSED_ON, known_at=world.opened_at)
    assert causes(then) == open_


def test_a_cause_stands_in_the_bucket_of_its_age(world):
    day = date(2026, 10, 19)
    found = asked(world, book="xyz-bv", day=day, known_at=None)
    rows = [[str(cell) for cell in row] for row in by_cause(found, day).rows]
    nothing = "0.0000"
    assert rows == [
        ["account", "xyz-bv", "misposted", "CHF", "1", nothing, "-5.0000", nothing, nothing,
         nothing, "-5.0000", "2026-09-30"],
        ["account", "xyz-bv", "unmatched", "EUR", "1", nothing, "7.0000", nothing, nothing,
         nothing, "7.0000", "2026-09-30"],
    ]  # fmt: skip
