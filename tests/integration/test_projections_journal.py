"""The database enforces the books: what is done to the journal by hand in SQL is refused."""

from decimal import Decimal

import psycopg
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
    command,
    decision,
    parties,
)
from projection_log import RecordedLog

from ledger.settlement.accounting import AccountingPeriod, TrialBalance
from ledger.values.aggregate import recording_at
from projections.database import DatabaseError, connect
from projections.queries.balance import balances, books_out_of_balance, closed_months
from projections.queries.journal import journal
from projections.runner import Projector
from projections.schema import migrate

HARD_CLOSE = TrialBalance(Decimal("12.1000"), Decimal("12.1000"), 3, "ab" * 32)


def close(book, month):
    period = AccountingPeriod.blank(f"{book}/{month}")
    period.close(trial_balance=HARD_CLOSE, provenance=command())
    return period


@pytest.fixture(scope="module")
def url(new_database):
    """A database with one projected CDR and one closed month of the CPO's book."""
    url = new_database()
    log = RecordedLog(url).create()
    migrate(url)
    with recording_at(START):
        log.record([*parties(), accept(cdr_of(1), 1), close("xyz-bv", "2026-09")])
    Projector(url).run(until_caught_up=True)
    return url


@pytest.fixture
def app(url):
    """A connection as the application's role, in a transaction that is rolled back."""
    with connect(url) as connection, connection.transaction(force_rollback=True):
        yield connection


@pytest.fixture
def owner(url):
    """A connection as the owner, who may do more, in a transaction that is rolled back."""
    with connect(url, as_owner=True) as connection, connection.transaction(force_rollback=True):
        yield connection


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


def debit(amount, book_amount=None):
    return "receivable:DE*EMP", "debit", amount, book_amount or amount


def credit(amount, book_amount=None):
    return "revenue:charging", "credit", amount, book_amount or amount


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


def test_an_entry_that_does_not_balance_is_refused(app):
    insert_entry(app)
    with pytest.raises(DatabaseError, match=r"^ENTRY_OUT_OF_BALANCE"):
        insert_postings(app, debit("10.0000"), credit("9.9999"))


def test_an_entry_must_balance_in_the_currency_of_its_book_too(app):
    insert_entry(app)
    with pytest.raises(DatabaseError, match=r"^ENTRY_OUT_OF_BALANCE"):
        insert_postings(app, debit("10.0000", "9.5000"), credit("10.0000", "9.4000"))


def test_two_entries_that_balance_together_but_not_each_are_refused(app):
    insert_entry(app, position=900)
    insert_entry(app, position=901)
    with pytest.raises(DatabaseError, match=r"^ENTRY_OUT_OF_BALANCE"):
        app.execute(
            "INSERT INTO journal.posting VALUES"
            " (900, 1, 1, 'a', 'debit', 1.0000, 1.0000),"
            " (900, 1, 2, 'b', 'credit', 2.0000, 2.0000),"
            " (901, 1, 1, 'a', 'debit', 2.0000, 2.0000),"
            " (901, 1, 2, 'b', 'credit', 1.0000, 1.0000)"
        )


def test_a_balanced_entry_is_taken(app):
    insert_entry(app)
    insert_postings(app, debit("10.0000"), credit("10.0000"))


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-1.0000", "1.00", "1.00001"])
def test_an_amount_that_is_none_at_scale_4_is_refused(app, amount):
    insert_entry(app)
    with pytest.raises(DatabaseError, match=r"posting_amount_check|ENTRY_OUT_OF_BALANCE"):
        insert_postings(app, debit(amount, "1.0000"), credit(amount, "1.0000"))


def test_a_side_is_debit_or_credit(app):
    insert_entry(app)
    with pytest.raises(DatabaseError, match="posting_side_check"):
        insert_postings(app, ("a", "left", "1.0000", "1.0000"), credit("1.0000"))


def test_lines_added_later_are_refused_even_where_they_balance(app):
    (position,) = app.execute("SELECT min(position) FROM journal.entry").fetchone()
    with pytest.raises(DatabaseError, match=r"^ENTRY_IS_COMPLETE"):
        insert_postings(app, debit("5.0000"), credit("5.0000"), position=position, first=4)


def test_a_part_of_an_entrys_lines_is_refused(app):
    insert_entry(app, lines=4)
    with pytest.raises(DatabaseError, match=r"^ENTRY_IS_COMPLETE"):
        insert_postings(app, debit("5.0000"), credit("5.0000"))


def test_as_many_lines_again_are_refused(app):
    insert_entry(app)
    insert_postings(app, debit("5.0000"), credit("5.0000"))
    with pytest.raises(DatabaseError, match=r"^ENTRY_IS_COMPLETE"):
        insert_postings(app, debit("5.0000"), credit("5.0000"), first=3)


def test_lines_without_an_entry_are_refused(app):
    with pytest.raises(DatabaseError, match=r"^ENTRY_IS_COMPLETE"):
        insert_postings(app, debit("5.0000"), credit("5.0000"), position=999)


def test_a_month_that_is_hard_closed_takes_no_entries(app):
    with pytest.raises(DatabaseError, match=r"^PERIOD_CLOSED: xyz-bv/2026-09"):
        insert_entry(app, month="2026-09")


def test_lines_of_an_entry_from_before_the_close_come_too_late(app):
    insert_entry(app)
    app.execute(
        "INSERT INTO journal.closed_month VALUES ('xyz-bv', '2026-10', 1, now(), 0, 0, 0, '')"
    )
    with pytest.raises(DatabaseError, match=r"^PERIOD_CLOSED"):
        insert_postings(app, debit("5.0000"), credit("5.0000"))


CHANGES = [
    "UPDATE journal.posting SET amount = 0.0000",
    "UPDATE journal.entry SET book = 'emp-gmbh'",
    "DELETE FROM journal.posting",
    "DELETE FROM journal.entry",
    "DELETE FROM journal.closed_month",
    "TRUNCATE journal.entry, journal.posting",
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_owner_cannot_change_the_journal_either(owner, change):
    with pytest.raises(DatabaseError, match=r"^JOURNAL_IS_APPEND_ONLY"):
        owner.execute(change)


@pytest.mark.parametrize("change", CHANGES)
def test_the_application_has_no_right_to_change_the_journal(app, change):
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
        app.execute(change)


def test_a_table_of_the_same_name_elsewhere_deceives_nobody(app):
    app.execute("CREATE TEMP TABLE closed_month (LIKE journal.closed_month)")
    with pytest.raises(DatabaseError, match=r"^PERIOD_CLOSED"):
        insert_entry(app, month="2026-09")


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
        postings = [("account", side, amount, amount) for side, amount in lines]
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
        closes = [close(book.entity, "2026-10") for book in BOOKS.values()]
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
