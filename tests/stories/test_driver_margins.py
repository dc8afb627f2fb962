"""What an eMSP sells on to its drivers: what stays with it, and what it gives back of it."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from console.drafting.credits import outward_documents
from ledger.application.control import adjust_cdr, credit_cdr
from ledger.application.driver_refunds import refund_driver
from ledger.application.registration import register_actor
from ledger.roaming.clauses import Fee, SplitTerms, Step
from ledger.roaming.terms import TariffTerms, Terms, VatTerms
from ledger.values.reasons import Refused
from projections.database import reading
from projections.queries.balance import balances_beside_postings, books_out_of_balance
from projections.queries.journal import journal as journal_of
from projections.queries.margin import margins
from projections.queries.period import blocks, cdr_list, party_positions
from projections.queries.vat import vat_decisions
from projections.rebuild import verify
from projections.runner import Projector
from projections.schema import migrate
from tests.ledger_cast import (
    BY_ADMIN,
    CAST,
    CLEARING,
    CPO,
    EMSP,
    ENTITIES,
    SWISS_CPO,
    agreement,
    entity,
    rates,
    registered,
)
from tests.ledger_people import C1, FINN, FIONA
from tests.ledger_statements import cdr, october, session, tariff
from tests.ledger_world import World, as_journal, journal

PER_KWH = tariff(("ENERGY", "0.50", 1))
RETAIL = tariff(("ENERGY", "0.69", 1), of=EMSP, id="R1")
TWO_PARTS = tariff(("ENERGY", "0.69", 1), ("FLAT", "1.00", 1), of=EMSP, id="R1",
                   updated=october(2))  # fmt: skip
RESOLD = Terms(tariffs=TariffTerms(retail="R1"))
ON_THE_SPOT = Terms(
    flow="ad_hoc",
    split=SplitTerms(steps=(Step(CLEARING, rate="1/50"), Step(CPO, remaining=True))),
)
FEES = (
    Fee("clearing", "buyer", CLEARING, "per_cdr", amount=Decimal("0.10"), currency="EUR"),
    Fee("agency", "seller", EMSP, "net", rate="1/50"),
    Fee("hub", "seller", CLEARING, "net", rate="1/100"),
)
WHY = "the cable was broken"
OWED = ("emp-gmbh", "receivable:driver", "EUR")
TWO_COUNTRIES = replace(
    ENTITIES["emp-gmbh"], vat_registrations=(registered("DE"), registered("NL"))
)


@pytest.fixture
def world(database_url):
    world = World(database_url, *CAST, entity("emp-gmbh", TWO_COUNTRIES))
    migrate(database_url)
    world.send(PER_KWH, RETAIL)
    yield world
    world.close()


def charge(world: World, terms: Terms, *ids: str) -> None:
    """Settle charges of 10 kWh, sold at 0.50 EUR and sold on at 0.69 EUR."""
    world.learn(agreement(CPO, EMSP, terms))
    for hour, id in enumerate(ids or ("C1",), 8):
        at = october(10, hour)
        world.send(session(id, at=at, uid=id), cdr(id, "5.00", at=at, uid=id))
        assert world.cdr(id).state == "accepted", world.reasons(id)


def asked(world: World, question, *args, **filters):
    Projector(world.url, page_size=7).run(until_caught_up=True)
    with reading(world.url) as connection:
        return question(connection, *args, **filters)


def kinds_of(world: World) -> list[str]:
    return [leg.kind for leg in world.cdr("C1").decision.legs]


def stays(world: World, **filters):
    return [
        (row.month, row.cdrs, *map(str, (row.retail, row.wholesale, row.fees, row.margin)))
        for row in asked(world, margins, **filters)
    ]


def refund(world: World, amount: str, cdr: str = C1, by=FINN, **more):
    return refund_driver(world.ledger, cdr, amount=Decimal(amount), reason=WHY, by=by, **more)


# --- what stays ---------------------------------------------------------------------------------


def test_what_is_left_after_wholesale_and_fees_stays_with_the_emsp(world):
    """Fees that the CPO pays others are not the eMSP's; what the CPO pays it, is."""
    charge(world, replace(RESOLD, fees=FEES), "C1", "C2")
    assert stays(world) == [("2026-10", 2, "13.8000", "10.0000", "0.0000", "3.8000")]
    assert stays(world, cdr=C1) == [(None, 1, "6.9000", "5.0000", "0.0000", "1.9000")]


