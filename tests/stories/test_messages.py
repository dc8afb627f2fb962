"""Every message is exactly one of accepted, superseded, duplicate, held, unreadable."""

from dataclasses import replace as with_fields
from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.application.commands import AcceptCdr, RawMessage, Received, Slice
from ledger.application.parties import register_party
from ledger.application.store import Fenced
from ledger.values.provenance import Source
from ledger.values.reasons import Reason, Refusal, Refused
from tests.ledger_cast import AGREEMENTS, BY_FINANCE, CAST, CPO, PARTIES, RECORDED_AT
from tests.ledger_statements import cdr, october, session, tariff
from tests.ledger_world import TOPICS, World

PER_KWH = tariff(("ENERGY", "0.50", 1))
CDRS = TOPICS[AcceptCdr]
BLINK = timedelta(microseconds=1)


@pytest.fixture
def world(database_url):
    return World(database_url, *CAST, *AGREEMENTS)


def test_the_same_cdr_again_is_a_duplicate_and_charges_once(world):
    world.send(PER_KWH, session("C1"))
    assert world.send(cdr("C1", "5.00"), cdr("C1", "5.00")) == {"accepted": 1, "duplicate": 1}
    assert world.send(cdr("C1", "5.00")) == {"duplicate": 1}
    assert world.topics_of("NL*XYZ/c1") == ["cdr.accepted.v1"]


def test_ids_are_the_same_whatever_their_case(world):
    world.send(PER_KWH, session("C1"), cdr("c1", "5.00"))
    # the id in capitals is another spelling, and so other content, of the same CDR
    assert world.send(cdr("C1", "5.00", session_id="c1")) == {"held": 1}
    assert world.topics_of("NL*XYZ/c1") == ["cdr.accepted.v1", "cdr.conflict_held.v1"]


def test_in_a_conflict_the_first_recorded_stands_and_the_other_is_held(world):
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"))
    before = world.decided_state()
    assert world.send(cdr("C1", "4.00", kwh="8")) == {"held": 1}
    assert world.send(cdr("C1", "4.00", kwh="8")) == {"duplicate": 1}
    assert world.decided_state() == before
    assert world.topics_of("NL*XYZ/c1") == ["cdr.accepted.v1", "cdr.conflict_held.v1"]


def test_a_conflict_with_a_held_cdr_is_held_too(world):
    world.send(cdr("C1", "5.00"))
    assert world.send(cdr("C1", "4.00", kwh="8")) == {"held": 1}
    world.send(PER_KWH, session("C1"))
    assert world.cdr("C1").decision.legs[0].net == 5


def test_an_older_update_of_a_session_is_superseded(world):
    ended, begun = session("C1"), session("C1", status="ACTIVE", updated=october(10, 10, 5))
    assert world.send(ended) == {"accepted": 1}
    assert world.send(begun) == {"superseded": 1}
    assert world.send(ended) == {"duplicate": 1}
    assert world.send(session("C1", kwh="11")) == {"held": 1}, "same last_updated, other content"


def test_a_tariff_version_of_the_same_instant_with_other_content_is_held(world):
    assert world.send(PER_KWH) == {"accepted": 1}
    assert world.send(PER_KWH) == {"duplicate": 1}
    assert world.send(tariff(("ENERGY", "0.40", 1))) == {"held": 1}
    assert world.send(tariff(("ENERGY", "0.40", 1))) == {"duplicate": 1}
    world.send(session("C1"), cdr("C1", "5.00"))
    assert world.cdr("C1").decision.tariff.number == 1


def test_what_can_never_be_priced_is_refused_with_every_reason_at_once(world):
    sent = cdr("C1", "5.00", end_date_time=october(10, 9), home_charging_compensation=True)
    world.send(AcceptCdr(replace(sent.statement, total_energy=Decimal(11))))
    assert world.cdr("C1").state == "refused"
    assert world.reasons("C1") == [
        "END_BEFORE_START",  # what refuses it stands first
        "CDR_NOT_SUPPORTED",
        "PERIODS_OUT_OF_ORDER",
        "SESSION_MISSING",
        "CDR_ENERGY_DIFFERS",
    ]


def test_what_is_held_is_held_with_every_reason_at_once_the_price_too(world):
    sent = cdr("C1", "5.01", end_date_time=october(10, 11, 5))
    world.send(PER_KWH, session("C1"))
    world.send(AcceptCdr(replace(sent.statement, total_energy=Decimal(11))))
    assert world.cdr("C1").state == "held"
    assert world.reasons("C1") == [
        "SESSION_TIMES_DIFFER",
        "CDR_ENERGY_DIFFERS",
    ]
    world.send(PER_KWH, session("C2"), cdr("C2", "5.02", end_date_time=october(10, 11, 5)))
    assert world.reasons("C2") == ["SESSION_TIMES_DIFFER", "CDR_TOTAL_COST_DIFFERS"]


@pytest.mark.parametrize("odd", ["LOC\\t1", "LOC\\1", "\\.", "LOC\\N", "Zürich·1", "{a,b}", 'a"b'])
def test_ids_with_signs_that_mean_something_elsewhere_are_only_ids(world, odd):
    named = tariff(("ENERGY", "0.50", 1), id=odd)
    sent = cdr(odd, "5.00", location=odd, tariff_id=odd)
    assert world.send(named, session(odd, location=odd), sent) == {"accepted": 3}
    decided_on = {fact for (fact,) in world.rows("SELECT fact_key FROM log.decided_on")}
    assert decided_on >= {f"tariff:NL*XYZ/{odd.lower()}", f"shares:NL*XYZ/{odd.lower()}"}


