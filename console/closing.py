"""Closing a settlement period: what blocks it, its figures, and the steps in their order.

Before the figures are fixed, what clauses owe over the whole period is trued up, and what is
accrued falls due by invoice group, rounded once.

The figures are read from the projections at one position of the log, the ledger records that
position and their hash, and nothing can be booked into the period any more once it is cut off.
"""

from collections.abc import Callable, Sequence

from console.close_preview import Place, Preview, clauses_of, period_of, preview, project_all
from console.revaluing import foreign_in, revalue_for_close
from ledger.application.closing import (
    cut_off_period,
    fall_due_period,
    hard_close_period,
    soft_close_period,
    true_up_period,
)
from ledger.application.commands import By
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.permissions import require_role
from ledger.application.rehearsal import Rehearsal
from ledger.books.due_groups import GroupDue
from ledger.roaming.party import Party
from ledger.settlement.true_up import Adjustment
from ledger.values.reasons import Reason, Refusal, Refused
from projections.database import reading
from projections.queries.accrual import accrual_checkpoint, accruals
from projections.queries.balance import trial_balance
from projections.queries.period import (
    checkpoint,
    figures,
    period_cdrs,
)
from projections.queries.split import clause_checkpoint


def true_up(
    ledger: Ledger, place: Place, period: str, *, by: By, dry_run: bool = False
) -> tuple[Adjustment, ...]:
    """Book what each clause owes over a period beyond what its CDRs booked; return it.

    `dry_run` refuses the same and books nothing. Refuses: NOT_FOUND, PERIOD_NOT_OPEN but in the
    review, ROLE_MISSING, and what the tax or the conversion of a leg refuses.
    """
    period_of(ledger, period)
    project_all(place)
    with reading(place.database_url) as connection:
        clauses = clauses_of(ledger, connection, period)
        at = clause_checkpoint(connection, clauses)
    books = Rehearsal(ledger) if dry_run else ledger
    return true_up_period(books, period, clauses=clauses, checkpoint=at, by=by)


def fall_due(
    ledger: Ledger, place: Place, period: str, *, by: By, dry_run: bool = False
) -> tuple[GroupDue, ...]:
    """Make due what a period accrued, rounded once per invoice group; return it.

    `dry_run` refuses the same and books nothing. Refuses: NOT_FOUND, PERIOD_NOT_OPEN but in the
    review, ROLE_MISSING, FX_RATE_MISSING.
    """
    period_of(ledger, period)
    project_all(place)
    with reading(place.database_url) as connection:
        accrued = accruals(connection, period)
        at = accrual_checkpoint(connection, accrued)
    books = Rehearsal(ledger) if dry_run else ledger
    return fall_due_period(books, period, accruals=accrued, checkpoint=at, by=by)


def close_ahead(
    ledger: Ledger, place: Place, period: str, *, by: By, until: str = "HARD_CLOSED"
) -> Preview:
    """Preview a close, which is not begun; what would block it stands in the preview.

    Refuses what `close` refuses before it begins: NOT_FOUND, PERIOD_CLOSED, PERIOD_NOT_OVER,
    ROLE_MISSING.
    """
    _refuse_what_may_not_begin(ledger, period, by=by, until=until)
    return preview(ledger, place, period)


def close(
    ledger: Ledger,
    place: Place,
    period: str,
    *,
    by: By,
    until: str = "HARD_CLOSED",
    say: Callable[[str], object] = lambda _: None,
) -> Preview:
    """Take a period through its states up to `until`; return the figures it was closed on.

    Goes on where an interrupted close stopped. Refuses: NOT_FOUND, CLOSE_BLOCKED with everything
    that blocks, PERIOD_NOT_OVER, ROLE_MISSING, and PERIOD_CLOSED where nothing is left to do.
    """
    _refuse_what_may_not_begin(ledger, period, by=by, until=until)
    found = _unblocked(ledger, place, period, looks_ahead=True)
    if found.state == "OPEN":
        cut_off_period(ledger, period, by=by)
        say(f"{period} is cut off: what arrives now books into the next period.")
        found = _unblocked(ledger, place, period)
    if found.state == "IN_REVIEW":
        booked = true_up(ledger, place, period, by=by)
        say(f"{period} is trued up: {len(booked)} clauses owed another amount than was booked.")
        due = fall_due(ledger, place, period, by=by)
        say(f"{period} fell due: {len(due)} invoice groups, rounded once each.")
        found = _unblocked(ledger, place, period)
        _soft_close(ledger, place, found, by)
        say(f"{period} is soft closed with {found.figures.cdr_count} CDRs.")
    if until == "HARD_CLOSED":
        say(revalue_for_close(ledger, place.database_url, period_of(ledger, period), by=by))
        _hard_close(ledger, place, _unblocked(ledger, place, period), by)
        say(f"{period} is hard closed.")
    return preview(ledger, place, period)


def _refuse_what_may_not_begin(ledger: Ledger, period: str, *, by: By, until: str) -> None:
    found = period_of(ledger, period)
    if found.state in (until, "HARD_CLOSED"):
        raise Refused(Refusal(Reason.PERIOD_CLOSED, period))
    require_role(View(ledger.facts), by, "finance")
    if found.state == "OPEN":
        found.refuse_before_its_end(by.at)


def _unblocked(ledger: Ledger, place: Place, period: str, *, looks_ahead: bool = False) -> Preview:
    """Return the preview of a period that nothing blocks. Refuses: CLOSE_BLOCKED."""
    found = preview(ledger, place, period, looks_ahead=looks_ahead)
    if found.blocks:
        raise Refused(
            *(
                Refusal(Reason.CLOSE_BLOCKED, block.code, actual=block.sentence)
                for block in found.blocks
            )
        )
    return found


def _soft_close(ledger: Ledger, place: Place, found: Preview, by: By) -> None:
    with reading(place.database_url) as connection:
        cdrs: Sequence[str] = [row.cdr for row in period_cdrs(connection, found.period)]
        exact = figures(connection, found.period)
        at = checkpoint(connection, exact)
        clauses = clauses_of(ledger, connection, found.period)
        accrued = accruals(connection, found.period)
    soft_close_period(
        ledger,
        found.period,
        figures=exact,
        clauses=clauses,
        accruals=accrued,
        checkpoint=at,
        cdrs=cdrs,
        by=by,
    )


def _hard_close(ledger: Ledger, place: Place, found: Preview, by: By) -> None:
    month = found.period.partition("/")[2]
    with reading(place.database_url) as connection:
        exact = figures(connection, found.period)
        at = checkpoint(connection, exact)
        books = sorted({key for row in ledger.facts.all_of(Party) for key in row.entities})
        balances = {book: trial_balance(connection, book, month) for book in books}
        foreign = foreign_in(ledger, connection, month)
    hard_close_period(
        ledger,
        found.period,
        figures=exact,
        checkpoint=at,
        trial_balances=balances,
        foreign=foreign,
        by=by,
    )
