"""Numbers may arrive in any order, and time pass in any steps: the same is said at the end."""

from collections.abc import Callable
from random import Random

import psycopg
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.ledger_cast import AGREEMENTS, CAST
from tests.ledger_statements import cdr, october, session
from tests.ledger_world import World
from tests.numbered_world import NOON, Line, minutes, numbered, totals

CLOCK = (
    "session.stuck.v1",
    "session.unbilled.v1",
    "sender.gap_found.v1",
    "sender.gap_filled.v1",
    "control_totals.matched.v1",
    "control_totals.differ.v1",
)
MOST = 12


@pytest.fixture(scope="module")
def fresh_line(new_database) -> Callable[[], Line]:
    """Return how an empty ledger is made, on one database for all examples."""
    url = new_database()
    lines: list[Line] = []

    def make() -> Line:
        while lines:
            line = lines.pop()
            line.close()
            line.world.close()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS log CASCADE")
        lines.append(Line(World(url, *CAST, *AGREEMENTS)))
        return lines[0]

    return make


def sent(number: int, minute: int):
    return numbered(cdr(f"C{number}", "5.00"), number, at=NOON + minutes(minute), sent_at=NOON)


@settings(max_examples=25, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32), count=st.integers(1, MOST), size=st.integers(1, 5))
def test_any_order_of_numbers_with_repeats_ends_without_a_gap(seed, count, size, fresh_line):
    chance, line = Random(seed), fresh_line()
    numbers = list(range(1, count + 1)) + chance.choices(range(1, count + 1), k=count)
    chance.shuffle(numbers)
    minute = 0
    line.take(numbered(totals(count, last_sequence=count, first_sequence=1, kwh=10 * count), 1))
    for start in range(0, len(numbers), size):
        minute += chance.choice([0, 1, 20])
        line.take(*(sent(number, minute) for number in numbers[start : start + size]))
        if chance.random() < 0.5:
            line.look(NOON + minutes(minute), limit=chance.choice([1, 2, 500]))
    line.look(NOON + minutes(minute + 30))
    found, filled = _numbers(line, "sender.gap_found.v1"), _numbers(line, "sender.gap_filled.v1")
    assert sorted(found) == sorted(filled)
    assert line.world.rows("SELECT followed_until, has_gaps FROM log.sender_numbering"
                           " WHERE topic = 'cdrs.v1'") == [(count, False)]  # fmt: skip
    assert line.told(*CLOCK)[-1].TOPIC == "control_totals.matched.v1"


def _numbers(line: Line, topic: str) -> list[int]:
    return [
        number
        for event in line.told(topic)
        for run in (getattr(event, "missing", None) or event.filled)
        for number in range(run.first, run.last + 1)
    ]


@settings(max_examples=15, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_the_same_is_raised_however_the_clock_steps(seed, fresh_line):
    chance = Random(seed)
    kept = sorted(chance.sample(range(1, MOST), k=chance.randrange(1, MOST - 1)))
    messages = [sent(number, chance.randrange(30)) for number in kept]
    messages.append(numbered(totals(chance.choice([len(kept), 99])), 1))
    for number in range(6):
        status = chance.choice(["ACTIVE", "COMPLETED", "INVALID", "PENDING"])
        begun = session(f"S{number}", at=october(9 + number % 2), status=status)
        messages.append(numbered(begun, None, at=NOON + minutes(number)))
    until = minutes(3 * 24 * 60 + 60)
    raised = []
    for steps in (0, chance.randrange(1, 40)):
        line = fresh_line()
        line.take(*messages)
        times = sorted(NOON + minutes(30) + until * chance.random() for _ in range(steps))
        for now in (*times, NOON + until):
            line.look(now, limit=chance.choice([1, 2, 500]))
        raised.append(_said(line))
    assert raised[0] == raised[1]
    assert raised[0]


def _said(line: Line) -> list[tuple[object, ...]]:
    """Return what was raised, without when and in how many pages; gaps one by one."""
    said: list[tuple[object, ...]] = []
    for event in line.told(*CLOCK):
        if event.TOPIC == "sender.gap_found.v1":
            said.extend((event.TOPIC, gap.first, gap.last, gap.since) for gap in event.missing)
        elif event.TOPIC.startswith("session."):
            since = getattr(event, "since", None) or event.ended_at
            said.append((event.TOPIC, event.session, since, event.limit_h))
        else:
            said.append((event.TOPIC, event.totals, event.received))
    return sorted(said, key=repr)
