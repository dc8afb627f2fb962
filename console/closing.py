"""Closing a settlement period: what blocks it, its figures, and the steps in their order.

The figures are read from the projections at one position of the log, the ledger records that
position and their hash, and nothing can be booked into the period any more once it is cut off.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from consumers.runner import incoming_topics, unconsumed_before
from ledger.application.closing import cut_off_period, hard_close_period, soft_close_period
from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.log import log_of
from ledger.roaming.party import Party
from ledger.settlement.period import PeriodFigures, SettlementPeriod
from ledger.values.reasons import Reason, Refusal, Refused
from projections.database import reading
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
from projections.runner import Projector


class Preview(NamedTuple):
    """What a close would be about, and what stands in its way."""

    period: str
    state: str
    blocks: list[Block]
    figures: PeriodFigures
    positions: list[PartyPosition]
    held: list[HeldCdr]


class Place(NamedTuple):
    """Where the ledger, its read models and its messages are."""

    database_url: str
    kafka_options: dict[str, Any]
    topic_prefix: str


def preview(ledger: Ledger, place: Place, period: str) -> Preview:
    """Return what a close would be about. Refuses: NOT_FOUND."""
    found = _period(ledger, period)
    _project_all(place)
    standing = _unread_blocks(ledger, place, found.ends_at)
    with reading(place.database_url) as connection:
        return Preview(
            period,
            found.state,
            [*standing, *blocks(connection, period)],
            figures(connection, period),
            party_positions(connection, period),
            held_cdrs(connection, period),
        )


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
    found = _unblocked(ledger, place, period)
    if found.state == "OPEN":
        cut_off_period(ledger, period, by=by)
        say(f"{period} is cut off: what arrives now books into the next period.")
        found = _unblocked(ledger, place, period)
    if found.state == "IN_REVIEW":
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


def _unblocked(ledger: Ledger, place: Place, period: str) -> Preview:
    """Return the preview of a period that nothing blocks. Refuses: CLOSE_BLOCKED."""
    found = preview(ledger, place, period)
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
    soft_close_period(ledger, found.period, figures=exact, checkpoint=at, cdrs=cdrs, by=by)


def _hard_close(ledger: Ledger, place: Place, found: Preview, by: By) -> None:
    month = found.period.partition("/")[2]
    with reading(place.database_url) as connection:
        exact = figures(connection, found.period)
        at = checkpoint(connection, exact)
        books = sorted({row.document.entity for row in ledger.facts.all_of(Party)})
        balances = {book: trial_balance(connection, book, month) for book in books}
    hard_close_period(
        ledger, found.period, figures=exact, checkpoint=at, trial_balances=balances, by=by
    )
