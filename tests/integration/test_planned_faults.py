"""The demo's month against a real ledger: every message ends as its plan says."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

import pytest

from console.demo.faults import FAULTS, FINDINGS
from console.demo.malformed import MALFORMED
from console.demo.month import LATE_TARIFF
from console.demo.plan import Expectation, Planned
from console.demo.world import load_world, register_world
from ledger.application.closing import cut_off_period
from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.application.registration import advance_time
from ledger.log import install, open_ledger
from ledger.roaming.cdr import Cdr
from ledger.values.identifiers import record_key
from schemas import CdrV1
from tests.worlds import ENOUGH_FOR_FAULTS, Feed, after, month_of, received

PERIOD = "ALL/2026-10"


class Ended(NamedTuple):
    """A planned message and what became of it at once; `code` where it was unreadable."""

    planned: Planned
    outcome: str
    code: str | None


@pytest.fixture(scope="module")
def ended(new_database: Callable[[], str]) -> tuple[Ledger, list[Ended]]:
    """A month with every fault, fed message by message to a ledger that knows the world."""
    database_url = new_database()
    install(database_url)
    ledger = open_ledger(database_url, subject_key=b"a key that protects nobody")
    world = load_world()
    plan = month_of(world, sessions=ENOUGH_FOR_FAULTS, has_faults=True)
    register_world(ledger, world, at=plan.begins_at)
    advance_time(ledger, plan.closes_at - timedelta(days=20))
    feed = Feed(ledger)
    results = []
    for message, read in zip(plan.messages, received(plan.messages), strict=True):
        if message == plan.after_close[0]:
            cut_off_period(ledger, PERIOD, by=By("finn", "asserted", plan.closes_at))
        counted = feed.take([read], recorded_at=message.sent_at)
        (outcome,) = [name for name, count in counted.items() if count]
        feed.settle(recorded_at=message.sent_at)
        code = None
        if outcome == "unreadable":
            code = _newest_unreadable(ledger, read.source.topic, read.source.offset)
        results.append(Ended(message, outcome, code))
    feed.settle(recorded_at=after(plan.messages))
    return ledger, results


def _newest_unreadable(ledger: Ledger, topic: str, offset: int) -> str:
    (row,) = ledger.store.unreadable_messages(
        topic=topic, partition=0, offset=offset, reason=None, limit=1
    )
    return row.reason


def test_every_message_ends_as_planned(ended: tuple[Ledger, list[Ended]]) -> None:
    ledger, results = ended
    seen = {str(row.planned.message_id): _in_the_end(ledger, row) for row in results}
    assert seen == {row.planned.message_id: row.planned.expect for row in results}


def test_the_month_has_every_fault(ended: tuple[Ledger, list[Ended]]) -> None:
    _, results = ended
    names = {row.planned.fault for row in results if row.planned.fault}
    planned = {fault.name for fault in (*FAULTS, *MALFORMED, *FINDINGS)}
    assert names == planned | {"late_tariff_version"}


def test_cdrs_wait_for_a_tariff_version_that_arrives_late(
    ended: tuple[Ledger, list[Ended]],
) -> None:
    _, results = ended
    late = next(row.planned for row in results if row.planned.fault == "late_tariff_version")
    waited = [
        row
        for row in _cdrs_of(results, LATE_TARIFF[1])
        if row.planned.expect.outcome == "accepted"
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
    found = Cdr.blank(record_key(f"{cdr.country_code}*{cdr.party_id}", cdr.id))
    for stored in ledger.store.events_of([found.id]).get(found.id, ()):
        ledger.event_mapper.to_domain_event(stored).mutate(found)
    if found.statement is not None and found.statement.last_updated != cdr.last_updated:
        # Another message of this CDR was recorded first.
        return Expectation("held", "CDR_CONFLICT" if found.conflicting else None)
    if found.decision is None:
        return Expectation("held", found.refusals[0].reason.value)
    return Expectation(
        "accepted",
        is_late=found.decision.booking.late_of == PERIOD,
        findings=tuple(warning.reason.value for warning in found.decision.warnings),
    )
