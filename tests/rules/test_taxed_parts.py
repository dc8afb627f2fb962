"""How an amount is cut by the tax classes of its lines: exactly, and never below nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.pricing.lines import TOTAL, PricedLine
from ledger.roaming.taxed_parts import shares_by_class

PARKING = {"PARKING_TIME": "parking", "FLAT": "service"}


def line(text: str) -> PricedLine:
    """Read «ENERGY 5.00»."""
    dimension, net = text.split()
    amount = Decimal(net).quantize(Decimal("0.0001"))
    return PricedLine(dimension, "consumption", Decimal(1), amount, amount, amount, 0, 0)


@pytest.mark.parametrize(
    ("amount", "lines", "shares"),
    [
        ("7", ["ENERGY 5", "PARKING_TIME 2"], {"": "5", "parking": "2"}),
        ("8", ["ENERGY 5", "PARKING_TIME 2", "FLAT 1"],
         {"": "5", "parking": "2", "service": "1"}),
        ("7", ["ENERGY 5", "TIME 2"], {"": "7"}),
        # a least price, or a discount on all of it, is spread by what each costs
        ("14", ["ENERGY 5", "PARKING_TIME 2", f"{TOTAL} 7"], {"": "10", "parking": "4"}),
        ("6.3", ["ENERGY 5", "PARKING_TIME 2", f"{TOTAL} -0.7"], {"": "4.5", "parking": "1.8"}),
        # a discount on a component is that component's
        ("6", ["ENERGY 5", "PARKING_TIME 2", "PARKING_TIME -1"], {"": "5", "parking": "1"}),
        ("5", ["ENERGY 5", "PARKING_TIME 2", "PARKING_TIME -2"], {"": "5"}),
        # what a component gives back beyond its price is taken from the others
        ("4", ["ENERGY 5", "PARKING_TIME 2", "PARKING_TIME -3"], {"": "4"}),
        ("1", ["ENERGY 5", "ENERGY -6", "PARKING_TIME 2"], {"": "0", "parking": "1"}),
        ("2", ["PARKING_TIME 2"], {"": "0", "parking": "2"}),
        # in another currency than the lines, and taken back
        ("14", ["ENERGY 5", "PARKING_TIME 2"], {"": "10", "parking": "4"}),
        ("-7", ["ENERGY -5", "PARKING_TIME -2"], {"": "-5", "parking": "-2"}),
        ("0", ["ENERGY 0", "PARKING_TIME 0"], {"": "0"}),
        ("3", [f"{TOTAL} 3"], {"": "3"}),
    ],
)  # fmt: skip
def test_an_amount_is_cut_by_the_classes_of_its_lines(amount, lines, shares):
    found = shares_by_class(Decimal(amount), [line(row) for row in lines], PARKING)
    assert dict(found) == {name: Decimal(share) for name, share in shares.items()}
    assert found[0][0] == ""


amounts = st.decimals("-100", "100", places=4)
dimensions = st.sampled_from(["ENERGY", "TIME", "PARKING_TIME", "FLAT", TOTAL])


@given(amounts, st.lists(st.tuples(dimensions, amounts), max_size=6))
def test_the_parts_are_the_amount_and_of_its_sign(amount, rows):
    lines = [line(f"{dimension} {net}") for dimension, net in rows]
    shares = shares_by_class(amount, lines, PARKING)
    assert sum((share for _, share in shares), Decimal(0)) == amount
    assert all(share * amount >= 0 for _, share in shares)
    opposite = shares_by_class(-amount, [line(f"{of} {-net}") for of, net in rows], PARKING)
    assert [(name, -share) for name, share in opposite] == list(shares)
