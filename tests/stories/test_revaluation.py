"""What a book holds in another currency: realised when it is paid, revalued while it is open."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from msgspec.structs import replace

from console.reports.fx import fx_report
from console.revaluing import foreign_in, look_ahead, revalue, revalue_for_close
from ledger.application.closing import hard_close_period
from ledger.application.commands import By, provenance_of
from ledger.application.registration import advance_time, register_actor
from ledger.fx.convert import FxTerms
from ledger.fx.rates import PublishedRate, RateHistory
from ledger.roaming.clauses import Fee, SplitTerms, Step
from ledger.roaming.terms import Terms
from ledger.settlement.accounting import AccountingPeriod, TrialBalance
from ledger.settlement.period import Checkpoint, PeriodFigures, SettlementPeriod
from ledger.values.reasons import Refused
from projections.database import reading
from projections.queries.balance import (
    balances,
    balances_beside_postings,
    books_out_of_balance,
    incomplete_entries,
)
from projections.queries.exchange import conversions
from projections.queries.journal import journal as journal_of
from projections.rebuild import verify
from projections.runner import Projector
from projections.schema import migrate
from tests.ledger_cast import (
    BY_ADMIN,
    CAST,
    CLEARING,
    EMSP,
    ENTITIES,
    SWISS_CPO,
    agreement,
    entity,
    rates,
    registered,
    swiss_rates,
)
from tests.ledger_statements import cdr, credit_of, october, session, tariff
from tests.ledger_world import World
from tests.paying import PROVIDER, PSP, told

BY = By("finn", "asserted", datetime(2026, 11, 2, 9, tzinfo=UTC))
PER_KWH = tariff(("ENERGY", "0.50", 1), of=SWISS_CPO, currency="CHF")
ON_THE_SPOT = Terms(
    flow="ad_hoc",
    split=SplitTerms(steps=(Step(CLEARING, rate="1/50"), Step(SWISS_CPO, remaining=True))),
)
"""The German eMSP collects francs from drivers at Swiss chargers, in a book of euros."""
IN_EUROS = Terms(currency="EUR", fees=(Fee("clearing", "seller", CLEARING, "net", rate="1/10"),))
"""The Swiss CPO sells in euros and owes a fee in euros, in a book of francs."""
PARITY, DEARER = "1.0000", "0.8000"
"""Francs for one euro: at the second a franc is worth 1.25 euros."""
ON_10, ON_20, ON_NOV_20 = date(2026, 10, 10), date(2026, 10, 20), date(2026, 11, 20)
NOTHING = Decimal(0)
NOK_RATES = RateHistory(
    "NOK", "ECB", ON_10, date(2026, 11, 30), (PublishedRate(ON_10, Decimal("10.312")),)
)


def known_rates(*published, until=date(2026, 11, 30)):
    return rates(swiss_rates(until, *published))


class Books:
    """A world with its read models, and the words in which these tests look at them."""

    def __init__(self, url, terms, *facts):
        emp = ENTITIES["emp-gmbh"]
        self.world = World(url, *CAST, agreement(SWISS_CPO, EMSP, terms), *facts)
        assert emp.currency == "EUR"
        migrate(url)
        self.world.send(PER_KWH)

    def charge(self, id="C1", day=10, kwh="20", net="10.00"):
        at = october(day, 10)
        said = {"of": SWISS_CPO, "at": at, "uid": id, "kwh": kwh}
        self.world.send(session(id, **said), cdr(id, net, currency="CHF", **said))
        assert self.world.cdr(id, SWISS_CPO).state == "accepted", self.world.reasons(id, SWISS_CPO)

    def pay(self, sequence, status, amount, at, **more):
        said = {"of": SWISS_CPO, "currency": "CHF", "occurred_at": at} | more
        self.world.send(told(sequence, status, amount, **said))

    def revalue(self, month="2026-10", **options):
        return revalue(self.world.ledger, self.world.url, month, **({"by": BY} | options))

    def look_ahead(self, period):
        ledger = self.world.ledger
        ledger.refresh()
        found = ledger.facts.find(SettlementPeriod, period)
        return self.ask(lambda connection: look_ahead(ledger, connection, found))

    def events(self):
        topic = "accounting_period.revalued.v1"
        return [event for event in self.world.events() if topic == event.TOPIC]

    def ask(self, query, *arguments, **filters):
        Projector(self.world.url, page_size=7).run(until_caught_up=True)
        with reading(self.world.url) as connection:
            return query(connection, *arguments, **filters)


def in_words(entries):
    """Return entries as a journal: rule, whether it takes back, sides, book amounts."""
    return [
        (
            str(row.posted_on),
            row.rule,
            "reverses" if row.reverses else "",
            *(f"{line.side} {line.account} {line.amount} = {line.book_amount}"
              for line in row.postings),
        )
        for row in entries
    ]  # fmt: skip


def exchange_entries(books, book):
    entries = books.ask(journal_of, book=book)
    return in_words(row for row in entries if row.rule.startswith("fx_"))


def all_in_order(books):
    assert books.ask(books_out_of_balance) == []
    assert books.ask(balances_beside_postings) == []
    assert books.ask(incomplete_entries) == []
    assert all(row.is_same for row in verify(books.world.url))


def in_books(books, book, account, currency="CHF", **filters):
    """Return what an account holds in a currency, and in the book's own."""
    found = books.ask(balances, book=book, account=account, **filters)
    return next(
        ((row.balance, row.book_balance) for row in found if row.currency == currency),
        (NOTHING, NOTHING),
    )


