"""A driver pays on the spot: what the collector tells of it, in order, late, twice and wrongly."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.application.closing import cut_off_period
from ledger.application.commands import By
from ledger.application.control import adjust_cdr
from ledger.application.control_commands import TellPayment
from ledger.application.registration import advance_time
from ledger.roaming.clauses import SplitTerms, Step
from ledger.roaming.terms import Terms
from ledger.values.reasons import Refused
from tests.ledger_cast import (
    CAST,
    CLEARING,
    CPO,
    EMSP,
    ENTITIES,
    agreement,
    entity,
    rates,
    registered,
)
from tests.ledger_people import C1, FINN, PER_KWH
from tests.ledger_statements import cdr, october, session
from tests.ledger_world import World, as_journal, journal
from tests.paying import (
    PROVIDER,
    PSP,
    paid_balances,
    paid_entries,
    payment,
    payment_topics,
    standing,
    told,
)

AUTHORISED = told(1, "AUTHORISED", "50.00")
CAPTURED = told(2, "CAPTURED", "6.05")
REFUNDED = told(3, "REFUNDED", "2.05")
ON_THE_SPOT = Terms(
    flow="ad_hoc",
    split=SplitTerms(steps=(Step(CLEARING, rate="1/50"), Step(CPO, remaining=True))),
)
DRIVER = ("emp-gmbh", "receivable:driver", "EUR")
PROVIDER_OWES = ("emp-gmbh", f"psp:{PSP}", "EUR")
TWO_COUNTRIES = replace(
    ENTITIES["emp-gmbh"], vat_registrations=(registered("DE"), registered("NL"))
)


@pytest.fixture
def world(database_url):
    world = World(database_url, *CAST, entity("emp-gmbh", TWO_COUNTRIES), PROVIDER)
    yield world
    world.close()


def test_authorised_captured_charged_and_partly_refunded(world):
    world.learn(agreement(CPO, EMSP, ON_THE_SPOT))
    for event in (AUTHORISED, CAPTURED):
        assert world.send(event) == {"accepted": 1}
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"))
    assert world.cdr("C1").decision.legs[0].gross == CAPTURED.statement.amount
    assert world.balances()[DRIVER] == -Decimal(paid_balances(world)[DRIVER])
    assert world.send(REFUNDED) == {"accepted": 1}
    assert as_journal(paid_entries(world)) == journal("""
        emp-gmbh payment_captured
            debit  psp:NL*PSP         6.0500 EUR
            credit receivable:driver  6.0500 EUR
        emp-gmbh payment_refunded
            debit  receivable:driver  2.0500 EUR
            credit psp:NL*PSP         2.0500 EUR
    """)
    assert payment_topics(world) == [
        "payment.authorised.v1", "payment.captured.v1", "payment.refunded.v1",
    ]  # fmt: skip


def test_the_same_told_again_is_a_duplicate_even_where_it_was_told_at_another_time(world):
    world.send(CAPTURED)
    again = replace(CAPTURED.statement, last_updated=october(11))
    assert world.send(CAPTURED, TellPayment(again)) == {"duplicate": 2}
    assert paid_balances(world)[PROVIDER_OWES] == "6.0500"


@pytest.mark.parametrize(
    "other",
    [
        told(2, "CAPTURED", "6.06"),
        told(2, "REFUNDED"),
        told(2, "CAPTURED", provider=CLEARING),
        told(3, "CAPTURED", "1.00", provider=CLEARING),
        told(3, "REFUNDED", "1.00", by=CLEARING),
    ],
)
def test_what_contradicts_the_first_recorded_is_held_and_moves_nothing(world, other):
    world.send(CAPTURED)
    assert world.send(other) == {"held": 1}
    assert world.send(other) == {"duplicate": 1}
    assert payment_topics(world) == ["payment.captured.v1", "payment.conflict_held.v1"]
    assert paid_balances(world)[PROVIDER_OWES] == "6.0500"


def test_a_refund_waits_for_its_capture(world):
    assert world.send(REFUNDED) == {"held": 1}
    assert standing(world) == {3: ["PAYMENT_EXCEEDS_CAPTURED"]}
    assert world.send(CAPTURED) == {"accepted": 1}
    assert standing(world) == {2: [], 3: []}
    assert payment(world).steps[3].decision.moved_from == "held"
    assert paid_balances(world) == {PROVIDER_OWES: "4.0000", DRIVER: "-4.0000"}


def test_a_late_authorisation_that_allows_less_takes_a_capture_back(world):
    world.send(CAPTURED, REFUNDED)
    world.send(told(1, "AUTHORISED", "6.00"))
    assert standing(world) == {
        1: [], 2: ["PAYMENT_EXCEEDS_AUTHORISED"], 3: ["PAYMENT_EXCEEDS_CAPTURED"],
    }  # fmt: skip
    assert paid_balances(world) == {}
    assert payment_topics(world)[-2:] == ["payment.taken_back.v1"] * 2


def test_a_payment_waits_for_its_provider_and_is_booked_once_it_is_registered(database_url):
    world = World(database_url, *CAST)
    assert world.send(AUTHORISED, CAPTURED, REFUNDED) == {"held": 3}
    assert standing(world) == {
        1: ["PARTY_UNKNOWN"],
        2: ["PARTY_UNKNOWN"],
        3: ["PARTY_UNKNOWN", "PAYMENT_EXCEEDS_CAPTURED"],
    }
    world.learn(PROVIDER)
    world.settle()
    assert standing(world) == {1: [], 2: [], 3: []}
    assert payment(world).steps[2].decision.because == f"party:{PSP}"
    assert world.rows("SELECT * FROM log.waiting_for") == []
    assert paid_balances(world)[PROVIDER_OWES] == "4.0000"


def test_a_collector_that_nobody_knows_is_held_and_not_unreadable(database_url):
    world = World(database_url, PROVIDER)
    assert world.send(told(1, "CAPTURED", by="DE*NEW")) == {"held": 1}
    assert [row.path for row in payment(world).steps[1].refusals] == ["DE*NEW"]


def test_only_who_may_speak_for_the_collector_tells_of_its_payments(world):
    assert world.send(CAPTURED, sender=CPO) == {"unreadable": 1}
    assert payment_topics(world) == []


def test_a_payment_in_another_currency_waits_for_the_rate(world):
    francs = told(1, "CAPTURED", "10.00", currency="CHF")
    assert world.send(francs) == {"held": 1}
    assert standing(world) == {1: ["FX_RATE_MISSING"]}
    world.learn(rates())
    world.settle()
    assert as_journal(paid_entries(world)) == journal("""
        emp-gmbh payment_captured
            debit  psp:NL*PSP         10.0000 CHF = 10.6383 EUR
            credit receivable:driver  10.0000 CHF = 10.6383 EUR
    """)


def test_it_is_booked_on_its_own_day_in_the_calendars_zone(world):
    after_midnight = told(1, "CAPTURED", occurred_at=october(31, 23, 30))
    world.send(after_midnight)
    booking = payment(world).steps[1].decision.booking
    assert (str(booking.posted_on), booking.posted_period) == ("2026-11-01", "ALL/2026-11")


def test_what_comes_after_its_period_was_cut_off_is_booked_into_the_next_one(world):
    closing = By("finn", "asserted", october(31) + timedelta(days=3))
    advance_time(world.ledger, october(10))
    advance_time(world.ledger, closing.at)
    world.send(CAPTURED)
    cut_off_period(world.ledger, "ALL/2026-10", by=closing)
    world.send(told(1, "AUTHORISED", "6.00"), REFUNDED)
    booked = [
        event.reversal_booking for event in world.events() if event.TOPIC == "payment.taken_back.v1"
    ]
    assert [(str(row.posted_on), row.late_of) for row in booked] == [("2026-11-01", "ALL/2026-10")]
    world.send(told(1, "CAPTURED", id="PAY-2"))
    late = payment(world, f"{CPO}/pay-2").steps[1].decision.booking
    assert (str(late.service_on), str(late.posted_on)) == ("2026-10-10", "2026-11-01")


def test_the_reference_that_names_a_driver_is_recorded_as_a_ref(world):
    named = told(1, "CAPTURED", cdr_id=None, authorization_reference="REF-4711")
    world.send(named, session("C1", authorization_reference="REF-4711"))
    (kept,) = world.rows("SELECT ref FROM log.subject WHERE kind = 'authorization_reference'")
    assert payment(world).steps[1].told.statement.authorization_reference == kept[0]
    assert not world.rows("SELECT FROM log.stored_event WHERE state LIKE '%%REF-4711%%'::bytea")
    assert world.send(named) == {"duplicate": 1}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (told(1, "CAPTURED", "6.051"), "AMOUNT_SCALE"),
        (told(1, "CAPTURED", currency="XQX"), "UNKNOWN_CURRENCY"),
    ],
)
def test_what_cannot_be_paid_is_unreadable(world, wrong, reason):
    assert world.send(wrong) == {"unreadable": 1}
    assert world.rows("SELECT reason FROM log.unreadable") == [(reason,)]


def test_every_payment_is_its_cpos_own(world):
    world.send(told(1, "CAPTURED"), told(1, "CAPTURED", of="CH*ALP"))
    assert [len(payment(world, key).steps) for key in (f"{CPO}/pay-1", "CH*ALP/pay-1")] == [1, 1]


# --- a part of it is given back ---------------------------------------------------------------


def test_a_refund_to_the_driver_is_borne_by_all_who_were_paid_from_the_charge(world):
    """A fifth of 6.05 goes back: the CPO and the clearing house give back a fifth of theirs."""
    world.learn(agreement(CPO, EMSP, ON_THE_SPOT))
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"), AUTHORISED, CAPTURED)
    booked = world.balances()
    effect = adjust_cdr(world.ledger, C1, amount=Decimal("1.21"), reason="half power", by=FINN)
    assert world.balances() == {key: total * 4 / 5 for key, total in booked.items()}
    assert [leg.buyer for leg in world.cdr("C1").decision.legs] == ["driver", EMSP, EMSP]
    assert as_journal(effect.entries[:1]) == journal("""
        emp-gmbh retail_sold reversed
            debit  revenue:retail           1.0000 EUR
            debit  vat:NL:output:accrued    0.2100 EUR
            credit receivable:driver        1.2100 EUR
    """)
    world.send(replace(REFUNDED, statement=replace(REFUNDED.statement, amount=Decimal("1.21"))))
    owed, paid = world.balances()[DRIVER], Decimal(paid_balances(world)[DRIVER])
    assert owed + paid == 0


def test_what_is_refunded_in_uneven_parts_leaves_nothing_in_the_books(world):
    world.learn(agreement(CPO, EMSP, ON_THE_SPOT))
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"))
    for amount in ("1.0001", "0.3333", "4.7166"):
        adjust_cdr(world.ledger, C1, amount=Decimal(amount), reason="refund", by=FINN)
    assert (world.cdr("C1").standing, world.balances()) == ("adjusted", {})
    with pytest.raises(Refused, match="AMOUNT_TOO_LARGE"):
        adjust_cdr(world.ledger, C1, amount=Decimal("0.01"), reason="more", by=FINN)
