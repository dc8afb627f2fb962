"""Tariff versions in the read models: what was known when, and a CDR that one of them priced."""

from datetime import timedelta

import pytest
from projection_events import CPO, accept, cdr_of, command, provenance
from projection_log import World

from ledger.roaming.tariff import Tariff
from projections.queries.exception import exceptions
from projections.queries.receipt import explain
from projections.queries.tariff import statement_of, tariff_versions, version_steps
from tests.ledger_statements import october, tariff

KEY = f"{CPO}/t1"


@pytest.fixture
def world(database_url):
    return World(database_url)


def statement(price: str, day: int = 1):
    return tariff(("ENERGY", price, 1), updated=october(day), ocpi_version="2.2.1").statement


def test_a_cdr_is_explained_by_the_event_that_put_its_version_in_force(world):
    own = Tariff.blank(KEY)
    with world.at():
        own.draft(statement("0.50"), content_sha256="a" * 64, provenance=command("olga"))
        own.submit(1, provenance=command("olga"))
        own.approve(1, provenance=command("finn"))
        own.publish(1, provenance=command("olga"))
        published = world.record(own)
    with world.at():
        own.draft(statement("0.40", 2), content_sha256="b" * 64, provenance=command("olga"))
        own.withdraw(2, reason="typo", provenance=command("finn"))
        stray = statement("0.10", 3)
        own.receive(stray, content_sha256="c" * 64, is_governed=True, provenance=provenance(1))
        world.record(own, accept(cdr_of(1), 1))
    used = world.ask(explain, cdr_of(1).key).tariff
    assert (used["position"], used["version"]["number"]) == (published, 1)
    (held,) = world.ask(exceptions)
    assert (held.reason, held.record, held.actual) == ("TARIFF_NOT_APPROVED", KEY, "c" * 64)


def test_what_was_known_at_an_instant_is_what_had_been_recorded_by_then(world):
    own, seen = Tariff.blank(KEY), []
    steps = (
        lambda: own.draft(statement("0.5"), content_sha256="a" * 64, provenance=command("olga")),
        lambda: own.draft(
            statement("0.4", 2), content_sha256="b" * 64, replaces=1, provenance=command("sven")
        ),
        lambda: own.submit(1, provenance=command("olga")),
        lambda: own.approve(1, provenance=command("finn")),
        lambda: own.publish(1, provenance=command("olga")),
        lambda: own.withdraw(1, reason="x", withdrawn_from=october(20), provenance=command("finn")),
    )
    for step in steps:
        with world.at():
            step()
            world.record(own)
        seen.append((world.now, world.ask(tariff_versions)))
    for instant, rows in seen:
        assert world.ask(tariff_versions, known_at=instant) == rows
        later = instant + timedelta(seconds=59)
        assert world.ask(tariff_versions, known_at=later) == rows
    assert [row.state for _, (row,) in seen] == [
        "draft",
        "draft",
        "submitted",
        "approved",
        "published",
        "withdrawn",
    ]
    assert [(row.author, row.submitter, row.approver) for _, (row,) in seen[::2]] == [
        ("olga", None, None),
        ("sven", "olga", None),
        ("sven", "olga", "finn"),
    ]
    assert [row.content_sha256[0] for _, (row,) in seen[:2]] == ["a", "b"]
    (last,) = world.ask(tariff_versions)
    assert (last.withdrawn_from, world.ask(statement_of, last)) == (
        october(20),
        statement("0.4", 2),
    )
    assert len(world.ask(version_steps, KEY, number=1)) == len(steps)


def test_versions_are_found_by_party_state_and_day(world):
    swiss = Tariff.blank("CH*ALP/t1")
    mine = Tariff.blank(KEY)
    with world.at():
        for number, day in enumerate((1, 10), 1):
            mine.receive(
                statement("0.5", day), content_sha256=str(number) * 64, provenance=provenance()
            )
        mine.acknowledge(1, provenance=command("olga"))
        swiss.draft(statement("0.5"), content_sha256="9" * 64, provenance=command("olga"))
        world.record(mine, swiss)

    def names(**filters):
        return [row.name for row in world.ask(tariff_versions, **filters)]

    assert names() == ["CH*ALP/t1#1", f"{KEY}#1", f"{KEY}#2"]
    assert names(party=CPO) == names(tariff=KEY) == [f"{KEY}#1", f"{KEY}#2"]
    assert names(party="NL*XY") == []
    assert names(state="acknowledged") == [f"{KEY}#1"]
    assert names(valid_on=october(9).date()) == [f"{KEY}#1"]
    assert names(valid_on=october(10).date()) == [f"{KEY}#1", f"{KEY}#2"]
    assert names(tariff=KEY, number=2) == [f"{KEY}#2"]
