"""What was billed is taken back: credit CDRs, in full; credits by a person; a part given back."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.application.commands import AcceptCdr
from ledger.application.control import (
    adjust_cdr,
    correct_cdrs,
    credit_cdr,
    exclude_cdrs,
    readmit_cdrs,
)
from ledger.application.registration import advance_time
from ledger.pricing.tariff import Price
from ledger.values.reasons import Refused
from tests.ledger_cast import (
    AGREEMENTS,
    CPO,
    EMSP,
    ENTITIES,
    HOST,
    ROAMING,
    SWISS_CPO,
    agreement,
    entity,
    rates,
    shared_with_host,
)
from tests.ledger_people import ADA, C1, FINN, FIONA, OLGA, staffed_world
from tests.ledger_statements import cdr, credit_of, october, session, tariff
from tests.ledger_world import World, as_journal, journal
from tests.stories.test_closing import cut_off, hard_close, soft_close

K1 = "NL*XYZ/k1"
BILLED = cdr("C1", "5.00")
SALE = ("xyz-bv", "receivable:DE*EMP", "EUR")
WHY = "the driver never charged"


@pytest.fixture
def world(database_url):
    """A world whose sales have a host's share, a fee, and tax in place."""
    taxed = entity("emp-gmbh", replace(ENTITIES["emp-gmbh"], dealer_since=None))
    shares = agreement(HOST, CPO, shared_with_host("15/100", "LOC1"))
    world = staffed_world(database_url, *AGREEMENTS, shares, taxed, rates())
    world.send(session("C1"), BILLED)
    return world


def event_of(world: World, topic: str):
    (event,) = (event for event in world.events() if topic == event.TOPIC)
    return event


# --- credit CDRs --------------------------------------------------------------------------------


def test_a_credit_cdr_reverses_every_recorded_line_of_its_original(world):
    booked = world.cdr("C1").decision.entries
    assert {entry.rule for entry in booked} == {
        *("charging_sold", "charging_bought", "fee_sold", "fee_bought"),
        *("share_sold", "share_bought"),
    }
    assert world.send(credit_of(BILLED, "K1")) == {"accepted": 1}
    assert world.balances() == {}
    credited = event_of(world, "cdr.credited.v1")
    assert (credited.cdr, credited.credit, credited.reverses_version) == (C1, K1, 1)
    assert as_journal(credited.reversal[:1]) == journal("""
        xyz-bv charging_sold reversed
            credit receivable:DE*EMP       6.0500 EUR
            debit  revenue:charging        5.0000 EUR
            debit  vat:NL:output:accrued   1.0500 EUR
    """)
    assert (world.cdr("C1").state, world.cdr("C1").standing) == ("credited", "credited")
    assert world.cdr("C1").credited_by == K1
    assert (world.cdr("K1").state, world.topics_of(K1)) == ("accepted", ["cdr.credit_accepted.v1"])


def test_a_credit_in_francs_takes_back_what_was_converted_then(world):
    sent = cdr("S1", "6.00", of=SWISS_CPO, currency="CHF")
    priced = tariff(("ENERGY", "0.60", 1), of=SWISS_CPO, currency="CHF")
    before = world.balances()
    world.send(priced, session("S1", of=SWISS_CPO), sent)
    assert world.cdr("S1", SWISS_CPO).decision.legs[0].fx
    world.send(credit_of(sent, "K1"))
    assert world.balances() == before


def test_the_corrected_cdr_follows_the_credit(world):
    world.send(credit_of(BILLED, "K1"))
    assert world.send(cdr("C1-2", "4.00", kwh="8", session_id="C1", evse="E-C1")) == {"accepted": 1}
    assert world.cdr("C1-2").standing == "valid"
    assert world.cdr("C1-2").decision.legs[0].net == 4


def test_a_corrected_cdr_that_comes_before_the_credit_waits_for_it(world):
    world.send(cdr("C1-2", "4.00", kwh="8", session_id="C1", evse="E-C1"))
    assert world.reasons("C1-2") == ["CDR_FOR_SAME_SESSION", "CONNECTOR_OVERLAP"]
    world.send(credit_of(BILLED, "K1"))
    assert world.cdr("C1-2").state == "accepted"


def test_a_credit_before_its_original_waits_for_it(world):
    late = cdr("C2", "5.00")
    before = world.balances()
    assert world.send(credit_of(late, "K2")) == {"held": 1}
    assert world.reasons("K2") == ["CREDIT_ORIGINAL_MISSING"]
    # an original that is held is none that could be cancelled
    world.send(late)
    assert world.cdr("C2").state == "held"
    assert world.reasons("K2") == ["CREDIT_ORIGINAL_MISSING"]
    world.send(session("C2"))
    assert (world.cdr("C2").state, world.cdr("K2").state) == ("credited", "accepted")
    assert world.balances() == before
    assert world.rows("SELECT * FROM log.waiting_for") == []


