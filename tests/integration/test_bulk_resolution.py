"""A thousand exceptions are resolved in bulk in under ten seconds, on a real database."""

from datetime import timedelta
from decimal import Decimal
from time import perf_counter

import pytest
from command_line import CommandLine

from ledger.application.registration import register_actor
from projections.database import connect
from projections.queries.exception import Filter, exceptions
from projections.queries.period import period_cdrs
from projections.runner import Projector
from projections.schema import migrate
from tests.ledger_cast import AGREEMENTS, BY_ADMIN, CAST
from tests.ledger_statements import cdr, october, session, tariff
from tests.ledger_world import SUBJECT_KEY, World

MANY = 1_000
AT_MOST_S = 10.0
WRONG = Filter(kind="cdr", reason="CDR_TOTAL_COST_DIFFERS")


@pytest.fixture(scope="module")
def queue(services, service_settings, new_database):
    """A ledger in which as many CDRs are held for a wrong total, and its read models."""
    url = new_database()
    world = World(url, *CAST, *AGREEMENTS)
    register_actor(world.ledger, "olga", ("operations",), by=BY_ADMIN)
    world.send(tariff(("ENERGY", "0.50", 1)))
    for first in range(0, MANY, 250):
        charges = range(first, first + 250)
        starts = {number: october(5) + timedelta(minutes=number) for number in charges}
        world.send(*(session(f"C{n}", at=at, uid=f"U{n}") for n, at in starts.items()))
        world.send(*(cdr(f"C{n}", "9.00", at=at, uid=f"U{n}") for n, at in starts.items()))
    world.close()
    migrate(url)
    yield CommandLine(
        {
            "CLEARWATT_HOME": str(service_settings.home),
            "CLEARWATT_CACHE": str(service_settings.cache),
            "CLEARWATT_DATABASE_URL": url,
            "CLEARWATT_KAFKA_BOOTSTRAP_SERVERS": services.kafka_bootstrap_servers,
            "CLEARWATT_SUBJECT_KEY": SUBJECT_KEY.decode(),
        }
    )


def waiting(queue, **filters):
    Projector(queue.database_url).run(until_caught_up=True)
    with connect(queue.database_url) as connection:
        return exceptions(connection, WRONG._replace(**filters))


def test_many_are_released_excluded_and_taken_back_in_on_a_filter(queue):
    assert len(waiting(queue)) == MANY
    by = ("--code", "CDR_TOTAL_COST_DIFFERS", "--as", "olga", "--at", "2026-11-03", "--json")
    why = ("--reason", "agreed by phone")

    dry = queue.run("exception", "release", "--dry-run", *by, *why).document
    assert (dry["done"], dry["money"]) == (
        MANY,
        [{"currency": "EUR", "before": "0", "after": str(Decimal("5.0000") * MANY)}],
    )
    assert len(waiting(queue)) == MANY

    for action in ("release", "exclude"):
        started = perf_counter()
        chosen = by if action == "release" else ("--state", "resolved", *by)
        ended = queue.run("exception", action, *chosen, *why)
        seconds = perf_counter() - started
        assert (ended.exit_code, ended.document["done"]) == (0, MANY), ended.errors
        assert seconds < AT_MOST_S
        assert waiting(queue) == []
    with connect(queue.database_url) as connection:
        found = period_cdrs(connection, "ALL/2026-10", standing="excluded")
    assert len(found) == MANY
    assert {row.booked_gross for row in found} == {Decimal(0)}
