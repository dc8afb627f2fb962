"""Disputes move money and lose none: whatever is disputed, in whatever parts, decided as it is."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.books.adjustments import part_reversed
from ledger.books.disputes import Owed, disputed_entries, owed_of
from ledger.books.entries import reversal_of
from ledger.books.rules import BookOf, entries_of
from ledger.fx.convert import FxDecision
from ledger.roaming.legs import Converted, Leg, TaxedPart
from ledger.values.money import SCALE_4, round_to_scale_4
from ledger.vat.decide import VatDecision
from tests.disputing import balances, clearing, out_of_balance
from tests.ledger_cast import CPO, EMSP, RECORDED_AT

amounts = st.integers(1, 10**9).map(lambda units: Decimal(units) * SCALE_4)
rates = st.integers(1, 10**7).map(lambda units: Decimal(units) / Decimal(10**5))
portions = st.lists(st.fractions(Fraction(1, 1000), 1), min_size=1, max_size=5)
SELLER, BUYER = BookOf("alp-ag", "CHF"), BookOf("emp-gmbh", "EUR")


def sale_of(net: Decimal, vat: Decimal, rate: Decimal) -> Leg:
    """Return a sale in francs, booked in euro by its buyer."""
    day = RECORDED_AT.date()
    taxed = VatDecision("domestic", "CH", "S", Decimal("8.1"), vat, day, "why", "1")
    fx = FxDecision("CHF", "EUR", rate, day, "ECB", "previous_publication")
    return Leg(
        "wholesale", CPO, EMSP, "wholesale", "a#1", "CHF", "0", net, taxed, net + vat, fx=(fx,)
    )


def part_of(gross: Decimal, part: Fraction) -> Decimal:
    """Return about a part of an amount, rounded down to scale 4."""
    return int(Fraction(gross) * 10**4 * part) * SCALE_4


@given(net=amounts, vat=amounts, rate=rates, parts=portions)
def test_disputes_of_any_parts_come_back_to_the_last_digit(net, vat, rate, parts):
    sale = sale_of(net, vat, rate)
    entries = entries_of(sale, 0, seller=SELLER, buyer=BUYER)
    before = balances(entries)
    moved = list(entries)
    for part in parts:
        owed = owed_of(sale, moved)
        assert owed is not None
        gross = part_of(owed.gross, part)
        if gross:
            moved += disputed_entries(sale, owed, gross)
    assert clearing(moved) == 0
    assert out_of_balance(moved) == []
    assert all(row.amount > 0 and row.book_amount >= 0 for e in moved for row in e.postings)
    back = [reversal_of(entry) for entry in moved[len(entries) :]]
    assert balances([*moved, *back]) == before


@given(net=amounts, vat=amounts, rate=rates, first=st.fractions(0, 1))
def test_what_is_wholly_disputed_leaves_nothing_in_clearing(net, vat, rate, first):
    sale = sale_of(net, vat, rate)
    moved = list(entries_of(sale, 0, seller=SELLER, buyer=BUYER))
    gross = part_of(sale.gross, first)
    for part in (gross, sale.gross - gross):
        owed = owed_of(sale, moved)
        if part:
            moved += disputed_entries(sale, owed, part)
    left = owed_of(sale, moved)
    assert isinstance(left, Owed)
    assert (left.gross, left.sold_book, left.bought_book) == (0, 0, 0)
    held = balances(moved)
    assert held["alp-ag", f"disputed:receivable:{EMSP}", "CHF"][0] == sale.gross
    assert ("emp-gmbh", f"payable:{CPO}", "CHF") not in held


@given(
    nets=st.tuples(amounts, amounts),
    markup=st.fractions(0, 1),
    rate=rates,
    parts=portions,
)
def test_both_books_give_back_the_same_of_each_tax_class(nets, markup, rate, parts):
    """However a markup is shown apart in the seller's, and the buyer's converts."""
    energy, parking = nets
    taxes = [round_to_scale_4(net * Decimal("0.081")) for net in nets]
    sale = sale_of(energy, taxes[0], rate)
    fx = FxDecision("EUR", "CHF", Decimal(1), RECORDED_AT.date(), "ECB", "session_end")
    sale = replace(
        sale,
        net=energy + parking,
        gross=energy + parking + sum(taxes),
        converted=Converted(energy, fx, part_of(energy, markup)),
        parts=(TaxedPart(parking, replace(sale.vat, vat=taxes[1], tax_class="parking")),),
    )
    entries = entries_of(sale, 0, seller=SELLER, buyer=BUYER)
    for part in parts:
        back = part_reversed(entries, part)
        assert out_of_balance(back) == []
        assert clearing(back) == 0
        given = {(entry.book, row.account): row.amount for entry in back for row in entry.postings}
        sold, bought = (
            [sum(given.get((book, account), Decimal(0)) for account in row) for row in accounts]
            for book, accounts in (
                ("alp-ag", [["revenue:charging", "fx:markup_income"], ["vat:CH:output:accrued"],
                            ["revenue:parking"], ["vat:CH:output:parking:accrued"]]),
                ("emp-gmbh", [["cost:charging"], ["vat:CH:input:accrued"],
                              ["cost:parking"], ["vat:CH:input:parking:accrued"]]),
            )
        )  # fmt: skip
        assert sold == bought
    assert balances([*entries, *part_reversed(entries, Fraction(1))]) == {}
