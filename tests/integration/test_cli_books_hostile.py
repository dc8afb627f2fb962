"""Bad input to VAT, currencies and the books: one sentence with a code, and nothing is recorded."""

import csv
import os
import zipfile
from collections.abc import Iterator
from datetime import date

import pytest
import yaml
from command_line import CommandLine, installation

from console.reports.chart_map import FOLDER
from ledger.application.registration import advance_time
from tests.ledger_cast import AGREEMENTS, CAST, EMSP, SWISS_CPO, rates, swiss_rates
from tests.ledger_people import PER_KWH
from tests.ledger_statements import cdr, october, session, tariff
from tests.ledger_world import World

AT = ("--as", "finn", "--at", "2026-11-03T12:00:00Z")
DECIDE = ("vat", "decide", "--at", "NL", "--seller", "NL:dealer", "--buyer", "NL:dealer")
ON_A_DAY = (*DECIDE, "--on", "2026-10-10")
RETURN = ("vat", "return", "--period", "2026-10")
EXPORT = ("journal", "export", "--output")
ACCOUNT = ("account", "show", f"receivable:{EMSP}")
FIGURES = ("opening", "debit", "credit", "closing", "balance")
EXAMPLE = (FOLDER / "example.yaml").read_text(encoding="utf-8")
SWISS_PER_KWH = tariff(("ENERGY", "0.40", 1), of=SWISS_CPO, currency="CHF")
FRANCS = swiss_rates(date(2026, 10, 31), (date(2026, 10, 10), "0.9400"))


@pytest.fixture(scope="module")
def clearwatt(services, service_settings, new_database) -> Iterator[CommandLine]:
    """A month with a charge at home and one in Switzerland, in francs, closed."""
    with installation(services, service_settings, new_database) as made:
        made.run("up")
        world = World(made.database_url, *CAST, *AGREEMENTS, rates(FRANCS))
        advance_time(world.ledger, october(1))
        swiss = {"of": SWISS_CPO, "kwh": "10", "at": october(12)}
        world.send(PER_KWH, SWISS_PER_KWH)
        world.send(session("C1", kwh="10"), cdr("C1", "5", kwh="10"))
        world.send(session("S1", **swiss), cdr("S1", "4.00", currency="CHF", **swiss))
        assert world.cdr("S1", SWISS_CPO).state == "accepted"
        world.close()
        assert made.document("period", "close", "ALL/2026-10", *AT)["state"] == "HARD_CLOSED"
        yield made


