"""`clearwatt location …`: documents come in, two people change an operator, both ids are found."""

import json
from pathlib import Path

import pytest
from command_line import CommandLine, installation

from ledger.application.registration import register_actor
from tests.ledger_cast import BY_ADMIN, CAST
from tests.ledger_world import Consumer
from tests.site_world import LOC1, LOC2, place

NOVEMBER = ("--at", "2026-11-02T09:00:00Z")
HEAD = "SELECT position FROM log.head"


@pytest.fixture(scope="module")
def clearwatt(services, service_settings, new_database):
    with installation(services, service_settings, new_database) as made:
        made.document("projector", "run", "--until-caught-up")
        with made.ledger() as ledger:
            register_actor(ledger, "anna", ("admin",), by=BY_ADMIN)
            for name, role in (("finn", "finance"), ("olga", "operations"), ("ada", "auditor")):
                register_actor(ledger, name, (role,), by=BY_ADMIN)
            for fact in CAST:
                fact(ledger)
            Consumer(ledger).take_over().send(place(LOC1, "E1", "E2"), place(LOC2, "E1"))
        yield made


DOCUMENT = {
    "valid_from": "2026-01-01T00:00:00Z",
    "owner": "NL*XYZ",
    "operator": "NL*XYZ",
    "host": "NL*HST",
    "country": "NLD",
    "time_zone": "Europe/Amsterdam",
    "kind": "destination",
    "access": "public",
    "groups": ["hague"],
    "chargers": [
        {
            "evse_uid": "E1",
            "history": [
                {"valid_from": "2026-01-01T00:00:00Z", "manufacturer": "Volthaus", "model": "D"}
            ],
        }
    ],
    "meters": [
        {
            "evse_uid": "E1",
            "serial": "M-1",
            "legal_class": "mid_b",
            "valid_from": "2026-01-01T00:00:00Z",
            "calibrated_until": "2033-01-01",
        }
    ],
}


