"""The launch of a partnership: a pair goes live in four phases, and leaves each by its evidence.

    new ──open──> running 1 ──expand──> running 2 ──> running 3 ──> running 4 ──expand──> completed
                     │  ^                    │
               pause v  │ keep narrow        └──roll back──> the phase before; from 1: stopped
                   paused

Every change of what is in scope begins a new *entry*: evidence is counted, tests are run and roles
sign off for the entry, so nothing proven before a change speaks for what came after it.
"""

from datetime import datetime

from eventsourcing.domain import event
from msgspec.structs import replace

from ledger.roaming.launch_criteria import PHASES
from ledger.roaming.launch_figures import LaunchFigures, ReadAt, TestRun
from ledger.roaming.launch_plan import Caps, LaunchPlan, PhasePlan, Scope
from ledger.roaming.launch_records import (
    SIGN_OFF_ROLES,
    DecisionName,
    Entry,
    Evaluation,
    LaunchState,
    SignOff,
    SignOffRole,
    Taken,
)
from ledger.roaming.launch_rules import (
    Missing,
    Result,
    entry_results,
    refusal_of,
    results_of,
)
from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused

LAST_PHASE = max(PHASES)


class Launch(LedgerAggregate):
    """A launch; its key is that of the agreement, `NL*XYZ>DE*EMP`."""

    KIND = "launch"
    KEY_FIELD = "launch"
    IS_SHARED_FACT = True

    state: LaunchState
    plan: LaunchPlan
    entries: tuple[Entry, ...]
    evaluations: tuple[Evaluation, ...]
    runs: tuple[TestRun, ...]
    sign_offs: tuple[SignOff, ...]
    decisions: tuple[Taken, ...]

    def begin(self) -> None:
        self.state = "new"
        self.plan = LaunchPlan(())
        self.entries, self.evaluations, self.runs = (), (), ()
        self.sign_offs, self.decisions = (), ()

    @property
    def entry(self) -> Entry:
        """What is in scope now."""
        return self.entries[-1]

    def entry_at(self, instant: datetime) -> Entry | None:
        """Return what was in scope at an instant; None before the launch was opened."""
        begun = [row for row in self.entries if row.since <= instant]
        return begun[-1] if begun else None

    @property
    def phase(self) -> int:
        """The phase the launch is in; paused, the one it goes on in."""
        return self.entry.phase

    @property
    def phase_plan(self) -> PhasePlan:
        """What the plan says of the current phase."""
        return self.plan.of_phase(self.phase)

    @property
    def next_phase(self) -> int | None:
        """The phase that an expansion leads to; None where it ends the launch."""
        return self.phase + 1 if self.phase < LAST_PHASE else None

    @property
    def runs_by_name(self) -> dict[str, TestRun]:
        """The last run of each acceptance test since the current entry."""
        return {run.name: run for run in self.runs if run.entry == self.entry.number}

    @property
    def signed(self) -> dict[SignOffRole, SignOff]:
        """Who signed the current entry off, by role."""
        return {row.role: row for row in self.sign_offs if row.entry == self.entry.number}

    def open(self, plan: LaunchPlan, *, provenance: Provenance) -> None:
        """Begin the launch in phase 1, or go on by another plan; the same again changes nothing.

        Refuses: WRONG_STATE where the launch is completed.
        """
        if self.state == "completed":
            raise Refused(Refusal(Reason.WRONG_STATE, self.key, "not completed", self.state))
        if self.state == "new":
            first = self._entry_of(plan, 1, provenance.occurred_at)
            self._record_opening(launch=self.key, plan=plan, entry=first, provenance=provenance)
        elif plan != self.plan:
            entry = self._entry_of(plan, self.phase, provenance.occurred_at)
            if self.state != "running":
                entry = replace(entry, scope=None)
            self._record_new_plan(launch=self.key, plan=plan, entry=entry, provenance=provenance)

    def judge(self, figures: LaunchFigures, missing: tuple[Missing, ...]) -> tuple[Result, ...]:
        """Return the lines of the current phase's gate: its exit, and the entry into the next."""
        results = results_of(self.phase_plan.rules, figures, self.runs_by_name)
        if self.next_phase is None:
            return results
        return (*results, *entry_results(self.next_phase, missing))

    def evaluate(
        self,
        figures: LaunchFigures,
        read_at: ReadAt,
        missing: tuple[Missing, ...],
        *,
        provenance: Provenance,
    ) -> Evaluation:
        """Record what the gate says now. Refuses: WRONG_STATE unless running, FIGURES_MOVED."""
        self._must_be("running")
        if figures.since != self.entry.since:
            since = self.entry.since.isoformat()
            raise Refused(Refusal(Reason.FIGURES_MOVED, "since", since, figures.since.isoformat()))
        evaluation = Evaluation(
            self.entry.number,
            self.phase,
            figures,
            read_at,
            self.judge(figures, missing),
            provenance,
        )
        self._record_evaluation(launch=self.key, evaluation=evaluation, provenance=provenance)
        return evaluation

    def record_test(self, run: TestRun) -> None:
        """Keep the run of an acceptance test. Refuses: WRONG_STATE unless running."""
        self._must_be("running")
        self._record_test_run(launch=self.key, run=run, provenance=run.provenance)

    def sign_off(self, role: SignOffRole, *, comment: str, provenance: Provenance) -> None:
        """Let a role vouch for the current phase; each role is another person.

        Refuses: WRONG_STATE where no gate was evaluated since the phase began, ALREADY_EXISTS,
        SECOND_PERSON_REQUIRED.
        """
        self._must_be("running")
        seen = [row for row in self.evaluations if row.entry == self.entry.number]
        if not seen:
            raise Refused(Refusal(Reason.WRONG_STATE, self.key, "a gate that was recorded", "none"))
        signed = self.signed
        if role in signed:
            by = signed[role].provenance.actor
            raise Refused(Refusal(Reason.ALREADY_EXISTS, f"sign-off {role}", actual=by))
        if provenance.actor in {row.provenance.actor for row in signed.values()}:
            raise Refused(
                Refusal(Reason.SECOND_PERSON_REQUIRED, "as", f"not {provenance.actor}", role)
            )
        row = SignOff(
            role, self.entry.number, self.phase, len(self.evaluations), comment, provenance
        )
        self._record_sign_off(launch=self.key, sign_off=row, provenance=provenance)

    def decide(
        self,
        decision: DecisionName,
        *,
        reason: str,
        evidence_sha256: str,
        provenance: Provenance,
    ) -> Taken:
        """Record what people decided.

        Refuses: REASON_MISSING, WRONG_STATE, and an expansion without its evidence:
        LAUNCH_GATE_NOT_PASSED with each line of the last gate, SIGN_OFF_MISSING with each role.
        """
        if not reason.strip():
            raise Refused(Refusal(Reason.REASON_MISSING, "reason"))
        if decision == "expand":
            self._refuse_to_expand()
        state, phase = self._led_to(decision)
        taken = Taken(
            decision, self.phase, phase, state, reason.strip(), evidence_sha256, provenance
        )
        entry = self._entry_after(taken)
        self._record_decision(launch=self.key, taken=taken, entry=entry, provenance=provenance)
        return taken

    def _led_to(self, decision: DecisionName) -> tuple[LaunchState, int]:
        phase = self.phase
        if decision == "expand":
            return ("completed", phase) if self.next_phase is None else ("running", phase + 1)
        if decision == "pause":
            self._must_be("running", "completed")
            return "paused", phase
        if decision == "keep_narrow":
            self._must_be("running", "paused", "stopped")
            return "running", phase
        self._must_be("running", "paused", "completed")
        if self.state == "completed":
            return "running", phase
        return ("stopped", phase) if phase == 1 else ("running", phase - 1)

    def _refuse_to_expand(self) -> None:
        """An expansion needs the last gate passed in every line, and every role's sign-off."""
        self._must_be("running")
        own = [row for row in self.evaluations if row.entry == self.entry.number]
        if not own:
            missing = Refusal(Reason.LAUNCH_GATE_NOT_PASSED, "gate", "evaluated", "never")
            raise Refused(missing)
        refusals = [refusal_of(row) for row in own[-1].failed]
        refusals.extend(
            Refusal(Reason.SIGN_OFF_MISSING, f"phase {self.phase}", role)
            for role in SIGN_OFF_ROLES
            if role not in self.signed
        )
        if refusals:
            raise Refused(*refusals)

    def _entry_after(self, taken: Taken) -> Entry | None:
        """Return what is in scope from the decision on; None where nothing changes."""
        if taken.decision == "keep_narrow" and self.state == "running":
            return None
        since = taken.provenance.occurred_at
        entry = self._entry_of(self.plan, taken.to_phase, since)
        if taken.state == "completed":
            return replace(entry, scope=Scope(), caps=Caps())
        return entry if taken.state == "running" else replace(entry, scope=None)

    def _entry_of(self, plan: LaunchPlan, phase: int, since: datetime) -> Entry:
        row = plan.of_phase(phase)
        return Entry(len(self.entries) + 1, phase, since, row.scope, row.caps)

    def _must_be(self, *states: LaunchState) -> None:
        if self.state not in states:
            raise Refused(Refusal(Reason.WRONG_STATE, self.key, " or ".join(states), self.state))

    @event("Opened", topic="launch.opened.v1")
    def _record_opening(
        self, launch: str, plan: LaunchPlan, entry: Entry, provenance: Provenance
    ) -> None:
        self.state, self.plan = "running", plan
        self.entries = (*self.entries, entry)

    @event("Replanned", topic="launch.replanned.v1")
    def _record_new_plan(
        self, launch: str, plan: LaunchPlan, entry: Entry, provenance: Provenance
    ) -> None:
        self.plan = plan
        self.entries = (*self.entries, entry)

    @event("GateEvaluated", topic="launch.gate_evaluated.v1")
    def _record_evaluation(
        self, launch: str, evaluation: Evaluation, provenance: Provenance
    ) -> None:
        self.evaluations = (*self.evaluations, evaluation)

    @event("Tested", topic="launch.tested.v1")
    def _record_test_run(self, launch: str, run: TestRun, provenance: Provenance) -> None:
        self.runs = (*self.runs, run)

    @event("SignedOff", topic="launch.signed_off.v1")
    def _record_sign_off(self, launch: str, sign_off: SignOff, provenance: Provenance) -> None:
        self.sign_offs = (*self.sign_offs, sign_off)

    @event("Decided", topic="launch.decided.v1")
    def _record_decision(
        self, launch: str, taken: Taken, entry: Entry | None, provenance: Provenance
    ) -> None:
        self.decisions = (*self.decisions, taken)
        self.state = taken.state
        if entry is not None:
            self.entries = (*self.entries, entry)
