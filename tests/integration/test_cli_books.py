"""The books of a month in reports and exports: they agree with each other, and with beancount."""

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow.parquet
import pytest
from beancount import loader
from beancount.core import convert, data
from command_line import CommandLine, installation
from projection_log import SCHEMA

from console.exports.names import VALUATION, beancount_account
from projections.runner import Projector
from projections.schema import migrate

BEAN_CHECK = Path(sys.executable).with_name("bean-check")
HLEDGER = shutil.which("hledger")
OCTOBER = "ALL/2026-10"
NOTHING, SCALE = Decimal(0), Decimal("0.0001")
AMOUNT = re.compile(r"-?\d+\.\d{4}")
SOLD = "NL*PLD>NL*GRT"


@pytest.fixture(scope="module")
def clearwatt(services, service_settings, new_database):
    with installation(services, service_settings, new_database) as made:
        yield made


@pytest.fixture(scope="module")
def demo(clearwatt: CommandLine):
    """A month with francs, disputes, payments and credits that was played and closed."""
    return clearwatt.document("demo", "--count", "200")


@pytest.fixture(scope="module")
def balances(clearwatt, demo):
    return clearwatt.document("balance", "list")


@pytest.fixture(scope="module")
def instants(clearwatt, demo):
    """Some instants at which something was recorded, the first and the last among them."""
    rows = clearwatt.rows("SELECT DISTINCT recorded_at FROM journal.entry ORDER BY recorded_at")
    found = [recorded_at for (recorded_at,) in rows]
    return [found[0], found[len(found) // 2], found[-1]]


def key_of(row):
    return row["book"], row["account"], row["currency"]


def amounts_of(row, *names):
    return tuple(Decimal(row[name]) for name in names)


def csv_rows(text):
    return [*csv.DictReader(io.StringIO(text, newline=""))]


def bean_check(path):
    return subprocess.run(
        [BEAN_CHECK, "--no-cache", path], capture_output=True, text=True, check=False
    )


def replayed(clearwatt, new_database, instant):
    """Return a command line on what the log held at an instant, projected anew."""
    url = new_database()
    columns = "SELECT * FROM log.stored_event WHERE recorded_at <= %s ORDER BY position"
    with (
        psycopg.connect(clearwatt.database_url) as source,
        psycopg.connect(url, autocommit=True) as target,
    ):
        target.execute(SCHEMA.read_text())
        with target.cursor().copy("COPY log.stored_event FROM STDIN") as copy:
            for row in source.execute(columns, [instant]):
                copy.write_row(row)
    migrate(url)
    Projector(url).run(until_caught_up=True)
    return replace(clearwatt, environment={**clearwatt.environment, "CLEARWATT_DATABASE_URL": url})


def test_the_month_has_everything_that_is_hard_to_export(clearwatt, demo):
    entries = clearwatt.document("journal", "list", "--limit", 10**6)
    assert {"fx_revalued", "disputed_sale", "payment_captured", "retail_sold"} <= {
        row["rule"] for row in entries
    }
    assert any(row["reverses_position"] for row in entries)
    assert any(row["currency"] != row["book_currency"] for row in entries)


def test_every_book_is_in_balance_and_its_months_lead_to_its_balances(clearwatt, balances):
    whole = clearwatt.document("trial-balance")
    assert whole["facts"]["in balance"] == "yes"
    assert {key_of(row): Decimal(row["closing"]) for row in whole["rows"]} == {
        key_of(row): Decimal(row["balance"]) for row in balances
    }
    months = [clearwatt.document("trial-balance", "--month", f"2026-{n}") for n in (10, 11)]
    october, november = ({key_of(row): row for row in month["rows"]} for month in months)
    for key, row in november.items():
        if key in october:
            assert row["opening"] == october[key]["closing"]
        opening, debit, credit, closing = amounts_of(row, "opening", "debit", "credit", "closing")
        assert opening + debit - credit == closing
    assert {Decimal(row["closing"] or 0) for row in months[0]["totals"]} == {NOTHING}
    assert {Decimal(row["book_closing"] or 0) for row in months[0]["totals"]} == {NOTHING}


def test_a_book_out_of_balance_ends_the_trial_balance_with_1(clearwatt, demo):
    stray = '{"book": "ch-leman", "posted_on": "1999-01-01", "debit": 0.0001, "credit": 0.0000}'
    with psycopg.connect(clearwatt.database_url, autocommit=True) as owner:
        owner.execute(
            "INSERT INTO journal.balance SELECT (jsonb_populate_record(kept, %s)).*"
            " FROM journal.balance AS kept WHERE book = 'ch-leman' LIMIT 1",
            [stray],
        )
        try:
            ended = clearwatt.run("trial-balance", "--book", "ch-leman")
        finally:
            owner.execute("DELETE FROM journal.balance WHERE posted_on = '1999-01-01'")
    assert ended.exit_code == 1
    assert "OUT OF BALANCE: ch-leman by 0.0001" in ended.output
    assert clearwatt.run("trial-balance", "--book", "ch-leman").exit_code == 0


def test_the_general_ledger_closes_with_the_trial_balance(clearwatt, balances, tmp_path):
    file = tmp_path / "ledger.csv"
    ended = clearwatt.run("general-ledger", "--from", "2026-10-15", "--output", file)
    assert (ended.exit_code, ended.output) == (0, "")
    lines = csv_rows(file.read_bytes().decode())
    closing = {key_of(row): row["balance"] for row in lines if row["kind"] == "closing"}
    kept = {key_of(row): row["balance"] for row in balances}
    assert {key: kept[key] for key in closing} == closing
    assert [key for key in kept.keys() - closing.keys() if Decimal(kept[key])] == []
    opening = {key_of(row): row["balance"] for row in lines if row["kind"] == "opening"}
    eve = clearwatt.document("balance", "list", "--as-of", "2026-10-14")
    stood = {key_of(row): row["balance"] for row in eve if Decimal(row["balance"])}
    assert {key: sums for key, sums in opening.items() if Decimal(sums)} == stood


def test_an_account_shows_what_each_posting_rests_on(clearwatt, demo):
    account, book = "receivable:NL*GRT", "nl-polder"
    report = clearwatt.document("account", "show", account, "--book", book)
    lines = [row for row in report["rows"] if row["kind"] == "posting"]
    entries = {
        f"{row['position']}.{row['number']}": row
        for row in clearwatt.document(
            "journal", "list", "--book", book, "--account", account, "--limit", 10**6
        )
    }
    assert {row["entry"] for row in lines} == set(entries)
    balance = NOTHING
    for row in lines:
        entry = entries[row["entry"]]
        names = ("cdr", "rule", "agreement_version", "service_period", "service_on", "posted_on")
        assert [row[name] for name in names] == [entry[name] for name in names]
        assert row["meaning"].endswith(".")
        balance += Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0)
        assert Decimal(row["balance"]) == balance
    assert any(row["reverses"] and row["meaning"].startswith("Taken back: ") for row in lines)
    shown = clearwatt.run("account", "show", account, "--book", book).output
    assert f"{account}" in shown
    assert lines[-1]["balance"] in shown


def test_accounts_are_named_by_pattern(clearwatt, balances):
    report = clearwatt.document("general-ledger", "--account", "vat:*:accrued")
    assert {row["account"] for row in report["rows"]} == {
        row["account"]
        for row in balances
        if row["account"].startswith("vat:") and row["account"].endswith(":accrued")
    }
    exit_code, line = clearwatt.refusal("account", "show", "receivable:XX*YYY")
    assert (exit_code, line.partition(":")[0]) == (1, "NOT_FOUND")


def test_what_was_known_then_is_a_replay_until_then(
    clearwatt, demo, instants, new_database, tmp_path
):
    for instant in instants[:2]:
        known_at = instant.isoformat()
        then = replayed(clearwatt, new_database, instant)
        known, replay = (
            line.document("trial-balance", *options)["rows"]
            for line, options in ((clearwatt, ("--known-at", known_at)), (then, ()))
        )
        assert known == replay
        assert len(known) > 0
        written = []
        for line, options in ((clearwatt, ("--known-at", known_at)), (then, ())):
            for name in ("journal.bean", "journal.csv"):
                file = tmp_path / name
                assert line.run("journal", "export", "--output", file, *options).exit_code == 0
                written.append(file.read_bytes())
            ledger = line.run("general-ledger", "--format", "csv", *options)
            written.append(ledger.output.encode())
        assert written[:3] == written[3:]


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--book", "nl-groene-tocht"),
        ("--from", "2026-10-12", "--until", "2026-10-27"),
        ("--as-of", "2026-10-20"),
    ],
)
def test_beancount_itself_comes_to_our_balances(clearwatt, demo, tmp_path, options):
    file = tmp_path / "journal.beancount"
    done = clearwatt.document("journal", "export", "--output", file, *options)
    assert done["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert bean_check(file).returncode == 0
    entries, errors, _ = loader.load_file(str(file))
    assert errors == []
    amounts, worths = defaultdict(Decimal), defaultdict(Decimal)
    for transaction in data.filter_txns(entries):
        for posting in transaction.postings:
            name = posting.account.removesuffix(f":{VALUATION}")
            if name == posting.account:
                amounts[name, posting.units.currency] += posting.units.number
            worths[name] += convert.get_weight(posting).number
    filters = [*options]
    if "--from" in filters:
        filters = ["--as-of", "2026-10-26"]
    kept = clearwatt.document("balance", "list", *filters)
    in_book = defaultdict(Decimal)
    for row in kept:
        name = beancount_account(row["account"], None if "--book" in options else row["book"])
        assert amounts[name, row["currency"]] == Decimal(row["balance"])
        in_book[name] += Decimal(row["book_balance"])
    assert {name: worth.quantize(SCALE) for name, worth in worths.items()} == dict(in_book)


def test_bean_check_refuses_an_entry_and_a_balance_that_are_off(clearwatt, demo, tmp_path):
    file = tmp_path / "journal.beancount"
    clearwatt.document("journal", "export", "--output", file)
    lines = file.read_text().splitlines(keepends=True)
    posting = next(n for n, line in enumerate(lines) if line.startswith("  Assets:"))
    asserted = next(n for n, line in enumerate(lines) if " balance Assets:" in line)
    for place in (posting, asserted):
        wrong = AMOUNT.sub(lambda found: str(Decimal(found[0]) + SCALE), lines[place], count=1)
        assert wrong != lines[place]
        broken = tmp_path / "broken.beancount"
        broken.write_text("".join([*lines[:place], wrong, *lines[place + 1 :]]))
        assert bean_check(broken).returncode == 1


@pytest.mark.skipif(HLEDGER is None, reason="hledger is not installed: `make test` installs it")
def test_hledger_accepts_the_month(clearwatt, demo, balances, tmp_path):
    file = tmp_path / "demo.journal"
    clearwatt.document("journal", "export", "--output", file)

    def hledger(*words):
        return subprocess.run(
            [HLEDGER, *words, "-f", file], capture_output=True, text=True, check=False
        )

    assert hledger("check", "--strict").stderr == ""
    listed = hledger("balance", "--flat", "-O", "csv", "--layout", "bare", "--empty").stdout
    found = {(row["account"], row["commodity"]): row["balance"] for row in csv_rows(listed)}
    for row in balances:
        name = f"{row['book']}:{row['account']}", row["currency"]
        assert Decimal(found.get(name, 0)) == Decimal(row["balance"])


def test_rows_are_the_same_in_every_format(clearwatt, demo, tmp_path):
    done = {
        form: clearwatt.document("journal", "export", "--output", tmp_path / f"j.{form}")
        for form in ("csv", "xlsx", "parquet")
    }
    counts = {(row["entries"], row["postings"]) for row in done.values()}
    (((entries, postings)),) = counts
    ((kept,),) = clearwatt.rows("SELECT count(*) FROM journal.posting")
    assert postings == kept > entries
    table = pyarrow.parquet.ParquetFile(tmp_path / "j.parquet")
    assert table.metadata.metadata[b"clearwatt.sha256"].decode() == done["csv"]["sha256"]
    columns = table.read().to_pydict()
    flat = csv_rows((tmp_path / "j.csv").read_bytes().decode())
    assert [str(amount) for amount in columns["amount"]] == [row["amount"] for row in flat]
    with zipfile.ZipFile(tmp_path / "j.xlsx") as parts:
        assert parts.read("xl/worksheets/sheet2.xml").count(b"<row ") == postings + 1


def test_an_export_is_the_same_bytes_again(clearwatt, demo, tmp_path):
    for ending in ("bean", "journal", "csv", "xlsx", "parquet"):
        hashes = {
            clearwatt.document("journal", "export", "--output", tmp_path / f"{n}.{ending}")[
                "sha256"
            ]
            for n in range(2)
        }
        assert len(hashes) == 1, ending


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("balance", "list", "--format", "pdf"), "UNKNOWN_VALUE", 2),
        (("balance", "list", "--format", "csv", "--json"), "FORMATS_DIFFER", 2),
        (("trial-balance", "--format", "xlsx"), "OUTPUT_MISSING", 2),
        (("journal", "export", "--output", "journal.pdf"), "FORMAT_MISSING", 2),
        (("general-ledger", "--from", "2026-10-02", "--until", "2026-10-02"), "SPAN_EMPTY", 2),
        (("journal", "export", "--output", "no/such/folder/j.csv"), "FILE_OR_NETWORK", 3),
    ],
)
def test_what_cannot_be_written_is_refused(clearwatt, demo, arguments, code, exit_code):
    assert clearwatt.refusal(*arguments)[0] == exit_code
    assert clearwatt.refusal(*arguments)[1].startswith(code)


