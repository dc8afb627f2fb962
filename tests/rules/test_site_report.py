"""What the report of the register finds, and what it leaves alone; what lists and pages show."""

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from console.sites.listed import Filter, listed
from console.sites.shown import shown
from console.sites.tree import tree_of
from ledger.application.site_report import FINDINGS, normal_evse_id, report
from ledger.roaming.agreement import Agreement
from ledger.values.aggregate import recording_at
from ledger.values.reasons import Refused
from tests.ledger_cast import CPO, HOST, RECORDED_AT, YEAR_BEGINS, shared_with_host
from tests.ledger_statements import october
from tests.site_world import (
    DOCUMENT,
    FINN,
    LOC1,
    LOC2,
    LOC3,
    PRIVATE,
    meter,
    place,
    plug,
    published,
    registered,
    remap_of,
    view_of,
)

NOW = october(20)
BLINK = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def recorded():
    with recording_at(RECORDED_AT):
        yield


def shares(*locations):
    agreement = Agreement.blank(f"{HOST}>{CPO}")
    agreement.agree(
        shared_with_host("15/100", *locations),
        valid_from=YEAR_BEGINS,
        valid_until=None,
        author="anna",
        approver="finn",
        provenance=FINN,
    )
    return agreement


def sound(*, document=DOCUMENT, **location):
    """Return a location in OCPI and register that agree, with a share agreement of its host."""
    return (
        published(place(LOC1, "E1", **location)),
        registered(LOC1, document),
        shares("LOC1"),
    )


def found(*aggregates, at=NOW):
    return [(row.code, row.location, row.place) for row in report(view_of(*aggregates), at)]


def evse(**changes):
    (only,) = place(LOC1, "E1").statement.evses
    return replace(only, **changes)


def test_a_location_that_fits_together_is_not_in_the_report():
    assert found(*sound()) == []


@pytest.mark.parametrize(
    ("document", "location", "finding"),
    [
        ({"country": "DEU"}, {}, ("COUNTRY_DIFFERS", "country")),
        ({"country": "NL"}, {}, None),
        ({"time_zone": "Europe/Berlin"}, {}, ("TIME_ZONE_DIFFERS", "time_zone")),
        ({"time_zone": "Europe/Berlin"}, {"time_zone": ""}, None),
        ({"host": None}, {}, None),
        ({"host": CPO}, {}, None),
        ({"host": "NL*CLR"}, {}, ("HOST_WITHOUT_SHARES", "host")),
        ({"meters": ()}, {}, ("METER_MISSING", "E1/1")),
        ({"meters": (), "access": "private"}, {}, None),
        ({"meters": (), "access": "semi_public"}, {}, ("METER_MISSING", "E1/1")),
        ({"meters": (meter(legal_class="not_legal"),)}, {}, ("METER_NOT_LEGAL", "E1/1")),
        ({"meters": (meter(calibrated_until=date(2026, 10, 20)),)}, {},
         ("METER_OUT_OF_CALIBRATION", "E1/1")),
        ({"meters": (meter(calibrated_until=date(2026, 10, 21)),)}, {}, None),
        ({}, {"evses": (evse(connectors=(plug(tariff_ids=()),)),)},
         ("CONNECTOR_WITHOUT_TARIFF", "E1/1")),
        ({}, {"evses": (evse(uid="E2"),)}, ("CHARGER_WITHOUT_EVSE", "E1")),
    ],
)  # fmt: skip
def test_each_thing_that_does_not_fit_is_found(document, location, finding):
    aggregates = sound(document=replace(DOCUMENT, **document), **location)
    expected = [] if finding is None else [(finding[0], LOC1, finding[1])]
    assert found(*aggregates) == expected


def test_orphans_are_found_on_both_sides():
    private = published(place(LOC2, "E1"))
    assert found(registered(LOC1, PRIVATE), private) == [
        ("LOCATION_WITHOUT_SITE", LOC2, ""),
        ("SITE_WITHOUT_LOCATION", LOC1, ""),
    ]


