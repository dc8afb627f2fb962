"""CDRs and tariffs as they occur in the field: read with a warning, or refused with a path."""

import json
import random
from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from console.pricing.cdr_reader import read_cdr
from console.pricing.findings import WARNINGS, Notes
from console.pricing.price import price_document
from console.pricing.result import Result, encoded
from console.pricing.tariff_reader import read_tariff
from ledger.pricing.lines import WarningCode
from ledger.values.reasons import Reason

Document = dict[str, Any]
Change = Callable[[Document], None]


def tariff() -> Document:
    return {
        "country_code": "NL",
        "party_id": "XYZ",
        "id": "T1",
        "currency": "EUR",
        "elements": [
            {"price_components": [{"type": "ENERGY", "price": 0.30, "vat": 21, "step_size": 1}]}
        ],
        "last_updated": "2026-01-01T00:00:00Z",
    }


def cdr() -> Document:
    """A CDR of 2.2.1 that has nothing wrong: 4 + 6 kWh at 0.30 is 3.00."""
    starts = ("2026-11-05T07:00:00Z", "2026-11-05T08:00:00Z")
    return {
        "country_code": "NL",
        "party_id": "XYZ",
        "id": "C1",
        "start_date_time": starts[0],
        "end_date_time": "2026-11-05T09:00:00Z",
        "cdr_location": {"country": "NLD"},
        "currency": "EUR",
        "tariffs": [tariff()],
        "charging_periods": [
            {
                "start_date_time": start,
                "dimensions": [
                    {"type": "ENERGY", "volume": volume},
                    {"type": "TIME", "volume": 1},
                ],
                "tariff_id": "T1",
            }
            for start, volume in zip(starts, (4.0, 6), strict=True)
        ],
        "total_cost": {"excl_vat": 3.00, "incl_vat": 3.63},
        "total_energy": 10,
        "total_time": 2,
        "last_updated": "2026-11-05T09:01:00Z",
    }


def priced(document: Document, **options: Any) -> Result:
    return price_document(json.dumps(document).encode(), **options)


def put(*place: str | int) -> Callable[[object], Change]:
    """Return how to set the value at a place of a document."""

    def with_value(value: object) -> Change:
        def change(document: Document) -> None:
            part: Any = document
            for name in place[:-1]:
                part = part[name]
            part[place[-1]] = value

        return change

    return with_value


def test_what_ocpi_asks_for_is_priced_without_a_word() -> None:
    result = priced(cdr())
    assert (result.status, result.warnings, result.differences) == ("priced", (), ())
    assert result.total_cost is not None
    assert result.total_cost.before_taxes == Decimal("3.00")
    assert result.total_cost.after_taxes == Decimal("3.63")


first_period = put("charging_periods", 0, "start_date_time")
first_type = put("charging_periods", 0, "dimensions", 0, "type")
first_volume = put("charging_periods", 0, "dimensions", 0, "volume")
first_time = put("charging_periods", 0, "dimensions", 1, "volume")
component = put("tariffs", 0, "elements", 0, "price_components", 0)
restrictions = put("tariffs", 0, "elements", 0, "restrictions")


def swapped(document: Document) -> None:
    document["charging_periods"].reverse()


def null_entries(document: Document) -> None:
    document["charging_periods"].append(None)
    document["tariffs"][0]["elements"].insert(0, None)


def a_null_component(document: Document) -> None:
    document["tariffs"][0]["elements"][0]["price_components"].insert(0, None)


def of_2_3_0_without_tax_included(document: Document) -> None:
    document["total_cost"] = {"before_taxes": 3.00, "taxes": [{"name": "VAT", "amount": 0.63}]}


def another_dimension(document: Document) -> None:
    document["charging_periods"][0]["dimensions"].append({"type": "SOLAR", "volume": 1})