SWISS_TAXED = entity(
    "emp-gmbh",
    replace(ENTITIES["emp-gmbh"], vat_registrations=(registered("DE"), registered("CH"))),
)


@pytest.fixture
def on_the_spot(database_url):
    published = known_rates((ON_10, PARITY), (ON_20, DEARER))
    books = Books(database_url, ON_THE_SPOT, SWISS_TAXED, PROVIDER, published)
    yield books
    books.world.close()


@pytest.fixture
def in_euros(database_url):
    books = Books(database_url, IN_EUROS, known_rates((ON_10, PARITY), (ON_20, DEARER)))
    yield books
    books.world.close()


def test_francs_that_a_driver_pays_later_at_another_rate_bring_what_is_realised(on_the_spot):
    on_the_spot.charge(day=12)
    driver = "emp-gmbh", "receivable:driver"
    assert in_books(on_the_spot, *driver) == (Decimal("10.81"), Decimal("10.81"))
    on_the_spot.pay(1, "CAPTURED", "10.81", october(21))
    assert in_books(on_the_spot, *driver) == (0, Decimal("-2.7025"))
    on_the_spot.revalue()
    assert exchange_entries(on_the_spot, "emp-gmbh")[:1] == [
        (
            "2026-10-31",
            "fx_realised",
            "",
            "debit receivable:driver 0.0000 = 2.7025",
            "credit fx:realised 0.0000 = 2.7025",
        )
    ]
    assert in_books(on_the_spot, *driver) == (0, 0)
    all_in_order(on_the_spot)


def test_what_is_open_is_at_the_rate_of_the_months_end_and_back_on_the_next_day(on_the_spot):
    on_the_spot.charge(day=12)
    on_the_spot.revalue()
    owed = next(row for row in exchange_entries(on_the_spot, "emp-gmbh") if "CH*ALP" in row[-1])
    assert owed == (
        "2026-10-31",
        "fx_revalued",
        "",
        "debit fx:unrealised 0.0000 = 2.4500",
        "credit payable:CH*ALP 0.0000 = 2.4500",
    )
    payable = "emp-gmbh", "payable:CH*ALP"
    at_the_end = in_books(on_the_spot, *payable, month="2026-10")
    assert at_the_end == (Decimal("-9.8"), Decimal("-12.25"))
    assert in_books(on_the_spot, *payable) == (Decimal("-9.8"), Decimal("-9.8"))
    all_in_order(on_the_spot)


def test_a_reversal_names_the_entry_that_it_takes_back(on_the_spot):
    on_the_spot.charge(day=12)
    on_the_spot.pay(1, "CAPTURED", "10.81", october(21))
    on_the_spot.revalue()
    entries = {row.id: row for row in on_the_spot.ask(journal_of) if row.rule.startswith("fx_")}
    back = [row for row in entries.values() if row.reverses]
    assert len(back) == sum(row.rule == "fx_revalued" for row in entries.values()) / 2 > 1
    for row in back:
        was = entries[row.reverses]
        assert (str(was.posted_on), str(row.posted_on)) == ("2026-10-31", "2026-11-01")
        assert [(line.account, line.book_amount) for line in was.postings] == [
            (line.account, line.book_amount) for line in row.postings
        ]
        assert [line.side for line in was.postings] == [line.side for line in row.postings[::-1]]


