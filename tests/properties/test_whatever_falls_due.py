"""Whatever was accrued of a group: it balances, leaves nothing behind, and every cent is told."""

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.books.accounts import MARKUP_INCOME
from ledger.books.conformity import problems_of
from ledger.books.due_groups import Fallen, GroupDue
from ledger.books.invoice_groups import in_minor_units, taxable
from ledger.roaming.legs import DRIVER
from ledger.values.money import minor_unit
from tests.falling_due import (
    BUYER,
    BUYER_BOOK,
    SELLER,
    SELLER_BOOK,
    Books,
    Sold,
    accrued,
    balances,
    gross_of,
    group,
    tax_of,
)

NOTHING = (Decimal(0), Decimal(0))
AMOUNTS = st.decimals("-60", "60", places=4)
RATES = st.decimals("0.9000", "1.1000", places=4)
SALES = st.builds(
    Sold,
    net=AMOUNTS,
    kind=st.sampled_from(("charging", "fee", "share")),
    markup=st.sampled_from(tuple(map(Decimal, ("0.0000", "0.0000", "0.0123", "-0.0077")))),
    rates=st.tuples(RATES, RATES),
)
CURRENCIES = st.sampled_from(("EUR", "CHF", "JPY"))
BUYERS = st.sampled_from(
    (
        {},
        {"buyer": DRIVER},
        {"for_driver": True},
        {"percent": "0", "category": "AE", "buyer_percent": Decimal(19)},
        {"percent": "0", "category": "O", "buyer_percent": Decimal("8.1")},
        {"percent": "0", "category": "O"},
        {"tax_class": "parking"},
    )
)


@st.composite
def groups(draw):
    """Return a group, what was sold of it, and the books of the two."""
    more = {"percent": draw(st.sampled_from(("7", "8.1", "19", "21", "25.5")))} | draw(BUYERS)
    of = group(currency=draw(CURRENCIES), **more)
    books = Books(draw(CURRENCIES), draw(CURRENCIES))
    sales = draw(st.lists(SALES, min_size=1, max_size=12))
    for_one_currency = [
        sale._replace(
            rates=tuple(
                Decimal(1) if books.currency_of(book) == of.currency else rate
                for book, rate in zip((SELLER_BOOK, BUYER_BOOK), sale.rates, strict=True)
            )
        )
        for sale in sales
    ]
    return of, for_one_currency, books


def is_in_minor_unit(amount: Decimal, currency: str) -> bool:
    return amount % minor_unit(currency) == 0


def sides(due: GroupDue):
    for entry in due.entries:
        for field in ("amount", "book_amount"):
            rows = [(row.side, getattr(row, field)) for row in entry.postings]
            yield (
                entry,
                [
                    sum((amount for side, amount in rows if side == which), Decimal(0))
                    for which in ("debit", "credit")
                ],
            )


@given(groups())
def test_entries_balance_in_both_currencies_and_follow_their_rules(made):
    of, sales, books = made
    due = books.due(accrued(of, sales))
    for entry, (debits, credits) in sides(due):
        assert debits == credits, entry
        assert len(entry.postings) > 1
        assert not problems_of(entry, seller=of.seller, buyer=of.buyer)
        for row in entry.postings:
            assert row.amount >= 0
            assert row.book_amount >= 0
            assert (row.amount.as_tuple().exponent, row.book_amount.as_tuple().exponent) == (-4, -4)


@given(groups())
def test_nothing_is_left_on_the_accrual_accounts_in_either_currency(made):
    of, sales, books = made
    found = accrued(of, sales)
    moved = balances([books.due(found)])
    for line in found.lines:
        if line.account == MARKUP_INCOME:
            continue
        amount, book_amount = moved[line.book, line.account]
        assert (line.amount + amount, line.book_amount + book_amount) == NOTHING, line


