"""Whatever comes in, in any order, whoever does what in between: all books are in order.

Shrinking would take minutes: every example is two months on a database, and closes both.
"""

from contextlib import closing
from random import Random
from typing import Any

from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from ledger.application.aggregates import AGGREGATES
from ledger.application.ledger import Ledger
from ledger.log import open_ledger
from projections.rebuild import verify
from projections.schema import migrate
from tests.books_in_order import assert_in_order
from tests.ledger_cast import RECORDED_AT
from tests.ledger_statements import october
from tests.ledger_world import SUBJECT_KEY, World
from tests.paying import paid_balances
from tests.whatever_drawn import whatever
from tests.whatever_month import Actors, arrive
from tests.whatever_world import Whatever
from tests.whole_closes import close_month, closes_at

OCTOBER, NOVEMBER = "2026-10", "2026-11"


@settings(max_examples=4, phases=[Phase.generate])
@given(drawn=whatever(), seed=st.integers(0, 2**32))
def test_whatever_comes_in_all_books_are_in_order(
    drawn: Whatever, seed: int, fresh_world: Any, new_database: Any
) -> None:
    other = fresh_world()
    arrive(other, drawn, Random(f"{seed}/another"))
    world = World(new_database())
    migrate(world.url)
    arrive(world, drawn, Random(seed))
    assert decided(world) == decided(other), "the order of arrival decides nothing"
    assert_in_order(world)

    people = Actors(world, drawn, RECORDED_AT)
    people.do(drawn.before)
    assert_in_order(world)
    reviewers = Actors(world, drawn, closes_at(OCTOBER))
    close_month(world, OCTOBER, closes_at(OCTOBER), reviewers.one_of(drawn.meanwhile))
    assert_in_order(world, [OCTOBER])

    later = Actors(world, drawn, october(20).replace(month=11))
    for charge in drawn.charges:
        if charge.is_late:
            world.send(*drawn.told(charge), recorded_at=later.by.at)
    later.do(drawn.after)
    assert_in_order(world, [OCTOBER])
    close_month(world, NOVEMBER, closes_at(NOVEMBER))
    assert_in_order(world, [OCTOBER, NOVEMBER])

    assert [row.name for row in verify(world.url) if not row.is_same] == []
    again = open_ledger(world.url, subject_key=SUBJECT_KEY)
    with closing(again.store.connection):
        assert known_to(again) == known_to(world.ledger), "its log is all that a ledger knows"
    for actors in (people, reviewers, later):
        for said in (*actors.done, *actors.refused):
            event(said)
    world.close()


def decided(world: World) -> dict[str, Any]:
    """Return what is decided of all charges and payments."""
    return world.decided_state() | {"paid": paid_balances(world)}


def known_to(ledger: Ledger) -> dict[str, dict[str, object]]:
    """Return every fact that a ledger has in memory, after all that is recorded."""
    ledger.refresh()
    return {
        kind.KIND: {row.key: vars(row) for row in ledger.facts.all_of(kind)} for kind in AGGREGATES
    }
