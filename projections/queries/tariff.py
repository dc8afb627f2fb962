"""Tariff versions: which there are, what one says, and who did what with it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import msgspec

from ledger.pricing.tariff import TariffStatement
from projections.database import Connection, query, rows


class VersionRow(NamedTuple):
    """A version of a tariff in its state; `source` is a message, or our own.

    `stated_at_position` is the event that says its whole content, `position` the last one about
    it. `withdrawn_from` is set where a version that was in force was withdrawn.
    """

    tariff: str
    number: int
    state: str
    source: str
    content_sha256: str
    received_at: datetime
    valid_from: datetime
    valid_until: datetime | None
    withdrawn_from: datetime | None
    last_updated: datetime
    currency: str
    type: str | None
    author: str | None
    submitter: str | None
    approver: str | None
    stated_at_position: int
    position: int
    recorded_at: datetime

    @property
    def name(self) -> str:
        """How people name it: `NL*XYZ/t1#2`."""
        return f"{self.tariff}#{self.number}"


class VersionStep(NamedTuple):
    """One step of a version's life: the state it led to, who took it, and why."""

    position: int
    number: int
    state: str
    actor: str | None
    reason: str | None
    withdrawn_from: datetime | None
    occurred_at: datetime | None
    recorded_at: datetime


def tariff_versions(
    connection: Connection,
    *,
    tariff: str | None = None,
    number: int | None = None,
    party: str | None = None,
    state: str | None = None,
    valid_on: date | None = None,
    known_at: datetime | None = None,
) -> list[VersionRow]:
    """Return versions by tariff and number, in the state they had at `known_at`.

    With `valid_on` only those that were or are in force and valid at some time of that day, UTC;
    of several of one tariff the one that began last prices, see
    `ledger.pricing.tariff.version_valid_at`.
    """
    begins = None if valid_on is None else datetime.combine(valid_on, time(), UTC)
    return rows(
        connection,
        "tariff_versions",
        VersionRow,
        tariff=tariff,
        number=number,
        party=party,
        state=state,
        valid_since=begins,
        valid_before=None if begins is None else begins + timedelta(days=1),
        known_at=known_at,
    )


def version_steps(
    connection: Connection,
    tariff: str,
    *,
    number: int | None = None,
    known_at: datetime | None = None,
) -> list[VersionStep]:
    """Return what happened to a tariff's versions, in the log's order."""
    return rows(
        connection, "tariff_steps", VersionStep, tariff=tariff, number=number, known_at=known_at
    )


class _Stated(msgspec.Struct):
    statement: TariffStatement


class _Event(msgspec.Struct):
    version: _Stated


def statement_of(connection: Connection, row: VersionRow) -> TariffStatement:
    """Return what a version says, as it was recorded."""
    found = connection.execute(query("log_event"), [row.stated_at_position], binary=True).fetchone()
    if found is None:
        raise LookupError(f"the log has no event {row.stated_at_position}")
    return msgspec.json.decode(found[0], type=_Event).version.statement
