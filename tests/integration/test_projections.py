"""What exceptions, receipts and the audit trail show of the events they follow."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from projection_events import (
    CDRS,
    CPO,
    EMSP,
    HOST,
    HUB,
    SESSIONS,
    START,
    accept,
    booking,
    cdr_of,
    cdr_statement,
    command,
    consumed,
    decision,
    hold,
    provenance,
    redecide,
    session_statement,
)
from projection_log import World

from ledger.application.intake import Intake, Replay, SenderCount, UnreadableMark
from ledger.roaming.session import Session
from ledger.values.reasons import Reason, Refusal
from projections.queries.audit import audit_trail
from projections.queries.exception import exception, exception_counts, exceptions
from projections.queries.period import (
    held_cdrs,
    party_positions,
    period_cdrs,
)
from projections.queries.position import positions
from projections.queries.receipt import explain
from projections.read_models import NAMES
from projections.rebuild import verify

OCTOBER, NOVEMBER = "ALL/2026-10", "ALL/2026-11"


@pytest.fixture
def world(database_url):
    return World(database_url)


def amounts(found):
    return [(row.party, row.currency, str(row.net_position)) for row in found]


OCTOBER_POSITIONS = [
    (EMSP, "EUR", "-12.1000"),
    (HOST, "EUR", "1.5000"),
    (HUB, "EUR", "0.1000"),
    (CPO, "EUR", "10.5000"),
]


def test_an_exception_is_opened_changed_resolved_and_opened_anew(world):
    cdr = cdr_of(1)
    with world.at():
        world.record(hold(cdr, 1))
    (opened,) = world.ask(exceptions)
    assert (opened.kind, opened.record, opened.reason) == ("cdr", cdr.key, "SESSION_MISSING")
    assert (str(opened.stated_net), opened.currency) == ("10.00", "EUR")
    assert (opened.topic, opened.partition, opened.message_offset) == (CDRS, 0, 1)
    assert (opened.sender, opened.party) == (CPO, CPO)
    with world.at():
        wrong = Refusal(Reason.CDR_TOTAL_COST_DIFFERS, "total_cost", "10.00", "11.00")
        tariff = Refusal(Reason.TARIFF_MISSING, "tariffs")
        world.record(hold(cdr, 1, wrong, tariff))
    (changed,) = world.ask(exceptions)
    assert (changed.id, changed.opened_at) == (opened.id, opened.opened_at)
    assert changed.refusals == [wrong, tariff]
    assert (changed.reason, changed.expected, changed.actual) == (
        "CDR_TOTAL_COST_DIFFERS",
        "10.00",
        "11.00",
    )
    with world.at():
        position = world.record(accept(cdr, 1))
    assert world.ask(exceptions) == []
    (resolved,) = world.ask(exceptions, with_resolved=True)
    assert (resolved.resolved_by, resolved.resolution) == (position, "accepted")
    (then,) = world.ask(exceptions, known_at=START + timedelta(minutes=1))
    assert (then.id, then.reason, then.resolved_at) == (opened.id, "SESSION_MISSING", None)
    (later,) = world.ask(exceptions, known_at=START + timedelta(minutes=2))
    assert (later.refusals, later.state) == ([wrong, tariff], "open")
    assert world.ask(exceptions, known_at=START + timedelta(minutes=3)) == []
    with world.at():
        world.record(redecide(cdr, None))
    (anew,) = world.ask(exceptions)
    assert (anew.reason, anew.message_offset) == ("TARIFF_MISSING", 1)
    assert world.ask(exception, resolved.position) == resolved
    assert [(row.reason, row.open) for row in world.ask(exception_counts)] == [
        ("TARIFF_MISSING", 1)
    ]


def test_conflicts_and_unreadable_messages_are_exceptions_of_their_own(world):
    session = Session.blank("NL*XYZ/s-1")
    cdr = cdr_of(1)
    intake = Intake.blank(f"{CDRS}[0]")
    mark = UnreadableMark(7, CPO, "CORRUPT_AVRO", "ab" * 32, START, "total_cost", "11 bytes left")
    replay = Replay.blank(f"{CDRS}[0]@7")
    with world.at():
        told = provenance(1, topic=SESSIONS)
        session.update(session_statement(1), content_sha256="a", provenance=told)
        session.update(session_statement(1), content_sha256="b", provenance=told)
        accept(cdr, 1)
        cdr.hold_conflict(cdr_statement(2), content_sha256="c", provenance=provenance(2))
        counts = [SenderCount(CPO, accepted=1, held=1, unreadable=1)]
        consumed(intake, since=5, received=3, counts=counts, unreadable=[mark])
        world.record(session, cdr, intake)
    found = {row.reason: row for row in world.ask(exceptions)}
    assert set(found) == {"SESSION_CONFLICT", "CDR_CONFLICT", "CORRUPT_AVRO"}
    unreadable = found["CORRUPT_AVRO"]
    assert (unreadable.kind, unreadable.path, unreadable.actual) == (
        "message",
        "total_cost",
        "11 bytes left",
    )
    for outcome in ("unreadable", "duplicate"):
        with world.at():
            fed = {"topic": CDRS, "partition": 0, "offset": 7, "sender": CPO}
            reason = "MISSING_FIELD" if outcome == "unreadable" else ""
            replay.feed_again(**fed, outcome=outcome, reason=reason, provenance=command())
            world.record(replay)
        row = next(r for r in world.ask(exceptions, with_resolved=True) if r.kind == "message")
        assert row.resolution == (None if outcome == "unreadable" else "duplicate")
        assert row.reason == "MISSING_FIELD"


def test_explaining_a_cdr_leads_back_to_session_message_and_events(world):
    session, cdr = Session.blank("NL*XYZ/s-1"), cdr_of(1)
    with world.at():
        told = provenance(1, topic=SESSIONS)
        session.update(session_statement(1), content_sha256="a", provenance=told)
        world.record(session, hold(cdr, 1))
    with world.at():
        world.record(accept(cdr, 1, because="session:NL*XYZ/s-1"))
    found = world.ask(explain, cdr.key)
    assert (found.state, found.meter_readings_wh) == ("accepted", ("100000", "120000"))
    assert found.session["statement"]["kwh"] == "20.000"
    assert found.session["position"] == 5
    assert [step.because for step in found.steps] == ["SESSION_MISSING", "session:NL*XYZ/s-1"]
    assert found.decision["legs"][0]["lines"][0]["unit_price"] == "0.50"
    assert len(found.entries) == 6
    assert [(row.topic, row.source_topic, row.source_offset) for row in found.trail] == [
        ("cdr.held.v1", CDRS, 1),
        ("cdr.accepted.v1", CDRS, 1),
    ]
    assert world.ask(explain, cdr.key, known_at=START + timedelta(minutes=1)).decision is None
    assert world.ask(explain, "NL*XYZ/unheard-of") is None


def test_the_audit_trail_finds_an_event_by_object_actor_and_message(world):
    with world.at():
        world.record(accept(cdr_of(1), 1))
    (row,) = world.ask(audit_trail, source_topic=CDRS, source_partition=0, source_offset=1)
    assert (row.subject, row.actor, row.proof, row.message_id) == (
        "NL*XYZ/cdr-1",
        CPO,
        "message",
        "m-1",
    )
    assert (row.occurred_at, row.recorded_at) == (START + timedelta(seconds=1), world.now)
    assert len(world.ask(audit_trail, actor="anna", kind="party")) == 4
    assert len(world.ask(audit_trail)) == world.log.position


@pytest.mark.parametrize("page_size", [1, 2, 1000])
def test_the_size_of_the_pages_changes_nothing(database_url, page_size):
    world = World(database_url, page_size=page_size)
    first, second = cdr_of(1), cdr_of(2)
    with world.at():
        hold(first, 1)
        hold(first, 1, Refusal(Reason.TARIFF_MISSING, "tariffs"))
        accept(first, 1)
        redecide(first, None)
    with world.at():
        hold(first, 1, Refusal(Reason.AGREEMENT_MISSING, "agreement"))
        accept(first, 1)
        back = booking("2026-11", date(2026, 11, 1), OCTOBER)
        late = decision(1, net="3.0000", posted_month="2026-11", late_of=OCTOBER)
        redecide(first, late, back)
        accept(second, 2)
        redecide(second, decision(2, net="7.0000"))
        world.record(first, second)
    for other_size in (1, 3, 1000):
        assert all(result.is_same for result in verify(database_url, page_size=other_size))
    assert [row.standing for row in world.ask(period_cdrs, OCTOBER)] == ["adjusted", "valid"]
    assert world.ask(held_cdrs) == []
    assert sum(row.net_position for row in world.ask(party_positions, NOVEMBER)) == Decimal(0)
    assert {row.name for row in world.ask(positions)} == set(NAMES)
