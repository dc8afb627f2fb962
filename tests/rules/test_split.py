"""The split of a sale, step by step: basis, rate, amount, bounds, tiers, and who takes the rest."""

from decimal import Decimal
from fractions import Fraction

import pytest

from ledger.books.split import Portion, waterfall
from ledger.roaming.clauses import Step, Tier, Tiers
from ledger.values.reasons import InvariantBroken, Refused

SELLER, HOST, CLEARING, PLATFORM, CARD = "NL*XYZ", "NL*HST", "NL*CLR", "NL*PLT", "NL*PSP"
PER_EUR = {None: Fraction(1), "EUR": Fraction(1), "CHF": Fraction(11, 10)}
REST = Step(SELLER, remaining=True)


def split(*steps, net="10.0000", gross="12.1000", kwh="20", seller=SELLER):
    return waterfall(
        gross=Decimal(gross),
        net=Decimal(net),
        energy_kwh=Decimal(kwh),
        steps=[
            Portion(step, f"split.steps[{place}] {step.name}".strip(), "NL*XYZ>DE*EMP#2")
            for place, step in enumerate(steps)
        ],
        seller=seller,
        in_sale_currency=lambda amount, currency: Fraction(amount) * PER_EUR[currency],
    )


def amounts(*steps, **sale):
    return [str(row.amount) for row in split(*steps, **sale)]


def decimal(text):
    return Decimal(text) if text else None


def test_a_contract_of_all_kinds_of_steps_reads_from_gross_to_what_the_seller_keeps():
    rows = split(
        Step(CARD, name="card", rate="7/500", basis="gross", amount=Decimal("0.25")),
        Step(CLEARING, name="clearing", rate="1/100", minimum=Decimal("0.15")),
        Step(PLATFORM, name="platform", rate="1/10", basis="left"),
        Step(HOST, name="site", amount=Decimal("0.03"), per="kwh", maximum=Decimal("0.50")),
        REST,
    )
    assert [
        (row.name, row.basis_kind, str(row.basis), row.rate, row.fixed, row.exact, str(row.amount))
        for row in rows
    ] == [
        ("card", "gross", "12.1000", "7/500", "1/4", "2097/5000", "0.4194"),
        ("clearing", "net", "10.0000", "1/100", None, "3/20", "0.1500"),
        ("platform", "left", "9.4306", "1/10", None, "47153/50000", "0.9431"),
        ("site", "net", "10.0000", "0", "3/5", "1/2", "0.5000"),
        ("", "net", "10.0000", "399377/500000", None, "399377/50000", "7.9875"),
    ]
    assert [row.bound for row in rows] == [None, "minimum", None, "maximum", None]
    assert [row.clause for row in rows][:2] == ["split.steps[0] card", "split.steps[1] clearing"]
    assert {row.agreement_version for row in rows} == {"NL*XYZ>DE*EMP#2"}
    assert [row.remaining for row in rows] == [False] * 4 + [True]


@pytest.mark.parametrize(
    ("net", "minimum", "maximum", "taken", "bound"),
    [
        ("4.9900", "0.05", None, "0.0500", "minimum"),
        ("5.0000", "0.05", None, "0.0500", None),  # just enough: no bound is hit
        ("5.0100", "0.05", None, "0.0501", None),
        ("0.0000", "0.05", None, "0.0500", "minimum"),  # owed in full, of nothing
        ("199.9900", None, "2.00", "1.9999", None),
        ("200.0000", None, "2.00", "2.0000", None),
        ("200.0100", None, "2.00", "2.0000", "maximum"),
        ("100.0000", "1.00", "1.00", "1.0000", None),
        ("50.0000", "1.00", "1.00", "1.0000", "minimum"),
        ("150.0000", "1.00", "1.00", "1.0000", "maximum"),
    ],
)
def test_a_minimum_and_a_maximum_bound_what_a_step_takes(net, minimum, maximum, taken, bound):
    """One percent, between bounds."""
    fee = Step(CLEARING, rate="1/100", minimum=decimal(minimum), maximum=decimal(maximum))
    first, rest = split(fee, REST, net=net, gross=net)
    assert (str(first.amount), first.bound) == (taken, bound)
    assert first.amount + rest.amount == Decimal(net)


@pytest.mark.parametrize(
    ("kind", "by"), [(kind, by) for kind in ("marginal", "whole_volume") for by in ("cdrs", "net")]
)
@pytest.mark.parametrize(
    ("step", "rows", "booked"),
    [
        ({}, [("0", "1/50", None), ("1000", "1/100", None)], "0.2000"),
        ({}, [("0", None, "0.35"), ("1000", None, "0.25")], "0.3500"),
        ({"per": "kwh"}, [("0", None, "0.01"), ("1000", None, "0.005")], "0.2000"),
        ({"minimum": Decimal("0.30")}, [("0", "1/50", None), ("9", "1/25", None)], "0.3000"),
    ],
)
def test_a_cdr_books_the_first_tier_whatever_the_volume(kind, by, step, rows, booked):
    tiers = tuple(Tier(Decimal(above), rate, decimal(amount)) for above, rate, amount in rows)
    assert amounts(Step(CLEARING, tiers=Tiers(kind, by, tiers), **step), REST)[0] == booked