def versions(row):
    """Return the agreement versions that an entry names: an invoice group may have several."""
    return row["agreement_version"].split(", ")


@pytest.mark.parametrize(
    ("option", "value", "holds"),
    [
        ("--rule", "fee_sold", lambda row: row["rule"] == "fee_sold"),
        ("--party", "nl*rhb", lambda row: "NL*RHB" in (row["seller"], row["buyer"])),
        ("--agreement", SOLD, lambda row: SOLD in (it.partition("#")[0] for it in versions(row))),
        ("--agreement", f"{SOLD}#1", lambda row: f"{SOLD}#1" in versions(row)),
        ("--from", "2026-10-20", lambda row: row["posted_on"] >= "2026-10-20"),
        ("--until", "2026-10-20", lambda row: row["posted_on"] < "2026-10-20"),
    ],
)  # fmt: skip
def test_the_journal_is_filtered(clearwatt, demo, option, value, holds):
    everything = clearwatt.document("journal", "list", "--limit", 10**6)
    found = clearwatt.document("journal", "list", "--limit", 10**6, option, value)
    assert found == [row for row in everything if holds(row)]
    assert 0 < len(found) < len(everything)
    flat = clearwatt.run("journal", "list", "--limit", 10**6, option, value, "--format", "csv")
    assert len(csv_rows(flat.output)) == sum(len(row["postings"]) for row in found)


