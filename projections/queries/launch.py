"""What a launch is judged by: figures of one pair's charges, and the records behind them.

CDRs that are held for being outside the launch, and nothing else, do not count: they are what the
launch is for.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from math import ceil
from typing import NamedTuple

import msgspec

from ledger.roaming.drill import Drilled
from ledger.roaming.launch_figures import ConnectorFigures, LaunchFigures, ReadAt
from ledger.values.reasons import Reason
from projections.database import Connection, one_row, query, rows
from projections.quality import LATE_CODES, PRICE_CODES, UNMATCHED_CODES
from projections.queries.session import newest_sessions

OUTSIDE = [Reason.OUT_OF_LAUNCH_SCOPE.value, Reason.LAUNCH_CAP_REACHED.value]
READ_FROM = ["dispute", "exception", "period", "receipt", "remote_command"]
"""The read models that the figures come from."""


class Pair(NamedTuple):
    """Whose charges are asked for, of those that ended since an instant."""

    seller: str
    buyer: str
    since: datetime

    @property
    def values(self) -> dict[str, object]:
        """Return the values of the queries."""
        return self._asdict()


class LaunchCdrs(NamedTuple):
    """The CDRs that count: those booked, and those held for something else than the launch."""

    booked: list[str]
    held: list[str]


class LaunchException(NamedTuple):
    """An exception of the pair as it stands; `is_by_person` says who resolved it."""

    position: int
    number: int
    record: str
    reason: str
    owner: str
    assignee: str | None
    origin: str
    opened_at: datetime
    due_at: datetime
    resolved_at: datetime | None
    is_by_person: bool

    @property
    def drilled(self) -> Drilled:
        """Return what the exception drill looks at."""
        return Drilled(
            f"{self.position}.{self.number}",
            self.record,
            self.reason,
            self.owner,
            self.assignee,
            self.origin,
            self.due_at,
            self.resolved_at,
            self.is_by_person,
        )


class CommandCount(NamedTuple):
    """Remote commands to one connector, as far as they name it, and how many succeeded."""

    location_id: str | None
    evse_uid: str | None
    connector_id: str | None
    sent: int
    succeeded: int


def launch_cdrs(connection: Connection, pair: Pair) -> LaunchCdrs:
    """Return the keys of the CDRs that count, each list in order."""
    booked = connection.execute(query("launch_cdrs"), pair.values).fetchall()
    held = connection.execute(query("launch_held"), {**pair.values, "outside": OUTSIDE}).fetchall()
    return LaunchCdrs([row[0] for row in booked], [row[0] for row in held])


def launch_exceptions(connection: Connection, pair: Pair) -> list[LaunchException]:
    """Return the pair's exceptions in the order they were opened, those resolved too."""
    values = {**pair.values, "outside": OUTSIDE}
    return rows(connection, "launch_exceptions", LaunchException, **values)


def command_counts(connection: Connection, pair: Pair) -> list[CommandCount]:
    """Return remote commands by connector, each with its newest result."""
    return rows(connection, "command_counts", CommandCount, **pair.values)


def sessions_without_cdr(connection: Connection, pair: Pair) -> list[str]:
    """Return the pair's completed sessions with energy that no CDR names or was matched to."""
    completed = newest_sessions(connection, party=pair.seller, status="COMPLETED")
    charged = [
        row.session
        for row in completed
        if row.emsp == pair.buyer
        and Decimal(row.kwh) > 0
        and datetime.fromisoformat(row.ended_at or row.started_at) >= pair.since
    ]
    values = {**pair.values, "sessions": charged}
    found = connection.execute(query("launch_unbilled"), values).fetchall()
    return [row[0] for row in found]


def figures_of(
    connection: Connection, pair: Pair, connectors: Mapping[str, tuple[int, int]]
) -> LaunchFigures:
    """Return the figures; `connectors` are commands sent and succeeded by connector type.

    Which type a connector is stands in the register, so whoever asks has looked there.
    """
    cdrs = launch_cdrs(connection, pair)
    codes = {
        "unmatched": sorted(UNMATCHED_CODES),
        "price": sorted(PRICE_CODES),
        "late": sorted(LATE_CODES),
    }
    counted, matched, price, late = one_row(
        connection, "launch_measures", **cdrs._asdict(), **codes
    )
    disputes, disputes_open = one_row(
        connection, "launch_disputes", **pair.values, booked=cdrs.booked
    )
    (disputed,) = one_row(connection, "launch_disputed_cdrs", booked=cdrs.booked)
    raised = launch_exceptions(connection, pair)
    took = sorted(
        int((row.resolved_at - row.opened_at).total_seconds())
        for row in raised
        if row.resolved_at is not None
    )
    return LaunchFigures(
        since=pair.since,
        cdrs=counted,
        matched=matched,
        price_differences=price,
        late=late,
        exceptions_raised=len(raised),
        exceptions_resolved=len(took),
        resolve_median_s=nearest_rank(took, 50),
        resolve_p90_s=nearest_rank(took, 90),
        unknown_origin=sum(row.origin == "unknown" for row in raised),
        disputes=disputes,
        disputes_open=disputes_open,
        disputed_cdrs=disputed,
        connectors=tuple(
            ConnectorFigures(name, sent, succeeded)
            for name, (sent, succeeded) in sorted(connectors.items())
        ),
    )


def nearest_rank(ordered: list[int], percent: int) -> int | None:
    """Return the smallest value that so many of 100 values do not exceed; None of none.

    >>> nearest_rank([1, 2, 3, 40], 50), nearest_rank([1, 2, 3, 40], 90), nearest_rank([], 50)
    (2, 40, None)
    """
    if not ordered:
        return None
    return ordered[ceil(percent * len(ordered) / 100) - 1]


def read_at(connection: Connection, figures: LaunchFigures) -> ReadAt:
    """Return where figures were read on the same connection, with their hash."""
    digest = sha256(msgspec.json.encode(figures)).hexdigest()
    return ReadAt("launch", position_of(connection), digest)


def position_of(connection: Connection) -> int:
    """Return the log position up to which all that a launch asks for is projected."""
    position: int = one_row(connection, "launch_positions", names=READ_FROM)[0]
    return position
