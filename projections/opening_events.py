"""What the read models read of the events about moving in: openings of books, ids of before."""

from typing import ClassVar

import msgspec

from projections.event_base import Event
from projections.event_parts import Booking, Entry


class Opening(msgspec.Struct, gc=False):
    """A book's balances on a day, and the file they come from."""

    posted_on: str
    entries: list[Entry]
    source: str
    source_sha256: str


class OpeningEvent(Event, kw_only=True, gc=False):
    """opening.submitted.v1 and .reversal_proposed.v1: nothing is booked yet."""

    SUBJECT: ClassVar[str] = "book"
    book: str


class OpeningImported(OpeningEvent, kw_only=True, gc=False):
    """opening.imported.v1"""

    opening: Opening
    visible_to: tuple[str, ...]


class OpeningReversed(OpeningEvent, kw_only=True, gc=False):
    """opening.reversed.v1"""

    reversal: list[Entry]
    posted_on: str
    visible_to: tuple[str, ...]


class MovedId(msgspec.Struct, gc=False):
    """A record's id on the platform it came from, and its key here."""

    kind: str
    old: str
    new: str


class MoveInStarted(Event, kw_only=True, gc=False):
    """move_in.started.v1"""

    SUBJECT: ClassVar[str] = "platform"
    platform: str
    plan: str


class IdsMapped(MoveInStarted, kw_only=True, gc=False):
    """move_in.ids_mapped.v1"""

    ids: list[MovedId]


OPENING_TYPES: dict[str, type[Event]] = {
    "opening.submitted.v1": OpeningEvent,
    "opening.imported.v1": OpeningImported,
    "opening.reversal_proposed.v1": OpeningEvent,
    "opening.reversed.v1": OpeningReversed,
    "move_in.started.v1": MoveInStarted,
    "move_in.ids_mapped.v1": IdsMapped,
}


def booking_on(day: str) -> Booking:
    """Return where an opening is booked: on its day, in no settlement period.

    >>> booking_on("2026-09-30").accounting_month
    '2026-09'
    """
    return Booking(day, "", day, "", day[:7])
