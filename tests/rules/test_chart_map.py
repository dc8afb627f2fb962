"""A customer's own chart: every account has its number there, or the file is refused by line."""

import json

import pytest
from typer.testing import CliRunner

from console.cli.app import app
from console.reports.account_map import account_map, chart_accounts
from console.reports.chart_map import ChartMap, Mapped, read_chart_map, shipped_charts
from console.reports.render import csv_of
from ledger.books.accounts import CHART
from ledger.values.reasons import Refused

LINES = "".join(f"  {row.name}: {{number: 1, name: Ours}}\n" for row in CHART)
WHOLE = f"name: mine\ntitle: Mine\naccounts:\n{LINES}"
NEXT = WHOLE.count("\n") + 1
"""The line that is written after a whole chart."""


def refused(text: str) -> list[str]:
    with pytest.raises(Refused) as told:
        read_chart_map(text, "mine.yaml")
    return [f"{row.reason} {row.path} {row.actual}".rstrip() for row in told.value.refusals]


@pytest.mark.parametrize("name", shipped_charts())
def test_every_shipped_chart_is_whole_and_names_its_sources(name):
    chart = ChartMap.load(name)
    assert chart.name == name
    assert chart.sources
    assert {row.name for row in CHART} <= set(chart.lines)


@pytest.mark.parametrize(
    ("account", "skr03", "skr04"),
    [
        ("receivable:DE*EMP", "1400", "1200"),
        ("payable:NL*XYZ", "1600", "3300"),
        ("vat:DE:output:due", "1770", "3800"),
        ("vat:AT:output:due", "1767", "3817"),
        ("vat:DE:input:due", "1570", "1400"),
        ("vat:DE:self_assessed:due", "1785", "3835"),
        ("vat:DE:output:accrued", "1760", "3810"),
        ("vat:DE:output:parking:accrued", "1760", "3810"),
        ("revenue:charging", "8200", "4200"),
        ("revenue:charging:invoiced", "8200", "4200"),
        ("revenue:fee:invoiced", "8510", "4560"),
        ("cost:share:invoiced", "4760", "6770"),
        ("fx:unrealised", "2150", "6880"),
        ("suspense:misposted", "1792", "3630"),
    ],
)
def test_an_account_has_its_number_in_datevs_charts(account, skr03, skr04):
    found = [ChartMap.load(name).mapped(account).number for name in ("datev-skr03", "datev-skr04")]
    assert found == [skr03, skr04]


def test_a_number_without_a_source_says_so():
    assert ChartMap.load("datev-skr04").mapped("rounding:vat").is_verified is False
    assert ChartMap.load("datev-skr03").mapped("rounding:vat").is_verified is True


def test_a_listed_party_has_a_number_of_its_own_any_other_the_collective_one():
    chart = ChartMap.load("example")
    assert chart.mapped("receivable:DE*EMP") == Mapped("10002", "Receivables DE*EMP")
    assert chart.mapped("receivable:FR*XYZ") == Mapped("1200", "Receivables")
    assert chart.mapped("payable:DE*EMP").number == "2100"


def test_parties_without_a_number_are_told_the_next_ones_and_none_is_given_again():
    used = ["receivable:FR*XYZ", "receivable:DE*EMP", "receivable:BE*ABC", "payable:NL*NEW"]
    assert ChartMap.load("example").unlisted(used) == {
        "debtors": {"BE*ABC": "10003", "FR*XYZ": "10004"},
        "creditors": {"NL*NEW": "70002"},
    }
    notes = account_map(used, ChartMap.load("example")).notes
    assert notes[0] == (
        "Without numbers of their own; the next in debtors are BE*ABC: 10003, FR*XYZ: 10004."
    )


def test_what_is_spelled_out_comes_before_what_varies():
    chart = ChartMap.load("example")
    assert chart.mapped("vat:NL:output:due")[:3] == ("2300", "VAT on sales", "V21")
    assert chart.mapped("vat:CH:output:due").number == "2390"


def test_an_account_without_a_number_keeps_our_name_and_has_its_group():
    mapped = ChartMap.load("saft-no").mapped("payable:NO*EMP")
    assert (mapped.number, mapped.group) == ("payable:NO*EMP", "kortsiktigGjeld 2400")


@pytest.mark.parametrize("account", ["cash", "receivable:somebody", "", "revenue:other"])
def test_what_is_no_account_of_ours_is_not_mapped(account):
    with pytest.raises(Refused, match=r"^ACCOUNT_NOT_MAPPED"):
        ChartMap.load("example").mapped(account)


def test_a_whole_chart_is_read():
    assert read_chart_map(WHOLE, "mine.yaml").mapped("rounding:vat") == Mapped("1", "Ours")


