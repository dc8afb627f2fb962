"""A phase from its evidence to the decision: tests run, gate judged, roles signed, expansion asked.

What a team does at the end of a phase, in one go. Where the evidence is not enough the expansion
is refused, and the launch stays in its phase: nothing here can make it pass.
"""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from console.launches.gathering import Gate, gather
from console.launches.tests_run import run_test
from ledger.application.commands import By
from ledger.application.launches import (
    decide_launch,
    find_launch,
    record_gate,
    record_test,
    sign_off,
)
from ledger.application.ledger import Ledger
from ledger.roaming.launch_figures import TEST_NAMES
from ledger.roaming.launch_records import SignOffRole, Taken
from ledger.values.reasons import Refusal, Refused


class Signers(NamedTuple):
    """Who signs a phase off, by role: three registered actors."""

    operations: str
    support: str
    finance: str


class Rehearsed(NamedTuple):
    """How a phase ended: the gate, and the decision, or why the expansion was refused."""

    pair: str
    phase: int
    gate: Gate
    taken: Taken | None
    refusals: tuple[Refusal, ...]

    @property
    def is_expanded(self) -> bool:
        """True where the launch went on."""
        return self.taken is not None


def rehearse(
    ledger: Ledger,
    database_url: str,
    pair: str,
    *,
    signers: Signers,
    reason: str,
    at: datetime,
    partner_file: Path | None = None,
) -> Rehearsed:
    """Run what a phase's plan asks for, record it, let everybody sign, and ask for the expansion.

    Without the partner's file its reconciliation is not run. Refuses: NOT_FOUND, WRONG_STATE,
    ROLE_MISSING; a gate that is not passed is an answer, not a refusal.
    """
    launch = find_launch(ledger, pair)
    operations = By(signers.operations, "asserted", at)
    asked = {rule.criterion for rule in launch.phase_plan.rules}
    for name in TEST_NAMES:
        if name not in asked or (name == "partner_reconciliation" and partner_file is None):
            continue
        ran = run_test(ledger, database_url, launch, name, file=partner_file)
        record_test(ledger, pair, ran, by=operations)
    gate = gather(ledger, database_url, find_launch(ledger, pair), at=at)
    record_gate(ledger, pair, gate.figures, gate.read_at, by=operations)
    roles: tuple[SignOffRole, ...] = ("operations", "support", "finance")
    for role in roles:
        sign_off(ledger, pair, role, by=By(getattr(signers, role), "asserted", at))
    try:
        taken = decide_launch(
            ledger, pair, "expand", reason=reason, by=By(signers.finance, "asserted", at)
        )
    except Refused as refused:
        return Rehearsed(pair, launch.phase, gate, None, refused.refusals)
    return Rehearsed(pair, launch.phase, gate, taken, ())
