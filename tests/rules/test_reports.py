"""One report in its four forms: what people read, and what machines do."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from console.reports.render import csv_of, json_of, table_of
from console.reports.report import Report, columns, facts
from console.reports.workbook import write_workbook

GOLDEN = Path(__file__).parents[1] / "golden" / "reports"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HOSTILE = '=HYPERLINK("http://evil","[b]free[/b]")'


def report(rows=None):
    """A report with every kind of column, hostile texts, and a number longer than Excel's."""
    return Report(
        title="Balances & more",
        facts=facts(book="nl-polder", as_of=date(2026, 10, 31), log_position=12),
        columns=columns(
            "account", "posted_on:date", "balance:money:balance (book)", "cdrs:count:CDRs",
            "percent:percent", "recorded_at:instant", "clause", "~detail", "nothing",
        ),
        rows=rows
        if rows is not None
        else [
            ("receivable:DE*EMP", date(2026, 10, 3), Decimal("-12.1000"), 3, Decimal("19"),
             datetime(2026, 11, 2, 8, tzinfo=UTC), HOSTILE, "left out", None),
            ('say "so", they', None, Decimal("123456789012345.6789"), 0, Decimal("8.1"),
             None, "+49 @home\nsecond line", "-1", None),
        ],
        totals=[("total", None, Decimal("123456789012333.5789"), 3, *(None,) * 5)],
        notes=("A balance is debit less credit.",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("file", "rendered"),
    [
        ("balances.txt", lambda: table_of(report(), width=160)),
        ("balances.csv", lambda: csv_of(report())),
        ("balances.json", lambda: json_of(report())),
    ],
)
def test_a_report_is_written_as_its_golden_file(file, rendered):
    assert "".join(rendered()) == (GOLDEN / file).read_bytes().decode()


def test_csv_comes_back_as_it_was_but_for_what_a_spreadsheet_would_run():
    rows = [*csv.DictReader(io.StringIO("".join(csv_of(report())), newline=""))]
    assert rows[0]["clause"] == f"'{HOSTILE}"
    assert rows[1]["clause"] == "'+49 @home\nsecond line"
    assert (rows[0]["balance"], rows[1]["account"]) == ("-12.1000", 'say "so", they')
    assert not any("total" in row["account"] for row in rows)


def test_json_keeps_every_digit():
    document = json.loads("".join(json_of(report())))
    assert [row["balance"] for row in document["rows"]] == ["-12.1000", "123456789012345.6789"]
    assert document["totals"][0]["balance"] == "123456789012333.5789"
    assert document["facts"]["as of"] == "2026-10-31"


def test_a_report_without_rows_has_its_columns():
    assert "".join(csv_of(report([]))).count("\r\n") == 1
    assert json.loads("".join(json_of(report([]))))["rows"] == []
    assert "account" in "".join(table_of(report([]), width=120))


def test_a_line_says_that_a_report_has_neither_rows_nor_totals():
    nothing = replace(report([]), totals=())
    assert "".join(table_of(nothing, width=120)).splitlines() == [
        nothing.title,
        *(f"{name}: {value}" for name, value in nothing.facts),
        "",
        "Nothing found.",
        *nothing.notes,
    ]


def cells_of(path, sheet):
    """Return a sheet's cells by their place: type and text."""
    with zipfile.ZipFile(path) as parts:
        root = ElementTree.fromstring(parts.read(f"xl/worksheets/sheet{sheet}.xml"))
    return {
        cell.get("r"): (cell.get("t"), "".join(cell.itertext())) for cell in root.iter(f"{SHEET}c")
    }


def test_a_workbook_has_numbers_where_excel_keeps_them_and_text_where_it_would_not(tmp_path):
    path = tmp_path / "report.xlsx"
    write_workbook(report(), path)
    cells = cells_of(path, 2)
    assert cells["C2"] == (None, "-12.1000")
    assert cells["C3"] == ("inlineStr", "123456789012345.6789")
    assert cells["G2"] == ("inlineStr", HOSTILE)
    assert cells["A4"] == ("inlineStr", "total")
    with zipfile.ZipFile(path) as parts:
        sheet = parts.read("xl/worksheets/sheet2.xml").decode()
    assert "<f>" not in sheet
    assert 'state="frozen"' in sheet
    assert ("inlineStr", "nl-polder") in cells_of(path, 1).values()


def test_the_same_report_makes_the_same_workbook(tmp_path):
    for name in ("one.xlsx", "other.xlsx"):
        write_workbook(report(), tmp_path / name)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "other.xlsx").read_bytes()


def test_what_no_sheet_holds_goes_on_on_the_next(tmp_path):
    path = tmp_path / "long.xlsx"
    rows = [(f"a:{n}", None, Decimal(n), n, None, None, "", "", None) for n in range(5)]
    write_workbook(report(rows), path, most_rows=3)
    seen = [cells_of(path, sheet)["A2"][1] for sheet in (2, 3, 4)]
    assert seen == ["a:0", "a:2", "a:4"]
    assert cells_of(path, 4)["A3"][1] == "total"


def test_a_report_is_read_once_and_its_totals_after_its_rows():
    seen = []

    def rows():
        for number in range(5000):
            seen.append(number)
            yield (f"a:{number}", None, Decimal(1), 1, None, None, "", "", None)

    class Sum:
        def __iter__(self):
            yield ("total", None, Decimal(len(seen)), len(seen), *(None,) * 5)

    streamed = Report(title="Long", columns=report().columns, rows=rows(), totals=Sum())
    text = "".join(table_of(streamed, width=120))
    assert text.rstrip().splitlines()[-1].split() == ["total", "5000", "5000"]
    assert text.count("account") == 3  # each page of 2,000 rows has its headings
