"""`clearwatt tariff price|lint|simulate` on files: what is printed, and how the command ends."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from console.cli.app import app
from console.cli.errors import ending_of
from console.pricing.price import price_document

RUN = CliRunner()

PRINTED = {
    "status",
    "refusals",
    "currency",
    "tariff_id",
    "total_cost",
    "total_energy_cost",
    "total_time_cost",
    "total_parking_cost",
    "total_fixed_cost",
    "total_reservation_cost",
    "total_energy_kwh",
    "total_time_s",
    "total_parking_time_s",
    "billed_energy_kwh",
    "billed_time_s",
    "billed_parking_time_s",
    "periods",
    "differences",
    "warnings",
}


def component(kind: str, price: float) -> dict[str, Any]:
    return {"type": kind, "price": price, "step_size": 1}


PEAK = {
    "country_code": "NL",
    "party_id": "XYZ",
    "id": "PEAK",
    "currency": "EUR",
    "elements": [
        {
            "price_components": [component("ENERGY", 0.45), component("TIME", 6.00)],
            "restrictions": {"start_time": "08:00", "end_time": "20:00"},
        },
        {"price_components": [component("ENERGY", 0.30), component("TIME", 3.00)]},
    ],
    "last_updated": "2026-01-01T00:00:00Z",
}
CDR = {
    "country_code": "NL",
    "party_id": "XYZ",
    "id": "C1",
    "start_date_time": "2026-11-05T18:00:00Z",
    "end_date_time": "2026-11-05T20:00:00Z",
    "currency": "EUR",
    "tariffs": [PEAK],
    "charging_periods": [
        {
            "start_date_time": "2026-11-05T18:00:00Z",
            "dimensions": [{"type": "ENERGY", "volume": 15}, {"type": "TIME", "volume": 1}],
        },
        {
            "start_date_time": "2026-11-05T19:00:00Z",
            "dimensions": [{"type": "ENERGY", "volume": 20}, {"type": "TIME", "volume": 1}],
        },
    ],
    "total_cost": {"excl_vat": 21.80},
    "total_energy": 35,
    "total_time": 2,
    "last_updated": "2026-11-05T20:01:00Z",
}
ZONE = ("--time-zone", "Europe/Amsterdam")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, document in (("cdr", CDR), ("tariff", PEAK)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    return tmp_path


def run(*words: object, text: str = "") -> tuple[int, str]:
    result = RUN.invoke(app, ["tariff", *map(str, words)], input=text)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_price_prints_the_published_object(files: Path) -> None:
    """15 kWh at 0.45 and an hour at 6.00, then 20 kWh at 0.30 and an hour at 3.00."""
    code, text = run("price", "--cdr", files / "cdr.json", *ZONE, "--json")
    printed = json.loads(text)
    assert code == 0
    assert printed.keys() >= PRINTED
    assert Decimal(printed["total_cost"]["before_taxes"]) == Decimal("21.75")
    assert Decimal(printed["total_energy_cost"]["before_taxes"]) == Decimal("12.75")
    assert Decimal(printed["total_time_cost"]["before_taxes"]) == Decimal("9.00")
    assert (printed["tariff_id"], printed["currency"]) == ("PEAK", "EUR")
    assert (printed["billed_time_s"], printed["total_parking_time_s"]) == ("7200", "0")
    assert [(row["field"], Decimal(row["difference"])) for row in printed["differences"]] == [
        ("total_cost.before_taxes", Decimal("0.05"))
    ]
    lines = [[line["cost"]["before_taxes"] for line in row["lines"]] for row in printed["periods"]]
    assert lines == [["6.7500", "6.0000"], ["6.0000", "3.0000"]]


def test_price_for_people_is_a_table_with_the_difference(files: Path) -> None:
    code, text = run("price", "--cdr", files / "cdr.json", *ZONE)
    assert code == 0
    for shown in ("elements[0][0]", "21.75", "21.8", "total_cost.before_taxes"):
        assert shown in text


def test_another_tariff_may_be_named(files: Path) -> None:
    other = {**PEAK, "id": "OTHER", "elements": [{"price_components": [component("ENERGY", 1)]}]}
    (files / "other.json").write_text(json.dumps(other))
    words = ("--cdr", files / "cdr.json", "--tariff", files / "other.json", "--json")
    code, text = run("price", *words)
    assert code == 0
    assert json.loads(text)["tariff_id"] == "OTHER"
    assert Decimal(json.loads(text)["total_cost"]["before_taxes"]) == 35


def test_a_refusal_ends_with_1(files: Path) -> None:
    (files / "bad.json").write_text("{")
    code, text = run("price", "--cdr", files / "bad.json", "--json")
    assert code == 1
    assert json.loads(text)["refusals"][0]["code"] == "NOT_JSON"
    assert json.loads(text)["total_cost"] is None


def test_many_lines_are_answered_in_order_and_bad_ones_refused(files: Path) -> None:
    good = json.dumps({"cdr": CDR, "tariff": None, "time_zone": ZONE[1], "ocpi_version": None})
    lines = [good, "{", json.dumps({"cdr": None}), json.dumps({"cdr": CDR, "tariff": 7}), good]
    code, text = run("price", "--jsonl", "-", text="\n".join(lines) + "\n")
    results = [json.loads(line) for line in text.splitlines()]
    assert code == 1
    assert [row["status"] for row in results] == ["priced", *["refused"] * 3, "priced"]
    assert all(found["path"] for row in results for found in row["refusals"])
    assert results[0] == results[4]

    (files / "good.jsonl").write_text(f"{good}\n{good}\n")
    code, text = run("price", "--jsonl", files / "good.jsonl")
    assert (code, len(text.splitlines())) == (0, 2)


def test_blank_lines_at_the_end_are_no_documents(files: Path) -> None:
    good = json.dumps({"cdr": CDR, "time_zone": ZONE[1]})
    code, text = run("price", "--jsonl", "-", text=f"{good}\n\n  \n")
    assert (code, len(text.splitlines())) == (0, 1)
    code, text = run("price", "--jsonl", "-", text=f"{good}\n\n{good}\n")
    statuses = [json.loads(line)["status"] for line in text.splitlines()]
    assert (code, statuses) == (1, ["priced", "refused", "priced"])


def test_a_line_that_is_no_json_is_answered_in_the_shape_of_the_command() -> None:
    code, text = run("lint", "--jsonl", "-", text="{\n")
    printed = json.loads(text)
    assert (code, printed["status"], printed["findings"]) == (1, "refused", [])
    assert "total_cost" not in printed


def test_several_tariffs_may_be_given_beside_a_cdr() -> None:
    other = {**PEAK, "id": "OTHER"}
    rows = [{**CDR["charging_periods"][0], "tariff_id": "PEAK"}]
    rows.append({**CDR["charging_periods"][1], "tariff_id": "OTHER"})
    line = {"cdr": {**CDR, "charging_periods": rows}, "tariff": [PEAK, other], "time_zone": ZONE[1]}
    code, text = run("price", "--jsonl", "-", text=json.dumps(line))
    assert code == 0
    assert Decimal(json.loads(text)["total_cost"]["before_taxes"]) == Decimal("21.75")


def test_lint_names_code_path_and_explanation(files: Path) -> None:
    code, text = run("lint", files / "tariff.json", "--json")
    assert (code, json.loads(text)["status"]) == (0, "clean")

    wrong = {**PEAK, "currency": "EUX"}
    (files / "wrong.json").write_text(json.dumps(wrong))
    code, text = run("lint", files / "wrong.json", "--json")
    found = json.loads(text)["findings"]
    assert code == 1
    assert [(row["code"], row["path"]) for row in found] == [
        ("CURRENCY_UNKNOWN", "$.tariff.currency")
    ]
    assert "EUX" in found[0]["explanation"]
    assert "CURRENCY_UNKNOWN" in run("lint", files / "wrong.json")[1]

    lines = "\n".join(json.dumps({"tariff": document}) for document in (PEAK, wrong, 7))
    code, text = run("lint", "--jsonl", "-", text=lines)
    assert [json.loads(line)["status"] for line in text.splitlines()] == [
        "clean",
        "findings",
        "refused",
    ]
    assert code == 1


SESSION = ("--kwh", "35", "--minutes", "120", "--start", "2026-11-05T19:00:00+01:00", *ZONE)


def test_simulate_cuts_the_session_where_the_price_changes(files: Path) -> None:
    """From 19:00 to 21:00 with the peak's end at 20:00: 17.5 kWh and an hour on each side."""
    picture = files / "picture.svg"
    words = (files / "tariff.json", *SESSION, "--picture", picture, "--json")
    code, text = run("simulate", *words)
    printed = json.loads(text)
    starts = [row["start_date_time"] for row in printed["periods"]]
    assert code == 0
    assert starts == ["2026-11-05T18:00:00Z", "2026-11-05T19:00:00Z"]
    # 17.5 x 0.45 + 6.00 + 17.5 x 0.30 + 3.00
    assert Decimal(printed["total_cost"]["before_taxes"]) == Decimal("22.125")
    assert printed["warnings"] == []
    assert ElementTree.fromstring(picture.read_text()).tag.endswith("svg")
    assert "█" in run("simulate", files / "tariff.json", *SESSION)[1]


