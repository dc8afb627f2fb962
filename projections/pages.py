"""A page: a piece of the log in order, decoded once for all read models."""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from projections.cdr_events import CdrConflictHeld, CdrEvent
from projections.control_events import SenderEvent, TotalsEvent
from projections.database import Connection, query
from projections.dispute_events import DisputeReturned
from projections.event_base import Event
from projections.events import decode
from projections.history import Earlier, History, history_of
from projections.month_events import MonthRevalued
from projections.opening_events import OpeningReversed
from projections.payment_events import PaymentTakenBack


class Recorded(NamedTuple):
    """One event of the log. `recorded_at` is text, ready to be copied.

    `earlier` are the object's events before it, where it needs them; `before` is what they say
    of a CDR.
    """

    position: int
    topic: str
    originator_id: UUID
    version: int
    recorded_at: str
    event: Event
    earlier: tuple[Earlier, ...] = ()
    before: History | None = None

    def history(self) -> History:
        """Return what stood before. Raises ValueError for what an empty history cannot lead to."""
        if self.before is None:
            raise ValueError(f"event {self.position} is about a CDR that never arrived")
        return self.before


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
    wanted = {row.originator_id for row in page if row.version > 1 and _needs_history(row.event)}
    return _with_histories(connection, page, wanted) if wanted else page


def _text_of(instant: datetime) -> str:
    return instant.isoformat(" ")


def _needs_history(event: Event) -> bool:
    """True for what goes on from earlier events of its object."""
    if isinstance(event, CdrConflictHeld):
        return False
    continued = CdrEvent | SenderEvent | TotalsEvent | DisputeReturned | OpeningReversed
    return isinstance(event, continued | PaymentTakenBack | MonthRevalued)


def _with_histories(
    connection: Connection, page: list[Recorded], wanted: set[UUID]
) -> list[Recorded]:
    """Tell the events of some objects what was recorded of these before."""
    before_page: defaultdict[UUID, list[Earlier]] = defaultdict(list)
    until = page[0].position
    found = connection.execute(query("log_events_before"), [sorted(wanted), until], binary=True)
    for position, originator, topic, state in found:
        before_page[originator].append(Earlier(position, topic, decode(topic, state)))
    told = []
    for recorded in page:
        originator, event = recorded.originator_id, recorded.event
        if originator in wanted:
            earlier = tuple(before_page[originator])
            before_page[originator].append(Earlier(recorded.position, recorded.topic, event))
            if earlier and _needs_history(event):
                before = history_of(earlier) if isinstance(event, CdrEvent) else None
                told.append(recorded._replace(earlier=earlier, before=before))
                continue
        told.append(recorded)
    return told
