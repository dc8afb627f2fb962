"""`clearwatt launch open|list|show|gate|test|sign-off|decide|evidence`: a partnership goes live.

A pair is written `"NL*XYZ>DE*EMP"`, in quotes: a shell takes `>` and `*` for its own.
"""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common, options
from console.cli.errors import REFUSED, UsageError
from console.cli.launch_views import (
    document_of,
    print_decision,
    print_gate,
    print_launch,
    print_list,
    print_test,
)

if TYPE_CHECKING:
    from ledger.roaming.launch import Launch
    from ledger.roaming.launch_figures import TestName
    from ledger.roaming.launch_records import DecisionName, Entry, SignOffRole

launch = typer.Typer(no_args_is_help=True, help="Launches of partner pairs, phase by phase.")

PairArgument = Annotated[str, typer.Argument(metavar="PAIR", help='Such as "NL*XYZ>DE*EMP".')]
AsOf = Annotated[
    date | None,
    typer.Option("--as-of", parser=common.day, metavar="DATE", help="What was in scope that day."),
]
Record = Annotated[bool, typer.Option("--record", help="Keep the result in the ledger.")]


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    app.add_typer(launch, name="launch")


@launch.command("open")
def open_(
    pair: PairArgument,
    plan: Annotated[Path, typer.Argument(metavar="PLAN.yaml", exists=True, dir_okay=False)],
    *,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Open a launch in phase 1 by a plan; with another plan, a launch that runs goes on by it."""
    from console.launches.plan_file import plan_in
    from ledger.application.launches import open_launch

    by, planned = common.acting(actor, at), plan_in(plan)
    with common.ledger() as ledger:
        opened = open_launch(ledger, pair, planned, by=by, dry_run=dry_run)
    document = {**document_of(opened), "dry_run": dry_run}
    common.show(document, as_json=as_json, people=lambda: print_launch(opened))


@launch.command("list")
def list_launches(
    *, as_of: AsOf = None, known_at: common.KnownAt = None, as_json: common.Json = False
) -> None:
    """List launches: which phase each is in, since when, and who has signed it off."""
    from ledger.application.launches import launches

    with common.ledger() as ledger:
        found = [(row, _entry(row, as_of)) for row in launches(ledger, known_at=known_at)]
    begun = [(row, entry) for row, entry in found if entry is not None]
    common.show(
        [document_of(*row) for row in begun], as_json=as_json, people=lambda: print_list(begun)
    )


@launch.command("show")
def show(
    pair: PairArgument,
    *,
    as_of: AsOf = None,
    known_at: common.KnownAt = None,
    as_json: common.Json = False,
) -> None:
    """Show a launch: its plan, its phases, tests, sign-offs and decisions."""
    from ledger.application.launches import find_launch
    from ledger.values.reasons import Reason, Refusal, Refused

    with common.ledger() as ledger:
        found = find_launch(ledger, pair, known_at=known_at)
    entry = _entry(found, as_of)
    if entry is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "launch", f"one by {as_of}", pair))
    common.show(
        document_of(found, entry), as_json=as_json, people=lambda: print_launch(found, entry)
    )


@launch.command("gate")
def gate(
    pair: PairArgument,
    *,
    record: Record = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Judge the current phase by its evidence, criterion by criterion; exit 1 if not passed."""
    from console.launches.gathering import gather
    from ledger.application.launches import find_launch, record_gate

    by = common.acting(actor, at) if record else None
    with common.ledger() as ledger:
        found = find_launch(ledger, pair)
        seen = gather(ledger, common.services().database_url, found, at=common.now(at))
        if by is not None:
            record_gate(ledger, pair, seen.figures, seen.read_at, by=by)
    document = {
        "launch": found.key,
        "phase": found.phase,
        "state": found.state,
        "is_passed": seen.is_passed,
        "is_recorded": record,
        **seen._asdict(),
    }
    common.show(document, as_json=as_json, people=lambda: print_gate(found, seen))
    if not seen.is_passed:
        raise typer.Exit(REFUSED)


@launch.command("test")
def test(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as tariff-replay.")],
    pair: PairArgument,
    *,
    file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="The partner's CDRs."),
    ] = None,
    record: Record = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Run an acceptance test: session-matching, tariff-replay, rounding-checks,
    partner-reconciliation (with --file) or exception-drill; exit 1 if it fails.
    """
    from console.launches.tests_run import run_test
    from ledger.application.launches import find_launch, record_test

    chosen = _test_name(name)
    by = common.acting(actor, at) if record else None
    with common.ledger() as ledger:
        found = find_launch(ledger, pair)
        ran = run_test(ledger, common.services().database_url, found, chosen, file=file)
        if by is not None:
            record_test(ledger, pair, ran, by=by)
    document = {"launch": found.key, "is_passed": ran.is_passed, **ran._asdict()}
    common.show(document, as_json=as_json, people=lambda: print_test(ran))
    if not ran.is_passed:
        raise typer.Exit(REFUSED)


@launch.command("sign-off")
def sign_off(
    pair: PairArgument,
    *,
    role: Annotated[str, typer.Option("--as-role", metavar="ROLE", help="The role you speak for.")],
    comment: Annotated[str, typer.Option(metavar="TEXT", help="What you looked at.")] = "",
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Vouch for the current phase as operations, support or finance; each is another person."""
    from ledger.application.launches import sign_off as sign

    by, chosen = common.acting(actor, at), _role(role)
    with common.ledger() as ledger:
        signed = sign(ledger, pair, chosen, comment=comment, by=by)
    common.show(document_of(signed), as_json=as_json, people=lambda: print_launch(signed))


