"""What arrives late is not lost: a CDR waits, is released, or is decided again."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.roaming.terms import Terms
from tests.ledger_cast import (
    AGREEMENTS,
    CAST,
    CPO,
    EMSP,
    ENTITIES,
    HOST,
    YEAR_BEGINS,
    agreement,
    entity,
    rates,
    registered,
    shared_with_host,
    swiss_rates,
)
from tests.ledger_statements import cdr, location, october, session, tariff
from tests.ledger_world import World, as_journal, journal

PER_KWH = tariff(("ENERGY", "0.50", 1))


@pytest.fixture
def world(database_url):
    return World(database_url, *CAST, *AGREEMENTS)


def test_a_cdr_before_its_session_and_tariff_is_accepted_once_both_are_there(world):
    # given a CDR that nothing explains yet
    assert world.send(cdr("C1", "5.00")) == {"held": 1}
    assert world.reasons("C1") == ["SESSION_MISSING", "TARIFF_MISSING"]
    # when its session begins, nothing can be compared yet, and when it ends, there is no price yet
    world.send(session("C1", status="ACTIVE", updated=october(10, 10, 5)))
    assert world.reasons("C1") == ["SESSION_NOT_COMPLETED", "TARIFF_MISSING"]
    world.send(session("C1"))
    assert world.reasons("C1") == ["TARIFF_MISSING"]
    # when its tariff arrives, then it is money
    world.send(PER_KWH)
    accepted = world.cdr("C1")
    assert accepted.state == "accepted"
    assert as_journal(accepted.decision.entries) == journal("""
        xyz-bv charging_sold
            debit  receivable:DE*EMP        5.0000 EUR
            credit revenue:charging         5.0000 EUR
        emp-gmbh charging_bought
            debit  cost:charging            5.0000 EUR
            credit payable:NL*XYZ           5.0000 EUR
        clr-bv fee_sold
            debit  receivable:NL*XYZ        0.0605 EUR
            credit revenue:fee              0.0500 EUR
            credit vat:NL:output:accrued    0.0105 EUR
        xyz-bv fee_bought
            debit  cost:fee                 0.0500 EUR
            debit  vat:NL:input:accrued     0.0105 EUR
            credit payable:NL*CLR           0.0605 EUR
    """)
    assert world.rows("SELECT * FROM log.waiting_for") == []
    assert world.rows("SELECT * FROM log.release_due") == []


def test_a_batch_is_decided_facts_first_whatever_the_order_of_its_topics(world):
    assert world.send(cdr("C1", "5.00"), session("C1"), PER_KWH) == {"accepted": 3}
    assert world.topics_of("NL*XYZ/c1") == ["cdr.accepted.v1"]


def test_a_late_tariff_version_within_the_tolerance_reverses_and_books_anew(world):
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"))
    before = world.cdr("C1").decision
    # when a version arrives that was valid already, and gives a total a cent away
    world.send(tariff(("ENERGY", "0.501", 1), updated=october(9)))
    # then what was booked is reversed to the unit, and the new price is booked
    assert world.topics_of("NL*XYZ/c1") == ["cdr.accepted.v1", "cdr.redecided.v1"]
    redecided = next(event for event in world.events() if event.TOPIC == "cdr.redecided.v1")
    assert as_journal(redecided.reversal[:1]) == journal("""
        xyz-bv charging_sold reversed
            credit receivable:DE*EMP  5.0000 EUR
            debit  revenue:charging   5.0000 EUR
    """)
    assert as_journal(redecided.decision.entries[:1]) == journal("""
        xyz-bv charging_sold
            debit  receivable:DE*EMP  5.0100 EUR
            credit revenue:charging   5.0100 EUR
    """)
    assert redecided.because == "tariff:NL*XYZ/t1"
    assert redecided.reversal_booking == before.booking


def test_a_late_tariff_version_that_makes_the_stated_total_wrong_holds_the_cdr_again(world):
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"))
    world.send(tariff(("ENERGY", "0.60", 1), updated=october(9)))
    assert world.cdr("C1").state == "held"
    assert world.reasons("C1") == ["CDR_TOTAL_COST_DIFFERS"]
    assert world.decided_state()["balances"] == {}
    # when a third version, later still, says the old price, then it is money again
    world.send(tariff(("ENERGY", "0.50", 2), updated=october(9, 12)))
    assert world.cdr("C1").state == "accepted"
    assert world.topics_of("NL*XYZ/c1") == [
        "cdr.accepted.v1",
        "cdr.redecided.v1",
        "cdr.accepted.v1",
    ]


@pytest.mark.parametrize(
    ("version", "why"),
    [
        (tariff(("ENERGY", "0.60", 1), updated=october(10, 10, 1)), "valid after the start"),
        (tariff(("ENERGY", "0.60", 1), updated=YEAR_BEGINS.replace(year=2025)), "older"),
        (tariff(("ENERGY", "0.60", 1), id="T2"), "another tariff"),
    ],
)
def test_a_late_tariff_version_that_prices_nothing_recorded_changes_nothing(world, version, why):
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"))
    world.send(version)
    assert world.topics_of("NL*XYZ/c1") == ["cdr.accepted.v1"], why


def test_a_late_agreement_releases_what_waited_for_it(database_url):
    world = World(database_url, *CAST)
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"))
    assert world.reasons("C1") == ["AGREEMENT_MISSING"]
    world.learn(agreement(CPO, EMSP))
    world.settle()
    assert world.cdr("C1").state == "accepted"


def test_parties_that_are_registered_late_release_step_by_step(database_url):
    world = World(database_url)
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"))
    assert world.reasons("C1") == ["PARTY_UNKNOWN"]
    world.learn(*CAST, agreement(CPO, EMSP))
    world.settle()
    assert world.cdr("C1").state == "accepted"


def test_a_late_agreement_version_decides_again_from_its_first_day(world):
    world.send(PER_KWH, session("C1", at=october(8)), session("C2", at=october(10)))
    world.send(cdr("C1", "5.00", at=october(8)), cdr("C2", "5.00", at=october(10)))
    free = Terms(fees=())
    world.learn(agreement(CPO, EMSP, free, valid_from=october(9), correction="agreed late"))
    world.settle()
    kinds = {id: [leg.kind for leg in world.cdr(id).decision.legs] for id in ("C1", "C2")}
    assert kinds == {"C1": ["wholesale", "fee"], "C2": ["wholesale"]}
    assert world.topics_of("NL*XYZ/c1") == ["cdr.accepted.v1"]


def test_a_late_share_agreement_gives_the_host_its_share_of_what_was_sold(world):
    world.send(PER_KWH, session("C1"), session("C2", location="LOC2"))
    world.send(cdr("C1", "5.00", location="LOC1"), cdr("C2", "5.00", location="LOC2"))
    world.learn(agreement(HOST, CPO, shared_with_host("15/100", "LOC1")))
    world.settle()
    assert as_journal(world.cdr("C1").decision.entries[4:]) == journal("""
        hst-bv share_sold
            debit  receivable:NL*XYZ        0.9075 EUR
            credit revenue:share            0.7500 EUR
            credit vat:NL:output:accrued    0.1575 EUR
        xyz-bv share_bought
            debit  cost:share               0.7500 EUR
            debit  vat:NL:input:accrued     0.1575 EUR
            credit payable:NL*HST           0.9075 EUR
    """)
    assert world.topics_of("NL*XYZ/c2") == ["cdr.accepted.v1"]


def test_a_location_that_leaves_a_share_agreement_is_decided_again_without_it(world):
    world.learn(agreement(HOST, CPO, shared_with_host("15/100", "LOC1", "LOC2")))
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00", location="LOC1"))
    assert [leg.kind for leg in world.cdr("C1").decision.legs] == ["wholesale", "fee", "share"]
    world.learn(
        agreement(
            HOST,
            CPO,
            shared_with_host("15/100", "LOC2"),
            valid_from=october(1),
            correction="LOC1 was never the host's",
        )
    )
    world.settle()
    assert [leg.kind for leg in world.cdr("C1").decision.legs] == ["wholesale", "fee"]


def test_a_late_location_gives_the_zone_that_a_cdr_did_not_name(world):
    world.send(PER_KWH, session("C1", at=october(31, 22, 30)))
    world.send(cdr("C1", "5.00", at=october(31, 22, 30), time_zone=None))
    assert world.reasons("C1") == ["TIME_ZONE_UNKNOWN"]
    world.send(location("LOC1", "Europe/Amsterdam"))
    booking = world.cdr("C1").decision.booking
    assert (str(booking.service_on), booking.service_period) == ("2026-11-01", "ALL/2026-11")


def test_late_exchange_rates_release_what_waited_for_them(world):
    swiss = tariff(("ENERGY", "0.60", 1), of="CH*ALP", currency="CHF")
    world.send(swiss, session("C1", of="CH*ALP"))
    world.send(cdr("C1", "6.00", of="CH*ALP", currency="CHF"))
    assert world.reasons("C1", "CH*ALP") == ["FX_RATE_MISSING"]
    # given rates that do not cover the day, it still waits
    world.learn(rates(swiss_rates(october(9).date())))
    world.settle()
    assert world.reasons("C1", "CH*ALP") == ["FX_RATE_MISSING"]
    # when the day is covered, the last publication before it converts
    world.learn(rates())
    world.settle()
    assert as_journal(world.cdr("C1", "CH*ALP").decision.entries[:2]) == journal("""
        alp-ag charging_sold
            debit  receivable:DE*EMP  6.0000 CHF
            credit revenue:charging   6.0000 CHF
        emp-gmbh charging_bought
            debit  cost:charging      6.0000 CHF = 6.3830 EUR
            credit payable:CH*ALP     6.0000 CHF = 6.3830 EUR
    """)


def test_a_corrected_exchange_rate_converts_again(world):
    swiss = tariff(("ENERGY", "0.60", 1), of="CH*ALP", currency="CHF")
    world.learn(rates())
    world.send(swiss, session("C1", of="CH*ALP"))
    world.send(cdr("C1", "6.00", of="CH*ALP", currency="CHF"))
    world.learn(rates(swiss_rates(october(31).date(), (october(9).date(), "0.9600"))))
    world.settle()
    wholesale = world.cdr("C1", "CH*ALP").decision.legs[0]
    assert wholesale.fx[0].rate == Decimal("1.041666666667")


def test_a_late_proof_of_dealing_in_electricity_taxes_again(world):
    """An eMSP shown later to be a dealer buys where it sits, not where the charger stands."""
    world.learn(entity("emp-gmbh", replace(ENTITIES["emp-gmbh"], dealer_since=None)))
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"))
    assert world.cdr("C1").decision.legs[0].vat.rule == "seller_in_place"
    world.learn(entity("emp-gmbh"))
    world.settle()
    assert world.cdr("C1").decision.legs[0].vat.rule == "reverse_charge"


def test_a_host_whose_vat_number_arrives_late_releases_the_cdr(world):
    """A host seated in Germany sells its share to a Dutch CPO that has a Belgian number alone."""
    nobody = replace(ENTITIES["xyz-bv"], vat_registrations=(registered("BE"),))
    abroad = replace(ENTITIES["hst-bv"], country="DE", vat_registrations=())
    world.learn(entity("xyz-bv", nobody), entity("hst-bv", abroad))
    world.learn(agreement(HOST, CPO, shared_with_host("15/100", "LOC1")))
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"))
    assert world.reasons("C1") == ["VAT_REGISTRATION_MISSING"]
    world.learn(entity("hst-bv", replace(abroad, vat_registrations=(registered("NL"),))))
    world.settle()
    assert world.cdr("C1").state == "accepted"


def test_what_a_late_fact_touches_is_decided_again_page_by_page(world):
    """Some are held, some accepted, several at one instant, and a page holds two."""
    late = tariff(("ENERGY", "0.501", 1), updated=october(5))
    at = {f"C{number}": october(8 + number // 3) for number in range(7)}
    at_12 = {f"H{number}": october(12) for number in range(5)}
    world.send(PER_KWH, *(session(name, at=started) for name, started in (at | at_12).items()))
    world.send(*(cdr(name, "5.00", at=started) for name, started in at.items()))
    world.send(*(cdr(name, "5.02", at=started) for name, started in at_12.items()))
    assert world.reasons("H0") == ["CDR_TOTAL_COST_DIFFERS"]
    world.consumer.send(late)
    pages = 0
    while world.ledger.release(recorded_at=october(31), limit=2):
        pages += 1
    assert pages == 7, "12 CDRs, two at a time, and an empty page that ends it"
    states = {name: world.cdr(name).decision.legs[0].net for name in (*at, "H0", "H4")}
    assert set(states.values()) == {Decimal("5.0100")}