def test_simulate_without_a_zone_takes_the_country_s_and_says_so(files: Path) -> None:
    code, text = run("simulate", files / "tariff.json", *SESSION[:6], "--json")
    printed = json.loads(text)
    assert (code, printed["time_zone"]) == (0, "Europe/Amsterdam")
    assert [row["code"] for row in printed["warnings"]] == ["TIME_ZONE_ASSUMED"]


def test_simulate_cuts_at_energy_and_duration_bounds(files: Path) -> None:
    """First 50 kWh at 0.30, then 0.25; an idle fee of 12.00 an hour while parked."""
    elements = [
        {"price_components": [component("ENERGY", 0.30)], "restrictions": {"max_kwh": 50}},
        {"price_components": [component("ENERGY", 0.25)], "restrictions": {"min_kwh": 50}},
        {"price_components": [component("PARKING_TIME", 12)]},
    ]
    (files / "steps.json").write_text(json.dumps({**PEAK, "elements": elements}))
    words = ("--kwh", 60, "--minutes", 90, "--parking-minutes", 15, "--start", "2026-11-05")
    code, text = run("simulate", files / "steps.json", *words, "--json")
    printed = json.loads(text)
    energies = [
        [line["quantity"] for line in row["lines"] if line["dimension"] == "ENERGY"]
        for row in printed["periods"]
    ]
    assert code == 0
    assert [[Decimal(kwh) for kwh in row] for row in energies] == [[50], [10], []]
    assert Decimal(printed["total_cost"]["before_taxes"]) == Decimal("20.50")


