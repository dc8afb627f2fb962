"""Which remaps people may record, and which are refused with their reason."""

import pytest

from ledger.application.facts import View
from ledger.application.remapping import touched_by_version
from ledger.values.reasons import Refused
from tests.ledger_cast import CAST
from tests.ledger_statements import october
from tests.ledger_world import World
from tests.site_world import LOC1, LOC2, LOC3, approved, place, remapped, site

TEN, TWENTY = october(10), october(20)


@pytest.fixture
def world(database_url):
    world = World(database_url, *CAST)
    world.send(place(LOC1, "E1", "E2"), place(LOC2, "E1"))
    return world


RENAMED = remapped(LOC1, LOC3, TEN)
ONE_EVSE = remapped(f"{LOC1}/E1", f"{LOC2}/E9", TEN)


@pytest.mark.parametrize(
    ("before", "wanted", "reason"),
    [
        ((), remapped("NL*XYZ/nowhere", LOC3, TEN), "NOT_FOUND"),
        ((), remapped(f"{LOC1}/E7", f"{LOC2}/E7", TEN), "NOT_FOUND"),
        ((), remapped(LOC1, "NL*NOB/loc1", TEN), "PARTY_UNKNOWN"),
        ((), remapped(LOC1, f"{LOC3}/E1", TEN), "INVALID_DOCUMENT"),
        ((), remapped(LOC1, LOC1, TEN), "REMAP_CIRCULAR"),
        ((), remapped(f"{LOC1}/E1", f"{LOC1}/e1", TEN), "REMAP_CIRCULAR"),
        ((), remapped(LOC1, LOC3, TEN, " "), "REASON_MISSING"),
        ((RENAMED,), remapped(LOC3, LOC1, TWENTY), "REMAP_CIRCULAR"),
        ((RENAMED, remapped(LOC3, "NL*XYZ/d", TWENTY)), remapped("NL*XYZ/d", LOC1, october(30)),
         "REMAP_CIRCULAR"),
        ((RENAMED,), remapped(LOC1, "NL*XYZ/d", TWENTY), "ALREADY_EXISTS"),
        ((RENAMED,), remapped(LOC2, LOC3, TWENTY), "ALREADY_EXISTS"),
        ((RENAMED,), remapped(f"{LOC1}/E1", f"{LOC2}/E9", TWENTY), "ALREADY_EXISTS"),
        ((ONE_EVSE,), remapped(f"{LOC1}/e1", f"{LOC2}/E8", TWENTY), "ALREADY_EXISTS"),
        ((ONE_EVSE,), remapped(f"{LOC1}/e1", f"{LOC2}/e9", TWENTY), "ALREADY_EXISTS"),
        ((ONE_EVSE,), remapped(f"{LOC1}/E2", f"{LOC2}/e9", TWENTY), "ALREADY_EXISTS"),
        ((ONE_EVSE,), remapped(f"{LOC2}/E9", f"{LOC1}/E1", TWENTY), "REMAP_CIRCULAR"),
        ((RENAMED,), remapped(LOC3, "NL*XYZ/d", TEN), "INVALID_DOCUMENT"),
        ((remapped(LOC2, LOC3, TEN),), remapped(LOC1, LOC2, TEN), "INVALID_DOCUMENT"),
    ],
)  # fmt: skip
def test_a_remap_that_cannot_be_is_refused_and_changes_nothing(world, before, wanted, reason):
    world.learn(*before)
    head = world.rows("SELECT position FROM log.head")
    with pytest.raises(Refused) as refused:
        world.learn(wanted)
    assert reason in [row.reason.value for row in refused.value.refusals]
    assert world.rows("SELECT position FROM log.head") == head


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ((RENAMED,), remapped(LOC3, "NL*XYZ/d", TWENTY)),
        ((ONE_EVSE,), remapped(LOC1, LOC3, TWENTY)),
        ((ONE_EVSE,), remapped(f"{LOC2}/E9", f"{LOC3}/E1", TWENTY)),
        ((remapped(LOC2, LOC3, TWENTY),), remapped(LOC1, LOC2, TEN)),
        ((), remapped(f"{LOC1}/E1", f"{LOC1}/E7", TEN)),
        ((site("NL*XYZ/depot"),), remapped("NL*XYZ/depot", LOC3, TEN)),
        ((site("NL*XYZ/depot"),), remapped("NL*XYZ/depot/E1", f"{LOC1}/E3", TEN)),
    ],
)
def test_a_remap_that_goes_on_from_another_is_recorded_on_both_sites(world, before, wanted):
    world.learn(*before, wanted)
    topics = [event.TOPIC for event in world.events()][-2:]
    assert topics == ["site.remapped.v1", "site.took_over.v1"]
    # and said again it changes nothing
    head = world.rows("SELECT position FROM log.head")
    world.learn(wanted)
    assert world.rows("SELECT position FROM log.head") == head


def test_what_was_proposed_is_judged_again_when_it_is_approved(world):
    world.learn(remapped(LOC1, "CH*ALP/haag", TWENTY))
    world.learn(remapped(LOC2, "NL*XYZ/d", TEN))
    with pytest.raises(Refused, match="WRONG_STATE"):
        world.learn(remapped(LOC1, "CH*ALP/other", TWENTY))
    world.learn(approved(LOC1))
    with pytest.raises(Refused, match="NOT_FOUND"):
        world.learn(approved(LOC1))


def test_a_document_touches_what_is_decided_under_every_later_name(world):
    world.learn(
        RENAMED,
        remapped(LOC3, "NL*XYZ/d", TWENTY),
        remapped(f"{LOC2}/E1", f"{LOC1}/E5", october(5)),
    )
    world.ledger.refresh()
    view = View(world.ledger.facts)
    touched = [row.fact_key for row in touched_by_version(view, LOC1, TEN)]
    assert touched == [f"location:{key}" for key in (LOC1, LOC3, "NL*XYZ/d")]
    assert [row.fact_key for row in touched_by_version(view, LOC2, TEN)][:2] == [
        f"location:{LOC2}", f"location:{LOC1}",
    ]  # fmt: skip