def test_suspense_is_what_is_held_with_its_age(clearwatt, demo):
    held = clearwatt.document("exception", "list", "--kind", "cdr", "--limit", 10**6)
    report = clearwatt.document("suspense", "list", "--items", "--as-of", "2026-12-15")
    items = {row["item"]: row for row in report["rows"] if row["kind"] == "cdr"}
    assert set(items) == {row["record"] for row in held}
    for row in held:
        item = items[row["record"]]
        age = date(2026, 12, 15) - date.fromisoformat(row["opened_at"][:10])
        assert (item["cause"], item["days"]) == (row["reason"], age.days)
    sums = clearwatt.document("suspense", "list", "--as-of", "2026-12-15")
    counted = sum(row["items"] for row in sums["rows"] if row["kind"] == "cdr")
    assert counted == len(held) > 0
    by_currency = defaultdict(Decimal)
    for row in report["rows"]:
        by_currency[row["currency"] or ""] += Decimal(row["amount"] or 0)
    assert {row["currency"]: Decimal(row["total"]) for row in sums["totals"]} == by_currency
    buckets = [name for name in sums["rows"][0] if name.startswith("days_")]
    for row in sums["rows"]:
        assert sum(Decimal(row[name]) for name in buckets) == Decimal(row["total"])
    assert clearwatt.document("suspense", "list", "--known-at", "2026-09-01")["rows"] == []


