"""A split is whole to the last unit, in any currency and with either sign."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from ledger.books.split import Portion, waterfall
from ledger.roaming.clauses import Step
from ledger.roaming.terms import Terms
from ledger.settlement.true_up import Clause, ClauseFigures, ClauseUse, owed_by_clauses
from ledger.values.money import SCALE_4, Money, minor_unit, round_to_minor_unit

SELLER = "NL*XYZ"
UNIT = Fraction(SCALE_4)
rates = st.builds(Fraction, st.integers(0, 300), st.integers(300, 999)).map(str)
small = st.decimals(0, 3, places=4)
nets = st.decimals("-10000", "10000", places=4)


def a_step(number: int) -> st.SearchStrategy[Step]:
    return st.builds(
        Step,
        payee=st.just(f"NL*P{number:02}"),
        rate=st.none() | rates,
        basis=st.sampled_from(["gross", "net", "left"]),
        amount=st.none() | small,
        per=st.sampled_from(["cdr", "kwh"]),
        minimum=st.none() | small,
        maximum=st.none() | st.decimals(3, 9, places=4),
    )


@st.composite
def steps_of_a_contract(draw: st.DrawFn) -> tuple[Step, ...]:
    steps = [draw(a_step(number)) for number in range(draw(st.integers(1, 6)))]
    if draw(st.booleans()):
        steps.insert(draw(st.integers(0, len(steps))), Step("NL*REST", remaining=True))
    return tuple(steps)


def split(steps, net, gross=None, kwh=Decimal("17.25")):
    return waterfall(
        gross=net if gross is None else gross,
        net=net,
        energy_kwh=kwh,
        steps=[Portion(step, f"split.steps[{n}]", "A>B#1") for n, step in enumerate(steps)],
        seller=SELLER,
        in_sale_currency=lambda amount, _: Fraction(amount),
    )


@given(steps=steps_of_a_contract(), net=nets, currency=st.sampled_from(["EUR", "JPY", "BHD"]))
def test_the_parts_sum_to_the_net_and_none_is_a_unit_off(steps, net, currency):
    net = round_to_minor_unit(Money(net, currency)).amount.quantize(SCALE_4)
    rows = split(steps, net)
    assert sum(row.amount for row in rows) == net
    assert sum(row.amount for row in rows) % minor_unit(currency) == 0
    assert sum(Fraction(row.exact) for row in rows) == Fraction(net)
    for row in rows:
        assert row.amount == row.amount.quantize(SCALE_4)
        assert abs(Fraction(row.amount) - Fraction(row.exact)) < UNIT
    assert sum(row.remaining for row in rows) <= 1


@given(steps=steps_of_a_contract(), net=nets.filter(bool), percent=st.integers(0, 27))
def test_a_sale_given_back_is_the_exact_negation(steps, net, percent):
    gross = net + (net * percent / 100).quantize(SCALE_4)
    given, back = split(steps, net, gross), split(steps, -net, -gross)
    for one, other in zip(given, back, strict=True):
        assert other.amount == -one.amount
        assert other.basis == -one.basis
        assert Fraction(other.exact) == -Fraction(one.exact)
        assert Fraction(other.fixed or 0) == -Fraction(one.fixed or 0)
        assert (other.rate, other.bound) == (one.rate, one.bound)


@given(net=nets, steps=st.tuples(a_step(0), a_step(1), a_step(2)))
def test_what_a_payee_is_owed_does_not_depend_on_who_stands_before(net, steps):
    """Of gross and net alone: what is left depends on the order, and is meant to."""
    steps = tuple(step for step in steps if step.basis != "left")
    exact = {
        tuple(sorted((row.payee, row.exact) for row in split(order, net)))
        for order in permutations(steps)
    }
    assert len(exact) == 1


@given(net=nets, cuts=st.lists(st.integers(1, 100), min_size=1, max_size=6), place=st.integers(0))
def test_where_the_remaining_taker_stands_makes_no_difference(net, cuts, place):
    whole = sum(cuts) + 7
    steps = [Step(f"NL*P{n:02}", rate=f"{cut}/{whole}") for n, cut in enumerate(cuts)]
    rest = Step("NL*REST", remaining=True)
    place %= len(steps) + 1
    first, last = split([rest, *steps], net), split([*steps, rest], net)
    between = split([*steps[:place], rest, *steps[place:]], net)
    assert {row.payee: row.exact for row in first} == {row.payee: row.exact for row in last}
    assert {row.payee: row.exact for row in first} == {row.payee: row.exact for row in between}


@given(
    nets=st.lists(nets, min_size=1, max_size=30),
    steps=steps_of_a_contract(),
    again=st.integers(0, 29),
)
def test_a_trued_up_period_owes_the_exact_share_and_then_nothing(nets, steps, again):
    """However the charges were cut, and whichever of them are known to the first true-up."""
    before: dict[Clause, Decimal] = {}
    for known in (nets[:again], nets, nets):
        missing = []
        exact: defaultdict[Clause, Fraction] = defaultdict(Fraction)
        booked: defaultdict[Clause, Decimal] = defaultdict(Decimal)
        for net in known:
            for row in split(steps, net):
                named = Clause("A>B#1", row.clause, "share", row.payee, SELLER, "EUR", "NLD")
                exact[named] += Fraction(row.exact)
                booked[named] += row.amount
        uses = tuple(ClauseUse(named, str(exact[named]), booked[named]) for named in exact)
        found = owed_by_clauses(
            ClauseFigures(uses),
            before=before,
            terms_of=lambda _: Terms(),
            convert=lambda amount, *_: Fraction(amount),
        )
        for row in found:
            total = row.booked + row.before + row.missing
            assert abs(Fraction(total) - exact[row.clause]) <= UNIT / 2
            missing.append(row.missing)
        before |= {row.clause: row.before + row.missing for row in found}
    assert not any(missing)
