"""Opening balances: what a line may say, and what `equity:opening` takes to balance a book."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.books.opening import Books, OpeningLine, entries_of_opening, errors_of_opening

BOOKS = Books(
    {"xyz-bv": "EUR", "emp-gmbh": "EUR", "alp-ag": "CHF"},
    {"NL*XYZ": "xyz-bv", "DE*EMP": "emp-gmbh", "CH*ALP": "alp-ag"},
)
OWED = OpeningLine("xyz-bv", "receivable", "EUR", "debit", Decimal(10), None, "DE*EMP", "2")
OWING = OpeningLine("emp-gmbh", "payable", "EUR", "credit", Decimal(10), None, "NL*XYZ", "3")


def changed(**fields):
    return OpeningLine(**({name: getattr(OWED, name) for name in OWED.__struct_fields__} | fields))


def found(*lines):
    return [f"{row.reason.value} {row.path}" for row in errors_of_opening(lines, BOOKS)]


def test_two_books_that_say_the_same_of_each_other_are_fine():
    assert found(OWED, OWING) == []


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        (changed(book="nobody"), ["ENTITY_UNKNOWN 2.book"]),
        (changed(account="cash"), ["FIELD_NOT_APPLICABLE 2.party", "ACCOUNT_UNKNOWN 2.account"]),
        (changed(account="equity:opening", party=""), ["ACCOUNT_UNKNOWN 2.account"]),
        (changed(account="receivable:DE*EMP", party=""), ["ACCOUNT_UNKNOWN 2.account"]),
        (changed(account="suspense", party=""), ["ACCOUNT_UNKNOWN 2.account"]),
        (changed(account="suspense:Lost & Found", party=""), ["ACCOUNT_UNKNOWN 2.account"]),
        (changed(account="vat:Germany:output:due", party=""), ["ACCOUNT_UNKNOWN 2.account"]),
        (changed(account="psp", party=""), ["MISSING_FIELD 2.party"]),
        (changed(party=""), ["MISSING_FIELD 2.party"]),
        (changed(party="DE*NIX"), ["PARTY_UNKNOWN 2.party"]),
        (changed(currency="EURO", book_amount=Decimal(1)), ["UNKNOWN_CURRENCY 2.currency"]),
        (changed(currency="CHF"), ["MISSING_FIELD 2.book_amount"]),
        (changed(book_amount=Decimal(9)), ["CURRENCY_DIFFERS 2.book_amount"]),
        (changed(amount=Decimal(-1)), ["NEGATIVE_QUANTITY 2.amount"]),
        (changed(amount=Decimal("NaN")), ["NOT_A_NUMBER 2.amount"]),
        (changed(amount=Decimal("1.00001")), ["AMOUNT_SCALE 2.amount"]),
        (changed(amount=Decimal("9.99")), ["CLEARING_NOT_MIRRORED 2"]),
    ],
)
def test_a_line_is_refused_with_code_and_path(line, refused):
    assert found(line, OWING) == refused


def test_all_errors_of_all_lines_are_told_at_once():
    assert found(changed(book="nobody"), changed(path="4", party="DE*NIX")) == [
        "ENTITY_UNKNOWN 2.book",
        "PARTY_UNKNOWN 4.party",
    ]


def test_a_balance_stands_once():
    assert found(OWED, changed(path="9"), OWING) == ["NAMED_TWICE 9"]


def test_what_is_owed_to_a_book_that_is_not_opened_here_needs_no_mirror():
    assert found(OWED) == []


def test_what_drivers_owe_has_no_other_book():
    assert found(changed(account="receivable:driver", party="")) == []


@pytest.mark.parametrize(
    ("account", "party", "name"),
    [
        ("suspense:bank_fee_unknown", "", "suspense:bank_fee_unknown"),
        ("psp", "DE*EMP", "psp:DE*EMP"),
        ("revenue:fee:invoiced", "", "revenue:fee:invoiced"),
        ("vat:NL:input:due", "", "vat:NL:input:due"),
    ],
)
def test_what_is_in_nobodys_clearing_needs_no_mirror(account, party, name):
    line = changed(account=account, party=party)
    assert (found(line), line.account_name) == ([], name)


def postings(book, currency, *lines):
    return [
        [f"{row.side} {row.account} {row.amount} {row.book_amount}" for row in entry.postings]
        for entry in entries_of_opening(book, currency, lines)
    ]


def test_a_book_is_balanced_in_each_currency():
    taxed = changed(account="vat:NL:output:accrued", party="", side="credit", amount=Decimal(3))
    swiss = changed(currency="CHF", side="credit", book_amount=Decimal("9.5"))
    assert postings("xyz-bv", "EUR", OWED, taxed, swiss) == [
        ["credit receivable:DE*EMP 10.0000 9.5000", "debit equity:opening 10.0000 9.5000"],
        [
            "debit receivable:DE*EMP 10.0000 10.0000",
            "credit vat:NL:output:accrued 3.0000 3.0000",
            "credit equity:opening 7.0000 7.0000",
        ],
    ]


def test_rates_of_different_days_may_leave_the_two_amounts_on_different_sides():
    old = changed(currency="CHF", amount=Decimal(100), book_amount=Decimal(90))
    new = changed(
        currency="CHF",
        account="payable",
        side="credit",
        amount=Decimal(99),
        book_amount=Decimal(95),
    )
    assert postings("xyz-bv", "EUR", old, new)[0][2:] == [
        "credit equity:opening 1.0000 0.0000",
        "debit equity:opening 0.0000 5.0000",
    ]


AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=4)
LINES = st.builds(
    OpeningLine,
    book=st.just("xyz-bv"),
    account=st.sampled_from(["receivable", "payable", "suspense"]),
    currency=st.sampled_from(["EUR", "CHF"]),
    side=st.sampled_from(["debit", "credit"]),
    amount=AMOUNTS,
    book_amount=AMOUNTS,
    party=st.sampled_from(["DE*EMP", "CH*ALP"]),
)


@given(st.lists(LINES, max_size=8))
def test_every_opening_balances_in_both_amounts(lines):
    for entry in entries_of_opening("xyz-bv", "EUR", lines):
        signed = [(1 if row.side == "debit" else -1, row) for row in entry.postings]
        assert sum(sign * row.amount for sign, row in signed) == 0
        assert sum(sign * row.book_amount for sign, row in signed) == 0