def written(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.fixture(scope="module")
def file(clearwatt: CommandLine, tmp_path_factory) -> Path:
    """A document of LOC1 that is recorded."""
    path = written(tmp_path_factory.mktemp("sites"), "loc1.json", {"nl*xyz/LOC1": DOCUMENT})
    dry = clearwatt.document("location", "import", path, "--as", "olga", "--dry-run", *NOVEMBER)
    assert (dry["dry_run"], dry["sites"][0]["outcome"]) == (True, "recorded")
    before = clearwatt.rows(HEAD)
    done = clearwatt.document("location", "import", path, "--as", "olga", *NOVEMBER)
    assert done["sites"] == [{"site": LOC1, "outcome": "recorded", "number": 1}]
    assert clearwatt.rows(HEAD) != before
    return path


def test_what_is_imported_again_is_unchanged(clearwatt, file):
    before = clearwatt.rows(HEAD)
    again = clearwatt.document("location", "import", file, "--as", "finn", *NOVEMBER)
    assert again["sites"][0]["outcome"] == "unchanged"
    assert clearwatt.rows(HEAD) == before


def test_a_location_is_shown_with_all_that_is_known_of_it(clearwatt, file):
    found = clearwatt.document("location", "show", "nl*xyz/loc1", *NOVEMBER)
    assert found["document"]["host"] == "NL*HST"
    assert found["versions"][0] | {"stated_at": None} == {
        "number": 1,
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_until": None,
        "in_force": True,
        "author": "olga",
        "approver": None,
        "stated_at": None,
    }
    assert [evse["uid"] for evse in found["evses"]] == ["E1", "E2"]
    assert found["evses"][0]["connectors"][0]["meter"]["serial"] == "M-1"
    printed = clearwatt.run("location", "show", "NL*XYZ/LOC1", *NOVEMBER).output
    assert "└── meter M-1  mid_b  calibrated until 2033-01-01" in printed
    early = clearwatt.document("location", "show", LOC1, "--as-of", "2025-12-31")
    assert early["document"] is None
    known = ("--known-at", "2026-01-01T00:00:00Z")
    assert clearwatt.refusal("location", "show", LOC1, *known)[1].startswith("NOT_FOUND")
    assert clearwatt.document("location", "list", *known) == []


def test_every_error_of_every_document_is_said_with_its_path(clearwatt, file, tmp_path):
    wrong = {**DOCUMENT, "kind": "beach", "meters": [{"evse_uid": "E1"}], "colour": "red"}
    unknown = {**DOCUMENT, "owner": "NL*NOB", "valid_from": "2026-01-01T00:00:00"}
    written(tmp_path, "a.json", {"NL*XYZ/A": wrong})
    written(
        tmp_path, "b.yaml", json.dumps({"NL*XYZ/B": [unknown, {**DOCUMENT, "owner": "NL*NOB"}]})
    )
    before = clearwatt.rows(HEAD)
    ended = clearwatt.run("location", "import", tmp_path, "--as", "olga", "--json")
    assert ended.exit_code == 1
    assert [(row["code"], row["path"]) for row in ended.document["errors"]] == [
        ("UNKNOWN_VALUE", "a.json: NL*XYZ/A.kind"),
        ("MISSING_FIELD", "a.json: NL*XYZ/A.meters[0].serial"),
        ("MISSING_FIELD", "a.json: NL*XYZ/A.meters[0].legal_class"),
        ("MISSING_FIELD", "a.json: NL*XYZ/A.meters[0].valid_from"),
        ("UNKNOWN_FIELD", "a.json: NL*XYZ/A.colour"),
        ("TIME_WITHOUT_ZONE", "b.yaml: NL*XYZ/B[0].valid_from"),
        ("PARTY_UNKNOWN", "b.yaml: NL*XYZ/B[1].owner"),
    ]
    assert clearwatt.rows(HEAD) == before


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.yaml", "a: [", "INVALID_DOCUMENT"),
        ("a.json", "{", "NOT_JSON"),
        ("a.yaml", "NL*XYZ/A: {kind: depot, kind: depot}", "NAMED_TWICE"),
        ("a.json", '{"a": {"kind": 1, "kind": 2}}', "NAMED_TWICE"),
        ("readme.txt.d", None, "NOT_FOUND"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(
    clearwatt, tmp_path, name, content, code
):
    path = tmp_path if content is None else written(tmp_path, name, content)
    exit_code, said = clearwatt.refusal("location", "import", path, "--as", "olga")
    assert (exit_code, said.partition(":")[0]) == (1, code)


def test_who_has_no_part_in_it_records_nothing(clearwatt, file):
    exit_code, said = clearwatt.refusal("location", "import", file, "--as", "ada")
    assert (exit_code, said.partition(":")[0]) == (1, "ROLE_MISSING")


def test_a_list_has_filters(clearwatt, file):
    def keys(*options: str) -> list[str]:
        return [row["location"] for row in clearwatt.document("location", "list", *options)]

    assert keys() == [LOC1, LOC2]
    assert keys("--kind", "destination", "--host", "nl*hst", "--group", "HAGUE") == [LOC1]
    assert keys("--access", "private") == []
    assert clearwatt.refusal("location", "list", "--kind", "beach")[0] == 2


def test_a_diff_shows_fields_by_path(clearwatt, file, tmp_path):
    changed = written(tmp_path, "x.json", {LOC1: {**DOCUMENT, "kind": "retail", "groups": []}})
    assert clearwatt.document("location", "diff", file) == []
    rows = clearwatt.document("location", "diff", changed)
    assert [(row["path"], row["before"], row["after"]) for row in rows] == [
        ("kind", "destination", "retail"),
        ("groups", "hague", None),
    ]
    assert clearwatt.document("location", "diff", f"{LOC1}#1", changed) == rows
    assert clearwatt.refusal("location", "diff", f"{LOC1}#9", changed)[0] == 1


def test_the_report_ends_with_1_where_something_does_not_fit(clearwatt, file):
    ended = clearwatt.run("location", "check", "--json", *NOVEMBER)
    assert ended.exit_code == 1
    assert {(row["code"], row["place"]) for row in ended.document if row["location"] == LOC1} == {
        ("EVSE_ID_TWICE", "E1"),
        ("HOST_WITHOUT_SHARES", "host"),
        ("METER_MISSING", "E2/1"),
    }


def test_another_cpo_takes_a_location_over_with_two_people_and_both_ids_find_it(clearwatt, file):
    new = "CH*ALP/haag"
    remap = ("location", "remap", LOC1, new, "--from", "2026-10-15T00:00:00Z", "--reason", "sold")
    done = clearwatt.document(*remap, "--as", "olga", *NOVEMBER)
    assert done["sites"][0]["outcome"] == "proposed"
    assert clearwatt.document("location", "show", LOC1, *NOVEMBER)["goes_by"] == LOC1
    exit_code, said = clearwatt.refusal("location", "approve", LOC1, "--as", "olga")
    assert (exit_code, said.partition(":")[0]) == (1, "SECOND_PERSON_REQUIRED")
    clearwatt.document("location", "approve", LOC1, "--as", "finn", *NOVEMBER)
    for key in (LOC1, new):
        found = clearwatt.document("location", "show", key, *NOVEMBER)
        assert (found["goes_by"], found["document_of"]) == (new, LOC1)
        assert [(row["was"], row["became"]) for row in found["names"]] == [(LOC1, new)]
    exit_code, said = clearwatt.refusal(*remap[:2], new, LOC1, *remap[4:], "--as", "olga")
    assert (exit_code, said.partition(":")[0]) == (1, "REMAP_CIRCULAR")


def test_a_suspension_is_recorded_and_ended_by_saying_it_again(clearwatt, file):
    words = ("location", "suspend", LOC2, "--from", "2026-10-01", "--reason", "road closed")
    by = ("--as", "olga", *NOVEMBER)
    assert clearwatt.document(*words, "--dry-run", *by)["sites"][0]["outcome"] == "recorded"
    for until, outcome in ((), "recorded"), ((), "unchanged"), (("2026-10-05",), "recorded"):
        options = ("--until", *until) if until else ()
        assert clearwatt.document(*words, *options, *by)["sites"][0]["outcome"] == outcome
    assert clearwatt.document("location", "show", LOC2, *NOVEMBER)["suspensions"] == [
        {
            "valid_from": "2026-10-01T00:00:00Z",
            "valid_until": "2026-10-05T00:00:00Z",
            "reason": "road closed",
        }
    ]


def test_what_is_submitted_can_be_rejected(clearwatt, file):
    new = written(file.parent, "later.json", {LOC2: DOCUMENT})
    done = clearwatt.document("location", "submit", new, "--as", "olga", *NOVEMBER)
    assert done["sites"][0]["outcome"] == "proposed"
    clearwatt.document("location", "reject", LOC2, "--reason", "too early", "--as", "finn")
    assert clearwatt.refusal("location", "approve", LOC2, "--as", "finn")[0] == 1
