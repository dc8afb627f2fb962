"""The specification's own worked cases: what it says a charge costs is what we compute.

The cases lie beside the repository and are read, not copied. Where the text miscalculates (as
marked there), the figure that its own tariff gives is right.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ledger.pricing.lines import Cost, Priced
from ledger.pricing.price import price
from ledger.pricing.tariff import TariffStatement
from ledger.roaming.charged import charge_of
from ledger.roaming.statements import CdrStatement
from schemas import from_ocpi_json
from tests.conftest import SHARED

INDEX = SHARED / "cases" / "ocpi-spec" / "cases.json"
CASES = [row["case"] for row in json.loads(INDEX.read_text())["cases"]] if INDEX.exists() else []
COSTS = (
    "total_cost",
    "total_energy_cost",
    "total_time_cost",
    "total_parking_cost",
    "total_fixed_cost",
    "total_reservation_cost",
)
SIDES = (("excl_vat", "before_taxes"), ("incl_vat", "after_taxes"))
MINUTES = {
    "billed_charging_minutes": "billed_time_s",
    "billed_parking_minutes": "billed_parking_time_s",
}
TEXT_ERRORS = {
    # 114 minutes at 1.25 an hour are 2.375, the text has 2.28 (1.20 an hour) and adds that up
    "complex_saturday_43A": {
        "total_cost": {"excl_vat": "12.375", "incl_vat": "13.975"},
        "total_time_cost": {"excl_vat": "2.375", "incl_vat": "2.85"},
    },
}
EXACT_OF_ROUNDED_TEXT = {
    # 2.5 hours at 1.90 with 5.2 % are 4.997; the text rounds to 5.00
    "alt_text": {"total_cost": {"excl_vat": "4.75", "incl_vat": "4.997"}},
}


def priced_case(folder: Path) -> tuple[Priced, dict[str, Any]]:
    expected = json.loads((folder / "expected.json").read_text())
    version = expected["ocpi_version"]
    cdr = msgspec.convert(
        from_ocpi_json(
            "cdr",
            _with_a_token(folder / "cdr.json"),
            ocpi_version=version,
            party="NL*XYZ",
            time_zone=expected["timezone"],
        ),
        CdrStatement,
        from_attributes=True,
    )
    message = from_ocpi_json(
        "tariff", (folder / "tariff.json").read_bytes(), ocpi_version=version, party="NL*XYZ"
    )
    tariff = msgspec.convert(message, TariffStatement, from_attributes=True)
    return price(charge_of(cdr, expected["timezone"]), tariff), expected


def _with_a_token(file: Path) -> bytes:
    """The 2.1.1 example names its driver by a token our contract cannot place."""
    return file.read_bytes().replace(b'"DE8ACC12E46L89"', b'"DE-8AC-C12E46L89"')


def stated_by(case: str, expected: dict[str, Any]) -> dict[str, Any]:
    name = case.rpartition("/")[2]
    corrected = TEXT_ERRORS.get(name) or EXACT_OF_ROUNDED_TEXT.get(name) or {}
    return expected["stated_by_spec"] | corrected


def test_the_cases_are_all_there(shared_cases: Path) -> None:
    assert len(CASES) == json.loads(INDEX.read_text())["count"] == 77


@pytest.mark.parametrize("case", CASES)
def test_a_case_of_the_specification_costs_what_it_says(shared_cases: Path, case: str) -> None:
    priced, expected = priced_case(shared_cases / "ocpi-spec" / case)
    stated, tolerance = stated_by(case, expected), Decimal(expected["tolerance"])
    checked = 0
    for field in COSTS:
        cost: Cost | None = getattr(priced, field)
        for side, ours in SIDES:
            figure = (stated.get(field) or {}).get(side)
            if figure is None:
                continue
            assert cost is not None, field
            computed = getattr(cost, ours)
            assert computed is not None, (field, side)
            assert abs(Decimal(figure) - computed) <= tolerance, (field, side, computed)
            checked += 1
    for name, field in MINUTES.items():
        if name in stated:
            assert getattr(priced, field) == int(stated[name]) * 60
            checked += 1
    if "billed_energy_kwh" in stated:
        assert priced.billed_energy_kwh == Decimal(stated["billed_energy_kwh"])
        checked += 1
    assert checked
    assert sum(line.net for line in priced.lines) == priced.net


@pytest.mark.parametrize("case", [case for case in CASES if "north_america" in case])
def test_tax_that_a_tariff_does_not_name_is_unknown_not_zero(shared_cases: Path, case: str) -> None:
    priced, expected = priced_case(shared_cases / "ocpi-spec" / case)
    for side, ours in SIDES:
        if expected["stated_by_spec"]["total_cost"][side] is None:
            assert getattr(priced.total_cost, ours) is None


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("2.1.1")])
def test_ocpi_2_1_1_knows_no_amount_after_tax(shared_cases: Path, case: str) -> None:
    priced, _ = priced_case(shared_cases / "ocpi-spec" / case)
    assert priced.total_cost.after_taxes is None
