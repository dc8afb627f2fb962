"""A day's random lateness in the bench: every message apart, at most a day, the same each time."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from console.bench.lateness import LATEST, arrivals, lateness
from console.bench.run import _rate
from console.demo.bench_load import Encoded, bench_load
from console.demo.world import load_world
from schemas import FileRegistry

Load = Sequence[tuple[Encoded, Encoded]]


@pytest.fixture(scope="module")
def load() -> Load:
    found = bench_load(load_world(), pairs=200, seed=1, prefix="t.", registry=FileRegistry())
    return list(found)


def test_every_message_arrives_once_up_to_a_day_after_it_was_sent(load: Load) -> None:
    late = arrivals(load, "all_apart")
    assert sorted(row.headers for _, row in late) == sorted(
        row.headers for pair in load for row in pair
    )
    delays = [arrived_at - row.sent_at for arrived_at, row in late]
    assert timedelta(0) <= min(delays) < LATEST / 8
    assert LATEST * 7 / 8 < max(delays) <= LATEST


def test_messages_are_in_the_order_of_their_arrival_and_the_same_each_time(load: Load) -> None:
    late = arrivals(load, "cdrs_late")
    assert late == arrivals(load, "cdrs_late")
    assert late == sorted(late, key=lambda arrived: arrived[0])


def test_about_half_of_all_cdrs_arrive_before_their_session(load: Load) -> None:
    arrived = {row.headers: arrived_at for arrived_at, row in arrivals(load, "all_apart")}
    before = sum(arrived[cdr.headers] < arrived[session.headers] for session, cdr in load)
    assert len(load) * 0.4 < before < len(load) * 0.6


def test_where_cdrs_alone_are_late_none_comes_before_its_session(load: Load) -> None:
    arrived = {row.headers: at for at, row in arrivals(load, "cdrs_late")}
    assert all(arrived[session.headers] == session.sent_at for session, _ in load)
    assert all(arrived[cdr.headers] >= arrived[session.headers] for session, cdr in load)
    assert max(arrived[cdr.headers] - cdr.sent_at for _, cdr in load) > LATEST * 7 / 8


def measured(rate: int | None, ours: int, held: int = 0) -> dict[str, object]:
    costs = {"ours": ours, "PostgreSQL": 200}
    return {"cdr_per_s": rate, "cpu_us_per_cdr": costs, "outcomes": {"held": held} if held else {}}


def test_the_ratio_is_what_lateness_leaves_of_the_throughput() -> None:
    both = lateness(measured(1500, 800), {"cdrs_late": measured(1380, 900, held=70)})
    found = both["cdrs_late"]
    assert (both["in_order"], found["cdr_per_s"], found["ratio"]) == (1500, 1380, 0.92)
    assert (found["ratio_by_cpu"], found["held_first"]) == (0.909, 70)


def test_what_was_one_batch_has_no_rate() -> None:
    assert _rate(500, 0.0) == {"seconds": 0.0, "cdr_per_s": None}
    assert _rate(500, 0.25) == {"seconds": 0.25, "cdr_per_s": 2000}
    found = lateness(measured(None, 800), {"all_apart": measured(None, 900)})
    assert found["all_apart"]["ratio"] is None