@pytest.fixture(autouse=True)
def _nothing_is_recorded(clearwatt) -> Iterator[None]:
    query = "SELECT count(*) FROM log.stored_event"
    before = clearwatt.rows(query)
    yield
    assert clearwatt.rows(query) == before


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        ((*DECIDE, "--net", "1", "--on", "2026-02-30"), 2, "WRONG_CALL"),
        ((*DECIDE, "--net", "1", "--on", "9999-12-31"), 2, "WRONG_CALL"),
        ((*DECIDE, "--net", "1", "--on", "0001-01-01"), 2, "WRONG_CALL"),
        ((*ON_A_DAY, "--net", "NaN"), 2, "WRONG_CALL"),
        ((*ON_A_DAY, "--net", "sNaN"), 2, "WRONG_CALL"),
        ((*ON_A_DAY, "--net", "Infinity"), 2, "WRONG_CALL"),
        ((*ON_A_DAY, "--net", "1e400"), 2, "WRONG_CALL"),
        ((*ON_A_DAY, "--net", "1e27"), 2, "WRONG_CALL"),
        ((*ON_A_DAY, "--net", "1e-400"), 2, "WRONG_CALL"),
        ((*ON_A_DAY, "--net", "0.00001"), 2, "WRONG_CALL"),
        ((*ON_A_DAY, "--net", "1", "--kind", "parkin"), 2, "WRONG_CALL"),
        ((*ON_A_DAY, "--net", "1", "--at", "XX"), 1, "COUNTRY_UNKNOWN"),
        ((*ON_A_DAY, "--net", "1", "--buyer", "ZZ:dealer"), 1, "COUNTRY_UNKNOWN"),
        ((*ON_A_DAY, "--net", "1", "--buyer", "NL:resller"), 2, "OPTION_INVALID"),
        ((*ON_A_DAY, "--net", "1", "--buyer", "nobody-bv"), 1, "NOT_FOUND"),
        ((*ON_A_DAY, "--net", "1", "--buyer", "NL*NOB"), 1, "PARTY_UNKNOWN"),
        (("vat", "rates", "--country", ""), 1, "COUNTRY_UNKNOWN"),
        (("vat", "alerts", "--on", "2026-00-01"), 2, "WRONG_CALL"),
        ((*RETURN, "--book", "xyz-bv"), 2, "OPTION_MISSING"),
        ((*RETURN, "--book", "nobody", "--country", "NL"), 1, "NOT_FOUND"),
        ((*RETURN, "--book", "xyz-bv", "--country", "XX"), 1, "COUNTRY_UNKNOWN"),
        (("vat", "return", "--all", "--period", "2026-13"), 2, "WRONG_CALL"),
        (("vat", "return", "--all", "--period", "9999-12"), 2, "WRONG_CALL"),
        (("vat", "return", "--all", "--period", "2026-10", "--book", "nobody"), 1, "NOT_FOUND"),
        (("fx", "show", "XXX"), 1, "NOT_FOUND"),
        (("fx", "show", "CHF", "--into", "ZZZ"), 1, "UNKNOWN_CURRENCY"),
        (("fx", "show", "CHF", "--on", "9999-12-31"), 2, "WRONG_CALL"),
        (("fx", "show", "CHF", "--markup-bps", "-1"), 2, "WRONG_CALL"),
        (("fx", "show", "CHF", "--as-of", "1900-01-01"), 1, "NOT_FOUND"),
        (("fx", "report", "--book", "nobody"), 1, "NOT_FOUND"),
        (("fx", "revalue", "nobody", "2026-11", *AT), 1, "NOT_FOUND"),
        (("fx", "revalue", "all", "9999-12", *AT), 2, "WRONG_CALL"),
        (("fx", "revalue", "all", "2026-10", "--as", "nobody"), 1, "ACTOR_UNKNOWN"),
        (("fx", "revalue", "all", "2026-11"), 2, "ACTOR_MISSING"),
        (("fx", "import", "--source", "none.csv", *AT), 2, "FILE_MISSING"),
        (("trial-balance", "--book", "nobody"), 1, "NOT_FOUND"),
        (("trial-balance", "--month", "2026-1"), 2, "WRONG_CALL"),
        (("trial-balance", "--month", "9999-12"), 2, "WRONG_CALL"),
        (("trial-balance", "--known-at", "2026-11-01T00:00:00"), 2, "WRONG_CALL"),
        (("trial-balance", "--known-at", "9999-12-31T23:59:59-12:00"), 2, "WRONG_CALL"),
        (("balance", "list", "--book", "nobody"), 1, "NOT_FOUND"),
        (("general-ledger", "--book", "nobody"), 1, "NOT_FOUND"),
        (("general-ledger", "--account", "cash"), 1, "NOT_FOUND"),
        (("account", "show", "receivable:XX*YYY"), 1, "NOT_FOUND"),
        ((*ACCOUNT, "--book", "nobody"), 1, "NOT_FOUND"),
        ((*ACCOUNT, "--from", "2026-10-02", "--until", "2026-10-02"), 2, "SPAN_EMPTY"),
        (("account", "map", "--book", "nobody"), 1, "NOT_FOUND"),
        (("journal", "list", "--book", "nobody"), 1, "NOT_FOUND"),
        (("journal", "list", "--limit", "0"), 2, "WRONG_CALL"),
        (("journal", "list", "--account", "cash"), 1, "ACCOUNT_UNKNOWN"),
        (("balance", "list", "--account", "receivable:*"), 1, "ACCOUNT_UNKNOWN"),
        ((*EXPORT, "j.csv", "--book", "nobody"), 1, "NOT_FOUND"),
        ((*EXPORT, "j.pdf"), 2, "FORMAT_MISSING"),
        (("split", "report", "--book", "nobody"), 1, "NOT_FOUND"),
        (("suspense", "list", "--book", "nobody"), 1, "NOT_FOUND"),
        (("period", "controls", "ALL/2099-01"), 1, "NOT_FOUND"),
        (("period", "controls", "nonsense"), 1, "NOT_FOUND"),
        (("period", "fall-due", "ALL/2099-01", *AT), 1, "NOT_FOUND"),
        # A posting to a closed period.
        (("period", "fall-due", "ALL/2026-10", *AT), 1, "PERIOD_NOT_OPEN"),
        (("fx", "revalue", "emp-gmbh", "2026-10", *AT), 1, "PERIOD_CLOSED"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_sentence(
    clearwatt, tmp_path, monkeypatch, arguments, exit_code, code
):
    monkeypatch.chdir(tmp_path)
    said = clearwatt.refusal(*arguments)
    assert (said[0], said[1].partition(":")[0]) == (exit_code, code), said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", [("--as-of", "1990-01-01"), ("--known-at", "1990-01-01")])
def test_before_everything_there_is_nothing(clearwatt, option):
    assert clearwatt.document("trial-balance", *option)["rows"] == []
    assert clearwatt.document("balance", "list", *option) == []


def test_what_is_known_in_a_hundred_years_is_what_is_known_now(clearwatt):
    later = clearwatt.document("trial-balance", "--known-at", "2126-01-01")
    assert later["rows"] == clearwatt.document("trial-balance")["rows"] != []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("2026-11-02,CHF,0", "RATE_NOT_POSITIVE"),
        ("2026-11-02,CHF,-0.9", "RATE_NOT_POSITIVE"),
        ("2026-11-02,CHF,NaN", "NOT_A_NUMBER"),
        ("2026-11-02,CHF,Infinity", "NOT_A_NUMBER"),
        ("2026-11-02,CHF,1e400", "NOT_A_NUMBER"),
        ("2026-11-02,CHF,1_0", "NOT_A_NUMBER"),
        ("2026-11-02,CHF,\u0661", "NOT_A_NUMBER"),
        ('2026-11-02,CHF,"0,9"', "NOT_A_NUMBER"),
        ("2026-11-02,CHF", "NOT_A_NUMBER"),
        ("2026-11-02,CHF,1,2", "NOT_A_NUMBER"),
        ("2026-02-30,CHF,1", "RATE_DATE_IMPOSSIBLE"),
        ("2026-11-04,CHF,1", "RATE_DATE_IMPOSSIBLE"),
        ("1998-12-31,CHF,1", "RATE_DATE_IMPOSSIBLE"),
        ("2026-11-02,HRK,7.5", "CURRENCY_ENDED"),
        ("2026-11-02,EUR,1", "UNKNOWN_CURRENCY"),
        ("2026-11-02,XXX,1", "UNKNOWN_CURRENCY"),
        ("2026-11-02,XTS,1", "UNKNOWN_CURRENCY"),
        ("2026-11-02,XYZ,1", "UNKNOWN_CURRENCY"),
        ("2026-11-02,=1+1,1", "UNKNOWN_CURRENCY"),
    ],
)
def test_a_rate_that_cannot_be_is_refused_by_its_line(clearwatt, tmp_path, line, code):
    file = tmp_path / "rates.csv"
    file.write_text(f"date,currency,per_euro\n{line}\n", encoding="utf-8")
    ended = clearwatt.run("fx", "import", "--source", file, *AT, "--json")
    assert ended.exit_code == 1, ended.errors
    assert [(row["line"], row["code"]) for row in ended.document["errors"]] == [(2, code)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"day,rate\n",
        b'date,currency,per_euro\n"2026-11-02',
        b"date,currency,per_euro\n" + b"9" * 200_000,
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><a>&b;</a>",
        b"<gesmes:Envelope",
    ],
)
def test_what_is_no_table_of_rates_is_refused(clearwatt, tmp_path, content):
    file = tmp_path / "rates.csv"
    file.write_bytes(content)
    said = clearwatt.refusal("fx", "import", "--source", file, *AT)
    assert (said[0], said[1].partition(":")[0]) == (1, "INVALID_DOCUMENT")