@pytest.mark.parametrize(
    ("fee", "net", "gross", "kwh", "booked"),
    [
        ({"amount": "0.10"}, "10.0000", "12.1000", "20", "0.1000"),  # per CDR
        ({"rate": "1/100"}, "10.0000", "12.1000", "20", "0.1000"),
        ({"rate": "1/100", "basis": "gross"}, "10.0000", "12.1000", "20", "0.1210"),
        ({"rate": "1/100", "amount": "0.10"}, "10.0000", "12.1000", "20", "0.2000"),
        ({"amount": "0.01", "per": "kwh"}, "10.0000", "12.1000", "20.125", "0.2013"),
        ({"rate": "1/100", "minimum": "0.15"}, "10.0000", "12.1000", "20", "0.1500"),
        ({"rate": "1/100", "minimum": "0.15"}, "20.0000", "24.2000", "40", "0.2000"),
        ({"rate": "1/100", "maximum": "1"}, "500.0000", "605.0000", "900", "1.0000"),
        ({"amount": "0.10", "currency": "CHF"}, "10.0000", "12.1000", "20", "0.1100"),
        (
            {"rate": "1/100", "minimum": "0.15", "currency": "CHF"},
            *("10.0000", "12.1000", "20", "0.1650"),
        ),
    ],
)
def test_the_transactional_fee_of_the_clearing_house_is_one_step(fee, net, gross, kwh, booked):
    """Per CDR, per kWh, of the net or the gross, both at once, with a floor and a cap."""
    money = {
        name: Decimal(value) if name in ("amount", "minimum", "maximum") else value
        for name, value in fee.items()
    }
    assert amounts(Step(CLEARING, **money), REST, net=net, gross=gross, kwh=kwh)[0] == booked


def test_fixed_amounts_are_owed_in_full_and_the_loss_is_the_remaining_takers():
    fixed = Step(HOST, amount=Decimal("0.80")), Step(CLEARING, rate="0.01", minimum=Decimal("0.3"))
    assert amounts(*fixed, REST, net="0.5000", gross="0.6050") == ["0.8000", "0.3000", "-0.6000"]
    assert amounts(REST, *fixed, net="0.5000", gross="0.6050") == ["-0.6000", "0.8000", "0.3000"]


def test_a_rate_of_what_is_left_takes_nothing_where_nothing_is_left():
    rows = split(
        Step(HOST, amount=Decimal(12)),
        Step(PLATFORM, rate="1/10", basis="left"),
        Step(CLEARING, rate="1/10", basis="left", minimum=Decimal("0.05")),
        REST,
    )
    assert [str(row.amount) for row in rows] == ["12.0000", "0.0000", "0.0500", "-2.0500"]
    assert [str(row.basis) for row in rows] == ["10.0000", "0.0000", "0.0000", "10.0000"]


@pytest.mark.parametrize(
    ("rates", "kept"), [(("1/5", "3/10"), "5.0000"), (("9/10", "1/5"), "-1.0000"), (("1",), None)]
)
def test_the_seller_keeps_what_no_step_takes_and_bears_what_is_too_much(rates, kept):
    rows = split(*(Step(HOST, rate=rate) for rate in rates))
    assert sum(row.amount for row in rows) == 10
    assert [str(row.amount) for row in rows[len(rates) :]] == ([kept] if kept else [])
    for row in rows[len(rates) :]:
        assert (row.payee, row.remaining, row.clause) == (SELLER, True, "split")


def test_the_remaining_taker_need_not_be_the_seller():
    platform = Step(PLATFORM, rate="1/10"), Step("NL*CPO", remaining=True)
    rows = split(*platform, seller=PLATFORM)
    assert [(row.payee, str(row.amount)) for row in rows] == [
        (PLATFORM, "1.0000"),
        ("NL*CPO", "9.0000"),
    ]


def test_two_that_take_what_remains_are_refused():
    with pytest.raises(Refused, match="SPLIT_NOT_WHOLE"):
        split(REST, Step(HOST, remaining=True))


def test_without_steps_there_is_no_split():
    assert split() == ()


def test_an_amount_in_another_currency_is_the_sales_before_it_is_compared():
    step = Step(HOST, rate="1/10", minimum=Decimal("1.00"), currency="CHF")
    first = split(step, REST)[0]
    assert (first.exact, str(first.amount), first.bound) == ("11/10", "1.1000", "minimum")


def test_a_sale_of_more_than_four_decimals_stops_the_ledger():
    with pytest.raises(InvariantBroken, match="more than 4 decimals"):
        split(Step(HOST, rate="1/3"), REST, net="10.00001")
