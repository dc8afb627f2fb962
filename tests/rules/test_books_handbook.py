"""The handbook of the books says what the ledger does: its figures are typed here by hand."""

import re

import pytest

from console.handbook.books import FILE, books_document
from console.handbook.examples import examples
from console.reports.posting_lines import COLUMNS
from ledger.books.accounts import CHART
from ledger.books.conformity import problems_of
from ledger.books.posting_rules import RULES
from projections.queries.journal import EntryRow

BY_TITLE = {example.title: example for example in examples()}


def test_the_handbook_is_current():
    assert FILE.read_text(encoding="utf-8") == books_document(), "run: python -m console.reference"


def test_the_handbook_names_every_account_and_every_rule():
    text = books_document()
    assert [row.name for row in CHART if f"| `{row.name}` |" not in text] == []
    assert [rule.id for rule in RULES if f"### `{rule.id}`" not in text] == []


def test_the_handbook_says_what_every_entry_names():
    text = books_document()
    for rule in RULES:
        told = text.partition(f"### `{rule.id}`")[2].partition("### ")[0].splitlines()
        assert f"- **Agreement version** {rule.names.agreement.meaning}" in told
        assert f"- **Periods** {rule.names.period.meaning}" in told
    table = text.partition("every entry names, in")[2].partition("An entry has")[0]
    named = re.findall(r"`(\w+)`", table)
    assert named == [
        *("position", "number", "rule", "agreement_version", "service_period", "posted_period"),
        *("accounting_month", "service_on", "posted_on"),
    ]
    assert set(named) <= set(EntryRow._fields)
    assert set(named) <= {column.key for column in COLUMNS}


@pytest.mark.parametrize("title", BY_TITLE)
def test_every_worked_example_follows_the_rules_and_balances(title):
    entries = BY_TITLE[title].entries
    assert entries
    assert [problem for entry in entries for problem in problems_of(entry)] == []


@pytest.mark.parametrize(
    ("title", "rule", "category", "percent", "buyer_percent"),
    [
        ("A sale at home", "seller_in_place", "S", "19", None),
        ("Reverse charge: a reseller in another member state", "reverse_charge", "AE", "0", "21"),
        ("Import into Switzerland", "outside_scope", "O", "0", "8.1"),
        ("A driver who pays for herself", "seller_registered", "S", "19", None),
        ("An agent collects", "seller_in_place", "S", "19", None),
        ("A sale in another currency than the book's", "seller_in_place", "S", "8.1", None),
    ],
)
def test_a_worked_example_is_taxed_by_the_rule_it_explains(
    title, rule, category, percent, buyer_percent
):
    found = BY_TITLE[title].decision
    assert (found.rule, found.category, str(found.percent)) == (rule, category, percent)
    assert (found.buyer_percent and str(found.buyer_percent)) == buyer_percent


BOOKED = {
    "A sale at home": """
        de-lade charging_sold
            debit  receivable:DE*FLT             11.9000
            credit revenue:charging              10.0000
            credit vat:DE:output:accrued          1.9000
        de-flotte charging_bought
            debit  cost:charging                 10.0000
            debit  vat:DE:input:accrued           1.9000
            credit payable:DE*LAD                11.9000
    """,
    "Reverse charge: a reseller in another member state": """
        de-lade charging_sold
            debit  receivable:NL*RYD             10.0000
            credit revenue:charging              10.0000
        nl-rijd charging_bought
            debit  cost:charging                 10.0000
            credit payable:DE*LAD                10.0000
    """,
    "Import into Switzerland": """
        de-lade charging_sold
            debit  receivable:CH*FHR             10.0000
            credit revenue:charging              10.0000
        ch-fahr charging_bought
            debit  cost:charging                 10.0000  9.4340
            credit payable:DE*LAD                10.0000  9.4340
    """,
    "A driver who pays for herself": """
        nl-rijd retail_sold
            debit  receivable:driver             15.0000
            credit revenue:retail                12.6050
            credit vat:DE:output:accrued          2.3950
    """,
    "An agent collects": """
        de-lade charging_sold
            debit  receivable:NL*RYD             11.9000
            credit revenue:charging              10.0000
            credit vat:DE:output:accrued          1.9000
        nl-rijd charging_collected
            debit  receivable:driver             11.9000
            credit payable:DE*LAD                11.9000
    """,
    "A sale in another currency than the book's": """
        ch-fahr charging_sold
            debit  receivable:NL*RYD             21.6200
            credit revenue:charging              20.0000
            credit vat:CH:output:accrued          1.6200
        nl-rijd charging_bought
            debit  cost:charging                 20.0000  21.2000
            debit  vat:CH:input:accrued           1.6200   1.7172
            credit payable:CH*FHR                21.6200  22.9172
    """,
    "The month falls due": """
        de-lade group_sold_due
            debit  revenue:charging              10.0125
            credit revenue:charging:invoiced     10.0100
            credit rounding:accrual               0.0025
            debit  vat:DE:output:accrued          1.9023
            credit vat:DE:output:due              1.9000
            credit rounding:vat                   0.0023
        de-lade group_sold_rounded
            credit receivable:DE*FLT              0.0048
            debit  rounding:accrual               0.0025
            debit  rounding:vat                   0.0023
        de-flotte group_bought_due
            credit cost:charging                 10.0125
            debit  cost:charging:invoiced        10.0100
            debit  rounding:accrual               0.0025
            credit vat:DE:input:accrued           1.9023
            debit  vat:DE:input:due               1.9000
            debit  rounding:vat                   0.0023
        de-flotte group_bought_rounded
            debit  payable:DE*LAD                 0.0048
            credit rounding:accrual               0.0025
            credit rounding:vat                   0.0023
    """,
    "The month falls due under reverse charge": """
        de-lade group_sold_due
            debit  revenue:charging             100.0000
            credit revenue:charging:invoiced    100.0000
        nl-rijd group_bought_due
            credit cost:charging                100.0000
            debit  cost:charging:invoiced       100.0000
        nl-rijd group_self_assessed
            debit  vat:NL:input:due              21.0000
            credit vat:NL:self_assessed:due      21.0000
    """,
    "The month's end, and the day after": """
        nl-rijd fx_revalued
            debit  fx:unrealised                  0.0000  0.3243
            credit payable:CH*FHR                 0.0000  0.3243
        nl-rijd fx_revalued reversed
            credit fx:unrealised                  0.0000  0.3243
            debit  payable:CH*FHR                 0.0000  0.3243
    """,
}


@pytest.mark.parametrize("title", BOOKED)
def test_a_worked_example_books_what_a_person_would(title):
    written = []
    for entry in BY_TITLE[title].entries:
        written.append(f"{entry.book} {entry.rule}{' reversed' if entry.reverses else ''}")
        for row in entry.postings:
            in_book = f" {row.book_amount}" if entry.currency != entry.book_currency else ""
            written.append(f"{row.side} {row.account} {row.amount}{in_book}")
    assert written == [" ".join(line.split()) for line in BOOKED[title].strip().splitlines()]