def test_a_credit_in_one_batch_with_its_original_takes_it_back(world):
    sent = cdr("C2", "5.00")
    before = world.balances()
    world.send(credit_of(sent, "K2"), sent, session("C2"))
    assert (world.cdr("C2").state, world.cdr("K2").state) == ("credited", "accepted")
    assert world.balances() == before


def with_total(amount: str, **more) -> AcceptCdr:
    return credit_of(BILLED, "K1", total_cost=Price(Decimal(amount)), **more)


@pytest.mark.parametrize(
    ("credit", "reasons"),
    [
        (with_total("-5.00"), []),
        (with_total("-5.01"), []),  # rounding of a total explains a cent
        (with_total("-4.99"), []),
        (with_total("-5.0101"), ["CREDIT_NOT_IN_FULL"]),
        (with_total("-4.9899"), ["CREDIT_NOT_IN_FULL"]),
        (with_total("-3.00"), ["CREDIT_NOT_IN_FULL"]),
        (with_total("5.00"), ["CREDIT_NOT_IN_FULL"]),  # it takes nothing back
        (with_total("-5.00", currency="CHF"), ["CREDIT_NOT_IN_FULL"]),
        (with_total("-5.00", credit_reference_id="C9"), ["CREDIT_ORIGINAL_MISSING"]),
        (with_total("-5.00", credit_reference_id=None), ["CREDIT_ORIGINAL_MISSING"]),
    ],
)
def test_ocpi_credits_in_full_or_not_at_all(world, credit, reasons):
    before = world.balances()
    world.send(credit)
    assert world.reasons("K1") == reasons
    assert world.balances() == (before if reasons else {})
    assert world.cdr("C1").state == ("accepted" if reasons else "credited")


def test_a_second_credit_is_held_and_the_same_one_again_is_a_duplicate(world):
    assert world.send(credit_of(BILLED, "K1")) == {"accepted": 1}
    assert world.send(credit_of(BILLED, "K1")) == {"duplicate": 1}
    assert world.send(credit_of(BILLED, "K2")) == {"held": 1}
    assert world.reasons("K2") == ["CREDIT_SECOND"]
    assert world.balances() == {}


def test_two_credits_in_one_batch_are_the_first_and_a_second(world):
    assert world.send(credit_of(BILLED, "K1"), credit_of(BILLED, "K2")) == {
        "accepted": 1,
        "held": 1,
    }
    assert world.balances() == {}


def test_a_credit_of_what_was_excluded_waits_until_it_is_readmitted(world):
    exclude_cdrs(world.ledger, [C1], reason="a test charge", by=OLGA)
    world.send(credit_of(BILLED, "K1"))
    assert world.reasons("K1") == ["CREDIT_ORIGINAL_MISSING"]
    assert world.balances() == {}
    readmit_cdrs(world.ledger, [C1], reason="it was none", by=OLGA)
    world.settle()
    assert (world.cdr("C1").state, world.cdr("K1").state) == ("credited", "accepted")
    assert world.balances() == {}


def test_what_is_credited_is_closed_to_everything_else(world):
    world.send(credit_of(BILLED, "K1"))
    refusals = [
        row.reason
        for effects in (
            exclude_cdrs(world.ledger, [C1], reason=WHY, by=OLGA),
            correct_cdrs(world.ledger, [C1], after={"remark": "x"}, reason=WHY, by=OLGA),
        )
        for effect in effects
        for row in effect.refusals
    ]
    assert refusals == ["CDR_NOT_OPEN", "CDR_NOT_OPEN"]
    for again in (credit_cdr, lambda *a, **k: adjust_cdr(*a, amount=Decimal(1), **k)):
        with pytest.raises(Refused, match="CDR_NOT_OPEN"):
            again(world.ledger, C1, reason=WHY, by=FINN)
    # a tariff that would have given another price has nothing to change any more
    world.send(tariff(("ENERGY", "0.501", 1), updated=october(9)))
    assert world.topics_of(C1)[-1] == "cdr.credited.v1"


def test_the_credit_of_a_closed_period_is_booked_in_the_open_one(database_url):
    world = staffed_world(database_url)
    advance_time(world.ledger, october(1))
    world.send(session("C1"), BILLED)
    cut_off(world)
    soft_close(world, C1)
    hard_close(world, "5.00", "5.00")
    world.send(credit_of(BILLED, "K1"))
    assert world.cdr("C1").state == "credited"
    booking = event_of(world, "cdr.credited.v1").reversal_booking
    assert (booking.service_period, booking.posted_period, booking.late_of) == (
        "ALL/2026-10",
        "ALL/2026-11",
        "ALL/2026-10",
    )
    assert str(booking.posted_on) == "2026-11-01"
    assert world.balances() == {}


