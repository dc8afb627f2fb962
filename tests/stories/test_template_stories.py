"""Each template from a session to its postings: what a pattern means in everybody's books."""

from datetime import UTC, datetime

import pytest

from console.agreements.reader import read_agreements
from console.templates import filled, template_named, templates
from ledger.application.agreements import agree
from ledger.application.parties import register_entity, register_party
from ledger.pricing.tariff import Extension
from ledger.roaming.entity_documents import EntityDocument
from ledger.roaming.party import PartyDocument
from tests.ledger_cast import BY_FINANCE, CAST, CLEARING, CPO, EMSP, HOST, agreement, registered
from tests.ledger_statements import cdr, session, tariff
from tests.ledger_world import World, as_journal, journal

HUB, PLATFORM, PAYMENT = "NL*HUB", "NL*PLT", "NL*PAY"
MORE = {
    HUB: ("hub-bv", "HUB"),
    PLATFORM: ("plt-bv", "PLATFORM"),
    PAYMENT: ("pay-bv", "PAYMENT_PROVIDER"),
}
PER_KWH = tariff(("ENERGY", "0.50", 1))


@pytest.fixture
def world(database_url):
    world = World(database_url, *CAST)
    for party, (entity, role) in MORE.items():
        document = EntityDocument(entity, "NL", "EUR", (registered("NL"),))
        register_entity(world.ledger, entity, document, by=BY_FINANCE)
        document = PartyDocument(party, (role,), entity)
        register_party(world.ledger, party, document, by=BY_FINANCE)
    yield world
    world.close()


def agreed(world, name, **values):
    """Agree what a template makes of these values."""
    said = {"cpo": CPO, "valid_from": "2026-01-01"} | values
    (made,) = read_agreements(filled(template_named(name), said)).documents
    seller, buyer = made.agreement.split(">")
    agree(
        world.ledger,
        seller=seller,
        buyer=buyer,
        terms=made.version.terms,
        template=made.version.template,
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        valid_until=None,
        author="anna",
        by=BY_FINANCE,
    )


def charged(world, *, by=EMSP, **stated):
    """Charge 10 kWh at 0.50 EUR; return what is booked for it."""
    world.send(PER_KWH, session("C1", by=by), cdr("C1", "5.00", by=by, **stated))
    assert world.reasons("C1") == []
    return as_journal(world.entries())


WHOLESALE = """
    xyz-bv charging_sold
    debit  receivable:DE*EMP       5.0000 EUR
    credit revenue:charging        5.0000 EUR
    emp-gmbh charging_bought
    debit  cost:charging           5.0000 EUR
    credit payable:NL*XYZ          5.0000 EUR
"""
CLEARING_FEE = """
    clr-bv fee_sold
    debit  receivable:NL*XYZ       0.0605 EUR
    credit revenue:fee             0.0500 EUR
    credit vat:NL:output:accrued   0.0105 EUR
    xyz-bv fee_bought
    debit  cost:fee                0.0500 EUR
    debit  vat:NL:input:accrued    0.0105 EUR
    credit payable:NL*CLR          0.0605 EUR
"""


def test_bilateral_roaming(world):
    agreed(world, "bilateral-roaming", emsp=EMSP, clearing_house=CLEARING)
    assert charged(world) == journal(WHOLESALE + CLEARING_FEE)


def test_roaming_through_a_hub(world):
    agreed(world, "hub-roaming", emsp=EMSP, hub=HUB, clearing_house=CLEARING)
    assert charged(world) == journal(
        WHOLESALE
        + CLEARING_FEE
        + """
        hub-bv fee_sold
        debit  receivable:NL*XYZ       0.0605 EUR
        credit revenue:fee             0.0500 EUR
        credit vat:NL:output:accrued   0.0105 EUR
        xyz-bv fee_bought
        debit  cost:fee                0.0500 EUR
        debit  vat:NL:input:accrued    0.0105 EUR
        credit payable:NL*HUB          0.0605 EUR
        hub-bv fee_sold
        debit  receivable:DE*EMP       0.1000 EUR
        credit revenue:fee             0.1000 EUR
        emp-gmbh fee_bought
        debit  cost:fee                0.1000 EUR
        credit payable:NL*HUB          0.1000 EUR
        """
    )


def test_revenue_share_with_a_site_host(world):
    world.learn(agreement(CPO, EMSP))
    agreed(world, "host-revenue-share", host=HOST, locations="LOC1, LOC2", host_minimum="0.80 EUR")
    shares = [line for line in charged(world) if "share" in line or "NL*HST" in line]
    assert shares == journal("""
        hst-bv share_sold
        credit revenue:share      0.8000 EUR
        xyz-bv share_bought
        debit  cost:share         0.8000 EUR
        credit payable:NL*HST     0.9680 EUR
    """)


def test_the_transactional_fee_by_volume_books_its_first_tier(world):
    agreed(world, "clearing-tiers", emsp=EMSP, clearing_house=CLEARING)
    fees = [line for line in charged(world) if line.startswith("credit revenue:fee")]
    assert fees == journal("""
        credit revenue:fee  0.1000 EUR
        credit revenue:fee  0.0250 EUR
    """)


def test_an_employers_fleet_gets_its_discount(world):
    agreed(
        world,
        "employer-fleet",
        fleet_emsp=EMSP,
        platform=PLATFORM,
        clearing_house=CLEARING,
        fleet_group="acme",
    )
    stated = {"clearwatt": Extension(token_group="ACME")}
    sale = charged(world, **stated)
    assert [line for line in sale if line.startswith("credit revenue")] == journal("""
        credit revenue:charging  4.5000 EUR
        credit revenue:fee       0.0450 EUR
    """)


def test_public_charging_paid_by_card_at_the_charger(world):
    agreed(
        world,
        "public-charging-card",
        platform=PLATFORM,
        payment_provider=PAYMENT,
        clearing_house=CLEARING,
    )
    # The card takes 1.4 % of 6.05 and 0.25, the platform keeps 0.50, the CPO gets what remains.
    assert charged(world, by=PLATFORM) == journal("""
        plt-bv retail_sold
        debit  receivable:driver       6.0500 EUR
        credit revenue:retail          5.0000 EUR
        credit vat:NL:output:accrued   1.0500 EUR
        clr-bv fee_sold
        debit  receivable:NL*PLT       0.0605 EUR
        credit revenue:fee             0.0500 EUR
        credit vat:NL:output:accrued   0.0105 EUR
        plt-bv fee_bought
        debit  cost:fee                0.0500 EUR
        debit  vat:NL:input:accrued    0.0105 EUR
        credit payable:NL*CLR          0.0605 EUR
        pay-bv share_sold
        debit  receivable:NL*PLT       0.4050 EUR
        credit revenue:share           0.3347 EUR
        credit vat:NL:output:accrued   0.0703 EUR
        plt-bv share_bought
        debit  cost:share              0.3347 EUR
        debit  vat:NL:input:accrued    0.0703 EUR
        credit payable:NL*PAY          0.4050 EUR
        xyz-bv charging_sold
        debit  receivable:NL*PLT       5.0400 EUR
        credit revenue:charging        4.1653 EUR
        credit vat:NL:output:accrued   0.8747 EUR
        plt-bv charging_bought
        debit  cost:charging           4.1653 EUR
        debit  vat:NL:input:accrued    0.8747 EUR
        credit payable:NL*XYZ          5.0400 EUR
    """)


def test_there_is_a_story_for_each_template():
    told = {name for name in globals() if name.startswith("test_")}
    assert len(told) == len(templates()) + 1
