"""A register on a real database: loaded whole, or asked for one by one, it says the same."""

import os
import subprocess
import sys
from contextlib import closing

import msgspec
import pytest

from console.bench.register_record import record_register
from console.bench.register_world import RegisterSize
from ledger.application.facts import Facts, View
from ledger.log import open_ledger
from ledger.roaming.agreement import Agreement
from ledger.roaming.location import Location
from ledger.values.identifiers import record_key
from ledger.values.provenance import Provenance
from tests.ledger_cast import AGREEMENTS, CAST, CPO, RECORDED_AT
from tests.ledger_statements import location, october
from tests.ledger_world import SUBJECT_KEY, World

KEY = record_key(CPO, "LOC1")
BY_FINN = Provenance("finn", "asserted", RECORDED_AT, RECORDED_AT)
SIZE = RegisterSize(parties=60, agreements=600, locations=600)


@pytest.fixture
def world(database_url):
    with closing(World(database_url, *CAST, *AGREEMENTS)) as world:
        world.send(location("LOC1", "Europe/Amsterdam"), location("LOC2", "Europe/Amsterdam"))
        yield world


@pytest.fixture
def asking(world):
    """A ledger as a command opens it: it loads no locations."""
    ledger = open_ledger(world.url, subject_key=SUBJECT_KEY, loads_all=False)
    with closing(ledger.store.connection):
        ledger.refresh()
        yield ledger


def said_by(facts: Facts) -> list[str]:
    return [
        repr((row.key, row.version, row.versions))
        for kind in (Location, Agreement)
        for row in facts.each_of(kind)
    ]


def zone_known_to(facts: Facts | View) -> str:
    return facts.find(Location, KEY).versions[-1].statement.time_zone


def test_locations_asked_for_say_what_loaded_ones_say(world, asking):
    world.ledger.refresh()
    found = asking.facts.find(Location, KEY)
    assert repr(found.versions) == repr(world.ledger.facts.find(Location, KEY).versions)
    assert asking.facts.find(Location, record_key(CPO, "nowhere")) is None
    assert said_by(asking.facts) == said_by(world.ledger.facts)
    assert len(said_by(asking.facts)) == 2 + len(AGREEMENTS)
    assert zone_known_to(asking.facts) == "Europe/Amsterdam"


def test_locations_asked_for_are_asked_for_again_when_the_log_went_on(world, asking):
    assert zone_known_to(asking.facts) == "Europe/Amsterdam"
    world.send(location("LOC1", "Europe/Berlin", updated=october(1)))
    assert zone_known_to(asking.facts) == "Europe/Amsterdam"
    asking.refresh()
    assert zone_known_to(asking.facts) == "Europe/Berlin"
    assert [row.key for row in asking.facts.each_of(Location)] == [KEY, record_key(CPO, "LOC2")]


def test_who_decides_on_a_location_newer_than_the_rest_decides_again(world, asking):
    """Asked late, a fact may be newer than those followed before; the counter gives it away."""
    seen = []

    def decide(view, writes):
        if not seen:
            world.send(location("LOC1", "Europe/Berlin", updated=october(1)))
        seen.append((view.counter, zone_known_to(view)))
        newest = location("LOC1", "Europe/Paris", updated=october(2)).statement
        view.edit(Location, KEY).receive(newest, content_sha256="third", provenance=BY_FINN)
        return []

    asking.command(decide, recorded_at=RECORDED_AT)
    assert [zone for _, zone in seen] == ["Europe/Berlin", "Europe/Berlin"]
    assert seen[0][0] < seen[1][0]
    asking.refresh()
    assert zone_known_to(asking.facts) == "Europe/Paris"


def test_a_register_is_recorded_loaded_and_resolved_by_a_process_of_its_own(world):
    """As `clearwatt bench --register` does; a CDR that is not resolved ends the process."""
    facts = record_register(world.ledger, SIZE, at=RECORDED_AT)
    assert facts == 2 * SIZE.parties + SIZE.agreements + 2 * SIZE.locations
    settings = {
        "CLEARWATT_DATABASE_URL": world.url,
        "CLEARWATT_SUBJECT_KEY": SUBJECT_KEY.decode(),
    }
    ended = subprocess.run(
        [sys.executable, "-m", "console.bench.resolving", *map(str, SIZE)],
        env={**os.environ, **settings},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    found = msgspec.json.decode(ended.stdout)
    assert found["resolve_warm_us"] > 0
    assert found["resolve_cold_us"] > 0
    assert found["load_s"] > 0
    assert world.ledger.store.broken_leaves() == []