def test_an_account_without_a_line_is_refused():
    without = WHOLE.replace("  rounding:vat: {number: 1, name: Ours}\n", "")
    assert refused(without) == ["ACCOUNT_NOT_MAPPED mine.yaml:4 accounts"]


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("", ["INVALID_DOCUMENT mine.yaml nothing"]),
        ("{", ["INVALID_DOCUMENT mine.yaml"]),
        ("- a\n", ["WRONG_TYPE mine.yaml:1 a list"]),
        (
            WHOLE + "  cash: {name: Cash}\n",
            [f"ACCOUNT_UNKNOWN mine.yaml:{NEXT} accounts.cash cash"],
        ),
        (
            WHOLE + "  rounding:vat: {name: Again}\n",
            [f"NAMED_TWICE mine.yaml:{NEXT} accounts.rounding:vat rounding:vat"],
        ),
        (
            WHOLE + "  vat:DE:output:due: {nmae: Tax}\n",
            [
                f"UNKNOWN_FIELD mine.yaml:{NEXT} accounts.vat:DE:output:due.nmae nmae",
                f"MISSING_FIELD mine.yaml:{NEXT} accounts.vat:DE:output:due",
            ],
        ),
        (
            WHOLE + "  vat:DE:output:due: {name: Tax, verified: maybe}\n",
            [f"UNKNOWN_VALUE mine.yaml:{NEXT} accounts.vat:DE:output:due.verified maybe"],
        ),
        (
            WHOLE + "  payable:NL*XYZ: {name: Them, parties: creditors}\n",
            [f"UNKNOWN_VALUE mine.yaml:{NEXT} accounts.payable:NL*XYZ.parties creditors"],
        ),
        (
            WHOLE + "parties:\n  debtors: {from: 10, until: 12,"
            " numbers: {NL*AAA: 10, NL*BBB: 10, NL*CCC: 13, nobody: 11}}\n",
            [
                f"NAMED_TWICE mine.yaml:{NEXT + 1} parties.debtors.numbers.NL*BBB NL*BBB 10",
                f"NUMBER_OUT_OF_RANGE mine.yaml:{NEXT + 1} parties.debtors.numbers.NL*CCC 13",
                f"WRONG_IDENTIFIER mine.yaml:{NEXT + 1} parties.debtors.numbers.nobody nobody",
            ],
        ),
        (
            WHOLE + "parties:\n  debtors: {from: 12, until: 10}\n",
            [f"NUMBER_OUT_OF_RANGE mine.yaml:{NEXT + 1} parties.debtors 10"],
        ),
        (
            WHOLE + "parties:\n  debtors: {from: ten, until: 12}\n",
            [f"WRONG_TYPE mine.yaml:{NEXT + 1} parties.debtors.from ten"],
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, errors):
    found = refused(text)
    assert [row[: len(error)] for row, error in zip(found, errors, strict=True)] == errors


def test_everything_that_is_wrong_is_told_at_once():
    text = WHOLE.replace("  rounding:vat: {number: 1, name: Ours}\n", "") + "  cash: {name: C}\n"
    assert [row.split()[0] for row in refused(text)] == ["ACCOUNT_UNKNOWN", "ACCOUNT_NOT_MAPPED"]


def test_a_chart_that_is_nowhere_is_refused():
    with pytest.raises(Refused, match=r"^NOT_FOUND: .* or one of datev-skr03"):
        ChartMap.load("datev-skr99")


def test_the_map_of_used_accounts_says_what_each_is():
    names = ["receivable:DE*EMP", "vat:NL:output:due"]
    rows = "".join(csv_of(account_map(names, ChartMap.load("example")))).splitlines()
    assert rows[1:] == [
        "receivable:DE*EMP,asset,what a party owes us through clearing,clearing,10002,"
        "Receivables DE*EMP,,,yes",
        'vat:NL:output:due,liability,"VAT on sales, rounded as it is invoiced",,2300,'
        "VAT on sales,V21,,yes",
    ]


def test_the_map_of_all_accounts_has_every_line_of_the_chart():
    chart = ChartMap.load("datev-skr03")
    report = account_map(chart_accounts(chart), chart)
    assert {row[0] for row in report.rows} == set(chart.lines)
    assert account_map(chart_accounts(None), None).notes == ()


def asked(*arguments: str) -> tuple[int, dict]:
    """Return how `account map --check` ended and the JSON it printed; no service is needed."""
    command = ["account", "map", "--check", "--json", *arguments]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    return done.exit_code, json.loads(done.output)


def test_the_command_shows_every_line_of_a_chart():
    ended, report = asked("--chart", "datev-skr04")
    numbers = {row["account"]: row["number"] for row in report["rows"]}
    assert (ended, numbers["payable:<party>"], numbers["vat:DE:input:due"]) == (0, "3300", "1400")


def test_the_command_ends_with_1_and_tells_every_error_with_its_line(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\ntitle: Mine\naccounts:\n  cash: {name: Cash}\n")
    ended, told = asked("--chart", str(file))
    first, *rest = told["errors"]
    assert (ended, first["code"], first["path"]) == (
        1, "ACCOUNT_UNKNOWN", "mine.yaml:4 accounts.cash",
    )  # fmt: skip
    assert [row["code"] for row in rest] == ["ACCOUNT_NOT_MAPPED"] * len(CHART)