def an_empty_limit(document: Document) -> None:
    document["charging_periods"][0]["dimensions"].append({"type": "MAX_POWER", "volume": None})


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        (another_dimension, "UNKNOWN_DIMENSION", "$.cdr.charging_periods[0].dimensions[2].type"),
        (an_empty_limit, "DIMENSION_IGNORED", "$.cdr.charging_periods[0].dimensions[2].volume"),
        (first_type("energy"), "LOWER_CASE", "$.cdr.charging_periods[0].dimensions[0].type"),
        (
            first_volume("4.0"),
            "NUMBER_AS_TEXT",
            "$.cdr.charging_periods[0].dimensions[0].volume",
        ),
        (null_entries, "NULL_ENTRY", "$.cdr.tariffs[0].elements[0]"),
        (
            a_null_component,
            "NULL_ENTRY",
            "$.cdr.tariffs[0].elements[0].price_components[0]",
        ),
        (
            of_2_3_0_without_tax_included,
            "TAX_INCLUDED_MISSING",
            "$.cdr.tariffs[0].tax_included",
        ),
        (restrictions([]), "WRONG_FORMAT", "$.cdr.tariffs[0].elements[0].restrictions"),
        (
            restrictions({"start_time": ""}),
            "WRONG_FORMAT",
            "$.cdr.tariffs[0].elements[0].restrictions.start_time",
        ),
        (put("total_energy")(None), "TOTAL_MISSING", "$.cdr.total_energy"),
        (put("credit")(True), "CREDIT_HALF_STATED", "$.cdr.credit"),
        (put("start_date_time")("2026-11-5T07:00:00z"), "WRONG_FORMAT", "$.cdr.start_date_time"),
        (put("start_date_time")("1970-1-1T00:00:00Z"), "SPAN_NOT_KNOWN", "$.cdr.start_date_time"),
        (put("end_date_time")("1970-1-1T00:00:00Z"), "SPAN_NOT_KNOWN", "$.cdr.end_date_time"),
        (put("tariffs", 0, "type")("NIGHT"), "NOT_READABLE", "$.cdr.tariffs[0].type"),
        (
            put("tariffs", 0, "energy_mix")("green"),
            "NOT_READABLE",
            "$.cdr.tariffs[0].energy_mix",
        ),
        (swapped, "PERIODS_OUT_OF_ORDER", "$.cdr.charging_periods[1].start_date_time"),
        (
            first_period("2026-11-05T06:00:00Z"),
            "PERIOD_BEFORE_START",
            "$.cdr.charging_periods[0].start_date_time",
        ),
        (
            put("charging_periods", 1, "start_date_time")("2026-11-05T10:00:00Z"),
            "PERIOD_BEYOND_END",
            "$.cdr.charging_periods[1].start_date_time",
        ),
        (put("total_energy")(11), "CDR_ENERGY_DIFFERS", "$.cdr.total_energy"),
        (put("total_time")(3), "CDR_TIME_DIFFERS", "$.cdr.total_time"),
        (
            put("start_date_time")("2026-11-05T07:00:00"),
            "TIME_WITHOUT_ZONE",
            "$.cdr.start_date_time",
        ),
        (
            put("start_date_time")("2026-11-05T08:00:00+01:00"),
            "TIME_NOT_UTC",
            "$.cdr.start_date_time",
        ),
        (put("country_code")("NLD"), "COUNTRY_CODE_ALPHA_3", "$.cdr.country_code"),
        (put("country_code")("nl"), "LOWER_CASE", "$.cdr.country_code"),
        (put("currency")("eur"), "LOWER_CASE", "$.cdr.currency"),
        (put("currency")(None), "CURRENCY_TAKEN", "$.cdr.currency"),
        (put("tariffs", 0, "id")("t1"), "LOWER_CASE", "$.cdr.charging_periods[0].tariff_id"),
        (put("tariffs", 0, "id")("X"), "TARIFF_ID_DIFFERS", "$.cdr.charging_periods[0].tariff_id"),
        (
            put("tariffs", 0, "start_date_time")("2026-12-01T00:00:00Z"),
            "TARIFF_NOT_VALID",
            "$.cdr.tariffs[0].start_date_time",
        ),
        (
            put("tariffs", 0, "end_date_time")("2026-11-01T00:00:00Z"),
            "TARIFF_NOT_VALID",
            "$.cdr.tariffs[0].end_date_time",
        ),
        (
            component({"type": "ENERGY", "price": "0.30", "vat": 21, "step_size": 1}),
            "NUMBER_AS_TEXT",
            "$.cdr.tariffs[0].elements[0].price_components[0].price",
        ),
        (
            component({"type": "ENERGY", "price": 0.30, "vat": 21}),
            "STEP_SIZE_MISSING",
            "$.cdr.tariffs[0].elements[0].price_components[0].step_size",
        ),
        (
            restrictions({"weather": "sunny"}),
            "UNKNOWN_FIELD",
            "$.cdr.tariffs[0].elements[0].restrictions.weather",
        ),
        (
            restrictions({"start_time": "7:00"}),
            "WRONG_FORMAT",
            "$.cdr.tariffs[0].elements[0].restrictions.start_time",
        ),
        (
            restrictions({"start_time": "07:00"}),
            "TIME_ZONE_ASSUMED",
            "$.cdr.cdr_location.country",
        ),
        (put("total_cost")(None), "TOTAL_COST_MISSING", "$.cdr.total_cost"),
        (put("total_cost")({"incl_vat": 3.63}), "NOT_READABLE", "$.cdr.total_cost.excl_vat"),
        (put("total_time")("two"), "NOT_READABLE", "$.cdr.total_time"),
        (put("tariffs", 0, "party_id")(7), "NOT_READABLE", "$.cdr.tariffs[0].party_id"),
        (put("tariffs", 0, "last_updated")("?"), "NOT_READABLE", "$.cdr.tariffs[0].last_updated"),
    ],
)
def test_what_is_plainly_meant_is_priced_with_a_warning(
    change: Change, code: str, path: str
) -> None:
    document = cdr()
    change(document)
    result = priced(document)
    assert result.status == "priced", result.refusals
    assert (code, path) in {(warning.code, warning.path) for warning in result.warnings}
    assert result.total_cost is not None
    assert abs(result.total_cost.before_taxes or 0) == Decimal("3.00")


