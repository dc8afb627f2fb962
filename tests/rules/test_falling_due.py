"""What falls due of an invoice group: rounded once, in both books, as its journal shows."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.books.invoice_groups import in_minor_units, tax_on, taxable
from ledger.roaming.legs import DRIVER
from ledger.values.reasons import InvariantBroken
from tests.falling_due import Books, Sold, accrued, group
from tests.ledger_world import as_journal, journal


@pytest.mark.parametrize(
    ("accrued_net", "percent", "currency", "net", "tax"),
    [
        ("100.0000", "19", "EUR", "100.0000", "19.0000"),
        ("100.0049", "19", "EUR", "100.0000", "19.0000"),
        ("100.0050", "19", "EUR", "100.0100", "19.0000"),  # 19.0019: on what is invoiced
        ("0.0300", "19", "EUR", "0.0300", "0.0100"),  # 0.0057
        ("0.0200", "19", "EUR", "0.0200", "0.0000"),  # 0.0038
        ("0.5000", "21", "EUR", "0.5000", "0.1100"),  # 0.105: half up
        ("-0.5000", "21", "EUR", "-0.5000", "-0.1100"),  # a credit is the opposite
        ("-100.0050", "19", "EUR", "-100.0100", "-19.0000"),
        ("10.0000", "25.5", "EUR", "10.0000", "2.5500"),
        ("10.0000", "8.1", "CHF", "10.0000", "0.8100"),  # no five-cent pieces but for cash
        ("1234.5000", "10", "JPY", "1235.0000", "124.0000"),  # no minor unit; 123.5
        ("10.0000", "0", "EUR", "10.0000", "0.0000"),
        ("0.0000", "19", "EUR", "0.0000", "0.0000"),
        ("0.0049", "19", "EUR", "0.0000", "0.0000"),
    ],
)
def test_the_taxable_amount_is_rounded_and_the_tax_is_once_computed_on_it(
    accrued_net, percent, currency, net, tax
):
    base = taxable(Decimal(accrued_net), currency)
    assert str(base) == net
    assert str(tax_on(base, Decimal(percent), currency)) == tax


@pytest.mark.parametrize(
    ("amounts", "parts"),
    [
        ("1.004 1.004 1.004", "1.01 1.00 1.00"),  # 3.01; ties go to the earlier one
        ("1.001 1.009", "1.00 1.01"),
        ("1.006 -1.004", "1.01 -1.01"),  # 0.00: the lower cent of the second is -1.01
        ("-1.004 -1.004 -1.004", "-1.01 -1.00 -1.00"),
        ("0.004", "0.00"),
        ("5", "5.00"),
        ("", ""),
    ],
)
def test_the_parts_of_an_invoice_sum_to_its_total(amounts, parts):
    rounded = [Decimal(amount) for amount in amounts.split()]
    found = in_minor_units(rounded, taxable(sum(rounded, Decimal(0)), "EUR"), "EUR")
    assert found == [Decimal(part) for part in parts.split()]


def test_a_domestic_sale_falls_due_in_both_books_and_what_is_owed_follows_the_invoice():
    due = Books().due(accrued(group("19"), [Sold(Decimal("10.0030")), Sold(Decimal("5.0049"))]))
    assert as_journal(due.entries) == journal("""
        xyz-bv group_sold_due
            debit  revenue:charging            15.0079 EUR
            credit revenue:charging:invoiced   15.0100 EUR
            debit  rounding:accrual             0.0021 EUR
            debit  vat:DE:output:accrued        2.8515 EUR
            credit vat:DE:output:due            2.8500 EUR
            credit rounding:vat                 0.0015 EUR
        xyz-bv group_sold_rounded
            debit  receivable:DE*EMP            0.0006 EUR
            credit rounding:accrual             0.0021 EUR
            debit  rounding:vat                 0.0015 EUR
        emp-gmbh group_bought_due
            credit cost:charging               15.0079 EUR
            debit  cost:charging:invoiced      15.0100 EUR
            credit rounding:accrual             0.0021 EUR
            credit vat:DE:input:accrued         2.8515 EUR
            debit  vat:DE:input:due             2.8500 EUR
            debit  rounding:vat                 0.0015 EUR
        emp-gmbh group_bought_rounded
            credit payable:NL*XYZ               0.0006 EUR
            debit  rounding:accrual             0.0021 EUR
            credit rounding:vat                 0.0015 EUR
    """)


def test_what_a_driver_paid_stays_and_the_rest_is_the_sellers():
    due = Books().due(accrued(group("19", buyer=DRIVER), [Sold(Decimal("10.0030"), "retail")]))
    assert as_journal(due.entries) == journal("""
        xyz-bv group_sold_due
            debit  revenue:retail              10.0030 EUR
            credit revenue:retail:invoiced     10.0000 EUR
            credit rounding:accrual             0.0030 EUR
            debit  vat:DE:output:accrued        1.9006 EUR
            credit vat:DE:output:due            1.9000 EUR
            credit rounding:vat                 0.0006 EUR
    """)


def test_a_markup_keeps_its_account_in_the_minor_unit():
    due = Books().due(accrued(group("0"), [Sold(Decimal("10.0000"), markup=Decimal("0.1742"))]))
    assert as_journal(due.entries)[:4] == journal("""
        xyz-bv group_sold_due
            debit  fx:markup_income             0.0042 EUR
            debit  revenue:charging             9.8258 EUR
            credit revenue:charging:invoiced    9.8300 EUR
    """)


def test_a_book_of_another_currency_moves_what_it_booked_and_converts_what_rounding_changed():
    rates = (Decimal(1), Decimal("1.0500"))
    books = Books("CHF", "EUR")
    due = books.due(accrued(group("0", currency="CHF"), [Sold(Decimal("10.0080"), rates=rates)]))
    assert as_journal(due.entries)[-7:] == journal("""
        emp-gmbh group_bought_due
            credit cost:charging               10.0080 CHF = 10.5084 EUR
            debit  cost:charging:invoiced      10.0100 CHF = 10.5105 EUR
            credit rounding:accrual             0.0020 CHF =  0.0021 EUR
        emp-gmbh group_bought_rounded
            credit payable:NL*XYZ               0.0020 CHF =  0.0021 EUR
            debit  rounding:accrual             0.0020 CHF =  0.0021 EUR
    """)


def test_the_tax_a_buyer_accounts_for_is_its_rate_on_the_amount_in_its_book():
    # The month's end, at which a franc is worth 1.0638 euros, would make another tax: 1.2130.
    rates = (Decimal(1), Decimal("1.0500"))
    of = group("0", currency="CHF", category="AE", buyer_percent=Decimal(19))
    due = Books("CHF", "EUR").due(accrued(of, [Sold(Decimal("6.0000"), rates=rates)]))
    assert as_journal(due.entries)[-3:] == journal("""
        emp-gmbh group_self_assessed
            debit  vat:DE:input:due             1.1400 CHF =  1.1970 EUR
            credit vat:DE:self_assessed:due     1.1400 CHF =  1.1970 EUR
    """)


def test_a_buyer_whose_lines_were_cut_otherwise_gets_the_same_invoice():
    """Parts given back are cut per book: 0.0001 of the net may be tax there, at the very edge."""
    found = accrued(group("19"), [Sold(Decimal("10.0049"))])
    cut = {"cost:charging": Decimal("0.0001"), "vat:DE:input:accrued": Decimal("-0.0001")}
    lines = tuple(
        replace(
            line,
            amount=line.amount + cut.get(line.account, 0),
            book_amount=line.book_amount + cut.get(line.account, 0),
        )
        for line in found.lines
    )
    due = Books().due(replace(found, lines=lines))
    invoiced = {
        (entry.book, row.account): row.amount
        for entry in due.entries
        for row in entry.postings
        if row.account.endswith((":invoiced", ":due"))
    }
    assert invoiced == {
        ("xyz-bv", "revenue:charging:invoiced"): Decimal("10.0000"),
        ("xyz-bv", "vat:DE:output:due"): Decimal("1.9000"),
        ("emp-gmbh", "cost:charging:invoiced"): Decimal("10.0000"),
        ("emp-gmbh", "vat:DE:input:due"): Decimal("1.9000"),
    }
    owed = [row for entry in due.entries for row in entry.postings if "NL*XYZ" in row.account]
    ours = [row for entry in due.entries for row in entry.postings if "DE*EMP" in row.account]
    assert [row.amount for row in owed] == [row.amount for row in ours]


def test_a_sale_that_two_books_tell_differently_is_a_defect_of_ours():
    found = accrued(group("19"), [Sold(Decimal("10.0030"))])
    wrong = tuple(
        replace(line, amount=line.amount + 1) if line.account == "cost:charging" else line
        for line in found.lines
    )
    with pytest.raises(InvariantBroken, match="is not mirrored"):
        Books().due(replace(found, lines=wrong))