def test_a_sender_that_may_not_speak_for_the_party_is_unreadable(world):
    assert world.send(cdr("C1", "5.00"), sender="FR*MOB") == {"unreadable": 1}
    (row,) = world.ledger.store.unreadable_messages()
    assert (row.reason, row.sender, row.offset) == ("SENDER_NOT_ENTITLED", "FR*MOB", 0)
    assert (row.key, row.value, row.headers) == (b"key", b"value", (("cw-sender", b"x"),))


def test_an_unreadable_message_stops_nothing_and_is_read_once_after_the_fix(world):
    # given a message from a hub that nobody entitled yet, between two good ones
    world.send(PER_KWH, session("C1"), session("C2"))
    world.send(cdr("C1", "5.00"), sender="FR*MOB")
    assert world.send(cdr("C2", "5.00")) == {"accepted": 1}
    sent = Received(Source(CDRS, 0, 0, "FR*MOB"), RECORDED_AT, cdr("C1", "5.00"))
    # when it is fed again before the fix, it is still unreadable
    assert world.ledger.replay(sent, by=BY_FINANCE) == "unreadable"
    assert len(world.ledger.store.unreadable_messages()) == 1
    # when the hub is entitled, it is read, and its bytes leave the table
    hub = replace(PARTIES[CPO], senders=("FR*MOB",))
    register_party(world.ledger, CPO, hub, by=BY_FINANCE)
    assert world.ledger.replay(sent, by=BY_FINANCE) == "accepted"
    assert world.ledger.store.unreadable_messages() == []
    assert world.cdr("C1").state == "accepted"
    with pytest.raises(Refused, match="ALREADY_EXISTS"):
        world.ledger.replay(sent, by=BY_FINANCE)
    told = [event for event in world.events() if event.TOPIC == "intake.replayed.v1"]
    assert [event.outcome for event in told] == ["unreadable", "accepted"]


def test_a_message_whose_bytes_could_not_be_read_is_kept_with_its_reason(world):
    begin = world.consumer.next_offsets[CDRS]
    message = Received(
        Source(CDRS, 0, begin, "UNKNOWN"),
        RECORDED_AT,
        None,
        refusal=Refusal(Reason.CORRUPT_AVRO, "charging_periods"),
        raw=RawMessage(None, b"\x00\x01", ()),
    )
    part = Slice(CDRS, 0, begin, begin + 1, world.consumer.epochs[CDRS], (message,))
    assert world.ledger.take([part], recorded_at=RECORDED_AT) == {"unreadable": 1}
    (row,) = world.ledger.store.unreadable_messages(reason="CORRUPT_AVRO")
    assert (row.path, row.key, row.value) == ("charging_periods", None, b"\x00\x01")


def test_the_counts_of_the_intake_add_up_to_the_messages(world):
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"), cdr("C1", "5.00"), cdr("C9", "1.00"))
    world.send(cdr("C2", "5.00"), sender="FR*MOB")
    for event in world.events():
        if event.TOPIC == "intake.consumed.v1":
            counted = sum(
                row.accepted + row.superseded + row.duplicate + row.held + row.unreadable
                for row in event.counts
            )
            assert counted == event.received == event.next_offset - event.from_offset
    last = [event for event in world.events() if event.TOPIC == "intake.consumed.v1"][-1]
    assert [(row.sender, row.unreadable) for row in last.counts] == [("FR*MOB", 1)]
    assert [(row.offset, row.reason) for row in last.unreadable] == [(3, "SENDER_NOT_ENTITLED")]


def test_offsets_that_do_not_follow_are_fenced_and_leave_nothing(world):
    world.send(PER_KWH)
    before = world.rows("SELECT * FROM log.head")
    astray = with_fields(world.consumer, next_offsets={**world.consumer.next_offsets, CDRS: 5})
    world.send(cdr("C0", "5.00"))
    with pytest.raises(Fenced):
        astray.send(cdr("C1", "5.00"))
    assert world.rows("SELECT position FROM log.head")[0][0] > before[0][1]
    assert world.cdr("C1").is_new


@pytest.mark.parametrize(("late_by", "reasons"), [(timedelta(0), []), (BLINK, ["CDR_TOO_OLD"])])
def test_a_cdr_older_than_the_agreements_limit_is_held(world, late_by, reasons):
    world.send(PER_KWH, session("C1"))
    sent = cdr("C1", "5.00")
    world.consumer.received_at = sent.statement.end_date_time + timedelta(days=180) + late_by
    world.send(sent)
    assert world.reasons("C1") == reasons


@pytest.mark.parametrize(
    ("total", "reasons"), [("5.01", []), ("4.99", []), ("5.0101", ["CDR_TOTAL_COST_DIFFERS"])]
)
def test_a_total_is_believed_within_the_tolerance_but_ours_is_booked(world, total, reasons):
    world.send(PER_KWH, session("C1"), cdr("C1", total))
    assert world.reasons("C1") == reasons
    if not reasons:
        decision = world.cdr("C1").decision
        assert decision.legs[0].net == Decimal("5.0000")
        stated = {row.field: (row.stated, row.computed) for row in decision.comparisons}
        assert stated["total_cost.before_taxes"] == (Decimal(total), Decimal("5.0000"))
