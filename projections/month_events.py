"""What the read models read of a book's month that is brought to its last day's exchange rates."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

from ledger.books.revaluation import REVALUED
from projections.event_base import Event
from projections.event_parts import Booking, Entry

Place = tuple[int, int]
"""Where an entry stands: the position of its event, and its number there."""


class Placed(NamedTuple):
    """An entry with its number in the event, where it belongs, and the entry it takes back."""

    number: int
    entry: Entry
    booking: Booking
    reverses: Place | None = None


class MonthRevalued(Event, kw_only=True, gc=False):
    """accounting_period.revalued.v1

    Its entries are numbered in this order: what is taken back of the revaluation before, what is
    booked now, and the same two in the month in which they are reversed.
    """

    book: str
    month: str
    entries: list[Entry]
    booking: Booking
    reversal: list[Entry]
    reversal_booking: Booking
    visible_to: tuple[str, ...]
    taken_back: Sequence[Entry] = ()
    reversal_taken_back: Sequence[Entry] = ()

    @property
    def subject(self) -> str:
        return f"{self.book}/{self.month}"

    def placed(self, position: int, before: "tuple[int, MonthRevalued] | None") -> Iterator[Placed]:
        """Yield all entries in order; `before` is the revaluation that it takes back.

        Raises ValueError where it takes back another number of entries than there are.
        """
        numbers = count(1)
        earlier, earlier_reversal = _places(before)
        now = self.taken_back, self.entries, self.reversal_taken_back, self.reversal
        own, _ = _places((position, self))
        unrealised = [
            place for place, row in zip(own, self.entries, strict=True) if row.rule == REVALUED
        ]
        nothing: Sequence[Place | None] = [None] * len(self.entries)
        bookings = (self.booking,) * 2 + (self.reversal_booking,) * 2
        places = earlier, nothing, earlier_reversal, unrealised
        for entries, booking, taken in zip(now, bookings, places, strict=True):
            for entry, place in zip(entries, taken, strict=True):
                yield Placed(next(numbers), entry, booking, place)


def _places(event: tuple[int, MonthRevalued] | None) -> tuple[list[Place], list[Place]]:
    """Return where a revaluation's entries stand, and where those that reverse them."""
    if event is None:
        return [], []
    position, said = event
    first = 1 + len(said.taken_back)
    second = first + len(said.entries) + len(said.reversal_taken_back)
    return (
        [(position, first + index) for index in range(len(said.entries))],
        [(position, second + index) for index in range(len(said.reversal))],
    )
