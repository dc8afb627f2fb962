"""Closing a settlement period: cut off, review, fix the figures, make them immutable.

The console computes figures from the projections once everything up to the cut-off is projected;
the command carries the projection's log position and the figures' hash, and the ledger records
both, so that anyone can recompute them.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from ledger.application.commands import By, provenance_of
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.permissions import require_role
from ledger.application.store import ListedCdr, Writes
from ledger.settlement.accounting import AccountingPeriod, TrialBalance
from ledger.settlement.period import Checkpoint, PeriodFigures, SettlementPeriod
from ledger.values.aggregate import LedgerAggregate
from ledger.values.reasons import Reason, Refusal, Refused


def hash_of_list(cdrs: Sequence[str]) -> str:
    """Return the hash of an ordered CDR list, one key a line.

    >>> hash_of_list([])[:8]
    'e3b0c442'
    """
    return sha256("".join(f"{cdr}\n" for cdr in cdrs).encode()).hexdigest()


def cut_off_period(ledger: Ledger, period: str, *, by: By) -> None:
    """Let no more CDRs into a period; what comes from now on books into the next one.

    Refuses: NOT_FOUND, PERIOD_NOT_OPEN, PERIOD_NOT_OVER, ROLE_MISSING.
    """

    def decide(view: View, writes: Writes) -> list[LedgerAggregate]:  # noqa: ARG001
        require_role(view, by, "finance")
        found = _found(view, period)
        found.cut_off(now=by.at, provenance=provenance_of(by))
        found.review(provenance=provenance_of(by))
        return []

    ledger.command(decide, recorded_at=by.at)


def soft_close_period(
    ledger: Ledger,
    period: str,
    *,
    figures: PeriodFigures,
    checkpoint: Checkpoint,
    cdrs: Sequence[str],
    by: By,
) -> None:
    """Fix the figures of a period and keep the ordered list of its CDRs.

    Refuses: PERIOD_NOT_OPEN, FIGURES_MOVED where the list is not the one the figures count.
    """

    def decide(view: View, writes: Writes) -> list[LedgerAggregate]:
        require_role(view, by, "finance")
        _refuse_another_list(figures, cdrs)
        found = _found(view, period)
        found.soft_close(figures=figures, checkpoint=checkpoint, provenance=provenance_of(by))
        writes.listed.extend(
            ListedCdr(found.id, found.version, number, cdr) for number, cdr in enumerate(cdrs, 1)
        )
        return []

    ledger.command(decide, recorded_at=by.at)


def hard_close_period(
    ledger: Ledger,
    period: str,
    *,
    figures: PeriodFigures,
    checkpoint: Checkpoint,
    trial_balances: Mapping[str, TrialBalance],
    by: By,
) -> None:
    """Make a period and its month in every book immutable, under the log's Merkle root.

    `trial_balances` has one row per book. Refuses: PERIOD_NOT_OPEN, PERIOD_CLOSED, CLOSE_BLOCKED.
    """

    def decide(view: View, writes: Writes) -> list[LedgerAggregate]:  # noqa: ARG001
        require_role(view, by, "finance")
        found = _found(view, period)
        found.hard_close(
            figures=figures,
            checkpoint=checkpoint,
            log_root=ledger.store.merkle_root(checkpoint.position).hex(),
            provenance=provenance_of(by),
        )
        for book, trial_balance in sorted(trial_balances.items()):
            month = view.edit(AccountingPeriod, f"{book}/{found.month}")
            month.close(trial_balance=trial_balance, provenance=provenance_of(by))
        return []

    ledger.command(decide, recorded_at=by.at)


def _found(view: View, period: str) -> SettlementPeriod:
    if view.find(SettlementPeriod, period) is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "period", actual=period))
    return view.edit(SettlementPeriod, period)


def _refuse_another_list(figures: PeriodFigures, cdrs: Sequence[str]) -> None:
    listed = hash_of_list(cdrs)
    if len(cdrs) != figures.cdr_count or listed != figures.cdr_list_sha256:
        raise Refused(Refusal(Reason.FIGURES_MOVED, "cdrs", figures.cdr_list_sha256, listed))
