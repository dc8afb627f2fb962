"""`clearwatt vat return` of charges that fell due, that did not yet, and that came late."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg
import pytest
from command_line import CommandLine, of_settings

from ledger.application.closing import cut_off_period
from ledger.application.commands import By
from ledger.application.registration import advance_time
from ledger.roaming.clauses import Fee
from ledger.roaming.terms import Terms, VatTerms
from ledger.vat.overrides import RateOverride
from projections.rebuild import verify
from tests.ledger_cast import (
    AGREEMENTS,
    CAST,
    CLEARING,
    EMSP,
    SWISS_CPO,
    agreement,
    rates,
    swiss_rates,
)
from tests.ledger_people import PER_KWH
from tests.ledger_statements import cdr, credit_of, october, session, tariff
from tests.ledger_world import World

OCTOBER, NOVEMBER = "ALL/2026-10", "ALL/2026-11"
FALLS_DUE, FALLS_DUE_AGAIN = "2026-11-03T00:00:00Z", "2026-12-03T00:00:00Z"
LATE = datetime(2026, 11, 20, tzinfo=UTC)
SINCE = date(2026, 10, 1)
SWISS_PER_KWH = tariff(("ENERGY", "0.40", 1), of=SWISS_CPO)


@pytest.fixture
def world(settings_of_test) -> Iterator[World]:
    """Three charges of a Dutch CPO, 12.505 euros, and a Swiss one, all of a German provider."""
    made = of_settings(settings_of_test)
    made.run("up")
    november = swiss_rates(date(2026, 11, 30))
    world = World(made.database_url, *CAST, *AGREEMENTS, rates(november))
    advance_time(world.ledger, october(1))
    world.send(PER_KWH, SWISS_PER_KWH)
    for number, kwh in enumerate(("10", "10", "5.01"), 1):
        charge(world, f"C{number}", kwh)
    swiss = {"of": SWISS_CPO, "kwh": "10"}
    world.send(session("S1", **swiss), cdr("S1", "4.00", **swiss))
    assert world.cdr("C3").state == "accepted"
    yield world
    world.close()


@pytest.fixture
def clearwatt(settings_of_test, world) -> CommandLine:
    made = of_settings(settings_of_test)
    made.document("projector", "run", "--until-caught-up")
    return made


def charge(world: World, name: str, kwh: str, **more) -> None:
    total = str(Decimal(kwh) / 2)
    world.send(session(name, kwh=kwh), cdr(name, total, kwh=kwh), **more)


def fall_due(clearwatt: CommandLine, world: World, period: str, at: str) -> None:
    by = By("finn", "asserted", datetime.fromisoformat(at))
    cut_off_period(world.ledger, period, by=by)
    clearwatt.document("period", "fall-due", period, "--as", "finn", "--at", at)
    clearwatt.document("projector", "run", "--until-caught-up")


def sections(clearwatt: CommandLine, book: str, country: str, *more, period: str = "2026-10"):
    """Return what a return says that is not zero: per section, item to its amount or base."""
    options = ("--book", book, "--country", country, "--period", period, *more)
    found: dict[str, dict[str, str]] = {}
    for row in clearwatt.document("vat", "return", *options)["rows"]:
        said = row["amount"] or row["base"] or row["in_return"]
        if Decimal(said):
            found.setdefault(row["section"], {})[row["item"]] = said
    return found


def test_what_is_not_due_yet_stands_beside_empty_boxes(clearwatt):
    assert sections(clearwatt, "xyz-bv", "NL") == {
        "Not yet due": {"DE*EMP": "12.5050", "NL*CLR": "0.1251"},
        "Control": {"vat:NL:input:accrued": "0.0263"},
    }


def test_the_returns_of_a_month_in_every_book(clearwatt, world):
    """The German buyer accounts for 19 % of 12.51 and 4.00; the Swiss seller sold 4.00 abroad."""
    fall_due(clearwatt, world, OCTOBER, FALLS_DUE)
    dealers = "Electricity to dealers in other member states"
    assert sections(clearwatt, "xyz-bv", "NL") == {
        "Boxes of 2026-10": {"5b": "1", "5c": "-1"},
        "Boxes of 2026-10: on no box of the form": {"sold_eu_electricity": "12.51"},
        dealers: {"DE*EMP": "12.51"},
        "Control": {"vat:NL:input:due": "0.0300"},
    }
    assert sections(clearwatt, "emp-gmbh", "DE") == {
        "Boxes of 2026-10": {"84": "16", "85": "3.14", "67": "3.14"},
        "Bought under reverse charge": {"CH*ALP": "4.00", "NL*XYZ": "12.51"},
        "Control": {"vat:DE:input:due": "3.1400", "vat:DE:self_assessed:due": "3.1400"},
    }
    swiss = sections(clearwatt, "alp-ag", "CH")
    assert swiss["Boxes of 2026-10"] == {"200": "3.76", "221": "3.76", "289": "3.76", "383": "0.04"}
    ended = clearwatt.run("vat", "return", "--all", "--period", "2026-10", "--format", "csv")
    assert ended.exit_code == 0
    declared = {tuple(line.split(",")[:2]) for line in ended.output.splitlines()[1:]}
    assert declared == {
        ("alp-ag", "CH"), ("clr-bv", "NL"), ("emp-gmbh", "DE"), ("xyz-bv", "NL")
    }  # fmt: skip


def test_what_was_known_before_and_what_came_late(clearwatt, world):
    """A charge of October arrives in November: a correction there, and part of October's boxes."""
    fall_due(clearwatt, world, OCTOBER, FALLS_DUE)
    first = sections(clearwatt, "emp-gmbh", "DE")
    advance_time(world.ledger, datetime(2026, 11, 4, tzinfo=UTC))
    charge(world, "C9", "100", recorded_at=LATE)
    assert world.cdr("C9").state == "accepted"
    fall_due(clearwatt, world, NOVEMBER, FALLS_DUE_AGAIN)
    known_then = ("--known-at", "2026-11-19T00:00:00Z")
    assert sections(clearwatt, "emp-gmbh", "DE", *known_then) == first
    before = sections(clearwatt, "emp-gmbh", "DE", "--known-at", "2026-11-02T12:00:00Z")
    assert set(before) == {"Not yet due"}
    now = sections(clearwatt, "emp-gmbh", "DE")
    assert now["Boxes of 2026-10"] == {"84": "66", "85": "12.64", "67": "12.64"}
    assert now["Of it first reported in 2026-10"] == first["Boxes of 2026-10"]
    late = {"84": "50", "85": "9.50", "67": "9.50"}
    assert now["Of it first reported in 2026-11"] == late
    assert now["Control"] == first["Control"]
    november = sections(clearwatt, "emp-gmbh", "DE", period="2026-11")
    assert november["Correction of 2026-10, first reported in 2026-11"] == late
    assert november["Control"]["vat:DE:input:due"] == "9.5000"
    as_of = sections(clearwatt, "emp-gmbh", "DE", "--as-of", "2026-10-31")
    assert as_of["Boxes of 2026-10"] == first["Boxes of 2026-10"]