@given(groups())
def test_what_is_due_is_in_the_minor_unit_and_both_books_owe_the_same(made):
    of, sales, books = made
    found = accrued(of, sales)
    due = books.due(found)
    moved = balances([due])
    for (_, account), (amount, _) in moved.items():
        if account.endswith((":invoiced", ":due")):
            assert is_in_minor_unit(amount, of.currency), account
    assert due.tax == taxable(due.net * of.percent / 100, of.currency)
    if of.buyer == DRIVER:
        assert not [account for _, account in moved if account.startswith("receivable:")]
        return
    ours = moved.get((SELLER_BOOK, f"receivable:{BUYER}"), NOTHING)[0]
    theirs = moved.get((BUYER_BOOK, f"payable:{SELLER}"), NOTHING)[0]
    assert ours + theirs == 0
    assert gross_of(sales, of) + ours == due.net + due.tax
    assert is_in_minor_unit(gross_of(sales, of) + ours, of.currency)


@given(groups())
def test_every_digit_that_rounding_took_stands_on_a_rounding_account(made):
    of, sales, books = made
    due = books.due(accrued(of, sales))
    taken = {
        "rounding:accrual": due.accrued_net - due.net,
        "rounding:vat": due.accrued_tax - due.tax,
    }
    for account, rest in taken.items():
        told = sum(
            row.amount if row.side == "credit" else -row.amount
            for entry in due.entries
            if entry.rule == "group_sold_due"
            for row in entry.postings
            if row.account == account
        )
        assert told == rest, account
        left, left_in_book = balances([due]).get((SELLER_BOOK, account), NOTHING)
        # Between two parties what is owed follows the invoice; a driver paid what it paid.
        assert left == (-rest if of.buyer == DRIVER else 0)
        if of.buyer != DRIVER:
            assert left_in_book == 0
    if not of.for_driver and of.buyer != DRIVER:
        for account in taken:
            assert balances([due]).get((BUYER_BOOK, account), NOTHING) == NOTHING


@given(groups())
def test_the_buyer_accounts_for_the_tax_where_the_charge_is_reversed(made):
    of, sales, books = made
    due = books.due(accrued(of, sales))
    moved = balances([due])
    assessed = moved.get((BUYER_BOOK, "vat:DE:self_assessed:due"), NOTHING)[0]
    if of.buyer_percent is None:
        assert assessed == due.self_assessed == 0
        return
    assert due.tax == 0
    assert -assessed == due.self_assessed == taxable(due.net * of.buyer_percent / 100, of.currency)
    assert moved.get((BUYER_BOOK, "vat:DE:input:due"), NOTHING)[0] == -assessed


@given(groups())
def test_a_credit_is_the_exact_opposite(made):
    of, sales, books = made
    back = [sale._replace(net=-sale.net, markup=-sale.markup) for sale in sales]
    one, other = books.sums(accrued(of, sales)), books.sums(accrued(of, back))
    assert {place: -amounts for place, amounts in one.items()} == dict(other)


@given(groups(), st.integers(0, 12))
def test_falling_due_twice_comes_to_the_same_as_once(made, first):
    of, sales, books = made
    once = books.due(accrued(of, sales))
    early = books.due(accrued(of, sales[:first])) if first else None
    before = Fallen().and_then(early) if early else Fallen()
    late = books.due(accrued(of, sales), before)
    both = [early, late] if early else [late]
    whole = {place: sums for place, sums in balances(both).items() if sums != NOTHING}
    assert whole == {place: sums for place, sums in balances([once]).items() if sums != NOTHING}
    again = before.and_then(late)
    assert again.invoiced == Fallen().and_then(once).invoiced
    assert books.due(accrued(of, sales), again).entries == ()


@given(st.lists(AMOUNTS, max_size=8), CURRENCIES)
def test_parts_in_the_minor_unit_sum_to_the_rounded_sum(amounts, currency):
    total = taxable(sum(amounts, Decimal(0)), currency)
    parts = in_minor_units(amounts, total, currency)
    assert sum(parts) == total
    assert all(is_in_minor_unit(part, currency) for part in parts)
    assert all(
        abs(part - amount) < minor_unit(currency)
        for part, amount in zip(parts, amounts, strict=True)
    )
    back = in_minor_units([-amount for amount in amounts], -total, currency)
    assert back == [-part for part in parts]


