"""The journal and its balances, as projected; `test_sql_attacks` has what the database refuses."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from projection_events import (
    BOOKS,
    CPO,
    EMSP,
    HOST,
    HUB,
    START,
    accept,
    cdr_of,
    decision,
)
from projection_log import RecordedLog, closed, one_cdr_and_a_closed_month

from ledger.values.aggregate import recording_at
from projections.database import DatabaseError, connect
from projections.queries.balance import balances, books_out_of_balance, closed_months
from projections.queries.journal import journal
from projections.runner import Projector
from projections.schema import migrate


@pytest.fixture(scope="module")
def url(new_database):
    return one_cdr_and_a_closed_month(new_database())


def insert_entry(connection, *, position=900, lines=2, month="2026-10"):
    connection.execute(
        "INSERT INTO journal.entry VALUES (%s, 1, 1, 'xyz-bv', 'EUR', 'EUR', 'by_hand', 0,"
        " 'NL*XYZ/x', 'NL*XYZ', 'DE*EMP', 'sale', 'a#1', 'ALL/2026-10', 'ALL/2026-10', %s,"
        " '2026-10-05', '2026-10-05', NULL, now(), NULL, NULL, %s, '{NL*XYZ}')",
        [position, month, lines],
    )


def insert_postings(connection, *postings, position=900, first=1):
    rows = [
        (position, 1, line, account, side, amount, book_amount)
        for line, (account, side, amount, book_amount) in enumerate(postings, first)
    ]
    values = ", ".join(["(%s, %s, %s, %s, %s, %s::numeric, %s::numeric)"] * len(rows))
    connection.execute(
        f"INSERT INTO journal.posting VALUES {values}", [value for row in rows for value in row]
    )


def test_a_charge_is_booked_on_both_sides_of_each_leg(url):
    with connect(url) as connection:
        entries = journal(connection, cdr="NL*XYZ/cdr-1")
    written = [
        f"{entry.book} {entry.rule}: "
        + ", ".join(f"{p.side} {p.account} {p.amount}" for p in entry.postings)
        for entry in entries
    ]
    assert written == [
        "xyz-bv charging_sold: debit receivable:DE*EMP 12.1000, "
        "credit revenue:charging 10.0000, credit vat:NL:output:accrued 2.1000",
        "emp-gmbh charging_bought: debit cost:charging 10.0000, "
        "debit vat:NL:input:accrued 2.1000, credit payable:NL*XYZ 12.1000",
        "hub-bv fee_sold: debit receivable:NL*XYZ 0.1000, credit revenue:fee 0.1000",
        "xyz-bv fee_bought: debit cost:fee 0.1000, credit payable:NL*HUB 0.1000",
        "host-bv share_sold: debit receivable:NL*XYZ 1.5000, credit revenue:share 1.5000",
        "xyz-bv share_bought: debit cost:share 1.5000, credit payable:NL*HST 1.5000",
    ]


def test_an_entry_says_where_it_belongs_and_who_may_see_it(url):
    with connect(url) as connection:
        (entry, *_) = journal(connection, cdr="NL*XYZ/cdr-1", book="xyz-bv")
        visible_to = connection.execute(
            "SELECT DISTINCT seller, buyer, visible_to FROM journal.entry ORDER BY seller"
        ).fetchall()
    assert (entry.seller, entry.buyer, entry.clause) == (CPO, EMSP, "sale")
    assert (entry.service_period, entry.posted_period) == ("ALL/2026-10", "ALL/2026-10")
    assert entry.recorded_at == START
    assert visible_to == [
        (HOST, CPO, [HOST, CPO]),
        (HUB, CPO, [HUB, CPO]),
        (CPO, EMSP, [CPO, EMSP]),
    ]


def test_a_balance_is_the_sum_of_the_postings(url):
    with connect(url) as connection:
        found = balances(connection, book="emp-gmbh")
        known = balances(connection, book="emp-gmbh", known_at=START)
        as_of = balances(connection, book="emp-gmbh", as_of=START.date().replace(day=4))
        assert books_out_of_balance(connection) == []
    assert [(row.account, str(row.balance)) for row in found] == [
        ("cost:charging", "10.0000"),
        ("payable:NL*XYZ", "-12.1000"),
        ("vat:NL:input:accrued", "2.1000"),
    ]
    assert known == found
    assert as_of == []


AMOUNTS = st.integers(min_value=0, max_value=10**9).map(lambda n: f"{Decimal(n).scaleb(-4):.4f}")
SIDES = st.lists(st.tuples(st.sampled_from(["debit", "credit"]), AMOUNTS), min_size=2, max_size=6)


@given(SIDES, st.booleans())
def test_an_entry_balances_or_is_refused(url, lines, settle):
    total = sum(Decimal(amount) * (1 if side == "debit" else -1) for side, amount in lines)
    if settle and total:
        lines = [*lines, ("credit" if total > 0 else "debit", f"{abs(total):.4f}")]
        total = 0
    with connect(url) as connection, connection.transaction(force_rollback=True):
        insert_entry(connection, lines=len(lines))
        postings = [("psp:NL*PSP", side, amount, amount) for side, amount in lines]
        if total == 0:
            insert_postings(connection, *postings)
        else:
            with pytest.raises(DatabaseError, match=r"^ENTRY_OUT_OF_BALANCE"):
                insert_postings(connection, *postings)


def test_a_close_counts_from_its_place_in_the_log_also_inside_a_page(new_database):
    url = new_database()
    log = RecordedLog(url).create()
    migrate(url)
    late = decision(3, posted_month="2026-11", late_of="ALL/2026-10")
    with recording_at(START):
        before, after = accept(cdr_of(2), 2), accept(cdr_of(3), 3, late)
        closes = [closed(book.entity, "2026-10") for book in BOOKS.values()]
        log.record([before, *closes, after])
    Projector(url).run(until_caught_up=True)
    with connect(url) as connection:
        months = {(entry.cdr, entry.accounting_month) for entry in journal(connection)}
        assert len(closed_months(connection)) == 4
    assert months == {("NL*XYZ/cdr-2", "2026-10"), ("NL*XYZ/cdr-3", "2026-11")}
    with recording_at(START):
        log.record([accept(cdr_of(4), 4)])
    with pytest.raises(DatabaseError, match=r"^PERIOD_CLOSED"):
        Projector(url).run(until_caught_up=True)
