"""Settlement periods: state, figures, who owes whom, and what blocks a close."""

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from ledger.settlement.period import Checkpoint, NetPosition, PeriodFigures
from ledger.values.instants import month_after, start_of_month
from projections.database import Connection, one_row, query, rows
from projections.queries.balance import books_out_of_balance
from projections.queries.equation import equation


class PeriodRow(NamedTuple):
    """A period and what is booked in it; `late` of the CDRs belong to an earlier one."""

    period: str
    state: str
    time_zone: str | None
    changed_at: datetime | None
    cdrs: int
    late: int


class PeriodStep(NamedTuple):
    """One step of a period's life; figures and checkpoint are JSON as recorded, or `null`."""

    position: int
    state: str
    time_zone: str | None
    actor: str | None
    occurred_at: datetime | None
    recorded_at: datetime
    figures_json: str
    checkpoint_json: str
    log_root: str | None


class PartyPosition(NamedTuple):
    """What a party is owed, owes, and the difference, per currency; from its own book."""

    party: str
    book: str
    currency: str
    receivable: Decimal
    payable: Decimal
    net_position: Decimal


class PairPosition(NamedTuple):
    """What a counterparty owes a party, and the other way round."""

    party: str
    counterparty: str
    currency: str
    receivable: Decimal
    payable: Decimal


class PeriodCdr(NamedTuple):
    """A CDR as it stands in a period; net and gross are the sale's.

    `booked_gross` is what the period holds of it, reversals and adjustments included.
    """

    cdr: str
    service_period: str
    posted_period: str
    standing: str
    seller: str
    buyer: str
    currency: str
    net: Decimal
    gross: Decimal
    booked_gross: Decimal
    late_of: str | None
    is_disputed: bool
    ended_at: datetime
    position: int


class ListedCdr(NamedTuple):
    """A CDR in a period, or one that is not booked: then `net` is what the partner states."""

    cdr: str
    state: str
    standing: str | None
    service_period: str | None
    posted_period: str | None
    seller: str
    buyer: str
    currency: str
    net: Decimal
    gross: Decimal | None
    booked_gross: Decimal
    late_of: str | None
    is_disputed: bool
    ended_at: datetime
    reasons: str
    location: str


class StandingCount(NamedTuple):
    """How many CDRs of a period stand so, or wait; `late` and `disputed` of them."""

    standing: str
    cdrs: int
    late: int
    disputed: int


class HeldCdr(NamedTuple):
    """A CDR that waits, with what the partner states it costs before tax."""

    cdr: str
    ended_at: datetime
    reasons: str
    stated_net: Decimal
    currency: str
    held_at: datetime


class Block(NamedTuple):
    """Something that blocks a close."""

    code: str
    sentence: str


def periods(connection: Connection, *, period: str | None = None) -> list[PeriodRow]:
    """Return the periods that were opened or have CDRs; `NEW` is one that nobody opened yet."""
    return rows(connection, "period_list", PeriodRow, period=period)


def steps(connection: Connection, period: str) -> list[PeriodStep]:
    """Return the steps of a period's life."""
    return rows(connection, "period_steps", PeriodStep, period=period)


def party_positions(connection: Connection, period: str) -> list[PartyPosition]:
    """Return each party's position in a period, per currency, from its own clearing accounts."""
    return rows(connection, "period_positions", PartyPosition, period=period)


def pair_positions(connection: Connection, period: str) -> list[PairPosition]:
    """Return each party's position against each other party."""
    return rows(connection, "period_pairs", PairPosition, period=period)


def period_cdrs(
    connection: Connection, period: str, *, standing: str | None = None, limit: int | None = None
) -> list[PeriodCdr]:
    """Return the CDRs booked in a period, in the order in which they are hashed."""
    filters = {"period": period, "standing": standing, "limit": limit}
    return rows(connection, "period_cdrs", PeriodCdr, **filters)


