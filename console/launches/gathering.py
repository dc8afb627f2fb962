"""The figures of a launch, read in one snapshot once everything recorded is projected."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from ledger.application.commands import By
from ledger.application.facts import View
from ledger.application.launches import connectors_in_scope, missing_next
from ledger.application.ledger import Ledger
from ledger.roaming.launch import Launch
from ledger.roaming.launch_figures import LaunchFigures, ReadAt
from ledger.roaming.launch_rules import Result
from ledger.roaming.location import Location
from ledger.values.identifiers import record_key
from projections.database import reading
from projections.queries.launch import CommandCount, Pair, command_counts, figures_of, read_at
from projections.runner import Projector

UNKNOWN = "unknown"
"""The connector type of commands that name no connector, or one that the register lacks."""


class Gate(NamedTuple):
    """What a gate says now, and the figures it says it of."""

    figures: LaunchFigures
    read_at: ReadAt
    results: tuple[Result, ...]

    @property
    def is_passed(self) -> bool:
        """True where every line is."""
        return all(row.is_passed for row in self.results)


def pair_of(launch: Launch) -> Pair:
    """Return whose charges a launch is judged by, and since when."""
    seller, _, buyer = launch.key.partition(">")
    return Pair(seller, buyer, launch.entry.since)


def gather(ledger: Ledger, database_url: str, launch: Launch, *, at: datetime) -> Gate:
    """Return what the gate of a launch's current phase says of all that is recorded."""
    Projector(database_url).run(until_caught_up=True)
    ledger.refresh()
    view, pair = View(ledger.facts), pair_of(launch)
    with reading(database_url) as connection:
        counts = command_counts(connection, pair)
        connectors = by_connector_type(view, launch, counts)
        figures = figures_of(connection, pair, connectors)
        read = read_at(connection, figures)
    missing = missing_next(view, launch, By("", "system", at))
    return Gate(figures, read, launch.judge(figures, missing))


def by_connector_type(
    view: View, launch: Launch, counts: Iterable[CommandCount]
) -> dict[str, tuple[int, int]]:
    """Add up commands by the type the register gives each connector; types in scope stand there
    with none, so that nobody forgets to try them.
    """
    seller = launch.key.partition(">")[0]
    found = dict.fromkeys(connectors_in_scope(view, launch), (0, 0))
    for row in counts:
        name = _type_of(view, seller, row)
        sent, succeeded = found.get(name, (0, 0))
        found[name] = (sent + row.sent, succeeded + row.succeeded)
    return found


def _type_of(view: View, seller: str, row: CommandCount) -> str:
    """Return a connector's type; of an EVSE or a site alone, where all its connectors are alike."""
    if row.location_id is None:
        return UNKNOWN
    location = view.find(Location, record_key(seller, row.location_id))
    if location is None or not location.versions:
        return UNKNOWN
    types = {
        connector.standard
        for evse in location.versions[-1].statement.evses
        if _is_named(row.evse_uid, evse.uid)
        for connector in evse.connectors
        if _is_named(row.connector_id, connector.id)
    }
    return types.pop() if len(types) == 1 else UNKNOWN


def _is_named(asked: str | None, own: str) -> bool:
    return asked is None or asked.lower() == own.lower()
