"""Whatever is done to the books by hand in SQL: the database refuses it, or `verify` finds it.

One row is one attack: who does what, and what comes of it. Every attack starts from a database
with one projected CDR and one closed month, and is undone.
"""

import re
from typing import NamedTuple

import pytest
from projection_log import one_cdr_and_a_closed_month

from projections.database import DatabaseError, connect
from projections.queries.balance import (
    balances_beside_postings,
    books_out_of_balance,
    incomplete_entries,
)
from projections.queries.posting_rules import departures

ENTRY = (
    "INSERT INTO journal.entry VALUES ({position}, 1, 1, '{book}', '{currency}', '{own}',"
    " 'charging_sold', 0, 'NL*XYZ/x', 'NL*XYZ', 'DE*EMP', 'sale', 'a#1', 'ALL/2026-10',"
    " 'ALL/2026-10', '{month}', '2026-10-05', '2026-10-05', NULL, now(), NULL, NULL, {lines},"
    " '{{NL*XYZ}}')"
)


def entry(
    *, position=900, book="xyz-bv", currency="EUR", own="EUR", month="2026-10", lines=2
) -> str:
    """Return the statement that inserts the head of an entry."""
    return ENTRY.format(
        position=position, book=book, currency=currency, own=own, month=month, lines=lines
    )


def lines(*rows: str, position: str = "900", first: int = 1) -> str:
    """Return the statement that inserts lines such as `debit receivable:DE*EMP 1.0000 1.0000`."""
    values = []
    for line, row in enumerate(rows, first):
        side, account, amount, book_amount = row.split()
        values.append(
            f"({position}, 1, {line}, '{account}', '{side}', '{amount}', '{book_amount}')"
        )
    return f"INSERT INTO journal.posting VALUES {', '.join(values)}"


OWED, SOLD = "debit receivable:DE*EMP 9.0000 9.0000", "credit revenue:charging 9.0000 9.0000"
RECORDED = "(SELECT min(position) FROM journal.entry)"


class Attack(NamedTuple):
    """What somebody tries, and the pattern of what the database, or `verify`, says to it."""

    name: str
    answer: str
    statements: tuple[str, ...]


def attack(name: str, answer: str, *statements: str) -> Attack:
    return Attack(name, answer, statements)


REFUSED_TO_ANYBODY = [
    attack("sides that differ", "ENTRY_OUT_OF_BALANCE", entry(),
           lines(OWED, "credit revenue:charging 8.9999 8.9999")),
    attack("sides that differ in the book's currency alone", "ENTRY_OUT_OF_BALANCE",
           entry(currency="CHF"),
           lines("debit receivable:DE*EMP 9.0000 9.5000",
                 "credit revenue:charging 9.0000 9.4000")),
    attack("two entries that balance only together", "ENTRY_OUT_OF_BALANCE",
           entry(), entry(position=901),
           lines(OWED, "credit revenue:charging 8.0000 8.0000") + ", "
           + lines("debit receivable:DE*EMP 8.0000 8.0000", SOLD, position="901")
           .partition("VALUES ")[2]),
    attack("a line more than the entry has", "ENTRY_IS_COMPLETE", entry(),
           lines(OWED, "credit revenue:charging 4.0000 4.0000",
                 "credit revenue:charging 5.0000 5.0000")),
    attack("some of an entry's lines", "ENTRY_IS_COMPLETE", entry(lines=4), lines(OWED, SOLD)),
    attack("lines that are added later", "ENTRY_IS_COMPLETE",
           lines(OWED, SOLD, position=RECORDED, first=4)),
    attack("as many lines again", "ENTRY_IS_COMPLETE",
           entry(), lines(OWED, SOLD), lines(OWED, SOLD, first=3)),
    attack("the same lines again", "posting_pkey",
           entry(), lines(OWED, SOLD), lines(OWED, SOLD)),
    attack("lines without an entry", "ENTRY_IS_COMPLETE", lines(OWED, SOLD, position="999")),
    attack("an entry again", "entry_pkey", entry(), entry()),
    attack("an entry with one side", "entry_posting_count_check", entry(lines=1)),
    attack("an entry in a closed month", "PERIOD_CLOSED", entry(month="2026-09")),
    attack("lines for a month that has closed meanwhile", "PERIOD_CLOSED", entry(),
           "INSERT INTO journal.closed_month VALUES"
           " ('xyz-bv', '2026-10', 1, now(), 0, 0, 0, '')", lines(OWED, SOLD)),
    attack("a closed month again", "closed_month_pkey",
           "INSERT INTO journal.closed_month VALUES"
           " ('xyz-bv', '2026-09', 1, now(), 0, 0, 0, '')"),
    *(attack(f"an amount of {amount}", "posting_amount_check|ENTRY_OUT_OF_BALANCE", entry(),
             lines(f"debit receivable:DE*EMP {amount} 1.0000",
                   f"credit revenue:charging {amount} 1.0000"))
      for amount in ("1.00", "1.00001", "-1.0000", "NaN", "Infinity")),
    *(attack(f"a book amount of {amount}", "posting_book_amount_check|ENTRY_OUT_OF_BALANCE",
             entry(currency="CHF"),
             lines(f"debit receivable:DE*EMP 1.0000 {amount}",
                   f"credit revenue:charging 1.0000 {amount}"))
      for amount in ("1.00", "1.00001", "-1.0000", "NaN", "Infinity")),
    attack("a third side", "posting_side_check", entry(), lines("left psp:X 1.0000 1.0000", SOLD)),
    attack("an account of no chart", "posting_account_check",
           entry(), lines("debit cash 9.0000 9.0000", SOLD)),
    attack("a currency in words", "entry_currency_check", entry(currency="euro")),
    attack("a book's currency in words", "entry_book_currency_check", entry(own="francs")),
    attack("an entry of no rule", "entry_rule_check", entry().replace("'charging_sold'", "''")),
    attack("an entry of no period", "entry_(service|posted)_period_check",
           entry().replace("'ALL/2026-10'", "''")),
    attack("another currency for a book", "CURRENCY_DIFFERS", entry(own="CHF")),
    attack("two currencies for a new book", "CURRENCY_DIFFERS",
           entry(book="new") + ", " + entry(position=901, book="new", own="CHF")
           .partition("VALUES ")[2]),
    attack("two amounts in the book's own currency", "CURRENCY_DIFFERS", entry(),
           lines("debit receivable:DE*EMP 9.0000 8.0000", "credit revenue:charging 9.0000 8.0000")),
    attack("a table of the same name in between", "PERIOD_CLOSED",
           "CREATE TEMP TABLE closed_month (LIKE journal.closed_month)", entry(month="2026-09")),
]  # fmt: skip

