"""Control totals as a sender's message states them."""

from ledger.application.control_commands import StateControlTotals
from ledger.application.hashing import hash_of
from ledger.application.loaded import Loaded
from ledger.application.sender_rows import SenderDay, TotalsLook
from ledger.roaming.control_totals import ControlTotals
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance


def on_control_totals(
    work: Loaded, command: StateControlTotals, key: str, provenance: Provenance
) -> Outcome:
    """Keep what a sender says it sent in a day; the clock compares it with what was received."""
    statement = command.statement
    outcome = work.load(ControlTotals, key).state(
        statement, content_sha256=hash_of(statement), provenance=provenance
    )
    if outcome == "accepted":
        day = SenderDay(statement.speaker, statement.topic, statement.day)
        work.writes.senders.totals.append(TotalsLook(day, provenance.received_at))
    return outcome