def test_a_null_component_keeps_its_place() -> None:
    """The one behind it is still the second: a priced line names it by the document's index."""
    document = cdr()
    a_null_component(document)
    lines = [line for period in priced(document).periods for line in period.lines]
    assert {(line.element, line.component) for line in lines} == {(0, 1)}


def test_energy_fed_into_the_grid_is_priced_as_stated_from_2_2_on() -> None:
    document = cdr()
    first_volume(-1)(document)
    result = priced(document)
    assert result.total_cost is not None
    assert result.total_cost.before_taxes == Decimal("1.50")
    assert "ENERGY_NEGATIVE" in {warning.code for warning in result.warnings}
    assert priced(document, ocpi_version="2.1.1").refusals[0].code == "NEGATIVE_QUANTITY"


@pytest.mark.parametrize(
    ("text", "twice", "path"),
    [
        ('"id": "C1"', '"id": "C1", "id": "C2"', "$.cdr.id"),
        ('"id": "C1"', '"id" : "C1", "id": "C2"', "$.cdr.id"),
        (
            '"volume": 4.0',
            '"volume": 9, "volume": 4.0',
            "$.cdr.charging_periods[0].dimensions[0].volume",
        ),
        (
            '"price": 0.3',
            '"price": 9, "price": 0.3',
            "$.cdr.tariffs[0].elements[0].price_components[0].price",
        ),
    ],
)
def test_of_a_name_that_stands_twice_the_last_counts_and_it_is_said(
    text: str, twice: str, path: str
) -> None:
    result = price_document(json.dumps(cdr()).replace(text, twice, 1).encode())
    assert result.total_cost is not None
    assert result.total_cost.before_taxes == Decimal("3.00")
    assert [(note.code, note.path) for note in result.warnings] == [("DUPLICATE_NAME", path)]


def test_a_credit_cdr_has_only_its_total_negative() -> None:
    document = cdr()
    document |= {"credit": True, "credit_reference_id": "C0"}
    document["total_cost"] = {"excl_vat": -3.00, "incl_vat": -3.63}
    result = priced(document)
    assert (result.warnings, result.differences) == ((), ())
    assert result.total_cost is not None
    assert result.total_energy_cost is not None
    assert result.total_cost.before_taxes == Decimal("-3.00")
    assert result.total_energy_cost.before_taxes == Decimal("3.00")


def test_the_energy_mix_is_kept() -> None:
    mix = {
        "is_green_energy": False,
        "energy_sources": [{"source": "WIND", "percentage": 60.5}],
        "environ_impact": [{"source": "CARBON_DIOXIDE", "amount": 120}],
        "supplier_name": "Aurel",
    }
    read = read_tariff(json.dumps({**tariff(), "energy_mix": mix}).encode(), "$.tariff", None)
    kept = read.statement.energy_mix
    assert kept is not None
    assert (kept.is_green_energy, kept.supplier_name) == (False, "Aurel")
    assert kept.energy_sources[0].percentage == Decimal("60.5")
    assert kept.environ_impact[0].category == "CARBON_DIOXIDE"