def held_cdrs(
    connection: Connection, period: str | None = None, *, limit: int | None = None
) -> list[HeldCdr]:
    """Return the held CDRs that would belong to a period by their end, or all of them.

    A period that was never opened has no zone: its month is taken in UTC.
    """
    span: dict[str, datetime | None] = {"from": None, "until": None}
    if period is not None:
        span = {**_span_of(connection, period)}
    return rows(connection, "period_unbooked", HeldCdr, **span, state="held", limit=limit)


def standing_counts(connection: Connection, period: str) -> list[StandingCount]:
    """Return how the CDRs of a period stand: those booked in it, and by their end the others."""
    span = _span_of(connection, period)
    return rows(connection, "period_standings", StandingCount, period=period, **span)


def cdr_list(
    connection: Connection,
    *,
    period: str | None = None,
    state: str | None = None,
    standing: str | None = None,
    party: str | None = None,
    late: bool = False,
    disputed: bool = False,
    locations: list[str] | None = None,
    limit: int | None = None,
) -> list[ListedCdr]:
    """Return CDRs, one row for each period that has entries of it; `late`, `disputed`: only those.

    States: held, refused, excluded, accepted, credited. `locations` are keys, `NL*XYZ/loc1`.
    """
    filters = {"period": period, "state": state, "standing": standing, "party": party}
    flags = {"late": late, "disputed": disputed, "limit": limit}
    return rows(connection, "cdr_list", ListedCdr, **filters, **flags, locations=locations)


def _span_of(connection: Connection, period: str) -> dict[str, datetime]:
    found = periods(connection, period=period)
    zone = (found[0].time_zone if found else None) or "UTC"
    month = period.rpartition("/")[2]
    return {
        "from": start_of_month(month, zone),
        "until": start_of_month(month_after(month), zone),
    }


def figures(connection: Connection, period: str) -> PeriodFigures:
    """Return what a close is about: the CDRs, their hash, the held ones, the net positions.

    `cdr_list_sha256` is SHA-256 over the period's CDR keys in order, a newline after each.
    """
    count, sha256 = one_row(connection, "period_cdr_count", period=period)
    return PeriodFigures(
        cdr_count=count,
        cdr_list_sha256=sha256,
        held_count=len(held_cdrs(connection, period)),
        positions=tuple(
            NetPosition(row.party, row.currency, row.net_position)
            for row in party_positions(connection, period)
        ),
    )


def figures_sha256(figures: PeriodFigures) -> str:
    """Return the hash of figures as a checkpoint records it: of their JSON."""
    return hashlib.sha256(msgspec.json.encode(figures)).hexdigest()


def checkpoint(connection: Connection, figures: PeriodFigures) -> Checkpoint:
    """Return the read model's position with the hash of figures read on the same connection."""
    found = connection.execute(query("positions"), {"names": ["period"]}).fetchall()
    return Checkpoint("period", found[0][1], figures_sha256(figures))


def blocks(connection: Connection, period: str) -> list[Block]:
    """Return what blocks the close of a period, as far as the read models know.

    EQUATION_DOES_NOT_ADD_UP, BOOK_OUT_OF_BALANCE, CLEARING_OUT_OF_BALANCE, PROJECTION_BEHIND.
    """
    found = [
        Block("EQUATION_DOES_NOT_ADD_UP", problem) for problem in equation(connection).problems
    ]
    found += [
        Block(
            "BOOK_OUT_OF_BALANCE",
            f"The book {row.book} is out of balance in {row.accounting_month} "
            f"by {row.excess} {row.currency} ({row.book_excess} in its currency).",
        )
        for row in books_out_of_balance(connection)
    ]
    for currency, excess in connection.execute(query("period_clearing_excess"), {"period": period}):
        sentence = f"The clearing accounts of {period} sum to {excess} {currency}, not to zero."
        found.append(Block("CLEARING_OUT_OF_BALANCE", sentence))
    positions = connection.execute(query("positions"), {"names": ["period", "journal"]}).fetchall()
    (head,) = one_row(connection, "log_head")
    found += [
        Block("PROJECTION_BEHIND", f"The read model {name} is at {position}, the log at {head}.")
        for name, position, _ in positions
        if position < head
    ]
    return found