def chart(**changes: str) -> bytes:
    """Return the example of a chart with texts replaced."""
    text = EXAMPLE
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    return text.encode()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "INVALID_DOCUMENT"),
        (b"\xff\xfe\x00", "INVALID_DOCUMENT"),
        (b"a: [1, 2", "INVALID_DOCUMENT"),
        (b"[" * 20_000, "INVALID_DOCUMENT"),
        (b"a: " + b"{a: " * 3000 + b"1" + b"}" * 3000, "INVALID_DOCUMENT"),
        (b"!!python/object/apply:os.system [\"touch pwned\"]", "WRONG_TYPE"),
        (chart(a=("from: 10000", "from: " + "9" * 5000)), "WRONG_TYPE"),
        (chart(a=("NL*GRT: 10001", "NL*GRT: " + "1" * 5000)), "NUMBER_OUT_OF_RANGE"),
        (chart(a=("DE*EMP: 10002", "DE*EMP: 10001")), "NAMED_TWICE"),
        (chart(a=("NL*GRT: 10001", "NOBODY: 10001")), "WRONG_IDENTIFIER"),
        (chart(a=("accounts:\n", "accounts:\n  cash: {number: 1, name: x}\n")), "ACCOUNT_UNKNOWN"),
        (chart(a=("  psp:<party>:", "  psp:<country>:")), "ACCOUNT_UNKNOWN"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", [("account", "map", "--check"), ("trial-balance",)])
def test_a_broken_chart_is_refused(clearwatt, tmp_path, monkeypatch, command, content, code):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "chart.yaml"
    file.write_bytes(content)
    ended = clearwatt.run(*command, "--chart", file, "--json")
    assert ended.exit_code == 1, ended.errors
    assert code in [row["code"] for row in ended.document["errors"]]
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    "arguments", [("trial-balance", "--format", "csv"), ("journal", "export", "--format", "csv")]
)
def test_a_report_takes_no_other_place_than_a_file_s(clearwatt, tmp_path, arguments):
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"
    os.mkfifo(pipe)
    folder.mkdir()
    refused = [
        (pipe, 2, "OUTPUT_NO_FILE"),
        (folder, 2, "WRONG_CALL"),
        (folder / "no" / "such.csv", 3, "FILE_OR_NETWORK"),
    ]
    for output, exit_code, code in refused:
        said = clearwatt.refusal(*arguments, "--output", output)
        assert (said[0], said[1].partition(":")[0]) == (exit_code, code)
        assert str(output) in said[1]
    assert pipe.is_fifo()
    assert list(folder.iterdir()) == []


