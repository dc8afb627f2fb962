"""A launch and remote commands for the golden history: every kind of their events."""

from collections.abc import Iterator
from decimal import Decimal

from msgspec.structs import replace

from ledger.roaming.launch import Launch
from ledger.roaming.launch_figures import TestDifference, TestRun
from ledger.roaming.launch_plan import Caps
from ledger.roaming.launch_records import SIGN_OFF_ROLES
from ledger.roaming.launch_rules import Missing
from ledger.roaming.remote_commands import RemoteCommand
from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from tests.launching import PAIR, command_result, figures, phases, read_at
from tests.ledger_cast import CPO


def launched(message: Provenance, person: Provenance) -> Iterator[LedgerAggregate]:
    """Yield a launch that expands and is paused, and a command whose result is told twice."""
    launch = Launch.blank(PAIR)
    caps = Caps(20, Decimal("500.00"), "EUR")
    launch.open(phases(caps=caps), provenance=person)
    launch.open(phases(), provenance=person)
    found = TestDifference("NL*XYZ/c1", "legs[0].net", "5.0000", "5.0001")
    entry = launch.entry.number
    launch.record_test(TestRun("tariff_replay", 99, 10, 1, (found,), "c" * 64, "", entry, person))
    seen = figures(launch.entry.since, resolve_median_s=None, resolve_p90_s=7200)
    entered = (Missing("entry_sites", 0, 2),)
    launch.evaluate(seen, read_at(), entered, provenance=person)
    for number, role in enumerate(SIGN_OFF_ROLES):
        signer = replace(person, actor=f"person {number}")
        launch.sign_off(role, comment="gesehen · 確認", provenance=signer)
    for decision in ("expand", "keep_narrow", "pause"):
        launch.decide(decision, reason="ready", evidence_sha256="e" * 64, provenance=person)
    yield launch
    command = RemoteCommand.blank(f"{CPO}/k1")
    for number, result in enumerate(("TIMEOUT", "ACCEPTED")):
        statement = command_result(
            "K1", result, answered_at=None, evse_uid="E1", connector_id="1", session_id="C1"
        ).statement
        command.tell(statement, content_sha256=str(number) * 64, provenance=message)
    yield command
