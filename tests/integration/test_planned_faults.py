"""The demo's month against a real ledger: every message ends as its plan says."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import pytest

from console.demo.charge import key_of
from console.demo.control import expected_events, in_the_end, planned_standings
from console.demo.desk import Desk, act, with_rejects
from console.demo.faults import FAULTS
from console.demo.launching import open_launches
from console.demo.month import LATE_TARIFF, MonthPlan
from console.demo.people import AT_DECISION, AT_REVIEW
from console.demo.plan import Expectation, Planned
from console.demo.world import load_world, register_world
from ledger.application.closing import cut_off_period
from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.application.registration import advance_time
from ledger.application.watch import raise_overdue
from ledger.log import install, log_of, open_ledger
from ledger.roaming.cdr import Cdr
from schemas import CdrV1
from tests.worlds import ENOUGH_FOR_FAULTS, Feed, after, month_of, received

PERIOD = "ALL/2026-10"


class Ended(NamedTuple):
    """A planned message and what became of it at once; `code` where it was unreadable."""

    planned: Planned
    outcome: str
    code: str | None


class Played(NamedTuple):
    """A month with every fault, fed message by message to a ledger that knows the world."""

    plan: MonthPlan
    ledger: Ledger
    results: list[Ended]


@pytest.fixture(scope="module")
def played(new_database: Callable[[], str]) -> Played:
    """The month as the demo plays it, without Kafka and without read models."""
    database_url = new_database()
    install(database_url)
    ledger = open_ledger(database_url, subject_key=b"a key that protects nobody")
    world = load_world()
    plan = month_of(world, sessions=ENOUGH_FOR_FAULTS, has_faults=True)
    reviewed_at, closes_at = plan.context.reviewed_at, plan.closes_at
    register_world(ledger, world, at=plan.begins_at)
    open_launches(Desk(ledger, plan.begins_at), plan)
    advance_time(ledger, plan.context.ends_at.replace(day=15, month=10))
    feed = Feed(ledger)
    results = _fed(feed, plan.between(None, reviewed_at))
    raise_overdue(ledger, reviewed_at)
    act(Desk(ledger, reviewed_at), AT_REVIEW, plan.cases)
    results += _fed(feed, with_rejects(ledger, plan.between(reviewed_at, closes_at)))
    act(Desk(ledger, plan.decided_at), AT_DECISION, plan.cases)
    advance_time(ledger, closes_at)
    raise_overdue(ledger, closes_at)
    cut_off_period(ledger, PERIOD, by=By("finn", "asserted", closes_at))
    results += _fed(feed, plan.after_close)
    feed.settle(recorded_at=after(plan.messages))
    raise_overdue(ledger, after(plan.messages))
    return Played(plan, ledger, results)


def _fed(feed: Feed, messages: Sequence[Planned]) -> list[Ended]:
    """Hand messages over, one in a batch, at the times at which they were sent."""
    results = []
    for message, read in zip(messages, received(messages), strict=True):
        counted = feed.take([read], recorded_at=message.sent_at)
        (outcome,) = [name for name, count in counted.items() if count]
        feed.settle(recorded_at=message.sent_at)
        code = _newest_unreadable(feed.ledger, read.source.topic) if outcome == "unreadable" else ""
        results.append(Ended(message, outcome, code or None))
    return results


def _newest_unreadable(ledger: Ledger, topic: str) -> str:
    found = ledger.store.unreadable_messages(
        topic=topic, partition=None, offset=None, reason=None, limit=1000
    )
    return max(found, key=lambda row: row.offset).reason


def test_every_message_ends_as_planned(played: Played) -> None:
    seen = {row.planned.message_id: _in_the_end(played.ledger, row) for row in played.results}
    expected = {row.planned.message_id: _told(in_the_end(row.planned)) for row in played.results}
    assert {name: seen[name] for name in seen if seen[name] != expected[name]} == {}
    assert len(seen) >= len(played.plan.messages) - 2  # repeats have the number of the first


def _told(expect: Expectation) -> Expectation:
    """Return an expectation without findings where none is recorded: of what is not accepted."""
    return expect if expect.outcome == "accepted" else replace(expect, findings=())


def test_every_cdr_stands_in_its_period_as_planned(played: Played) -> None:
    planned = planned_standings(played.plan)
    assert set(planned.values()) == {"adjusted", "credited"}
    seen = {
        key_of(row.planned.value): _cdr(played.ledger, row.planned.value).standing
        for row in played.results
        if isinstance(row.planned.value, CdrV1)
        and in_the_end(row.planned).outcome == "accepted"
        and not row.planned.value.credit
    }
    assert {key: standing for key, standing in seen.items() if standing != "valid"} == planned


def test_control_records_what_it_has_to_and_nothing_else(played: Played) -> None:
    rows = log_of(played.ledger).connection.execute(
        "SELECT topic, count(*) FROM log.stored_event GROUP BY topic"
    )
    seen = Counter(dict(rows.fetchall()))
    expected = expected_events(played.plan)
    assert {topic: seen[topic] for topic in expected} == expected


def test_the_month_has_every_fault(played: Played) -> None:
    assert set(played.plan.cases) == {fault.name for fault in FAULTS}
    names = {row.planned.fault for row in played.results if row.planned.fault}
    changes_nothing = {"goodwill", "disputed_and_upheld", "disputed_and_dismissed"}
    leaves_something_out = {"lost_update", "session_never_ends", "session_without_cdr"}
    planned = {fault.name for fault in FAULTS} | {"late_tariff_version"}
    assert names == planned - changes_nothing - leaves_something_out


def test_cdrs_wait_for_a_tariff_version_that_arrives_late(played: Played) -> None:
    messages = [row.planned for row in played.results]
    late = next(row for row in messages if row.fault == "late_tariff_version")
    waited = [
        row
        for row in _cdrs_of(played.results, LATE_TARIFF[1])
        if row.planned.expect.outcome == "accepted"
        and row.planned.fault is None
        and row.planned.value.start_date_time >= late.value.start_date_time
        and row.planned.sent_at < late.sent_at
    ]
    assert waited
    assert {row.outcome for row in waited} == {"held"}


def _cdrs_of(results: Sequence[Ended], tariff_id: str) -> list[Ended]:
    return [
        row
        for row in results
        if isinstance(row.planned.value, CdrV1)
        and row.planned.value.charging_periods[0].tariff_id == tariff_id
    ]


def _in_the_end(ledger: Ledger, row: Ended) -> Expectation:
    """Return what a message's outcome is now: a CDR that was held may have been accepted."""
    cdr = row.planned.value
    if row.outcome not in ("held", "accepted") or not isinstance(cdr, CdrV1):
        return Expectation(row.outcome, row.code)
    found = _cdr(ledger, cdr)
    assert found.statement is not None
    if found.statement.last_updated > cdr.last_updated:
        return Expectation("superseded")  # another one was asked for, and took its place
    if found.statement.last_updated < cdr.last_updated:
        # Another message of this CDR was recorded first.
        return Expectation("held", "CDR_CONFLICT" if found.conflicting else None)
    if found.state == "excluded":
        return Expectation("held", "excluded")
    if found.decision is None:
        is_credit = found.state == "accepted" and found.statement.credit
        return (
            Expectation("accepted")
            if is_credit
            else Expectation("held", found.refusals[0].reason.value)
        )
    return Expectation(
        "accepted",
        is_late=found.decision.booking.late_of == PERIOD,
        findings=tuple(warning.reason.value for warning in found.decision.warnings),
    )


def _cdr(ledger: Ledger, cdr: CdrV1) -> Cdr:
    found = Cdr.blank(key_of(cdr))
    for stored in ledger.store.events_of([found.id]).get(found.id, ()):
        ledger.event_mapper.to_domain_event(stored).mutate(found)
    return found
