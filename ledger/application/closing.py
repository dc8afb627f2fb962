"""Closing a settlement period: cut off, review, true up, fall due, fix the figures, make immutable.

The console computes figures from the projections once everything up to the cut-off is projected;
the command carries the projection's log position and the figures' hash, and the ledger records
both, so that anyone can recompute them.
"""

from collections.abc import Mapping, Sequence

from ledger.application.approving import approve_period
from ledger.application.commands import By, provenance_of
from ledger.application.facts import View
from ledger.application.falling_due import groups_due
from ledger.application.hashing import hash_of_list
from ledger.application.ledger import Ledger
from ledger.application.on_figures import book_on_figures
from ledger.application.permissions import require_role
from ledger.application.revaluing import refuse_what_is_not_revalued
from ledger.application.store import ListedCdr, Writes
from ledger.application.truing_up import adjustments_of, booking_of_true_up
from ledger.books.due_groups import GroupDue
from ledger.books.invoice_groups import Accruals
from ledger.books.revaluation import ForeignFigures
from ledger.settlement.accounting import AccountingPeriod, TrialBalance
from ledger.settlement.period import Checkpoint, PeriodFigures, SettlementPeriod
from ledger.settlement.true_up import Adjustment, ClauseFigures
from ledger.values.aggregate import LedgerAggregate
from ledger.values.reasons import Reason, Refusal, Refused


def cut_off_period(ledger: Ledger, period: str, *, by: By) -> None:
    """Let no more CDRs into a period; what comes from now on books into the next one.

    The review that begins with it approves what still waits for objections and is not disputed.
    Refuses: NOT_FOUND, PERIOD_NOT_OPEN, PERIOD_NOT_OVER, ROLE_MISSING.
    """

    def decide(view: View, writes: Writes) -> list[LedgerAggregate]:  # noqa: ARG001
        require_role(view, by, "finance")
        found = _found(view, period)
        found.cut_off(now=by.at, provenance=provenance_of(by))
        found.review(provenance=provenance_of(by))
        return []

    ledger.command(decide, recorded_at=by.at)
    approve_period(ledger, period, by=by)


def true_up_period(
    ledger: Ledger, period: str, *, clauses: ClauseFigures, checkpoint: Checkpoint, by: By
) -> tuple[Adjustment, ...]:
    """Book what each clause owes over a period beyond what its CDRs booked; return it.

    `clauses` are the figures of the read model at the checkpoint. The same figures again book
    nothing. Refuses: NOT_FOUND, PERIOD_NOT_OPEN, FIGURES_MOVED, ROLE_MISSING, and what the tax
    or the conversion of a leg refuses.
    """

    def book(view: View) -> tuple[Adjustment, ...]:
        found = _found(view, period)
        owed = adjustments_of(view, found, clauses)
        booking, provenance = booking_of_true_up(found), provenance_of(by)
        found.true_up(owed, booking=booking, checkpoint=checkpoint, provenance=provenance)
        return owed

    return book_on_figures(
        ledger, book, figures=clauses, name="clauses", checkpoint=checkpoint, by=by
    )


def fall_due_period(
    ledger: Ledger, period: str, *, accruals: Accruals, checkpoint: Checkpoint, by: By
) -> tuple[GroupDue, ...]:
    """Make due what a period accrued, rounded once per invoice group; return it.

    `accruals` are the figures of the read model at the checkpoint. The same figures again book
    nothing. Refuses: NOT_FOUND, PERIOD_NOT_OPEN, FIGURES_MOVED, ROLE_MISSING, FX_RATE_MISSING.
    """

    def book(view: View) -> tuple[GroupDue, ...]:
        found = _found(view, period)
        due = groups_due(view, found, accruals)
        booking, provenance = booking_of_true_up(found), provenance_of(by)
        found.fall_due(due, booking=booking, checkpoint=checkpoint, provenance=provenance)
        return due

    return book_on_figures(
        ledger, book, figures=accruals, name="accruals", checkpoint=checkpoint, by=by
    )


def soft_close_period(
    ledger: Ledger,
    period: str,
    *,
    figures: PeriodFigures,
    clauses: ClauseFigures,
    accruals: Accruals,
    checkpoint: Checkpoint,
    cdrs: Sequence[str],
    by: By,
) -> None:
    """Fix the figures of a period and keep the ordered list of its CDRs.

    Refuses: PERIOD_NOT_OPEN, FIGURES_MOVED where the list is not the one the figures count,
    TRUE_UP_MISSING where a clause owes another amount than is booked, ACCRUAL_NOT_DUE where what
    is accrued has not fallen due.
    """

    def decide(view: View, writes: Writes) -> list[LedgerAggregate]:
        require_role(view, by, "finance")
        _refuse_another_list(figures, cdrs)
        found = _found(view, period)
        if found.state == "IN_REVIEW":
            _refuse_what_is_not_trued_up(adjustments_of(view, found, clauses))
            _refuse_what_is_not_due(groups_due(view, found, accruals))
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
    foreign: Sequence[ForeignFigures] = (),
    by: By,
) -> None:
    """Make a period immutable, and with the month's last one the month in every book.

    `trial_balances` has one row per book, `foreign` one per book that holds other currencies. Where
    agreements settle by several calendars, a month stays open in the books until each group's
    period of it is closed.
    Refuses: PERIOD_NOT_OPEN, PERIOD_CLOSED, CLOSE_BLOCKED, REVALUATION_MISSING.
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
        if others_of_the_month(view, found):
            return []
        refuse_what_is_not_revalued(view, foreign)
        for book, trial_balance in sorted(trial_balances.items()):
            month = view.edit(AccountingPeriod, f"{book}/{found.month}")
            month.close(trial_balance=trial_balance, provenance=provenance_of(by))
        return []

    ledger.command(decide, recorded_at=by.at)


def others_of_the_month(view: View, closed: SettlementPeriod) -> list[str]:
    """Return the periods of other groups in the same month that are not closed yet."""
    return [
        row.key
        for row in view.periods.values()
        if row.month == closed.month and row.key != closed.key and row.state != "HARD_CLOSED"
    ]


def _found(view: View, period: str) -> SettlementPeriod:
    if view.find(SettlementPeriod, period) is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "period", actual=period))
    return view.edit(SettlementPeriod, period)


def _refuse_another_list(figures: PeriodFigures, cdrs: Sequence[str]) -> None:
    listed = hash_of_list(cdrs)
    if len(cdrs) != figures.cdr_count or listed != figures.cdr_list_sha256:
        raise Refused(Refusal(Reason.FIGURES_MOVED, "cdrs", figures.cdr_list_sha256, listed))


def _refuse_what_is_not_trued_up(pending: Sequence[Adjustment]) -> None:
    if pending:
        raise Refused(
            *(
                Refusal(
                    Reason.TRUE_UP_MISSING,
                    f"{row.clause.agreement_version} {row.clause.clause}",
                    f"{row.owed} {row.clause.currency}",
                    f"{row.booked + row.before} {row.clause.currency}",
                )
                for row in pending
            )
        )


def _refuse_what_is_not_due(pending: Sequence[GroupDue]) -> None:
    if pending:
        raise Refused(
            *(
                Refusal(
                    Reason.ACCRUAL_NOT_DUE,
                    f"{row.group.seller} > {row.group.buyer} {row.name}",
                    "fallen due",
                    f"{row.accrued_net} and {row.accrued_tax} {row.group.currency} accrued",
                )
                for row in pending
            )
        )
