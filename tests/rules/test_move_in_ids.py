"""Old ids become ours: in YAML and JSON where they stand alone, each line where it was."""

import pytest

from console.imports.opening.ids import Ids
from console.imports.opening.rewriting import rewritten
from ledger.roaming.move_in import PAGE, MovedId, MoveIn
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from ledger.values.reasons import Refused
from tests.ledger_cast import RECORDED_AT

IDS = Ids(
    {
        "party": {"OP-17": "NL*XYZ", "OP-18": "NL*ABC", "MSP-4": "DE*EMP"},
        "location": {"OP-17/4711": "NL*XYZ/LOC1", "OP-18/4711": "NL*ABC/L9"},
        "evse": {"OP-17/4711/1": "NL*XYZ/LOC1/E1"},
        "tariff": {"OP-17/55": "NL*XYZ/T1"},
    }
)
PERSON = Provenance("finn", "asserted", RECORDED_AT, RECORDED_AT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("seller: OP-17", 'seller: "NL*XYZ"'),
        ("OP-17: {name: OP-17 Laden}", '"NL*XYZ": {name: OP-17 Laden}'),
        ("'OP-17'  # since 2019", '"NL*XYZ"  # since 2019'),
        ('{"payee": "MSP-4"}', '{"payee": "DE*EMP"}'),
        ("OP-17/4711: {owner: OP-17}", '"NL*XYZ/LOC1": {owner: "NL*XYZ"}'),
        ("{buyer: OP-17, locations: [4711, 12]}", '{buyer: "NL*XYZ", locations: ["LOC1", 12]}'),
        ("{buyer: OP-18, locations: [4711]}", '{buyer: "NL*ABC", locations: ["L9"]}'),
        ("{locations: [4711]}", "{locations: [4711]}"),
        ("{seller: OP-17, wholesale: 55}", '{seller: "NL*XYZ", wholesale: "T1"}'),
        ("OP-17/4711: {evse_uid: 1}", '"NL*XYZ/LOC1": {evse_uid: "E1"}'),
        ("OP-17/12: {evse_uid: 1}", "OP-17/12: {evse_uid: 1}"),
        ("a: &x OP-17\nb: *x", 'a: &x "NL*XYZ"\nb: *x'),
        ("seller: OP-17\n---\nseller: OP-18", 'seller: "NL*XYZ"\n---\nseller: "NL*ABC"'),
        ("days: 55", "days: 55"),
        ("not: [yaml", "not: [yaml"),
        ("", ""),
    ],
)
def test_an_id_is_replaced_where_it_stands_for_a_record(old, new):
    assert rewritten(old, IDS, "a.yaml") == new


def test_an_id_that_may_mean_two_records_is_refused_with_its_line():
    text = "seller: OP-17\nbuyer: OP-18\nlocations:\n  - 4711\n"
    with pytest.raises(Refused) as refused:
        rewritten(text, IDS, "a.yaml")
    (refusal,) = refused.value.refusals
    assert (refusal.reason.value, refusal.path) == ("INVALID_DOCUMENT", "a.yaml:4 locations")


def test_what_is_not_mapped_keeps_its_id():
    assert (IDS.of("party", "NL*NEW"), IDS.local("tariff", "OP-17", "a/b")) == ("NL*NEW", "a/b")


def platform():
    return MoveIn.blank("oldcharge")


def test_ids_are_kept_once_in_events_of_a_readable_size():
    rows = [MovedId("location", f"OP-17/{n}", f"NL*XYZ/L{n}") for n in range(PAGE + 1)]
    left = platform()
    with recording_at(RECORDED_AT):
        assert left.keep("p" * 64, [*rows, *rows], provenance=PERSON) == PAGE + 1
        assert left.keep("p" * 64, rows, provenance=PERSON) == 0
    assert [len(event.ids) for event in left.collect_events()] == [PAGE, 1]


def test_an_id_leads_to_one_record_for_ever():
    left = platform()
    with recording_at(RECORDED_AT):
        left.keep("p" * 64, [MovedId("party", "OP-17", "NL*XYZ")], provenance=PERSON)
        with pytest.raises(Refused, match="ALREADY_EXISTS"):
            left.keep("q" * 64, [MovedId("party", "OP-17", "NL*ABC")], provenance=PERSON)
        other_kind = [MovedId("tariff", "OP-17", "NL*ABC/T1")]
        assert left.keep("q" * 64, other_kind, provenance=PERSON) == 1
