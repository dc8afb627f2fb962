"""The register of sites: what a document may say, which version stands, whose meter measures."""

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from ledger.roaming.meters import LEGAL_CLASSES, meter_of
from ledger.roaming.site import Site
from ledger.roaming.site_documents import ChargerRecord, errors_of
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from ledger.values.reasons import Refused
from tests.ledger_cast import RECORDED_AT, YEAR_BEGINS
from tests.ledger_statements import october
from tests.site_world import DOCUMENT, LOC1, NEXT_CPO, charger, meter, public_hex

FINN = Provenance("finn", "asserted", RECORDED_AT, RECORDED_AT)
ANNA = replace(FINN, actor="anna")
BLINK = timedelta(microseconds=1)
JULY = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def recorded():
    with recording_at(RECORDED_AT):
        yield


def registered(*versions, provenance=FINN):
    """Return a site with versions of (document, valid_from, valid_until)."""
    site = Site.blank(LOC1)
    for document, since, until in versions:
        site.register(document, valid_from=since, valid_until=until, provenance=provenance)
    return site


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"owner": "nl*xyz"}, ["WRONG_IDENTIFIER owner"]),
        ({"host": "HST"}, ["WRONG_IDENTIFIER host"]),
        ({"host": None}, []),
        ({"country": "NL"}, []),
        ({"country": "XXX"}, ["COUNTRY_UNKNOWN country"]),
        ({"time_zone": "Europe/The_Hague"}, ["TIME_ZONE_UNKNOWN time_zone"]),
        ({"groups": ("hague", "hague")}, ["NAMED_TWICE groups"]),
        ({"chargers": (charger("E1", (JULY, "1")), charger("e1", (JULY, "1")))},
         ["NAMED_TWICE chargers[1].evse_uid"]),
        ({"chargers": (ChargerRecord("E1", ()),)}, ["EMPTY_LIST chargers[0].history"]),
        ({"chargers": (charger("E1", (JULY, "1"), (JULY, "2")),)},
         ["INVALID_DOCUMENT chargers[0].history"]),
        ({"meters": (meter(valid_until=YEAR_BEGINS),)},
         ["INVALID_DOCUMENT meters[0].valid_until"]),
        ({"meters": (meter(calibrated_until=date(2025, 12, 1)),)},
         ["INVALID_DOCUMENT meters[0].calibrated_until"]),
        ({"meters": (meter(calibrated_on=None),)}, []),
        ({"meters": (meter(public_key="04 ff"),)}, ["INVALID_DOCUMENT meters[0].public_key"]),
        ({"meters": (meter(public_key="04" + "ab" * 64),)}, []),
        ({"meters": (meter(public_key="lost"),)}, ["INVALID_DOCUMENT meters[0].public_key"]),
        ({"meters": (meter(public_key=public_hex(7)),)}, []),
        ({"meters": (meter(), meter())}, ["VALIDITY_OVERLAPS meters[1]"]),
        ({"meters": (meter(), meter(connector_id="1"))}, []),
        ({"meters": (meter(connector_id="A"), meter(connector_id="a"))},
         ["VALIDITY_OVERLAPS meters[1]"]),
        ({"meters": (meter(valid_from=JULY), meter(valid_until=JULY))}, []),
        ({"meters": (meter(valid_from=JULY), meter(valid_until=JULY + BLINK))},
         ["VALIDITY_OVERLAPS meters[1]"]),
    ],
)  # fmt: skip
def test_everything_that_is_wrong_in_a_document_is_said_with_its_path(changes, found):
    document = replace(DOCUMENT, **changes)
    assert [f"{row.reason.value} {row.path}" for row in errors_of(document)] == found


def test_all_errors_of_a_document_are_said_at_once():
    wrong = replace(DOCUMENT, country="XXX", owner="x", meters=(meter(public_key="lost"),))
    with pytest.raises(Refused) as refused:
        registered((wrong, JULY, JULY))
    assert [row.path for row in refused.value.refusals] == [
        "owner", "country", "meters[0].public_key", "valid_until",
    ]  # fmt: skip


OLD, NEW, BRIEF = (replace(DOCUMENT, groups=(name,)) for name in ("old", "new", "brief"))


@pytest.mark.parametrize(
    ("instant", "stands"),
    [
        (YEAR_BEGINS - BLINK, None),
        (YEAR_BEGINS, "old"),
        (JULY - BLINK, "old"),
        (JULY, "new"),
        (october(10) - BLINK, "new"),
        (october(10), "brief"),
        (october(20) - BLINK, "brief"),
        (october(20), "new"),
    ],
)
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_of_the_versions_that_cover_an_instant_the_last_begun_stands(order, instant, stands):
    rows = (OLD, YEAR_BEGINS, None), (NEW, JULY, None), (BRIEF, october(10), october(20))
    version = registered(*(rows[place] for place in order)).version_valid_at(instant)
    assert (version.document.groups[0] if version else None) == stands


