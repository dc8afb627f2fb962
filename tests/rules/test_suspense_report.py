"""What is left on a suspense account, and how old it is: the oldest amount is cleared first."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given

from console.reports.suspense import Waiting, by_cause, item_by_item, left_of
from tests.books_shown import balances_of, entry, ledger_lines_of, some_entries

LOST = "suspense:lost_and_found"


def posted(day, side, amount, position=1):
    """An entry that puts an amount on the suspense account, or takes it off."""
    other = "credit" if side == "debit" else "debit"
    return entry(
        position,
        (LOST, side, amount, amount),
        ("revenue:charging", other, amount, amount),
        on=date(2026, 10, day),
    )


def left(*entries):
    lines = [line for line in ledger_lines_of(entries) if line.account == LOST]
    return [(row.since.day, str(row.amount)) for row in left_of(lines)]


@pytest.mark.parametrize(
    ("entries", "what_is_left"),
    [
        ([(1, "debit", "5.0000")], [(1, "5.0000")]),
        ([(1, "debit", "5.0000"), (9, "credit", "5.0000")], []),
        ([(1, "debit", "5.0000"), (3, "debit", "2.0000"), (9, "credit", "6.0000")],
         [(3, "1.0000")]),
        ([(1, "debit", "5.0000"), (9, "credit", "6.0000")], [(9, "-1.0000")]),
        ([(1, "credit", "4.0000"), (2, "debit", "1.0000"), (3, "credit", "1.0000")],
         [(1, "-3.0000"), (3, "-1.0000")]),
    ],
)  # fmt: skip
def test_the_oldest_is_cleared_first(entries, what_is_left):
    made = [posted(day, side, amount, n) for n, (day, side, amount) in enumerate(entries, 1)]
    assert left(*made) == what_is_left


@given(some_entries())
def test_what_is_left_is_the_balance_and_stands_on_one_side(entries):
    for row in balances_of(entries):
        own = [line for line in ledger_lines_of(entries) if line[:3] == row[:3]]
        amounts = [waiting.amount for waiting in left_of(own)]
        assert sum(amounts) == row.balance
        assert len({amount > 0 for amount in amounts}) <= 1


def waits(since, amount, currency="EUR", cause="TARIFF_MISSING"):
    money = None if amount is None else Decimal(amount)
    return Waiting("cdr", None, cause, "NL*XYZ/c", "NL*XYZ", "DE*EMP", currency, money, since)


def test_amounts_are_sorted_by_cause_and_age():
    found = [
        waits(date(2026, 10, 31), "1.0000"),
        waits(date(2026, 10, 24), "2.0000"),
        waits(date(2026, 10, 23), "4.0000"),
        waits(date(2026, 8, 2), "8.0000"),
        waits(date(2026, 8, 1), "16.0000"),
        waits(date(2026, 10, 1), None, cause="SESSION_MISSING"),
    ]
    report = by_cause(found, date(2026, 10, 31))
    session, tariff = report.rows
    assert session[2:5] == ("SESSION_MISSING", "EUR", 1)
    assert [str(cell) for cell in tariff[4:]] == [
        "5", "3.0000", "4.0000", "0.0000", "8.0000", "16.0000", "31.0000", "2026-08-01",
    ]  # fmt: skip
    (total,) = report.totals
    assert (total[0], total[4], str(total[-2])) == ("total", 6, "31.0000")


def test_each_item_has_its_age():
    report = item_by_item([waits(date(2026, 10, 1), "1.0000")], date(2026, 11, 1))
    (row,) = report.rows
    assert row[-1] == 31
