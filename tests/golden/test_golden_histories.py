"""Every version of every event that was ever recorded can be read, for ever."""

import msgspec
import pytest
from eventsourcing.persistence import StoredEvent

from ledger.application import closing, ledger, registration
from ledger.application.intake import Intake, Replay
from ledger.application.mapper import UPCASTS, EventMapper
from ledger.values.aggregate import EVENT_TYPES, OWNERS
from ledger.values.reasons import InvariantBroken
from tests.golden.history import recorded
from tests.golden.regenerate import FOLDER, file_of, kept_in, regenerate

LOADED = (closing, ledger, registration)  # the modules that make every event class known
KEPT = sorted(file.name.removesuffix(".jsonl") for file in FOLDER.glob("*.jsonl"))


def golden(topic: str) -> list[StoredEvent]:
    return kept_in(topic, file_of(topic))


@pytest.mark.parametrize("topic", sorted(EVENT_TYPES))
def test_every_topic_has_a_golden_file(topic):
    assert topic in KEPT, "run: python -m tests.golden.regenerate"
    assert golden(topic)


@pytest.mark.parametrize("topic", KEPT)
def test_what_was_recorded_is_still_read_and_applied(topic):
    mapper = EventMapper()
    for stored in golden(topic):
        event = mapper.to_domain_event(stored)
        owner = OWNERS[event.TOPIC]
        if owner not in (Intake, Replay):
            assert stored.originator_id == owner.id_of(owner.key_of(event))
        assert event.timestamp.utcoffset() is not None


@pytest.mark.parametrize("topic", [topic for topic in KEPT if topic not in UPCASTS])
def test_what_is_current_is_recorded_again_to_the_byte(topic):
    mapper = EventMapper()
    for stored in golden(topic):
        assert mapper.to_stored_event(mapper.to_domain_event(stored)) == stored


def test_a_golden_history_replays_into_its_aggregates():
    """The first life that was kept ends as it ended then: accepted, decided again, closed."""
    mapper, found = EventMapper(), {}
    # an event is kept under its old topic and under the one that replaced it: it happened once
    happened = {
        (row.originator_id, row.originator_version): row for topic in KEPT for row in golden(topic)
    }
    stored = list(happened.values())
    for row in sorted(stored, key=lambda row: row.originator_version):
        event = mapper.to_domain_event(row)
        owner = OWNERS[event.TOPIC]
        if owner.KEY_FIELD:
            key = owner.key_of(event)
            event.mutate(found.setdefault((owner.KIND, key), owner.blank(key)))
    assert found["cdr", "NL*XYZ/c1"].state == "held"
    assert found["cdr", "NL*XYZ/c3"].state == "new", "readmitted after it was excluded"
    assert found["cdr", "NL*XYZ/c4"].standing == "credited"
    assert found["cdr", "CH*ALP/s1"].decision.legs[0].fx[0].to_currency == "EUR"
    assert found["settlement_period", "ALL/2026-10"].state == "HARD_CLOSED"
    assert len(found["tariff", "NL*XYZ/t1"].conflicting) == 1


def test_the_history_has_every_kind_of_event_and_is_the_same_each_time():
    assert {row.topic for row in recorded()} == set(EVENT_TYPES)
    assert recorded() == recorded()


def test_an_existing_file_is_never_overwritten(tmp_path):
    written, refused = regenerate(tmp_path)
    assert (set(written), refused) == (set(EVENT_TYPES), [])
    kept = file_of("cdr.held.v1", tmp_path)
    kept.write_text("what an older version recorded\n")
    assert regenerate(tmp_path) == ([], ["cdr.held.v1"])
    assert kept.read_text() == "what an older version recorded\n"


def test_an_old_version_is_upcast_on_reading_and_never_rewritten(monkeypatch):
    now = golden("actor.registered.v1")[0]
    fields = msgspec.json.decode(now.state)
    fields["role"] = fields.pop("roles")[0]
    old = StoredEvent(now.originator_id, 1, "actor.registered.v0", msgspec.json.encode(fields))
    with pytest.raises(InvariantBroken, match="unknown topic"):
        EventMapper().to_domain_event(old)

    def roles_are_many(was):
        return {**was, "roles": [was["role"]]}

    monkeypatch.setitem(UPCASTS, "actor.registered.v0", ("actor.registered.v1", roles_are_many))
    read = EventMapper().to_domain_event(old)
    assert (read.name, read.roles) == ("finn", ("finance",))