@pytest.mark.parametrize(
    ("included", "before", "after"),
    [("YES", "2.4793", "3"), ("N/A", "3", "3"), ("NO", "3", "3.63"), (None, "3", "3.63")],
)
def test_tax_included_means_what_it_says_also_before_2_3_0(
    included: str | None, before: str, after: str
) -> None:
    document = cdr()
    document["tariffs"][0]["tax_included"] = included
    total = priced(document).total_cost
    assert total is not None
    assert (total.before_taxes, total.after_taxes) == (Decimal(before), Decimal(after))


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        (put("charging_periods")([]), "EMPTY_LIST", "$.cdr.charging_periods"),
        (put("charging_periods")(None), "MISSING_FIELD", "$.cdr.charging_periods"),
        (put("charging_periods")({}), "WRONG_TYPE", "$.cdr.charging_periods"),
        (put("charging_periods", 0)("x"), "WRONG_TYPE", "$.cdr.charging_periods[0]"),
        (first_volume(None), "MISSING_FIELD", "$.cdr.charging_periods[0].dimensions[0].volume"),
        (first_volume("4,0"), "NOT_A_NUMBER", "$.cdr.charging_periods[0].dimensions[0].volume"),
        (first_time(-1), "NEGATIVE_QUANTITY", "$.cdr.charging_periods[0].dimensions[1].volume"),
        (
            put("end_date_time")("2926-11-05T06:00:00Z"),
            "NUMBER_OUT_OF_RANGE",
            "$.cdr.end_date_time",
        ),
        (
            restrictions({"day_of_week": [None]}),
            "EMPTY_LIST",
            "$.cdr.tariffs[0].elements[0].restrictions.day_of_week",
        ),
        (
            first_volume(10**13),
            "NUMBER_OUT_OF_RANGE",
            "$.cdr.charging_periods[0].dimensions[0].volume",
        ),
        (
            first_period("yesterday"),
            "WRONG_FORMAT",
            "$.cdr.charging_periods[0].start_date_time",
        ),
        (put("end_date_time")(None), "MISSING_FIELD", "$.cdr.end_date_time"),
        (put("end_date_time")("2026-11-05T06:00:00Z"), "END_BEFORE_START", "$.cdr.end_date_time"),
        (put("tariffs")([]), "TARIFF_MISSING", "$.cdr.tariffs"),
        (put("tariffs")(None), "TARIFF_MISSING", "$.cdr.tariffs"),
        (put("tariffs", 0, "elements")([]), "EMPTY_LIST", "$.cdr.tariffs[0].elements"),
        (put("tariffs", 0, "elements")([None]), "EMPTY_LIST", "$.cdr.tariffs[0].elements"),
        (put("currency")("CHF"), "CURRENCY_DIFFERS", "$.cdr.tariffs[0].currency"),
        (
            component({"type": "ENERGY", "price": None, "step_size": 1}),
            "MISSING_FIELD",
            "$.cdr.tariffs[0].elements[0].price_components[0].price",
        ),
        (
            component({"type": "SOLAR", "price": 1, "step_size": 1}),
            "TARIFF_NOT_SUPPORTED",
            "$.cdr.tariffs[0].elements[0].price_components[0].type",
        ),
        (
            restrictions({"start_time": "noon"}),
            "WRONG_FORMAT",
            "$.cdr.tariffs[0].elements[0].restrictions.start_time",
        ),
        (
            restrictions({"day_of_week": ["MONDAY", "FUNDAY"]}),
            "UNKNOWN_VALUE",
            "$.cdr.tariffs[0].elements[0].restrictions.day_of_week[1]",
        ),
        (put("ocpi_version")("1.6"), "UNKNOWN_OCPI_VERSION", "$.cdr.ocpi_version"),
    ],
)
def test_what_would_be_guessed_is_refused_with_its_path(
    change: Change, code: str, path: str
) -> None:
    document = cdr()
    change(document)
    result = priced(document)
    assert result.status == "refused"
    assert (code, path) in {(found.code, found.path) for found in result.refusals}
    assert result.total_cost is None