def test_of_what_a_driver_pays_on_the_spot_the_collector_keeps_what_it_does_not_share(world):
    split = SplitTerms(steps=(Step(EMSP, rate="1/20"), *ON_THE_SPOT.split.steps))
    charge(world, replace(ON_THE_SPOT, split=split))
    assert stays(world) == [("2026-10", 1, "5.0000", "4.6500", "0.1000", "0.2500")]


@pytest.mark.parametrize("terms", [Terms(), Terms(vat=VatTerms(model="AGENT"))])
def test_without_a_sale_to_the_driver_there_is_no_margin(world, terms):
    charge(world, terms)
    assert stays(world) == []


def test_sales_in_several_currencies_have_no_margin_in_one(world):
    world.learn(rates(), agreement(SWISS_CPO, EMSP, RESOLD))
    swiss = tariff(("ENERGY", "0.47", 1), of=SWISS_CPO, currency="CHF")
    charged = cdr("C1", "4.70", of=SWISS_CPO, currency="CHF")
    registered_there = (*TWO_COUNTRIES.vat_registrations, registered("CH"))
    world.learn(entity("emp-gmbh", replace(TWO_COUNTRIES, vat_registrations=registered_there)))
    world.send(swiss, session("C1", of=SWISS_CPO), charged)
    assert world.reasons("C1", SWISS_CPO) == []
    charge(world, RESOLD)
    found = [
        (row.cpo, row.currency, str(row.retail), str(row.wholesale), row.margin)
        for row in asked(world, margins)
    ]
    assert found == [
        (SWISS_CPO, "CHF", "0", "4.7000", None),
        (SWISS_CPO, "EUR", "6.9000", "0", None),
        (CPO, "EUR", "6.9000", "5.0000", Decimal("1.9000")),
    ]
    assert [row.cpo for row in asked(world, margins, party=CPO)] == [CPO]


# --- what is given back -------------------------------------------------------------------------


def test_a_refund_takes_back_a_part_of_the_retail_sale_and_nothing_else(world):
    charge(world, RESOLD)
    before = world.balances()
    effect = refund(world, "0.8349")
    assert as_journal(effect.entries) == journal("""
        emp-gmbh retail_sold reversed
            debit  revenue:retail           0.6900 EUR
            debit  vat:NL:output:accrued    0.1449 EUR
            credit receivable:driver        0.8349 EUR
    """)
    after = world.balances()
    moved = {key: after[key] - before[key] for key in after if after[key] != before[key]}
    assert moved[OWED] == Decimal("-0.8349")
    assert {book for book, _, _ in moved} == {"emp-gmbh"}
    assert stays(world, cdr=C1) == [(None, 1, "6.2100", "5.0000", "0", "1.2100")]


def test_a_refund_is_no_matter_of_the_two_parties(world):
    charge(world, RESOLD)
    owed = asked(world, party_positions, "ALL/2026-10")
    refund(world, "1.00")
    assert world.cdr("C1").standing == "valid"
    (row,) = asked(world, cdr_list)
    assert (row.standing, row.booked_gross) == ("valid", row.gross)
    assert asked(world, party_positions, "ALL/2026-10") == owed
    (entry, *_) = reversed(asked(world, journal_of, cdr=C1))
    assert (entry.seller, entry.buyer, entry.clause) == (EMSP, "driver", "tariffs.retail")
    (event,) = [row for row in world.events() if row.TOPIC == "cdr.adjusted.v1"]
    assert (event.visible_to, event.currency) == ((EMSP,), "EUR")
    with pytest.raises(Refused, match="CDR_NOT_OPEN"):
        outward_documents(world.ledger, C1, at=october(20))


def test_what_drivers_owe_stands_in_no_position_between_parties(world):
    charge(world, RESOLD)
    positions = asked(world, party_positions, "ALL/2026-10")
    assert sum(row.net_position for row in positions) == 0
    codes = {row.code for row in asked(world, blocks, "ALL/2026-10")}
    assert "CLEARING_OUT_OF_BALANCE" not in codes


