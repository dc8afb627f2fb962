"""The launches of the month: opened before the first charge, and judged when the month is closed.

Which criteria are not met follows from the faults that the plan put on the pair. Everything else
is what the ledger's evidence says.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from console.demo.charge import parties_in
from console.demo.desk import FINANCE, OPERATIONS, SUPPORT, Desk
from console.demo.faults import FAULTS
from console.demo.month import MonthPlan
from console.launches.rehearsal import Rehearsed, Signers, rehearse
from consumers.cdrs import to_command
from ledger.application.acceptance import fields_of
from ledger.application.launches import open_launch
from ledger.application.ledger import Ledger
from ledger.roaming.launch_criteria import CRITERIA, ExitRule
from ledger.values.identifiers import pair_key, party_key
from schemas import CdrV1, CommandResultV1

SIGNERS: Final = Signers(OPERATIONS, SUPPORT, FINANCE[0])
_REASON: Final = "A month of charges is proven by its evidence."


class Launched(NamedTuple):
    """How a launch had to end its phase, and how it did: criteria that are not met, in order."""

    pair: str
    phase: int
    is_expanded: bool
    failed: tuple[str, ...]
    expected: tuple[str, ...]

    @property
    def is_met(self) -> bool:
        """True where it went on, or did not, for the reasons that were planned."""
        return self.failed == self.expected and self.is_expanded == (not self.expected)


def open_launches(desk: Desk, plan: MonthPlan) -> None:
    """Open the launches of the world by their plans."""
    for pair, phases in plan.context.world.launches.items():
        open_launch(desk.ledger, pair, phases, by=desk.by(OPERATIONS))


def end_phases(
    ledger: Ledger, database_url: str, plan: MonthPlan, *, at: datetime
) -> list[Launched]:
    """Test, judge and sign the phase of every launch, and ask to expand."""
    ended = []
    with TemporaryDirectory() as folder:
        for pair in plan.context.world.launches:
            rehearsed = rehearse(
                ledger,
                database_url,
                pair,
                signers=SIGNERS,
                reason=_REASON,
                at=at,
                partner_file=_partner_file(Path(folder) / "cdrs.csv", pair, plan),
            )
            ended.append(_told(rehearsed, expected_failures(plan, pair)))
    return ended


def _told(rehearsed: Rehearsed, expected: tuple[str, ...]) -> Launched:
    failed = dict.fromkeys(row.criterion for row in rehearsed.gate.results if not row.is_passed)
    return Launched(rehearsed.pair, rehearsed.phase, rehearsed.is_expanded, tuple(failed), expected)


def expected_failures(plan: MonthPlan, pair: str) -> tuple[str, ...]:
    """Return the criteria of a pair's first phase that its faults leave unmet, in their order."""
    world = plan.context.world
    cases: Counter[str] = Counter()
    for fault in FAULTS:
        if fault.pair is not None and pair_key(*fault.pair) == pair:
            count = len(plan.cases.get(fault.name, ()))
            cases.update(dict.fromkeys(fault.fails, count))
    charges = sum(1 for _ in _cdrs_of(plan, pair))
    commands = sum(1 for _ in _commands_of(plan, pair))
    return tuple(
        row.criterion
        for row in world.launches[pair].of_phase(1).rules
        if _is_unmet(row, cases[row.criterion], charges)
        or (row.criterion == "command_success_percent" and commands < row.minimum)
    )


def _is_unmet(rule: ExitRule, cases: int, charges: int) -> bool:
    is_share = CRITERIA[rule.criterion].unit == "%"
    value = Fraction(100 * cases, charges) if is_share and charges else Fraction(cases)
    return bool(cases) and value > Fraction(rule.threshold)


def _partner_file(path: Path, pair: str, plan: MonthPlan) -> Path:
    """Write what the eMSP holds of the pair's CDRs: each as it was sent."""
    rows = [fields_of(to_command(cdr).statement) for cdr in _cdrs_of(plan, pair)]
    with path.open("w", encoding="utf-8", newline="") as file:
        columns = sorted({name for row in rows for name in row} | {"id"})
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


def _commands_of(plan: MonthPlan, pair: str) -> Iterator[CommandResultV1]:
    for row in plan.before_close:
        sent = row.value
        if isinstance(sent, CommandResultV1):
            seller = party_key(sent.country_code, sent.party_id)
            if pair == pair_key(seller, sent.sent_by):
                yield sent


def _cdrs_of(plan: MonthPlan, pair: str) -> Iterator[CdrV1]:
    for row in plan.before_close:
        cdr = row.value
        if isinstance(cdr, CdrV1) and pair == pair_key(*parties_in(cdr)):
            yield cdr
