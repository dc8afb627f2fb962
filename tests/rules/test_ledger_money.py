"""Amounts are exact, rounded in one place, and shared out to the last unit."""

from decimal import Decimal, localcontext
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.values.money import (
    Money,
    minor_unit,
    money,
    round_to_minor_unit,
    round_to_scale_4,
    share_out,
    total_of,
)
from ledger.values.reasons import Refused


@pytest.mark.parametrize("amount", [0.35, 1.0, float("nan")])
def test_a_float_never_becomes_an_amount(amount):
    with pytest.raises(TypeError):
        money(amount, "EUR")
    with pytest.raises(TypeError):
        Money(amount, "EUR")
    with pytest.raises(TypeError):
        money("1", "EUR") * amount


@pytest.mark.parametrize("code", ["EURO", "eur", "XQX", ""])
def test_a_currency_that_does_not_exist_is_refused(code):
    with pytest.raises(Refused, match="UNKNOWN_CURRENCY"):
        money("1", code)


def test_amounts_of_two_currencies_do_not_mix():
    for combine in (Money.__add__, Money.__sub__, Money.__lt__):
        with pytest.raises(Refused, match="CURRENCY_DIFFERS"):
            combine(money("1", "EUR"), money("1", "CHF"))


def test_an_amount_is_exact_whatever_the_ambient_precision():
    long = "123456789012345678901234567890.123456789"
    with localcontext() as context:
        context.prec = 5
        assert money(long, "EUR") + money("0", "EUR") == money(long, "EUR")
        assert money(0, "EUR") - -money(long, "EUR") == money(long, "EUR")
        assert money(long, "EUR") * 2 - money(long, "EUR") == money(long, "EUR")
        assert total_of([money(long, "EUR")], "EUR") == money(long, "EUR")


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("2.345", "EUR", "2.35"),
        ("2.344999", "EUR", "2.34"),
        ("-2.345", "EUR", "-2.35"),  # half up on the amount, so a credit mirrors its debit
        ("0.025", "CHF", "0.03"),  # 0.05 is for cash alone
        ("99.5", "JPY", "100"),
        ("1.0005", "KWD", "1.001"),
    ],
)
def test_the_minor_unit_is_the_currencys_own(amount, currency, rounded):
    assert round_to_minor_unit(money(amount, currency)) == money(rounded, currency)
    assert minor_unit(currency) == Decimal(1).scaleb(Decimal(rounded).as_tuple().exponent)


@pytest.mark.parametrize(
    ("exact", "scale_4"),
    [("0.00005", "0.0001"), ("0.000049", "0.0000"), ("-0.00005", "-0.0001"), ("7", "7.0000")],
)
def test_events_record_four_decimals_rounded_half_up(exact, scale_4):
    assert str(round_to_scale_4(Decimal(exact))) == scale_4


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        ("0.05", "1 1 1", "0.02 0.02 0.01"),  # ties go to the earlier
        ("0.05", "1 1 2", "0.01 0.01 0.03"),  # the larger remainder first: 1.25 1.25 2.5
        ("0.01", "10 20 70", "0.00 0.00 0.01"),
        ("-0.05", "1 1 1", "-0.02 -0.02 -0.01"),  # the exact negation
        ("0.00", "1 2 3", "0.00 0.00 0.00"),
        ("1.00", "0 1 0", "0.00 1.00 0.00"),  # nothing for a weight of nothing
        ("0.00", "0 0", "0.00 0.00"),
        ("10.00", "1", "10.00"),
        ("7.00", "10 -3", "10.00 -3.00"),  # lines may give something back
    ],
)
def test_the_largest_remainder_takes_the_last_unit(total, weights, parts):
    exact = [Decimal(weight) for weight in weights.split()]
    shared = share_out(Decimal(total), exact, Decimal("0.01"))
    assert [str(part) for part in shared] == parts.split()


@given(
    total=st.decimals("-1000000", "1000000", places=4),
    weights=st.lists(st.decimals(0, 100000, places=9), min_size=1, max_size=30),
)
def test_parts_sum_to_the_total_are_a_unit_near_and_negate_exactly(total, weights):
    parts = share_out(total, weights)
    assert sum(parts) == total
    assert share_out(-total, weights) == [-part for part in parts]
    whole = sum(weights)
    if whole:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - total * weight / whole) < Decimal("0.0001") + Decimal("1e-15")


def in_turn(total: Decimal, rates: list[Decimal]) -> list[Decimal]:
    """Share out by the rule that is not ours: floor each, then a unit more from the first on."""
    cent = Decimal("0.01")
    parts = [(total * rate).quantize(cent, "ROUND_DOWN") for rate in rates]
    for index in range(int((total - sum(parts)) / cent)):
        parts[index] += cent
    return parts


def test_twenty_thousand_splits_are_whole_and_favour_nobody_much():
    """10/20/70 in cents: a unit in turn gives the first what the last loses; ours does not."""
    chance = Random(20_000)
    rates = [Decimal("0.1"), Decimal("0.2"), Decimal("0.7")]
    drift = {"ours": [Decimal(0)] * 3, "in turn": [Decimal(0)] * 3}
    for _ in range(20_000):
        total = Decimal(chance.randrange(1, 10_000)).scaleb(-2)
        for rule, parts in (
            ("ours", share_out(total, rates, Decimal("0.01"))),
            ("in turn", in_turn(total, rates)),
        ):
            assert sum(parts) == total
            drift[rule] = [
                gone + part - total * rate
                for gone, part, rate in zip(drift[rule], parts, rates, strict=True)
            ]
    in_euro = {rule: [round(amount) for amount in amounts] for rule, amounts in drift.items()}
    assert sum(drift["ours"]) == 0
    assert in_euro["in turn"][0] > 80 > -80 > in_euro["in turn"][2]
    assert in_euro["ours"] == pytest.approx([10, 20, -30], abs=5)
