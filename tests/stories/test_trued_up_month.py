"""A period's clauses are trued up before it closes: tiers, roundings and monthly fees."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.application.closing import true_up_period
from ledger.application.commands import By
from ledger.roaming.clauses import Fee, SplitTerms, Step, Tier, Tiers
from ledger.roaming.terms import Rounding, Terms
from ledger.settlement.period import Checkpoint, SettlementPeriod
from ledger.values.reasons import Refused
from projections.queries.balance import balances
from projections.queries.journal import journal as journal_of
from projections.queries.period import party_positions
from projections.queries.split import split_sums
from projections.queries.vat import vat_decisions
from tests.ledger_cast import CLEARING, CPO, EMSP, ENTITIES, HOST, agreement, entity, registered
from tests.ledger_statements import cdr, credit_of, october
from tests.ledger_world import as_journal, journal
from tests.months import OCTOBER, OVER

VERSION = f"{CPO}>{EMSP}#1"
A_THIRD = Step(HOST, rate="1/3", name="host")
REST = Step(CPO, remaining=True, name="rest")


def tiers(kind: str, by: str, *rows: tuple[str, str]) -> Tiers:
    return Tiers(kind, by, tuple(Tier(Decimal(above), rate) for above, rate in rows))


def clearing_fee(**more) -> Fee:
    return Fee("clearing", "seller", CLEARING, "net", **more)


def test_the_volume_of_a_month_reaches_another_tier(month):
    """Two percent, but one percent of everything above three charges: five were booked at two."""
    fee = clearing_fee(tiers=tiers("whole_volume", "cdrs", ("0", "1/50"), ("3", "1/100")))
    october_ = month(agreement(CPO, EMSP, Terms(fees=(fee,))))
    october_.charge("10", "10", "10", "10", "20")
    october_.cut_off()
    (row,) = october_.true_up()
    assert (row.owed, row.booked, row.before) == (Decimal("0.3000"), Decimal("0.6000"), 0)
    assert (row.leg.clause, row.leg.agreement_version) == ("fees[0] clearing", VERSION)
    assert (row.volume.cdrs, row.volume.energy_kwh, row.volume.net) == (5, 60, 30)
    assert as_journal(row.entries) == journal("""
        clr-bv fee_sold reversed
            credit receivable:NL*XYZ      0.3630 EUR
            debit  revenue:fee            0.3000 EUR
            debit  vat:NL:output:accrued  0.0630 EUR
        xyz-bv fee_bought reversed
            credit cost:fee               0.3000 EUR
            credit vat:NL:input:accrued   0.0630 EUR
            debit  payable:NL*CLR         0.3630 EUR
    """)
    (total,) = october_.ask(split_sums, period=OCTOBER, payee=CLEARING)
    assert (total.clause, total.cdrs) == ("fees[0] clearing", 5)
    assert [str(it) for it in (total.booked, total.trued_up, total.amount)] == [
        "0.6000",
        "-0.3000",
        "0.3000",
    ]


def test_a_true_up_stands_in_all_books_and_figures(month):
    fee = clearing_fee(tiers=tiers("marginal", "net", ("0", "1/50"), ("20", "1/100")))
    october_ = month(agreement(CPO, EMSP, Terms(fees=(fee,))))
    october_.charge("20", "20", "20")
    october_.cut_off()
    (row,) = october_.true_up()
    assert (row.owed, row.booked) == (Decimal("0.5000"), Decimal("0.6000"))
    booked = [entry for entry in october_.ask(journal_of) if entry.cdr is None]
    assert [(str(it.posted_on), it.posted_period, it.accounting_month) for it in booked] == [
        ("2026-10-31", OCTOBER, "2026-10")
    ] * 2
    assert {(it.clause, it.agreement_version) for it in booked} == {("fees[0] clearing", VERSION)}
    position = {it.party: it.net_position for it in october_.ask(party_positions, OCTOBER)}
    assert position[CLEARING] == Decimal("0.6050")  # 0.50 and 21 % of it
    assert sum(position.values()) == 0
    tax = [it for it in october_.ask(vat_decisions, seller=CLEARING) if it.cdr is None]
    assert [(str(it.net), str(it.vat), str(it.tax_point)) for it in tax] == [
        ("-0.1000", "-0.0210", "2026-10-31")
    ]
    sums = {it.account: it.balance for it in october_.ask(balances, account="revenue:fee")}
    assert sums == {"revenue:fee": Decimal("-0.5000")}


def test_a_period_that_is_not_trued_up_cannot_be_closed(month):
    october_ = month(agreement(CPO, EMSP, Terms(split=SplitTerms(steps=(A_THIRD, REST)))))
    october_.charge(*["10"] * 5)
    names = [f"{CPO}/c{number}" for number in range(1, 6)]
    with pytest.raises(Refused, match="PERIOD_NOT_OPEN"):
        october_.true_up()
    october_.cut_off()
    with pytest.raises(Refused, match="TRUE_UP_MISSING"):
        october_.soft_close(*names)
    (row,) = october_.true_up()  # five thirds of 5.00, each booked as 1.6667
    assert (row.owed_exact, row.owed, row.booked) == ("25/3", Decimal("8.3333"), Decimal("8.3335"))
    assert (row.leg.net, row.leg.net_exact) == (Decimal("-0.0002"), "-1/6000")
    assert row.leg.kind == "share"
    position = october_.world.rows("SELECT position FROM log.head")
    assert october_.true_up() == ()
    assert october_.world.rows("SELECT position FROM log.head") == position
    october_.fall_due()
    october_.soft_close(*names)
    with pytest.raises(Refused, match="PERIOD_NOT_OPEN"):
        october_.true_up()


def test_a_period_whose_roundings_cancel_out_needs_no_true_up(month):
    october_ = month(agreement(CPO, EMSP, Terms(fees=(clearing_fee(rate="1/100"),))))
    october_.charge("10", "20")
    october_.cut_off()
    october_.fall_due()
    october_.soft_close(f"{CPO}/c1", f"{CPO}/c2")


def test_a_second_true_up_books_the_difference_only(month):
    """A fee agreed a day later for the whole month: the period is still in review."""
    monthly = Fee("platform", "buyer", CLEARING, "per_month", amount=Decimal(250), currency="EUR")
    october_ = month(agreement(CPO, EMSP, Terms(fees=(monthly,))))
    october_.cut_off()
    (first,) = october_.true_up()
    assert (first.leg.net, first.leg.buyer, first.leg.seller) == (250, EMSP, CLEARING)
    assert first.leg.clause == "fees[0] platform"
    hubs = Fee("hub", "seller", CLEARING, "per_month", amount=Decimal(40), currency="EUR")
    october_.world.learn(
        agreement(HOST, CPO, Terms(flow="share", fees=(hubs,)), valid_from=october(2))
    )
    (second,) = october_.true_up()
    assert (second.leg.clause, second.leg.net, second.leg.buyer) == ("fees[0] hub", 40, HOST)
    october_.fall_due()
    october_.soft_close()
    october_.world.ledger.refresh()
    assert october_.world.ledger.facts.find(SettlementPeriod, OCTOBER).state == "SOFT_CLOSED"


def test_a_monthly_fee_is_owed_once_though_its_agreement_is_corrected(month):
    """250.00 are booked; the correction that is approved in the review asks for 200.00."""
    fee = Fee("platform", "buyer", CLEARING, "per_month", amount=Decimal(250), currency="EUR")
    october_ = month(agreement(CPO, EMSP, Terms(fees=(fee,))))
    october_.cut_off()
    october_.true_up()
    corrected = Terms(fees=(replace(fee, amount=Decimal(200)),))
    october_.world.learn(
        agreement(CPO, EMSP, corrected, valid_from=october(1), correction="the agreed price")
    )
    rows = {row.clause.agreement_version: str(row.leg.net) for row in october_.true_up()}
    assert rows == {VERSION: "-250.0000", f"{CPO}>{EMSP}#2": "200.0000"}
    assert october_.true_up() == ()
    october_.fall_due()
    october_.soft_close()


def test_a_monthly_fee_by_what_was_sold(month):
    """100.00 a month, 140.00 from the third charge on; one of four was credited."""
    rows = (Tier(Decimal(0), amount=Decimal(100)), Tier(Decimal(2), amount=Decimal(140)))
    fee = Fee(
        *("platform", "seller", CLEARING, "per_month"),
        currency="EUR",
        tiers=Tiers("whole_volume", "cdrs", rows),
    )
    october_ = month(agreement(CPO, EMSP, Terms(fees=(fee,))))
    october_.charge("10", "10", "20", "10")
    october_.world.send(credit_of(cdr("C4", "5.0", kwh="10"), "K4"))
    october_.cut_off()
    (row,) = october_.true_up()
    assert (row.owed, row.volume.cdrs, row.volume.energy_kwh) == (140, 3, 40)


def test_a_charge_that_is_credited_takes_its_exact_part_along(month):
    october_ = month(agreement(CPO, EMSP, Terms(split=SplitTerms(steps=(A_THIRD, REST)))))
    october_.charge("10", "10", "10", "10")
    original = cdr("C4", "5.0", kwh="10")
    october_.world.send(credit_of(original, "K4"))
    october_.cut_off()
    (row,) = october_.true_up()
    assert (row.owed_exact, row.booked) == ("5", Decimal("5.0001"))
    assert str(row.leg.net) == "-0.0001"


def test_a_floor_per_charge_holds_at_every_tier(month):
    """The transactional fee: two percent, at least 0.15; one percent from the third charge on."""
    reached = tiers("whole_volume", "cdrs", ("0", "1/50"), ("2", "1/100"))
    fee = clearing_fee(tiers=reached, minimum=Decimal("0.15"))
    october_ = month(agreement(CPO, EMSP, Terms(fees=(fee,))))
    october_.charge("10", "20", "60")  # booked 0.15, 0.20, 0.60; at one percent 0.15, 0.15, 0.30
    october_.cut_off()
    (row,) = october_.true_up()
    assert (row.owed, row.booked) == (Decimal("0.6000"), Decimal("0.9500"))


def test_what_is_rounded_per_period_ends_on_the_minor_unit(month):
    terms = Terms(split=SplitTerms(steps=(A_THIRD, REST)), rounding=Rounding(level="per_period"))
    october_ = month(agreement(CPO, EMSP, terms))
    october_.charge("10", "10")
    october_.cut_off()
    (row,) = october_.true_up()
    assert (row.owed_exact, str(row.owed), str(row.booked)) == ("10/3", "3.3300", "3.3334")


def test_figures_that_are_not_those_of_the_checkpoint_are_refused(month):
    october_ = month(agreement(CPO, EMSP, Terms(fees=(clearing_fee(rate="1/100"),))))
    october_.cut_off()
    figures, checkpoint = october_.look()
    other = Checkpoint("split", checkpoint.position, "0" * 64)
    with pytest.raises(Refused, match="FIGURES_MOVED"):
        true_up_period(october_.world.ledger, OCTOBER, clauses=figures, checkpoint=other, by=OVER)
    with pytest.raises(Refused, match="ACTOR_UNKNOWN"):
        true_up_period(
            october_.world.ledger,
            OCTOBER,
            clauses=figures,
            checkpoint=checkpoint,
            by=By("eve", "asserted", OVER.at),
        )


def test_where_the_platform_collects_its_tiers_are_the_cpos_gain(month):
    """Paid on the spot: the platform keeps 10 %, 5 % of everything above 20 kWh."""
    reached = tiers("whole_volume", "kwh", ("0", "1/10"), ("20", "1/20"))
    steps = Step(EMSP, name="platform", tiers=reached), Step(CPO, remaining=True, name="operator")
    terms = Terms(flow="ad_hoc", split=SplitTerms(steps=steps))
    sells_in_both = replace(
        ENTITIES["emp-gmbh"], vat_registrations=(registered("DE"), registered("NL"))
    )
    october_ = month(entity("emp-gmbh", sells_in_both), agreement(CPO, EMSP, terms))
    october_.charge("10", "20")
    assert october_.world.reasons("C1") == []
    october_.cut_off()
    (row,) = october_.true_up()
    assert (row.leg.seller, row.leg.buyer, row.leg.clause) == (CPO, EMSP, "split.steps[1] operator")
    assert (row.owed, row.booked) == (Decimal("14.2500"), Decimal("13.5000"))  # 95 and 90 % of 15
    assert (row.leg.kind, row.leg.vat.category, row.leg.vat.place) == ("wholesale", "AE", "DE")
    assert as_journal(row.entries[:1]) == journal("""
        xyz-bv charging_sold
            debit  receivable:DE*EMP  0.7500 EUR
            credit revenue:charging   0.7500 EUR
    """)