def test_a_book_of_francs_owes_and_is_owed_euros(in_euros):
    in_euros.charge(day=12)
    in_euros.revalue()
    # 10.00 EUR were 10.00 CHF, and are 8.00 CHF at the end of the month.
    assert [row[1:] for row in exchange_entries(in_euros, "alp-ag")[:2]] == [
        (
            "fx_revalued",
            "",
            "debit payable:NL*CLR 0.0000 = 0.2000",
            "credit fx:unrealised 0.0000 = 0.2000",
        ),
        (
            "fx_revalued",
            "",
            "debit fx:unrealised 0.0000 = 2.0000",
            "credit receivable:DE*EMP 0.0000 = 2.0000",
        ),
    ]
    assert exchange_entries(in_euros, "emp-gmbh") == []
    all_in_order(in_euros)


def test_a_part_that_is_paid_leaves_at_the_average_rate(on_the_spot):
    on_the_spot.charge("C1", day=12)
    on_the_spot.charge("C2", day=22)
    # 21.62 CHF are carried at 10.81 + 13.5125 EUR, 1.125 each; 5.40 are paid at 1.25.
    on_the_spot.pay(1, "CAPTURED", "5.40", october(23))
    (emp,) = on_the_spot.revalue(book="emp-gmbh")
    (driver,) = [row for row in emp.items if row.account == "receivable:driver"]
    assert (driver.amount, driver.realised) == (Decimal("16.22"), Decimal("0.675"))
    assert driver.carrying == Decimal("24.3225") - Decimal("6.75") + Decimal("0.675")
    assert driver.unrealised == Decimal("20.275") - driver.carrying


def test_realised_and_unrealised_over_a_life_are_what_was_settled_less_what_was_booked(on_the_spot):
    on_the_spot.charge(day=12)
    on_the_spot.world.learn(known_rates((ON_10, PARITY), (ON_20, DEARER), (ON_NOV_20, "0.5000")))
    on_the_spot.revalue()
    on_the_spot.pay(1, "CAPTURED", "10.81", october(21).replace(month=11))
    on_the_spot.revalue("2026-11")
    sums = {
        row.account: row.book_balance
        for row in on_the_spot.ask(balances, book="emp-gmbh")
        if row.account in ("receivable:driver", "psp:NL*PSP")
    }
    assert sums["receivable:driver"] == 0
    driver = [
        line.book_amount * (1 if line.side == "credit" else -1)
        for row in on_the_spot.ask(journal_of, book="emp-gmbh", account="receivable:driver")
        if row.rule.startswith("fx_")
        for line in row.postings
        if line.account.startswith("fx:")
    ]
    # Booked at 10.81 EUR, paid when the francs were 21.62 EUR.
    assert (sum(driver), len(driver)) == (Decimal("10.81"), 3)
    all_in_order(on_the_spot)


def test_the_same_figures_again_book_nothing_and_others_take_the_first_back(on_the_spot):
    on_the_spot.charge(day=12)
    first = on_the_spot.revalue()
    before = exchange_entries(on_the_spot, "emp-gmbh")
    assert on_the_spot.revalue(dry_run=True) == on_the_spot.revalue() == first
    assert len(on_the_spot.events()) == 2
    on_the_spot.charge("C2", day=22)
    on_the_spot.revalue()
    assert len(on_the_spot.events()) == 4
    rows = [row for row in on_the_spot.ask(journal_of, book="emp-gmbh") if row.rule[:3] == "fx_"]
    again = [row for row in rows if row.position > rows[0].position]
    taken_back = [row for row in again if row.reverses_position == rows[0].position]
    assert len(taken_back) == len(before)
    payable = in_books(on_the_spot, "emp-gmbh", "payable:CH*ALP", month="2026-10")
    assert payable == (Decimal("-19.6"), Decimal("-24.5"))
    unrealised = on_the_spot.ask(balances, book="emp-gmbh", account="fx:unrealised")
    assert [row.book_balance for row in unrealised] == [0]
    all_in_order(on_the_spot)


def test_a_dry_run_books_nothing(on_the_spot):
    on_the_spot.charge(day=12)
    assert [row.book for row in on_the_spot.revalue(dry_run=True)] == ["clr-bv", "emp-gmbh"]
    assert on_the_spot.events() == []