@pytest.mark.parametrize(
    "words",
    [
        ("price",),
        ("price", "--cdr", "no-such-file.json"),
        ("price", "--jsonl", "no-such-file.jsonl"),
        ("lint",),
        ("simulate", "{tariff}", "--kwh", "many", "--minutes", "9", "--start", "2026-11-05"),
        ("simulate", "{tariff}", "--kwh", "-1", "--minutes", "9", "--start", "2026-11-05"),
        ("simulate", "{tariff}", "--kwh", "1", "--minutes", "9", "--start", "soon"),
    ],
)
def test_what_is_called_wrongly_ends_with_2(files: Path, words: tuple[str, ...]) -> None:
    named = [word.format(tariff=files / "tariff.json") for word in words]
    result = RUN.invoke(app, ["tariff", *named], standalone_mode=False)
    assert result.exception is not None
    assert ending_of(result.exception).exit_code == 2


def test_the_specification_s_cases_are_met_from_their_text(shared_cases: Path) -> None:
    index = json.loads((shared_cases / "ocpi-spec" / "cases.json").read_text())
    wrong = []
    for case in index["cases"]:
        folder = shared_cases / "ocpi-spec" / case["case"]
        stated = case["total_cost"]
        if "ARITHMETIC ERROR" in case.get("note", ""):
            stated = {"excl_vat": "12.375", "incl_vat": "13.975"}
        result = price_document(
            (folder / "cdr.json").read_bytes(),
            tariff=(folder / "tariff.json").read_bytes(),
            time_zone=case["timezone"],
        )
        cost = result.total_cost
        for said, ours in (("excl_vat", "before_taxes"), ("incl_vat", "after_taxes")):
            if stated[said] is not None:
                computed = None if cost is None else getattr(cost, ours)
                if computed is None or abs(computed - Decimal(stated[said])) > Decimal("0.005"):
                    wrong.append((case["case"], said, computed))
    assert len(index["cases"]) == 77
    assert wrong == []
