"""What becomes of a dispute goes out to both parties, as it stands after each event."""

from datetime import timedelta
from decimal import Decimal

import pytest

from console.publisher.outgoing import message_of
from ledger.application.store import LoggedEvent
from schemas import FileRegistry, encode
from tests.golden.history import recorded
from tests.ledger_cast import CPO, FRENCH_EMSP, RECORDED_AT

EVENTS = [row for row in recorded() if row.topic.startswith(("dispute.", "contested_cdr."))]


def sent(event, position=7):
    row = (event.originator_id, event.originator_version, event.topic, event.state)
    return message_of(LoggedEvent(position, *row, RECORDED_AT))


def of_dispute(name):
    found = [row for row in EVENTS if f'"dispute":"{CPO}/{name}"'.encode() in row.state]
    return [(row.topic.split(".")[1], sent(row)) for row in found]


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("d-upheld", ["opened", "opened", "answered", "upheld", "closed"]),
        ("d-partly_upheld", ["opened", "opened", "answered", "partly_upheld", "closed"]),
        ("d-dismissed", ["opened", "opened", "answered", "dismissed", "closed"]),
        ("d-withdrawn", ["opened", "closed"]),
        ("d-settled", ["opened", "opened", "closed"]),
        ("d-waits", []),
    ],
)
def test_each_event_says_how_the_dispute_stands(name, states):
    out = [message for _, message in of_dispute(name) if message is not None]
    assert [message.dispute.state for message in out] == states
    for message in out:
        value = encode(message.dispute, topic="dispute-events.v1", registry=FileRegistry())
        assert value[:1] == b"\0"
        assert (message.key, message.dispute.visible_to) == (CPO, (FRENCH_EMSP, CPO))
        assert message.event.event_id == message.dispute.event_id
        assert message.event.visible_to == (FRENCH_EMSP, CPO)


def test_the_message_says_what_is_disputed_until_when_and_what_was_granted():
    opened, expired, answered, decided, closed = (
        message.dispute for _, message in of_dispute("d-partly_upheld")
    )
    assert (opened.opened_by, opened.against, opened.reason_code) == (FRENCH_EMSP, CPO, "PRICE")
    assert [(cdr.country_code, cdr.party_id, cdr.id) for cdr in opened.cdrs] == [
        ("NL", "XYZ", "C1")
    ]
    assert (opened.disputed.currency, opened.disputed.before_taxes) == ("EUR", Decimal("5.0000"))
    assert opened.evidence[0].name == "readings.pdf"
    assert opened.deadline_at == RECORDED_AT + timedelta(hours=72)
    assert answered.deadline_at == expired.deadline_at == RECORDED_AT + timedelta(days=14)
    assert (answered.text, decided.text) == ("No.", "So.")
    assert (decided.upheld.before_taxes, closed.upheld) == (Decimal("2.5000"), None)
    assert closed.deadline_at is None


def test_what_is_kept_beside_a_cdr_and_what_waits_stays_inside():
    for event in EVENTS:
        if event.topic.startswith(("contested", "dispute.held", "dispute.refused")):
            assert sent(event) is None
