"""Numbers of a sender's messages, and the sums of its day."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.application.numbering import Numbering, number_of
from ledger.application.sender_rows import Number, SenderDay, SenderWrites
from ledger.roaming.control_statements import ControlTotalsStatement, StatedAmount
from ledger.roaming.control_totals import Difference, ReceivedTotals, differences_between
from ledger.roaming.sender import Gap, SenderNumbering
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance, Source
from ledger.values.reasons import Refused
from tests.ledger_cast import CPO, RECORDED_AT
from tests.ledger_statements import cdr, october, session
from tests.numbered_world import NOON, numbered

SYSTEM = Provenance("clearwatt", "system", RECORDED_AT, RECORDED_AT)
C1, C2 = cdr("C1", "5.00"), cdr("C2", "4.00", kwh="8")
FIRST, AGAIN, PLAIN = numbered(C1, 1), numbered(C1, 2), numbered(C1, None)


@pytest.mark.parametrize(
    ("topic", "sender", "sequence", "number"),
    [
        ("clearwatt.cdrs.v1", CPO, 12, Number(CPO, "cdrs.v1", 12)),
        ("test-1.sessions.v1", CPO, 1, Number(CPO, "sessions.v1", 1)),
        ("cw_cdrs.v1", CPO, 1, Number(CPO, "cdrs.v1", 1)),
        ("clearwatt.cdrs.v1", CPO, None, None),
        ("clearwatt.cdrs.v1", "UNKNOWN", 12, None),   # nobody signed it
    ],
)  # fmt: skip
def test_a_number_belongs_to_a_party_and_a_topic_whatever_the_prefix(
    topic, sender, sequence, number
):
    assert number_of(Source(topic, 0, 0, sender, sequence=sequence)) == number


def counted(*messages, known=None):
    """Count (message, outcome) pairs; return the refusals and what is written."""
    writes = SenderWrites()
    numbering = Numbering(known or {}, writes)
    refusals = []
    for message, outcome in messages:
        refusal = numbering.refusal_of(message)
        refusals.append(refusal.reason.value if refusal else None)
        numbering.count(message, "unreadable" if refusal else outcome)
    return refusals, writes


def test_a_repeat_goes_its_way_and_an_altered_one_is_refused():
    refusals, writes = counted(
        (numbered(C1, 1), "accepted"),
        (numbered(C1, 1), "duplicate"),
        (numbered(C2, 1), "accepted"),
        (numbered(C2, 2), "accepted"),
    )
    assert refusals == [None, None, "SEQUENCE_ALTERED", None]
    assert [row.number for row in writes.numbered] == [1, 2]


@pytest.mark.parametrize(
    ("messages", "summed"),
    [
        # numbered: once a number, whatever became of it
        ([(FIRST, "accepted"), (FIRST, "duplicate")], (1, "10", {"EUR": "5.00"}, 1, 1)),
        ([(FIRST, "accepted"), (AGAIN, "duplicate")], (2, "20", {"EUR": "10.00"}, 1, 2)),
        ([(FIRST, "held"), (numbered(C2, 1), "-")], (1, "10", {"EUR": "5.00"}, 1, 1)),
        ([(FIRST, "unreadable")], (1, "0", {}, 1, 1)),   # what it says cannot be read
        # not numbered: once a content
        ([(PLAIN, "accepted"), (PLAIN, "duplicate")], (1, "10", {"EUR": "5.00"}, None, None)),
        ([(numbered(session("S1", kwh="3"), None), "superseded")], (1, "3", {}, None, None)),
    ],
)  # fmt: skip
def test_a_message_counts_once_in_its_senders_day(messages, summed):
    _, writes = counted(*messages)
    (total,) = writes.days.values()
    found = {currency: str(amount) for currency, amount in total.amounts.items()}
    assert (
        total.messages, str(total.energy_kwh), found, total.first_number, total.last_number
    ) == summed  # fmt: skip


@pytest.mark.parametrize(
    ("sent_at", "day"),
    [
        (None, date(2026, 10, 10)),
        (datetime(2026, 10, 9, 23, 59, 59, tzinfo=UTC), date(2026, 10, 9)),
        (datetime.fromisoformat("2026-10-10T01:30:00+02:00"), date(2026, 10, 9)),
    ],
)
def test_the_day_is_that_of_sending_in_utc_else_of_receiving(sent_at, day):
    _, writes = counted((numbered(C1, 1, sent_at=sent_at), "accepted"))
    assert list(writes.days) == [SenderDay(CPO, "cdrs.v1", day)]


def test_what_is_read_only_after_a_fix_was_counted_and_adds_what_it_says():
    first, fixed = SenderWrites(), SenderWrites()
    message = numbered(C1, 1)
    Numbering({}, first).count(message, "unreadable")
    known = {Number(*row[:3]): row.sha256 for row in first.numbered}
    Numbering(known, fixed).count(message, "accepted", is_replay=True)
    (total,) = fixed.days.values()
    assert (total.messages, total.energy_kwh, fixed.numbered) == (0, 10, [])


STATED = ControlTotalsStatement("NL", "XYZ", "cdrs.v1", NOON.date(), 2, NOON)
ONE_TO_TWO = {"first_sequence": 1, "last_sequence": 2}
EURO = (StatedAmount("EUR", Decimal("9.00")),)


@pytest.mark.parametrize(
    ("stated", "received", "figures"),
    [
        ({}, {}, []),
        ({}, {"energy_kwh": Decimal(18), "amounts": EURO}, []),   # left unsaid
        ({}, {"messages": 3}, ["messages 2 3"]),
        ({"energy_kwh": Decimal("18.0")}, {"energy_kwh": Decimal(18)}, []),
        (
            {"energy_kwh": Decimal(18)},
            {"energy_kwh": Decimal("17.999")},
            ["energy_kwh 18 17.999"],
        ),
        (ONE_TO_TWO, ONE_TO_TWO, []),
        (ONE_TO_TWO, {}, ["first_sequence 1 None", "last_sequence 2 None"]),
        ({"amounts": EURO}, {"amounts": EURO}, []),
        ({"amounts": EURO}, {}, ["amounts.EUR 9.00 0"]),
        (
            {"amounts": EURO},
            {"amounts": (*EURO, StatedAmount("SEK", Decimal(1)))},
            ["amounts.SEK 0 1"],
        ),
    ],
)  # fmt: skip
def test_totals_are_compared_figure_by_figure(stated, received, figures):
    found = differences_between(
        replace(STATED, **stated), ReceivedTotals(**{"messages": 2, **received})
    )
    assert [f"{row.figure} {row.stated} {row.received}" for row in found] == figures
    assert all(isinstance(row, Difference) for row in found)


def test_gaps_are_filled_in_part_and_a_reset_awaits_nothing_below():
    numbers = SenderNumbering.blank(f"{CPO}/cdrs.v1")
    since = october(10)
    with recording_at(RECORDED_AT):
        numbers.find([Gap(17, 19, since), Gap(23, 30, since)], provenance=SYSTEM)
        numbers.fill([18, 23, 24], provenance=SYSTEM)
        assert [(gap.first, gap.last) for gap in numbers.gaps] == [(17, 17), (19, 19), (25, 30)]
        numbers.reset(from_number=20, is_restart=False, reason="lost", provenance=SYSTEM)
        assert [(gap.first, gap.last) for gap in numbers.gaps] == [(25, 30)]
        numbers.reset(from_number=1, is_restart=True, reason="new", provenance=SYSTEM)
        assert numbers.gaps == ()
    filled = numbers.pending_events[1].filled
    assert [str(run) for run in filled] == ["18", "23-24"]
    assert [type(event).__name__ for event in numbers.pending_events] == [
        "GapFound", "GapFilled", "SequenceReset", "SequenceReset"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("from_number", "reason", "code"),
    [(0, "why", "INVALID_DOCUMENT"), (-3, "why", "INVALID_DOCUMENT"), (1, " ", "REASON_MISSING")],
)
def test_a_reset_needs_a_number_and_a_reason(from_number, reason, code):
    numbers = SenderNumbering.blank(f"{CPO}/cdrs.v1")
    with pytest.raises(Refused, match=code):
        numbers.reset(from_number=from_number, is_restart=True, reason=reason, provenance=SYSTEM)
    assert numbers.is_new
