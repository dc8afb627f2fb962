"""The clock raises sessions that are stuck or unbilled, once, until there is news of them."""

from datetime import timedelta

import pytest

from ledger.application.control import exclude_cdrs
from ledger.roaming.terms import Sla, Terms
from tests.ledger_cast import AGREEMENTS, BY_FINANCE, CAST, CPO, EMSP, agreement
from tests.ledger_statements import cdr, location, october, session, tariff
from tests.ledger_world import World
from tests.numbered_world import Line, numbered

PER_KWH = tariff(("ENERGY", "0.50", 1))
BLINK = timedelta(microseconds=1)
TOPICS = ("session.stuck.v1", "session.unbilled.v1")


@pytest.fixture
def line(database_url):
    return Line(World(database_url, *CAST, *AGREEMENTS))


def started(id: str = "S1", **more):
    """Return the first update of a session, received when it is said."""
    return numbered(session(id, status="ACTIVE", updated=october(10, 10, 5), **more), None,
                    at=october(10, 10, 5))  # fmt: skip


def ended(id: str = "S1", **more):
    """Return the last update of a session, that ended at 11."""
    return numbered(session(id, **more), None, at=october(10, 11))


def test_a_session_without_news_is_stuck_once_and_again_after_news_and_silence(line):
    line.take(started())
    at = october(10, 22, 5)
    assert line.look(at - BLINK) == {}
    assert line.look(at) == {"stuck": 1}
    assert line.look(at) == line.look(october(30)) == {}
    news = session("S1", status="ACTIVE", kwh="4", updated=october(12))
    line.take(numbered(news, None, at=october(12)))
    assert line.look(october(12, 21)) == {}
    assert line.look(october(12, 22)) == {"stuck": 1}
    assert [event.since for event in line.told(*TOPICS)] == [october(10, 10, 5), october(12)]


def test_the_limits_are_those_of_the_agreement_at_the_sessions_start(database_url):
    strict = Terms(sla=Sla(delivery_h=2, stuck_h=1))
    line = Line(World(database_url, *CAST, agreement(CPO, EMSP, strict)))
    line.take(started("S1"), ended("S2"), started("S3", by="FR*MOB"), ended("S4", by="FR*MOB"))
    assert line.look(october(10, 13)) == {"stuck": 1, "unbilled": 1}
    assert line.look(october(11, 11)) == {"stuck": 1, "unbilled": 1}, "no agreement: the defaults"
    assert sorted((event.session, event.limit_h) for event in line.told(*TOPICS)) == [
        ("NL*XYZ/s1", 1), ("NL*XYZ/s2", 2), ("NL*XYZ/s3", 12), ("NL*XYZ/s4", 24)
    ]  # fmt: skip


def test_terms_that_changed_meanwhile_count_at_the_next_look(line):
    line.take(started())
    slow = Terms(sla=Sla(stuck_h=48))
    line.world.learn(agreement(CPO, EMSP, slow, valid_from=october(10), correction="slow cars"))
    assert line.look(october(10, 23)) == {}
    assert line.look(october(12, 10)) == {}
    assert line.look(october(12, 10, 5)) == {"stuck": 1}


def test_a_completed_session_with_energy_and_no_cdr_is_unbilled(line):
    line.take(ended("S1"), ended("S2", kwh="0"), ended("S3", status="INVALID"))
    assert line.look(october(11, 11) - BLINK) == {}
    assert line.look(october(11, 11)) == {"unbilled": 1}
    (event,) = line.told(*TOPICS)
    assert (event.session, event.ended_at, str(event.kwh)) == ("NL*XYZ/s1", october(10, 11), "10")
    assert event.provenance.actor == "clearwatt"


def test_a_session_whose_cdr_came_is_never_raised(line):
    line.take(numbered(PER_KWH, None), numbered(location("LOC1", "Europe/Amsterdam"), None))
    line.take(ended("S1"))
    line.take(numbered(cdr("S1", "5.00"), None))
    line.world.settle()
    assert line.world.cdr("S1").state == "accepted"
    assert line.look(october(30)) == {}


def test_a_session_whose_cdr_is_held_is_delivered_and_looked_at_again(line):
    line.take(ended("S1"), numbered(cdr("S1", "5.00"), None))  # the tariff is missing
    assert line.world.cdr("S1").state == "held"
    assert line.look(october(11, 11)) == {}
    assert line.look(october(12, 10)) == {}
    excluded = exclude_cdrs(line.ledger, [f"{CPO}/s1"], reason="a test charge", by=BY_FINANCE)
    assert excluded[0].outcome == "done"
    assert line.look(october(12, 11)) == {"unbilled": 1}


def test_an_update_that_is_no_news_takes_nothing_back(line):
    line.take(ended("S1"))
    assert line.look(october(11, 11)) == {"unbilled": 1}
    assert line.take(ended("S1"), started("S1")) == {"duplicate": 1, "superseded": 1}
    assert line.look(october(20)) == {}


@pytest.mark.parametrize("limit", [1, 3, 500])
def test_many_are_raised_in_pages_and_each_once(line, limit):
    line.take(*(started(f"A{number}") for number in range(7)),
              *(ended(f"C{number}") for number in range(4)))  # fmt: skip
    progress = []
    assert line.look(october(12), limit=limit, progress=progress.append) == {
        "stuck": 7, "unbilled": 4
    }  # fmt: skip
    assert progress[-1] == 11
    assert len(progress) == -(-11 // limit)
    assert line.look(october(12), limit=limit) == {}


def test_what_was_interrupted_goes_on_where_it_was(line):
    line.take(*(started(f"A{number}") for number in range(5)))

    class Stopped(Exception):
        pass

    def stop(looked_at):
        raise Stopped

    with pytest.raises(Stopped):
        line.look(october(12), limit=2, progress=stop)
    assert len(line.told(*TOPICS)) == 2
    assert line.look(october(12), limit=2) == {"stuck": 3}
    assert len({event.session for event in line.told(*TOPICS)}) == 5
