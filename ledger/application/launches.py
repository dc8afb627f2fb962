"""The launch of a partnership: opened, judged by its evidence, signed off, decided by people.

The console computes figures from the read models; the commands carry them with the models' log
position and their hash, and the ledger records both, so that anyone can recompute them.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, TypeVar

from ledger.application.commands import By, provenance_of
from ledger.application.consequences import record_fact
from ledger.application.facts import View
from ledger.application.hashing import hash_of
from ledger.application.launch_evidence import evidence_of, sha256_of
from ledger.application.ledger import Ledger
from ledger.application.store import FactRecorded
from ledger.roaming.agreement import Agreement
from ledger.roaming.launch import Launch
from ledger.roaming.launch_figures import MOST_KEPT, LaunchFigures, ReadAt, Tested, TestRun
from ledger.roaming.launch_plan import LaunchPlan, PhasePlan, refuse_a_wrong_plan
from ledger.roaming.launch_records import DecisionName, Evaluation, SignOffRole, Taken
from ledger.roaming.launch_rules import Missing, entry_results, refusal_of
from ledger.roaming.launch_scope import launch_fact
from ledger.roaming.location import Location
from ledger.roaming.tariff import Tariff
from ledger.values.identifiers import checked_party, pair_key, record_key
from ledger.values.instants import NEVER
from ledger.values.reasons import Reason, Refusal, Refused

T = TypeVar("T")
ROLES: tuple[Literal["operations", "finance"], ...] = ("operations", "finance")
"""Who may open a launch, record its evidence, and decide."""


def checked_pair(text: str) -> str:
    """Return a pair's key in its one spelling. Refuses: WRONG_IDENTIFIER.

    >>> checked_pair("nl*xyz>de*emp")
    'NL*XYZ>DE*EMP'
    """
    seller, arrow, buyer = text.partition(">")
    if not arrow:
        raise Refused(Refusal(Reason.WRONG_IDENTIFIER, "pair", "NL*XYZ>DE*EMP", text))
    return pair_key(checked_party(seller), checked_party(buyer))


def find_launch(ledger: Ledger, pair: str, *, known_at: datetime | None = None) -> Launch:
    """Return the launch of a pair as recorded by now, or as it was known. Refuses: NOT_FOUND."""
    ledger.refresh()
    found = _found(View(ledger.facts), pair)
    then = found if known_at is None else _as_known(ledger, found, known_at)
    if then.is_new:
        raise Refused(Refusal(Reason.NOT_FOUND, "launch", actual=pair))
    return then


def launches(ledger: Ledger, *, known_at: datetime | None = None) -> list[Launch]:
    """Return all launches by their pair, those known by an instant as they were then."""
    ledger.refresh()
    found = ledger.facts.all_of(Launch)
    if known_at is not None:
        then = (_as_known(ledger, row, known_at) for row in found)
        found = [row for row in then if not row.is_new]
    return found


def _as_known(ledger: Ledger, launch: Launch, known_at: datetime) -> Launch:
    then = Launch.blank(launch.key)
    for stored in ledger.store.events_of([launch.id]).get(launch.id, ()):
        happened = ledger.event_mapper.to_domain_event(stored)
        if happened.timestamp <= known_at:
            happened.mutate(then)
    return then


def open_launch(
    ledger: Ledger, pair: str, plan: LaunchPlan, *, by: By, dry_run: bool = False
) -> Launch:
    """Begin a launch in phase 1, or let it go on by another plan, which begins a new entry.

    Refuses: everything wrong in the plan at once; AGREEMENT_MISSING; LAUNCH_GATE_NOT_PASSED where
    a site or tariff in scope of the phase is not known; WRONG_STATE; ROLE_MISSING.
    """
    key = checked_pair(pair)
    refuse_a_wrong_plan(plan)

    def change(view: View) -> Launch:
        agreement = view.find(Agreement, key)
        if agreement is None or agreement.version_valid_at(by.at) is None:
            raise Refused(Refusal(Reason.AGREEMENT_MISSING, key))
        launch = view.edit(Launch, key)
        phase = 1 if launch.is_new else launch.phase
        missing = missing_for(view, key, plan.of_phase(phase), by)
        lacking = [row for row in entry_results(phase, missing) if not row.is_passed]
        if lacking:
            raise Refused(*(refusal_of(row) for row in lacking))
        launch.open(plan, provenance=provenance_of(by))
        return launch

    return _change(ledger, key, change, by, dry_run=dry_run)


def missing_for(view: View, pair: str, phase: PhasePlan, by: By) -> tuple[Missing, ...]:
    """Return what the entry into a phase lacks: its time, the agreement, its sites, its tariffs."""
    seller = pair.partition(">")[0]
    agreement = view.find(Agreement, pair)
    is_agreed = agreement is not None and agreement.version_valid_at(by.at) is not None
    sites = [view.find(Location, record_key(seller, row)) for row in phase.scope.locations]
    tariffs = [view.find(Tariff, record_key(seller, row)) for row in phase.scope.tariffs]
    valid = [row is not None and row.version_valid_at(by.at) is not None for row in tariffs]
    is_early = phase.not_before is not None and by.at < phase.not_before
    return (
        Missing("entry_time", int(is_early), 1),
        Missing("entry_agreement", int(not is_agreed), 1),
        Missing("entry_sites", sites.count(None), len(sites)),
        Missing("entry_tariffs", valid.count(False), len(valid)),
    )


def missing_next(view: View, launch: Launch, by: By) -> tuple[Missing, ...]:
    """Return what the entry into a launch's next phase lacks; nothing after the last one."""
    if launch.next_phase is None:
        return ()
    return missing_for(view, launch.key, launch.plan.of_phase(launch.next_phase), by)


