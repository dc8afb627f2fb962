"""The acceptance tests of a launch: silent about what is sound, and each fault is named."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.application.acceptance import (
    fields_of,
    matching_differences,
    reconciliation_differences,
    replay_differences,
    rounding_differences,
)
from ledger.application.facts import View
from ledger.roaming.cdr import Cdr
from ledger.roaming.drill import Drilled, drill_differences
from ledger.roaming.session import Session
from ledger.roaming.terms import Terms
from tests.launching import charge, launching_world
from tests.ledger_cast import CPO, RECORDED_AT
from tests.ledger_statements import cdr, tariff
from tests.ledger_world import World

FINE = Decimal("0.00001")


@pytest.fixture(scope="module")
def world(new_database) -> Iterator[World]:
    made = launching_world(new_database(), None)
    made.send(*charge("C1"), *charge("C2", location="LOC2"))
    yield made
    made.close()


def session_in(world: World, key: str) -> Session | None:
    found = Session.blank(key)
    for stored in world.ledger.store.events_of([found.id]).get(found.id, ()):
        world.ledger.event_mapper.to_domain_event(stored).mutate(found)
    return None if found.is_new else found


def replayed(world: World, found: Cdr) -> list[str]:
    world.ledger.refresh()
    view = View(world.ledger.facts)
    differences = replay_differences(found, lambda key: session_in(world, key), view)
    return [f"{row.field}: {row.expected} / {row.actual}" for row in differences]


def matched(world: World, found: Cdr) -> list[str]:
    return [
        f"{row.field}: {row.expected} / {row.actual}"
        for row in matching_differences(found, lambda key: session_in(world, key), Terms())
    ]


def with_leg(found: Cdr, **change) -> Cdr:
    """Return a CDR whose first leg was recorded otherwise than it was decided."""
    copy = found.copy()
    first, *rest = found.decision.legs
    copy.decision = replace(found.decision, legs=(replace(first, **change), *rest))
    return copy


def stating(found: Cdr, **change) -> Cdr:
    copy = found.copy()
    copy.statement = replace(found.statement, **change)
    return copy


def test_a_sound_cdr_passes_all_tests(world):
    for id in ("C1", "C2"):
        found = world.cdr(id)
        assert matched(world, found) == []
        assert replayed(world, found) == []
        assert list(rounding_differences(found)) == []


def test_a_replay_names_the_amount_that_comes_out_otherwise(world):
    found = with_leg(world.cdr("C1"), net=Decimal("5.0001"))
    assert replayed(world, found) == ["legs[0].net: 5.0001 / 5.0000"]


def test_a_replay_names_what_would_not_be_accepted_any_more(world):
    found = stating(world.cdr("C1"), total_cost=replace(
        world.cdr("C1").statement.total_cost, before_taxes=Decimal(9)))  # fmt: skip
    assert replayed(world, found) == ["decision: accepted / held: CDR_TOTAL_COST_DIFFERS"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"gross": Decimal("9.9999")}, "legs[0].gross"),
        ({"net": Decimal("5.0001")}, "legs[0].lines"),
        ({"net": Decimal("5.00001")}, "legs[0].net"),
    ],
)
def test_rounding_names_the_sum_that_does_not_add_up(world, change, path):
    found = with_leg(world.cdr("C1"), **change)
    assert path in [row.field for row in rounding_differences(found)]


def test_rounding_looks_into_the_entries(world):
    found = world.cdr("C1")
    first, *rest = found.decision.entries
    posting = replace(first.postings[0], amount=first.postings[0].amount + Decimal("0.0001"))
    entry = replace(first, postings=(posting, *first.postings[1:]))
    found.decision = replace(found.decision, entries=(entry, *rest))
    paths = [row.field for row in rounding_differences(found)]
    assert paths == [f"legs[0].entry in {first.book}", "entries[0].amount"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"total_energy": Decimal("10.002")}, "total_energy"),
        ({"currency": "CHF"}, "currency"),
        ({"end_date_time": RECORDED_AT}, "end_date_time"),
    ],
)
def test_matching_names_what_the_session_tells_otherwise(world, change, path):
    (found,) = matched(world, stating(world.cdr("C1"), **change))
    assert found.startswith(f"{path}: ")


def test_matching_names_a_cdr_without_its_session(world):
    found = world.cdr("C1")
    found.decision = None
    lost = stating(found, session_id="C9")
    assert matched(world, lost) == [f"session: a session / {CPO}/c9"]
    assert matched(world, stating(found, session_id=None)) == ["session: a session / none named"]


OURS = {"NL*XYZ/c1": {"total_energy": "10.0", "currency": "EUR", "session_id": "S1",
                      "end_date_time": "2026-10-10T11:00:00Z"}}  # fmt: skip


@pytest.mark.parametrize(
    ("theirs", "found"),
    [
        ({"NL*XYZ/c1": {"total_energy": "10.000", "session_id": "s1"}}, []),
        ({"NL*XYZ/c1": {"cdr_token.uid": "another"}}, []),
        ({"NL*XYZ/c1": {"end_date_time": "2026-10-10T13:00:00+02:00"}}, []),
        ({"NL*XYZ/c1": {"total_energy": "10.001"}}, [("total_energy", "10.0", "10.001")]),
        ({"NL*XYZ/c1": {"remark": "new"}}, [("remark", "", "new")]),
        ({}, [("cdr", "theirs", "ours only")]),
        ({**OURS, "NL*XYZ/c2": {}}, [("cdr", "ours", "theirs only")]),
    ],
)
def test_reconciliation_compares_what_the_partner_states(theirs, found):
    rows = reconciliation_differences(OURS, theirs)
    assert [(row.field, row.expected, row.actual) for row in rows] == found


def test_the_fields_of_a_cdr_are_paths_without_a_person():
    named = (tariff(("ENERGY", "0.50", 1)).statement,)
    fields = fields_of(cdr("C1", "5.00", tariffs=named).statement)
    assert fields["charging_periods[0].dimensions[1].volume"] == "1"
    assert fields["tariffs[0].elements[0].price_components[0].price"] == "0.50"
    assert not [path for path in fields if "uid" in path.partition(".")[2] and "token" in path]


SOUND = Drilled(
    "7.1", "NL*XYZ/c1", "SESSION_MISSING", "operations", "olga", "backend", RECORDED_AT,
    RECORDED_AT, is_by_person=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"assignee": None}, []),
        ({"assignee": None, "is_by_person": False}, ["assignee"]),
        ({"owner": ""}, ["owner"]),
        ({"origin": "unknown"}, ["origin"]),
        ({"due_at": None}, ["due_at"]),
        ({"resolved_at": None}, ["resolved_at"]),
        ({"resolved_at": RECORDED_AT + timedelta(microseconds=1)}, ["resolved_at"]),
    ],
)
def test_a_drill_asks_for_owner_origin_and_a_person_in_time(change, found):
    assert [row.field for row in drill_differences(SOUND._replace(**change))] == found
