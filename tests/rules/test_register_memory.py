"""What a register takes in memory, counted by Python itself, and that it is as large as it says."""

import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import pytest

from console.bench.register_record import facts_of
from console.bench.register_world import (
    CONNECTORS,
    STATED_ON,
    RegisterSize,
    agreements_of,
    location_statement,
    party_of,
)
from ledger.application.facts import Facts
from ledger.application.mapper import EventMapper
from ledger.application.packed import STAY_DECODED, PackedFacts
from ledger.application.store import LoggedEvent
from ledger.roaming.agreement import Agreement
from ledger.roaming.location import Location
from ledger.values.aggregate import LedgerAggregate, recording_at
from tests.logged import as_logged

AT = datetime(2026, 9, 28, tzinfo=UTC)
SMALL = RegisterSize(parties=100, agreements=1_000, locations=2_000)
MAPPER = EventMapper()


def log_of(kind: type[LedgerAggregate]) -> list[LoggedEvent]:
    """Return the events that a small register has of a kind of facts."""
    with recording_at(AT):
        facts = (fact for fact in facts_of(SMALL, AT) if type(fact) is kind)
        events = (event for fact in facts for event in fact.collect_events())
        return as_logged(map(MAPPER.to_stored_event, events), recorded_at=AT)


def bytes_kept(make: Callable[[], object]) -> int:
    """Return what stays in memory of what is made."""
    tracemalloc.start()
    try:
        kept = make()
        return tracemalloc.get_traced_memory()[0] if kept is not None else 0
    finally:
        tracemalloc.stop()


def packed(events: Iterable[LoggedEvent]) -> PackedFacts[Location]:
    facts = PackedFacts(Location, MAPPER)
    for row in events:
        facts.add(row)
    return facts


def test_a_location_of_five_connectors_takes_less_than_a_kilobyte():
    events = log_of(Location)
    assert len(events) == SMALL.locations
    assert sum(len(row.state) for row in events) > 2_500 * SMALL.locations
    assert bytes_kept(lambda: packed(events)) < 1_000 * SMALL.locations


def test_agreements_take_half_the_memory_where_what_is_alike_is_kept_once(monkeypatch):
    rows = log_of(Agreement)

    def followed() -> Facts:
        facts = Facts(MAPPER)
        facts.follow(rows, counter=1)
        return facts

    assert len(followed().all_of(Agreement)) == SMALL.agreements
    in_pieces = bytes_kept(followed)
    monkeypatch.setattr(Agreement, "KEPT", "whole")
    assert in_pieces < bytes_kept(followed) / 2


def test_who_asks_for_every_location_does_not_fill_the_memory():
    facts = packed(log_of(Location)[:200])
    few = PackedFacts(Location, MAPPER, stay_decoded=10)
    for row in log_of(Location):
        few.add(row)
    assert sum(len(row.versions) for row in few.each()) == SMALL.locations
    assert few.decoded == 0
    for row in facts.each():
        assert few.find(row.key) is not None
    assert few.decoded == 10 < STAY_DECODED


@pytest.mark.parametrize("size", [RegisterSize(), SMALL], ids=["full", "small"])
def test_the_register_is_as_large_as_it_says(size):
    pairs = Counter((row.seller, row.buyer) for row in agreements_of(size))
    assert len(pairs) == size.agreements
    assert set(pairs.values()) == {1}
    assert len({party_of(number) for number in range(size.parties)}) == size.parties
    assert {len(row.versions) for row in agreements_of(size)} == {1, 2}


def test_a_location_is_the_same_whoever_makes_it():
    first, second = (location_statement(SMALL, 7) for _ in "12")
    assert first == second
    assert sum(len(evse.connectors) for evse in first.evses) == CONNECTORS
    assert first.last_updated >= STATED_ON
