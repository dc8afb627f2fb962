"""A remap never changes a closed period, whatever moves when: what came before it stays."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.application.closing import (
    cut_off_period,
    hard_close_period,
    soft_close_period,
)
from ledger.application.hashing import hash_of_list
from ledger.application.registration import advance_time
from ledger.application.sites import approve_site, remap_site
from ledger.books.invoice_groups import Accruals
from ledger.settlement.accounting import TrialBalance
from ledger.settlement.period import Checkpoint, PeriodFigures
from ledger.settlement.true_up import ClauseFigures
from ledger.values.entries import Entry
from tests.ledger_cast import (
    AGREEMENTS,
    BY_ADMIN,
    BY_FINANCE,
    CAST,
    CPO,
    HOST,
    agreement,
    shared_with_host,
)
from tests.ledger_statements import cdr, session, tariff
from tests.ledger_world import World
from tests.site_world import DOCUMENT, LOC1, LOC2, LOC3, identity, meter, place, remapped, site

SEPTEMBER = datetime(2026, 9, 1, tzinfo=UTC)
CLOSED = "ALL/2026-09"
ONE = TrialBalance(Decimal(1), Decimal(1), 1, "b" * 64)

charges = st.lists(
    st.tuples(st.integers(0, 58), st.sampled_from(["LOC1", "LOC2"]), st.sampled_from(["E1", "E2"])),
    min_size=1,
    max_size=5,
    unique=True,
)
wanted_remaps = st.tuples(
    st.sampled_from([LOC1, f"{LOC1}/E1", LOC2]),
    st.sampled_from([LOC3, "CH*ALP/haag"]),
    st.integers(0, 58),
)


def world_of(fresh_world: Any, charged: Iterable[tuple[int, str, str]]) -> World:
    """Return a world with charges of two months, the first of which is closed for good."""
    world: World = fresh_world(
        *CAST, *AGREEMENTS, agreement(HOST, CPO, shared_with_host("15/100", "LOC1", "LOC2"))
    )
    advance_time(world.ledger, SEPTEMBER + timedelta(days=1))
    advance_time(world.ledger, SEPTEMBER + timedelta(days=31))
    world.send(tariff(("ENERGY", "0.50", 1)), place(LOC1, "E1", "E2"), place(LOC2, "E1", "E2"))
    for number, (day, where, evse) in enumerate(charged):
        said = {"at": begins(day), "location": where, "evse": evse, "uid": f"T{number}"}
        world.send(session(f"C{number}", **said), cdr(f"C{number}", "5.00", **said))
    close_september(world, [f"{CPO}/c{at}" for at, row in enumerate(charged) if row[0] < 30])
    return world


def close_september(world: World, cdrs: list[str]) -> None:
    figures = PeriodFigures(len(cdrs), hash_of_list(cdrs), 0, ())
    checkpoint = Checkpoint("period", 10, "f" * 64)
    cut_off_period(world.ledger, CLOSED, by=BY_FINANCE)
    soft_close_period(
        world.ledger,
        CLOSED,
        clauses=ClauseFigures(),
        accruals=Accruals(),
        figures=figures,
        checkpoint=checkpoint,
        cdrs=cdrs,
        by=BY_FINANCE,
    )
    hard_close_period(
        world.ledger,
        CLOSED,
        figures=figures,
        checkpoint=checkpoint,
        trial_balances={"xyz-bv": ONE},
        by=BY_FINANCE,
    )


def begins(day: int) -> datetime:
    """Return when the charge of a day starts: ten in the morning, UTC."""
    return SEPTEMBER + timedelta(days=day, hours=10)


def posted(world: World) -> list[tuple[str, Entry]]:
    """Return every entry with the period it is posted in, in the order of the log."""
    found: list[tuple[str, Entry]] = []
    for event in world.events():
        for entries, booking in (
            (getattr(event, "reversal", ()), getattr(event, "reversal_booking", None)),
            *(
                (decision.entries, decision.booking)
                for decision in [getattr(event, "decision", None)]
                if decision is not None
            ),
        ):
            if booking is not None:
                found.extend((booking.posted_period, entry) for entry in entries)
    return found


@settings(max_examples=25)
@given(charged=charges, wanted=wanted_remaps)
def test_a_remap_decides_only_what_began_after_it_and_never_posts_to_a_closed_period(
    fresh_world, charged, wanted
):
    world = world_of(fresh_world, charged)
    old, new, day = wanted
    target = f"{new}/E9" if old.count("/") > 1 else new
    before, known = posted(world), {key: world.topics_of(key) for key in keys_of(charged)}
    done = remap_site(
        world.ledger,
        identity(old),
        identity(target),
        valid_from=begins(day),
        reason="renamed",
        by=BY_FINANCE,
    )
    if done.outcome == "proposed":
        assert (posted(world), world.rows("SELECT * FROM log.release_due")) == (before, [])
        approve_site(world.ledger, done.site, by=BY_ADMIN)
    world.settle()
    # what began before the remap has not been touched; what began after it asks for the new name
    for key, (day_of, where, evse) in zip(keys_of(charged), charged, strict=True):
        names = (f"{CPO}/{where.lower()}", f"{CPO}/{where.lower()}/{evse}")
        is_moved = old in names and day_of >= day
        assert (world.topics_of(key) != known[key]) == is_moved
        assert world.cdr(key.partition("/")[2]).state == ("held" if is_moved else "accepted")
    # and a closed period has what it had: what follows is posted to the open one
    after = posted(world)
    assert after[: len(before)] == before
    assert {period for period, _ in after[len(before) :]} <= {"ALL/2026-10"}
    assert [row for row in after if row[0] == CLOSED] == [row for row in before if row[0] == CLOSED]


CALIBRATED = replace(
    DOCUMENT,
    meters=(
        meter("E1", calibrated_until=date(2026, 9, 20)),
        meter("E2", legal_class="not_legal", valid_from=begins(25)),
    ),
)
FACTS = (
    site(LOC1, CALIBRATED),
    remapped(f"{LOC1}/E1", f"{LOC2}/E9", begins(10)),
    remapped(LOC2, LOC3, begins(40)),
)
PLACES = ("LOC1", "E1", 5), ("LOC1", "E1", 12), ("LOC2", "E9", 15), ("LOC2", "E9", 30), (
    "LOC1", "E2", 20), ("LOC1", "E2", 28), ("LOC2", "E9", 45), ("LOC3", "E9", 50)  # fmt: skip


@settings(max_examples=20)
@given(order=st.permutations(range(len(FACTS) + len(PLACES))))
def test_in_whatever_order_register_and_charges_are_known_the_same_is_decided(fresh_world, order):
    """But for what comes under a new id of a time before: nobody could know it then."""
    decided = []
    for steps in (range(len(order)), order):
        world = fresh_world(*CAST, *AGREEMENTS)
        world.send(tariff(("ENERGY", "0.50", 1)), place(LOC1, "E1", "E2"), place(LOC2, "E9"))
        for step in steps:
            if step < len(FACTS):
                world.learn(FACTS[step])
            else:
                where, evse, day = PLACES[step - len(FACTS)]
                said = {"at": begins(day), "location": where, "evse": evse, "uid": f"T{step}"}
                world.send(session(f"C{step}", **said), cdr(f"C{step}", "5.00", **said))
        world.settle()
        decided.append(world.decided_state())
    assert decided[0] == decided[1]
    reasons = [tuple(row.get("reasons", ())) for row in decided[0]["cdrs"].values()]
    assert {"LOCATION_MOVED", "METER_OUT_OF_CALIBRATION", "METER_NOT_LEGAL"} <= {
        code for row in reasons for code in row
    }


def keys_of(charged: list[tuple[int, str, str]]) -> list[str]:
    return [f"{CPO}/c{number}" for number in range(len(charged))]
