"""Remote commands: the newest result stands, a result told twice is known, a conflict is held."""

from datetime import timedelta

from msgspec.structs import replace

from ledger.application.hashing import hash_of
from ledger.roaming.remote_commands import RemoteCommand
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from tests.launching import command_result
from tests.ledger_cast import CPO, RECORDED_AT

MESSAGE = Provenance(CPO, "message", RECORDED_AT, RECORDED_AT)


def told(command: RemoteCommand, result: str, *, later_s: int = 0) -> str:
    statement = command_result("K1", result).statement
    updated = statement.last_updated + timedelta(seconds=later_s)
    statement = replace(statement, last_updated=updated)
    with recording_at(RECORDED_AT):
        return command.tell(statement, content_sha256=hash_of(statement), provenance=MESSAGE)


def test_the_newest_result_stands_and_everything_else_is_counted() -> None:
    command = RemoteCommand.blank(f"{CPO}/k1")
    assert told(command, "TIMEOUT") == "accepted"
    assert told(command, "TIMEOUT") == "duplicate"
    assert told(command, "ACCEPTED") == "held", "another result at the same time"
    assert told(command, "ACCEPTED") == "duplicate"
    assert told(command, "ACCEPTED", later_s=60) == "accepted"
    assert told(command, "REJECTED", later_s=30) == "superseded"
    assert command.statement is not None
    assert command.statement.result == "ACCEPTED"
    topics = [event.TOPIC for event in command.collect_events()]
    assert topics == [
        "remote_command.answered.v1",
        "remote_command.conflict_held.v1",
        "remote_command.answered.v1",
    ]
