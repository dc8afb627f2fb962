"""Senders that number their messages: repeats, altered repeats, gaps, and totals of a day."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from ledger.application import sender_watch
from ledger.application.commands import By
from ledger.application.registration import register_actor
from ledger.application.sender_watch import reset_sequence
from ledger.values.reasons import Refused
from tests.ledger_cast import AGREEMENTS, BY_ADMIN, BY_FINANCE, CAST, CPO, RECORDED_AT
from tests.ledger_statements import cdr, october, session
from tests.ledger_world import World
from tests.numbered_world import NOON, Line, minutes, numbered, totals

OLGA = By("olga", "asserted", RECORDED_AT)
GAPS = ("sender.gap_found.v1", "sender.gap_filled.v1")
TOTALS = ("control_totals.matched.v1", "control_totals.differ.v1")


@pytest.fixture
def line(database_url):
    made = Line(World(database_url, *CAST, *AGREEMENTS))
    register_actor(made.ledger, "olga", ("operations",), by=BY_ADMIN)
    return made


def sent(number: int, *, at=NOON, name: str | None = None, **more):
    """Return a numbered CDR; each number has a CDR of its own unless named."""
    return numbered(cdr(name or f"C{number}", "5.00"), number, at=at, **more)


def missing(line: Line) -> list[str]:
    """Return what was said about gaps, in order."""
    return [
        " ".join([event.TOPIC.split(".")[1], *(f"{run.first}-{run.last}" for run in runs)])
        for event in line.told(*GAPS)
        for runs in [getattr(event, "missing", None) or event.filled]
    ]


def test_an_identical_repeat_is_a_duplicate_and_counts_once(line):
    assert line.take(sent(1)) == {"held": 1}
    assert line.take(sent(1, at=NOON + minutes(3))) == {"duplicate": 1}
    assert line.world.rows("SELECT messages FROM log.sender_day") == [(1,)]
    assert line.look(october(20)) == {}


def test_an_altered_repeat_is_refused_kept_and_changes_nothing(line):
    line.take(sent(1))
    before = line.world.decided_state()
    assert line.take(sent(1, name="C9")) == {"unreadable": 1}
    assert line.take(sent(2), sent(2, name="C9")) == {"held": 1, "unreadable": 1}, "in one batch"
    kept = line.ledger.store.unreadable_messages()
    assert [(row.reason, row.path, row.detail) for row in kept] == [
        ("SEQUENCE_ALTERED", "cw-sequence", "1"),
        ("SEQUENCE_ALTERED", "cw-sequence", "2"),
    ]
    assert all(b"C9" in row.value for row in kept)
    assert line.world.cdr("C9").is_new
    assert set(line.world.decided_state()["cdrs"]) == {*before["cdrs"], f"{CPO}/c2"}


def test_a_number_that_another_consumer_records_meanwhile_is_known_at_the_second_try(
    line, monkeypatch
):
    other, asked = Line(line.world, partition=1), []
    ask = line.ledger.store.numbers_known

    def and_meanwhile(numbers):
        known = ask(numbers)
        if not asked:
            assert other.take(sent(7)) == {"held": 1}
        asked.append(known)
        return known

    monkeypatch.setattr(line.ledger.store, "numbers_known", and_meanwhile)
    assert line.take(sent(7, name="C8"), sent(8)) == {"unreadable": 1, "held": 1}
    assert [len(known) for known in asked] == [0, 1]
    assert line.world.rows("SELECT number FROM log.sequence ORDER BY 1") == [(7,), (8,)]
    other.close()


def test_senders_and_topics_count_apart(line):
    other = numbered(cdr("C1", "5.00", of="CH*ALP", currency="CHF"), 1, sender="CH*ALP")
    told = numbered(session("C1"), 1)
    assert line.take(sent(1), other, told) == {"held": 2, "accepted": 1}


def test_a_number_that_is_missing_for_a_quarter_of_an_hour_is_a_gap_until_it_comes(line):
    line.take(sent(1), sent(2))
    line.take(sent(5, at=NOON + minutes(1)), sent(6, at=NOON + minutes(2)))
    assert line.look(NOON + minutes(15)) == {}
    assert line.look(NOON + minutes(16)) == {"gaps_found": 1}
    assert line.look(october(11)) == {}
    line.take(sent(4, at=october(11)))
    assert line.look(october(11)) == {"gaps_filled": 1}
    line.take(sent(3, at=october(12)), sent(9, at=october(12)))
    assert line.look(october(12)) == {"gaps_filled": 1}
    assert line.look(october(13)) == {"gaps_found": 1}
    assert missing(line) == ["gap_found 3-4", "gap_filled 4-4", "gap_filled 3-3", "gap_found 7-8"]
    found = line.told("sender.gap_found.v1")[0]
    assert (found.sender, found.topic) == (CPO, "cdrs.v1")
    assert found.missing[0].since == NOON + minutes(1)


def test_what_comes_within_the_quarter_of_an_hour_was_never_missing(line):
    line.take(sent(2))
    line.take(sent(1, at=NOON + minutes(14)))
    assert line.look(october(11)) == {}


def test_an_unreadable_message_is_not_missing(line):
    torn = numbered(cdr("C1", "5.00"), 1, sender="FR*MOB")  # not entitled to speak for the CPO
    assert line.take(torn) == {"unreadable": 1}
    assert line.look(october(11)) == {}


def test_many_gaps_are_told_in_pages(line):
    line.take(*(sent(2 * number) for number in range(1, 8)))
    assert line.look(october(11), limit=3) == {"gaps_found": 7}
    assert [len(event.missing) for event in line.told("sender.gap_found.v1")] == [3, 3, 1]
    line.take(*(sent(2 * number - 1) for number in range(1, 8)))
    assert line.look(october(11), limit=3) == {"gaps_filled": 7}


def test_a_sender_that_does_not_count_without_gaps_is_told_so_only_so_often(line, monkeypatch):
    monkeypatch.setattr(sender_watch, "MOST_GAPS", 3)
    line.take(*(sent(2 * number) for number in range(1, 8)))
    assert line.look(october(11), limit=2) == {"gaps_found": 3}
    assert line.look(october(12)) == {}
    line.take(sent(1), sent(3))
    assert line.look(october(13)) == {"gaps_found": 2, "gaps_filled": 2}
    reset_sequence(
        line.ledger, CPO, "cdrs", from_number=14, is_restart=False, reason="even only", by=OLGA
    )
    line.take(sent(15))
    assert line.look(october(14)) == {}


def test_a_sender_that_counts_anew_is_refused_until_a_person_says_so(line):
    line.take(sent(1), sent(2), sent(4))
    assert line.look(october(11)) == {"gaps_found": 1}
    anew = sent(1, name="N1")
    assert line.take(anew) == {"unreadable": 1}
    (kept,) = line.ledger.store.unreadable_messages()
    reset_sequence(
        line.ledger, CPO, "clearwatt.cdrs.v1", is_restart=True, reason="new machine", by=OLGA
    )
    received = numbered(cdr("N1", "5.00"), 1)
    source = replace(received.source, partition=kept.partition, offset=kept.offset)
    again = replace(received, source=source)
    assert line.ledger.replay(again, by=BY_FINANCE) == "held"
    assert line.take(sent(2, name="N2")) == {"held": 1}
    assert line.look(october(20)) == {}
    assert line.ledger.store.unreadable_messages() == []


def test_numbers_that_will_never_come_can_be_let_go(line):
    line.take(sent(5), sent(6))
    assert line.look(october(11)) == {"gaps_found": 1}
    reset_sequence(
        line.ledger, CPO, "cdrs.v1", from_number=5, is_restart=False, reason="began at 5", by=OLGA
    )
    line.take(sent(7))
    assert line.look(october(12)) == {}
    assert line.take(sent(6, name="C9")) == {"unreadable": 1}, "what is known stays known"
    assert line.told("sender.sequence_reset.v1")[0].reason == "began at 5"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"by": BY_FINANCE}, "ROLE_MISSING"),
        ({"by": By("nobody", "asserted", RECORDED_AT)}, "ACTOR_UNKNOWN"),
        ({"reason": ""}, "REASON_MISSING"),
        ({"from_number": 0}, "INVALID_DOCUMENT"),
        ({"topic": "invoices.v1"}, "NOT_FOUND"),
        ({"sender": "nobody"}, "WRONG_IDENTIFIER"),
    ],
)
def test_a_reset_that_is_not_allowed_changes_nothing(line, change, code):
    line.take(sent(1))
    asked = {"sender": CPO, "topic": "cdrs.v1", "is_restart": True, "reason": "why", "by": OLGA}
    with pytest.raises(Refused, match=code):
        reset_sequence(line.ledger, **(asked | change))
    assert line.told("sender.sequence_reset.v1") == []
    assert line.world.rows("SELECT number FROM log.sequence") == [(1,)]


def test_totals_that_agree_are_matched_at_once(line):
    line.take(sent(1), sent(2))
    line.take(numbered(totals(2, kwh="20", euro="10.00", first_sequence=1, last_sequence=2), 1))
    assert line.look(NOON) == {"totals_matched": 1}
    assert line.look(october(20)) == {}
    (event,) = line.told(*TOTALS)
    assert (event.totals, event.received.messages) == ("NL*XYZ/cdrs.v1/2026-10-10", 2)


def test_totals_that_differ_wait_for_what_is_under_way(line):
    line.take(sent(1), numbered(totals(2, euro="10.00"), 1))
    assert line.look(NOON) == line.look(NOON + minutes(14)) == {}
    assert line.look(NOON + minutes(15)) == {"totals_differ": 1}
    assert line.look(NOON + minutes(300)) == {}
    line.take(sent(2, at=NOON + minutes(400), sent_at=NOON))
    assert line.look(NOON + minutes(415)) == {"totals_matched": 1}
    differ = line.told("control_totals.differ.v1")[0]
    assert [(row.figure, row.stated, row.received) for row in differ.differences] == [
        ("messages", 2, 1), ("amounts.EUR", 10, 5)
    ]  # fmt: skip


def test_totals_that_agreed_differ_when_more_arrives_and_nobody_looks_after_three_days(line):
    line.take(sent(1), numbered(totals(1), 1))
    assert line.look(NOON) == {"totals_matched": 1}
    line.take(sent(2, at=NOON + minutes(60), sent_at=NOON))
    assert line.look(NOON + minutes(75)) == {"totals_differ": 1}
    assert line.look(NOON + timedelta(days=3)) == {}
    line.take(sent(3, at=NOON + timedelta(days=4), sent_at=NOON))
    assert line.look(october(30)) == {}


def test_later_totals_of_the_same_day_supersede(line):
    first, later = totals(9), totals(1, updated=NOON + minutes(30))
    assert line.take(numbered(first, 1), sent(1)) == {"accepted": 1, "held": 1}
    assert line.take(numbered(later, 2, at=NOON + minutes(30))) == {"accepted": 1}
    assert line.take(numbered(first, 1), numbered(totals(8), 3)) == {"superseded": 2}
    assert line.take(numbered(totals(7, updated=NOON + minutes(30)), 4)) == {"held": 1}
    assert line.look(NOON + minutes(31)) == {"totals_matched": 1}


def test_totals_of_a_day_of_which_nothing_came_differ(line):
    line.take(numbered(totals(3), 1))
    assert line.look(NOON + minutes(15)) == {"totals_differ": 1}
    assert line.look(october(20)) == {}
