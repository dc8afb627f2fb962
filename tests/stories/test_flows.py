"""Who collects, and what else a sale carries: discounts, the driver's price, money on the spot."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.application.commands import AcceptCdr
from ledger.application.control import recheck_cdrs
from ledger.application.registration import advance_time
from ledger.fx.convert import FxTerms
from ledger.pricing.tariff import Extension, Price
from ledger.roaming.clauses import Audience, Discount, Fee, SplitTerms, Step, Tier, Tiers
from ledger.roaming.terms import Calendar, TariffTerms, Terms, Truth, VatTerms
from tests.ledger_cast import (
    CAST,
    CLEARING,
    CPO,
    EMSP,
    ENTITIES,
    HOST,
    SWISS_CPO,
    agreement,
    entity,
    rates,
    registered,
    shared_with_host,
)
from tests.ledger_people import C1, FINN, staffed_world
from tests.ledger_statements import cdr, credit_of, october, session, tariff
from tests.ledger_world import World, as_journal, journal

PER_KWH = tariff(("ENERGY", "0.50", 1))
RETAIL = tariff(("ENERGY", "0.69", 1), of=EMSP, id="R1")
TWO_COUNTRIES = replace(
    ENTITIES["emp-gmbh"], vat_registrations=(registered("DE"), registered("NL"))
)


@pytest.fixture
def world(database_url):
    return World(database_url, *CAST, entity("emp-gmbh", TWO_COUNTRIES))


def sold(world: World, terms: Terms, **stated):
    """Settle one charge of 10 kWh at 0.50 EUR under these terms; return its decision."""
    world.learn(agreement(CPO, EMSP, terms))
    world.send(PER_KWH, RETAIL, session("C1"), cdr("C1", "5.00", **stated))
    assert world.cdr("C1").state == "accepted", world.reasons("C1")
    return world.cdr("C1").decision


def kinds_of(decision):
    return [(leg.kind, leg.seller, leg.buyer, str(leg.net)) for leg in decision.legs]


# --- discounts and surcharges -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("discount", "net", "line"),
    [
        (Discount("partner", rate="1/10"), "4.5000", "-0.5000"),
        (Discount("night", rate="-1/10"), "5.5000", "0.5000"),
        (Discount("per kWh", amount=Decimal("0.02"), per="kwh", currency="EUR"), "4.8000",
         "-0.2000"),
        (Discount("per CDR", amount=Decimal("0.30"), currency="EUR"), "4.7000", "-0.3000"),
        (Discount("energy", rate="1/4", dimension="ENERGY"), "3.7500", "-1.2500"),
        (Discount("more than it costs", amount=Decimal(9), currency="EUR"), "0.0000", "-5.0000"),
    ],
)  # fmt: skip
def test_a_discount_is_a_line_of_its_own_in_price_and_tax_base(world, discount, net, line):
    decision = sold(world, Terms(discounts=(discount,)))
    sale = decision.legs[0]
    assert (str(sale.net), str(sale.lines[-1].net)) == (net, line)
    assert sale.lines[-1].name == discount.name
    assert sum((row.net for row in sale.lines), Decimal(0)) == sale.net
    assert sale.vat.vat == (sale.gross - sale.net)


def test_discounts_never_give_more_than_the_charge_costs(world):
    """The first takes all of it; the second finds nothing left, and no charge pays its driver."""
    discounts = (Discount("guest", rate="1"), Discount("partner", rate="1/10"))
    decision = sold(world, Terms(discounts=discounts))
    assert (str(decision.legs[0].net), decision.entries) == ("0.0000", ())


@pytest.mark.parametrize(
    ("audience", "net"),
    [
        (Audience(token_groups=("BLUE",)), "4.5000"),
        (Audience(memberships=("gold",)), "5.0000"),
        (Audience(channels=("app",)), "4.5000"),
        (Audience(channels=("fleet",)), "5.0000"),
        (Audience(locations=("loc1",)), "4.5000"),
        (Audience(locations=("LOC2",)), "5.0000"),
        (Audience(token_groups=("blue",), channels=("fleet",)), "5.0000"),
    ],
)
def test_a_discount_is_for_whom_it_names(world, audience, net):
    terms = Terms(discounts=(Discount("partner", rate="1/10", audience=audience),))
    stated = {"clearwatt": Extension(channel="APP", token_group="Blue")}
    assert str(sold(world, terms, **stated).legs[0].net) == net


# --- fees ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fee", "net"),
    [
        (Fee("f", "seller", CLEARING, "net", rate="1/100"), "0.0500"),
        (Fee("f", "seller", CLEARING, "net", rate="1/100", minimum=Decimal("0.10")), "0.1000"),
        (Fee("f", "seller", CLEARING, "net", rate="1/10", maximum=Decimal("0.10")), "0.1000"),
        (Fee("f", "buyer", CLEARING, "per_kwh", amount=Decimal("0.01"), currency="EUR"), "0.1000"),
        (Fee("f", "buyer", CLEARING, "per_cdr", amount=Decimal("0.07"), currency="EUR"), "0.0700"),
        (Fee("f", "seller", CLEARING, "net", tiers=Tiers("marginal", "cdrs", (
            Tier(Decimal(0), rate="1/50"), Tier(Decimal(100), rate="1/100")))), "0.1000"),
    ],
)  # fmt: skip
def test_a_fee_keeps_its_bounds_and_books_its_first_tier(world, fee, net):
    (_, leg) = sold(world, Terms(fees=(fee,))).legs
    assert (leg.seller, str(leg.net), leg.clause) == (CLEARING, net, "fees[0] f")


def test_a_fee_for_another_channel_or_owed_monthly_makes_no_leg(world):
    app = Audience(channels=("app",))
    monthly = Fee("desk", "buyer", CLEARING, "per_month", amount=Decimal(90), currency="EUR")
    decision = sold(
        world, Terms(fees=(Fee("f", "seller", CLEARING, "net", rate="1/9", audience=app), monthly))
    )
    assert [leg.kind for leg in decision.legs] == ["wholesale"]


# --- the driver's price -------------------------------------------------------------------------


def test_the_emsp_sells_to_its_driver_at_its_retail_tariff_on_the_same_cdr(world):
    decision = sold(world, Terms(tariffs=TariffTerms(retail="R1")))
    assert kinds_of(decision) == [
        ("wholesale", CPO, EMSP, "5.0000"),
        ("retail", EMSP, "driver", "6.9000"),
    ]
    assert decision.visible_to == (EMSP, CPO)
    assert as_journal(decision.entries[2:]) == journal("""
        emp-gmbh retail_sold
            debit  receivable:driver        8.3490 EUR
            credit revenue:retail           6.9000 EUR
            credit vat:NL:output:accrued    1.4490 EUR
    """)


def test_a_retail_price_with_tax_in_it_is_taken_apart(world):
    included = tariff(("ENERGY", "0.69", 1), of=EMSP, id="R1", tax_included="YES",
                      updated=october(2))  # fmt: skip
    world.send(included)
    decision = sold(world, Terms(tariffs=TariffTerms(retail="R1")))
    retail = decision.legs[1]
    assert (str(retail.gross), str(retail.net), str(retail.vat.vat)) == (
        "6.9000",
        "5.7025",
        "1.1975",
    )


def test_without_its_retail_tariff_the_cdr_waits_for_it(world):
    world.learn(agreement(CPO, EMSP, Terms(tariffs=TariffTerms(retail="R1"))))
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"))
    assert world.reasons("C1") == ["TARIFF_MISSING"]
    world.send(RETAIL)
    assert world.cdr("C1").state == "accepted"


# --- paid on the spot ---------------------------------------------------------------------------


AD_HOC = Terms(
    flow="ad_hoc",
    split=SplitTerms(
        steps=(
            Step(CLEARING, name="card", rate="1/50", basis="gross", amount=Decimal("0.10"),
                 currency="EUR"),
            Step(EMSP, name="platform", rate="1/20"),
            Step(CPO, name="cpo", remaining=True),
        )
    ),
)  # fmt: skip


def test_an_ad_hoc_charge_is_paid_once_and_everybody_else_is_paid_from_it(world):
    decision = sold(world, AD_HOC)
    assert kinds_of(decision) == [
        ("retail", EMSP, "driver", "5.0000"),
        ("share", CLEARING, EMSP, "0.2210"),
        ("wholesale", CPO, EMSP, "4.5290"),
    ]
    assert [leg.clause for leg in decision.legs[1:]] == [
        "split.steps[0] card",
        "split.steps[2] cpo",
    ]
    assert sum((step.amount for step in decision.legs[0].split), Decimal(0)) == Decimal(5)
    (paid, *_) = decision.entries
    assert as_journal([paid]) == journal("""
        emp-gmbh retail_sold
            debit  receivable:driver        6.0500 EUR
            credit revenue:retail           5.0000 EUR
            credit vat:NL:output:accrued    1.0500 EUR
    """)


def test_what_no_step_of_a_payment_on_the_spot_concerns_is_the_cpos(world):
    app = Audience(channels=("app",))
    steps = (Step(EMSP, rate="1/20", audience=app), Step(CPO, remaining=True, audience=app))
    decision = sold(world, Terms(flow="ad_hoc", split=SplitTerms(steps=steps)))
    assert kinds_of(decision) == [
        ("retail", EMSP, "driver", "5.0000"),
        ("wholesale", CPO, EMSP, "5.0000"),
    ]
    assert decision.legs[1].clause == "split"


def test_a_cpo_that_collects_itself_keeps_what_the_others_leave(world):
    steps = (Step(CLEARING, name="card", rate="1/50"), Step(CPO, remaining=True))
    terms = Terms(flow="ad_hoc", split=SplitTerms(steps=steps))
    world.learn(agreement(CPO, CPO, terms), agreement(HOST, CPO, shared_with_host("1/10", "LOC1")))
    world.send(PER_KWH, session("C1", by=CPO), cdr("C1", "5.00", by=CPO))
    assert world.reasons("C1") == []
    assert kinds_of(world.cdr("C1").decision) == [
        ("retail", CPO, "driver", "5.0000"),
        ("share", CLEARING, CPO, "0.1000"),
        ("share", HOST, CPO, "0.5000"),
    ]


# --- who supplies whom ---------------------------------------------------------------------------


def test_an_agent_collects_what_the_cpo_sells_to_its_driver(world):
    fee = Fee("agency", "seller", EMSP, "net", rate="1/10")
    decision = sold(world, Terms(vat=VatTerms(model="AGENT"), fees=(fee,)))
    sale = decision.legs[0]
    # To a consumer the electricity is taxed where the charger stands, not at the eMSP's seat.
    assert (sale.vat.rule, sale.vat.place, str(sale.gross)) == ("seller_in_place", "NL", "6.0500")
    assert as_journal(decision.entries) == journal("""
        xyz-bv charging_sold
            debit  receivable:DE*EMP        6.0500 EUR
            credit revenue:charging         5.0000 EUR
            credit vat:NL:output:accrued    1.0500 EUR
        emp-gmbh charging_collected
            debit  receivable:driver        6.0500 EUR
            credit payable:NL*XYZ           6.0500 EUR
        emp-gmbh fee_sold
            debit  receivable:NL*XYZ        0.5000 EUR
            credit revenue:fee              0.5000 EUR
        xyz-bv fee_bought
            debit  cost:fee                 0.5000 EUR
            credit payable:DE*EMP           0.5000 EUR
    """)


def test_what_an_emsp_takes_beside_the_electricity_may_be_a_service(world):
    two_parts = tariff(("ENERGY", "0.69", 1), ("FLAT", "1.00", 1), of=EMSP, id="R1",
                       updated=october(2))  # fmt: skip
    world.send(two_parts)
    model = VatTerms(model="CHAIN_ELECTRICITY_ONLY")
    decision = sold(world, Terms(tariffs=TariffTerms(retail="R1"), vat=model))
    assert [
        (leg.kind, str(leg.net), leg.vat.place, str(leg.vat.percent), leg.clause)
        for leg in decision.legs[1:]
    ] == [
        ("retail", "6.9000", "NL", "21", "tariffs.retail"),
        ("retail", "1.0000", "NL", "21", "tariffs.retail services"),
    ]


def test_a_tax_point_at_the_invoice_is_the_end_of_the_month(world):
    decision = sold(world, Terms(vat=VatTerms(tax_point="invoice_date")))
    assert {str(leg.vat.tax_point) for leg in decision.legs} == {"2026-10-31"}


# --- the currency of settlement -----------------------------------------------------------------


def test_a_sale_is_settled_in_the_agreed_currency_with_the_markup_apart(database_url):
    world = World(database_url, *CAST, rates())
    fx = FxTerms(markup_bps=200)
    fee = Fee("clearing", "seller", CLEARING, "net", rate="1/100")
    world.learn(agreement(SWISS_CPO, EMSP, Terms(currency="EUR", fx=fx, fees=(fee,))))
    swiss = tariff(("ENERGY", "0.47", 1), of=SWISS_CPO, currency="CHF")
    charge = cdr("C1", "4.70", of=SWISS_CPO, currency="CHF")
    world.send(swiss, session("C1", of=SWISS_CPO), charge)
    assert world.reasons("C1", SWISS_CPO) == []
    decision = world.cdr("C1", SWISS_CPO).decision
    sale, clearing = decision.legs
    # 4.70 CHF / 0.94 = 5.00 EUR, and 2 % of it
    assert (sale.currency, str(sale.net), str(sale.converted.markup)) == ("EUR", "5.1000", "0.1000")
    assert sum((line.net for line in sale.lines), Decimal(0)) == sale.converted.priced_net
    assert (str(clearing.net), clearing.currency) == ("0.0510", "EUR")
    assert as_journal(decision.entries[:1]) == journal("""
        alp-ag charging_sold
            debit  receivable:DE*EMP        5.1000 EUR = 4.7940 CHF
            credit revenue:charging         5.0000 EUR = 4.7000 CHF
            credit fx:markup_income         0.1000 EUR = 0.0940 CHF
    """)
    assert "fx:CHF" in decision.depends_on
    world.send(credit_of(charge, "K1"))
    assert world.balances() == {}


# --- whose word counts --------------------------------------------------------------------------


def test_the_tariff_inside_the_cdr_prices_it_where_the_agreement_trusts_the_cdr(world):
    inside = tariff(("ENERGY", "0.55", 1)).statement
    trusting = Terms(truth=Truth(tariff=("cdr", "ledger")))
    world.learn(agreement(CPO, EMSP, trusting))
    world.send(PER_KWH, session("C1"), cdr("C1", "5.50", tariffs=(inside,)))
    decision = world.cdr("C1").decision
    assert (decision.tariff.number, str(decision.legs[0].net)) == (0, "5.5000")


def test_a_session_that_differs_is_noted_where_the_agreement_trusts_the_cdr(world):
    trusting = Terms(truth=Truth(session=("cdr", "session"), time=("cdr", "session")))
    world.learn(agreement(CPO, EMSP, trusting))
    elsewhere = session("C1", evse="E-other", end_date_time=october(10, 12))
    world.send(PER_KWH, elsewhere, cdr("C1", "5.00"))
    noted = [row.reason.value for row in world.cdr("C1").decision.warnings]
    assert {"TIME_SOURCES_DIFFER", "SESSION_TELLS_ANOTHER"} <= set(noted)


# --- late facts a person looks at ---------------------------------------------------------------


def test_a_late_fact_under_review_changes_nothing_until_a_person_lets_it(database_url):
    world = staffed_world(database_url, *CAST, agreement(CPO, EMSP, Terms(late_facts="review")))
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"))
    dearer = tariff(("ENERGY", "0.5005", 1), updated=october(5))
    world.send(dearer)
    world.send(dearer)
    assert world.topics_of(C1) == ["cdr.accepted.v1", "cdr.review_asked.v1"]
    (asked,) = world.cdr("C1").review
    assert (asked.reason.value, asked.actual) == ("LATE_FACT_TO_REVIEW", "5.0000 EUR")
    recheck_cdrs(world.ledger, [C1], by=FINN)
    assert str(world.cdr("C1").decision.legs[0].net) == "5.0050"
    assert world.cdr("C1").review == ()


# --- calendars ----------------------------------------------------------------------------------


def test_a_group_has_settlement_periods_of_its_own(world):
    own = Calendar(group="CH-EUR", time_zone="Europe/Zurich")
    decision = sold(world, Terms(calendar=own))
    assert decision.booking.posted_period == "CH-EUR/2026-10"
    opened = advance_time(world.ledger, october(10))
    assert opened == ["ALL/2026-10", "CH-EUR/2026-10"]


def test_a_price_after_tax_that_differs_holds_an_ad_hoc_charge(world):
    world.learn(agreement(CPO, EMSP, AD_HOC))
    priced = tariff(("ENERGY", "0.50", 1), tax_included="YES")
    stated = cdr("C1", "4.13").statement
    total = Price(Decimal("4.13"), after_taxes=Decimal("5.50"))
    world.send(priced, session("C1"), AcceptCdr(replace(stated, total_cost=total)))
    assert world.reasons("C1") == ["CDR_TOTAL_COST_DIFFERS"]
