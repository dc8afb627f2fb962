"""A CDR's price as people ask for it: lines, totals, the comparison, findings, the picture."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from console.cli.explanation import print_explanation
from console.explained.beside import WARNINGS
from console.explained.pricing import chart_of, pricing_of
from console.pictures.svg import svg_of
from ledger.pricing.lines import PricingWarning, WarningCode
from ledger.roaming.legs import TariffUse
from tests.explained_world import KEY, decided, explanation, recorded
from tests.golden.explain import FOLDER, drawn

EVENTS = Path(__file__).parents[1] / "golden" / "events"


@pytest.fixture
def documents() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the CDR and its decision as the log holds them."""
    sent, decision = decided()
    return recorded(sent), recorded(decision)


@pytest.mark.parametrize("name", sorted(drawn()))
def test_the_explanation_is_that_of_the_golden_files(name):
    assert drawn()[name] == (FOLDER / name).read_text(encoding="utf-8")


def test_lines_stand_by_charging_period_with_their_roundings_last(documents):
    (leg,) = pricing_of(*documents).legs
    assert [(row.charging_period, row.dimension, row.kind, str(row.net)) for row in leg.lines] == [
        (0, "ENERGY", "consumption", "6.7500"),
        (0, "TIME", "consumption", "6.0000"),
        (1, "ENERGY", "consumption", "6.0000"),
        (1, "TIME", "consumption", "3.0000"),
        (2, "PARKING_TIME", "consumption", "1.6500"),
        (None, "PARKING_TIME", "step_rounding", "0.1000"),
        (None, "FLAT", "consumption", "0.3500"),
    ]
    assert [row.started_at.isoformat()[11:] for row in leg.lines[:5:2]] == [
        "19:00:00+02:00",
        "20:00:00+02:00",
        "21:00:00+02:00",
    ]
    assert leg.lines[2].component == "elements[2].price_components[0]"
    assert (leg.lines[0].tax_percent, leg.lines[0].tax) == (Decimal(21), Decimal("1.4175"))
    totals = {row.field: (row.before_taxes, row.after_taxes) for row in leg.totals}
    assert totals["total_cost"] == (Decimal("23.8500"), Decimal("28.8585"))
    assert sum(row.net for row in leg.lines) == totals["total_cost"][0]


def test_every_field_is_compared_and_what_is_out_of_tolerance_is_marked(documents, capsys):
    compared = pricing_of(*documents).compared
    assert {row.field for row in compared if not row.within_tolerance} == {
        "total_parking_cost.before_taxes"
    }
    units = {row.field: (row.unit, row.tolerance_unit) for row in compared}
    assert units["total_time"] == ("h", "s")
    assert units["total_energy"] == ("kWh", "kWh")
    print_explanation(explanation(*documents), pricing_of(*documents), chart_of(KEY, *documents))
    marked = [row for row in capsys.readouterr().out.splitlines() if "OUT OF TOLERANCE" in row]
    assert [row.split()[0] for row in marked] == ["total_parking_cost.before_taxes"]


def test_what_was_shown_stands_beside_what_is_billed(documents):
    shown = pricing_of(*documents).shown
    assert (shown.price, shown.by, shown.version) == (Decimal("0.45"), "charger display", "T1#1")
    assert shown.billed_per_kwh == (Decimal("0.45"), Decimal("0.30"))
    assert shown.billed_in_all == Decimal("23.8500")


def test_findings_and_warnings_come_with_a_sentence(documents):
    sent, decision = decided()
    leg = decision.legs[0]
    warning = PricingWarning(
        WarningCode.PERIOD_STRADDLES_RESTRICTION, "charging_periods[0]", Decimal("22.0000")
    )
    priced = msgspec.structs.replace(leg.priced, warnings=(warning,))
    legs = (msgspec.structs.replace(leg, priced=priced),)
    changed = msgspec.structs.replace(decision, legs=legs)
    findings = pricing_of(recorded(sent), recorded(changed)).findings
    assert [(row.code, row.path, row.expected) for row in findings] == [
        ("CDR_COST_PART_DIFFERS", "total_parking_cost.before_taxes", "1.7500 EUR"),
        ("PERIOD_STRADDLES_RESTRICTION", "charging_periods[0]", "22.00 when cut there"),
    ]
    assert all(row.sentence for row in findings)
    assert WARNINGS.keys() == set(WarningCode)


def test_a_line_names_its_own_tariff_where_several_price_a_cdr(documents):
    sent, decision = decided()
    other = TariffUse("NL*XYZ/t2", 4, "f" * 64, (4,))
    leg = decision.legs[0]
    lines = (*leg.lines[:-1], msgspec.structs.replace(leg.lines[-1], tariff=1))
    changed = msgspec.structs.replace(
        decision, further_tariffs=(other,), legs=(msgspec.structs.replace(leg, lines=lines),)
    )
    (found,) = pricing_of(recorded(sent), recorded(changed)).legs
    assert {row.tariff for row in found.lines} == {"NL*XYZ/t1#1", "NL*XYZ/t2#4"}
    assert found.lines[-1].tariff == "NL*XYZ/t2#4"


def test_events_from_before_the_whole_result_was_recorded_are_explained(capsys):
    event = json.loads(
        json.loads((EVENTS / "cdr.accepted.v1.jsonl").read_text().splitlines()[0])["state"]
    )
    sent, decision = event["statement"], event["decision"]
    assert "priced" not in decision["legs"][0]
    pricing, chart = pricing_of(sent, decision), chart_of(event["cdr"], sent, decision)
    print_explanation(explanation(sent, decision, cdr=event["cdr"]), pricing, chart)
    shown = capsys.readouterr().out
    assert (pricing.legs[0].totals, pricing.findings, pricing.shown) == ((), (), None)
    for part in ("ENERGY by elements[0][0]", "A  0.50 EUR/kWh", "VAT AE 0 %"):
        assert part in shown


def test_a_held_cdr_has_no_price_and_says_so(documents, capsys):
    sent, _ = documents
    assert pricing_of(sent, None) is None
    assert chart_of(KEY, sent, None) is None
    print_explanation(explanation(sent, None), None, None)
    assert "none: a CDR is priced when it is accepted" in capsys.readouterr().out


def test_the_picture_of_a_cdr_with_a_hostile_id_is_text(documents):
    document = svg_of(chart_of('NL*XYZ/<svg onload="x">&', *documents))
    texts = list(ElementTree.fromstring(document).itertext())
    assert any(text.startswith('NL*XYZ/<svg onload="x">&') for text in texts)
    assert document.count("<svg") == 1