def test_a_credit_after_the_close_is_a_negative_correction(clearwatt, world):
    fall_due(clearwatt, world, OCTOBER, FALLS_DUE)
    advance_time(world.ledger, datetime(2026, 11, 4, tzinfo=UTC))
    world.send(credit_of(cdr("C1", "5.0"), "K1"), recorded_at=LATE)
    fall_due(clearwatt, world, NOVEMBER, FALLS_DUE_AGAIN)
    november = sections(clearwatt, "emp-gmbh", "DE", period="2026-11")
    assert november["Correction of 2026-10, first reported in 2026-11"] == {
        "84": "-5",
        "85": "-0.95",
        "67": "-0.95",
    }


def test_what_fell_due_is_rebuilt_to_the_byte(clearwatt, world):
    fall_due(clearwatt, world, OCTOBER, FALLS_DUE)
    (verified,) = verify(clearwatt.database_url, ["vat"])
    assert verified.is_same
    assert clearwatt.rows("SELECT count(*) FROM vat.due") == [(8,)]


def test_a_return_that_differs_from_the_books_ends_with_1(clearwatt, world):
    fall_due(clearwatt, world, OCTOBER, FALLS_DUE)
    with psycopg.connect(clearwatt.database_url, autocommit=True) as owner:
        owner.execute("UPDATE vat.due SET tax = tax + 0.0100 WHERE side = 'bought' AND tax <> 0")
    ended = clearwatt.run("vat", "return", "--period", "2026-10", "--book", "xyz-bv",
                          "--country", "NL")  # fmt: skip
    assert ended.exit_code == 1
    assert "Control: DIFFERS from the book's accounts: vat:NL:input:due 0.0100 EUR" in ended.output


def test_people_read_the_boxes_that_say_something(clearwatt, world):
    fall_due(clearwatt, world, OCTOBER, FALLS_DUE)
    ended = clearwatt.run("vat", "return", "--all", "--period", "2026-10", "--country", "DE")
    assert (ended.exit_code, ended.errors) == (0, "")
    assert "VAT return DE 2026-10, emp-gmbh" in ended.output
    assert "Steuer zu Kz 84" in ended.output
    assert "Steuerpflichtige Umsätze zu 19 %" not in ended.output
    assert "Control: the tax agrees with the accounts vat:DE:* of the book." in ended.output


def test_what_is_asked_wrong_is_said(clearwatt):
    asked = ("vat", "return", "--period", "2026-10")
    assert clearwatt.refusal(*asked)[1].startswith("OPTION_MISSING")
    unknown = clearwatt.refusal(*asked, "--book", "nobody", "--country", "DE")
    assert (unknown[0], unknown[1].partition(":")[0]) == (1, "NOT_FOUND")
    country = clearwatt.refusal(*asked, "--book", "xyz-bv", "--country", "XX")
    assert country[1].startswith("COUNTRY_UNKNOWN")


def test_the_exposure_of_an_agreed_rate(settings_of_test):
    """Nine per cent are agreed for a Dutch fee of 1.00 that carries 21: 0.12 are at stake."""
    made = of_settings(settings_of_test)
    made.run("up")
    ruling = RateOverride("NL", "service", Decimal("9"), "S", SINCE, None, "a ruling of the court")
    fee = Fee("clearing", "seller", CLEARING, "net", rate="1/5")
    terms = Terms(fees=(fee,), vat=VatTerms(overrides=(ruling,)))
    world = World(made.database_url, *CAST, agreement("NL*XYZ", EMSP, terms))
    advance_time(world.ledger, october(1))
    world.send(PER_KWH)
    charge(world, "C1", "10")
    assert world.cdr("C1").state == "accepted"
    made.document("projector", "run", "--until-caught-up")
    world.close()
    shown = made.document("vat", "exposure", "--period", "2026-10")
    (row,) = shown["rows"]
    told = ("seller", "tax_class", "percent", "standard_percent", "base", "tax", "standard_tax")
    assert [row[key] for key in told] == [
        *("NL*CLR", "service", "9", "21", "1.0000", "0.0900", "0.2100")
    ]  # fmt: skip
    assert (row["difference"], row["source"]) == ("0.1200", "a ruling of the court")
    assert shown["totals"][0]["difference"] == "0.1200"
    assert made.document("vat", "exposure", "--country", "DE")["rows"] == []
