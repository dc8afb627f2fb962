"""Payments as the read models show them: matched with charges, booked, counted, in the queue."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.application.control import adjust_cdr, credit_cdr
from ledger.roaming.clauses import SplitTerms, Step
from ledger.roaming.terms import Terms, VatTerms
from projections.database import reading
from projections.queries.balance import balances, balances_beside_postings, books_out_of_balance
from projections.queries.equation import equation
from projections.queries.exception import Filter, exceptions
from projections.queries.journal import journal
from projections.queries.payment import DIFFERING, UNMATCHED, payment_steps, payments
from projections.queries.vat import vat_decisions
from projections.rebuild import verify
from projections.runner import Projector
from projections.schema import migrate
from tests.ledger_cast import CAST, CLEARING, CPO, EMSP, ENTITIES, agreement, entity, registered
from tests.ledger_people import FINN, PER_KWH
from tests.ledger_statements import cdr, october, session
from tests.ledger_world import World
from tests.paying import KEY, PROVIDER, PSP, told

ON_THE_SPOT = Terms(
    flow="ad_hoc",
    split=SplitTerms(steps=(Step(CLEARING, rate="1/50"), Step(CPO, remaining=True))),
)
TWO_COUNTRIES = replace(
    ENTITIES["emp-gmbh"], vat_registrations=(registered("DE"), registered("NL"))
)
LATER = october(20)


@pytest.fixture
def world(database_url):
    facts = (*CAST, entity("emp-gmbh", TWO_COUNTRIES), agreement(CPO, EMSP, ON_THE_SPOT))
    world = World(database_url, *facts)
    migrate(database_url)
    world.send(PER_KWH)
    yield world
    world.close()


def charge(world: World, id: str = "C1", hour: int = 10, **more) -> None:
    """Settle a charge of 5.00 before and 6.05 after tax, paid on the spot."""
    at = october(10, hour)
    world.send(session(id, at=at, uid=id, **more), cdr(id, "5.00", at=at, uid=id, **more))
    assert world.cdr(id).state == "accepted", world.reasons(id)


def asked(world: World, question, *args, **filters):
    Projector(world.url, page_size=7).run(until_caught_up=True)
    with reading(world.url) as connection:
        return question(connection, *args, **filters)


def listed(world: World, **filters):
    return asked(world, payments, **({"due_since": LATER} | filters))


def test_what_is_captured_stands_beside_what_the_driver_owes(world):
    world.learn(PROVIDER)
    charge(world)
    world.send(told(1, "AUTHORISED", "50.00"), told(2, "CAPTURED", card_fee=Decimal("0.22")))
    (row,) = listed(world)
    assert (row.payment, row.status, row.cdr, row.by) == (KEY, "CAPTURED", f"{CPO}/c1", "cdr")
    assert (row.authorised, row.captured, row.gross) == (50, Decimal("6.05"), Decimal("6.05"))
    assert (row.difference, row.finding) == (0, None)
    driver = asked(world, balances, account="receivable:driver")
    assert [(found.book, found.balance) for found in driver] == [("emp-gmbh", 0)]


@pytest.mark.parametrize(
    ("events", "difference", "finding"),
    [
        ([(1, "CAPTURED", "6.05")], "0", None),
        ([(1, "CAPTURED", "6.00")], "-0.05", "PAYMENT_DIFFERS"),
        ([(1, "CAPTURED", "6.05"), (2, "REFUNDED", "1.05")], "-1.05", "PAYMENT_DIFFERS"),
        ([(1, "CAPTURED", "6.05"), (2, "CHARGED_BACK", "6.05")], "-6.05", "PAYMENT_DIFFERS"),
        ([(1, "CAPTURED", "4.05"), (2, "CAPTURED", "2.00")], "0", None),
    ],
)
def test_what_differs_is_found_and_not_guessed_away(world, events, difference, finding):
    world.learn(PROVIDER)
    charge(world)
    world.send(*(told(*event) for event in events))
    (row,) = listed(world)
    assert (row.difference, row.finding) == (Decimal(difference), finding)
    assert len(listed(world, findings=DIFFERING)) == (finding is not None)


def test_two_payments_pay_one_charge_and_a_credit_leaves_nothing_owed(world):
    world.learn(PROVIDER)
    charge(world)
    world.send(told(1, "CAPTURED", "4.05"), told(1, "CAPTURED", "2.00", id="PAY-2"))
    assert [(row.captured, row.difference) for row in listed(world)] == [
        (Decimal("4.05"), 0), (Decimal("2.00"), 0),
    ]  # fmt: skip
    credit_cdr(world.ledger, f"{CPO}/c1", reason="free of charge", by=FINN)
    assert [(row.gross, row.difference) for row in listed(world)] == [(0, Decimal("6.05"))] * 2
    world.send(told(2, "REFUNDED", "4.05"), told(2, "REFUNDED", "2.00", id="PAY-2"))
    assert [row.finding for row in listed(world)] == [None, None]


@pytest.mark.parametrize(
    ("named", "by"),
    [
        ({"cdr_id": "C1"}, "cdr"),
        ({"cdr_id": None, "session_id": "c1"}, "session"),
        ({"cdr_id": None, "authorization_reference": "REF-1"}, "reference"),
        ({"cdr_id": "C-unknown", "session_id": "C1"}, "session"),
        ({"cdr_id": "C-unknown"}, None),
        ({"cdr_id": None, "authorization_reference": "REF-2"}, None),
    ],
)
def test_a_payment_finds_its_charge_by_whatever_it_names(world, named, by):
    world.learn(PROVIDER)
    charge(world, authorization_reference="REF-1")
    world.send(told(1, "CAPTURED", **named))
    found = listed(world, findings=UNMATCHED)
    if by is not None:
        assert [row.by for row in listed(world)] == [by]
        assert found == []
    else:
        assert [(row.payment, row.finding) for row in found] == [
            (None, "PAYMENT_MISSING"), (KEY, "PAYMENT_WITHOUT_CDR"),
        ]  # fmt: skip


def test_a_charge_that_is_credited_and_billed_anew_is_paid_by_the_same_payment(world):
    world.learn(PROVIDER)
    charge(world)
    world.send(told(1, "CAPTURED", session_id="C1"))
    credit_cdr(world.ledger, f"{CPO}/c1", reason="sent again", by=FINN)
    world.send(cdr("C9", "5.00", uid="C1", evse="E-C1", session_id="C1"))
    assert world.cdr("C9").state == "accepted", world.reasons("C9")
    (row,) = listed(world)
    assert (row.cdr, row.by, row.difference) == (f"{CPO}/c9", "session", 0)


def test_what_an_agent_collects_is_owed_by_its_driver_too(database_url):
    as_agent = agreement(CPO, EMSP, Terms(vat=VatTerms(model="AGENT")))
    world = World(database_url, *CAST, as_agent, PROVIDER)
    migrate(database_url)
    world.send(PER_KWH)
    charge(world)
    assert listed(world) == [], "it is not paid on the spot"
    world.send(told(1, "CAPTURED", "6.00"))
    (row,) = listed(world)
    assert (row.gross, row.difference) == (Decimal("6.05"), Decimal("-0.05"))
    (driver,) = asked(world, balances, account="receivable:driver")
    assert (driver.book, driver.balance) == ("emp-gmbh", Decimal("0.05"))
    adjust_cdr(world.ledger, f"{CPO}/c1", amount=Decimal("1.21"), reason="slow", by=FINN)
    world.send(told(2, "REFUNDED", "1.16"))
    assert [(row.gross, row.finding) for row in listed(world)] == [(Decimal("4.84"), None)]
    world.close()


def test_what_is_given_back_of_a_charge_on_the_spot_counts_for_the_tax_of_every_leg(world):
    """A fifth of the sale, of the clearing house's share and of the CPO's supply."""
    charge(world)
    booked = [(row.leg, row.seller, row.net, row.vat) for row in asked(world, vat_decisions)]
    assert [leg for leg, *_ in booked] == [0, 1, 2]
    adjust_cdr(world.ledger, f"{CPO}/c1", amount=Decimal("1.21"), reason="slow", by=FINN)
    back = asked(world, vat_decisions)[len(booked) :]
    assert [(row.leg, row.seller, row.net, row.vat) for row in back] == [
        (leg, seller, -net / 5, -vat / 5) for leg, seller, net, vat in booked
    ]


def test_a_charge_on_the_spot_without_a_payment_is_listed_after_its_time(world):
    world.learn(PROVIDER)
    charge(world)
    ended_at = october(10, 11)
    assert listed(world, due_since=ended_at - timedelta(seconds=1)) == []
    (row,) = listed(world, due_since=ended_at)
    assert (row.payment, row.cdr, row.finding) == (None, f"{CPO}/c1", "PAYMENT_MISSING")
    assert (row.gross, row.difference) == (Decimal("6.05"), Decimal("-6.05"))
    world.send(told(1, "AUTHORISED"))
    assert [row.finding for row in listed(world)] == ["PAYMENT_MISSING", None]


def test_what_is_held_waits_in_the_queue_until_it_stands(world):
    world.send(told(2, "CAPTURED"), told(3, "REFUNDED", "1.05"))
    waiting = asked(world, exceptions, Filter(kind="payment"))
    assert [(row.record, row.reason) for row in waiting] == [(KEY, "PARTY_UNKNOWN")] * 2
    world.learn(PROVIDER)
    world.settle()
    assert asked(world, exceptions, Filter(kind="payment")) == []
    world.send(told(1, "AUTHORISED", "5.00"), told(3, "REFUNDED", "1.06"))
    reasons = [row.reason for row in asked(world, exceptions, Filter(kind="payment"))]
    assert sorted(reasons) == [
        "PAYMENT_CONFLICT", "PAYMENT_EXCEEDS_AUTHORISED", "PAYMENT_EXCEEDS_CAPTURED",
    ]  # fmt: skip
    (row,) = [row for row in asked(world, equation).senders if row.topic.endswith("payments.v1")]
    assert (row.received, row.accepted, row.held, row.adds_up) == (4, 1, 3, True)


def test_what_is_taken_back_reverses_the_entry_that_it_names(world):
    world.learn(PROVIDER)
    world.send(told(2, "CAPTURED"))
    world.send(told(1, "AUTHORISED", "5.00"))
    captured, back = asked(world, journal)
    assert (back.rule, back.reverses, back.cdr) == ("payment_captured", captured.id, None)
    assert captured.clause == f"payment {KEY} event 2"
    assert (captured.seller, captured.buyer) == (EMSP, "driver")
    assert asked(world, books_out_of_balance) == []
    assert asked(world, balances_beside_postings) == []
    steps = asked(world, payment_steps, KEY)
    assert [(row.sequence, row.state) for row in steps] == [
        (2, "accepted"), (1, "accepted"), (2, "held"),
    ]  # fmt: skip
    assert [row.reason.value for row in steps[2].refusals] == ["PAYMENT_EXCEEDS_AUTHORISED"]


def test_what_was_known_and_what_was_posted_can_be_asked(world):
    world.learn(PROVIDER)
    charge(world)
    before = world.rows("SELECT max(recorded_at) FROM log.stored_event")[0][0]
    world.send(told(1, "CAPTURED"), recorded_at=before + timedelta(hours=1))
    (known,) = listed(world, known_at=before)
    assert known.finding == "PAYMENT_MISSING"
    assert listed(world, as_of=october(9).date()) == []
    assert [row.finding for row in listed(world, party=PSP)] == [None]


def test_a_rebuild_leads_to_the_same_rows(world):
    world.send(told(2, "CAPTURED"), told(3, "REFUNDED", "1.05"))
    world.learn(PROVIDER)
    world.settle()
    charge(world)
    world.send(told(1, "AUTHORISED", "5.00"))
    Projector(world.url, page_size=3).run(until_caught_up=True)
    assert all(found.is_same for found in verify(world.url, ["payment", "journal", "equation"]))