# --- by a person --------------------------------------------------------------------------------


def test_finance_credits_without_a_credit_cdr_and_operations_may_not(world):
    for by in (OLGA, ADA):
        with pytest.raises(Refused, match="ROLE_MISSING"):
            credit_cdr(world.ledger, C1, reason=WHY, by=by)
    effect = credit_cdr(world.ledger, C1, reason=WHY, by=FINN)
    assert (effect.state, effect.before, effect.after) == ("credited", Decimal(5), Decimal(0))
    assert world.balances() == {}
    # the partner's own credit CDR that follows is a second one
    world.send(credit_of(BILLED, "K1"))
    assert world.reasons("K1") == ["CREDIT_SECOND"]


def test_a_part_is_given_back_with_its_part_of_the_tax(world):
    """6.05 with tax were sold; 1.21 of them go back: 1.00 and 0.21 of tax."""
    effect = adjust_cdr(world.ledger, C1, amount=Decimal("1.21"), reason="goodwill", by=FINN)
    assert as_journal(effect.entries) == journal("""
        xyz-bv charging_sold reversed
            debit  revenue:charging        1.0000 EUR
            debit  vat:NL:output:accrued   0.2100 EUR
            credit receivable:DE*EMP       1.2100 EUR
        emp-gmbh charging_bought reversed
            debit  payable:NL*XYZ          1.2100 EUR
            credit cost:charging           1.0000 EUR
            credit vat:NL:input:accrued    0.2100 EUR
    """)
    assert (world.cdr("C1").state, world.cdr("C1").standing) == ("accepted", "adjusted")
    assert world.balances()[SALE] == Decimal("4.8400")


@pytest.mark.parametrize("amount", ["0", "-1.00", "6.0501"])
def test_no_more_is_given_back_than_there_is(world, amount):
    before = world.balances()
    with pytest.raises(Refused, match="AMOUNT_TOO_LARGE"):
        adjust_cdr(world.ledger, C1, amount=Decimal(amount), reason="goodwill", by=FINN)
    assert world.balances() == before


def test_what_was_given_back_counts_against_what_is_left(world):
    adjust_cdr(world.ledger, C1, amount=Decimal("6.00"), reason="goodwill", by=FINN)
    with pytest.raises(Refused, match=r"at most 0\.0500 EUR"):
        adjust_cdr(world.ledger, C1, amount=Decimal("0.06"), reason="more", by=FINN)
    adjust_cdr(world.ledger, C1, amount=Decimal("0.05"), reason="all of it", by=FINN)
    assert SALE not in world.balances()


def test_the_credit_of_an_adjusted_cdr_takes_back_what_is_left(world):
    adjust_cdr(world.ledger, C1, amount=Decimal("1.21"), reason="goodwill", by=FINN)
    world.send(credit_of(BILLED, "K1"))
    assert world.balances() == {}


def test_an_adjustment_stands_beside_a_decision_that_is_made_again(world):
    adjust_cdr(world.ledger, C1, amount=Decimal("1.21"), reason="goodwill", by=FINN)
    world.send(tariff(("ENERGY", "0.501", 1), updated=october(9)))
    assert world.cdr("C1").decision.legs[0].net == Decimal("5.0100")
    assert world.balances()[SALE] == Decimal("6.0621") - Decimal("1.21")
    exclude_cdrs(world.ledger, [C1], reason="a test charge", by=OLGA)
    assert world.balances() == {}
    readmit_cdrs(world.ledger, [C1], reason="it was none", by=OLGA)
    assert (world.cdr("C1").standing, world.balances()[SALE]) == ("valid", Decimal("6.0621"))


def test_above_the_amount_two_of_finance_credit(database_url):
    terms = replace(ROAMING, four_eyes_amount=Decimal("4.99"))
    world = staffed_world(database_url, agreement(CPO, EMSP, terms))
    world.send(session("C1"), BILLED)
    assert credit_cdr(world.ledger, C1, reason=WHY, by=FINN).outcome == "proposed"
    with pytest.raises(Refused, match="SECOND_PERSON_REQUIRED"):
        credit_cdr(world.ledger, C1, reason=WHY, by=FINN)
    assert credit_cdr(world.ledger, C1, reason=WHY, by=FIONA).outcome == "done"
    assert world.cdr("C1").state == "credited"
