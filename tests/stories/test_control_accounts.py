"""Control accounts at a month's end are zero, or every item that makes them up is named."""

from decimal import Decimal

from msgspec.structs import replace

from ledger.application.commands import By
from ledger.application.dispute_desk import dismiss_dispute
from ledger.application.opening import OpeningFile, approve_openings, submit_openings
from ledger.application.registration import register_actor
from ledger.books.opening import OpeningLine
from ledger.roaming.clauses import SplitTerms, Step
from ledger.roaming.terms import ClassedDimension, Terms, VatTerms
from projections.database import reading
from projections.queries.balance import balances
from projections.queries.control import ControlAccount, control_accounts, control_blocks, control_of
from projections.runner import Projector
from projections.schema import migrate
from tests.disputing import FIONA, answered, disputed_world, opened
from tests.ledger_cast import (
    BY_ADMIN,
    BY_FINANCE,
    CPO,
    EMSP,
    ENTITIES,
    RECORDED_AT,
    agreement,
    entity,
    registered,
)
from tests.ledger_statements import cdr, october, session, tariff

MONTH = "2026-10"


def items_of(accounts: list[ControlAccount], *controls: str) -> dict[tuple[str, str], list[str]]:
    """Return the items of control accounts that have any, checked to sum to the balance."""
    for row in accounts:
        assert row.is_explained, row
        assert row.balance == sum((item.amount for item in row.items), Decimal(0))
        assert row.book_balance == sum((item.book_amount for item in row.items), Decimal(0))
    return {
        (row.book, row.account): [f"{item.item}: {item.amount}" for item in row.items]
        for row in accounts
        if row.control in controls and row.items
    }


def asked(url: str, month: str = MONTH) -> list[ControlAccount]:
    migrate(url)
    Projector(url).run(until_caught_up=True)
    with reading(url) as connection:
        found = control_accounts(connection, month)
        assert control_blocks(found) == []
        used = {row.account for row in balances(connection) if control_of(row.account)}
        assert {row.account for row in found} <= used
        return found


def test_what_is_accrued_is_itemised_by_group_until_it_has_fallen_due(month):
    october_ = month(agreement(CPO, EMSP, Terms()))
    october_.charge("10.007", "10.003")
    group = f"ALL/2026-10 {CPO} > {EMSP} invoice group 2026-10 DE AE 0 % electricity"
    assert items_of(october_.ask(control_accounts, MONTH), "accrual") == {
        ("emp-gmbh", "cost:charging"): [f"{group}: 10.0050"],
        ("xyz-bv", "revenue:charging"): [f"{group}: -10.0050"],
    }
    assert asked(october_.world.url, "2026-09") == []
    october_.cut_off()
    october_.fall_due()
    after = asked(october_.world.url)
    assert items_of(after, "accrual", "rounding", "disputed", "suspense") == {}
    assert items_of(after, "clearing") == {
        ("emp-gmbh", f"payable:{CPO}"): [f"{CPO}: -10.0100"],
        ("xyz-bv", f"receivable:{EMSP}"): [f"{EMSP}: 10.0100"],
    }


def test_what_drivers_leave_on_the_rounding_accounts_is_itemised_by_group(month):
    steps = Step(EMSP, rate="1/10", name="platform"), Step(CPO, remaining=True, name="rest")
    both = replace(ENTITIES["emp-gmbh"], vat_registrations=(registered("DE"), registered("NL")))
    october_ = month(
        entity("emp-gmbh", both),
        agreement(CPO, EMSP, Terms(flow="ad_hoc", split=SplitTerms(steps=steps))),
    )
    october_.charge("10.007", "10.0001")
    october_.cut_off()
    october_.true_up()
    october_.fall_due()
    group = f"ALL/2026-10 {EMSP} > driver invoice group 2026-10 NL S 21 % electricity"
    assert items_of(asked(october_.world.url), "rounding") == {
        ("emp-gmbh", "rounding:accrual"): [f"{group}: -0.0040"],
        ("emp-gmbh", "rounding:vat"): [f"{group}: -0.0008"],
    }


