"""Every entry of a closed month names its event, rule, agreement version, period and both days."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.application.closing import fall_due_period
from ledger.application.commands import By
from ledger.application.opening import OpeningFile, approve_openings, submit_openings
from ledger.application.registration import register_actor
from ledger.books.opening import OpeningLine
from ledger.books.posting_rules import RULES
from ledger.fx.rates import PublishedRate, RateHistory
from ledger.roaming.clauses import Fee, SplitTerms, Step
from ledger.roaming.terms import TariffTerms, Terms, VatTerms
from ledger.settlement.period import Checkpoint
from projections.database import connect
from projections.queries.journal import journal
from projections.queries.posting_rules import departures
from tests.disputing import OLGA, opened
from tests.ledger_cast import (
    BY_ADMIN,
    BY_FINANCE,
    CLEARING,
    CPO,
    EMSP,
    ENTITIES,
    FRENCH_EMSP,
    HOST,
    SWISS_CPO,
    agreement,
    entity,
    rates,
    registered,
)
from tests.ledger_statements import cdr, october, session, tariff
from tests.months import NOVEMBER, OCTOBER, OVER, Month
from tests.paying import PROVIDER, told
from tests.whole_closes import close_month, closes_at

SOLD, ON_THE_SPOT, AGENCY = f"{CPO}>{EMSP}", f"{SWISS_CPO}>{EMSP}", f"{CPO}>{FRENCH_EMSP}"
EVERY_ENTRY = ("position", "number", "rule", "service_on", "posted_on", "accounting_month")
NAMES = {
    "charging_sold": ("agreement version", "settlement period"),
    "charging_bought": ("agreement version", "settlement period"),
    "charging_collected": ("agreement version", "settlement period"),
    "retail_sold": ("agreement version", "settlement period"),
    "fee_sold": ("agreement version", "settlement period"),
    "fee_bought": ("agreement version", "settlement period"),
    "share_sold": ("agreement version", "settlement period"),
    "share_bought": ("agreement version", "settlement period"),
    "payment_captured": ("", "settlement period"),
    "payment_refunded": ("", "settlement period"),
    "payment_charged_back": ("", "settlement period"),
    "disputed_sale": ("agreement version", "settlement period"),
    "disputed_buying": ("agreement version", "settlement period"),
    "opening_balance": ("hash of the file", "accounting month"),
    "group_sold_due": ("agreement versions", "settlement period"),
    "group_sold_rounded": ("agreement versions", "settlement period"),
    "group_bought_due": ("agreement versions", "settlement period"),
    "group_bought_rounded": ("agreement versions", "settlement period"),
    "group_self_assessed": ("agreement versions", "settlement period"),
    "fx_revalued": ("", "accounting month"),
    "fx_realised": ("", "accounting month"),
}
"""What the entries of each rule have as their agreement version, and as their periods."""

FEE = Fee("clearing", "seller", CLEARING, "net", rate="1/70")
SHARED = SplitTerms(steps=(Step(HOST, rate="1/3", name="host"), Step(CPO, remaining=True)))
FIRST = Terms(fees=(FEE,), split=SHARED, tariffs=TariffTerms(retail="R1"))
SECOND = replace(FIRST, fees=(replace(FEE, rate="1/60"),))
TERMS = (
    agreement(CPO, EMSP, FIRST, valid_until=october(15)),
    agreement(CPO, EMSP, SECOND, valid_from=october(15)),
    agreement(
        SWISS_CPO,
        EMSP,
        Terms(flow="ad_hoc", split=SplitTerms(steps=(Step(SWISS_CPO, remaining=True),))),
    ),
    agreement(CPO, FRENCH_EMSP, Terms(vat=VatTerms(model="AGENT"))),
)
SELLS_EVERYWHERE = entity(
    "emp-gmbh",
    replace(
        ENTITIES["emp-gmbh"],
        vat_registrations=tuple(registered(country) for country in ("DE", "NL", "CH")),
    ),
)
FRANCS = rates(
    RateHistory(
        "CHF",
        "ECB",
        october(1).date(),
        closes_at("2026-10").date(),
        tuple(PublishedRate(october(day).date(), Decimal(rate))
              for day, rate in ((1, "1.0000"), (20, "0.8000"))),
    )
)  # fmt: skip


def charged(world, id, *, of=CPO, by=EMSP, day=10, currency="EUR", kwh="10.007", total="5.0035"):
    """Send a session and its CDR, at 0.50 a kWh."""
    said = {"of": of, "by": by, "at": october(day), "kwh": kwh, "uid": f"04A1{id}"}
    world.send(session(id, **said), cdr(id, total, currency=currency, **said))
    assert world.cdr(id, of).state == "accepted", world.reasons(id, of)


def paid(world, sequence, status, amount, day, **more):
    world.send(
        told(sequence, status, amount, of=SWISS_CPO, currency="CHF", cdr_id="S1",
             occurred_at=october(day), **more)
    )  # fmt: skip


def book_opened(world):
    lines = (OpeningLine("clr-bv", "suspense:unmatched", "EUR", "debit", Decimal(7), path="2"),)
    file = OpeningFile(closes_at("2026-08").date(), lines, "balances.csv", "a" * 64)
    submit_openings(world.ledger, file, by=BY_FINANCE)
    approve_openings(world.ledger, ("clr-bv",), by=By("fiona", "asserted", BY_FINANCE.at))


@pytest.fixture(scope="module")
def closed(new_database):
    """A month that meets every rule, closed for good."""
    october_ = Month(new_database(), SELLS_EVERYWHERE, PROVIDER, FRANCS, *TERMS)
    world = october_.world
    for name, role in (("olga", "operations"), ("fiona", "finance")):
        register_actor(world.ledger, name, (role,), by=BY_ADMIN)
    book_opened(world)
    world.send(
        tariff(("ENERGY", "0.69", 1), of=EMSP, id="R1"),
        tariff(("ENERGY", "0.50", 1), of=SWISS_CPO, currency="CHF"),
    )
    charged(world, "C1")
    charged(world, "C2", day=20)
    charged(world, "S1", of=SWISS_CPO, currency="CHF")
    charged(world, "S2", of=SWISS_CPO, currency="CHF", day=11)
    charged(world, "F1", by=FRENCH_EMSP)
    paid(world, 1, "CAPTURED", "5.41", 21)
    paid(world, 2, "REFUNDED", "1.00", 22)
    paid(world, 3, "CHARGED_BACK", "2.00", 23, chargeback_fee=Decimal("15.00"))
    opened(world, "F1", by=OLGA)
    close_month(world, "2026-10", closes_at("2026-10"))
    yield october_
    world.close()


def test_every_entry_of_a_closed_month_names_what_its_rule_says(closed):
    entries = closed.ask(journal)
    assert set(NAMES) == {rule.id for rule in RULES}
    assert {entry.rule for entry in entries} == set(NAMES), "the month meets every rule"
    for entry in entries:
        assert all(getattr(entry, name) for name in EVERY_ENTRY), entry
        assert f"{entry.posted_on:%Y-%m}" == entry.accounting_month
        said, period = NAMES[entry.rule]
        assert kind_of(entry.agreement_version) == said or (
            (kind_of(entry.agreement_version), said) == ("agreement version", "agreement versions")
        ), entry
        for found in (entry.service_period, entry.posted_period):
            settlement = found.partition("/")[0] == "ALL"
            assert settlement == (period == "settlement period"), entry
            assert settlement or found == entry.accounting_month, entry
    assert closed.ask(departures) == []


def kind_of(named: str) -> str:
    """Return what an entry has as its agreement version."""
    if not named or named.startswith("sha256:"):
        return "hash of the file" if named else ""
    found = [version.rpartition("#") for version in named.split(", ")]
    assert all(
        key in (SOLD, ON_THE_SPOT, AGENCY) and number in ("1", "2") for key, _, number in found
    ), named
    return "agreement version" if len(found) == 1 else "agreement versions"


def test_a_group_names_every_version_that_it_was_sold_under(closed):
    due = [row for row in closed.ask(journal) if row.rule.startswith("group_")]
    named = {(row.seller, row.buyer): row.agreement_version for row in due}
    both = f"{SOLD}#1, {SOLD}#2"
    assert named == {
        (CPO, EMSP): both,
        (EMSP, "driver"): named[EMSP, "driver"],
        (CLEARING, CPO): both,
        (HOST, CPO): both,
        (SWISS_CPO, EMSP): f"{ON_THE_SPOT}#1",
        (CPO, FRENCH_EMSP): f"{AGENCY}#1",
    }
    to_drivers = {row.agreement_version for row in due if row.buyer == "driver"}
    assert to_drivers == {both, f"{ON_THE_SPOT}#1"}, "in the Netherlands, and in Switzerland"


def test_entries_are_found_by_each_version_they_name(closed):
    entries = closed.ask(journal)
    for asked in (SOLD, f"{SOLD}#2", AGENCY, f"{AGENCY}#1"):
        found = closed.ask(journal, agreement=asked)
        assert {row.rule for row in found} >= {"charging_sold", "group_sold_due"}
        assert found == [
            row
            for row in entries
            if any(
                asked in (version, version.partition("#")[0])
                for version in row.agreement_version.split(", ")
            )
        ]


def test_what_was_taken_back_of_a_version_is_not_named(month):
    october_ = month(agreement(CPO, EMSP, Terms()))
    october_.charge("10.007")
    corrected = agreement(CPO, EMSP, Terms(fees=(FEE,)), correction="the fee was forgotten")
    october_.world.learn(corrected)
    october_.world.settle()
    october_.cut_off()
    october_.true_up()
    due = october_.fall_due()
    assert {row.agreement_versions for row in due} == {(f"{SOLD}#2",)}
    sold = {row.agreement_version for row in october_.ask(journal, rule="charging_sold")}
    assert sold == {f"{SOLD}#1", f"{SOLD}#2"}


def test_what_falls_due_again_names_what_fell_due_before_too(month):
    october_ = month(agreement(CPO, EMSP, Terms()))
    october_.charge("10.007")
    october_.cut_off()
    (first,) = october_.fall_due()
    assert first.agreement_versions == (f"{SOLD}#1",)
    figures, _ = october_.accrued()
    (found,) = figures.groups
    twice = tuple(
        replace(line, amount=2 * line.amount, book_amount=2 * line.book_amount)
        for line in found.lines
    )
    more = replace(found, lines=twice, agreement_versions=(f"{SOLD}#10", f"{SOLD}#2"))
    (second,) = made_due(october_, replace(figures, groups=(more,)))
    (third,) = made_due(october_, replace(figures, groups=()))
    all_three = (f"{SOLD}#1", f"{SOLD}#2", f"{SOLD}#10")
    assert (second.agreement_versions, third.agreement_versions) == (all_three, all_three)
    assert first.net + second.net + third.net == 0


def made_due(october_, figures):
    """Make due what accruals would come to."""
    at = Checkpoint("accrual", 1, figures.sha256)
    return fall_due_period(october_.world.ledger, OCTOBER, accruals=figures, checkpoint=at, by=OVER)


def test_groups_of_before_they_named_their_versions_are_no_departure_and_later_ones_are(month):
    october_ = month(agreement(CPO, EMSP, Terms()))
    october_.charge("10.007")
    october_.cut_off()
    october_.fall_due()
    october_.soft_close(f"{CPO}/c1")
    charged(october_.world, "C2", day=20)
    october_.advance(NOVEMBER)
    october_.cut_off()
    october_.fall_due()
    assert october_.ask(departures) == []
    assert unnamed_from(october_, OCTOBER) == []
    assert {row.problem for row in unnamed_from(october_, NOVEMBER)} == {
        f"{rule} has '' as its agreement version" for rule in NAMES if rule.startswith("group_")
    }


def unnamed_from(october_, period):
    """Return the departures of a journal whose groups of a period name no version."""
    with (
        connect(october_.world.url, as_owner=True) as connection,
        connection.transaction(force_rollback=True),
    ):
        connection.execute(b"ALTER TABLE journal.entry DISABLE TRIGGER USER")
        connection.execute(
            b"UPDATE journal.entry SET agreement_version = ''"
            b" WHERE starts_with(rule, 'group_') AND posted_period = %s",
            (period,),
        )
        return departures(connection)