@pytest.fixture(scope="module")
def five_thousand() -> list[Sold]:
    """Five thousand charges between 0.50 and 60 euro, priced to the last of four digits."""
    draws = Random(5_000)
    return [Sold(Decimal(draws.randint(5_000, 600_000)).scaleb(-4)) for _ in range(5_000)]


def posted(due: GroupDue, account: str, rule: str) -> Decimal:
    """Return what entries of a rule post to a seller's account, credits less debits."""
    return sum(
        row.amount if row.side == "credit" else -row.amount
        for entry in due.entries
        if (entry.book, entry.rule) == (SELLER_BOOK, rule)
        for row in entry.postings
        if row.account == account
    )


def test_five_thousand_charges_at_19_percent_leave_no_cent_unexplained(five_thousand):
    """The CDRs' taxes and the invoice's differ, and the rounding accounts say by how much."""
    of = group("19")
    due = Books().due(accrued(of, five_thousand))
    figures = due.accrued_net, due.accrued_tax, due.net, due.tax
    assert [str(amount) for amount in figures] == [
        *("150398.8152", "28575.7754"),
        *("150398.8200", "28575.7800"),
    ]
    assert due.accrued_net == sum(sale.net for sale in five_thousand)
    assert due.accrued_tax == sum(tax_of(sale, of) for sale in five_thousand)
    assert posted(due, "rounding:accrual", "group_sold_due") == Decimal("-0.0048")
    assert posted(due, "rounding:vat", "group_sold_due") == Decimal("-0.0046")
    # Both are what the buyer owes beyond what its CDRs said, and so the receivable took them over.
    assert gross_of(five_thousand, of) == Decimal("178974.5906")
    assert due.net + due.tax == Decimal("178974.6000")
    (owed,) = (sums for place, sums in balances([due]).items() if "receivable" in place[1])
    assert owed == (Decimal("0.0094"), Decimal("0.0094"))
    # Rounded per CDR, as receipts show it, the tax is off by far more: it is for information.
    shown = sum(taxable(tax_of(sale, of), "EUR") for sale in five_thousand)
    assert str(shown - due.tax) == "-0.2300"


def test_five_thousand_charges_of_fifty_pairs_are_explained_pair_by_pair(five_thousand):
    """Each pair rounds once; what their invoices differ from their CDRs sums to what is posted."""
    of = group("19")
    dues = [Books().due(accrued(of, five_thousand[first::50])) for first in range(50)]
    for what, account in (("net", "rounding:accrual"), ("tax", "rounding:vat")):
        rests = [getattr(due, f"accrued_{what}") - getattr(due, what) for due in dues]
        told = [posted(due, account, "group_sold_due") for due in dues]
        assert told == rests
        assert all(abs(rest) <= Decimal("0.02") for rest in rests)
        back = [posted(due, account, "group_sold_rounded") for due in dues]
        assert [-rest for rest in rests] == back
    owed = sum(due.net + due.tax for due in dues)
    rest = sum(due.accrued_net + due.accrued_tax for due in dues) - owed
    assert (str(owed), str(rest)) == ("178974.5200", "0.0706")
    assert gross_of(five_thousand, of) == owed + rest


def test_five_thousand_drivers_paid_what_they_paid_and_the_rest_stays_explained(five_thousand):
    of = group("19", buyer=DRIVER)
    due = Books().due(accrued(of, five_thousand[:4_999]))
    left = {account: str(amount) for (_, account), (amount, _) in balances([due]).items()}
    rounding = {account: left[account] for account in ("rounding:accrual", "rounding:vat")}
    assert rounding == {"rounding:accrual": "0.0002", "rounding:vat": "-0.0039"}
    assert not [account for account in left if account.startswith("receivable:")]
    accrued_gross = due.accrued_net + due.accrued_tax
    assert accrued_gross - due.net - due.tax == -sum(map(Decimal, rounding.values()))
