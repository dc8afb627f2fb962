"""What a close would be about, and what stands in its way: asked before every step of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from console.revaluing import BookRevalued, look_ahead
from console.steps_ahead import step_ahead
from consumers.runner import incoming_topics, unconsumed_before
from ledger.application.falling_due import pending_falling_due
from ledger.application.ledger import Ledger
from ledger.application.truing_up import (
    agreements_with_tiered_months,
    pending_true_up,
    tiered_clauses,
)
from ledger.books.due_groups import GroupDue
from ledger.log import log_of
from ledger.settlement.period import PeriodFigures, SettlementPeriod
from ledger.settlement.true_up import Adjustment, ClauseFigures
from ledger.values.reasons import Reason, Refusal, Refused
from projections.database import Connection, reading
from projections.queries.accrual import accruals
from projections.queries.control import ControlAccount, control_accounts, control_blocks
from projections.queries.period import (
    Block,
    HeldCdr,
    PartyPosition,
    blocks,
    figures,
    held_cdrs,
    party_positions,
)
from projections.queries.split import clause_figures, clause_uses
from projections.runner import Projector


class Place(NamedTuple):
    """Where the ledger, its read models and its messages are."""

    database_url: str
    kafka_options: dict[str, Any]
    topic_prefix: str


class Preview(NamedTuple):
    """What a close would be about, and what stands in its way.

    `true_up` is what clauses owe beyond what their CDRs booked, `falling_due` what is accrued by
    invoice group, `revaluation` what books hold in other currencies at the rates of the month's
    end; a close books them in this order, and each is shown as if those before it were not.
    `controls` are the control accounts of all books.
    """

    period: str
    state: str
    blocks: list[Block]
    figures: PeriodFigures
    positions: list[PartyPosition]
    held: list[HeldCdr]
    true_up: tuple[Adjustment, ...] = ()
    revaluation: tuple[BookRevalued, ...] = ()
    falling_due: tuple[GroupDue, ...] = ()
    controls: Sequence[ControlAccount] = ()


def preview(ledger: Ledger, place: Place, period: str, *, looks_ahead: bool = True) -> Preview:
    """Return what a close would be about, with `looks_ahead` what its steps would book.

    Refuses: NOT_FOUND.
    """
    found = period_of(ledger, period)
    project_all(place)
    standing = _unread_blocks(ledger, place, found.ends_at)
    with reading(place.database_url) as connection:
        steps = _steps_ahead(ledger, connection, found) if looks_ahead else _StepsAhead()
        controls = control_accounts(connection, found.month)
        return Preview(
            period,
            found.state,
            [*standing, *blocks(connection, period), *control_blocks(controls), *steps.blocks],
            figures(connection, period),
            party_positions(connection, period),
            held_cdrs(connection, period),
            steps.true_up,
            steps.revaluation,
            steps.falling_due,
            controls,
        )


def period_of(ledger: Ledger, period: str) -> SettlementPeriod:
    """Return a settlement period. Refuses: NOT_FOUND."""
    ledger.refresh()
    found = ledger.facts.find(SettlementPeriod, period)
    if found is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "period", actual=period))
    return found


def project_all(place: Place) -> None:
    """Bring the read models up to everything recorded."""
    Projector(place.database_url).run(until_caught_up=True)


def clauses_of(ledger: Ledger, connection: Connection, period: str) -> ClauseFigures:
    """Return the figures that a true-up decides on, from one snapshot of the read model."""
    uses = clause_uses(connection, period)
    named = {(row.clause.agreement_version, row.clause.clause) for row in uses}
    return clause_figures(
        connection,
        period,
        uses,
        tiered=tiered_clauses(ledger, sorted(named)),
        agreements=agreements_with_tiered_months(ledger),
    )


class _StepsAhead(NamedTuple):
    """What the steps of a close would book, each by what is recorded now, and what refuses them."""

    true_up: tuple[Adjustment, ...] = ()
    falling_due: tuple[GroupDue, ...] = ()
    revaluation: tuple[BookRevalued, ...] = ()
    blocks: Sequence[Block] = ()


def _steps_ahead(ledger: Ledger, connection: Connection, period: SettlementPeriod) -> _StepsAhead:
    """Return what is ahead of a period: once its figures are fixed, its revaluation alone."""
    foreign, no_rates = look_ahead(ledger, connection, period)
    if period.state in ("SOFT_CLOSED", "HARD_CLOSED"):
        return _StepsAhead(revaluation=foreign, blocks=no_rates)
    key = period.key
    missing, not_owed = step_ahead(
        "The true-up", lambda: pending_true_up(ledger, key, clauses_of(ledger, connection, key))
    )
    due, not_due = step_ahead(
        "Falling due", lambda: pending_falling_due(ledger, key, accruals(connection, key))
    )
    return _StepsAhead(missing, due, foreign, [*not_owed, *not_due, *no_rates])


def _unread_blocks(ledger: Ledger, place: Place, cut_off: datetime) -> list[Block]:
    """Say which partitions hold messages from before the cut-off that nobody took in yet."""
    log = log_of(ledger)
    waiting = unconsumed_before(
        cut_off,
        place.kafka_options,
        incoming_topics(place.kafka_options, place.topic_prefix),
        log.consumed_offsets(),
    )
    return [
        Block(
            "CONSUMER_BEHIND",
            f"{row.topic}[{row.partition}] holds a message of {row.received_at.isoformat()}"
            f" at offset {row.offset} that was not taken in yet.",
        )
        for row in waiting
    ]