def connectors_in_scope(view: View, launch: Launch) -> tuple[str, ...]:
    """Return the connector types at the locations that the current phase names.

    A phase without named locations asks only for the types that commands were sent to.
    """
    seller = launch.key.partition(">")[0]
    locations = (
        view.find(Location, record_key(seller, row)) for row in launch.phase_plan.scope.locations
    )
    found = {
        connector.standard
        for location in locations
        if location is not None
        for evse in location.versions[-1].statement.evses
        for connector in evse.connectors
    }
    return tuple(sorted(found))


def record_gate(
    ledger: Ledger, pair: str, figures: LaunchFigures, read_at: ReadAt, *, by: By
) -> Evaluation:
    """Record what a launch's gate says now. Refuses: WRONG_STATE, FIGURES_MOVED, ROLE_MISSING."""

    def change(view: View) -> Evaluation:
        return _evaluate(view, _edited(view, pair), figures, read_at, by)

    return _change(ledger, checked_pair(pair), change, by, moves_scope=False)


def record_test(ledger: Ledger, pair: str, tested: Tested, *, by: By) -> TestRun:
    """Record the run of an acceptance test. Refuses: WRONG_STATE, ROLE_MISSING."""

    def change(view: View) -> TestRun:
        launch = _edited(view, pair)
        run = TestRun(
            tested.name,
            tested.position,
            tested.cases,
            len(tested.differences),
            tested.differences[:MOST_KEPT],
            hash_of(tested.differences),
            tested.source_sha256,
            launch.entry.number,
            provenance_of(by),
        )
        launch.record_test(run)
        return run

    return _change(ledger, checked_pair(pair), change, by, moves_scope=False)


def sign_off(ledger: Ledger, pair: str, role: SignOffRole, *, comment: str = "", by: By) -> Launch:
    """Let a person vouch for the current phase in one role, which that person must have.

    Refuses: ROLE_MISSING, WRONG_STATE, ALREADY_EXISTS, SECOND_PERSON_REQUIRED.
    """

    def change(view: View) -> Launch:
        launch = _edited(view, pair)
        launch.sign_off(role, comment=comment, provenance=provenance_of(by))
        return launch

    return _change(ledger, checked_pair(pair), change, by, roles=(role,), moves_scope=False)


def decide_launch(
    ledger: Ledger,
    pair: str,
    decision: DecisionName,
    *,
    reason: str,
    by: By,
    gate: tuple[LaunchFigures, ReadAt] | None = None,
) -> Taken:
    """Record what people decided; with a `gate`, it is evaluated and recorded in the same step.

    Refuses: REASON_MISSING, WRONG_STATE, ROLE_MISSING; and to expand, LAUNCH_GATE_NOT_PASSED with
    each criterion that is not met and SIGN_OFF_MISSING with each role.
    """

    def change(view: View) -> Taken:
        launch = _edited(view, pair)
        if gate is not None:
            _evaluate(view, launch, *gate, by)
        return launch.decide(
            decision,
            reason=reason,
            evidence_sha256=sha256_of(evidence_of(launch)),
            provenance=provenance_of(by),
        )

    return _change(ledger, checked_pair(pair), change, by)


def _evaluate(
    view: View, launch: Launch, figures: LaunchFigures, read_at: ReadAt, by: By
) -> Evaluation:
    missing = missing_next(view, launch, by)
    return launch.evaluate(figures, read_at, missing, provenance=provenance_of(by))


def _found(view: View, pair: str) -> Launch:
    launch = view.find(Launch, checked_pair(pair))
    if launch is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "launch", actual=pair))
    return launch


def _edited(view: View, pair: str) -> Launch:
    return view.edit(Launch, _found(view, pair).key)


def _change(
    ledger: Ledger,
    pair: str,
    change: Callable[[View], T],
    by: By,
    *,
    roles: tuple[str, ...] = ROLES,
    moves_scope: bool = True,
    dry_run: bool = False,
) -> T:
    """Change a launch as a person with a role; what waits for its scope is due with it."""
    result: list[T] = []

    def carry_out(view: View) -> list[FactRecorded]:
        result[:] = [change(view)]
        return [FactRecorded(launch_fact(pair), NEVER)] if moves_scope else []

    record_fact(ledger, carry_out, by, *roles, dry_run=dry_run)
    return result[0]
