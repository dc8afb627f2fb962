"""Records leave in order of their time, in whatever order the broker hands them out."""

from collections.abc import Iterable
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from consumers.runner.merge import Batch, Merge, Place

CDRS, SESSIONS = Place("x.cdrs.v1", 0), Place("x.sessions.v1", 0)
TARIFFS, OTHER = Place("x.tariff-versions.v1", 0), Place("x.cdrs.v1", 1)


class Rec(NamedTuple):
    offset: int
    timestamp: int
    value: bytes = b"12345678"
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()


def records(*timestamps: int) -> list[Rec]:
    return [Rec(offset, timestamp) for offset, timestamp in enumerate(timestamps)]


def take(
    merge: Merge, *, most: int = 100, most_bytes: int = 10_000, awaited: Iterable[Place] = ()
) -> Batch:
    expected = set(awaited)
    return merge.take(
        most_records=most, most_bytes=most_bytes, is_awaited=lambda place: place in expected
    )


def times(batch: Batch) -> dict[str, list[int]]:
    return {place.topic: [record.timestamp for record in found] for place, found in batch.items()}


def merge_of(places: dict[Place, list[Rec]]) -> Merge:
    merge = Merge()
    merge.open(places)
    for place, found in places.items():
        merge.add(place, found)
    return merge


def test_older_messages_of_another_topic_leave_first() -> None:
    merge = merge_of({CDRS: records(10, 20, 30), SESSIONS: records(5, 15, 25)})
    assert times(take(merge, most=4)) == {"x.sessions.v1": [5, 15], "x.cdrs.v1": [10, 20]}
    assert times(take(merge, most=4)) == {"x.sessions.v1": [25], "x.cdrs.v1": [30]}


def test_at_one_instant_facts_come_before_sessions_and_sessions_before_cdrs() -> None:
    merge = merge_of({CDRS: records(7), SESSIONS: records(7), TARIFFS: records(7)})
    order = [next(iter(take(merge, most=1))) for _ in range(3)]
    assert order == [TARIFFS, SESSIONS, CDRS]


def test_nothing_leaves_while_older_messages_are_on_their_way() -> None:
    merge = merge_of({CDRS: records(10, 20), SESSIONS: [], OTHER: records(1)})
    assert list(take(merge, awaited=[SESSIONS])) == [OTHER]
    assert times(take(merge)) == {"x.cdrs.v1": [10, 20]}


def test_whether_more_is_on_its_way_is_asked_once_a_batch() -> None:
    merge = merge_of({SESSIONS: [], CDRS: records(1, 2, 3)})
    asked: list[Place] = []

    def is_awaited(place: Place) -> bool:
        asked.append(place)
        return False

    batch = merge.take(most_records=9, most_bytes=99, is_awaited=is_awaited)
    assert times(batch) == {CDRS.topic: [1, 2, 3]}
    assert asked == [SESSIONS, CDRS]


def test_a_batch_holds_no_more_bytes_than_it_may_but_at_least_one_message() -> None:
    merge = merge_of({CDRS: records(1, 2, 3)})
    assert merge.bytes_waiting == 24
    assert times(take(merge, most_bytes=17)) == {"x.cdrs.v1": [1, 2]}
    assert times(take(merge, most_bytes=1)) == {"x.cdrs.v1": [3]}
    assert merge.bytes_waiting == len(merge) == 0


def test_partitions_take_turns() -> None:
    merge = merge_of({CDRS: records(*range(10)), OTHER: records(*range(10))})
    assert {next(iter(take(merge, most=3))) for _ in range(2)} == {CDRS, OTHER}


def test_what_went_to_another_member_is_forgotten() -> None:
    merge = merge_of({CDRS: records(1, 2), OTHER: records(3)})
    merge.forget([CDRS])
    assert (len(merge), merge.bytes_waiting) == (1, 8)
    assert times(take(merge)) == {"x.cdrs.v1": [3]}


@given(
    cdrs=st.lists(st.integers(0, 50), max_size=30),
    sessions=st.lists(st.integers(0, 50), max_size=30),
    other=st.lists(st.integers(0, 50), max_size=30),
    most=st.integers(1, 20),
)
def test_all_leave_once_and_each_topic_in_its_own_order(
    cdrs: list[int], sessions: list[int], other: list[int], most: int
) -> None:
    given_records = {CDRS: records(*cdrs), SESSIONS: records(*sessions), OTHER: records(*other)}
    merge = merge_of(given_records)
    left: dict[Place, list[Rec]] = {place: [] for place in given_records}
    while batch := take(merge, most=most):
        assert sum(map(len, batch.values())) <= most
        for place, found in batch.items():
            left[place].extend(found)
    assert left == given_records
    assert merge.bytes_waiting == 0
