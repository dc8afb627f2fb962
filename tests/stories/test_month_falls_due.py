"""What a month accrued falls due at its close: rounded once per invoice group, in every book."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.application import falling_due
from ledger.application.closing import fall_due_period
from ledger.application.commands import By
from ledger.roaming.clauses import Fee, SplitTerms, Step
from ledger.roaming.terms import Terms, VatTerms
from ledger.settlement import period
from ledger.settlement.period import Checkpoint, SettlementPeriod
from ledger.values.money import minor_unit
from ledger.values.reasons import Refused
from projections.queries.accrual import accruals
from projections.queries.balance import balances
from projections.queries.journal import journal as journal_of
from projections.queries.period import party_positions
from projections.rebuild import verify
from tests.ledger_cast import (
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
)
from tests.ledger_statements import cdr, credit_of, october, session, tariff
from tests.ledger_world import as_journal, journal
from tests.months import NOVEMBER, OCTOBER, OVER

A_THIRD = Step(HOST, rate="1/3", name="host")
REST = Step(CPO, remaining=True, name="rest")
FEE = Fee("clearing", "seller", CLEARING, "net", rate="1/70")
SHARED = agreement(CPO, EMSP, Terms(fees=(FEE,), split=SplitTerms(steps=(A_THIRD, REST))))
ODD = ("10.1", "9.977", "3.333", "7.0001")
"""Energies whose prices have digits beyond the cent."""


def closed(month, *names):
    """Take a month through its close up to the fixed figures."""
    month.cut_off()
    month.true_up()
    due = month.fall_due()
    month.soft_close(*(f"{CPO}/{name}" for name in names))
    return due


def by_account(month, prefix: str) -> dict[tuple[str, str], str]:
    """Return what accounts hold that begin so, without those that hold nothing."""
    return {
        (row.book, row.account): str(row.balance)
        for row in month.ask(balances)
        if row.account.startswith(prefix) and (row.balance or row.book_balance)
    }


def entries_of(due) -> list[str]:
    return as_journal(entry for row in due for entry in row.entries)


def test_a_sale_under_reverse_charge_falls_due_in_both_books(month):
    october_ = month(agreement(CPO, EMSP, Terms()))
    october_.charge("10.007", "10.0001")
    october_.cut_off()
    october_.true_up()
    (due,) = october_.fall_due()
    assert (str(due.accrued_net), str(due.net)) == ("10.0040", "10.0000")
    assert (due.group.category, due.group.place, due.seller_country) == ("AE", "DE", "NL")
    assert entries_of([due]) == journal("""
        xyz-bv group_sold_due
            debit  revenue:charging            10.0040 EUR
            credit revenue:charging:invoiced   10.0000 EUR
            credit rounding:accrual             0.0040 EUR
        xyz-bv group_sold_rounded
            credit receivable:DE*EMP            0.0040 EUR
            debit  rounding:accrual             0.0040 EUR
        emp-gmbh group_bought_due
            credit cost:charging               10.0040 EUR
            debit  cost:charging:invoiced      10.0000 EUR
            debit  rounding:accrual             0.0040 EUR
        emp-gmbh group_bought_rounded
            debit  payable:NL*XYZ               0.0040 EUR
            credit rounding:accrual             0.0040 EUR
        emp-gmbh group_self_assessed
            debit  vat:DE:input:due             1.9000 EUR
            credit vat:DE:self_assessed:due     1.9000 EUR
    """)


def test_net_positions_are_in_cents_once_everything_has_fallen_due(month):
    october_ = month(SHARED)
    october_.charge(*ODD)
    october_.cut_off()
    october_.true_up()
    before = {row.party: row.net_position for row in october_.ask(party_positions, OCTOBER)}
    assert any(amount % minor_unit("EUR") for amount in before.values())
    due = october_.fall_due()
    after = {row.party: row.net_position for row in october_.ask(party_positions, OCTOBER)}
    assert set(after) == {CPO, EMSP, HOST, CLEARING}
    assert all(amount % minor_unit("EUR") == 0 for amount in after.values()), after
    assert sum(after.values()) == 0
    assert max(abs(after[party] - before[party]) for party in after) < Decimal("0.03")
    for prefix in ("vat:NL:output:accrued", "vat:NL:input:accrued", "rounding:"):
        assert by_account(october_, prefix) == {}
    accounts = {account for _, account in by_account(october_, "revenue:")}
    assert accounts == {f"revenue:{kind}:invoiced" for kind in ("charging", "fee", "share")}
    october_.soft_close(*(f"{CPO}/c{number}" for number in range(1, 5)))
    booked = [
        row for row in october_.ask(journal_of, period=OCTOBER) if row.rule.startswith("group")
    ]
    assert {row.clause for row in booked} == {row.name for row in due}
    assert {(str(row.posted_on), row.accounting_month) for row in booked} == {
        ("2026-10-31", "2026-10")
    }
    assert all(row.is_same for row in verify(october_.world.url))


def test_a_period_in_which_something_accrued_is_not_due_cannot_be_closed(month):
    october_ = month(agreement(CPO, EMSP, Terms()))
    october_.charge("10")
    with pytest.raises(Refused, match="PERIOD_NOT_OPEN"):
        october_.fall_due()
    october_.cut_off()
    with pytest.raises(Refused, match="ACCRUAL_NOT_DUE") as refused:
        october_.soft_close(f"{CPO}/c1")
    (refusal,) = refused.value.refusals
    assert refusal.path == f"{CPO} > {EMSP} invoice group 2026-10 DE AE 0 % electricity"
    assert refusal.actual == "5.0000 and 0.0000 EUR accrued"
    assert len(october_.fall_due()) == 1
    head = october_.world.rows("SELECT position FROM log.head")
    assert october_.fall_due() == ()
    assert october_.world.rows("SELECT position FROM log.head") == head
    october_.soft_close(f"{CPO}/c1")
    with pytest.raises(Refused, match="PERIOD_NOT_OPEN"):
        october_.fall_due()


def test_what_is_trued_up_after_falling_due_falls_due_as_a_difference(month):
    october_ = month(agreement(CPO, EMSP, Terms()))
    october_.charge("10.007")
    october_.cut_off()
    (first,) = october_.fall_due()
    assert (first.accrued_net, first.net) == (Decimal("5.0035"), Decimal("5.0000"))
    monthly = Fee("platform", "seller", CPO, "per_month", amount=Decimal("1.005"), currency="EUR")
    more = agreement(HOST, EMSP, Terms(fees=(replace(monthly, payee=HOST, payer="buyer"),)))
    october_.world.learn(more)
    assert len(october_.true_up()) == 1
    with pytest.raises(Refused, match="ACCRUAL_NOT_DUE"):
        october_.soft_close(f"{CPO}/c1")
    (second,) = october_.fall_due()
    assert (second.group.seller, str(second.accrued_net), str(second.net)) == (
        *(HOST, "1.0050"),
        "1.0100",
    )
    october_.soft_close(f"{CPO}/c1")


def test_a_second_falling_due_rounds_the_whole_group_and_books_what_is_missing(month):
    """0.0040 of a group rounds to nothing, and again; both together are a cent."""
    october_ = month(agreement(CPO, EMSP, Terms()))
    october_.charge("10.008")
    october_.cut_off()
    (first,) = october_.fall_due()
    figures, _ = october_.accrued()
    (found,) = figures.groups
    grown = replace(
        figures,
        groups=(
            replace(
                found,
                lines=tuple(
                    replace(line, amount=more, book_amount=more)
                    for line in found.lines
                    for more in [
                        line.amount + (Decimal("0.004") if line.amount > 0 else Decimal("-0.004"))
                    ]
                ),
            ),
        ),
    )
    (second,) = fall_due_period(
        october_.world.ledger,
        OCTOBER,
        accruals=grown,
        checkpoint=Checkpoint("accrual", 1, grown.sha256),
        by=OVER,
    )
    assert [str(row.net) for row in (first, second)] == ["5.0000", "0.0100"]
    assert str(second.accrued_net) == "0.0040"


def test_what_comes_after_the_close_falls_due_with_the_next_month(month):
    october_ = month(agreement(CPO, EMSP, Terms()))
    october_.charge("10.007", "10.003")
    (due,) = closed(october_, "c1", "c2")
    october_.world.send(session("C3", kwh="4.001"), cdr("C3", "2.0005", kwh="4.001"))
    october_.world.send(credit_of(cdr("C1", "5.0035", kwh="10.007"), "K1"))
    assert october_.ask(accruals, OCTOBER).groups[0].lines  # what October accrued stays told
    november = october_.ask(accruals, NOVEMBER)
    (late,) = november.groups
    assert (late.group.tax_period, due.group) == ("2026-10", late.group)
    assert {line.account: str(line.amount) for line in late.lines} == {
        "cost:charging": "-3.0030",
        "revenue:charging": "3.0030",
    }
    october_.advance(NOVEMBER)
    october_.cut_off()
    (credit,) = october_.fall_due()
    assert (str(credit.accrued_net), str(credit.net)) == ("-3.0030", "-3.0000")
    assert entries_of([credit])[:4] == journal("""
        xyz-bv group_sold_due
            credit revenue:charging            3.0030 EUR
            debit  revenue:charging:invoiced   3.0000 EUR
            debit  rounding:accrual            0.0030 EUR
    """)
    positions = {
        row.party: str(row.net_position) for row in october_.ask(party_positions, NOVEMBER)
    }
    assert positions == {CPO: "-3.0000", EMSP: "3.0000"}
    assert by_account(october_, "revenue:") == {("xyz-bv", "revenue:charging:invoiced"): "-7.0100"}
    assert all(row.is_same for row in verify(october_.world.url))


def test_a_month_in_which_everything_was_taken_back_has_nothing_due(month):
    october_ = month(agreement(CPO, EMSP, Terms()))
    october_.charge("10.007")
    october_.world.send(credit_of(cdr("C1", "5.0035", kwh="10.007"), "K1"))
    october_.cut_off()
    assert october_.accrued()[0].groups == ()
    assert october_.fall_due() == ()
    october_.soft_close(f"{CPO}/c1")


def test_drivers_paid_what_they_paid_and_the_rest_stays_on_the_rounding_accounts(month):
    """Paid on the spot at 21 %: the collector's book says what rounding once took, or added."""
    steps = Step(EMSP, rate="1/10", name="platform"), REST
    sells_in_both = replace(
        ENTITIES["emp-gmbh"], vat_registrations=(registered("DE"), registered("NL"))
    )
    october_ = month(
        entity("emp-gmbh", sells_in_both),
        agreement(CPO, EMSP, Terms(flow="ad_hoc", split=SplitTerms(steps=steps))),
    )
    october_.charge("10.007", "10.0001")
    october_.cut_off()
    october_.true_up()
    dues = {row.group.buyer: row for row in october_.fall_due()}
    sale = dues["driver"]
    assert (str(sale.accrued_net), str(sale.accrued_tax)) == ("10.0040", "2.1008")
    assert (str(sale.net), str(sale.tax)) == ("10.0000", "2.1000")
    assert by_account(october_, "receivable:driver") == {
        ("emp-gmbh", "receivable:driver"): "12.1048"
    }
    assert by_account(october_, "rounding:") == {
        ("emp-gmbh", "rounding:accrual"): "-0.0040",
        ("emp-gmbh", "rounding:vat"): "-0.0008",
    }