def test_a_workbook_that_cannot_be_written_is_refused(clearwatt, tmp_path):
    said = clearwatt.refusal("trial-balance", "--output", tmp_path / "no" / "such.xlsx")
    assert (said[0], said[1].partition(":")[0]) == (3, "FILE_OR_NETWORK")


def test_a_report_replaces_the_file_that_a_link_leads_to(clearwatt, tmp_path):
    link, real = tmp_path / "link.csv", tmp_path / "real.csv"
    real.write_text("before")
    link.symlink_to(real)
    assert clearwatt.run("trial-balance", "--output", link).exit_code == 0
    assert link.is_symlink()
    assert real.read_text().startswith("book,account,")
    assert sorted(tmp_path.iterdir()) == [link, real]


def test_what_a_chart_calls_an_account_is_run_by_no_spreadsheet(clearwatt, tmp_path):
    document = yaml.safe_load(EXAMPLE)
    document["accounts"]["receivable:<party>"] = {"number": "=1+1", "name": "@SUM(A1:A9)"}
    own = tmp_path / "own.yaml"
    own.write_text(yaml.safe_dump(document), encoding="utf-8")
    shown = tmp_path / "shown.csv", tmp_path / "shown.xlsx"
    for output in shown:
        ended = clearwatt.run("trial-balance", "--chart", own, "--output", output)
        assert ended.exit_code == 0, ended.errors
    with shown[0].open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'=1+1" in cells
    assert "'@SUM(A1:A9)" in cells
    with zipfile.ZipFile(shown[1]) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if "sheets/" in name]
    assert sheets
    assert not any("<f>" in sheet for sheet in sheets)


@pytest.mark.parametrize(
    "command", [("trial-balance",), ("balance", "list"), ("general-ledger",), ACCOUNT]
)
@pytest.mark.parametrize("columns", [40, 100])
def test_no_figure_is_cut_off_where_the_terminal_is_narrow(
    clearwatt, monkeypatch, command, columns
):
    monkeypatch.setenv("COLUMNS", str(columns))
    rows = csv.DictReader(clearwatt.run(*command, "--format", "csv").output.splitlines())
    shown = clearwatt.run(*command).output.split()
    figures = [row[name] for row in rows for name in FIGURES if row.get(name)]
    assert figures
    assert [figure for figure in figures if figure not in shown] == []
