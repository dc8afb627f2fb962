"""Parts of a sale with a tax class of their own, and agreed rates, from acceptance to credit."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.application.control import adjust_cdr, credit_cdr
from ledger.application.dispute_desk import uphold_dispute
from ledger.fx.convert import FxTerms
from ledger.roaming.clauses import Discount
from ledger.roaming.entity_documents import VatRegistration
from ledger.roaming.terms import ClassedDimension, TariffTerms, Terms, VatTerms
from ledger.vat.overrides import RateOverride
from tests.disputing import FINN, answered, booked, clearing, disputed_world, opened, out_of_balance
from tests.ledger_cast import (
    BY_FINANCE,
    CAST,
    CPO,
    EMSP,
    ENTITIES,
    FRENCH_EMSP,
    SWISS_CPO,
    agreement,
    entity,
    rates,
    registered,
)
from tests.ledger_statements import cdr, credit_of, october, session, tariff
from tests.ledger_world import World, as_journal, journal

PARKS = VatTerms(classes=(ClassedDimension("FLAT", "parking"),))
BLOCKING_FEE = tariff(("ENERGY", "0.50", 1), ("FLAT", "2.00", 1))


@pytest.fixture
def world(database_url):
    world = World(database_url, *CAST, rates())
    yield world
    world.close()


def sold(world: World, terms: Terms, total: str = "7.00", priced=BLOCKING_FEE, **stated):
    """Settle one charge of 10 kWh at 0.50 EUR and 2.00 EUR flat; return its decision."""
    world.learn(agreement(CPO, EMSP, terms))
    world.send(priced, session("C1"), cdr("C1", total, **stated))
    assert world.cdr("C1").state == "accepted", world.reasons("C1")
    return world.cdr("C1").decision


def test_parking_is_taxed_where_it_is_and_electricity_at_the_resellers_seat(world):
    decision = sold(world, Terms(vat=PARKS))
    (leg,) = decision.legs
    (parking,) = leg.parts
    assert (leg.vat.rule, leg.vat.place, leg.vat.tax_class) == ("reverse_charge", "DE", "")
    assert (parking.vat.rule, parking.vat.place) == ("seller_in_place", "NL")
    assert (parking.vat.tax_class, parking.vat.supply) == ("parking", "service")
    assert (leg.net, leg.tax, leg.gross) == (
        Decimal("7.0000"),
        Decimal("0.4200"),
        Decimal("7.4200"),
    )
    assert as_journal(decision.entries) == journal("""
        xyz-bv charging_sold
            debit  receivable:DE*EMP             7.4200 EUR
            credit revenue:charging              5.0000 EUR
            credit revenue:parking               2.0000 EUR
            credit vat:NL:output:parking:accrued 0.4200 EUR
        emp-gmbh charging_bought
            debit  cost:charging                 5.0000 EUR
            debit  cost:parking                  2.0000 EUR
            debit  vat:NL:input:parking:accrued  0.4200 EUR
            credit payable:NL*XYZ                7.4200 EUR
    """)


def test_without_a_class_everything_is_electricity(world):
    (leg,) = sold(world, Terms()).legs
    assert (leg.parts, leg.vat.place, leg.tax) == ((), "DE", Decimal("0.0000"))


def test_a_discount_on_the_charge_is_spread_and_one_on_a_component_is_its_own(world):
    tenth = Discount("partner", rate="1/10")
    flat = Discount("no blocking fee", amount=Decimal(1), currency="EUR", dimension="FLAT")
    (leg,) = sold(world, Terms(vat=PARKS, discounts=(tenth, flat))).legs
    # 7.00 less 0.70 for all of it and 1.00 of the 2.00 flat: 5.30, of which a sixth is parking
    assert (leg.net, leg.parts[0].net) == (Decimal("5.3000"), Decimal("0.8833"))
    assert leg.gross == leg.net + leg.parts[0].vat.vat


def test_what_is_forgiven_wholly_has_no_part(world):
    gone = Discount("no blocking fee", rate="1/1", dimension="FLAT")
    (leg,) = sold(world, Terms(vat=PARKS, discounts=(gone,))).legs
    assert (leg.net, leg.parts) == (Decimal("5.0000"), ())


def test_a_price_with_tax_in_it_is_cut_exactly_by_class(world):
    """What a driver pays stays 7.00, with 19 % agreed on the electricity and 21 % on parking."""
    both = replace(ENTITIES["emp-gmbh"], vat_registrations=(registered("DE"), registered("NL")))
    overrides = (
        RateOverride("NL", "electricity", Decimal(19), "S", date(2026, 1, 1), None, "a ruling"),
    )
    retail = tariff(("ENERGY", "0.50", 1), ("FLAT", "2.00", 1), of=EMSP, id="R1",
                    tax_included="YES", updated=october(2))  # fmt: skip
    world.learn(entity("emp-gmbh", both))
    world.send(retail)
    terms = Terms(tariffs=TariffTerms(retail="R1"), vat=replace(PARKS, overrides=overrides))
    decision = sold(world, terms)
    leg = decision.legs[1]
    assert (leg.kind, leg.gross) == ("retail", Decimal("7.0000"))
    assert leg.gross == leg.net + leg.vat.vat + leg.parts[0].vat.vat
    assert as_journal(entry for entry in decision.entries if entry.leg == 1) == journal("""
        emp-gmbh retail_sold
            debit  receivable:driver             7.0000 EUR
            credit revenue:retail                4.2017 EUR
            credit vat:NL:output:accrued         0.7983 EUR
            credit revenue:parking               1.6529 EUR
            credit vat:NL:output:parking:accrued 0.3471 EUR
    """)


def test_a_markup_stands_apart_of_the_electricity_alone(world):
    fx = FxTerms(markup_bps=200)
    world.learn(agreement(SWISS_CPO, EMSP, Terms(currency="EUR", fx=fx, vat=PARKS)))
    swiss = tariff(("ENERGY", "0.376", 1), ("FLAT", "0.94", 1), of=SWISS_CPO, currency="CHF")
    charge = cdr("C1", "4.70", of=SWISS_CPO, currency="CHF")
    world.send(swiss, session("C1", of=SWISS_CPO), charge)
    assert world.reasons("C1", SWISS_CPO) == []
    sale, bought = world.cdr("C1", SWISS_CPO).decision.entries
    # 4.70 CHF are 5.00 EUR and 2 %: 5.10, a fifth of it parking at 8.1 %
    assert as_journal([sale]) == journal("""
        alp-ag charging_sold
            debit  receivable:DE*EMP             5.1826 EUR = 4.8716 CHF
            credit revenue:charging              3.9800 EUR = 3.7412 CHF
            credit fx:markup_income              0.1000 EUR = 0.0940 CHF
            credit revenue:parking               1.0200 EUR = 0.9588 CHF
            credit vat:CH:output:parking:accrued 0.0826 EUR = 0.0776 CHF
    """)
    assert not out_of_balance([sale, bought])
    world.send(credit_of(charge, "K1"))
    assert world.balances() == {}


def test_a_part_that_is_disputed_is_given_back_with_the_tax_of_each_class(database_url):
    world = disputed_world(
        database_url, agreements=(agreement(CPO, FRENCH_EMSP, Terms(vat=PARKS)),)
    )
    told = session("C1", by=FRENCH_EMSP)
    later = tariff(("ENERGY", "0.50", 1), ("FLAT", "2.00", 1), updated=october(2))
    world.send(later, told, cdr("C1", "7.00", by=FRENCH_EMSP))
    decision = world.cdr("C1").decision
    assert decision.legs[0].gross == Decimal("8.4700"), "21 % on both"
    opened(world, "C1", amount="3.50")
    answered(world)
    done = uphold_dispute(world.ledger, f"{CPO}/d-1", text="half", by=FINN, amount=Decimal("3.50"))
    assert done.outcome == "upheld"
    given = {
        (entry.book, row.account): row.amount
        for entry in booked(world)
        if entry.rule in ("charging_sold", "charging_bought") and entry.reverses
        for row in entry.postings
    }
    assert given == {
        ("xyz-bv", "receivable:FR*MOB"): Decimal("4.2350"),
        ("xyz-bv", "revenue:charging"): Decimal("2.5000"),
        ("xyz-bv", "revenue:parking"): Decimal("1.0000"),
        ("xyz-bv", "vat:NL:output:accrued"): Decimal("0.5250"),
        ("xyz-bv", "vat:NL:output:parking:accrued"): Decimal("0.2100"),
        ("mob-sas", "payable:NL*XYZ"): Decimal("4.2350"),
        ("mob-sas", "cost:charging"): Decimal("2.5000"),
        ("mob-sas", "cost:parking"): Decimal("1.0000"),
        ("mob-sas", "vat:NL:input:accrued"): Decimal("0.5250"),
        ("mob-sas", "vat:NL:input:parking:accrued"): Decimal("0.2100"),
    }
    assert not out_of_balance(booked(world)) and clearing(booked(world)) == 0
    adjust_cdr(world.ledger, f"{CPO}/c1", amount=Decimal("1.00"), reason="goodwill", by=BY_FINANCE)
    credit_cdr(world.ledger, f"{CPO}/c1", reason="all of it", by=BY_FINANCE)
    assert world.balances() == {}
    assert not out_of_balance(booked(world))
    world.close()


# --- agreed rates -------------------------------------------------------------------------------


def test_an_agreed_rate_counts_on_its_days_and_names_what_it_departs_from(world):
    world.learn(entity("emp-gmbh", replace(ENTITIES["emp-gmbh"], dealer_since=None)))
    nine = RateOverride(
        "NL", "electricity", Decimal(9), "S", date(2026, 10, 1), date(2026, 11, 1), "a ruling"
    )
    decision = sold(world, Terms(vat=VatTerms(overrides=(nine,))))
    vat = decision.legs[0].vat
    assert (vat.rule, vat.category, vat.percent, vat.vat) == (
        "override",
        "S",
        Decimal(9),
        Decimal("0.6300"),
    )
    assert (vat.standard_percent, vat.rate_source) == (Decimal(21), "a ruling")
    assert "instead of the standard 21 % (Wet OB 1968, art. 9 (1))" in vat.why
    november = cdr("C2", "7.00", at=october(31, 23))
    world.send(session("C2", at=october(31, 23)), november)
    after = world.cdr("C2").decision.legs[0].vat
    assert (str(after.tax_point), after.rule, after.percent) == (
        "2026-11-01",
        "seller_in_place",
        21,
    )


def test_what_is_exempt_by_agreement_carries_no_tax_and_says_why(world):
    world.learn(entity("emp-gmbh", replace(ENTITIES["emp-gmbh"], dealer_since=None)))
    exempt = RateOverride("NL", "electricity", Decimal(0), "E", date(2026, 1, 1), None, "a ruling")
    (leg,) = sold(world, Terms(vat=VatTerms(overrides=(exempt,)))).legs
    assert (leg.vat.category, leg.vat.exemption, leg.tax) == ("E", "a ruling", Decimal("0.0000"))


# --- registrations that are missing -------------------------------------------------------------


def test_a_sale_nobody_could_declare_is_held_until_a_registration_is_on_record(world):
    french = replace(ENTITIES["emp-gmbh"], country="FR", dealer_since=None, vat_registrations=())
    world.learn(entity("emp-gmbh", french))
    abroad = replace(ENTITIES["xyz-bv"], country="BE", vat_registrations=(registered("BE"),))
    world.learn(entity("xyz-bv", abroad), agreement(CPO, EMSP, Terms(vat=PARKS)))
    world.send(BLOCKING_FEE, session("C1"), cdr("C1", "7.00"))
    assert world.cdr("C1").state == "held"
    assert world.reasons("C1") == ["VAT_REGISTRATION_MISSING"]
    numbers = (registered("BE"), VatRegistration("NL", "NL000990012B01", date(2026, 1, 1)))
    world.learn(entity("xyz-bv", replace(abroad, vat_registrations=numbers)))
    world.settle()
    (leg,) = world.cdr("C1").decision.legs
    assert (leg.vat.rule, leg.vat.place, leg.vat.seller_number) == (
        "seller_registered",
        "NL",
        "NL000990012B01",
    )
    assert leg.gross == Decimal("8.4700")
