"""A ledger's running balances lead from its openings to the balances that are kept."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from console.reports.running import openings_of, running
from tests.books_shown import balances_of, ledger_lines_of, some_entries


def sign(line):
    return 1 if line.side == "debit" else -1


@given(some_entries(), st.dates(date(2026, 9, 30), date(2026, 10, 12)))
def test_what_an_account_closes_with_is_its_balance(entries, first_on):
    before = [row for row in entries if row.posted_on < first_on]
    lines = ledger_lines_of(row for row in entries if row.posted_on >= first_on)
    found = [*running(openings_of(balances_of(before)), lines)]
    closings = {
        line.key: (line.balance, line.book_balance) for line in found if line.kind == "closing"
    }
    kept = {
        (row.book, row.account, row.currency, row.book_currency): (row.balance, row.book_balance)
        for row in balances_of(entries)
    }
    nothing = (Decimal(0), Decimal(0))
    assert {key: sums for key, sums in closings.items() if sums != nothing} == {
        key: sums for key, sums in kept.items() if sums != nothing
    }
    assert [line.posting for line in found if line.posting is not None] == lines


@given(some_entries(), st.dates(date(2026, 9, 30), date(2026, 10, 12)))
def test_each_balance_is_the_one_before_it_and_the_posting(entries, first_on):
    before = balances_of(row for row in entries if row.posted_on < first_on)
    lines = ledger_lines_of(row for row in entries if row.posted_on >= first_on)
    found = [*running(openings_of(before), lines)]
    assert [line.key for line in found] == sorted(line.key for line in found)
    for one, following in pairwise(found):
        if following.kind == "opening":
            assert one.kind == "closing"
            continue
        posting = following.posting
        step = (0, 0)
        if posting is not None:
            step = sign(posting) * posting.amount, sign(posting) * posting.book_amount
        assert following.key == one.key
        assert (following.balance, following.book_balance) == (
            one.balance + step[0],
            one.book_balance + step[1],
        )
