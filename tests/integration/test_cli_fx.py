"""`clearwatt fx`: rates from files, what rules pick, and two months closed at their last days."""

from collections.abc import Iterator
from csv import DictReader
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from command_line import CommandLine, of_settings
from msgspec.structs import replace

from ledger.application.registration import advance_time
from ledger.roaming.clauses import SplitTerms, Step
from ledger.roaming.terms import Terms
from tests.ledger_cast import (
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
from tests.ledger_statements import cdr, october, session, tariff
from tests.ledger_world import World
from tests.paying import PROVIDER, told

BY = ("--as", "finn", "--at", "2026-11-03T12:00:00Z")
FRANCS = swiss_rates(date(2026, 10, 31), (date(2026, 10, 10), "1.0000"))
ON_THE_SPOT = Terms(
    flow="ad_hoc",
    split=SplitTerms(steps=(Step(CLEARING, rate="1/50"), Step(SWISS_CPO, remaining=True))),
)
TAXED_THERE = replace(ENTITIES["emp-gmbh"], vat_registrations=(registered("DE"), registered("CH")))


@pytest.fixture
def clearwatt(settings_of_test) -> Iterator[CommandLine]:
    made = of_settings(settings_of_test)
    made.run("up")
    facts = (entity("emp-gmbh", TAXED_THERE), agreement(SWISS_CPO, EMSP, ON_THE_SPOT), PROVIDER)
    world = World(made.database_url, *CAST, *facts, rates(FRANCS))
    advance_time(world.ledger, october(1))
    said = {"of": SWISS_CPO, "at": october(12), "kwh": "20"}
    world.send(
        tariff(("ENERGY", "0.50", 1), of=SWISS_CPO, currency="CHF"),
        session("C1", **said),
        cdr("C1", "10.00", currency="CHF", **said),
    )
    assert world.cdr("C1", SWISS_CPO).state == "accepted"
    world.close()
    yield made


def test_rates_are_imported_corrected_and_shown(clearwatt, tmp_path):
    file = tmp_path / "rates.csv"
    file.write_text("date,currency,per_euro\n2026-11-03,CHF,0.8000\n")
    fetch = ("fx", "import", "--source", file, *BY)
    refused = clearwatt.run(*fetch, "--json")
    assert refused.exit_code == 1
    assert [row["code"] for row in refused.document["errors"]] == ["RATE_GAP"]
    file.write_text("date,currency,per_euro\n2026-10-30,CHF,0.8000\n2026-11-02,CHF,0.9\n")
    refused = clearwatt.run(*fetch, "--json")
    assert (refused.exit_code, refused.document["imported"]) == (1, False)
    (change,) = refused.document["currencies"][0]["changes"]
    assert (change["published_on"], change["known"], change["stated"]) == (
        "2026-10-30",
        None,
        "0.8000",
    )
    assert not clearwatt.document(*fetch, "--correct", "--dry-run")["imported"]
    assert clearwatt.document(*fetch, "--correct")["currencies"][0]["kind"] == "corrected"
    assert clearwatt.document(*fetch)["currencies"][0]["kind"] == "unchanged"
    picture = tmp_path / "chf.svg"
    shown = clearwatt.document("fx", "show", "chf", "--on", "2026-10-31", "--picture", picture)
    assert "CHF for one euro" in picture.read_text()
    assert {row["rule"]: row["fx"]["rate"] for row in shown["picked"]} == {
        "session_end": "1.25",
        "cut_off_day": "1.25",
        "previous_publication": "1.25",
        "fixed_monthly": "1.063829787234",
    }
    before = clearwatt.document("fx", "show", "CHF", "--known-at", "2026-11-02T12:00:00Z")
    assert (before["publications"], shown["publications"]) == (2, 4)
    assert clearwatt.refusal("fx", "show", "NOK")[1].startswith("NOT_FOUND")
    people = clearwatt.run("fx", "show", "CHF", "--on", "2026-12-24", "--as-of", "2026-11-01")
    assert "FX_RATE_MISSING" in people.output


def test_what_is_wrong_with_a_file_is_said_by_line_and_records_nothing(clearwatt, tmp_path):
    file = tmp_path / "rates.csv"
    file.write_text("date,currency,per_euro\n2026-11-02,CHF,0\n2026-13-01,CHF,1\n")
    ended = clearwatt.run("fx", "import", "--source", file, *BY, "--json")
    assert ended.exit_code == 1
    assert [(row["line"], row["code"]) for row in ended.document["errors"]] == [
        (2, "RATE_NOT_POSITIVE"),
        (3, "RATE_DATE_IMPOSSIBLE"),
    ]
    missing = clearwatt.refusal("fx", "import", "--source", tmp_path / "none.csv", *BY)
    assert (missing[0], missing[1].partition(":")[0]) == (2, "FILE_MISSING")


def test_two_months_are_closed_at_the_rates_of_their_last_days(clearwatt, tmp_path):
    file = tmp_path / "rates.csv"
    days = [date(2026, 11, day) for day in range(2, 31) if date(2026, 11, day).weekday() < 5]
    lines = [f"{day},CHF,{'0.8000' if day.day < 30 else '0.5000'}" for day in days]
    file.write_text("\n".join(("date,currency,per_euro", *lines)))
    late = ("--as", "finn", "--at", "2026-12-02T12:00:00Z")
    clearwatt.document("fx", "import", "--source", file, *late)
    assert clearwatt.document("fx", "revalue", "all", "2026-10", "--dry-run", *late)
    world = World(clearwatt.database_url)
    advance_time(world.ledger, october(1).replace(month=12))
    paid = october(20).replace(month=11)
    world.send(told(1, "CAPTURED", "10.81", of=SWISS_CPO, currency="CHF", occurred_at=paid))
    world.close()
    for month in ("2026-10", "2026-11"):
        closed = clearwatt.document("period", "close", f"ALL/{month}", *late)
        assert closed["state"] == "HARD_CLOSED"
    trial = [
        clearwatt.document("balance", "list", "--book", "emp-gmbh", "--month", month)
        for month in ("2026-10", "2026-11", "2026-12")
    ]
    unrealised = [
        sum(Decimal(row["book_balance"]) for row in month if row["account"] == "fx:unrealised")
        for month in trial
    ]
    # At the end of November a franc is 2 euros. Owed are 10 francs to the CPO and 0.81 of Swiss
    # tax, carried at par; the provider owes 10.81, carried at what they were worth on their day.
    loss = Decimal("10.81") - (Decimal("21.62") - Decimal("13.5125"))
    assert unrealised == [0, loss, -loss]
    realised = [
        row["book_balance"]
        for row in trial[1]
        if (row["account"], row["currency"]) == ("fx:realised", "CHF")
    ]
    # The driver's 10.81 francs were worth 13.5125 euros when they were paid, and booked at par.
    assert realised == ["-2.7025"]
    report = clearwatt.run("fx", "report", "--month", "2026-11", "--format", "csv")
    found = [(row["book"], row["what"], row["gain"]) for row in DictReader(StringIO(report.output))]
    assert [row for row in found if row[2]] == [
        ("clr-bv", "unrealised", "0.2000"),
        ("emp-gmbh", "realised", "2.7025"),
        ("emp-gmbh", "unrealised", str(-loss)),
    ]
    revalue = ("fx", "revalue", "emp-gmbh", "2026-11", *late)
    refused = clearwatt.refusal(*revalue)
    assert (refused[0], refused[1].partition(":")[0]) == (1, "PERIOD_CLOSED")
    assert clearwatt.refusal(*revalue, "--dry-run") == refused
