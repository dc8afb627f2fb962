"""One month's facts and messages, in any order, batching and repetition, decide the same.

The month has two CPOs (one in francs), two eMSPs, a site host, tariffs that change twice, terms
that change once, sessions with updates, and CDRs of which some can never become money.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.books.accounts import account_of
from ledger.books.conformity import problems_of
from ledger.roaming.terms import Terms
from ledger.values.reasons import Refused
from tests.ledger_cast import (
    AGREEMENTS,
    CPO,
    EMSP,
    ENTITIES,
    FRENCH_EMSP,
    HOST,
    OCTOBER_RATES,
    PARTIES,
    SWISS_CPO,
    agreement,
    entity,
    party,
    rates,
    shared_with_host,
    swiss_rates,
)
from tests.ledger_statements import cdr, location, october, session, tariff
from tests.ledger_world import World

NO_FEE = Terms()
FACTS = (
    *(entity(key) for key in ENTITIES if key != "emp-gmbh"),
    *(party(key) for key in PARTIES),
    *AGREEMENTS,
    agreement(CPO, FRENCH_EMSP, NO_FEE, valid_from=october(15), correction="agreed late"),
    agreement(HOST, CPO, shared_with_host("15/100", "LOC1", "LOC2")),
    agreement(
        HOST, CPO, shared_with_host("1/3", "LOC1"), valid_from=october(20), correction="agreed late"
    ),
)
FOLLOWING = (
    # What is said again about the same thing is said later: the last word stands.
    (rates(swiss_rates(date(2026, 10, 14), (date(2026, 10, 12), "0.9375"))), rates(OCTOBER_RATES)),
    (
        entity("emp-gmbh", replace(ENTITIES["emp-gmbh"], dealer_since=date(2026, 10, 16))),
        entity("emp-gmbh"),
    ),
)
DUTCH = [
    tariff(("ENERGY", "0.50", 1), updated=october(1)),
    tariff(("ENERGY", "0.40", 1), updated=october(14), start_date_time=october(12)),
    tariff(("ENERGY", "0.40", 1), ("FLAT", "0.10", 1), updated=october(22)),
]
SWISS = [
    tariff(("ENERGY", "0.60", 1), of=SWISS_CPO, currency="CHF", updated=october(1)),
    tariff(("ENERGY", "0.45", 1000), of=SWISS_CPO, currency="CHF", updated=october(18)),
]


def dutch_total(day: int, kwh: str) -> Decimal:
    """Return what the Dutch tariff in force on a day of October gives."""
    per_kwh = Decimal("0.50") if day < 12 else Decimal("0.40")
    return Decimal(kwh) * per_kwh + (Decimal("0.10") if day > 22 else 0)


def dutch_cdr(number: int, day: int, kwh: str, **more):
    total = more.pop("total", None) or dutch_total(day, kwh)
    buyer = (EMSP, FRENCH_EMSP)[number % 2]
    return cdr(f"N{number}", str(total), by=buyer, at=october(day), kwh=kwh, **more)


CDRS = [
    dutch_cdr(1, 3, "10.5"),
    dutch_cdr(2, 11, "7.25", location="LOC2"),
    dutch_cdr(3, 13, "20"),
    dutch_cdr(4, 16, "13.3", location="LOC9"),
    dutch_cdr(5, 21, "8", location="LOC2"),
    dutch_cdr(6, 25, "31.4159"),
    dutch_cdr(7, 31, "5", time_zone=None),
    dutch_cdr(8, 17, "10", total=Decimal("9.99")),
    dutch_cdr(9, 18, "10", session_id="never-sent"),
    dutch_cdr(10, 18, "10", tariff_id="never-published"),
    cdr("S1", "6.00", of=SWISS_CPO, currency="CHF", at=october(10)),
    cdr("S2", "4.50", of=SWISS_CPO, by=FRENCH_EMSP, currency="CHF", at=october(19), kwh="9.1"),
    cdr("S3", "1.00", of=SWISS_CPO, currency="CHF", at=october(30)),
]
SESSIONS = [
    session(
        command.statement.id,
        of=f"{command.statement.country_code}*{command.statement.party_id}",
        at=command.statement.start_date_time,
        by=f"{command.statement.cdr_token.country_code}*{command.statement.cdr_token.party_id}",
        kwh=str(command.statement.total_energy),
        location=command.statement.cdr_location.id,
        status=status,
        updated=command.statement.last_updated.replace(minute=minute),
    )
    for command in CDRS
    for minute, status in ((0, "ACTIVE"), (30, "COMPLETED"))
    if command.statement.session_id != "never-sent"
]
MESSAGES = [*DUTCH, *SWISS, location("LOC1", "Europe/Amsterdam"), *SESSIONS, *CDRS]


@pytest.fixture(scope="module")
def in_order(fresh_world) -> dict:
    """What is decided when every fact is known before the first message."""
    world = fresh_world(*(fact for chain in FOLLOWING for fact in chain), *FACTS)
    for message in MESSAGES:
        world.send(message)
    return world.decided_state()


def test_the_month_has_in_it_what_can_go_wrong(in_order):
    told = {key: row.get("reasons") or row["state"] for key, row in in_order["cdrs"].items()}
    accepted = {"n1", "n2", "n3", "n4", "n5", "n6", "n7", "s1", "s2"}
    assert {key for key, said in told.items() if said == "accepted"} == {
        f"{CPO if id[0] == 'n' else SWISS_CPO}/{id}" for id in accepted
    }
    assert [told[f"{CPO}/n{number}"] for number in (8, 9, 10)] == [
        ["CDR_TOTAL_COST_DIFFERS"],
        ["SESSION_MISSING"],
        ["TARIFF_MISSING"],
    ]
    shares = [leg for row in in_order["cdrs"].values() for leg in row.get("legs", ())]
    assert {leg[0] for leg in shares} == {"wholesale", "fee", "share"}
    assert {leg[6] for leg in shares} >= {"reverse_charge", "seller_in_place"}
    assert {book for book, *_ in in_order["balances"]} == set(ENTITIES)


@st.composite
def histories(draw):
    """Draw an order of facts and messages, repetitions, batch sizes, and when to release.

    The order comes from a drawn seed: permutations drawn one by one are too alike. People are
    on average earlier or later than messages by a drawn factor, so that each comes last at times.
    """
    chance = Random(draw(st.integers(0, 2**32)))
    people_by = draw(st.sampled_from([0.1, 0.7, 1.0, 1.5]))
    messages = [("message", number) for number in range(len(MESSAGES))]
    messages += chance.choices(messages, k=chance.randrange(12))
    people = [("fact", number) for number in range(len(FACTS))]
    people += [("chain", which) for which, chain in enumerate(FOLLOWING) for _ in chain]
    placed = [(chance.random(), step) for step in messages]
    placed += [(chance.random() * people_by, step) for step in people]
    size, release_every = draw(st.integers(1, 20)), draw(st.integers(1, 6))
    return [step for _, step in sorted(placed)], size, release_every


@settings(max_examples=40, phases=[Phase.generate])  # a seed has none simpler than itself
@given(history=histories())
def test_any_order_batching_and_repetition_decides_the_same(history, fresh_world, in_order):
    order, size, release_every = history
    world = fresh_world()
    waiting: list[Callable] = []
    chains = [list(chain) for chain in FOLLOWING]
    batch: list = []
    for number, (kind, which) in enumerate(order):
        if kind == "message":
            batch.append(MESSAGES[which])
        else:
            waiting.append(FACTS[which] if kind == "fact" else chains[which].pop(0))
            waiting = [fact for fact in waiting if not is_learnt(world, fact)]
        if len(batch) >= size:
            world.consumer.send(*batch)
            batch = []
        if number % release_every == 0:
            world.ledger.release(recorded_at=october(31), limit=3)
    if batch:
        world.consumer.send(*batch)
    waiting = [fact for fact in waiting if not is_learnt(world, fact)]
    assert [fact for fact in waiting if not is_learnt(world, fact)] == []
    world.settle()
    assert world.decided_state() == in_order
    assert_the_books_balance(world)
    assert world.ledger.store.broken_leaves() == []


def assert_the_books_balance(world: World) -> None:
    """Every entry follows its rule and balances; over all books, clearing sums to zero."""
    clearing: dict[str, Decimal] = {}
    entries = list(world.entries())
    for entry in entries:
        assert problems_of(entry) == ()
        for posting in entry.postings:
            sign = 1 if posting.side == "debit" else -1
            if account_of(posting.account).is_clearing:
                so_far = clearing.get(entry.currency, Decimal(0))
                clearing[entry.currency] = so_far + sign * posting.amount
    assert len(entries) > 20
    assert clearing == {"EUR": 0, "CHF": 0}


def is_learnt(world: World, fact: Callable) -> bool:
    """Try a person's command; where what it needs is not registered yet, it is tried later."""
    try:
        fact(world.ledger)
    except Refused as refused:
        assert refused.reason.value in ("ENTITY_UNKNOWN", "PARTY_UNKNOWN", "PAYEE_UNKNOWN")
        return False
    return True
