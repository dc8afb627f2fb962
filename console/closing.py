"""Closing a settlement period: what blocks it, its figures, and the steps in their order.

Before the figures are fixed, what clauses owe over the whole period is trued up.

The figures are read from the projections at one position of the log, the ledger records that
position and their hash, and nothing can be booked into the period any more once it is cut off.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from consumers.runner import incoming_topics, unconsumed_before
from ledger.application.closing import (
    cut_off_period,
    hard_close_period,
    soft_close_period,
    true_up_period,
)
from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.application.truing_up import (
    agreements_with_tiered_months,
    pending_true_up,
    tiered_clauses,
)
from ledger.log import log_of
from ledger.roaming.party import Party
from ledger.settlement.period import PeriodFigures, SettlementPeriod
from ledger.settlement.true_up import Adjustment, ClauseFigures
from ledger.values.reasons import Reason, Refusal, Refused
from projections.database import Connection, reading
from projections.queries.balance import trial_balance
from projections.queries.period import (
    Block,
    HeldCdr,
    PartyPosition,
    blocks,
    checkpoint,
    figures,
    held_cdrs,
    party_positions,
    period_cdrs,
)
from projections.queries.split import clause_checkpoint, clause_figures, clause_uses
from projections.runner import Projector


class Preview(NamedTuple):
    """What a close would be about, and what stands in its way.

    `true_up` is what clauses owe beyond what their CDRs booked; a close books it.
    """

    period: str
    state: str
    blocks: list[Block]
    figures: PeriodFigures
    positions: list[PartyPosition]
    held: list[HeldCdr]
    true_up: tuple[Adjustment, ...] = ()


class Place(NamedTuple):
    """Where the ledger, its read models and its messages are."""

    database_url: str
    kafka_options: dict[str, Any]
    topic_prefix: str


def preview(ledger: Ledger, place: Place, period: str, *, looks_ahead: bool = True) -> Preview:
    """Return what a close would be about, with `looks_ahead` what it would true up.

    Refuses: NOT_FOUND.
    """
    found = _period(ledger, period)
    _project_all(place)
    standing = _unread_blocks(ledger, place, found.ends_at)
    with reading(place.database_url) as connection:
        missing, refused = _true_up_of(ledger, connection, found) if looks_ahead else ((), [])
        return Preview(
            period,
            found.state,
            [*standing, *blocks(connection, period), *refused],
            figures(connection, period),
            party_positions(connection, period),
            held_cdrs(connection, period),
            missing,
        )


def true_up(
    ledger: Ledger, place: Place, period: str, *, by: By, dry_run: bool = False
) -> tuple[Adjustment, ...]:
    """Book what each clause owes over a period beyond what its CDRs booked; return it.

    `dry_run` returns it and books nothing. Refuses: NOT_FOUND, PERIOD_NOT_OPEN before the review,
    ROLE_MISSING, and what the tax or the conversion of a leg refuses.
    """
    _period(ledger, period)
    _project_all(place)
    with reading(place.database_url) as connection:
        clauses = _clauses(ledger, connection, period)
        at = clause_checkpoint(connection, clauses)
    if dry_run:
        return pending_true_up(ledger, period, clauses)
    return true_up_period(ledger, period, clauses=clauses, checkpoint=at, by=by)


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
    if _period(ledger, period).state in (until, "HARD_CLOSED"):
        raise Refused(Refusal(Reason.PERIOD_CLOSED, period))
    found = _unblocked(ledger, place, period, looks_ahead=True)
    if found.state == "OPEN":
        cut_off_period(ledger, period, by=by)
        say(f"{period} is cut off: what arrives now books into the next period.")
        found = _unblocked(ledger, place, period)
    if found.state == "IN_REVIEW":
        booked = true_up(ledger, place, period, by=by)
        say(f"{period} is trued up: {len(booked)} clauses owed another amount than was booked.")
        found = _unblocked(ledger, place, period)
        _soft_close(ledger, place, found, by)
        say(f"{period} is soft closed with {found.figures.cdr_count} CDRs.")
    if until == "HARD_CLOSED":
        _hard_close(ledger, place, _unblocked(ledger, place, period), by)
        say(f"{period} is hard closed.")
    return preview(ledger, place, period)


def _period(ledger: Ledger, period: str) -> SettlementPeriod:
    ledger.refresh()
    found = ledger.facts.find(SettlementPeriod, period)
    if found is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "period", actual=period))
    return found


def _project_all(place: Place) -> None:
    Projector(place.database_url).run(until_caught_up=True)


def _clauses(ledger: Ledger, connection: Connection, period: str) -> ClauseFigures:
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
        clauses = _clauses(ledger, connection, period.key)
        return pending_true_up(ledger, period.key, clauses), []
    except Refused as refused:
        return (), [
            Block(row.reason, f"The true-up: {row.path} {row.expected} {row.actual}".rstrip())
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
        clauses = _clauses(ledger, connection, found.period)
    soft_close_period(
        ledger, found.period, figures=exact, clauses=clauses, checkpoint=at, cdrs=cdrs, by=by
    )


def _hard_close(ledger: Ledger, place: Place, found: Preview, by: By) -> None:
    month = found.period.partition("/")[2]
    with reading(place.database_url) as connection:
        exact = figures(connection, found.period)
        at = checkpoint(connection, exact)
        books = sorted({key for row in ledger.facts.all_of(Party) for key in row.entities})
        balances = {book: trial_balance(connection, book, month) for book in books}
    hard_close_period(
        ledger, found.period, figures=exact, checkpoint=at, trial_balances=balances, by=by
    )