def test_the_split_report_is_what_the_books_got(clearwatt, demo):
    report = clearwatt.document("split", "report", "--period", OCTOBER)
    listed = clearwatt.document("split", "list", "--period", OCTOBER)
    assert [row["amount"] for row in report["rows"]] == [row["amount"] for row in listed]
    book, as_of = "ch-centre-rives", "2026-10-20"
    options = ("--book", book, "--as-of", as_of)
    got = defaultdict(Decimal)
    for row in clearwatt.document("split", "report", *options)["rows"]:
        got[row["currency"]] += Decimal(row["amount"])
    earned = defaultdict(Decimal)
    for row in clearwatt.document("balance", "list", *options, "--account", "revenue:share"):
        earned[row["currency"]] -= Decimal(row["balance"])
    assert got == earned
    assert len(got) > 0


def test_reports_carry_the_numbers_of_a_chart(clearwatt, demo):
    report = clearwatt.document("trial-balance", "--chart", "datev-skr03")
    assert all(row["account_number"] for row in report["rows"])
    assert report["facts"]["chart"]
    ended = clearwatt.run("trial-balance", "--chart", "no-such-chart", "--json")
    assert ended.exit_code == 1
    assert json.loads(ended.output)["errors"][0]["code"] == "NOT_FOUND"