def test_an_agent_owes_the_invoice_and_has_what_its_driver_owes(month):
    october_ = month(agreement(CPO, EMSP, Terms(vat=VatTerms(model="AGENT"))))
    october_.charge("10.007")
    october_.cut_off()
    october_.true_up()
    (due,) = october_.fall_due()
    assert (due.group.for_driver, str(due.net), str(due.tax)) == (True, "5.0000", "1.0500")
    assert entries_of([due])[-3:] == journal("""
        emp-gmbh group_bought_rounded
            debit  payable:NL*XYZ     0.0042 EUR
            credit rounding:accrual   0.0042 EUR
    """)
    assert by_account(october_, "rounding:") == {("emp-gmbh", "rounding:accrual"): "-0.0042"}


def test_a_book_of_another_currency_balances_in_both(month):
    """Francs sold by a Swiss CPO: 10.0080 CHF are 10.6465 EUR in the buyer's book."""
    october_ = month(agreement(SWISS_CPO, EMSP, Terms()), rates())
    october_.world.send(tariff(("ENERGY", "0.50", 1), of=SWISS_CPO, currency="CHF"))
    for name, kwh, total in (("S1", "10.007", "5.0035"), ("S2", "10.009", "5.0045")):
        swiss = {"of": SWISS_CPO, "kwh": kwh, "at": october(12)}
        october_.world.send(session(name, **swiss), cdr(name, total, currency="CHF", **swiss))
    assert october_.world.reasons("S1", SWISS_CPO) == []
    october_.cut_off()
    (due,) = october_.fall_due()
    assert (str(due.net), due.group.currency) == ("10.0100", "CHF")
    for entry in due.entries:
        for amount in ("amount", "book_amount"):
            sides = {"debit": Decimal(0), "credit": Decimal(0)}
            for row in entry.postings:
                sides[row.side] += getattr(row, amount)
            assert sides["debit"] == sides["credit"]
    assert by_account(october_, "cost:charging") == {
        ("emp-gmbh", "cost:charging:invoiced"): "10.0100"
    }