def test_what_is_disputed_is_itemised_by_dispute_until_it_is_decided(database_url):
    world = disputed_world(database_url, "C1", "C2")
    opened(world, "C1")
    disputed = items_of(asked(database_url), "disputed")
    assert disputed == {
        ("mob-sas", f"disputed:payable:{CPO}"): [f"dispute {CPO}/d-1: -6.0500"],
        ("xyz-bv", "disputed:receivable:FR*MOB"): [f"dispute {CPO}/d-1: 6.0500"],
    }
    answered(world)
    dismiss_dispute(world.ledger, f"{CPO}/d-1", text="the meter is right", by=FIONA)
    assert items_of(asked(database_url), "disputed") == {}
    world.close()


def test_what_a_book_was_opened_with_is_named_after_its_file(month):
    october_ = month(agreement(CPO, EMSP, Terms()))
    register_actor(october_.world.ledger, "fiona", ("finance",), by=BY_ADMIN)
    lines = (
        OpeningLine("xyz-bv", "suspense:unmatched", "EUR", "debit", Decimal("7.00"), path="2"),
        OpeningLine("xyz-bv", "vat:NL:output:accrued", "EUR", "credit", Decimal("2.10"), path="3"),
    )
    day = october_.over.at.date().replace(month=9, day=30)
    file = OpeningFile(day, lines, "balances.csv", "a" * 64)
    submit_openings(october_.world.ledger, file, by=BY_FINANCE)
    approve_openings(october_.world.ledger, ("xyz-bv",), by=By("fiona", "asserted", RECORDED_AT))
    october_.charge("10")
    found = items_of(asked(october_.world.url, "2026-09"), "suspense", "accrual")
    assert found == {
        ("xyz-bv", "suspense:unmatched"): ["opening balances.csv: 7.0000"],
        ("xyz-bv", "vat:NL:output:accrued"): ["opening balances.csv: -2.1000"],
    }
    later = items_of(asked(october_.world.url), "suspense", "accrual")
    assert {place: later[place] for place in found} == found


def test_what_no_item_explains_blocks_a_close(month):
    october_ = month(agreement(CPO, EMSP, Terms()))
    october_.charge("10")
    october_.ask(control_accounts, MONTH)
    spoilt = "UPDATE accrual.sum SET amount = amount + 1 WHERE book = 'xyz-bv' RETURNING 1"
    assert october_.world.rows(spoilt) == [(1,)]
    found = october_.ask(control_accounts, MONTH)
    (wrong,) = (row for row in found if not row.is_explained)
    assert (wrong.account, wrong.unexplained, wrong.book_unexplained) == ("revenue:charging", -1, 0)
    (block,) = control_blocks(found)
    assert block.code == "CONTROL_NOT_EXPLAINED"
    assert "-1.0000 EUR (0.0000 EUR) on revenue:charging in the book xyz-bv" in block.sentence


def test_clearing_that_is_not_zero_over_all_books_blocks_a_close(month):
    october_ = month(agreement(CPO, EMSP, Terms()))
    october_.charge("10")
    found = october_.ask(control_accounts, MONTH)
    ours = [row for row in found if row.book == "xyz-bv"]
    (block,) = control_blocks(ours)
    assert block.code == "CLEARING_OUT_OF_BALANCE"
    assert "Clearing sums to 5.0000 EUR over all books" in block.sentence
    assert control_blocks(found) == []


def test_what_a_class_of_its_own_taxes_falls_due_in_a_group_of_its_own(month):
    """Parking beside the energy, on one CDR: two groups, each with its accounts, nothing left."""
    terms = Terms(vat=VatTerms(classes=(ClassedDimension("FLAT", "parking"),)))
    october_ = month(agreement(CPO, EMSP, terms))
    october_.world.send(
        tariff(("ENERGY", "0.50", 1), ("FLAT", "0.3333", 1), updated=october(1)),
        *(session("P1", kwh="10.007"), cdr("P1", "5.3368", kwh="10.007")),
    )
    assert october_.world.reasons("P1") == []
    october_.cut_off()
    due = {row.group.tax_class: row for row in october_.fall_due()}
    assert {
        name: (str(row.accrued_net), str(row.net), str(row.tax)) for name, row in due.items()
    } == {
        "": ("5.0035", "5.0000", "0.0000"),
        "parking": ("0.3333", "0.3300", "0.0700"),
    }
    assert items_of(asked(october_.world.url), "accrual", "rounding") == {}
