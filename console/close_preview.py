"""What a close would be about, and what stands in its way: asked before every step of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from console.revaluing import BookRevalued, look_ahead
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
    invoice group before that, `revaluation` what books hold in other currencies at the rates of
    the month's end; a close books all three. `controls` are the control accounts of all books.
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
    """Return what a close would be about, with `looks_ahead` what it would true up.

    Refuses: NOT_FOUND.
    """
    found = period_of(ledger, period)
    project_all(place)
    standing = _unread_blocks(ledger, place, found.ends_at)
    with reading(place.database_url) as connection:
        missing, refused = _true_up_of(ledger, connection, found) if looks_ahead else ((), [])
        due, not_due = _falling_due_of(ledger, connection, found) if looks_ahead else ((), [])
        foreign, no_rates = look_ahead(ledger, connection, found) if looks_ahead else ((), [])
        controls = control_accounts(connection, found.month)
        return Preview(
            period,
            found.state,
            [
                *standing,
                *blocks(connection, period),
                *control_blocks(controls),
                *refused,
                *not_due,
                *no_rates,
            ],
            figures(connection, period),
            party_positions(connection, period),
            held_cdrs(connection, period),
            missing,
            foreign,
            due,
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


def _true_up_of(
    ledger: Ledger, connection: Connection, period: SettlementPeriod
) -> tuple[tuple[Adjustment, ...], list[Block]]:
    """Return what a true-up would book, or why it cannot, as blocks; nothing once it is closed."""
    if period.state in ("SOFT_CLOSED", "HARD_CLOSED"):
        return (), []
    try:
        clauses = clauses_of(ledger, connection, period.key)
        return pending_true_up(ledger, period.key, clauses), []
    except Refused as refused:
        return (), [
            Block(row.reason, f"The true-up: {row.path} {row.expected} {row.actual}".rstrip())
            for row in refused.refusals
        ]


def _falling_due_of(
    ledger: Ledger, connection: Connection, period: SettlementPeriod
) -> tuple[tuple[GroupDue, ...], list[Block]]:
    """Return what would fall due, or why it cannot, as blocks; nothing once it is closed."""
    if period.state in ("SOFT_CLOSED", "HARD_CLOSED"):
        return (), []
    try:
        return pending_falling_due(ledger, period.key, accruals(connection, period.key)), []
    except Refused as refused:
        return (), [
            Block(row.reason, f"Falling due: {row.path} {row.expected} {row.actual}".rstrip())
            for row in refused.refusals
        ]


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