def test_who_may_make_a_month_due_and_on_which_figures(month):
    october_ = month(agreement(CPO, EMSP, Terms()))
    october_.charge("10")
    october_.cut_off()
    figures, checkpoint = october_.accrued()
    ledger = october_.world.ledger
    other = Checkpoint("accrual", checkpoint.position, "0" * 64)
    with pytest.raises(Refused, match="FIGURES_MOVED"):
        fall_due_period(ledger, OCTOBER, accruals=figures, checkpoint=other, by=OVER)
    with pytest.raises(Refused, match="ACTOR_UNKNOWN"):
        fall_due_period(
            ledger,
            OCTOBER,
            accruals=figures,
            checkpoint=checkpoint,
            by=By("eve", "asserted", OVER.at),
        )
    fall_due_period(ledger, OCTOBER, accruals=figures, checkpoint=checkpoint, by=OVER)
    (event,) = (row for row in october_.world.events() if row.TOPIC.endswith(".fell_due.v1"))
    assert (event.checkpoint, event.visible_to) == (checkpoint, (EMSP, CPO))
    assert ledger.facts.find(SettlementPeriod, OCTOBER).state == "IN_REVIEW"


def test_very_many_groups_are_recorded_in_several_events(month, monkeypatch):
    for module in (falling_due, period):
        monkeypatch.setattr(module, "GROUPS_PER_EVENT", 2)
    october_ = month(SHARED)
    october_.charge(*ODD)
    october_.cut_off()
    october_.true_up()
    assert len(october_.fall_due()) == 3
    recorded = [row for row in october_.world.events() if row.TOPIC.endswith(".fell_due.v1")]
    assert [len(row.groups) for row in recorded] == [2, 1]
    for event in recorded:
        for place, due in enumerate(event.groups):
            assert {entry.leg for entry in due.entries} == {place}
    assert by_account(october_, "rounding:") == {}
    assert october_.fall_due() == ()
