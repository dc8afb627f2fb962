"""A page: a piece of the log in order, decoded once for all read models."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from projections.database import Connection, query
from projections.event_parts import CdrStatement, Decision, Source
from projections.events import CdrAccepted, CdrHeld, CdrRedecided, Event, decode


class Reversed(NamedTuple):
    """The decision that a redecided event reverses, as its own event recorded it.

    `first_entry` is the number of the decision's first entry in that event; `statement` and
    `message` are what the CDR said and the message that brought it.
    """

    position: int
    decision: Decision
    first_entry: int
    statement: CdrStatement
    message: Source | None


class Recorded(NamedTuple):
    """One event of the log. `recorded_at` is text, ready to be copied."""

    position: int
    topic: str
    originator_id: UUID
    version: int
    recorded_at: str
    event: Event
    reversed: Reversed | None = None


def read_page(
    connection: Connection, after: int, *, until: int | None = None, size: int
) -> list[Recorded]:
    """Read up to `size` events with positions after `after` and not beyond `until`."""
    limits = {"after": after, "until": until, "size": size}
    found = connection.execute(query("log_page"), limits, binary=True).fetchall()
    page = [
        Recorded(position, topic, originator, version, _text_of(recorded_at), decode(topic, state))
        for position, originator, version, topic, state, recorded_at in found
    ]
    if any(type(recorded.event) is CdrRedecided for recorded in page):
        return _with_what_they_reverse(connection, page)
    return page


def _text_of(instant: datetime) -> str:
    return instant.isoformat(" ")


def _with_what_they_reverse(connection: Connection, page: list[Recorded]) -> list[Recorded]:
    wanted: dict[tuple[UUID, int], None] = {}
    for recorded in page:
        if isinstance(recorded.event, CdrRedecided):
            wanted[recorded.originator_id, recorded.event.reverses_version] = None
            wanted[recorded.originator_id, 1] = None
    columns = [[key[0] for key in wanted], [key[1] for key in wanted]]
    found = connection.execute(query("log_events"), columns, binary=True)
    earlier = {
        (originator, version): (position, decode(topic, state))
        for position, originator, version, topic, state in found
    }
    return [_with_reversed(recorded, earlier) for recorded in page]


def _with_reversed(
    recorded: Recorded, earlier: dict[tuple[UUID, int], tuple[int, Event]]
) -> Recorded:
    if not isinstance(recorded.event, CdrRedecided):
        return recorded
    position, event = earlier[recorded.originator_id, recorded.event.reverses_version]
    _, first = earlier[recorded.originator_id, 1]
    if not isinstance(event, CdrAccepted | CdrRedecided) or event.decision is None:
        raise ValueError(f"event {recorded.position} reverses {position}, which decided nothing")
    if not isinstance(first, CdrAccepted | CdrHeld):
        raise ValueError(f"event {recorded.position} is about a CDR that never arrived")
    number = 1 + (len(event.reversal) if isinstance(event, CdrRedecided) else 0)
    statement = event.statement if isinstance(event, CdrAccepted) else first.statement
    message = first.provenance.source if first.provenance else None
    return recorded._replace(
        reversed=Reversed(position, event.decision, number, statement, message)
    )