@launch.command("decide")
def decide(
    pair: PairArgument,
    decision: Annotated[
        str, typer.Argument(metavar="DECISION", help="expand, pause, keep-narrow or roll-back.")
    ],
    *,
    reason: options.Why,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Record a decision. To expand, the gate must pass and all three roles must have signed."""
    from console.launches.gathering import gather
    from ledger.application.launches import decide_launch, find_launch

    by, chosen = common.acting(actor, at), _decision(decision)
    with common.ledger() as ledger:
        found = find_launch(ledger, pair)
        evidence = None
        if found.state == "running":
            seen = gather(ledger, common.services().database_url, found, at=by.at)
            evidence = (seen.figures, seen.read_at)
        taken = decide_launch(ledger, pair, chosen, reason=reason, by=by, gate=evidence)
    common.show(taken, as_json=as_json, people=lambda: print_decision(found.key, taken))


@launch.command("evidence")
def evidence(
    pair: PairArgument,
    *,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the file is written.")],
    decision: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="As the N-th decision was taken on; else as of now."),
    ] = None,
    as_json: common.Json = False,
) -> None:
    """Write a launch's evidence to one file, whose hash the ledger names beside the decision."""
    from ledger.application.launch_evidence import (
        bytes_of,
        evidence_behind,
        evidence_of,
        sha256_of,
    )
    from ledger.application.launches import find_launch

    with common.ledger() as ledger:
        found = find_launch(ledger, pair)
        written = (
            evidence_of(found) if decision is None else evidence_behind(ledger, found, decision)
        )
    digest = sha256_of(written)
    named = [n for n, row in enumerate(found.decisions, 1) if row.evidence_sha256 == digest]
    out.write_bytes(bytes_of(written))
    document = {
        "launch": found.key,
        "file": str(out),
        "sha256": digest,
        "position": written["position"],
        "decisions": named,
    }

    def people() -> None:
        typer.echo(f"{out} has the evidence of {found.key}, SHA-256 {digest}.")
        if named:
            typer.echo(f"  The ledger names it beside decision {', '.join(map(str, named))}.")

    common.show(document, as_json=as_json, people=people)


def _entry(found: "Launch", as_of: date | None) -> "Entry | None":
    """Return what is in scope now, or what was at the end of a day in UTC."""
    if as_of is None:
        return found.entry
    return found.entry_at(datetime.combine(as_of, time.max, UTC))


def _test_name(name: str) -> "TestName":
    from ledger.roaming.launch_figures import TEST_NAMES

    for known in TEST_NAMES:
        if name.replace("-", "_").lower() == known:
            return known
    raise UsageError("UNKNOWN_VALUE", f"A test is one of {_listed(TEST_NAMES)}.")


def _decision(name: str) -> "DecisionName":
    from ledger.roaming.launch_records import DECISIONS

    for known in DECISIONS:
        if name.replace("-", "_").lower() == known:
            return known
    raise UsageError("UNKNOWN_VALUE", f"A decision is one of {_listed(DECISIONS)}.")


def _role(name: str) -> "SignOffRole":
    from ledger.roaming.launch_records import SIGN_OFF_ROLES

    for known in SIGN_OFF_ROLES:
        if name.lower() == known:
            return known
    raise UsageError("UNKNOWN_VALUE", f"A role that signs off is one of {_listed(SIGN_OFF_ROLES)}.")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(name.replace("_", "-") for name in names)