CHANGED = [
    attack("an amount changed", "JOURNAL_IS_APPEND_ONLY",
           "UPDATE journal.posting SET amount = 0.0000"),
    attack("an entry moved to another book", "JOURNAL_IS_APPEND_ONLY",
           "UPDATE journal.entry SET book = 'emp-gmbh'"),
    attack("lines deleted", "JOURNAL_IS_APPEND_ONLY", "DELETE FROM journal.posting"),
    attack("entries deleted", "JOURNAL_IS_APPEND_ONLY", "DELETE FROM journal.entry"),
    attack("the journal emptied", "JOURNAL_IS_APPEND_ONLY",
           "TRUNCATE journal.entry, journal.posting"),
    attack("a month opened again", "JOURNAL_IS_APPEND_ONLY", "DELETE FROM journal.closed_month"),
    attack("the figures of a close changed", "JOURNAL_IS_APPEND_ONLY",
           "UPDATE journal.closed_month SET sha256 = ''"),
    attack("an event changed", "LOG_IS_APPEND_ONLY", "UPDATE log.stored_event SET topic = 'x'"),
    attack("events deleted", "LOG_IS_APPEND_ONLY", "DELETE FROM log.stored_event"),
    attack("the log emptied", "LOG_IS_APPEND_ONLY", "TRUNCATE log.stored_event CASCADE"),
]  # fmt: skip
"""Who may do everything is told by a trigger; the application has not even the right."""

BEYOND_ITS_RIGHTS = [
    attack("the checks switched off", "must be owner",
           "ALTER TABLE journal.posting DISABLE TRIGGER USER"),
    attack("the checks switched off for the session", "permission denied",
           "SET session_replication_role = replica"),
    attack("a check dropped", "must be owner", "DROP TRIGGER entry_balances ON journal.posting"),
    attack("a rule of amounts dropped", "must be owner",
           "ALTER TABLE journal.posting DROP CONSTRAINT posting_amount_check"),
    attack("a column changed", "must be owner",
           "ALTER TABLE journal.posting ALTER COLUMN amount TYPE double precision"),
    attack("a check replaced", "permission denied|must be owner",
           "CREATE OR REPLACE FUNCTION journal.check_postings() RETURNS trigger"
           " LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"),
    attack("a trigger of one's own", "permission denied",
           "CREATE TRIGGER mine BEFORE INSERT ON journal.posting FOR EACH ROW"
           " EXECUTE FUNCTION journal.refuse_change()"),
    attack("a table beside the journal's", "permission denied",
           "CREATE TABLE journal.posting_too (LIKE journal.posting)"),
    attack("a schema of one's own", "permission denied", "CREATE SCHEMA journal_too"),
    attack("the journal dropped", "must be owner", "DROP TABLE journal.posting"),
    attack("the journal renamed", "must be owner", "ALTER SCHEMA journal RENAME TO old"),
    attack("a right granted to oneself", "permission denied",
           "GRANT UPDATE ON journal.posting TO clearwatt_app",
           "UPDATE journal.posting SET amount = 0.0000"),
    attack("balances deleted", "permission denied", "DELETE FROM journal.balance"),
]  # fmt: skip