def test_no_more_is_refunded_than_is_left_and_what_is_left_is_a_part_of_each_sale(world):
    """Energy and the service beside it are two sales: 8.3490 and 1.2100 in all."""
    world.send(TWO_PARTS)
    charge(world, replace(RESOLD, vat=VatTerms(model="CHAIN_ELECTRICITY_ONLY")))
    refund(world, "2.0000")
    given = [row for row in asked(world, vat_decisions, cdr=C1) if row.net < 0]
    assert [(row.leg, row.place, str(row.net + row.vat)) for row in given] == [
        (1, "NL", "-1.7468"), (2, "NL", "-0.2532"),
    ]  # fmt: skip
    with pytest.raises(Refused, match=r"at most 7\.5590 EUR"):
        refund(world, "7.5591")
    refund(world, "7.5590")
    assert OWED not in world.balances()
    with pytest.raises(Refused, match="AMOUNT_TOO_LARGE"):
        refund(world, "0.0001")
    with pytest.raises(Refused, match="AMOUNT_TOO_LARGE"):
        refund(world, "-1")


def test_a_credit_takes_refunds_back_too_whatever_the_sales_became(world):
    """The service beside the energy was a sale of its own, with a refund; then it is none."""
    world.send(TWO_PARTS)
    charge(world, replace(RESOLD, vat=VatTerms(model="CHAIN_ELECTRICITY_ONLY")))
    refund(world, "1.00")
    world.learn(agreement(CPO, EMSP, RESOLD, correction="the service is a part of the energy"))
    world.settle()
    assert kinds_of(world) == ["wholesale", "retail"]
    assert world.balances()[OWED] == Decimal("9.5590") - 1
    adjust_cdr(world.ledger, C1, amount=Decimal("0.50"), reason=WHY, by=FINN)
    refund(world, "8.5590")
    assert OWED not in world.balances()
    credit_cdr(world.ledger, C1, reason=WHY, by=FINN)
    assert world.balances() == {}
    assert stays(world, cdr=C1) == [(None, 0, "0.0000", "0.0000", "0", "0.0000")]
    assert asked(world, books_out_of_balance) == []
    assert asked(world, balances_beside_postings) == []
    assert [row.name for row in verify(world.url) if not row.is_same] == []


def test_who_paid_on_the_spot_is_refunded_by_everybody_who_was_paid(world):
    charge(world, ON_THE_SPOT)
    refund(world, "6.05")
    assert world.balances() == {}


def test_a_driver_is_refunded_by_two_people_above_the_agreed_amount(world):
    register_actor(world.ledger, FIONA.actor, ("finance",), by=BY_ADMIN)
    charge(world, replace(RESOLD, four_eyes_amount=Decimal(1)))
    assert refund(world, "1.00").outcome == "proposed"
    with pytest.raises(Refused, match="SECOND_PERSON_REQUIRED"):
        refund(world, "1.00")
    # The same amount to the partner is another action.
    adjusted = adjust_cdr(world.ledger, C1, amount=Decimal("1.00"), reason=WHY, by=FIONA)
    assert adjusted.outcome == "proposed"
    assert refund(world, "1.00", by=FINN).outcome == "proposed"
    assert refund(world, "1.00", by=FIONA).outcome == "done"


@pytest.mark.parametrize(
    ("amount", "code"), [("0.00001", "AMOUNT_SCALE"), ("0", "AMOUNT_TOO_LARGE")]
)
def test_an_amount_that_cannot_be_given_back_is_refused(world, amount, code):
    charge(world, RESOLD)
    with pytest.raises(Refused, match=code):
        refund(world, amount)


def test_nothing_is_refunded_that_was_not_sold(world):
    charge(world, Terms())
    with pytest.raises(Refused, match="NOT_SOLD_TO_DRIVER"):
        refund(world, "1.00")
    credit_cdr(world.ledger, C1, reason=WHY, by=FINN)
    with pytest.raises(Refused, match="CDR_NOT_OPEN"):
        refund(world, "1.00")
