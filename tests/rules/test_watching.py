"""When a session is looked at, and what is raised then."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from ledger.roaming.session import Session
from ledger.roaming.terms import Sla, Terms
from ledger.roaming.watching import next_look
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from tests.ledger_cast import CPO
from tests.ledger_statements import october, session

HEARD_AT = october(10, 12)
TWO_AND_THREE = Terms(sla=Sla(delivery_h=3, stuck_h=2))
SYSTEM = Provenance("clearwatt", "system", HEARD_AT, HEARD_AT)


@pytest.mark.parametrize(
    ("status", "kwh", "terms", "look_at"),
    [
        ("ACTIVE", "10", Terms(), october(11, 0)),       # 12 hours after the last news
        ("PENDING", "0", Terms(), october(11, 0)),
        ("RESERVATION", "0", Terms(), october(11, 0)),
        ("ACTIVE", "10", TWO_AND_THREE, october(10, 14)),
        ("COMPLETED", "10", Terms(), october(11, 11)),   # 24 hours after its end at 11
        ("COMPLETED", "0.001", TWO_AND_THREE, october(10, 14)),
        ("COMPLETED", "0", Terms(), None),               # nothing to bill
        ("INVALID", "10", Terms(), None),
        ("ACTIVE", "10", Terms(sla=Sla(stuck_h=10**9)), None),   # no calendar has it any more
        ("COMPLETED", "10", Terms(sla=Sla(delivery_h=10**12)), None),
    ],
)  # fmt: skip
def test_a_session_is_looked_at_when_news_or_its_cdr_are_overdue(status, kwh, terms, look_at):
    told = session("S1", status=status, kwh=kwh).statement
    assert next_look(told, HEARD_AT, terms) == look_at


def test_a_completed_session_without_an_end_ended_when_that_was_said():
    told = replace(session("S1").statement, end_date_time=None, last_updated=october(10, 13))
    assert next_look(told, HEARD_AT, Terms()) == october(11, 13)


def heard(status: str, kwh: str = "10") -> Session:
    """Return a session with one update, received at noon."""
    known = Session.blank(f"{CPO}/s1")
    known.update(
        session("S1", status=status, kwh=kwh).statement,
        content_sha256="0" * 64,
        provenance=Provenance(CPO, "message", HEARD_AT, HEARD_AT),
    )
    return known


def looked(known: Session, now: datetime, *, has_cdr: bool = False, terms: Terms = Terms()):  # noqa: B008
    """Return when the session is looked at next, and what was raised."""
    before = len(known.pending_events)
    look_at = known.look(now, terms, has_cdr=has_cdr, provenance=SYSTEM)
    return look_at, [event.TOPIC for event in known.pending_events[before:]]


BLINK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("status", "kwh", "now", "has_cdr", "look_at", "raised"),
    [
        ("ACTIVE", "10", october(11, 0) - BLINK, False, october(11, 0), []),
        ("ACTIVE", "10", october(11, 0), False, None, ["session.stuck.v1"]),
        ("ACTIVE", "10", october(11, 0), True, None, ["session.stuck.v1"]),
        ("COMPLETED", "10", october(11, 11) - BLINK, False, october(11, 11), []),
        ("COMPLETED", "10", october(11, 11), False, None, ["session.unbilled.v1"]),
        ("COMPLETED", "10", october(11, 11), True, october(12, 11), []),   # its CDR is held
        ("COMPLETED", "0", october(20), False, None, []),
        ("INVALID", "10", october(20), False, None, []),
    ],
)  # fmt: skip
def test_what_is_overdue_is_raised_at_its_instant_and_not_before(
    status, kwh, now, has_cdr, look_at, raised
):
    with recording_at(HEARD_AT):
        assert looked(heard(status, kwh), now, has_cdr=has_cdr) == (look_at, raised)


def test_what_is_raised_says_since_when_and_by_which_limit():
    with recording_at(HEARD_AT):
        stuck, unbilled = heard("ACTIVE"), heard("COMPLETED", "7.5")
        looked(stuck, october(20), terms=TWO_AND_THREE)
        looked(unbilled, october(20), terms=TWO_AND_THREE)
    event = stuck.pending_events[-1]
    assert (event.session, event.since, event.limit_h) == ("NL*XYZ/s1", HEARD_AT, 2)
    event = unbilled.pending_events[-1]
    assert (event.ended_at, event.limit_h, str(event.kwh)) == (october(10, 11), 3, "7.5")
