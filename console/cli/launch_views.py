"""How launches look to people: a list, one launch, its gate, a test, a decision."""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import typer

from console.cli import common

if TYPE_CHECKING:
    from datetime import datetime

    from console.launches.gathering import Gate
    from ledger.roaming.launch import Launch
    from ledger.roaming.launch_figures import Tested
    from ledger.roaming.launch_plan import Caps, Scope
    from ledger.roaming.launch_records import Entry, Taken
    from ledger.roaming.launch_rules import Result

_SHOWN = 20


def document_of(launch: "Launch", entry: "Entry | None" = None) -> dict[str, Any]:
    """Return a launch as the commands print it with --json; `entry` is what is in scope then."""
    from ledger.roaming.launch_criteria import PHASES
    from ledger.roaming.launch_records import SIGN_OFF_ROLES

    signed, then = launch.signed, entry or launch.entry
    return {
        "launch": launch.key,
        "state": launch.state,
        "phase": then.phase,
        "proves": PHASES[then.phase],
        "since": then.since,
        "scope": then.scope,
        "caps": then.caps,
        "signed_off": [role for role in SIGN_OFF_ROLES if role in signed],
        "tests": {name: run.is_passed for name, run in launch.runs_by_name.items()},
        "plan": launch.plan,
        "entries": launch.entries,
        "runs": launch.runs,
        "sign_offs": launch.sign_offs,
        "decisions": launch.decisions,
        "gates": [
            {
                "entry": row.entry,
                "phase": row.phase,
                "failed": row.failed,
                "read_at": row.read_at,
                "provenance": row.provenance,
            }
            for row in launch.evaluations
        ],
    }


def print_list(found: "Sequence[tuple[Launch, Entry]]") -> None:
    """Print where launches stand, each with what is in scope then."""
    columns = ("launch", "state", "phase", "since", "scope", "caps", "signed off", "last decision")
    rows = [
        (
            row.key,
            row.state,
            entry.phase,
            entry.since,
            _scope(entry.scope),
            _caps(entry.caps),
            ", ".join(sorted(row.signed)),
            row.decisions[-1].decision.replace("_", " ") if row.decisions else None,
        )
        for row, entry in found
    ]
    common.table("Launches", columns, rows, folds="scope")


def print_launch(launch: "Launch", entry: "Entry | None" = None) -> None:
    """Print one launch: where it stands, its phases, and what was tested, signed and decided."""
    from ledger.roaming.launch_criteria import PHASES

    print_list([(launch, entry or launch.entry)])
    phases = [
        (row.phase, PHASES[row.phase], _scope(row.scope), _caps(row.caps), row.not_before)
        for row in launch.plan.phases
    ]
    columns = ("phase", "proves", "scope", "caps", "not before")
    common.table("Plan", columns, phases, folds="scope")
    tests = [
        (run.name, run.cases, run.differences, run.provenance.actor, run.provenance.occurred_at)
        for run in launch.runs
    ]
    if tests:
        common.table("Tests", ("test", "cases", "differences", "by", "at"), tests)
    people = sorted(_said(launch), key=itemgetter(0))
    if people:
        common.table("People", ("at", "phase", "what", "by", "why"), people, folds="why")


def _said(launch: "Launch") -> "Iterator[tuple[datetime, int, str, str, str]]":
    """Yield when, in which phase, what, who and why, of sign-offs and then of decisions."""
    for row in launch.sign_offs:
        by = row.provenance
        yield by.occurred_at, row.phase, f"{row.role} signed off", by.actor, row.comment
    for taken in launch.decisions:
        by, what = taken.provenance, taken.decision.replace("_", " ")
        yield by.occurred_at, taken.from_phase, what, by.actor, taken.reason


def print_gate(launch: "Launch", gate: "Gate") -> None:
    """Print each criterion with its value, its threshold, and whether it is passed."""
    from ledger.roaming.launch_criteria import PHASES

    rows = [
        (
            " ".join((row.criterion.replace("_", " "), row.of)).strip(),
            None if row.value is None else f"{row.value:f}",
            f"{row.sense.replace('_', ' ')} {row.threshold}",
            row.unit,
            f"{row.cases} {row.counts}",
            row.minimum or None,
            _verdict(row),
        )
        for row in gate.results
    ]
    title = f"Gate of {launch.key}, phase {launch.phase}: {PHASES[launch.phase]}"
    columns = ("criterion", "value", "threshold", "unit", "counted", "needed", "passed")
    common.table(title, columns, rows)
    verdict = "is passed" if gate.is_passed else "is not passed"
    typer.echo(f"The gate {verdict} by what is recorded up to {gate.read_at.position}.")


def _verdict(row: "Result") -> str:
    if row.is_passed:
        return "yes"
    return "no" if row.has_evidence else "not enough evidence"


def print_test(ran: "Tested") -> None:
    """Print what an acceptance test found, the first of it in full."""
    name, count = ran.name.replace("_", "-"), len(ran.differences)
    if not ran.cases:
        typer.echo(f"{name}: there is nothing to test yet.")
        return
    typer.echo(f"{name}: {ran.cases} cases, {count} differences.")
    if ran.differences:
        columns = ("record", "field", "expected", "actual")
        rows = [tuple(getattr(row, name) for name in columns) for row in ran.differences[:_SHOWN]]
        common.table("Differences", columns, rows, folds="actual")


def print_decision(launch: str, taken: "Taken") -> None:
    """Print what was decided, and the hash of the evidence it was taken on."""
    decision = taken.decision.replace("_", " ")
    typer.echo(f"{launch}: {decision}, phase {taken.to_phase} is {taken.state}.")
    typer.echo(f"  on evidence with SHA-256 {taken.evidence_sha256}")


def _scope(scope: "Scope | None") -> str:
    if scope is None:
        return "nothing"
    parts = {name: getattr(scope, name) for name in scope.__struct_fields__}
    said = [
        f"{name.replace('_', ' ')} {', '.join(values)}" for name, values in parts.items() if values
    ]
    return "; ".join(said) or "everything"


def _caps(caps: "Caps") -> str:
    cdrs = [] if caps.cdrs_per_day is None else [f"{caps.cdrs_per_day} CDRs"]
    money = [] if caps.money_per_day is None else [f"{caps.money_per_day} {caps.currency}"]
    return ", ".join((*cdrs, *money)) + (" a day" if cdrs or money else "")
