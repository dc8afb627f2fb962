"""The evidence of a launch as one document: the same launch gives the same bytes, for ever.

A decision records the SHA-256 of the evidence it was taken on, so a file that was exported can be
held against the ledger, and the ledger can make the file again.
"""

from hashlib import sha256
from typing import Any

import msgspec

from ledger.application.ledger import Ledger
from ledger.roaming.launch import Launch
from ledger.roaming.launch_criteria import CRITERIA, PHASES
from ledger.values.reasons import Reason, Refusal, Refused

FORMAT = "clearwatt.launch-evidence.v1"
_CANONICAL = msgspec.json.Encoder(order="sorted")
_DECIDED = "launch.decided.v1"


def evidence_of(launch: Launch) -> dict[str, Any]:
    """Return everything that speaks for or against a launch: figures, tests, people's words.

    `position` is the furthest log position that any of it was read at.
    """
    read = [row.read_at.position for row in launch.evaluations]
    read += [row.position for row in launch.runs]
    return {
        "format": FORMAT,
        "launch": launch.key,
        "launch_version": launch.version,
        "state": launch.state,
        "phase": launch.phase,
        "position": max(read, default=0),
        "phases": {str(number): said for number, said in PHASES.items()},
        "criteria": {name: row.sentence for name, row in CRITERIA.items()},
        "plan": launch.plan,
        "entries": launch.entries,
        "evaluations": launch.evaluations,
        "tests": launch.runs,
        "sign_offs": launch.sign_offs,
        "decisions": launch.decisions,
    }


def bytes_of(evidence: dict[str, Any]) -> bytes:
    """Return evidence as canonical JSON: names in order, no spaces, decimals as text, a newline."""
    return _CANONICAL.encode(evidence) + b"\n"


def sha256_of(evidence: dict[str, Any]) -> str:
    """Return the hash by which the ledger refers to evidence: of the file's bytes."""
    return sha256(bytes_of(evidence)).hexdigest()


def evidence_behind(ledger: Ledger, launch: Launch, number: int) -> dict[str, Any]:
    """Return the evidence that a launch's decision of this number, from 1, was taken on.

    Refuses: NOT_FOUND.
    """
    then = Launch.blank(launch.key)
    decided = 0
    for stored in ledger.store.events_of([launch.id]).get(launch.id, ()):
        decided += stored.topic == _DECIDED
        if decided == number:
            return evidence_of(then)
        ledger.event_mapper.to_domain_event(stored).mutate(then)
    raise Refused(Refusal(Reason.NOT_FOUND, "decision", f"1 to {decided}", str(number)))