def test_the_time_zone_is_refused_only_where_a_tariff_asks_for_it() -> None:
    document = cdr()
    document["cdr_location"] = {"country": "USA"}
    assert priced(document).status == "priced"
    restrictions({"day_of_week": ["THURSDAY"]})(document)
    assert [found.code for found in priced(document).refusals] == ["TIME_ZONE_UNKNOWN"]
    assert priced(document, time_zone="America/Chicago").status == "priced"
    assert priced(document, time_zone="Mars/Base").refusals[0].path == "$.time_zone"


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"7", b'{"id": NaN}', b'{"id": "\xff"}', b"[" * 9000]
)
def test_what_is_no_cdr_is_refused(text: bytes) -> None:
    result = price_document(text)
    assert result.status == "refused"
    assert result.refusals[0].code in {"NOT_JSON", "WRONG_TYPE"}


def test_a_byte_order_mark_is_no_reason_to_refuse() -> None:
    assert price_document(b"\xef\xbb\xbf" + json.dumps(cdr()).encode()).status == "priced"


def test_numbers_keep_the_digits_of_their_text() -> None:
    text = json.dumps(cdr()).replace('"volume": 4.0', '"volume": 4.10000000000000000001')
    read = read_cdr(text.encode(), Notes())
    assert str(read.periods[0].volumes["ENERGY"]) == "4.10000000000000000001"


@pytest.mark.parametrize(
    ("cost", "version"),
    [
        ({"excl_vat": 3}, "2.2.1"),
        ({"before_taxes": 3, "taxes": [{"name": "VAT", "amount": 0.63}]}, "2.3.0"),
    ],
)
def test_the_version_is_recognised_by_the_total(cost: Document, version: str) -> None:
    read = read_cdr(json.dumps({**cdr(), "total_cost": cost}).encode(), Notes())
    assert read.version == version


def test_a_2_1_1_cdr_has_no_tax_and_its_own_names() -> None:
    document = cdr()
    for name in ("country_code", "party_id", "cdr_location"):
        del document[name]
    document["stop_date_time"] = document.pop("end_date_time")
    document["location"] = {"country": "NLD", "time_zone": "Europe/Amsterdam"}
    document["total_cost"] = 3.00
    result = priced(document)
    assert (result.ocpi_version, result.status) == ("2.1.1", "priced")
    assert result.total_cost is not None
    assert result.total_cost.before_taxes == Decimal("3.00")
    assert result.total_cost.after_taxes is None


def test_of_two_versions_of_a_tariff_the_valid_one_prices() -> None:
    document = cdr()
    later = deepcopy(tariff())
    later["last_updated"] = "2026-11-06T00:00:00Z"
    later["elements"][0]["price_components"][0]["price"] = 9
    document["tariffs"] = [later, tariff()]
    result = priced(document)
    assert result.total_cost is not None
    assert result.total_cost.before_taxes == Decimal("3.00")
    assert "TARIFF_BY_VALIDITY" in {warning.code for warning in result.warnings}


def test_a_tariff_is_read_once() -> None:
    data = json.dumps(tariff()).encode()
    first = read_tariff(data, "$.tariff", None)
    assert read_tariff(data, "$.tariff", None).statement is first.statement


_ODD = (None, "", 0, -1, 1.5, "x", [], {}, [None], True, 1e30, "24:00", "NLD", "2026-01-01")


def _places(value: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    else:
        return [place]
    return [place, *(found for name, part in parts for found in _places(part, (*place, name)))]


@pytest.mark.parametrize("seed", range(20))
def test_no_document_makes_a_traceback_or_an_answer_without_a_code(seed: int) -> None:
    choose = random.Random(seed)
    published = {reason.value for reason in Reason}
    for _ in range(50):
        document = cdr()
        for _ in range(choose.choice((1, 2, 3))):
            place = choose.choice([found for found in _places(document) if found])
            put(*place)(choose.choice(_ODD))(document)
        result = priced(document)
        encoded(result)
        assert (result.status == "refused") == bool(result.refusals)
        assert all(found.path.startswith("$") for found in result.refusals)
        assert {found.code for found in result.refusals} <= published
        assert {note.code for note in result.warnings} <= {*WARNINGS, *WarningCode}
