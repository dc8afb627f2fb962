"""What a launch keeps of its life: entries, gates, sign-offs and decisions, as its events say."""

from datetime import datetime
from typing import Literal, get_args

import msgspec

from ledger.roaming.launch_figures import LaunchFigures, ReadAt
from ledger.roaming.launch_plan import Caps, Scope
from ledger.roaming.launch_rules import Result
from ledger.values.provenance import Provenance

LaunchState = Literal["new", "running", "paused", "stopped", "completed"]
DecisionName = Literal["expand", "pause", "keep_narrow", "roll_back"]
DECISIONS: tuple[DecisionName, ...] = get_args(DecisionName)
SignOffRole = Literal["operations", "support", "finance"]
SIGN_OFF_ROLES: tuple[SignOffRole, ...] = get_args(SignOffRole)


class Entry(msgspec.Struct, frozen=True):
    """What is in scope since an instant, until the next entry; `scope` None is nothing at all."""

    number: int
    phase: int
    since: datetime
    scope: Scope | None
    caps: Caps


class Evaluation(msgspec.Struct, frozen=True):
    """A gate as it was evaluated: the figures, where they were read, and each line's result."""

    entry: int
    phase: int
    figures: LaunchFigures
    read_at: ReadAt
    results: tuple[Result, ...]
    provenance: Provenance

    @property
    def failed(self) -> tuple[Result, ...]:
        """The lines that are not passed."""
        return tuple(row for row in self.results if not row.is_passed)


class SignOff(msgspec.Struct, frozen=True):
    """A role vouches for a phase; `evaluation` is the number of the gate it looked at."""

    role: SignOffRole
    entry: int
    phase: int
    evaluation: int
    comment: str
    provenance: Provenance


class Taken(msgspec.Struct, frozen=True):
    """A decision of a person; `evidence_sha256` is the hash of the evidence it was taken on."""

    decision: DecisionName
    from_phase: int
    to_phase: int
    state: LaunchState
    reason: str
    evidence_sha256: str
    provenance: Provenance
