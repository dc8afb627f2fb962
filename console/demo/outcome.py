"""What had to become of the month's messages, against what became of them."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from console.demo.charge import key_of
from console.demo.control import TAKEN_OUT, in_the_end, planned_standings
from console.demo.month import MonthPlan
from console.demo.people import EXCLUDED
from projections.database import Connection
from projections.queries.equation import equation
from projections.queries.exception import exceptions
from projections.queries.finding import finding_counts
from projections.queries.journal import journal
from projections.queries.split import split_steps
from schemas import CdrV1, topic_name
from schemas.topics import TOPIC_OF_KIND

Case = tuple[str, str, str]
"""(topic, outcome, reason code or nothing)"""
FINDING: Final = "finding"
"""Beside the outcomes: what is noted about a CDR that is accepted."""


class Compared(NamedTuple):
    """How many messages of a topic had to end so, and how many did.

    A `finding` is no outcome of its own: its messages are among the accepted ones.
    """

    topic: str
    outcome: str
    code: str
    expected: int
    seen: int

    @property
    def is_met(self) -> bool:
        """True where both are the same."""
        return self.expected == self.seen


def expected_of(plan: MonthPlan, prefix: str) -> Counter[Case]:
    """Count what must become of planned messages, and what must be found about them.

    What is found about a CDR that is credited or excluded later counts no more.
    """
    expected: Counter[Case] = Counter()
    standings = planned_standings(plan)
    for row in plan.messages:
        topic, expect = topic_name(prefix, row.kind), in_the_end(row)
        expected[topic, expect.outcome, expect.code or ""] += 1
        if not isinstance(row.value, CdrV1) or expect.outcome != "accepted":
            continue
        if standings.get(key_of(row.value)) not in TAKEN_OUT:
            expected.update((topic, FINDING, code) for code in expect.findings)
    return expected


def seen_in(connection: Connection) -> Counter[Case]:
    """Count what became of all messages: from the equation, with the open exceptions' codes.

    A CDR that was held when a person excluded it stays held, and says so. What was found about
    accepted CDRs stands beside it.
    """
    seen: Counter[Case] = Counter()
    for row in equation(connection).senders:
        for outcome in ("accepted", "superseded", "duplicate"):
            if count := getattr(row, outcome):
                seen[row.topic, outcome, ""] += count
        # What is held or unreadable has a code each; what has none would stay under "".
        seen[row.topic, "held", ""] += row.held
        seen[row.topic, "unreadable", ""] += row.unreadable
    topics = {row.topic for row in equation(connection).senders}
    for waiting in exceptions(connection, with_resolved=True):
        # What no message brought, such as a stuck session, is no message's outcome.
        is_excluded = waiting.resolution == EXCLUDED
        if waiting.topic is not None and (waiting.resolved_at is None or is_excluded):
            outcome = "unreadable" if waiting.kind == "message" else "held"
            seen[waiting.topic, outcome, EXCLUDED if is_excluded else waiting.reason] += 1
            seen[waiting.topic, outcome, ""] -= 1
    for found in finding_counts(connection):
        seen[_topic_of("cdr", topics), FINDING, found.reason] = found.cdrs
    return +seen


def compared(connection: Connection, plan: MonthPlan, *, prefix: str) -> list[Compared]:
    """Compare, for every topic, outcome and code, what was expected with what was seen."""
    expected, seen = expected_of(plan, prefix), seen_in(connection)
    return [Compared(*case, expected[case], seen[case]) for case in sorted(expected | seen)]


def telling_cdr(connection: Connection, period: str) -> str | None:
    """Return a booked CDR with much to explain: one that was shared and crosses currencies.

    Where there is none, one that crosses currencies, else any; None in a period without CDRs. Of
    several the first by its key: in which order they were taken in plays no part.
    """
    booked = journal(connection, period=period)
    crosses = {row.cdr for row in booked if row.currency != row.book_currency}
    shared = {row.cdr for row in split_steps(connection, period=period, kind="step")}
    best = crosses & shared or crosses or {row.cdr for row in booked}
    return min((cdr for cdr in best if cdr is not None), default=None)


def _topic_of(kind: str, topics: Iterable[str]) -> str:
    """Return the topic that holds a kind of record: the newest of ours that was consumed."""
    return next(topic for topic in topics if topic.endswith(TOPIC_OF_KIND[kind]))
