"""Deciding each accepted CDR again from what is recorded gives the same money, under any flow."""

from functools import partial
from random import Random
from typing import Any, TypeVar

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ledger.application.acceptance import replay_differences, rounding_differences
from ledger.application.circumstances import Circumstances
from ledger.application.commands import key_of, session_key_of
from ledger.application.decide import decide
from ledger.application.facts import View
from ledger.application.rehearsal import view_of
from ledger.roaming.cdr import Cdr
from ledger.roaming.legs import Decision
from ledger.roaming.session import Session
from ledger.values.aggregate import LedgerAggregate
from tests.flow_arrivals import arrive, in_any_order
from tests.flow_world import CDRS, Month, months
from tests.ledger_world import World

A = TypeVar("A", bound=LedgerAggregate)


def known(world: World, kind: type[A], key: str) -> A:
    """Return an aggregate as it is recorded, or blank."""
    found = kind.blank(key)
    for stored in world.ledger.store.events_of([found.id]).get(found.id, ()):
        world.ledger.event_mapper.to_domain_event(stored).mutate(found)
    return found


def decided_again(world: World, cdr: Cdr, view: View) -> Decision:
    """Return what is decided of an accepted CDR from its statement, its session and the facts."""
    assert cdr.statement is not None
    assert cdr.provenance is not None
    key = session_key_of(cdr.statement)
    assert key is not None
    session = known(world, Session, key)
    verdict = decide(
        cdr.statement,
        around=Circumstances(session=session),
        view=view,
        received_at=cdr.provenance.received_at,
    )
    assert verdict.decision is not None, verdict.refusals
    return verdict.decision


@settings(max_examples=8, phases=[Phase.generate])
@given(month=months(), seed=st.integers(0, 2**32))
def test_what_was_recorded_is_what_would_be_decided_now(
    month: Month, seed: int, fresh_world: Any
) -> None:
    world = fresh_world()
    arrive(world, month, in_any_order(month, Random(seed)))
    view, looked_at = view_of(world.ledger), 0
    for row in CDRS:
        found = known(world, Cdr, key_of(row))
        if found.state != "accepted" or found.decision is None:
            continue
        looked_at += 1
        again = decided_again(world, found, view)
        assert again.legs == found.decision.legs
        assert again.entries == found.decision.entries
        assert again.booking == found.decision.booking
        assert again.visible_to == found.decision.visible_to
        assert set(again.depends_on) == set(found.decision.depends_on)
        assert list(replay_differences(found, partial(known, world, Session), view)) == []
        assert list(rounding_differences(found)) == []
    assert looked_at >= 6
