"""How a leg is booked: both sides, in each book's currency, and the exact opposite of it."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.books.accounts import CHART, account_of, accrual_of
from ledger.books.entries import make_entry, reversal_of
from ledger.books.invoice_groups import AccruedLine
from ledger.books.rules import BookOf, entries_of
from ledger.fx.convert import FxDecision
from ledger.roaming.legs import DRIVER, Leg
from ledger.values.reasons import InvariantBroken
from ledger.vat.decide import VatDecision
from tests.ledger_world import as_journal, journal

DUTCH, GERMAN, SWISS = BookOf("xyz-bv", "EUR"), BookOf("emp-gmbh", "EUR"), BookOf("alp-ag", "CHF")
TO_EURO = FxDecision("CHF", "EUR", Decimal("1.0638"), date(2026, 10, 10), "ECB", "previous")


def leg(
    net: str,
    vat: str = "0.0000",
    *,
    kind="wholesale",
    currency="EUR",
    fx=(),
    buyer="DE*EMP",
    **more,
) -> Leg:
    decided = VatDecision(
        "seller_in_place", "NL", "S", Decimal(21), Decimal(vat), date(2026, 10, 10), "", "test"
    )
    return Leg(
        kind,
        "NL*XYZ",
        buyer,
        "tariffs",
        "NL*XYZ>DE*EMP#1",
        currency,
        net,
        Decimal(net),
        decided,
        Decimal(net) + Decimal(vat),
        fx=fx,
        **more,
    )


def test_a_sale_is_revenue_here_cost_there_and_tax_apart():
    assert as_journal(entries_of(leg("10.0000", "2.1000"), 0, seller=DUTCH, buyer=GERMAN)) == (
        journal("""
            xyz-bv charging_sold
                debit  receivable:DE*EMP       12.1000 EUR
                credit revenue:charging        10.0000 EUR
                credit vat:NL:output:accrued    2.1000 EUR
            emp-gmbh charging_bought
                debit  cost:charging           10.0000 EUR
                debit  vat:NL:input:accrued     2.1000 EUR
                credit payable:NL*XYZ          12.1000 EUR
        """)
    )


@pytest.mark.parametrize(
    ("kind", "account"), [("wholesale", "charging"), ("fee", "fee"), ("share", "share")]
)
def test_each_kind_of_leg_has_accounts_of_its_own(kind, account):
    sold, bought = entries_of(leg("1.0000", kind=kind), 2, seller=DUTCH, buyer=GERMAN)
    assert (sold.rule, bought.rule) == (f"{account}_sold", f"{account}_bought")
    assert sold.postings[1].account == f"revenue:{account}"
    assert bought.postings[0].account == f"cost:{account}"
    assert sold.leg == bought.leg == 2


def test_a_sale_to_a_driver_has_one_side():
    retail = leg("10.0000", "2.1000", kind="retail", buyer=DRIVER)
    assert as_journal(entries_of(retail, 0, seller=DUTCH, buyer=None)) == journal("""
        xyz-bv retail_sold
            debit  receivable:driver       12.1000 EUR
            credit revenue:retail          10.0000 EUR
            credit vat:NL:output:accrued    2.1000 EUR
    """)


def test_an_agent_owes_what_it_collects_and_has_no_cost():
    sale = leg("10.0000", "2.1000", for_driver=True)
    assert as_journal(entries_of(sale, 0, seller=DUTCH, buyer=GERMAN)[1:]) == journal("""
        emp-gmbh charging_collected
            debit  receivable:driver       12.1000 EUR
            credit payable:NL*XYZ          12.1000 EUR
    """)


def test_a_book_in_another_currency_converts_the_total_once_and_cuts_its_lines_from_it():
    francs = leg("10.0000", "0.8100", currency="CHF", fx=(TO_EURO,))
    sold, bought = entries_of(francs, 0, seller=SWISS, buyer=GERMAN)
    assert as_journal([sold, bought]) == journal("""
        alp-ag charging_sold
            debit  receivable:DE*EMP       10.8100 CHF
            credit revenue:charging        10.0000 CHF
            credit vat:NL:output:accrued    0.8100 CHF
        emp-gmbh charging_bought
            debit  cost:charging           10.0000 CHF = 10.6380 EUR
            debit  vat:NL:input:accrued     0.8100 CHF =  0.8617 EUR
            credit payable:NL*XYZ          10.8100 CHF = 11.4997 EUR
    """)


def test_a_leg_of_nothing_is_not_booked():
    assert entries_of(leg("0.0000"), 0, seller=DUTCH, buyer=GERMAN) == ()


def test_a_negative_net_swaps_the_sides_so_that_no_amount_is_negative():
    given_back = entries_of(leg("-1.0000", "-0.2100"), 0, seller=DUTCH, buyer=GERMAN)
    assert as_journal(given_back[:1]) == journal("""
        xyz-bv charging_sold reversed
            credit receivable:DE*EMP       1.2100 EUR
            debit  revenue:charging        1.0000 EUR
            debit  vat:NL:output:accrued   0.2100 EUR
    """)


def test_an_entry_whose_sides_differ_is_a_defect_of_ours():
    with pytest.raises(InvariantBroken, match="does not balance"):
        make_entry(
            book="b",
            book_currency="EUR",
            currency="EUR",
            rule="r",
            leg=0,
            debits=[("suspense", Decimal("1.0001"))],
            credits=[("suspense", Decimal("1.0000"))],
            fx=None,
        )


amounts = st.decimals("-5000", "5000", places=4)


@given(net=amounts, vat_percent=st.sampled_from([0, 8, 21]), rate=st.decimals("0.01", 90, places=9))
def test_every_entry_balances_in_both_currencies_and_reverses_exactly(net, vat_percent, rate):
    fx = FxDecision("CHF", "EUR", rate, date(2026, 10, 10), "ECB", "previous")
    vat = (net * vat_percent / 100).quantize(Decimal("0.0001"))
    converted = leg(str(net), str(vat), currency="CHF", fx=(fx,))
    for entry in entries_of(converted, 0, seller=SWISS, buyer=GERMAN):
        opposite = reversal_of(entry)
        for field in ("amount", "book_amount"):
            signed = [
                (posting.account, getattr(posting, field) * (1 if posting.side == "debit" else -1))
                for posting in entry.postings
            ]
            back = [
                (posting.account, getattr(posting, field) * (1 if posting.side == "debit" else -1))
                for posting in opposite.postings
            ]
            assert sum(amount for _, amount in signed) == 0
            assert [(account, -amount) for account, amount in signed] == back
        assert all(posting.amount > 0 for posting in entry.postings)
        assert all(posting.book_amount >= 0 for posting in entry.postings)
        assert opposite.reverses is not entry.reverses
        assert reversal_of(opposite) == entry


@pytest.mark.parametrize(
    ("name", "kind", "is_clearing"),
    [
        ("receivable:DE*EMP", "asset", True),
        ("payable:NL*XYZ", "liability", True),
        ("disputed:receivable:DE*EMP", "asset", True),
        ("disputed:payable:NL*XYZ", "liability", True),
        ("vat:NL:output:accrued", "liability", False),
        ("vat:DE:input:accrued", "asset", False),
        ("revenue:charging", "income", False),
        ("cost:share", "expense", False),
    ],
)
def test_every_account_has_its_place_in_the_chart(name, kind, is_clearing):
    account = account_of(name)
    assert (account.type, account.is_clearing) == (kind, is_clearing)


@pytest.mark.parametrize("name", ["revenue", "revenue:other", "vat:NL:output", "disputed:X", ""])
def test_a_name_outside_the_chart_is_no_account(name):
    with pytest.raises(KeyError):
        account_of(name)
    assert len({account.pattern for account in CHART}) == len(CHART)


@pytest.mark.parametrize(
    ("name", "is_net", "is_sellers", "tax_class"),
    [
        ("revenue:charging", True, True, ""),
        ("revenue:share", True, True, ""),
        ("revenue:parking", True, True, "parking"),
        ("fx:markup_income", True, True, ""),
        ("cost:fee", True, False, ""),
        ("cost:service", True, False, "service"),
        ("vat:NL:output:accrued", False, True, ""),
        ("vat:NL:output:parking:accrued", False, True, "parking"),
        ("vat:DE:input:accrued", False, False, ""),
        ("vat:DE:input:service:accrued", False, False, "service"),
    ],
)
def test_an_accrual_account_says_what_of_a_sale_it_holds(name, is_net, is_sellers, tax_class):
    assert accrual_of(name) == (is_net, is_sellers, tax_class)
    line = AccruedLine("xyz-bv", name, Decimal("1.0000"), Decimal("1.0000"))
    assert (line.is_net, line.is_sellers) == (is_net, is_sellers)


@pytest.mark.parametrize(
    "name",
    [
        "receivable:DE*EMP",
        "revenue:charging:invoiced",
        "cost:chargeback",
        "vat:NL:output:due",
        "rounding:vat",
        "revenue:other",
        "",
    ],
)
def test_what_is_due_or_owed_is_no_accrual(name):
    assert accrual_of(name) is None
    with pytest.raises(InvariantBroken):
        _ = AccruedLine("xyz-bv", name, Decimal("1.0000"), Decimal("1.0000")).is_net