@pytest.mark.parametrize(
    ("one", "other", "is_the_same"),
    [
        ("NL*XYZ*E12*3", "nlxyze123", True),
        ("NL*XYZ*E12*3", "NL-XYZ-E12-3", True),
        ("NL*XYZ*E12*3", "NL*XYZ*E12*4", False),
    ],
)
def test_an_evse_id_that_stands_in_two_locations_is_found_at_both(one, other, is_the_same):
    assert (normal_evse_id(one) == normal_evse_id(other)) == is_the_same
    two = (
        published(place(LOC1, "E1", evse_ids=(one,))),
        published(place(LOC2, "E7", evse_ids=(other,))),
    )
    twice = [row for row in found(*two) if row[0] == "EVSE_ID_TWICE"]
    assert twice == [("EVSE_ID_TWICE", LOC1, "E1"), ("EVSE_ID_TWICE", LOC2, "E7")] * is_the_same


@pytest.mark.parametrize("of", ["/E1", ""], ids=["the EVSE", "the location"])
@pytest.mark.parametrize(("at", "is_twice"), [(october(10) - BLINK, True), (october(10), False)])
def test_what_went_on_under_another_id_is_no_duplicate_of_itself(of, at, is_twice):
    remap = remap_of(f"{LOC1}{of}", f"{LOC2}{of}", october(10))
    both = (
        published(place(LOC1, "E1", evse_ids=("NL*XYZ*E1",))),
        published(place(LOC2, "E1", evse_ids=("NL*XYZ*E1",))),
        registered(LOC1, DOCUMENT, remap),
        registered(LOC2, DOCUMENT, remap),
        shares("LOC1", "LOC2"),
    )
    codes = {row[0] for row in found(*both, at=at)}
    assert codes == ({"EVSE_ID_TWICE"} if is_twice else set())


def test_every_finding_has_a_sentence():
    assert all(sentence.endswith(".") for sentence in FINDINGS.values())


def listing(**wanted):
    view = view_of(
        published(place(LOC1, "E1", "E2")),
        registered(LOC1),
        registered(LOC2, replace(PRIVATE, kind="depot", groups=(), host=None, operator="CH*ALP")),
        published(place(LOC3)),
    )
    return [row.location for row in listed(view, Filter(**wanted), NOW)]


@pytest.mark.parametrize(
    ("wanted", "locations"),
    [
        ({}, [LOC1, LOC2, LOC3]),
        ({"party": CPO}, [LOC1, LOC2, LOC3]),
        ({"party": "CH*ALP"}, [LOC2]),
        ({"party": HOST}, [LOC1]),
        ({"host": HOST}, [LOC1]),
        ({"country": "nl"}, [LOC1, LOC2, LOC3]),
        ({"country": "DEU"}, []),
        ({"kind": "depot"}, [LOC2]),
        ({"access": "public"}, [LOC1]),
        ({"group": "Hague"}, [LOC1]),
        ({"kind": "depot", "access": "public"}, []),
    ],
)
def test_a_list_is_filtered_by_who_is_behind_a_place_and_what_it_is(wanted, locations):
    assert listing(**wanted) == locations


def test_a_page_shows_a_place_under_each_of_its_names():
    remap = remap_of(LOC1, LOC2, october(10))
    view = view_of(
        published(place(LOC1, "E1")),
        published(place(LOC2, "E1")),
        registered(LOC1, DOCUMENT, remap),
    )
    old = shown(view, LOC1, NOW)
    assert (old.goes_by, old.document_of, old.names[0].became) == (LOC2, LOC1, LOC2)
    assert shown(view, LOC1, october(9)).goes_by == LOC1
    assert old.evses[0].charger.firmware == "6.4"
    assert shown(view, LOC1, datetime(2026, 6, 1, tzinfo=UTC)).evses[0].charger.firmware == "6.1"
    assert old.evses[0].connectors[0].meter.serial == "M-E1"
    with pytest.raises(Refused, match="NOT_FOUND"):
        shown(view, "NL*XYZ/nowhere", NOW)


def test_the_picture_names_evse_connector_and_meter():
    tree = tree_of(shown(view_of(*sound()), LOC1, NOW))
    evse_ = tree.children[0]
    assert evse_.label.startswith("EVSE E1")
    assert evse_.children[0].label.startswith("connector 1")
    assert evse_.children[0].children[0].label == "meter M-E1  mid_b  calibrated until 2028-01-01"