def test_a_version_of_the_same_beginning_takes_the_place_of_the_one_before():
    site = registered((OLD, YEAR_BEGINS, None), (NEW, YEAR_BEGINS, None))
    assert site.version_valid_at(JULY).number == 2
    again = site.register(NEW, valid_from=YEAR_BEGINS, provenance=ANNA)
    assert (again, len(site.versions)) == ("unchanged", 2)
    assert site.register(OLD, valid_from=YEAR_BEGINS, provenance=ANNA) == "recorded"


@pytest.mark.parametrize(
    ("document", "since", "outcome"),
    [
        (replace(DOCUMENT, operator=NEXT_CPO), JULY, "proposed"),
        (replace(DOCUMENT, owner=NEXT_CPO), JULY, "recorded"),
        (replace(DOCUMENT, operator=NEXT_CPO), YEAR_BEGINS - BLINK, "recorded"),
    ],
    ids=["another operator", "another owner", "before there was one"],
)
def test_only_a_change_of_operator_takes_a_second_person(document, since, outcome):
    site = registered((DOCUMENT, YEAR_BEGINS, None))
    assert site.register(document, valid_from=since, provenance=FINN) == outcome


def test_what_is_proposed_stands_only_once_another_person_approved_it():
    site = registered((DOCUMENT, YEAR_BEGINS, None))
    sold = replace(DOCUMENT, operator=NEXT_CPO)
    site.register(sold, valid_from=JULY, provenance=FINN)
    assert site.version_valid_at(JULY).document.operator != NEXT_CPO
    with pytest.raises(Refused, match="WRONG_STATE"):
        site.register(NEW, valid_from=JULY, needs_second=True, provenance=ANNA)
    with pytest.raises(Refused, match="SECOND_PERSON_REQUIRED"):
        site.approve(provenance=FINN)
    # what needs nobody else is recorded meanwhile, and keeps its number
    site.register(NEW, valid_from=october(1), provenance=ANNA)
    site.approve(provenance=ANNA)
    approved = site.versions[-1]
    assert (approved.number, approved.author, approved.approver) == (3, "finn", "anna")
    assert site.proposal is None


def test_a_rejection_has_a_reason():
    site = registered((DOCUMENT, YEAR_BEGINS, None))
    with pytest.raises(Refused, match="NOT_FOUND"):
        site.reject(reason="none", provenance=ANNA)
    site.register(NEW, valid_from=JULY, needs_second=True, provenance=FINN)
    with pytest.raises(Refused, match="REASON_MISSING"):
        site.reject(reason=" ", provenance=ANNA)
    site.reject(reason="wrong day", provenance=ANNA)
    assert (site.proposal, len(site.versions)) == (None, 1)


METERS = (
    meter(serial="whole"),
    meter(serial="first", connector_id="A", valid_until=JULY),
    meter(serial="second", connector_id="A", valid_from=JULY),
)


@pytest.mark.parametrize(
    ("connector", "instant", "serial"),
    [
        ("A", YEAR_BEGINS, "first"),
        ("a", JULY - BLINK, "first"),
        ("A", JULY, "second"),
        ("B", JULY, "whole"),
        ("B", YEAR_BEGINS - BLINK, None),
    ],
)
def test_a_connectors_own_meter_goes_before_that_of_its_evse(connector, instant, serial):
    found = meter_of(METERS, connector, instant)
    assert (found.serial if found else None) == serial


def test_a_version_finds_the_meters_of_an_evse_whatever_its_case():
    version = registered((DOCUMENT, YEAR_BEGINS, None)).versions[0]
    assert version.meter("e2", "1", JULY).serial == "M-E2"
    assert version.meter("E3", "1", JULY) is None


@pytest.mark.parametrize("legal_class", LEGAL_CLASSES)
def test_every_legal_class_but_one_may_be_billed_by(legal_class):
    assert meter(legal_class=legal_class).is_legal_for_billing == (legal_class != "not_legal")


@pytest.mark.parametrize(
    ("instant", "firmware"),
    [(YEAR_BEGINS - BLINK, None), (YEAR_BEGINS, "6.1"), (JULY - BLINK, "6.1"), (JULY, "6.4")],
)
def test_an_evses_history_says_what_it_ran_then(instant, firmware):
    found = DOCUMENT.chargers[0].version_valid_at(instant)
    assert (found.firmware if found else None) == firmware