def test_a_month_without_a_rate_of_its_end_is_not_revalued(database_url):
    known = known_rates((ON_10, PARITY), until=date(2026, 10, 30))
    books = Books(database_url, ON_THE_SPOT, SWISS_TAXED, known)
    books.charge(day=12)
    with pytest.raises(Refused, match="FX_RATE_MISSING") as refused:
        books.revalue()
    assert [row.path for row in refused.value.refusals] == ["CHF"]
    assert books.events() == []
    advance_time(books.world.ledger, october(1))
    nothing, blocks = books.look_ahead("ALL/2026-10")
    assert (nothing, [row.code for row in blocks]) == ((), ["FX_RATE_MISSING"])
    assert "CHF" in blocks[0].sentence
    books.world.close()


def test_a_month_that_another_group_keeps_open_is_not_revalued_yet(on_the_spot):
    on_the_spot.charge(day=12)
    ledger = on_the_spot.world.ledger
    advance_time(ledger, october(1))
    books, blocks = on_the_spot.look_ahead("ALL/2026-10")
    assert ([row.book for row in books], blocks) == (["clr-bv", "emp-gmbh"], [])
    advance_time(ledger, october(1), group="NORDIC", time_zone="Europe/Stockholm")
    assert on_the_spot.look_ahead("ALL/2026-10") == ((), [])
    ledger.refresh()
    found = ledger.facts.find(SettlementPeriod, "ALL/2026-10")
    said = revalue_for_close(ledger, on_the_spot.world.url, found, by=BY)
    assert said.startswith("2026-10 stays open in the books")
    assert on_the_spot.events() == []


def test_a_book_that_nobody_has_is_not_revalued(on_the_spot):
    with pytest.raises(Refused, match="NOT_FOUND"):
        on_the_spot.revalue(book="emp-ag")


def test_only_finance_revalues(on_the_spot):
    on_the_spot.charge(day=12)
    register_actor(on_the_spot.world.ledger, "olga", ("operations",), by=BY_ADMIN)
    with pytest.raises(Refused, match="ROLE_MISSING"):
        on_the_spot.revalue(by=replace(BY, actor="olga"))


def test_an_earlier_month_that_is_still_open_comes_first(on_the_spot):
    on_the_spot.charge(day=12)
    advance_time(on_the_spot.world.ledger, october(1))
    with pytest.raises(Refused, match="EARLIER_MONTH_OPEN"):
        on_the_spot.revalue("2026-11")
    on_the_spot.revalue("2026-10")


FIGURES, AT = PeriodFigures(1, "c" * 64, 0, ()), Checkpoint("period", 1, "f" * 64)


def closed(books, *, foreign):
    balance = TrialBalance(Decimal(1), Decimal(1), 1, "b" * 64)
    hard_close_period(
        books.world.ledger,
        "ALL/2026-10",
        figures=FIGURES,
        checkpoint=AT,
        trial_balances={"emp-gmbh": balance, "clr-bv": balance},
        foreign=foreign,
        by=BY,
    )


def test_a_month_is_closed_only_at_its_last_days_rates(on_the_spot):
    on_the_spot.charge(day=12)
    ledger = on_the_spot.world.ledger
    advance_time(ledger, october(1))

    def soft_close(view, writes):
        period = view.edit(SettlementPeriod, "ALL/2026-10")
        period.cut_off(now=BY.at, provenance=provenance_of(BY))
        period.review(provenance=provenance_of(BY))
        period.soft_close(figures=FIGURES, checkpoint=AT, provenance=provenance_of(BY))
        return []

    ledger.command(soft_close, recorded_at=BY.at)
    foreign = on_the_spot.ask(lambda connection: foreign_in(ledger, connection, "2026-10"))
    with pytest.raises(Refused, match="REVALUATION_MISSING"):
        closed(on_the_spot, foreign=foreign)
    on_the_spot.revalue()
    again = on_the_spot.ask(lambda connection: foreign_in(ledger, connection, "2026-10"))
    assert again == foreign
    closed(on_the_spot, foreign=again)
    ledger.refresh()
    found = ledger.facts.find(AccountingPeriod, "emp-gmbh/2026-10")
    assert (found.is_closed, found.revaluation) == (True, None)
    with pytest.raises(Refused, match="PERIOD_CLOSED"):
        on_the_spot.revalue()


