"""Whatever stands in the journal, beancount and hledger themselves read it and balance it, and come
to our sums."""

import csv
import io
import shutil
import subprocess
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from beancount import loader
from beancount.core import convert, data
from hypothesis import given, settings
from hypothesis import strategies as st

from console.exports.beancount import beancount_of
from console.exports.books import Books
from console.exports.hledger import hledger_of
from console.exports.names import VALUATION, beancount_account
from ledger.values.reasons import Refused
from tests.books_shown import ACCOUNTS, BOOKS, balances_of, books, entry, some_entries

SCALE = Decimal("0.0001")


def loaded(made: Books):
    """Return what beancount read, and what it found wrong."""
    found, errors, _ = loader.load_string("".join(beancount_of(made)))
    return found, [error.message for error in errors]


def sums_in_beancount(found):
    """Return, by beancount's own sums: amounts per account and currency, worths per account."""
    amounts, worths = defaultdict(Decimal), defaultdict(Decimal)
    for directive in data.filter_txns(found):
        for posting in directive.postings:
            units = posting.units
            amounts[posting.account, units.currency] += units.number
            worths[posting.account] += convert.get_weight(posting).number
    return amounts, {name: worth.quantize(SCALE) for name, worth in worths.items()}


@given(some_entries(), st.booleans(), st.none() | st.dates(date(2026, 10, 1), date(2026, 10, 12)))
def test_beancount_balances_the_export_and_comes_to_our_balances(entries, one_book, first_on):
    book = "nl-polder" if one_book else None
    found, errors = loaded(books(entries, book=book, posted_from=first_on))
    assert errors == []
    amounts, worths = sums_in_beancount(found)
    kept = balances_of(row for row in entries if book in (None, row.book))
    in_book = defaultdict(Decimal)
    for row in kept:
        name = beancount_account(row.account, None if one_book else row.book)
        assert amounts[name, row.currency] == row.balance
        in_book[name] += row.book_balance
    for name, worth in in_book.items():
        assert worths.get(name, 0) + worths.get(f"{name}:{VALUATION}", 0) == worth


@given(some_entries(), st.data())
def test_beancount_refuses_what_is_off_by_a_ten_thousandth(entries, chance):
    made = books(entries)
    text = "".join(beancount_of(made))
    lines = text.splitlines()
    amounts = [n for n, line in enumerate(lines) if " EUR" in line and line.startswith("  ")]
    if not amounts:
        return
    place = chance.draw(st.sampled_from(amounts))
    head, _, tail = lines[place].rpartition("  ")
    number, _, rest = tail.partition(" ")
    lines[place] = f"{head}  {Decimal(number) + SCALE} {rest}"
    _, errors, _ = loader.load_string("\n".join(lines))
    assert errors


def test_no_two_accounts_share_a_name():
    names = [beancount_account(account, book) for account in ACCOUNTS for book in (None, *BOOKS)]
    assert len(set(names)) == len(names)


def test_an_account_outside_the_chart_has_no_name_to_export():
    with pytest.raises(Refused, match=r"^ACCOUNT_UNKNOWN"):
        beancount_account("bank:main")


HLEDGER = shutil.which("hledger")
needs_hledger = pytest.mark.skipif(
    HLEDGER is None, reason="hledger is not installed: `make test` installs it where it may"
)


def hledger(command, journal):
    """Run hledger on a journal; return how it ended."""
    return subprocess.run(
        [str(HLEDGER), *command, "-f", "-"],
        input=journal,
        capture_output=True,
        encoding="utf-8",
        env={"LANG": "C.UTF-8"},
        check=False,
    )


@needs_hledger
@settings(max_examples=15)
@given(some_entries(), st.none() | st.dates(date(2026, 10, 1), date(2026, 10, 12)))
def test_hledger_balances_the_export_and_comes_to_our_balances(entries, first_on):
    journal = "".join(hledger_of(books(entries, posted_from=first_on)))
    checked = hledger(["check", "--strict"], journal)
    assert (checked.returncode, checked.stderr) == (0, "")
    listed = hledger(["balance", "--flat", "-O", "csv", "--layout", "bare", "--empty"], journal)
    found = {
        (row["account"], row["commodity"]): Decimal(row["balance"])
        for row in csv.DictReader(io.StringIO(listed.stdout))
    }
    for row in balances_of(entries):
        assert found.get((f"{row.book}:{row.account}", row.currency), 0) == row.balance


@needs_hledger
def test_hledger_refuses_what_is_off_by_a_ten_thousandth():
    sale = ("receivable:DE*EMP", "debit", "9.0000", "9.0000")
    made = books([entry(1, sale, ("revenue:charging", "credit", "9.0000", "9.0000"))])
    journal = "".join(hledger_of(made))
    assert hledger(["check", "--strict"], journal).returncode == 0
    for wrong in (
        journal.replace("-9.0000", "-9.0001", 1),
        journal.replace("= 9.0000", "= 9.0001"),
    ):
        assert wrong != journal
        assert hledger(["check", "--strict"], wrong).returncode != 0


@given(some_entries())
def test_the_same_journal_makes_the_same_bytes(entries):
    assert [*beancount_of(books(entries))] == [*beancount_of(books(entries))]