BEHIND_THE_CHECKS = [
    attack("a balance changed, as the application may", "balances are the sums of postings",
           "SET ROLE clearwatt_app", "UPDATE journal.balance SET debit = debit + 1.0000"),
    attack("a balance changed on both sides of a book", "balances are the sums of postings",
           "UPDATE journal.balance SET debit = debit + 1.0000, credit = credit + 1.0000"),
    attack("a head without lines, as the application may", "every entry has its postings",
           "SET ROLE clearwatt_app", entry()),
    attack("an entry by hand that adds up", "balances are the sums of postings",
           "SET ROLE clearwatt_app", entry(), lines(OWED, SOLD)),
    attack("an account that the rule does not touch", "every entry follows its posting rule",
           entry(), lines(OWED, "credit equity:opening 9.0000 9.0000")),
    attack("an account that only begins like one", "every entry follows its posting rule",
           entry(), lines(OWED, "credit revenue:mine 9.0000 9.0000")),
    attack("a buyer who is not the sale's", "every entry follows its posting rule",
           entry(), lines("debit receivable:NL*HUB 9.0000 9.0000", SOLD)),
    attack("a sale under no agreement", "every entry follows its posting rule",
           entry().replace("'a#1'", "''"), lines(OWED, SOLD)),
    attack("a sale of a month, and of no settlement period", "every entry follows its posting rule",
           entry().replace("'ALL/2026-10'", "'2026-10'"), lines(OWED, SOLD)),
    attack("one line on the other side, the checks switched off",
           "every entry follows its posting rule",
           "ALTER TABLE journal.posting DISABLE TRIGGER USER",
           "UPDATE journal.posting SET side = 'credit' WHERE account = 'cost:charging'"),
    attack("an amount changed, the checks switched off", "balances are the sums of postings",
           "ALTER TABLE journal.posting DISABLE TRIGGER USER",
           "UPDATE journal.posting SET amount = amount + 1.0000 WHERE account = 'cost:charging'"),
    attack("one balance changed alone", "every book balances in every currency",
           "UPDATE journal.balance SET debit = debit + 1.0000 WHERE account = 'cost:charging'"),
]  # fmt: skip


@pytest.fixture(scope="module")
def url(new_database):
    return one_cdr_and_a_closed_month(new_database())


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


def answer_to(connection, tried: Attack) -> str:
    """Return what the database says to an attack whose last statement is the wrong one."""
    *before, last = tried.statements
    for statement in before:
        connection.execute(statement.encode())
    with pytest.raises(DatabaseError) as answer:
        connection.execute(last.encode())
    return str(answer.value)


def named(tried: Attack) -> str:
    return tried.name


@pytest.mark.parametrize("tried", REFUSED_TO_ANYBODY, ids=named)
def test_the_application_is_refused(app, tried):
    assert re.search(tried.answer, answer_to(app, tried))


@pytest.mark.parametrize("tried", REFUSED_TO_ANYBODY, ids=named)
def test_the_owner_is_refused_just_the_same(owner, tried):
    assert re.search(tried.answer, answer_to(owner, tried))


@pytest.mark.parametrize("tried", CHANGED, ids=named)
def test_the_owner_cannot_change_what_is_recorded(owner, tried):
    assert re.match(tried.answer, answer_to(owner, tried))


@pytest.mark.parametrize("tried", CHANGED, ids=named)
def test_the_application_has_no_right_to_change_what_is_recorded(app, tried):
    assert answer_to(app, tried).startswith("permission denied")


@pytest.mark.parametrize("tried", BEYOND_ITS_RIGHTS, ids=named)
def test_the_application_cannot_touch_the_checks(app, tried):
    assert re.search(tried.answer, answer_to(app, tried))


def found_by_verify(connection) -> set[str]:
    """Return the checks of `clearwatt verify` that fail, by the sentences it prints."""
    return {
        sentence
        for sentence, found in {
            "every book balances in every currency": books_out_of_balance(connection),
            "balances are the sums of postings": balances_beside_postings(connection),
            "every entry has its postings": incomplete_entries(connection),
            "every entry follows its posting rule": departures(connection),
        }.items()
        if found
    }


@pytest.mark.parametrize("tried", BEHIND_THE_CHECKS, ids=named)
def test_what_nothing_can_refuse_is_found(owner, tried):
    assert found_by_verify(owner) == set()
    for statement in tried.statements:
        owner.execute(statement.encode())
    assert tried.answer in found_by_verify(owner)


def test_what_is_right_is_taken(app):
    app.execute(entry().encode())
    app.execute(lines(OWED, SOLD).encode())
    app.execute(entry(position=901, currency="CHF").encode())
    app.execute(
        lines("debit receivable:DE*EMP 9.0000 9.4700", "credit revenue:charging 9.0000 9.4700",
              position="901").encode()
    )  # fmt: skip