def test_what_is_refunded_is_owed_again_at_the_rate_of_that_day(on_the_spot):
    on_the_spot.charge(day=12)
    on_the_spot.pay(1, "CAPTURED", "10.81", october(13))
    on_the_spot.pay(2, "REFUNDED", "10.81", october(21))
    (emp,) = on_the_spot.revalue(book="emp-gmbh")
    found = {row.account: (row.amount, row.realised, row.unrealised) for row in emp.items}
    # The provider took 10.81 EUR in, and gave 13.5125 back.
    assert found["receivable:driver"] == (Decimal("10.81"), 0, 0)
    assert found[f"psp:{PSP}"] == (0, Decimal("2.7025"), 0)


def test_the_report_says_what_was_converted_at_which_rate_and_what_rates_brought(in_euros):
    in_euros.charge(day=12)
    in_euros.revalue()
    found = in_euros.ask(fx_report, book="alp-ag")
    rows = [dict(zip((row.key for row in found.columns), line, strict=True)) for line in found.rows]
    said = [(row["what"], row["from_currency"], row["amount"], row["converted"]) for row in rows]
    assert said[:2] == [
        ("price settled", "CHF", Decimal(10), Decimal(10)),
        ("into the book", "EUR", Decimal(11), Decimal(11)),
    ]
    assert rows[0]["markup"] == 0
    assert (rows[1]["rate"], rows[1]["source"], rows[1]["conversions"]) == (1, "ECB", 2)
    assert [(row["what"], row["gain"]) for row in rows[2:]] == [("unrealised", 0)]
    for before in ({"known_at": BY.at - timedelta(days=1)}, {"as_of": date(2026, 10, 11)}):
        assert [*in_euros.ask(fx_report, book="alp-ag", **before).rows] == []
    october = in_euros.ask(fx_report, book="alp-ag", month="2026-10")
    assert [line[-2] for line in october.totals] == [Decimal("-1.8")]
    all_in_order(in_euros)


def test_a_credited_charge_leaves_no_conversion_and_no_difference(in_euros):
    in_euros.charge(day=12)
    said = {"of": SWISS_CPO, "at": october(12), "uid": "C1", "kwh": "20"}
    in_euros.world.send(credit_of(cdr("C1", "10.00", currency="CHF", **said), "K1"))
    assert {row.amount for row in in_euros.ask(conversions)} == {NOTHING}
    assert in_euros.revalue() == []


def test_a_crossed_rate_shows_what_its_rounding_comes_to(database_url):
    crowns = Terms(currency="NOK", fx=FxTerms(markup_bps=100))
    known = known_rates((ON_10, "0.9194"))
    books = Books(database_url, crowns, known, rates(NOK_RATES))
    books.charge(day=12)
    settled = next(row for row in books.ask(conversions) if row.kind == "settlement")
    # 10.312 / 0.9194 is 11.2160104415923..., recorded as 11.216010441592.
    assert settled.reference_rate == Decimal("11.216010441592")
    exact = Fraction("10.312") / Fraction("0.9194") * 10
    assert settled.triangulation == Fraction("112.16010441592") - exact
    assert settled.markup == Decimal("1.1216")
    (line,) = [row for row in books.ask(fx_report).rows if row[1] == "price settled"]
    assert line[-1] == Decimal("-0.000000000003")
    books.world.close()


def test_a_rate_corrected_after_the_month_was_revalued_moves_it_again(on_the_spot):
    on_the_spot.charge(day=12)
    on_the_spot.revalue()
    on_the_spot.world.learn(known_rates((ON_10, PARITY), (ON_20, "0.5000")))
    on_the_spot.world.settle()
    on_the_spot.revalue()
    payable = in_books(on_the_spot, "emp-gmbh", "payable:CH*ALP", month="2026-10")
    assert payable == (Decimal("-9.8"), Decimal("-19.6"))
    assert in_books(on_the_spot, "emp-gmbh", "payable:CH*ALP")[1] == Decimal("-9.8")
    on_the_spot.world.learn(known_rates((ON_10, "0.5000"), (ON_20, "0.5000")))
    on_the_spot.world.settle()
    on_the_spot.revalue()
    # The charge was decided again at the rate of the month's end: nothing is left to revalue.
    assert in_books(on_the_spot, "emp-gmbh", "payable:CH*ALP")[1] == Decimal("-19.6")
    assert {row.unrealised for found in on_the_spot.revalue() for row in found.items} == {NOTHING}
    all_in_order(on_the_spot)
